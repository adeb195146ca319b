"""Changes made on purpose to a message, or to the document inside it: small, named, readable.

Scenarios use them to be wrong (`mutate:`), rule rows to say how they are broken (`break:`).

    {set: PLACE, to: VALUE}     write a value, as it is (not escaped)
    {remove: PLACE}             empty every field or component that the place names; take a
                                segment, or a picked repetition, out
    {repeat: PLACE}             a segment (the copy behind the last of its name; a picked one,
                                behind itself), or a repetition of a field, twice
    {add: TEXT, after: NAME}    one more segment behind the last one of that name
    {bytes: NAME}               a change of the written form (see `BYTES`)
    {forget: FLOW}              the message stays, an earlier one of that flow never came
    {came: FLOW, to: CONTROL}   the message stays; one of that flow, otherwise like it and with
                                that ORC-1, came right before it

A place is a path (`er7path.py`); one that begins with `/` is an XPath of the document, where `set`
also writes an attribute that was not there. The rules of our Schematron files have two more, for
what a document must not hold: `insert` puts elements behind the one that the XPath selects,
`append` inside it, at the end.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pybase64
from lxml import etree

from harness.errors import HarnessError
from harness.text import say
from harness.wire import ed, er7path
from harness.wire.cda import NAMESPACES, Document
from harness.wire.er7 import Message
from harness.yamlfile import Item

BYTES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "lf": lambda raw: raw.replace(b"\r", b"\n"),
    "crlf": lambda raw: raw.replace(b"\r", b"\r\n"),
    "bom": lambda raw: b"\xef\xbb\xbf" + raw,
    "junk-before": lambda raw: b"POST / HTTP/1.1 " + raw,
    "no-msh": lambda raw: raw.replace(b"MSH", b"XSH", 1),
    "dollar-separator": lambda raw: raw.replace(b"|", b"$"),
    "cut-document": lambda raw: raw[: len(raw) // 2],
    "other-root": lambda raw: raw.replace(b"ClinicalDocument", b"OtherDocument"),
    "link-http": lambda raw: raw.replace(b"https://drimbox", b"http://drimbox"),
    "link-wado": lambda raw: raw.replace(b"IHEInvokeImageDisplay", b"wado"),
    "link-with-blank": lambda raw: raw.replace(b"/IHEInvoke", b"/a b/IHEInvoke"),
    "link-of-patient": lambda raw: raw.replace(b"requestType=STUDY", b"requestType=PATIENT"),
    "link-without-accession": lambda raw: raw.replace(b"accessionNumber=1", b"number=1"),
    "link-with-patient": lambda raw: raw.replace(b"&amp;idCDA", b"&amp;patientID=1&amp;idCDA"),
    "latin": lambda raw: raw.decode("utf-8", "replace").encode("iso8859-15", "replace"),
    "lower-case-segment": lambda raw: raw.replace(b"\rPID", b"\rpid", 1).replace(
        b"\rMSA", b"\rmsa", 1
    ),
    "truncated-base64": lambda raw: _cut_base64(raw),
    "wrapped-base64": lambda raw: _wrap_base64(raw),
}
_KEYS: Final = frozenset(
    {"set", "to", "remove", "repeat", "add", "after", "bytes", "forget", "came"}
)
_EMPTY: Final = etree.Element("empty")
_NAME: Final = re.compile(rf"(?:(?:{'|'.join(NAMESPACES)}):)?[A-Za-z_][\w.-]*")
ASIDE: Final = ("forget", "came")  # about the messages before, not about this one


@dataclass(frozen=True, slots=True)
class Edit:
    """One change. `verb`: set, remove, repeat, add, bytes, insert or append; `place` and `value` as
    it needs.
    """

    verb: str
    place: str
    value: str = ""

    @property
    def in_document(self) -> bool:
        """It changes the document, not the message around it."""
        return self.place.startswith("/")

    def __str__(self) -> str:
        valued = self.verb in ("set", "insert", "append", "came")
        return f"{self.verb} {self.place}" + (f" = {self.value}" if valued else "")


def read(item: Item) -> Edit:
    """An edit of a YAML file. Raises HarnessError with its place."""
    item.only(_KEYS)
    verbs = [verb for verb in (*_VERBS, *ASIDE) if item.get(verb)]
    if len(verbs) != 1:
        raise item.error("scenario.one_change")
    verb = verbs[0]
    place = item.need(verb).text
    if verb == "forget":
        return Edit(verb, place)
    if verb == "came":
        return Edit(verb, place, item.need("to").text)
    if verb == "bytes":
        if place not in BYTES:
            raise item.error("yaml.unknown_value", hint=", ".join(BYTES), value=place)
        return Edit(verb, place)
    if verb == "add":
        return Edit(verb, place, item.need("after").text)
    if not is_place(place):
        key = "edit.xpath" if place.startswith("/") else "er7.path.wrong"
        raise item.error(key, path=place)
    return Edit(verb, place, item.need("to").text if verb == "set" else "")


def apply(message: Message, edits: Iterable[Edit]) -> Message:
    """A changed copy. Raises HarnessError when a place is not there."""
    for edit in edits:
        if edit.in_document:
            message = in_document(message, partial(apply_to_document, edits=(edit,)))
        elif edit.verb not in ASIDE:
            message = _VERBS[edit.verb](message, edit)
    return message


def apply_to_document(document: bytes, edits: Sequence[Edit]) -> bytes:
    """A changed copy of a document. Raises HarnessError when an XPath selects nothing that can be
    changed so, or the document cannot be read.
    """
    root = _root(document)
    for edit in edits:
        if edit.verb == "bytes":
            return BYTES[edit.place](document)
        for node in _selected(root, edit):
            _change_if_possible(node, edit)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _root(document: bytes) -> Any:
    found = Document.parse(document)
    if found.refusal:
        raise HarnessError(found.refusal.text)
    return found.root


def is_place(place: str) -> bool:
    """A path of a message, or an XPath of a document, that is written right."""
    if not place.startswith("/"):
        return er7path.is_path(place)
    try:
        _xpath(place)(_EMPTY)
    except etree.XPathError:
        return False
    return True


def _xpath(place: str) -> etree.XPath:
    return etree.XPath(place, namespaces=dict(NAMESPACES))


def _selected(root: Any, edit: Edit) -> list[Any]:
    if not is_place(edit.place):
        raise HarnessError(say("edit.xpath", path=edit.place))
    selects = _xpath(edit.place)
    found = selects(root)
    owners, _, name = edit.place.rpartition("/@")
    if found == [] and edit.verb == "set" and owners:
        for owner in _xpath(owners)(root) if _NAME.fullmatch(name) else ():
            owner.set(_qualified(name), "")
        found = selects(root)
    if not isinstance(found, list) or not found:
        raise HarnessError(say("er7.path.nothing", path=edit.place))
    return found


def _qualified(name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix else local


def _change_if_possible(node: Any, edit: Edit) -> None:
    """Elements and attributes can be changed; the root can be neither doubled nor taken out."""
    element = isinstance(node, etree._Element)
    if not element and not getattr(node, "is_attribute", False):
        raise HarnessError(say("edit.not_changed", path=edit.place))
    if element and node.getparent() is None and edit.verb in ("remove", "repeat", "insert"):
        raise HarnessError(say("edit.root", path=edit.place))
    try:
        _change(node, edit)
    except ValueError:  # what lxml says of a character that XML does not have
        raise HarnessError(say("edit.not_xml", path=edit.place)) from None


def in_document(message: Message, change: Callable[[bytes], bytes]) -> Message:
    """The message with its document (the first OBX-5.5 in base64) decoded, changed, put back.

    Raises HarnessError when there is none.
    """
    for number, segment in enumerate(message.named("OBX"), 1):
        if segment.field(2) == b"ED":
            place = f"OBX[{number}]-5.5"
            raw = ed.decode(message.node(place).data).data
            if raw is None:
                break
            return message.with_value(place, pybase64.b64encode(change(raw)))
    raise HarnessError(say("er7.path.nothing", path="OBX-5.5"))


def _set(message: Message, edit: Edit) -> Message:
    return message.with_value(edit.place, edit.value)


def _remove(message: Message, edit: Edit) -> Message:
    """Every field named, until none holds anything; a segment is taken out."""
    path = er7path.parse(edit.place)
    if path.field is None or (path.repetition_pick and not path.component):
        return message.without(edit.place)
    for node in [found for found in message.at(edit.place) if found.present]:
        message = message.with_value(node.at.path, b"")
    return message


def _repeat(message: Message, edit: Edit) -> Message:
    path = er7path.parse(edit.place)
    if path.field is None and path.segment_pick:
        return message.with_copy(edit.place)
    if path.field is None:
        segment = next(iter(message.named(path.segment)), None)
        if segment is None:
            raise HarnessError(say("er7.path.nothing", path=edit.place))
        return message.with_segment(segment.raw, after=path.segment)
    node = message.node(edit.place)
    return message.with_value(node.at.path, node.data + message.delimiters.repetition + node.data)


def _add(message: Message, edit: Edit) -> Message:
    return message.with_segment(edit.place, after=edit.value)


def _bytes(message: Message, edit: Edit) -> Message:
    return Message(BYTES[edit.place](message.raw))


_VERBS: Final[dict[str, Callable[[Message, Edit], Message]]] = {
    "set": _set,
    "remove": _remove,
    "repeat": _repeat,
    "add": _add,
    "bytes": _bytes,
}


def _change(node: Any, edit: Edit) -> None:
    if isinstance(node, etree._Element):
        if edit.verb == "set":
            node.text = edit.value
        elif edit.verb == "append":
            node.extend(_elements(edit.value))
        elif edit.verb == "insert":
            for element in reversed(_elements(edit.value)):
                node.addnext(element)
        elif edit.verb == "repeat":
            node.addnext(etree.fromstring(etree.tostring(node, with_tail=False)))
        else:
            node.getparent().remove(node)
        return
    owner = node.getparent()
    if edit.verb == "set":
        owner.set(node.attrname, edit.value)
    else:
        del owner.attrib[node.attrname]


def _elements(text: str) -> list[Any]:
    """Elements written without namespaces are those of CDA."""
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return list(etree.fromstring(f'<some xmlns="{NAMESPACES["cda"]}" {names}>{text}</some>'))


def _cut_base64(raw: bytes) -> bytes:
    """A character of no base64 in the middle of the document, and what follows it gone."""
    message = Message(raw)
    data = message.node("OBX[1]-5.5").data
    return message.with_value("OBX[1]-5.5", data[: len(data) // 2] + b"*").raw


def _wrap_base64(raw: bytes) -> bytes:
    """Blanks inside the base64, as libraries that wrap lines leave them."""
    message = Message(raw)
    data = message.node("OBX[1]-5.5").data
    return message.with_value("OBX[1]-5.5", data[:76] + b" " + data[76:]).raw
