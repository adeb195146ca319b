"""Damage of CDA documents that knows what it damages: elements, attributes, namespaces, text.

`mutated` changes a document once to four times; what cannot be read as XML is damaged byte by byte.
"""

import random
from collections.abc import Callable
from typing import Any

from lxml import etree

HL7 = "urn:hl7-org:v3"
SPACES = (
    HL7,
    "",
    "urn:hl7-org:sdtc",
    "urn:dicom-org:ps3-20",
    "http://www.w3.org/1999/xhtml",
    "urn:x",
)
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
VALUES = (
    "", " ", "0", "-1", "99999999999999999999", "NaN", "1e400", "²", "٣", "20260105", "20260230",
    "2026", "00010101000000+1400", "99991231235959-1400", "20260105100000.1234+0100",
    "000001010000+0000", "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.8.", "2.16.840.1.113883.6.1",
    "1..2", "279035121518989", "UNK", "NI", "MSK", "R", "N", "COMP", "AUT", "REF", "true", "TRUE",
    "CD", "PQ", "ED", "no:CD", "Bogus", "https://drimbox.example/x?studyUID=1.2&requestType=STUDY",
    "javascript:alert(1)", "file:///etc/passwd", "http://[", "//", "?&&==&%zz", "tel:", "mailto:@",
    "é", "e\u0301", "\u202e", "\U0001f489", "A" * 300, "279035<!-- -->121518989", "]]>", "&amp;",
    "\n\t", "11490-0", "18748-4", "55115-0", "text/html", "B64",
)  # fmt: skip
NAMES = (
    "ClinicalDocument", "realmCode", "typeId", "templateId", "id", "code", "title", "effectiveTime",
    "author", "confidentialityCode", "languageCode", "setId", "versionNumber", "recordTarget",
    "patientRole", "patient", "name", "given", "family", "addr", "telecom", "birthTime",
    "custodian", "legalAuthenticator", "low", "high", "participant", "inFulfillmentOf", "order",
    "documentationOf", "serviceEvent", "performer", "component", "structuredBody", "nonXMLBody",
    "section", "text", "table", "paragraph", "linkHtml", "entry", "observation", "value",
    "organizer", "act", "procedure", "reference", "relatedDocument", "nullFlavor", "extension",
    "root", "codeSystem", "displayName", "unit", "x", "accessionNumber", "componentOf",
    "encompassingEncounter",
)  # fmt: skip
HEADS = (
    b'<!DOCTYPE a [<!ENTITY x "y">]>', b'<!DOCTYPE a SYSTEM "file:///etc/passwd">',
    b"<?xml-stylesheet href='x'?>", b"<!-- <!DOCTYPE a> -->", b"\xef\xbb\xbf", b"\n",
    b"<?xml version='1.1'?>", b"<!---->" * 50, b"\x00",
)  # fmt: skip
CODECS = ("utf-16", "utf-32", "iso8859-15", "utf-16-le", "utf-7")

Element = Any
Change = Callable[[Element, Element, random.Random], None]


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """The document, damaged once to four times."""
    if chance.random() < 0.85:
        raw = _as_tree(raw, chance)
    if chance.random() < 0.25:
        raw = chance.choice(_BYTES)(raw, chance)
    return raw


def _as_tree(raw: bytes, chance: random.Random) -> bytes:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=False)
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        return chance.choice(_BYTES)(raw, chance)
    elements = list(root.iter(etree.Element))
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        change = chance.choice(_CHANGES)
        change(chance.choice(elements), chance.choice(elements), chance)
    top = root.getroottree().getroot()
    return bytes(etree.tostring(top.getroottree(), xml_declaration=True, encoding="UTF-8"))


def _remove(element: Element, other: Element, chance: random.Random) -> None:
    if element.getparent() is not None:
        element.getparent().remove(element)


def _double(element: Element, other: Element, chance: random.Random) -> None:
    if element.getparent() is not None:
        for _ in range(chance.choice((1, 1, 2, 20))):
            element.addnext(_copy(element))


def _move(element: Element, other: Element, chance: random.Random) -> None:
    if (
        element.getparent() is not None
        and element not in other.iterancestors()
        and element is not other
    ):
        other.insert(chance.randrange(len(other) + 1), element)


