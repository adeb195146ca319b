"""Whether a message is the one that a step waits for, or what else it is. Pure.

A real system does not know our scenario: it may send early, send again, or serve other orders
meanwhile. What it sends is never lost: it is answered, kept, and told for what it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Subject, Verdict
from harness.sim.actor import Conversation
from harness.sim.judging import Judge
from harness.sim.record import Exchange, Judged
from harness.sim.scenario import Scenario, Step
from harness.text import say
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


def talk_about(
    message: Message, kind: str, talks: Mapping[str, Conversation], left: Sequence[Step]
) -> tuple[str, Conversation | None]:
    """The conversation that a message is about, with its name.

    One of the same patient counts, too, where a step still waits for such a message: the order is
    then what is wrong with it.
    """
    for name, talk in talks.items():
        if order_number(message) == talk.case.order.placer_number.value:
            return name, talk
    for name, talk in talks.items():
        waits = any((step.send, step.of) == (kind, name) for step in left)
        if waits and is_about(message, talk):
            return name, talk
    return "", None


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


def is_of(aside: Aside, step: Step) -> bool:
    """The message can stand for the step."""
    return (aside.flow, aside.conversation) == (step.send, step.of)


def again(judge: Judge, aside: Aside, before: Sequence[Exchange]) -> Outcome:
    """The very same bytes may be sent again by who has not seen our answer: a warning."""
    raw = aside.judged.message.raw if aside.judged.message else b""
    same = any(x.request and x.request.message and x.request.message.raw == raw for x in before)
    return judge.broken(
        "STEP-AGAIN",
        say("run.once", flow=aside.flow),
        say("run.same_again" if same else "run.again", flow=aside.flow),
        verdict=Verdict.WARNING if same else None,
    )


def exchange(
    aside: Aside, number: int, outcome: Outcome, *, scenario: Scenario, play: int
) -> Exchange:
    """What came once too often, as an exchange of its own."""
    return Exchange(
        number=number,
        scenario=scenario.scenario,
        flow=aside.flow,
        sender=aside.sender,
        receiver="ris" if aside.sender == "platform" else "platform",
        state="done" if aside.answer else "no_answer",
        request=filed(aside.judged, number, aside.flow),
        answer=filed(aside.answer, number, aside.flow) if aside.answer else None,
        step_outcomes=(outcome,),
        sent=aside.at,
        answered=aside.at if aside.answer else None,
        seconds=0.0,
        conversation=aside.conversation,
        towards=scenario.towards,
        play=play,
    )


def filed(judged: Judged, number: int, flow: str) -> Judged:
    """The same under the number that it has got."""
    end = ".ack.er7" if judged.kind == "ACK" else ".er7"
    name = f"{number:04d}-{flow}"
    return replace(judged, file=f"messages/{name}{end}", document_file=f"documents/{name}.xml")
