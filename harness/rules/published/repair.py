"""The files of a publication, and the known faults of it that are repaired where everybody sees.

A file that is named is looked for inside the publication only. When it is not there:

    letter-case   a file whose name differs only by letter case is taken
    space         a name with a space, which no URI may hold, is taken as it is
    value-set     `…OID….xml` that is absent: the value set with that OID under `jeuxDeValeurs`

Each repair is kept as a `Repair`; the file goes into the pack under the name that was asked for.

Source: faults of ansforge/TestContenuCDA-3-0 as of February 2025.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from lxml import etree

from harness.errors import HarnessError
from harness.text import plain, say

_OID: Final = re.compile(r"\d+(?:\.\d+){4,}")
_SVS: Final = "{urn:ihe:iti:svs:2008}"
LARGEST: Final = 64 * 1024 * 1024  # bytes of one file


class Refused(HarnessError):
    """The publication asks for what no pack may: nothing of it is taken."""


@dataclass(frozen=True, slots=True)
class Repair:
    """`kind` (see above), the path `asked` for, the one taken in its place, who asked."""

    kind: str
    asked: str
    taken: str
    by: str


class Publication:
    """A folder as it was published. Paths are relative to it, with `/`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.repairs: dict[tuple[str, str], Repair] = {}
        self.used: dict[str, bytes] = {}
        self.missing: dict[str, str] = {}
        self._parsed: dict[str, Any] = {}

    def resolve(self, base: str, href: str) -> str:
        """The path that `href` in the file `base` means. Raises Refused when it leaves."""
        text = href.partition("#")[0]
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\]", text):
            raise Refused(say("pack.outside", href=href), file=base)
        parts: list[str] = list(Path(base).parent.parts)
        for part in unquote(text).replace("\\", "/").split("/"):
            if part == ".." and not parts:
                raise Refused(say("pack.outside", href=href), file=base)
            if part == "..":
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        return "/".join(parts)

    def include(self, base: str, href: str) -> str:
        """The path of a schema that is included. Raises HarnessError when there is none."""
        path = self.resolve(base, href)
        if not self._there(path) and not self._other_case(path, base):
            raise HarnessError(say("pack.no_include", href=href), file=base)
        if " " in path:
            self._repaired(Repair("space", path, path, base))
        return path

    def document(self, base: str, href: str) -> bool:
        """Take a document that an expression names. False, and noted, when there is none."""
        path = self.resolve(base, href)
        if self._there(path) or self._other_case(path, base) or self._by_oid(path, base):
            if " " in path:
                self._repaired(Repair("space", path, path, base))
            return True
        self.missing[path] = base
        return False

    def folder(self, base: str, href: str) -> None:
        """Take every XML document beside those that an expression computes the names of."""
        path = self.resolve(base, href)
        folder = self.root / (path if href.endswith("/") else Path(path).parent)
        for file in sorted(folder.glob("*")) if folder.is_dir() else ():
            if file.suffix in (".xml", ".rdf", ".xsd"):
                self._there(file.relative_to(self.root).as_posix())

    def parsed(self, path: str) -> Any:
        """The root element of a file; the same one each time. Raises HarnessError."""
        if path not in self._parsed:
            self._parsed[path] = read_xml(self.read(path), path)
        return self._parsed[path]

    def read(self, path: str) -> bytes:
        """The bytes of a file that was taken, or of one that is there. Raises HarnessError."""
        if path not in self.used and not self._there(path):
            raise HarnessError(say("cli.no_file"), file=path)
        return self.used[path]

    def _there(self, path: str) -> bool:
        if path in self.used:
            return True
        file = self._inside(path)
        if file is None or file.name not in _names(file.parent):
            return False
        if file.stat().st_size > LARGEST:
            raise HarnessError(say("pack.too_large", limit=LARGEST), file=path)
        self.used[path] = file.read_bytes()
        return True

    def _inside(self, path: str) -> Path | None:
        file = self.root / path
        if not file.is_file():
            return None
        if not file.resolve().is_relative_to(self.root):
            raise Refused(say("pack.outside", href=path))
        return file

    def _other_case(self, path: str, by: str) -> bool:
        """Take a file whose path differs by letter case; the nearest by name when several do."""
        found = [self.root]
        for part in path.split("/"):
            found = [
                folder / name
                for folder in found
                for name in sorted(_names(folder))
                if name.casefold() == part.casefold()
            ]
        for file in found:
            taken = file.relative_to(self.root).as_posix()
            if self._inside(taken) and taken != path:
                self.used[path] = file.read_bytes()
                return self._repaired(Repair("letter-case", path, taken, by))
        return False

    def _by_oid(self, path: str, by: str) -> bool:
        found = _OID.search(path.rpartition("/")[2])
        taken = self._value_sets.get(found[0]) if found else None
        if not taken:
            return False
        raw = self.read(taken)
        voc = path.rpartition("/")[2].startswith("voc-")
        self.used[path] = as_concept_list(raw, taken) if voc else raw
        return self._repaired(Repair("value-set", path, taken, by))

    @cached_property
    def _value_sets(self) -> dict[str, str]:
        """Files under any `jeuxDeValeurs` by the OID of their value set."""
        found: dict[str, str] = {}
        for file in sorted(self.root.rglob("jeuxDeValeurs/*.xml")):
            mark = re.search(rb'<ValueSet\b[^>]*?\bid="([\d.]+)"', file.read_bytes()[:4000])
            if mark and self._inside(file.relative_to(self.root).as_posix()):
                found.setdefault(mark[1].decode(), file.relative_to(self.root).as_posix())
        return found

    def _repaired(self, repair: Repair) -> bool:
        self.repairs.setdefault((repair.kind, repair.asked), repair)
        return True


def _names(folder: Path) -> frozenset[str]:
    """The names in a folder as they are written, also where the file system minds no case."""
    return frozenset(file.name for file in folder.iterdir()) if folder.is_dir() else frozenset()


def read_xml(raw: bytes, path: str) -> Any:
    """The root of XML that is not ours: no entities, no network. Raises HarnessError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as wrong:
        line = getattr(wrong, "lineno", None)
        raise HarnessError(plain(str(wrong)), file=path, line=line) from None
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise Refused(say("pack.entities"), file=path)
    return root


def as_concept_list(raw: bytes, path: str) -> bytes:
    """A value set of IHE SVS in the form that ART-DECOR writes beside its schemas."""
    source = read_xml(raw, path).find(f"{_SVS}ValueSet")
    root = etree.Element("valueSets")
    if source is not None:
        one = etree.SubElement(
            root, "valueSet", id=source.get("id", ""), name=source.get("displayName", "")
        )
        concepts = etree.SubElement(one, "conceptList")
        for concept in source.iter(f"{_SVS}Concept"):
            kept = {name: concept.get(name, "") for name in ("code", "codeSystem", "displayName")}
            etree.SubElement(concepts, "concept", **kept)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def schemas_of(root: Path) -> Iterator[str]:
    """The paths of the schemas that stand on their own, the tools' own copies left out."""
    for file in sorted(root.rglob("*.sch")):
        path = file.relative_to(root).as_posix()
        if "/moteur/" not in f"/{path}" and _is_schema(file):
            yield path


def _is_schema(file: Path) -> bool:
    head = file.read_bytes()[:20_000]
    found = re.search(rb"<(?:\w+:)?(schema|pattern|rule|rules|patterns)\b", head)
    return found is not None and found[1] == b"schema"
