"""Messages and their acknowledgements, paired from the journal of a run that was killed.

Where both sides were simulated each message stands in the journal twice, sent and received. What
was sent again after a break, by us or by a peer, is marked and is the same message.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.wire.er7 import Message
from harness.wire.transcript import Record

_OTHER = {"ris": "platform", "platform": "ris"}


@dataclass(slots=True)
class Pair:
    """A message and what answered it. `seen` are the sides that wrote the message down."""

    message: Record
    conversation: str
    ack: Record | None = None
    seen: tuple[str, ...] = ()

    @property
    def sender(self) -> str:
        """The role that sent the message."""
        record = self.message
        return record.actor if record.direction == "out" else _OTHER.get(record.actor, "ris")

    @property
    def receiver(self) -> str:
        """The other role."""
        return _OTHER.get(self.sender, "platform")


def last_run(records: Iterable[Record]) -> tuple[Record, ...]:
    """The records of the latest run: a journal is continued when its folder is used again."""
    found: list[Record] = []
    for record in records:
        if record.kind == "run":
            found = []
        found.append(record)
    return tuple(found)


def pairs(records: Iterable[Record]) -> list[Pair]:
    """The messages in their order, each with its first acknowledgement."""
    found: list[Pair] = []
    for record in records:
        if record.facts.get("again"):
            continue
        if record.kind == "message" and not _again(record, found):
            conversation = record.facts.get("conversation", "")
            if "scenario" not in record.facts:
                conversation = _order(record)
            found.append(Pair(record, conversation, seen=(record.direction,)))
        elif record.kind == "ack":
            _answer(record, found)
    return found


def _again(record: Record, found: list[Pair]) -> bool:
    """The other side wrote the same message down."""
    for pair in reversed(found):
        if pair.message.data == record.data and record.direction not in pair.seen:
            pair.seen += (record.direction,)
            return True
    return False


def _answer(record: Record, found: list[Pair]) -> None:
    named = Message(record.data).first("MSA-2")
    waiting = [pair for pair in found if pair.ack is None]
    by_name = [pair for pair in waiting if Message(pair.message.data).first("MSH-10") == named]
    by_flow = [pair for pair in waiting if record.flow and pair.message.flow == record.flow]
    repeated = any(pair.ack and pair.ack.data == record.data for pair in found)
    for pair in () if repeated else (by_name or by_flow)[-1:]:
        pair.ack = record


def _order(record: Record) -> str:
    """The conversation of a message outside any scenario: its order number."""
    message = Message(record.data)
    return message.first("ORC-2.1") or message.first("OBR-2.1")
