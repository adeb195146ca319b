"""The packs of a user: where they are kept, what is kept of each, and how one is made.

`TELERAD_DATA`, else `$XDG_DATA_HOME/telerad`, else `~/.local/share/telerad`; in it
`packs/<name>/`:

    manifest.json   origin, SHA-256, date, repairs, schemas, asserts that hold for every document
    files/          what the schemas need, as published; repaired files under the name asked for
    compiled/       each schema as plain data, made again when the pack or this program changes
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatch
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from harness.errors import HarnessError
from harness.rules.published import model
from harness.rules.published.contexts import Need
from harness.rules.published.documents import Folder
from harness.rules.published.ids import ids_of, slug
from harness.rules.published.model import Schema
from harness.rules.published.native import Known, Native
from harness.rules.published.read import read
from harness.rules.published.repair import Publication, Refused, Repair, schemas_of
from harness.rules.published.vacuous import is_vacuous
from harness.text import plain, say

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
_ANS: Final = ("schematrons/CI-SIS_IMG-*.sch", "schematrons/profils/*.sch")
_ANS_HEADER: Final = "schematrons/profils/structurationMinimale/*.sch"
_XSD: Final = "infrastructure/cda/CDA_extended.xsd"
_KINDS: Final = {"IMG-CR-IMG": ("CR",), "IMG-DA-IMG": ("DA",)}
EVERY: Final = ("CR", "DA", "CDA")
_VERSION: Final = re.compile(r"[_-]?v?(\d{4}\.\d{2}|\d+\.\d+)(?=[_.]|$)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A schema of a pack. `label`: its part of the ids. `kinds`: documents that it is about.

    `template`: templateId that a document must carry; empty when none. `structured`: only documents
    with a structured body. `saxon`: how many asserts only SaxonC can judge.
    """

    file: str
    label: str
    title: str
    kinds: tuple[str, ...]
    template: str
    structured: bool
    asserts: int
    saxon: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a pack without opening its files.

    `left_out`: schemas that cannot be read as they were published, each with the reason.
    """

    name: str
    origin: str
    sha256: str
    date: str
    schemas: tuple[Entry, ...]
    repairs: tuple[Repair, ...]
    missing: tuple[str, ...]
    vacuous: tuple[str, ...]
    files: int
    xsd: str = ""
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def prefix(self) -> str:
        """How the ids of its asserts begin."""
        return self.name.partition("-")[0].upper()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a pack comes from: shown origin, hash of the archive if there was one, the date."""

    origin: str
    sha256: str
    date: str


@dataclass(slots=True)
class Compiled:
    """A schema with what compiling it gave. `untranslated`: by number, for SaxonC."""

    schema: Schema
    known: Known
    untranslated: dict[int, str] = field(default_factory=dict)


def home() -> Path:
    """The user's folder of packs. It need not exist."""
    chosen = os.environ.get("TELERAD_DATA")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return (Path(chosen) if chosen else Path(base) / "telerad") / "packs"


def names() -> tuple[str, ...]:
    """The packs that there are."""
    return tuple(sorted(file.parent.name for file in home().glob("*/manifest.json")))


def folder(name: str) -> Path:
    """The folder of a pack. Raises HarnessError when there is none."""
    if name not in names():
        there = ", ".join(names()) or "-"
        raise HarnessError(say("pack.unknown", name=name), hint=say("yaml.one_of", values=there))
    return home() / name


def manifest(name: str) -> Manifest:
    """What is known of a pack. Raises HarnessError."""
    file = folder(name) / "manifest.json"
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        data["schemas"] = tuple(
            Entry(**{**one, "kinds": tuple(one["kinds"])}) for one in data["schemas"]
        )
        data["repairs"] = tuple(Repair(**one) for one in data["repairs"])
        for key in ("missing", "vacuous"):
            data[key] = tuple(data[key])
        data["left_out"] = tuple((path, why) for path, why in data["left_out"])
        return Manifest(**data)
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise HarnessError(say("cli.unreadable", reason=plain(str(wrong))), file=file) from None


def remove(name: str) -> None:
    """Forget a pack. Raises HarnessError when there is none."""
    shutil.rmtree(folder(name))


