"""Damaged copies of a CDA document, by a number: the same number gives the same damage.

Each is one structural change somewhere in the tree. Many stay valid: a proof that two schemas agree
needs both kinds.
"""

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from lxml import etree

from harness.rules import xsd

V3: Final = "{urn:hl7-org:v3}"
XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
NAMESPACES: Final = (
    "urn:hl7-org:v3",
    "urn:hl7-org:sdtc",
    "urn:dicom-org:ps3-20",
    "urn:oid:1.3.6.1.4.1.19376.1.3.2",
    "urn:ihe:pharm:medication",
    "urn:elsewhere",
)
_SCHEMA: Final = "\n".join(
    file.read_text("utf-8") for file in sorted(xsd.own().parent.glob("*.xsd"))
)


def _named(what: str, attribute: str = "name") -> tuple[str, ...]:
    found = re.findall(rf'<xs:{what} {attribute}="([^"]+)"', _SCHEMA)
    return tuple(sorted({*found, "unheardOf"}))


NAMES: Final = _named("element")
TYPES: Final = _named("complexType")
ATTRIBUTES: Final = _named("attribute")
CODES: Final = _named("enumeration", "value")
VALUES: Final = (
    *("", "x", " x", "x ", "a b", "é", "abc-def", "abc_def", "NULL", "=", "QUJD", "text/plain"),
    *("true", "false", "TRUE", "1", "0", "-1", "1.5", "1e3", "INF", "NaN", "1,5", "007"),
    *("2026", "20260105", "202601051", "20260105100000+0100", "20260105100000.5", "2026-01-05"),
    *("1.2.250.1", "1.2.250.01", "1..2", "3.1", "2.16.840.1.113883.1.3", "urn:oid:1.2"),
    *("9a6b2c4e-1111-2222-3333-444455556666", "9a6b2c4e11112222", "http://a b/", "tel:+33"),
    *("EVN", " EVN ", "COMP", "\tPSN", "OP", "HP WP", "HP  WP", "HP,WP", "text/x-hl7-text+xml"),
)


def _value(chance: Random) -> str:
    return chance.choice(VALUES if chance.random() < 0.7 else CODES)


def mutants(document: bytes, numbers: range) -> Iterator[tuple[str, bytes]]:
    """Copies, each with one damage and its name. What a damage cannot be done to is passed over."""
    for number in numbers:
        chance = Random(number)
        root = etree.fromstring(document)
        name = chance.choice(tuple(DAMAGES))
        element = chance.choice([e for e in root.iter() if isinstance(e.tag, str)])
        if DAMAGES[name](element, chance) is not False:
            yield f"{number} {name}", etree.tostring(root)


def _out(element: Any) -> bool:
    parent = element.getparent()
    if parent is None:
        return False
    parent.remove(element)
    return True


def _removed(element: Any, chance: Random) -> Any:
    return _out(element)


def _moved_among_siblings(element: Any, chance: Random) -> Any:
    parent = element.getparent()
    if not _out(element):
        return False
    parent.insert(chance.randrange(len(parent) + 1), element)
    return True


def _moved_elsewhere(element: Any, chance: Random) -> Any:
    root = element.getroottree().getroot()
    if not _out(element):
        return False
    places = [e for e in root.iter() if isinstance(e.tag, str)]
    place = chance.choice(places)
    place.insert(chance.randrange(len(place) + 1), element)
    return True


def _doubled(element: Any, chance: Random) -> Any:
    parent = element.getparent()
    if parent is None:
        return False
    twin = etree.fromstring(etree.tostring(element, with_tail=False))
    where = chance.choice((parent.index(element) + 1, chance.randrange(len(parent) + 1)))
    parent.insert(where, twin)
    return True


def _renamed(element: Any, chance: Random) -> Any:
    uri = etree.QName(element).namespace
    element.tag = f"{{{uri}}}{chance.choice(NAMES)}"


def _in_another_namespace(element: Any, chance: Random) -> Any:
    element.tag = f"{{{chance.choice(NAMESPACES)}}}{etree.QName(element).localname}"


