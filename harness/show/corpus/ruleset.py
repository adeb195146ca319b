"""All that a worker needs to judge as we do, shipped by what it is and not by where it stands.

A profile's name and readings, and the files that are not part of this program: the site's mapping,
another XML schema, published packs. The worker writes the files into a folder of its own, loads
them, and compares: `hash` is that of the rules (tables, schemas, packs, readings), `code` that of
the program that judges. Where either differs it refuses, and judges nothing.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import harness
from harness.errors import HarnessError
from harness.rules import contested, xsd
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.published import store
from harness.show import packs as packs_of
from harness.show.checking import Asked
from harness.show.runs.surroundings import tool_version
from harness.text import say

Shipped = tuple[tuple[str, bytes], ...]  # relative name with slashes, content

_JUDGING: Final = ("wire", "rules", "show/corpus", "show/checking.py", "sim/record.py")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user asked to judge by; paths are of this machine."""

    profile: str
    mapping: Path | None = None
    cda_schema: Path | None = None
    readings: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    flow: str = ""
    towards: str = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The same, ready to be sent anywhere. `mapping` and `schema` name files of `files`."""

    profile: str
    readings: tuple[str, ...]
    packs: tuple[str, ...]
    flow: str
    towards: str
    mapping: str
    schema: str
    files: Shipped
    hash: str
    code: str
    tool: str

    @property
    def id(self) -> str:
        """Names all that decides a verdict."""
        told = (self.hash, self.code, self.tool, self.flow, self.towards)
        return sha256("\0".join(told).encode()).hexdigest()


class Refused(Exception):
    """The program here does not judge as the one that asks: the text says how they differ."""


def load(choice: Choice) -> Profile:
    """The profile that the user asked for. Raises HarnessError as its parts do."""
    schema = choice.cda_schema or packs_of.xsd_of(choice.packs)
    chosen = contested.parse(choice.readings)
    found = profiles.load(choice.profile, choice.mapping, schema and schema.absolute(), chosen)
    return packs_of.extended(found, choice.packs)


def pack(choice: Choice, profile: Profile) -> RuleSet:
    """What to ship for a choice whose profile was loaded."""
    mapping, schema = choice.mapping, choice.cda_schema
    files = list(_of_packs(choice.packs))
    if mapping:
        files.append((f"mapping/{mapping.name}", mapping.read_bytes()))
    main = ""
    if schema:
        main, found = _of_schema(schema)
        files += found
    return RuleSet(
        profile=choice.profile,
        readings=choice.readings,
        packs=choice.packs,
        flow=choice.flow,
        towards=choice.towards,
        mapping=f"mapping/{mapping.name}" if mapping else "",
        schema=main,
        files=tuple(files),
        hash=profile.hash,
        code=code_hash(),
        tool=tool_version(),
    )


def _of_packs(names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for name in dict.fromkeys(names):
        folder = store.folder(name)
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            yield f"packs/{name}/{file.relative_to(folder).as_posix()}", file.read_bytes()


def _of_schema(schema: Path) -> tuple[str, Shipped]:
    """The schema with all that it includes, below the folder that holds them all."""
    main = schema.resolve()
    files = xsd.files(main)
    root = Path(os.path.commonpath([file.parent for file in files]))
    shipped = ((f"schema/{file.relative_to(root).as_posix()}", file.read_bytes()) for file in files)
    return f"schema/{main.relative_to(root).as_posix()}", tuple(shipped)


def unpack(rules: RuleSet, folder: Path) -> Asked:
    """Load a rule set that was shipped, its files written below `folder`.

    Raises Refused when this program would judge otherwise, or cannot load it.
    """
    _agree(rules.tool, tool_version(), "tool")
    _agree(rules.code, code_hash(), "code")
    for name, content in rules.files:
        _write(folder, name, content)
    if rules.packs:
        os.environ["TELERAD_DATA"] = str(folder)
    try:
        profile = load(_choice(rules, folder))
    except HarnessError as wrong:
        raise Refused(wrong.render("en")) from None
    _agree(rules.hash, profile.hash, "rules")
    return Asked(profile, rules.flow or None, towards=rules.towards)


def _choice(rules: RuleSet, folder: Path) -> Choice:
    mapping = folder / rules.mapping if rules.mapping else None
    schema = folder / rules.schema if rules.schema else None
    return Choice(rules.profile, mapping, schema, rules.readings, rules.packs)


def _agree(theirs: str, ours: str, what: str) -> None:
    if theirs != ours:
        raise Refused(say(f"corpus.other.{what}", theirs=theirs[:12], ours=ours[:12]).en)


def _write(folder: Path, name: str, content: bytes) -> None:
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise Refused(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


@cache
def code_hash() -> str:
    """SHA-256 over the program's own files that decide what a row says."""
    root, found = Path(harness.__file__).parent, sha256()
    for file in _sources(root, _JUDGING):
        found.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


def _sources(root: Path, names: Sequence[str]) -> Iterator[Path]:
    for name in names:
        place = root / name
        yield from [place] if place.suffix else sorted(place.rglob("*.py"))
