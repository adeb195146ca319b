"""Whether a message is the one that a step waits for, or what else it is. Pure.

A real system does not know our scenario: it may send early, send again, or serve other orders
meanwhile. What it sends is never lost: it is answered, kept, and told for what it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.sim.actor import Conversation
from harness.sim.record import Judged
from harness.sim.scenario import Step
from harness.wire.er7 import Message

_INS: Final = "PID-3[5=INS].1"


class Turn(Enum):
    """What a message is to the scenario."""

    AWAITED = "awaited"
    EARLY = "early"  # of a step that comes later
    AGAIN = "again"  # of a step that is over
    OTHER = "other"  # of another order, or of no step


@dataclass(frozen=True, slots=True)
class Aside:
    """A message that no step waited for, judged and answered when it came.

    `flow` is what it was taken for. `hasty`: a step that had to come before had not begun.
    """

    turn: Turn
    flow: str
    sender: str
    judged: Judged
    answer: Judged | None
    conversation: str
    at: datetime
    hasty: bool = False


def order_number(message: Message) -> str:
    """The placer order number, where orders and results have it."""
    return message.first("ORC-2.1") or message.first("OBR-2.1")


def is_about(message: Message, talk: Conversation) -> bool:
    """The order is that of the conversation; or the patient, where the order was changed."""
    if order_number(message) == talk.case.order.placer_number.value:
        return True
    patient = message.first(_INS)
    return not patient or patient == talk.case.patient.ins


def fits(message: Message, flow: str, profile: Profile, talk: Conversation) -> bool:
    """The message can be the one of a flow: its type is right, and it was not sent before."""
    if talk.subjects and not is_about(message, talk):
        return False
    kinds = _types(flow, profile)
    if kinds and message.first("MSH-9.1") and message.first("MSH-9.1") not in kinds:
        others = {kind for other in profile.flows for kind in _types(other, profile)}
        return message.first("MSH-9.1") not in others
    return not _repeats(message, talk.subjects)


def _types(flow: str, profile: Profile) -> tuple[str, ...]:
    """MSH-9.1 of a flow, as the profile recognises it."""
    return tuple(kind for line in profile.recognise if line.kind == flow for kind in line.messages)


def _repeats(message: Message, earlier: Sequence[Subject]) -> bool:
    """All but the header is what an earlier message said."""
    body = _body(message)
    return bool(body) and any(past.message and _body(past.message) == body for past in earlier)


def _body(message: Message) -> bytes:
    return message.raw.partition(b"\r")[2]


def turn(
    flow: str, about: bool, done: Sequence[str], left: Sequence[Step], conversation: str
) -> Turn:
    """What a message that no step waits for is, when it was taken for `flow`."""
    if not about:
        return Turn.OTHER
    if any(step.send == flow and step.of == conversation for step in left):
        return Turn.EARLY
    return Turn.AGAIN if flow in done else Turn.OTHER


def is_hasty(flow: str, left: Sequence[Step], conversation: str) -> bool:
    """A step that the scenario wants before that flow has not begun."""
    for step in left:
        if (step.send, step.of) == (flow, conversation):
            return False
        if step.of == conversation and not step.optional and not step.outside:
            return True
    return False
