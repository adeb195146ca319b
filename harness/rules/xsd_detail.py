"""What the package `xmlschema` knows of a fault: its reason, and what may stand there how often.

Only asked for a document that libxml2 has refused, and only about the element that is wrong, on a
copy of it without what is inside its children: the package takes a second to read a schema, then a
millisecond a fault. When it fails, libxml2's words stand alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree

from harness.rules.xsd_words import Fault, Mistake, name

_XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_LONGEST: Final = 200  # characters of a reason
_CHILDREN: Final = 2_000  # of one element: beyond, it would take too long


@dataclass(frozen=True, slots=True)
class Detail:
    """The package's own reason, and the parts of the element with how often: `` `id` 1..* ``."""

    reason: str = ""
    particles: tuple[str, ...] = ()


def of(fault: Fault, file: Path) -> Detail:
    """What is known of a fault; nothing when the package cannot tell."""
    element = fault.element
    if fault.mistake is Mistake.UNEXPECTED and element.getparent() is not None:
        element = element.getparent()
    if len(element) > _CHILDREN:
        return Detail()
    try:
        return _asked(element, fault, file)
    except Exception:  # whatever it trips over, the verdict stands without it
        return Detail()


def _asked(element: Any, fault: Fault, file: Path) -> Detail:
    declared = _declared(element, file)
    if declared is None:
        return Detail()
    alone = _alone(element)
    reasons = (
        _short(str(wrong.reason))
        for wrong in declared.iter_errors(alone)
        if wrong.elem is alone and _same(wrong, fault)
    )
    type_ = _type_of(declared, element, file)
    return Detail(next(reasons, ""), tuple(_particles(type_)))


def _same(wrong: Any, fault: Fault) -> bool:
    """The package speaks of the same attribute, or of the same child by its number."""
    number = getattr(wrong, "index", None)
    if fault.mistake is Mistake.UNEXPECTED or fault.before is not None:
        blamed = fault.blamed
        return number == sum(1 for _ in blamed.itersiblings(etree.Element, preceding=True))
    if fault.mistake is Mistake.MISSING:
        return number is not None
    return number is None and name(fault.attribute).rpartition(":")[2] in str(wrong.reason)


@cache
def _schema(file: Path) -> Any:
    """The schema as the package reads it. Lax: it refuses the circles of the official files."""
    import xmlschema

    return xmlschema.XMLSchema10(str(file), validation="lax", allow="local")


def _declared(element: Any, file: Path) -> Any:
    """The declaration of an element, found from the root down; None when there is none."""
    parent = element.getparent()
    if parent is None:
        return _schema(file).maps.elements.get(element.tag)
    above = _declared(parent, file)
    if above is None:
        return None
    parts = _type_of(above, parent, file).content.iter_elements()
    return next((part for part in parts if part.name == element.tag), None)


def _type_of(declared: Any, element: Any, file: Path) -> Any:
    """Its type, or the one that xsi:type names."""
    given = element.get(_XSI_TYPE)
    if not given:
        return declared.type
    prefix, _, local = given.strip().rpartition(":")
    uri = element.nsmap.get(prefix or None, "")
    return _schema(file).maps.types.get(f"{{{uri}}}{local}", declared.type)


def _alone(element: Any) -> Any:
    """The element with its attributes, text and the names of its children, and nothing below."""
    alone = etree.Element(element.tag, dict(element.attrib), nsmap=element.nsmap)
    alone.text = element.text
    for child in element.iterchildren(etree.Element):
        etree.SubElement(alone, child.tag).tail = child.tail
    return alone


def _particles(type_: Any) -> Iterator[str]:
    content = getattr(type_, "content", None)
    if content is None or not hasattr(content, "iter_elements"):
        return
    for part in content.iter_elements():
        if part.name:
            most = "*" if part.max_occurs is None else part.max_occurs
            yield f"`{name(part.name)}` {part.min_occurs}..{most}"


def _short(reason: str) -> str:
    plain = reason.replace("{urn:hl7-org:v3}", "")
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
