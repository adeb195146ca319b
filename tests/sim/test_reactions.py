"""A simulated side that reacts as its user wants: `--reaction`."""

from collections.abc import Callable
from datetime import datetime

import pytest
from memory import sent

from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.events import Action, Received, Tick
from harness.sim.generate import cases
from harness.sim.play import Setting
from harness.sim.reactions import Reaction, Reactions, parse
from harness.sim.simulation import Simulation
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-02-03T08:00:00+01:00")


@pytest.fixture
def theirs() -> Case:
    return cases.make_case("ct-brain", 77, CLOCK)


@pytest.fixture
def platform(setting: Setting) -> Callable[..., Simulation]:
    def make(*texts: str) -> Simulation:
        wished = Reactions(parse(text, setting.profile) for text in texts)
        return Simulation("platform", setting, talks=True, reactions=wished)

    return make


def asked(simulation: Simulation, message: Message, at: float = 0.0) -> list[Action]:
    return simulation.handle(Received("platform", "c-1", message.raw), at)


@pytest.fixture
def ris(setting: Setting, theirs: Case) -> Actor:
    return Actor("ris", setting.profile, theirs)


def test_an_honest_one_accepts_and_answers(
    platform: Callable[..., Simulation], ris: Actor, theirs: Case
) -> None:
    ack, protocol = sent(asked(platform(), ris.compose("A", theirs, CLOCK)))
    assert ack.first("MSA-1") == "AA"
    assert protocol.first("OBR-4.1") == theirs.exam.act.code


def test_it_refuses_what_is_right(
    platform: Callable[..., Simulation], ris: Actor, theirs: Case
) -> None:
    simulation = platform("refuse@D")
    assert len(asked(simulation, ris.compose("A", theirs, CLOCK))) == 2
    (ack,) = sent(asked(simulation, ris.compose("D", theirs, CLOCK)))
    assert (ack.first("MSA-1"), ack.first("ERR-3.1")) == ("AE", "207")
    assert ack.first("ERR-8") == "refused on purpose: --reaction refuse"


def test_it_accepts_what_is_wrong(
    platform: Callable[..., Simulation], ris: Actor, theirs: Case
) -> None:
    wrong = ris.compose("A", theirs, CLOCK).with_value("PID-3[5=INS].1", "279035121518988")
    assert sent(asked(platform(), wrong))[0].first("MSA-1") == "AE"
    ack, _ = sent(asked(platform("accept"), wrong.with_value("MSH-10", "N-2")))
    assert ack.first("MSA-1") == "AA"
    assert ack.named("ERR") == []


def test_it_takes_its_time(platform: Callable[..., Simulation], ris: Actor, theirs: Case) -> None:
    simulation = platform("delay=5@A", "delay=2@C")
    assert asked(simulation, ris.compose("A", theirs, CLOCK), 1.0) == []
    assert simulation.deadline == 6.0
    assert simulation.handle(Tick(), 5.9) == []
    (ack,) = sent(simulation.handle(Tick(), 6.0))
    assert ack.first("MSA-1") == "AA"
    assert simulation.deadline == 8.0
    (protocol,) = sent(simulation.handle(Tick(), 8.0))
    assert protocol.first("ORC-5") == "SC"
    assert [x.seconds for x in simulation.exchanges][:1] == [5.0]


def test_it_wants_another_act(
    platform: Callable[..., Simulation], ris: Actor, theirs: Case
) -> None:
    _, protocol = sent(asked(platform("change-act@C"), ris.compose("A", theirs, CLOCK)))
    wanted = cases.make_case("mr-brain", 1, CLOCK).exam.act.code
    assert protocol.first("OBR-4.1") == wanted != theirs.exam.act.code
    assert protocol.first("ORC-2.1") == theirs.order.placer_number.value


def test_a_request_of_the_ans_guide_is_refused_in_the_answer(clock: datetime) -> None:
    profile = profiles.load("ans-tlr-2026")
    case = cases.make_case("ct-brain", 1, clock)
    theirs = cases.make_case("mr-brain", 77, clock)
    setting = Setting(profile, case, frozenset({"platform"}), lambda: clock, lambda record: None)
    wished = Reactions([parse("refuse@3", profile)])
    simulation = Simulation("platform", setting, talks=True, reactions=wished)
    request = Actor("ris", profile, theirs).compose("1", theirs, clock)
    ack, answer = sent(asked(simulation, request))
    assert (ack.first("MSA-1"), answer.first("ORC-1")) == ("AA", "OC")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("accept", Reaction("accept")),
        ("delay=2.5@A", Reaction("delay", 2.5, "A")),
        ("change-act@C", Reaction("change-act", flow="C")),
    ],
)
def test_it_is_read(text: str, found: Reaction, profile: Profile) -> None:
    assert parse(text, profile) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("acept", "did you mean `accept`"),
        ("delay", "cannot be read"),
        ("refuse=3", "cannot be read"),
        ("refuse@Z", "A, B, C, D, E"),
        ("", "cannot be read"),
    ],
)
def test_a_mistake_is_told(text: str, told: str, profile: Profile) -> None:
    with pytest.raises(HarnessError, match=told):
        parse(text, profile)
