"""What libxml2 says of a document that a schema refuses, in clear words of both languages.

A message is `Element 'NAME'[, attribute 'NAME']: what`; its kind is the name of its error code.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final

from lxml import etree

from harness.rules.table import quoted
from harness.text import Text, plain, say
from harness.wire.cda import NAMESPACES

_PREFIXES: Final = {uri: prefix for prefix, uri in NAMESPACES.items() if prefix != "cda"} | {
    "urn:hl7-org:v3": "",
    "urn:ihe:pharm:medication": "pharm",
}
_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
XSI_TYPE: Final = f"{_XSI}type"
_MESSAGE: Final = re.compile(
    r"Element '(?P<element>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: (?P<what>.*)", re.DOTALL
)
ANY: Final = "*"  # any element of another namespace
_SHOWN: Final = 15  # names or values in a list


class Mistake(Enum):
    """The kinds of fault, each by the error codes of libxml2 that mean it."""

    UNEXPECTED = ("ELEMENT_CONTENT",)
    MISSING = ()  # an ELEMENT_CONTENT as well
    ROOT = ("CVC_ELT_1",)
    NO_ATTRIBUTE = ("CVC_COMPLEX_TYPE_3_2_1", "CVC_COMPLEX_TYPE_3_2_2", "CVC_TYPE_3_1_1")
    ATTRIBUTE_MISSING = ("CVC_COMPLEX_TYPE_4",)
    FIXED = ("CVC_AU", "CVC_COMPLEX_TYPE_3_1", "CVC_ELT_5_2_2_2_1", "CVC_ELT_5_2_2_2_2")
    ENUMERATION = ("CVC_ENUMERATION_VALID",)
    PATTERN = ("CVC_PATTERN_VALID",)
    LENGTH = ("CVC_LENGTH_VALID", "CVC_MINLENGTH_VALID", "CVC_MAXLENGTH_VALID")
    RANGE = (
        "CVC_MININCLUSIVE_VALID",
        "CVC_MAXINCLUSIVE_VALID",
        "CVC_MINEXCLUSIVE_VALID",
        "CVC_MAXEXCLUSIVE_VALID",
    )
    TYPE = ("CVC_DATATYPE_VALID_1_2_1", "CVC_DATATYPE_VALID_1_2_2", "CVC_DATATYPE_VALID_1_2_3")
    TEXT = ("CVC_COMPLEX_TYPE_2_3",)
    CONTENT = ("CVC_COMPLEX_TYPE_2_1", "CVC_TYPE_3_1_2", "CVC_ELT_3_2_1")
    ABSTRACT = ("CVC_TYPE_2", "CVC_ELT_2")
    XSI_TYPE = ("CVC_ELT_4_1", "CVC_ELT_4_2", "CVC_ELT_4_3")
    NIL = ("CVC_ELT_3_1",)
    OTHER = ("?",)


_OF: Final = {f"SCHEMAV_{code}": mistake for mistake in Mistake for code in mistake.value}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the document. `names`: expected elements or allowed values, as libxml2 lists them.

    `element` is where it is told; `before` the element in front of which something is missing.
    `attribute` is empty when it is not about one. `says`: libxml2's own words.
    """

    mistake: Mistake
    element: Any
    attribute: str = ""
    names: tuple[str, ...] = ()
    says: str = ""
    before: Any = None

    @property
    def blamed(self) -> Any:
        """The element that libxml2 spoke of."""
        return self.element if self.before is None else self.before

    @property
    def key(self) -> str:
        """What tells it from the other faults of its element."""
        if self.mistake is Mistake.ATTRIBUTE_MISSING:
            return f"{self.mistake.name} {self.names}"
        return self.attribute or self.mistake.name

    @property
    def value(self) -> str:
        """The value that is wrong: of the attribute, or the text."""
        if self.attribute:
            return str(self.element.get(self.attribute, ""))
        return "".join(_own_text(self.element))