def _attribute_removed(element: Any, chance: Random) -> Any:
    if not element.attrib:
        return False
    del element.attrib[chance.choice(sorted(element.attrib))]
    return True


def _attribute_broken(element: Any, chance: Random) -> Any:
    if not element.attrib:
        return False
    element.set(chance.choice(sorted(element.attrib)), _value(chance))
    return True


def _attribute_added(element: Any, chance: Random) -> Any:
    element.set(chance.choice(ATTRIBUTES), _value(chance))


def _attribute_of_another_namespace(element: Any, chance: Random) -> Any:
    name = chance.choice((*ATTRIBUTES, "valueSet", "valueSetVersion"))
    element.set(f"{{{chance.choice(NAMESPACES)}}}{name}", _value(chance))


def _typed(element: Any, chance: Random) -> Any:
    prefix = next((p for p, uri in element.nsmap.items() if uri == NAMESPACES[0]), None)
    name = chance.choice(TYPES)
    element.set(f"{XSI}type", f"{prefix}:{name}" if prefix else name)


def _typed_value(element: Any, chance: Random) -> Any:
    """Another type on an element that has one already."""
    found = element.getroottree().xpath("//*[@*[local-name() = 'type']]")
    if not found:
        return False
    _typed(chance.choice(found), chance)
    return True


def _nil(element: Any, chance: Random) -> Any:
    element.set(f"{XSI}nil", chance.choice(("true", "false")))


def _text(element: Any, chance: Random) -> Any:
    if len(element) and chance.random() < 0.5:
        chance.choice(list(element)).tail = "text"
    else:
        element.text = chance.choice(("text", " ", "", "12", "é"))


def _inserted(element: Any, chance: Random) -> Any:
    """A new element: of the model, of an extension, or of nowhere."""
    uri = NAMESPACES[0] if chance.random() < 0.5 else chance.choice(NAMESPACES)
    made = etree.Element(f"{{{uri}}}{chance.choice(NAMES)}")
    for _ in range(chance.randrange(3)):
        made.set(chance.choice(ATTRIBUTES), _value(chance))
    element.insert(chance.randrange(len(element) + 1), made)


def _transplanted(element: Any, chance: Random) -> Any:
    """A copy of what stands elsewhere in the document, in the place of this."""
    parent = element.getparent()
    if parent is None:
        return False
    others = [e for e in element.getroottree().getroot().iter(V3 + "*") if e is not element]
    other = etree.fromstring(etree.tostring(chance.choice(others), with_tail=False))
    parent.replace(element, other)
    return True


def _swapped(element: Any, chance: Random) -> Any:
    after = element.getnext()
    if after is None or element.getparent() is None:
        return False
    after.addnext(element)
    return True


def _emptied(element: Any, chance: Random) -> Any:
    for child in list(element):
        element.remove(child)


def _same_id(element: Any, chance: Random) -> Any:
    """An ID that another element may have already."""
    ids = element.getroottree().xpath("//@ID") or ["one"]
    element.set("ID", chance.choice(ids))


def _comment(element: Any, chance: Random) -> Any:
    element.insert(0, etree.Comment("said by nobody"))


def _extension_moved(element: Any, chance: Random) -> Any:
    root = element.getroottree().getroot()
    found = [e for uri in NAMESPACES[1:] for e in root.iter(f"{{{uri}}}*")]
    return _moved_among_siblings(chance.choice(found), chance) if found else False


DAMAGES: Final[dict[str, Callable[[Any, Random], Any]]] = {
    damage.__name__.strip("_").replace("_", " "): damage
    for damage in (
        _removed, _moved_among_siblings, _moved_elsewhere, _doubled, _renamed,
        _in_another_namespace, _attribute_removed, _attribute_broken, _attribute_added,
        _attribute_of_another_namespace, _typed, _typed_value, _nil, _text, _inserted,
        _transplanted, _swapped, _emptied, _same_id, _comment, _extension_moved,
    )
}  # fmt: skip
