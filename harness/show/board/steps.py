"""The steps of a run, each with its word of the French test space. Pure.

    INFORMATION   what is known beforehand, or happens elsewhere: nothing to do
    INSTRUCTION   what somebody does at a real system
    TRANSACTION   a message crosses the wire and is answered
    PREUVE        what no wire shows: what a real system made of a message that it took; a file
                  is attached
    VALIDATION    what is judged: by the rules, then by a monitor

The words are the same in both languages. A step's word follows from its nature: who sends, whether
that side is real, whether the message is wrong on purpose.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.rules.profile import Flow, Profile
from harness.show.board.store.runs import Event, Run
from harness.sim.scenario import Scenario, Step
from harness.text import Text, say

WORDS: Final = ("INFORMATION", "INSTRUCTION", "TRANSACTION", "PREUVE", "VALIDATION")
_OTHER: Final = {"ris": "platform", "platform": "ris"}


@dataclass(frozen=True, slots=True)
class Told:
    """A step. `number` counts from 1 and names it for ever; `state` is empty where there is none.

    `state`: a verdict, or "todo", "going", "done", "not_run"; of a VALIDATION the run's word, or
    what a monitor decided.
    """

    word: str
    says: Text
    state: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """How far a run is. `exchanges` are what was told of each, `waits` the flow waited for.

    `proven` are the numbers of steps with a file, `decided` what a monitor said, empty for nothing.
    """

    exchanges: tuple[Mapping[str, Any], ...]
    waits: str
    proven: Collection[int]
    decided: str


def course(run: Run, events: Sequence[Event], proven: Collection[int], decided: str) -> Course:
    """How far a run is, by what it told."""
    exchanges = tuple(event.data for event in events if event.kind == "exchange")
    last = next((one for one in reversed(events) if one.kind in ("waits", "exchange")), None)
    waits = str(last.data["flow"]) if last and last.kind == "waits" and run.is_open else ""
    return Course(exchanges, waits, proven, decided)


def of_run(
    run: Run, role: str, scenario: Scenario | None, profile: Profile, far: Course
) -> tuple[Told, ...]:
    """The steps of a run, in order. `role` is that of the system, where it plays alone."""
    if run.other is not None:
        found = [*_between(profile, far), *_validations(run, profile, far)]
    elif scenario is None:  # it is no longer shipped
        found = [*_validations(run, profile, far)]
    else:
        found = [*_alone(scenario, role, profile, far), *_validations(run, profile, far)]
    numbered = (replace(one, number=at) for at, one in enumerate(found, 1))
    return tuple(_proven(one, far) for one in numbered)


def _proven(step: Told, far: Course) -> Told:
    if step.word != "PREUVE":
        return step
    return replace(step, state="done" if step.number in far.proven else "todo")


# -- a system and our simulator --------------------------------------------------------------


def _alone(scenario: Scenario, role: str, profile: Profile, far: Course) -> Iterator[Told]:
    other = say(f"role.{_OTHER[role]}")
    about = (scenario.story or scenario.title).text
    yield Told("INFORMATION", say("board.step.case", about=about, other=other))
    left = list(far.exchanges)
    for step in scenario.steps:
        flow = profile.flow(step.send)
        yield from _step(step, flow, role, _taken(left, flow.id), far)


def _taken(left: list[Mapping[str, Any]], flow: str) -> Mapping[str, Any] | None:
    """The first exchange of a flow that no step before has taken."""
    for at, exchange in enumerate(left):
        if exchange["flow"] == flow:
            return left.pop(at)
    return None


def _step(
    step: Step, flow: Flow, role: str, exchange: Mapping[str, Any] | None, far: Course
) -> Iterator[Told]:
    state = _state(exchange, flow.id, far)
    if step.outside:
        yield Told("INFORMATION", say("board.step.outside", **_named(flow)))
        return
    if flow.sender == role and step.deliberate:
        yield Told("INFORMATION", say("board.step.wrong", **_named(flow)))
        return
    if flow.sender == role:
        yield Told("INSTRUCTION", _send(flow, optional=step.optional), _asked(state))
    yield Told("TRANSACTION", _transaction(flow, step.ack.code), state)
    if flow.sender != role and not step.deliberate:
        yield Told("PREUVE", _proof(flow))


# -- two systems -----------------------------------------------------------------------------


def _between(profile: Profile, far: Course) -> Iterator[Told]:
    yield Told("INFORMATION", say("board.step.between"))
    for flow in profile.flows.values():
        exchange = next((one for one in far.exchanges if one["flow"] == flow.id), None)
        state = _state(exchange, flow.id, far)
        optional = flow.usage == "optional"
        yield Told("INSTRUCTION", _send(flow, optional=optional), _asked(state))
        yield Told("TRANSACTION", _transaction(flow, ("AA",)), state)
        yield Told("PREUVE", _proof(flow))


# -- what they say ---------------------------------------------------------------------------


def _validations(run: Run, profile: Profile, far: Course) -> Iterator[Told]:
    yield Told("VALIDATION", say("board.step.rules", profile=profile.title), run.word)
    yield Told("VALIDATION", say("board.step.monitor"), far.decided or "todo")


def _state(exchange: Mapping[str, Any] | None, flow: str, far: Course) -> str:
    if exchange is None:
        return "going" if far.waits == flow else "todo"
    return "not_run" if exchange["state"] == "not_run" else str(exchange["verdict"])


def _asked(state: str) -> str:
    """Somebody has done what was asked for, once its message came."""
    return state if state in ("todo", "going", "not_run") else "done"


def _named(flow: Flow) -> dict[str, str | Text]:
    return {"flow": flow.id, "title": flow.title}


def _send(flow: Flow, *, optional: bool) -> Text:
    key = "board.step.may_send" if optional else "board.step.send"
    return say(key, role=say(f"role.{flow.sender}"), **_named(flow))


def _transaction(flow: Flow, codes: Sequence[str]) -> Text:
    sender, receiver = say(f"role.{flow.sender}"), say(f"role.{flow.receiver}")
    answer = "/".join(codes)
    return say(
        "board.step.transaction", sender=sender, receiver=receiver, codes=answer, **_named(flow)
    )


def _proof(flow: Flow) -> Text:
    return say("board.step.proof", role=say(f"role.{flow.receiver}"), **_named(flow))