def read(code: str, message: str, element: Any) -> Fault:
    """The fault that a message tells about an element."""
    found = _MESSAGE.match(message)
    what = found["what"] if found else message
    attribute = (found["attribute"] or "") if found else ""
    mistake = _OF.get(code, Mistake.OTHER)
    if what.startswith("Missing child"):
        mistake = Mistake.MISSING
    names = _listed(mistake, what)
    if mistake is Mistake.NIL:
        attribute = f"{_XSI}nil"
    return Fault(mistake, element, attribute, names, what)


def missing(fault: Fault, tag: str) -> Fault:
    """The same fault told from its parent: this element is missing in front of that one."""
    parent = fault.element.getparent()
    return replace(
        fault, mistake=Mistake.MISSING, element=parent, names=(tag,), before=fault.element
    )


def _listed(mistake: Mistake, what: str) -> tuple[str, ...]:
    if mistake in (Mistake.UNEXPECTED, Mistake.MISSING):
        inside = re.search(r"Expected is (?:one of )?\( (.*) \)", what)
        found = inside[1].split(", ") if inside else ()
        return tuple(ANY if "*" in tag else tag for tag in found)
    if mistake is Mistake.ENUMERATION:
        return tuple(re.findall(r"'([^']*)'", what.partition("of the set")[2]))
    quoted_last = re.findall(r"'([^']*)'", what)
    return (quoted_last[-1],) if quoted_last else ()


def name(tag: str) -> str:
    """`{urn:hl7-org:sdtc}id` as `sdtc:id`; an unknown namespace in full."""
    uri, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    prefix = _PREFIXES.get(uri)
    if not uri or prefix == "":
        return local
    return f"{prefix}:{local}" if prefix else f"{{{uri}}}{local}"


def _code(tag: str) -> str:
    return f"`{name(tag)}`"


def _list(names: Iterable[str]) -> str:
    shown = [*names]
    more = f" … (+{len(shown) - _SHOWN})" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


# -- expected -------------------------------------------------------------------------------


def expected(fault: Fault, particles: tuple[str, ...] = ()) -> Text:
    """What the schema wants there. `particles`: names with numbers, when they are known."""
    return _EXPECTED.get(fault.mistake, _in_its_own_words)(fault, particles)


def _elements(fault: Fault, particles: tuple[str, ...]) -> Text:
    known = {particle.partition(" ")[0]: particle for particle in particles}
    names = [known.get(_code(tag), _code(tag)) for tag in fault.names]
    parent = fault.element if fault.mistake is Mistake.MISSING else fault.element.getparent()
    inside = _code(parent.tag) if parent is not None else "/"
    if not names:
        return say("xsd.nothing_here", parent=inside)
    if fault.before is not None:
        return say(
            "xsd.element_before", name=names[0], parent=inside, before=_code(fault.before.tag)
        )
    key = "xsd.element" if len(names) == 1 else "xsd.elements"
    return say(key, names=_list(names), parent=inside)


def _root(fault: Fault, particles: tuple[str, ...]) -> Text:
    return say("xsd.root")


def _no_attribute(fault: Fault, particles: tuple[str, ...]) -> Text:
    return say("xsd.no_attribute", name=_code(fault.attribute), element=_code(fault.element.tag))


def _attribute(fault: Fault, particles: tuple[str, ...]) -> Text:
    wanted = fault.names[0] if fault.names else "?"
    return say("xsd.attribute", name=_code(wanted), element=_code(fault.element.tag))


def _fixed(fault: Fault, particles: tuple[str, ...]) -> Text:
    return plain(f"`{fault.names[0]}`" if fault.names else "-")


def _enumeration(fault: Fault, particles: tuple[str, ...]) -> Text:
    return say("value.one_of", values=_list(f"`{value}`" for value in fault.names))


