"""Proofs of the rules that only an exchange can show: late, missing, stray, out of turn or frame.

Each is played in memory, as the RIS against a platform that does one thing wrong, or the other way
round. Time is a number that the proof gives.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from harness.rules.profile import Profile
from harness.rules.rule import Rule
from harness.sim.actor import Actor
from harness.sim.events import (
    Action,
    Answered,
    Deliver,
    Event,
    Received,
    Refused,
    Reply,
    Strayed,
    Tick,
    Unreachable,
)
from harness.sim.generate import cases
from harness.sim.play import ACK_TIMEOUT, Play, Setting
from harness.sim.scenario import Scenario
from harness.sim.selfcheck.bases import CLOCK, patient_of
from harness.sim.selfcheck.prove import Proof
from harness.text import say
from harness.wire.er7 import Message

_WRONG_KEY: Final = {"set": "PID-3[5=INS].1", "to": "185054809598745"}


class Table:
    """An exchange with somebody whose messages and answers the proof decides.

    `role` is the one that we play. As the platform we take a second before we send.
    """

    def __init__(self, profile: Profile, *steps: Mapping[str, Any], role: str = "ris") -> None:
        case = patient_of(cases.make_case("ct-brain", 1, CLOCK))
        setting = Setting(profile, case, frozenset({role}), lambda: CLOCK, lambda record: None)
        setting = replace(setting, pause=1.0)
        names = {"fr": "auto-contrôle", "en": "self-check"}
        content = {"scenario": "self-check", "title": names, "profile": profile.id, "steps": steps}
        self.profile = profile
        self.play = Play(Scenario.model_validate(content), setting)
        self.platform, self.ris = Actor("platform", profile, case), Actor("ris", profile, case)
        self.sent: list[Action] = self.play.start(0.0)

    def answer(self, at: float = 0.1, *, without: str = "") -> None:
        """The platform's honest answer, at a time in seconds; one field of it may be left out."""
        request = _said(self.sent[0])
        first = self.profile.flow("A").id
        subject = self.profile.subject(first, request, on_wire=True)
        answer = self.platform.answer(first, request, self.profile.judge(subject), CLOCK)
        if answer and without:
            answer = answer.with_value(without, "")
        if answer:
            self.event(Answered("ris", "ris-1", answer.raw), at)

    def ask(self, flow: str, at: float) -> None:
        """A message of the RIS comes to us, who play the platform."""
        message = self.ris.compose(self.profile.flow(flow).id, self.ris.case, CLOCK)
        self.event(Received("platform", "platform-1", message.raw), at)

    def event(self, event: Event, at: float = 0.1) -> None:
        """Something happens."""
        self.play.handle(event, at)

    def broken(self) -> set[str]:
        """Ids of the rules about the exchange itself that were broken."""
        outcomes = (o for x in self.play.exchanges for o in x.step_outcomes)
        return {outcome.rule.id for outcome in outcomes if outcome.findings}


def _silent(table: Table) -> None:
    table.event(Tick(), ACK_TIMEOUT + 1)
    table.event(Tick(), 2 * ACK_TIMEOUT + 2)


def _late(table: Table) -> None:
    table.event(Tick(), ACK_TIMEOUT + 1)
    table.answer(ACK_TIMEOUT + 2)


def _twice(table: Table) -> None:
    table.answer()
    table.answer(0.2)


def _without_place(table: Table) -> None:
    table.answer(without="ERR-2")


def _unreachable(table: Table) -> None:
    table.event(Unreachable("ris", "127.0.0.1:1 refused"))


def _refused(table: Table) -> None:
    table.event(Refused("ris", "127.0.0.1:1", True, say("tls.found.not_tls", peer="127.0.0.1:1")))


def _stray(what: str, head: bytes, size: int) -> Callable[[Table], None]:
    def happen(table: Table) -> None:
        table.event(Strayed("ris", "ris-1", what, head, size))
        table.answer()

    return happen


def _early(table: Table) -> None:
    """D comes while we, the platform, have not sent C yet; then C goes, and is acknowledged."""
    table.ask("A", 0.1)
    table.ask("D", 0.2)
    _our_turn(table)


