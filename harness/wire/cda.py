"""Safe loading of CDA documents: the only place that parses XML from outside.

No entities, no DTD, no network; size, depth and numbers are bounded before they can hurt. What a
peer sends never raises: a document that cannot be read has a `refusal`.

Source: HL7 CDA R2 (2005); limits of the project's robustness sheet, section 7.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from lxml import etree

from harness.text import Text, plain, say
from harness.wire.location import Location

NAMESPACES: Final[Mapping[str, str]] = {
    "cda": "urn:hl7-org:v3",
    "sdtc": "urn:hl7-org:sdtc",
    "ps3-20": "urn:dicom-org:ps3-20",
    "lab": "urn:oid:1.3.6.1.4.1.19376.1.3.2",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_PREFIX_OF: Final = {uri: prefix for prefix, uri in NAMESPACES.items() if prefix != "cda"}
_HL7: Final = "{urn:hl7-org:v3}"
_ROOT: Final = f"{_HL7}ClinicalDocument"
HUGE: Final = 9_000_000  # bytes; libxml2 refuses one text of 10 MB unless told otherwise
_COUNT: Final = etree.XPath("count(/descendant::*)")
_SMALLEST: Final = 4  # bytes of an element: <a/>
_NAMESPACE: Final = re.compile(r"\{([^}]*)\}")
_DOCTYPE: Final = re.compile(r"\s*(<!DOCTYPE)", re.IGNORECASE)
_BEFORE_ROOT: Final = re.compile(r"\s*(<\?.*?\?>|<!--.*?-->)", re.DOTALL)

Element = Any  # lxml publishes no types


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is read: bytes, nesting, elements, attributes of one element.

    The nesting is libxml2's own bound, which it drops for large documents: there it is counted.
    """

    size: int = 48 * 1024 * 1024
    depth: int = 256
    nodes: int = 2_000_000
    attributes: int = 1_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a document was not read. `line` and `column` count from 1, None when unknown."""

    text: Text
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class XmlNode:
    """What an XPath found: its string value, and the element (or the owner of an attribute)."""

    value: str
    element: Element
    attribute: str = ""

    @property
    def at(self) -> Location:
        """Its place; none for what an XPath computed. Most nodes are looked at and never shown, so
        it is made on demand.
        """
        if self.element is None:
            return Location()
        path = path_of(self.element)
        shown = f"{path}/@{self.attribute}" if self.attribute else path
        return Location(xpath=shown, line=self.element.sourceline)


class Document:
    """An XML document as received. `root` is None when it was refused, and `refusal` says why."""

    __slots__ = ("_root", "raw", "refusal")

    def __init__(
        self, raw: bytes, root: Element | None = None, refusal: Refusal | None = None
    ) -> None:
        self.raw = raw
        self.refusal = refusal
        self._root = root

    @property
    def root(self) -> Element | None:
        """The root element; read again when it was let go."""
        if self._root is None and self.refusal is None:
            self._root = etree.fromstring(self.raw, _parser(len(self.raw)))
        return self._root

    def let_go(self) -> None:
        """Keep the bytes only: a tree takes ten times their room."""
        self._root = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    @classmethod
    def parse(cls, raw: bytes, limits: Limits | None = None) -> "Document":
        """Read a document. Never raises."""
        limits = limits or Limits()
        refusal = _refused_unread(raw, limits)
        if refusal:
            return cls(raw, refusal=refusal)
        try:
            root = etree.fromstring(raw, _parser(len(raw)))
        except etree.XMLSyntaxError as wrong:
            return cls(raw, refusal=_syntax(wrong))
        except (ValueError, etree.LxmlError) as wrong:
            return cls(raw, refusal=Refusal(say("wire.xml.syntax", reason=str(wrong))))
        refusal = _too_much(raw, root, limits)
        return cls(raw, refusal=refusal) if refusal else cls(raw, root)

    @property
    def is_cda(self) -> bool:
        """The root is the ClinicalDocument of HL7 v3."""
        return self.root is not None and self.root.tag == _ROOT

    def at(self, xpath: str) -> Iterator[XmlNode]:
        """Everything that an XPath 1.0 selects, with the prefixes of `NAMESPACES`."""
        for item in self.select(xpath):
            yield node_of(item)

    def select(self, xpath: str) -> list[Any]:
        """What an XPath 1.0 selects, as lxml has it and without places: those cost more to find."""
        found = compiled(xpath)(self.root.getroottree()) if self.root is not None else []
        return found if isinstance(found, list) else [found]

    def place(self, element: Element) -> Location:
        """Where an element stands."""
        return Location(xpath=self.path_of(element), line=element.sourceline)

    def first(self, xpath: str) -> str:
        """The string value of the first thing selected; empty when there is none."""
        return next((node.value for node in self.at(xpath)), "")

    def path_of(self, element: Element) -> str:
        """A readable path: local names, numbered only where siblings share a name."""
        return path_of(element)


def node_of(item: Any) -> XmlNode:
    """An element, or a string that knows where it comes from, as lxml's XPath gives them."""
    if isinstance(item, etree._Element):
        text = item.itertext() if isinstance(item.tag, str) else [item.text or ""]
        return XmlNode("".join(text), item)
    owner = item.getparent() if hasattr(item, "getparent") else None
    name = _local(item.attrname) if getattr(item, "is_attribute", False) else ""
    return XmlNode(str(item), owner, name)


