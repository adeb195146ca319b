"""Every thing that can go wrong between messages under load, made to happen once, by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.sim.actor import Actor
from harness.sim.load.anomaly import WEIGHTS
from harness.sim.load.exam import Exam, Step, make_case, make_supply, script
from harness.sim.load.traffic import EARLY, Ask, Terms, Traffic
from harness.wire.er7 import Message

FIRST = 28_846_501_500  # as many digits as seeds of the command line


@dataclass
class Bench:
    """A RIS under way with so many exams, and a platform that says what a test wants."""

    profile: Profile
    clock: datetime
    hears: bool = True
    now: float = 0.0
    asks: list[Ask] = field(default_factory=list)
    role: str = "ris"
    documents: bool = False

    def __post_init__(self) -> None:
        self.steps = script(self.profile, self.role, hears=self.hears, documents=self.documents)
        self.traffic = Traffic(self.profile, self.role, lambda: self.clock, Terms(10, 30))
        self.peers: dict[str, Actor] = {}

    def begin(self, number: int) -> Ask:
        case = make_case("ct-brain", FIRST + number, self.clock)
        supply = make_supply(self.profile, self.role, case, self.steps, self.clock)
        (ask,) = self.traffic.begin(supply, self.steps, self.now, self.now)
        other = "platform" if self.role == "ris" else "ris"
        self.peers[case.order.placer_number.value] = Actor(other, self.profile, case, prefix="X")
        self.traffic.left(ask, self.now)
        return ask

    def answer(self, ask: Ask, **changes: str) -> list[Ask]:
        """The peer acknowledges, and what follows leaves."""
        raw = self.peers[ask.exam.order].answer(
            ask.said.flow, Message(ask.said.raw), (), self.clock, "AA"
        )
        assert raw is not None
        for place, value in changes.items():
            raw = raw.with_value(place.replace("_", "-"), value)
        return self.leave(self.traffic.answered(ask, raw.raw, self.now))

    def leave(self, asks: Sequence[Ask]) -> list[Ask]:
        for ask in asks:
            self.traffic.left(ask, self.now)
        return list(asks)

    def message(self, exam: Exam, flow: str, name: str = "") -> Message:
        peer = self.peers[exam.order]
        found = peer.compose_in(peer.conversation(exam.order), flow, self.clock)
        return found.with_value("MSH-10", name or f"{exam.order}-{flow}")

    def say(self, message: Message) -> list[Ask]:
        answer, asks = self.traffic.came(message.raw, self.now)
        assert Message(answer).first("MSA-2") == message.first("MSH-10")
        return self.leave(asks)

    def wait(self, seconds: float) -> list[Ask]:
        self.now += seconds
        return self.leave(self.traffic.tick(self.now))

    @property
    def found(self) -> dict[tuple[str, str], int]:
        return dict(self.traffic.anomalies.counts)


@pytest.fixture
def bench(profile: Profile, clock: datetime) -> Bench:
    return Bench(profile, clock)


def played(bench: Bench, number: int = 0) -> Exam:
    """An exam up to the acknowledgement of D: E is what is waited for."""
    ask = bench.begin(number)
    assert bench.answer(ask) == []
    (d,) = bench.say(bench.message(ask.exam, "C"))
    assert bench.answer(d) == []
    return ask.exam


def test_the_steps_follow_the_profile(profile: Profile) -> None:
    ours = script(profile, "ris", hears=True, documents=True)
    assert [(step.flow, step.ours, step.required) for step in ours] == [
        ("A", True, True),
        ("B", True, True),
        ("C", False, False),
        ("D", True, True),
        ("E", False, True),
    ]
    assert [s.flow for s in script(profile, "ris", hears=False, documents=False)] == ["A", "D"]
    theirs = script(profile, "platform", hears=True, documents=True)
    assert [step.flow for step in theirs] == ["C", "D", "E"]


def test_an_exam_without_a_fault(bench: Bench) -> None:
    bench.now = 1.0
    ask = bench.begin(0)
    bench.now = 1.25
    bench.answer(ask)
    (d,) = bench.say(bench.message(ask.exam, "C"))
    bench.now = 2.0
    bench.answer(d)
    bench.now = 5.25
    said = ask.exam.said
    bench.say(bench.message(ask.exam, "E"))
    assert bench.found == {}
    assert bench.traffic.finished == 1
    assert bench.traffic.under_way == 0
    assert [(one.flow, one.ours) for one in said] == [
        ("A", True),
        ("C", False),
        ("D", True),
        ("E", False),
    ]
    assert all(one.answer for one in said)
    assert list(bench.traffic.over) == [(0, said)]
    times = bench.traffic.figures.total.times
    assert times["A"].highest == pytest.approx(0.25)
    assert times["D"].highest == pytest.approx(0.75)
    assert times["→E"].highest == pytest.approx(4.0)


def test_numbers_are_those_of_nobody_else(bench: Bench) -> None:
    asks = [bench.begin(number) for number in range(50)]
    for field_of in ("MSH-10", "ORC-2.1", "PID-3[5=INS].1"):
        values = {Message(ask.said.raw).first(field_of) for ask in asks}
        assert len(values) == 50
        assert all(0 < len(value) <= 20 for value in values)


def test_an_acknowledgement_that_does_not_come_then_does(bench: Bench) -> None:
    ask = bench.begin(0)
    bench.wait(9.9)
    assert bench.found == {}
    bench.wait(0.2)
    assert bench.found == {("no_ack", "A"): 1}
    assert bench.traffic.under_way == 0
    assert bench.answer(ask) == []
    assert bench.found == {("no_ack", "A"): 1, ("late_ack", "A"): 1}
    bench.answer(ask)
    assert bench.found[("twice_ack", "A")] == 1


def test_acknowledgements_that_are_swapped(bench: Bench) -> None:
    one, two = bench.begin(0), bench.begin(1)
    bench.answer(one, MSA_2=two.name)
    assert bench.found == {("wrong_ack", "A"): 1}
    assert two.answered
    assert not one.settled
    assert two.said.answer
    assert not one.said.answer


def test_an_acknowledgement_of_nothing(bench: Bench) -> None:
    bench.answer(bench.begin(0), MSA_2="NOBODY")
    assert bench.found == {("stray_ack", "A"): 1}


def test_a_refusal_ends_the_exam(bench: Bench) -> None:
    assert bench.answer(bench.begin(0), MSA_1="AE") == []
    assert bench.found == {("refused", "A"): 1}
    assert (bench.traffic.finished, bench.traffic.under_way) == (0, 0)


@pytest.mark.parametrize("kind", ["closed", "unreachable"])
def test_no_answer_for_a_reason(bench: Bench, kind: str) -> None:
    ask = bench.begin(0)
    bench.traffic.failed(ask, kind, "why", bench.now)
    bench.traffic.failed(ask, kind, "again", bench.now)
    assert bench.found == {(kind, "A"): 1}
    assert bench.traffic.anomalies.verdict is WEIGHTS[kind]


def test_a_message_that_never_comes(bench: Bench) -> None:
    exam = played(bench)
    bench.wait(30.1)
    assert bench.found == {("no_message", "E"): 1}
    bench.say(bench.message(exam, "E"))
    assert bench.found[("late_message", "E")] == 1


def test_an_optional_message_that_does_not_come_holds_nothing_up(bench: Bench) -> None:
    bench.answer(bench.begin(0))
    (d,) = bench.wait(30.1)
    assert d.said.flow == "D"
    assert bench.found == {}


def test_a_message_before_the_acknowledgement_of_what_asks_for_it(bench: Bench) -> None:
    for number, seconds in enumerate((EARLY / 2, EARLY * 2)):
        ask = bench.begin(number)
        bench.say(bench.message(ask.exam, "C"))
        bench.now += seconds
        (d,) = bench.answer(ask)
        assert d.said.flow == "D"
    assert bench.found == {("early", "C"): 1}  # two sockets may be read in either order


def test_a_message_before_what_asks_for_it_was_sent(bench: Bench) -> None:
    ask = bench.begin(0)
    bench.answer(ask)
    bench.say(bench.message(ask.exam, "E"))
    assert bench.found == {("too_early", "E"): 1}


def test_the_same_message_again(bench: Bench) -> None:
    exam = played(bench)
    message = bench.message(exam, "E")
    bench.say(message)
    bench.say(message)
    assert bench.found == {("resent", "E"): 1}
    assert len(bench.traffic.over) == 1


def test_the_same_flow_twice(bench: Bench) -> None:
    one, two = played(bench, 0), played(bench, 1)
    bench.say(bench.message(one, "C", "AGAIN"))
    bench.say(bench.message(two, "E"))
    bench.say(bench.message(two, "E", "TWICE"))
    assert bench.found == {("twice", "C"): 1, ("twice", "E"): 1}


def test_a_control_id_of_another_message(bench: Bench) -> None:
    one, two = played(bench, 0), played(bench, 1)
    bench.say(bench.message(one, "E", "SAME"))
    bench.say(bench.message(two, "E", "SAME"))
    assert bench.found == {("same_id", "E"): 1}
    assert bench.traffic.finished == 2


def test_a_message_about_nobody(bench: Bench) -> None:
    exam = played(bench)
    message = bench.message(exam, "E")
    raw = message.raw.replace(exam.order.encode(), b"ELSEWHERE")
    bench.say(Message(raw))
    assert bench.found == {("other_order", "E"): 1}
    assert bench.traffic.over[-1][0] is None  # judged all the same


def test_the_patient_of_another(bench: Bench) -> None:
    one, two = played(bench, 0), played(bench, 1)
    for exam, other in ((one, two), (two, one)):
        raw = bench.message(exam, "E").raw
        bench.say(Message(raw.replace(exam.patient.encode(), other.patient.encode())))
    assert bench.found == {("other_patient", "E"): 2}


def test_an_acknowledgement_where_messages_come_in(bench: Bench) -> None:
    raw = b"MSH|^~\\&|X|Y|||20260105||ACK|9|P|2.5\rMSA|AA|7\r"
    assert bench.traffic.came(raw, 0.0) == (b"", [])
    assert bench.found == {("stray_ack", "-"): 1}


@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"MSH", b"MSH|^~\\&|", b"PID|1\r" * 3])
def test_whatever_comes_is_told(bench: Bench, raw: bytes) -> None:
    bench.traffic.answered(None, raw, 0.0)
    bench.traffic.came(raw, 0.0)
    bench.traffic.framing("junk", len(raw), 0.0)
    assert bench.found[("stray_ack", "-")] >= 1
    assert bench.found[("framing", "-")] == 1


def test_an_interruption_keeps_what_was_said(bench: Bench) -> None:
    played(bench, 0)
    bench.begin(1)
    bench.traffic.interrupt(bench.now)
    assert bench.traffic.under_way == 0
    assert [(number, len(said)) for number, said in bench.traffic.over] == [(0, 3), (1, 1)]
    assert bench.found == {}


def test_the_platform_begins_with_what_it_has_to_say(profile: Profile, clock: datetime) -> None:
    bench = Bench(profile, clock, role="platform", documents=True)
    ask = bench.begin(0)
    assert ask.said.flow == "C"
    bench.answer(ask)
    (e,) = bench.say(bench.message(ask.exam, "D"))
    assert e.said.flow == "E"
    bench.answer(e)
    assert bench.found == {}
    assert bench.traffic.finished == 1


def test_nothing_stays_of_an_exam_that_is_over(bench: Bench) -> None:
    for number in range(20):
        exam = played(bench, number)
        bench.say(bench.message(exam, "E"))
        assert exam.said == []
    bench.traffic.over.clear()
    bench.wait(60)
    kept = bench.traffic
    assert (len(kept._asked), len(kept._leaving), len(kept._waits), len(kept.exams)) == (0, 0, 0, 0)


def test_every_kind_is_known_and_worse_than_a_pass() -> None:
    assert min(WEIGHTS.values()) > Verdict.PASS


def test_a_guide_with_other_flows(clock: datetime) -> None:
    from harness.rules import profile as profiles

    steps = script(profiles.load("ans-tlr-2026"), "ris", hears=True, documents=True)
    assert [step.flow for step in steps] == ["1", "B", "3", "4", "E"]
    assert Step("2", ours=True) not in steps  # nothing leads to a cancellation
