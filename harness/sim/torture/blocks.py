"""The blocks of a torture case: good messages and answers, and changed copies of them. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from harness.sim import form
from harness.sim.generate.messages import acknowledgement
from harness.sim.torture import text as torture_text
from harness.sim.torture.case import Change
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

_NTE: Final = b"NTE|1|L|"
_LINE: Final = 60_000  # bytes of one NTE; a value of a segment is rarely longer
_DELIMITERS: Final = b"|^~\\&"
_ANSWERS: Final = {"ack": "AA", "error": "AE", "reject": "AR"}


def changed(raw: bytes, changes: Iterable[Change]) -> bytes:
    """A changed copy of a message. Raises HarnessError when a place is not there."""
    for change in changes:
        raw = _changed(raw, change)
    return raw


def _changed(raw: bytes, change: Change) -> bytes:
    if change.set:
        return Message(raw).with_value(change.set, torture_text.read(change.to, {})).raw
    if change.remove:
        return edit.apply(Message(raw), (Edit("remove", change.remove),)).raw
    if change.bytes:
        return edit.BYTES[change.bytes](raw)
    if change.pad:
        return raw + _padding(form.size_of(change.pad) or 0)
    if change.replace:
        old, new = (torture_text.read(text, {}) for text in (change.replace, change.by))
        return raw.replace(old, new)
    if change.append:
        return raw + torture_text.read(change.append, {}) * change.times
    if change.trim:
        return raw[: -change.trim]
    if change.delimiters:
        return raw.translate(bytes.maketrans(_DELIMITERS, change.delimiters.encode()))
    return raw.decode("utf-8", "replace").encode(change.encode or "utf-8")


def _padding(size: int) -> bytes:
    """NTE segments of `size` bytes in all, at least one."""
    whole = _NTE + b"x" * (_LINE - len(_NTE) - 1) + b"\r"
    rest = _NTE + b"x" * max(1, size % _LINE - len(_NTE) - 1) + b"\r"
    return whole * (size // _LINE) + rest


def answer(kind: str, received: bytes, at: datetime, control_id: str) -> bytes:
    """A good answer to a message: `kind` is "ack", "error" or "reject"."""
    return acknowledgement(Message(received), at, control_id, _ANSWERS[kind])


Sample = Callable[[str], bytes]


def numbered(good: bytes) -> Sample:
    """Good messages by their MSH-10, all like this one."""
    message = Message(good)
    return lambda control_id: message.with_value("MSH-10", control_id).raw


def control_id(raw: bytes) -> bytes:
    """MSH-10 as it stands there; empty when there is none."""
    return Message(raw).node("MSH-10").data