def _graft(element: Element, other: Element, chance: random.Random) -> None:
    if len(etree.tostring(element)) < 20_000:
        other.append(_copy(element))


def _rename(element: Element, other: Element, chance: random.Random) -> None:
    element.tag = f"{{{etree.QName(element).namespace or ''}}}{_name(other, chance)}"


def _namespace(element: Element, other: Element, chance: random.Random) -> None:
    space = chance.choice(SPACES)
    for each in element.iter(etree.Element) if chance.random() < 0.3 else (element,):
        each.tag = (
            f"{{{space}}}{etree.QName(each).localname}" if space else etree.QName(each).localname
        )


def _attribute(element: Element, other: Element, chance: random.Random) -> None:
    names = [*element.attrib, *other.attrib, "value", "root", "extension", "nullFlavor", XSI_TYPE]
    element.set(chance.choice(names), _value(other, chance))


def _bare(element: Element, other: Element, chance: random.Random) -> None:
    if element.attrib:
        del element.attrib[chance.choice(list(element.attrib))]


def _other_attribute(element: Element, other: Element, chance: random.Random) -> None:
    if element.attrib:
        name = chance.choice(list(element.attrib))
        element.set(_name(other, chance), element.attrib.pop(name))


def _text(element: Element, other: Element, chance: random.Random) -> None:
    if chance.random() < 0.3:
        element.tail = _value(other, chance)
    else:
        element.text = _value(other, chance)


def _aside(element: Element, other: Element, chance: random.Random) -> None:
    made = chance.choice((etree.Comment(" x "), etree.PI("x", "y"), etree.Comment("<id/>")))
    if chance.random() < 0.5:
        element.insert(chance.randrange(len(element) + 1), made)
    else:
        element.addprevious(made)


def _new(element: Element, other: Element, chance: random.Random) -> None:
    made = etree.SubElement(element, f"{{{HL7}}}{chance.choice(NAMES)}")
    made.text = _value(other, chance)


def _empty(element: Element, other: Element, chance: random.Random) -> None:
    del element[:]
    element.text = ""


def _deep(element: Element, other: Element, chance: random.Random) -> None:
    for _ in range(chance.choice((5, 60, 300))):
        element = etree.SubElement(element, element.tag)


def _copy(element: Element) -> Element:
    return etree.fromstring(
        etree.tostring(element, with_tail=False), etree.XMLParser(huge_tree=True)
    )


def _name(other: Element, chance: random.Random) -> str:
    return chance.choice((etree.QName(other).localname, chance.choice(NAMES)))


def _value(other: Element, chance: random.Random) -> str:
    found = [*other.attrib.values()] or [other.text or ""]
    return chance.choice((chance.choice(VALUES), chance.choice(VALUES), chance.choice(found)))


def _head(raw: bytes, chance: random.Random) -> bytes:
    at = chance.choice((0, raw.find(b"?>") + 2))
    return raw[:at] + chance.choice(HEADS) + raw[at:]


def _flip(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    piece = chance.choice(
        (b"<", b">", b"&", b'"', b"\x00", b"\xff", b"&#0;", b"<![CDATA[", b"-->", b"&x;")
    )
    return raw[:at] + piece + raw[at + chance.randrange(3) :]


def _cut(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return chance.choice((raw[:at], raw[:at] + raw[at + chance.randrange(200) :]))


def _recode(raw: bytes, chance: random.Random) -> bytes:
    text = raw.decode("utf-8", "replace")
    if chance.random() < 0.5:
        text = text.replace(
            "UTF-8", chance.choice(("UTF-16", "ISO-8859-15", "x-none", "EBCDIC-CP-FR")), 1
        )
    return text.encode(chance.choice(CODECS), "replace")


_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_head, _flip, _flip, _cut, _recode)
_CHANGES: tuple[Change, ...] = (
    _remove, _remove, _double, _move, _graft, _rename, _namespace, _attribute, _attribute,
    _attribute, _bare, _other_attribute, _text, _text, _aside, _new, _empty, _deep,
)  # fmt: skip