def _said(action: Action) -> Message:
    """The message that is sent; a play weighs nothing beside."""
    assert isinstance(action, Deliver | Reply)  # noqa: S101
    return Message(action.data.removeprefix(b"\x0b")[:-2])


def _our_turn(table: Table) -> None:
    """We send C, and it is acknowledged."""
    (sent,) = table.play.handle(Tick(), 1.2)
    protocol = _said(sent)
    answer = table.ris.answer(table.profile.flow("C").id, protocol, (), CLOCK)
    if answer:
        table.event(Answered("platform", "platform-2", answer.raw), 1.3)


def _again(table: Table) -> None:
    table.ask("A", 0.1)
    table.ask("A", 0.2)
    _our_turn(table)


_SEND: Final[Mapping[str, Any]] = {"send": "A"}
_REFUSE: Final[Mapping[str, Any]] = {
    "send": "A",
    "mutate": [_WRONG_KEY],
    "ack": {"code": ["AE"], "err": "PID-5"},
}

# rule: the step, and what goes wrong with it
SCRIPTS: Final[Mapping[str, tuple[Mapping[str, Any], Callable[[Table], None]]]] = {
    "ACK-NONE": (_SEND, _silent),
    "ACK-LATE": (_SEND, _late),
    "ACK-STRAY": (_SEND, _twice),
    "STEP-ACK": ({"send": "A", "ack": {"code": ["AE"]}}, Table.answer),
    "STEP-ERR": (_REFUSE, Table.answer),
    "STEP-ERR-2": (_REFUSE, _without_place),
    "STEP-EXPECT": ({"send": "A", "expect": {"findings": ["INS-F03"]}}, Table.answer),
    "STEP-REACH": (_SEND, _unreachable),
    "STEP-TLS": (_SEND, _refused),
    "MLLP-BLOCK": (_SEND, _stray("unfinished", b"MSH|^~", 6)),
    "MLLP-JUNK": (_SEND, _stray("junk", b"\r\n", 2)),
    "MLLP-SIZE": (_SEND, _stray("oversize", b"MSH|^~", 10**9)),
}
# rule: the flows of the scenario, and what the RIS does
_OUT_OF_TURN: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Table], None]]]] = {
    "STEP-EARLY": (("A", "C", "D"), _early),
    "STEP-AGAIN": (("A", "C"), _again),
}


def prove(rule: Rule, profile: Profile) -> Proof:
    """The proof of an observed rule. It is kept by an honest exchange and broken by its script."""
    if rule.id == "STEP-MESSAGE":
        return _no_message(rule, profile)
    if rule.id in _OUT_OF_TURN:
        return _out_of_turn(rule, profile)
    script = SCRIPTS.get(rule.id)
    if script is None:
        return Proof(rule, killed=False, why="no script breaks it")
    honest = Table(profile, _SEND)
    honest.answer()
    if honest.broken():
        return Proof(rule, killed=False, why="an honest exchange breaks it")
    bad = Table(profile, script[0])
    script[1](bad)
    return _told(rule, bad.broken())


def _no_message(rule: Rule, profile: Profile) -> Proof:
    """The system under test is the RIS, and sends nothing."""
    table = Table(profile, {"send": "A", "within": 1}, role="platform")
    table.event(Tick(), 2.0)
    return _told(rule, table.broken())


def _out_of_turn(rule: Rule, profile: Profile) -> Proof:
    """The system under test is the RIS."""
    flows, happen = _OUT_OF_TURN[rule.id]
    table = Table(profile, *({"send": profile.flow(flow).id} for flow in flows), role="platform")
    happen(table)
    return _told(rule, table.broken())


def _told(rule: Rule, broken: set[str]) -> Proof:
    if rule.id not in broken:
        return Proof(rule, killed=False, why=f"its script breaks {sorted(broken)} instead")
    also = broken - {rule.id}
    return Proof(rule, killed=True, base="played in memory", also=tuple(sorted(also)))
