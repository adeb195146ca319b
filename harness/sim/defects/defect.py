"""A named defect: one way in which a simulated system can be wrong on purpose.

It names who is at fault, in which flow, and the rule that must find it. The tables of each guide's
defects are `defects_paper.py` and `defects_tlr.py`; below are the ways to be wrong that they share.
"""

from collections.abc import Callable
from dataclasses import dataclass

from harness.text import Text
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

ChangeMessage = Callable[[Message], Message]
ChangeDocument = Callable[[bytes], bytes]
ChangeBytes = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One mistake of one side in one flow.

    `role` is who makes it. `flow` is the message concerned; for `answer` and `silent` the message
    that is answered wrongly, or not at all. `rule` is the id of the rule that must find it.
    `scenario` is the one that shows it, where the nominal one does not.
    """

    name: str
    role: str
    flow: str
    rule: str
    says: Text
    message: ChangeMessage | None = None
    document: ChangeDocument | None = None
    answer: ChangeMessage | None = None
    wire: ChangeBytes | None = None
    silent: bool = False
    scenario: str = ""


def sets(*changes: tuple[str, str]) -> ChangeMessage:
    """Write each value at its place."""
    edits = tuple(Edit("set", path, value) for path, value in changes)
    return lambda message: edit.apply(message, edits)


def without(path: str) -> ChangeMessage:
    """Leave out a field, or a segment."""
    return lambda message: edit.apply(message, (Edit("remove", path),))


def written(name: str) -> ChangeMessage:
    """Change the written form; see `BYTES` of `wire/edit.py`."""
    return lambda message: edit.apply(message, (Edit("bytes", name),))


def wrong_key(message: Message) -> Message:
    """The key of the INS number, one too high (or one too low)."""
    number = message.first("PID-3[5=INS].1")
    key = int(number[13:])
    return message.with_value("PID-3[5=INS].1", f"{number[:13]}{key % 97 + 1:02d}")


def other_patient(message: Message) -> Message:
    """Somebody else's valid test number."""
    return message.with_value("PID-3[5=INS].1", "279035121518989")


def other_order(message: Message) -> Message:
    """The number of another order, in ORC and in OBR."""
    return edit.apply(
        message, (Edit("set", place, "OPN-AUTRE") for place in ("ORC-2.1", "OBR-2.1"))
    )


def drop(xpath: str) -> ChangeDocument:
    """Leave an element of the document out."""
    return lambda document: edit.apply_to_document(document, (Edit("remove", xpath),))


def attribute(xpath: str, name: str, value: str) -> ChangeDocument:
    """Another attribute in the document."""
    change = Edit("set", f"{xpath}/@{name}", value)
    return lambda document: edit.apply_to_document(document, (change,))


def no_start_block(frame: bytes) -> bytes:
    """The block without its VT: a receiver sees bytes that belong to no message."""
    return frame.removeprefix(b"\x0b")
