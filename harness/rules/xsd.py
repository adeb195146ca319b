"""A document against an XML Schema: every fault, with its place, in both languages.

libxml2 judges. Where a parent holds something unexpected it looks at nothing that follows inside
that parent; so a copy is mended (the missing element put in, or the unexpected one taken out) and
judged again, until nothing new comes up. `xsd_words.py` says it in clear words, and for a fault
only the package `xmlschema` adds what it knows (`xsd_detail.py`).

Source: W3C XML Schema 1.0, part 1, 3.3.4 and 3.4.4; HL7 CDA R2 (2005), 1.2.2.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from lxml import etree

from harness import data
from harness.errors import HarnessError
from harness.rules import xsd_detail, xsd_words
from harness.rules.rule import Problem
from harness.rules.xsd_words import Fault, Mistake
from harness.text import plain, say
from harness.wire.cda import Document, Element
from harness.wire.location import Location

LIMIT: Final = 50  # faults told of one document
_ROUNDS: Final = 20  # times that a copy is mended and judged again
_STOPGAPS: Final = 3  # missing elements in a row
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"


def own() -> Path:
    """Our own schema of CDA R2."""
    return data.path("schemas", "cda", "cda.xsd")


@cache
def load(file: Path) -> etree.XMLSchema:
    """The schema of a file, once per process. Raises HarnessError when it is none."""
    try:
        file.read_bytes()  # its own words for a file that is not there; libxml2 has none
        return etree.XMLSchema(etree.parse(str(file), etree.XMLParser(no_network=True)))
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("xsd.unreadable", reason=reason), file=file) from None
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as wrong:
        first = next(iter(wrong.error_log), None)
        reason = first.message if first else str(wrong)
        raise HarnessError(
            say("xsd.no_schema", reason=reason), file=file, line=first.line if first else None
        ) from None


def files(file: Path) -> tuple[Path, ...]:
    """The file and every file that it includes or imports, for a hash: each once, in order."""
    found: dict[Path, None] = {}
    ahead = [file]
    while ahead:
        here = ahead.pop(0)
        if here not in found and here.is_file():
            found[here] = None
            ahead += _named(here)
    return tuple(found)


def _named(file: Path) -> list[Path]:
    root = etree.parse(str(file), etree.XMLParser(no_network=True)).getroot()
    links = root.iterchildren(f"{_XS}include", f"{_XS}import", f"{_XS}redefine")
    places = (link.get("schemaLocation") for link in links)
    return [(file.parent / place).resolve() for place in places if place and "://" not in place]


def judge(document: Document, file: Path) -> Iterator[Problem]:
    """Everything that the schema of `file` refuses in a document; at most `LIMIT`, and a note."""
    root = document.root
    if root is None or load(file).validate(root.getroottree()):
        return
    faults = _Mending(root, load(file)).faults()
    for fault in faults[:LIMIT]:
        known = xsd_detail.of(fault, file)
        yield Problem(
            _place(document, fault),
            xsd_words.expected(fault, known.particles),
            xsd_words.actual(fault),
            say("xsd.detail", reason=known.reason) if known.reason else None,
        )
    if len(faults) > LIMIT:
        at = Location(xpath=document.path_of(root), line=root.sourceline)
        yield Problem(at, plain("-"), say("xsd.more", count=len(faults) - LIMIT))


def _place(document: Document, fault: Fault) -> Location:
    path = document.path_of(fault.element)
    if fault.attribute:
        path += f"/@{xsd_words.name(fault.attribute)}"
    line = fault.before.sourceline if fault.before is not None else fault.element.sourceline
    return Location(xpath=path, line=line)


# -- what libxml2 says, and what it would say next --------------------------------------------


@dataclass(slots=True)
class _Mending:
    """A copy of the document, mended and judged until nothing new comes up.

    `stopgaps`: by element of the copy, what was put in before it to see whether that is missing.
    """

    root: Element
    schema: etree.XMLSchema
    copy: Element = None
    origin: dict[Element, Element] = field(default_factory=dict)
    found: dict[tuple[Element, str], Fault] = field(default_factory=dict)
    stopgaps: dict[Element, list[Element]] = field(default_factory=dict)

    def faults(self) -> list[Fault]:
        """Every fault, in the order of the document."""
        self.copy = deepcopy(self.root)
        self.origin = dict(zip(self.copy.iter(), self.root.iter(), strict=True))
        for _ in range(_ROUNDS):
            unexpected = self._judged()
            self._settle(unexpected)
            if not unexpected:
                break
            for element, names in unexpected.items():
                self._mend(element, names)
        order = {element: n for n, element in enumerate(self.root.iter())}
        return sorted(self.found.values(), key=lambda fault: order[fault.blamed])

    def _judged(self) -> dict[Element, tuple[str, ...]]:
        """Note what is new. Gives the elements of the copy that stand where they may not."""
        self.schema.validate(self.copy.getroottree())
        unexpected = {}
        for entry in self.schema.error_log:
            element = _at(self.copy, entry.path)
            original = self.origin.get(element)
            if original is None:  # a stopgap, or what it lacks inside
                continue
            fault = xsd_words.read(entry.type_name, entry.message, original)
            if fault.mistake is Mistake.UNEXPECTED and original.getparent() is not None:
                unexpected[element] = fault.names
            if not self._follows(fault):
                self.found.setdefault((original, fault.key), fault)
        return unexpected

    def _follows(self, fault: Fault) -> bool:
        """A type that is not known leaves the abstract one: said once."""
        typed = (fault.element, xsd_words.XSI_TYPE)
        return fault.mistake is Mistake.ABSTRACT and typed in self.found

    def _settle(self, unexpected: dict[Element, tuple[str, ...]]) -> None:
        """An element that its stopgaps made welcome was right: they are what is missing."""
        for element in [known for known in self.stopgaps if known not in unexpected]:
            original = self.origin[element]
            fault = self.found.pop((original, Mistake.UNEXPECTED.name))
            for stopgap in self.stopgaps.pop(element):
                self.found[original, stopgap.tag] = xsd_words.missing(fault, stopgap.tag)

    def _mend(self, element: Element, names: tuple[str, ...]) -> None:
        """Put in what may be missing before the element; when that cannot be, take it out."""
        tried = self.stopgaps.get(element, [])
        needed = names[-1] if names else ""
        elsewhere = {sibling.tag for sibling in element.itersiblings()} | {element.tag}
        elsewhere |= {stopgap.tag for stopgap in tried} | {xsd_words.ANY}
        if needed and needed not in elsewhere and len(tried) < _STOPGAPS:
            self.stopgaps[element] = [*tried, etree.Element(needed)]
            element.addprevious(self.stopgaps[element][-1])
            return
        for unwanted in (*self.stopgaps.pop(element, []), element):
            unwanted.getparent().remove(unwanted)


def _at(root: Element, path: str) -> Element | None:
    """The element of a path of libxml2: `/*/*[3]/sdtc:id[2]`, counted among those of that name."""
    here = root
    for step in path.strip("/").split("/")[1:]:
        name, _, number = step.rstrip("]").partition("[")
        twins = [child for child in here.iterchildren(etree.Element) if _is(child, name)]
        place = int(number or 1) - 1
        if place >= len(twins):
            return None
        here = twins[place]
    return here


def _is(element: Element, name: str) -> bool:
    if name == "*":
        return True
    local = etree.QName(element).localname
    return name == (f"{element.prefix}:{local}" if element.prefix else local)