def path_of(element: Element) -> str:
    """A readable path: local names, numbered only where siblings share a name."""
    if not isinstance(element.tag, str):
        kind = "comment" if element.tag is etree.Comment else "processing-instruction"
        parent = element.getparent()  # None before and behind the root
        return f"{'' if parent is None else path_of(parent)}/{kind}()"
    tree = element.getroottree()
    root = tree.getroot()
    path = "" if element is root else f"/{tree.getelementpath(element)}"
    return "/" + _local(f"{root.tag}{path}")


def _prefixed(namespace: "re.Match[str]") -> str:
    prefix = _PREFIX_OF.get(namespace[1])
    return f"{prefix}:" if prefix else ""


def _local(name: str) -> str:
    name = name.replace(_HL7, "")
    return _NAMESPACE.sub(_prefixed, name) if "{" in name else name


@cache
def compiled(xpath: str) -> etree.XPath:
    """An XPath 1.0 with the prefixes of `NAMESPACES`. Raises ValueError when it is not one."""
    try:
        return _xpath(xpath)
    except etree.XPathSyntaxError as wrong:
        raise ValueError(str(wrong)) from None


def _xpath(xpath: str) -> etree.XPath:
    return etree.XPath(xpath, namespaces=dict(NAMESPACES))


def _parser(size: int) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=size > HUGE,
    )


def _refused_unread(raw: bytes, limits: Limits) -> Refusal | None:
    if not raw.strip(b"\0 \t\r\n"):
        return Refusal(say("wire.xml.empty"))
    if len(raw) > limits.size:
        return Refusal(say("wire.xml.size", size=len(raw), limit=limits.size))
    prolog, at = _prolog(raw), 0
    while found := _BEFORE_ROOT.match(prolog, at):
        at = found.end()
    doctype = _DOCTYPE.match(prolog, at)
    if doctype:
        line = prolog.count("\n", 0, doctype.start(1)) + 1
        return Refusal(say("wire.xml.doctype"), line, 1)
    return _too_deep(raw, limits) if len(raw) > HUGE else None


def _prolog(raw: bytes) -> str:
    """Enough of the beginning to find a DOCTYPE, whatever the encoding."""
    end = raw.find(b"<ClinicalDocument")
    head = raw[: end if end >= 0 else 1_000_000]
    for mark, codec in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"<\0\0\0", "utf-32-le"),
        (b"\0\0\0<", "utf-32-be"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if head.startswith(mark):
            return head.decode(codec, "replace")
    return head.decode("latin-1")


def _too_deep(raw: bytes, limits: Limits) -> Refusal | None:
    """Refuse deep nesting before a tree is built of it."""
    depth = 0
    for found in re.finditer(rb"<(/?)[A-Za-z_][^<>]*?(/?)>", raw):
        if found[1]:
            depth -= 1
        elif not found[2]:
            depth += 1
            if depth > limits.depth:
                return Refusal(say("wire.xml.depth", limit=limits.depth))
    return None


def _syntax(wrong: etree.XMLSyntaxError) -> Refusal:
    line, column = wrong.position if wrong.position else (None, None)
    reason = str(wrong.msg or wrong).split(", line ")[0]
    if reason.startswith("Excessive depth"):  # libxml2's own bound, just above ours
        return Refusal(say("wire.xml.depth", limit=Limits().depth), line or None)
    return Refusal(say("wire.xml.syntax", reason=plain(reason)), line or None, column or None)


def _too_much(raw: bytes, root: Element, limits: Limits) -> Refusal | None:
    possible = len(raw) // _SMALLEST  # elements that so many bytes can hold
    if possible > limits.nodes and _COUNT(root) > limits.nodes:
        return Refusal(say("wire.xml.nodes", limit=limits.nodes), root.sourceline)
    crowded = _crowded(limits.attributes)(root)
    if crowded:
        text = say("wire.xml.attributes", limit=limits.attributes)
        return Refusal(text, crowded[0].getparent().sourceline)
    return None


@cache
def _crowded(most: int) -> etree.XPath:
    """Attributes that are one too many: by place, which costs less than counting them."""
    return etree.XPath(f"/descendant::*/@*[{most + 1}]")
