"""A message with pseudonyms: each field by the data type that the standard gives it.

Fields of segments that the standard does not have, and all texts, are searched for what is known.
Names of systems (MSH-3 to 6), control ids and codes stay, but for what is known from elsewhere.
Source: HL7 v2.5.1, 2.A (data types).
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from harness.errors import HarnessError
from harness.rules import nir
from harness.show import place
from harness.show.redact import content, freetext
from harness.show.redact.content import Redact
from harness.show.redact.pseudonyms import Pseudonyms, is_commune
from harness.wire import charset, er7path
from harness.wire.er7 import Delimiters, Message, Segment

Parts = list[str]
_TIMES: Final = frozenset({"TS", "DTM", "DT", "DR"})
_BIRTHS: Final = frozenset({"PID-7", "NK1-16", "ZFD-3"})
_KEPT: Final = frozenset({"ID", "IS", "SI", "NM", "PT", "VID", "MSG", "TM", "CNN"})
_TERMINOLOGIES: Final = "2.16.840.1.113883.6."
_TEXTS_OF_CODES: Final = (2, 5, 9)


def redact(raw: bytes, known: Pseudonyms, readers: dict[str, Redact]) -> bytes:
    """The message with pseudonyms. What cannot be read as a message is treated as text."""
    message = Message(raw)
    scribe = _Scribe(message, known, readers)
    head = raw[: message.start]
    return head + b"".join(scribe.segment(segment) for segment in message.segments)


class _Scribe:
    """Writes the segments of one message anew."""

    def __init__(self, message: Message, known: Pseudonyms, readers: dict[str, Redact]) -> None:
        self._codec = charset.codec(message.declared_charset)
        self._marks = message.delimiters
        self._known = known
        self._readers = readers

    def segment(self, segment: Segment) -> bytes:
        fields = list(segment.fields)
        header = segment.name in ("MSH", "FHS", "BHS")
        for number in range(3 if header else 1, len(fields)):
            if fields[number]:
                fields[number] = self._field(segment, number, fields[number])
        if header:
            fields[1:2] = []
        return self._marks.field.join(fields) + segment.end

    def _field(self, segment: Segment, number: int, data: bytes) -> bytes:
        name = f"{segment.name}-{number}"
        kind = segment.field(2).decode("ascii", "replace") if name == "OBX-5" else _type(name)
        if kind == "ED":
            parts = data.split(self._marks.component)
            parts[4:5] = [content.in_base64(part, self._readers) for part in parts[4:5]]
            return self._marks.component.join(parts)
        codec = _fitting(data, self._codec)
        text = data.decode(codec)
        marks = _Marks(self._marks)
        put = marks.repetition.join(
            self._repetition(name, kind, part, marks) for part in text.split(marks.repetition)
        )
        return put.encode(codec, "replace")

    def _repetition(self, name: str, kind: str, text: str, marks: "_Marks") -> str:
        known = self._known
        if name in _BIRTHS:
            return known.birth(text)
        if name in _SPECIAL:
            return _SPECIAL[name](known, text)
        if kind in _TIMES:
            parts = text.split(marks.component)
            return marks.component.join(known.moment(part) for part in parts)
        if kind in _KEPT:
            return text
        parts = text.split(marks.component)
        if kind in _COMPOSITES:
            _COMPOSITES[kind](known, parts, marks)
            return marks.component.join(parts)
        if kind in ("CE", "CWE", "CF"):
            for at in _TEXTS_OF_CODES:
                parts[at - 1 : at] = [freetext.replaced(p, known) for p in parts[at - 1 : at]]
            return marks.component.join(parts)
        return marks.component.join(
            known.moment(part) if _is_moment(part) and not kind else freetext.replaced(part, known)
            for part in parts
        )


class _Marks:
    """The delimiters as text."""

    def __init__(self, marks: Delimiters) -> None:
        self.repetition = marks.repetition.decode("latin-1")
        self.component = marks.component.decode("latin-1")
        self.sub = marks.sub.decode("latin-1")


@cache
def _type(name: str) -> str:
    """The data type of a field, empty where the standard does not know it."""
    try:
        found = place.standard(er7path.parse(name)).type
    except HarnessError:
        return ""
    return found if found != "varies" else ""


def _fitting(data: bytes, declared: str | None) -> str:
    """The character set in which the bytes can be read, as `charset.decode` chooses it."""
    for name in (declared, "utf-8"):
        if name and charset.first_misfit(data, name) is None:
            return name
    return "iso8859-15"


def _is_moment(text: str) -> bool:
    return len(text) in (8, 12, 14, 17, 19) and text[:8].isdigit() and text[:2] in ("19", "20")


# -- data types ------------------------------------------------------------------------------


def _change(parts: Parts, number: int, put: Callable[[str], str]) -> None:
    """Component `number`, from 1, where there is one."""
    if number <= len(parts) and parts[number - 1]:
        parts[number - 1] = put(parts[number - 1])


def _part(parts: Sequence[str], number: int) -> str:
    return parts[number - 1] if number <= len(parts) else ""


def _xpn(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    for number in (1, 2, 3):
        _change(parts, number, known.name)


def _xcn(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    authority = _part(parts, 9)
    if _part(parts, 13) == "INS" or set(authority.split(marks.sub)) & set(nir.OIDS):
        _change(parts, 1, known.ins)
    else:
        _change(parts, 1, lambda text: known.person(_part(parts, 13), text))
    for number in (2, 3, 4):
        _change(parts, number, known.name)


def _xon(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    _change(parts, 1, known.structure)
    for number in (3, 10):
        _change(parts, number, lambda text: known.organization(_part(parts, 7), text))


def _xad(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    for number in (1, 2, 3, 8):
        _change(parts, number, known.place)
    _change(parts, 5, known.postal_code)
    for number in (9, 10):
        _change(parts, number, lambda text: known.commune(text) if is_commune(text) else text)


def _xtn(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    for number in (1, 4, 7, 12):
        _change(parts, number, known.telecom)


def _cx(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    """The authority tells an INS by its OID, the type by its word."""
    oids = set(_part(parts, 4).split(marks.sub)) & (set(nir.OIDS) | nir.COMPUTED_OIDS)
    is_ins = bool(oids) or _part(parts, 5).startswith("INS")
    _change(parts, 1, known.ins if is_ins else known.identifier)


def _ei(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    """A code of a terminology (LOINC …) is no number of anybody."""
    if not _part(parts, 3).startswith(_TERMINOLOGIES):
        _change(parts, 1, known.identifier)


def _eip(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    for number in (1, 2):
        _change(parts, number, lambda text: _first_sub(text, marks, known.identifier))


def _pl(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    """PL-4 is the facility: its name, its number, what kind of number."""

    def facility(text: str) -> str:
        subs = text.split(marks.sub)
        _change(subs, 1, known.structure)
        _change(subs, 2, lambda number: known.organization("", number))
        return marks.sub.join(subs)

    _change(parts, 4, facility)


def _rp(known: Pseudonyms, parts: Parts, marks: _Marks) -> None:
    """The pointer is an identifier or an address that holds some."""
    _change(parts, 1, lambda text: _pointer(known, text))


def _pointer(known: Pseudonyms, text: str) -> str:
    return freetext.replaced(text, known) if "/" in text else known.identifier(text)


def _first_sub(text: str, marks: _Marks, put: Callable[[str], str]) -> str:
    first, mark, rest = text.partition(marks.sub)
    return f"{put(first)}{mark}{rest}"


_COMPOSITES: Final[dict[str, Callable[[Pseudonyms, Parts, _Marks], None]]] = {
    "XPN": _xpn, "XCN": _xcn, "XON": _xon, "XAD": _xad, "XTN": _xtn, "CX": _cx, "EI": _ei,
    "EIP": _eip, "PL": _pl, "RP": _rp, "DLN": _ei,
}  # fmt: skip


def _social(known: Pseudonyms, text: str) -> str:
    return known.ins(text) if len(text) in (13, 15) else known.identifier(text)


def _birth_place(known: Pseudonyms, text: str) -> str:
    return known.commune(text) if is_commune(text) else known.place(text)


_SPECIAL: Final[dict[str, Callable[[Pseudonyms, str], str]]] = {
    "PID-19": _social,
    "PID-23": _birth_place,
    "MSA-2": lambda known, text: text,
    "MSH-10": lambda known, text: text,
}