_SHAPES: Final = {
    r"[^\s]+": "xsd.shape.cs",
    "true|false": "xsd.shape.bl",
    r"[0-9]{1,8}|([0-9]{9,14}|[0-9]{14}\.[0-9]+)([+\-][0-9]{1,4})?": "xsd.shape.ts",
    "uid": "xsd.shape.uid",
    "real": "xsd.shape.real",
    "int": "xsd.shape.int",
    "xs:integer": "xsd.shape.int",
    "xs:boolean": "xsd.shape.bl",
    "xs:base64Binary": "xsd.shape.bin",
    "xs:NMTOKEN": "xsd.shape.nmtoken",
    "xs:NMTOKENS": "xsd.shape.nmtoken",
    "xs:ID": "xsd.shape.id",
    "xs:IDREF": "xsd.shape.idref",
    "xs:IDREFS": "xsd.shape.idref",
    "xs:anyURI": "xsd.shape.uri",
}


def _shape(fault: Fault, particles: tuple[str, ...]) -> Text:
    wanted = name(fault.names[0]) if fault.names else "?"
    key = _SHAPES.get(wanted)
    if key:
        return say(key)
    if fault.mistake is Mistake.PATTERN:
        return say("value.like", pattern=f"`{wanted}`")
    return say("xsd.type", name=f"`{wanted}`")


def _length(fault: Fault, particles: tuple[str, ...]) -> Text:
    return say("xsd.filled") if not fault.value else plain(fault.says)


def _no_text(fault: Fault, particles: tuple[str, ...]) -> Text:
    return say("xsd.no_text", element=_code(fault.element.tag))


def _no_content(fault: Fault, particles: tuple[str, ...]) -> Text:
    return say("xsd.no_content", element=_code(fault.element.tag))


def _concrete(fault: Fault, particles: tuple[str, ...]) -> Text:
    return say("xsd.concrete", element=_code(fault.element.tag))


def _derived(fault: Fault, particles: tuple[str, ...]) -> Text:
    return say("xsd.derived", element=_code(fault.element.tag))


def _not_nil(fault: Fault, particles: tuple[str, ...]) -> Text:
    return say("xsd.not_nil", element=_code(fault.element.tag))


def _in_its_own_words(fault: Fault, particles: tuple[str, ...]) -> Text:
    return plain(fault.says)


_EXPECTED: Final = {
    Mistake.UNEXPECTED: _elements,
    Mistake.MISSING: _elements,
    Mistake.ROOT: _root,
    Mistake.NO_ATTRIBUTE: _no_attribute,
    Mistake.ATTRIBUTE_MISSING: _attribute,
    Mistake.FIXED: _fixed,
    Mistake.ENUMERATION: _enumeration,
    Mistake.PATTERN: _shape,
    Mistake.TYPE: _shape,
    Mistake.LENGTH: _length,
    Mistake.TEXT: _no_text,
    Mistake.CONTENT: _no_content,
    Mistake.ABSTRACT: _concrete,
    Mistake.XSI_TYPE: _derived,
    Mistake.NIL: _not_nil,
}


# -- actual ---------------------------------------------------------------------------------


def actual(fault: Fault) -> Text:
    """What stands there instead."""
    if fault.mistake is Mistake.UNEXPECTED:
        return say("xsd.found", name=_code(fault.element.tag))
    if fault.mistake in (Mistake.MISSING, Mistake.ATTRIBUTE_MISSING):
        return say("value.absent")
    if fault.mistake in (Mistake.ROOT, Mistake.OTHER):
        return plain(_code(fault.element.tag))
    if fault.mistake is Mistake.CONTENT:
        return _content(fault)
    if fault.mistake is Mistake.ABSTRACT:
        return _type_given(fault)
    return quoted(fault.value if fault.attribute else fault.value.strip())


def _content(fault: Fault) -> Text:
    first = next(iter(fault.element.iterchildren(etree.Element)), None)
    return plain(_code(first.tag)) if first is not None else quoted(fault.value.strip())


def _type_given(fault: Fault) -> Text:
    given = fault.element.get(XSI_TYPE)
    return quoted(given) if given else say("xsd.no_type")


def _own_text(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield child.tail or ""