def add(root: Path, name: str, source: Source, wanted: Iterable[str] = ()) -> Manifest:
    """Make a pack of a publication. Raises HarnessError; nothing is kept then.

    `wanted`: patterns of schema paths; without any, all that concern imaging documents, or every
    schema when the publication is none of the ANS. An older pack of the name is replaced.
    """
    if not _NAME.fullmatch(name):
        raise HarnessError(say("pack.bad_name", name=name))
    publication = Publication(root)
    files = choose(publication.root, tuple(wanted))
    compiled, left_out = _compile_all(publication, files)
    if (publication.root / _XSD).is_file() and not wanted:
        _take_xsd(publication)
    hashed = replace(source, sha256=source.sha256 or _hash(publication))
    made = replace(_manifest(name, hashed, publication, compiled), left_out=left_out)
    _write(made, publication, compiled)
    return made


def choose(root: Path, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The schemas of a publication that go into a pack. Raises HarnessError when none does."""
    there = tuple(schemas_of(root))
    patterns = wanted or ((*_ANS, _ANS_HEADER) if is_of_ans(root) else ("*",))
    found = tuple(path for path in there if any(_fits(path, one) for one in patterns))
    if not found:
        raise HarnessError(say("pack.no_schemas", patterns=", ".join(patterns)), file=root)
    return found


def _fits(path: str, pattern: str) -> bool:
    """A `*` of a pattern with a folder stops at folders."""
    if "/" in pattern:
        return path.count("/") == pattern.count("/") and fnmatch(path, pattern)
    return fnmatch(path.rpartition("/")[2], pattern)


def is_of_ans(root: Path) -> bool:
    """It is laid out as the ANS publishes."""
    return any(root.glob("schematrons/CI-SIS_IMG-CR-IMG*.sch"))


def default_name(root: Path, origin: str) -> str:
    """A name for a pack: what it is and its version, or the name of its folder or file."""
    if is_of_ans(root):
        found = sorted(root.glob("schematrons/CI-SIS_IMG-CR-IMG*.sch"))[-1].stem
        version = _VERSION.search(found)
        return f"ans-cda-{version[1]}" if version else "ans-cda"
    stem = Path(origin).name.removesuffix(".zip").lower()
    return re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-.")[:60] or "pack"


def _compile_all(
    publication: Publication, files: tuple[str, ...]
) -> tuple[list[Compiled], tuple[tuple[str, str], ...]]:
    """The schemas, and those that cannot be read. Raises HarnessError when none can."""
    found, left_out = [], []
    for file in files:
        try:
            found.append(_compile(publication, file))
        except Refused:
            raise
        except HarnessError as wrong:
            if len(files) == 1:
                raise
            left_out.append((file, wrong.render("en")))
            last = wrong
    if not found:
        raise last
    return found, tuple(left_out)


def _compile(publication: Publication, file: str) -> Compiled:
    schema = read(publication, file)
    engine = Native(schema, _Reading(publication, file))
    return Compiled(schema, engine.known, engine.untranslated)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The documents of a publication that is being read."""

    publication: Publication
    schema: str

    def document(self, href: str) -> Any:
        return self.publication.parsed(self.publication.resolve(self.schema, href))


def _take_xsd(publication: Publication) -> None:
    base = (publication.root / _XSD).parent
    for file in sorted(base.rglob("*.xsd")):
        publication.read(file.relative_to(publication.root).as_posix())


def _hash(publication: Publication) -> str:
    """SHA-256 over the files taken, by path and content."""
    total = sha256()
    for path, raw in sorted(publication.used.items()):
        total.update(path.encode() + b"\0" + sha256(raw).digest())
    return total.hexdigest()


def _manifest(
    name: str, source: Source, publication: Publication, compiled: list[Compiled]
) -> Manifest:
    entries = tuple(_entry(one) for one in compiled)
    made = Manifest(
        name=name,
        origin=source.origin,
        sha256=source.sha256,
        date=source.date,
        schemas=tuple(_distinct(entries)),
        repairs=tuple(publication.repairs.values()),
        missing=tuple(sorted(publication.missing)),
        vacuous=(),
        files=len(publication.used),
        xsd=_XSD if _XSD in publication.used else "",
    )
    vacuous = [
        ids
        for entry, one in zip(made.schemas, compiled, strict=True)
        for ids, test in ids_of(one.schema, f"{made.prefix}-{entry.label}").items()
        if is_vacuous(test)
    ]
    return replace(made, vacuous=tuple(vacuous))


def _distinct(entries: tuple[Entry, ...]) -> Iterator[Entry]:
    """Labels that tell the schemas of a pack apart, with the version where that is needed."""
    labels = [entry.label for entry in entries]
    for place, entry in enumerate(entries):
        if labels.count(entry.label) > 1:
            whole = slug(Path(entry.file).stem.removeprefix("CI-SIS_"))
            same = [one for one in entries[:place] if one.label == entry.label]
            again = any(slug(Path(one.file).stem.removeprefix("CI-SIS_")) == whole for one in same)
            yield replace(entry, label=f"{whole}-{place}" if again else whole)
        else:
            yield entry


def _entry(one: Compiled) -> Entry:
    stem = Path(one.schema.file).stem
    volume = next((volume for volume in _KINDS if volume in stem), "")
    return Entry(
        file=one.schema.file,
        label=label(stem),
        title=one.schema.title,
        kinds=_KINDS.get(volume, EVERY),
        template="" if volume else _template(one.schema),
        structured=bool(volume),
        asserts=len(ids_of(one.schema, "")),
        saxon=len(one.untranslated),
    )


def label(stem: str) -> str:
    """The part of an id that a schema's file name gives."""
    text = _VERSION.sub("", stem.removeprefix("CI-SIS_").removeprefix("ASIP-STRUCT-MIN-"))
    text = re.sub(r"^IMG-(CR|DA)-IMG$", r"\1-IMG", text)
    return slug(text) or "SCHEMA"


_OF_VOLUME: Final = re.compile(
    r"templateId(?:/@root|\[ *@root) *= *['\"](1\.2\.250\.1\.213\.1\.1\.1\.(?!1['\"])[\d.]+)['\"]"
)


def _template(schema: Schema) -> str:
    """The templateId of the one kind of document that a schema is about; empty when of any.

    A volume of the ANS says in its first rules about the root which one the document must carry.
    """
    for _, context, one in schema.asserts:
        if context.context.strip("/").endswith("ClinicalDocument"):
            found = _OF_VOLUME.search(" ".join(one.test.split()))
            if found:
                return found[1]
    return ""


# files of a pack


def _write(made: Manifest, publication: Publication, compiled: list[Compiled]) -> None:
    target = home() / made.name
    fresh = home() / f".{made.name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        for path, raw in publication.used.items():
            file = fresh / "files" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(raw)
        for one in compiled:
            _keep(fresh, made.sha256, one)
        text = json.dumps(asdict(made), ensure_ascii=False, indent=1)
        (fresh / "manifest.json").write_text(text, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.cannot_write", reason=reason), file=target) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _keep(base: Path, content: str, one: Compiled) -> None:
    data = {
        "key": f"{content} {_program()}",
        "schema": model.to_data(one.schema),
        "conditions": one.known.conditions,
        "needs": {
            text: [[need.names, need.templates] for need in needs]
            for text, needs in one.known.needs.items()
        },
        "untranslated": {str(number): why for number, why in one.untranslated.items()},
    }
    file = base / "compiled" / _compiled_name(one.schema.file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _compiled_name(path: str) -> str:
    return f"{sha256(path.encode()).hexdigest()[:16]}.json"


@cache
def _program() -> str:
    """A hash of the code that compiles: what another version made is not used."""
    total = sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def compiled_schemas(made: Manifest) -> Iterator[tuple[Entry, Compiled]]:
    """The schemas of a pack, compiled again only when the pack or this program has changed."""
    base = folder(made.name)
    for entry in made.schemas:
        found = _kept(base, made.sha256, entry)
        if found is None:
            found = _compile(Publication(base / "files"), entry.file)
            with suppress(OSError):  # a folder that cannot be written to only costs time
                _keep(base, made.sha256, found)
        yield entry, found


def _kept(base: Path, content: str, entry: Entry) -> Compiled | None:
    file = base / "compiled" / _compiled_name(entry.file)
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["key"] != f"{content} {_program()}":
            return None
        needs = {
            text: tuple(Need(tuple(names), tuple(roots)) for names, roots in found)
            for text, found in data["needs"].items()
        }
        known = Known(data["conditions"], needs)
        why = {int(number): text for number, text in data["untranslated"].items()}
        return Compiled(model.from_data(data["schema"]), known, why)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def documents(made: Manifest, entry: Entry, parsed: dict[str, Any]) -> Folder:
    """The documents that a schema of a pack reads."""
    return Folder(folder(made.name) / "files", entry.file, parsed)
