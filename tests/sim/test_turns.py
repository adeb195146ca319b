"""Messages of a real system that come when no step waits for them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from memory import broken, sent

from harness.rules.rule import Verdict
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.events import Answered, Deliver, Received, Reply, Tick
from harness.sim.generate import cases, messages
from harness.sim.play import Play, Setting
from harness.sim.scenario import Scenario
from harness.wire.er7 import Message

ALL = ({"send": "A"}, {"send": "B", "optional": True}, {"send": "C"}, {"send": "D"}, {"send": "E"})


@pytest.fixture
def against(setting: Setting) -> Callable[..., Play]:
    """A play in which the other role than `ours` is real."""

    def make(ours: str, *steps: dict[str, object], **more: object) -> Play:
        words = {"fr": "Essai", "en": "Test"}
        found = Scenario.model_validate({"scenario": "test", "title": words, "steps": steps or ALL})
        return Play(found, replace(setting, simulated=frozenset({ours}), **more))

    return make


class Real:
    """The system under test: composes its own messages, and acknowledges ours."""

    def __init__(self, role: str, play: Play, setting: Setting) -> None:
        self.role, self.play, self.setting = role, play, setting
        self.actor = Actor(role, setting.profile, setting.case)
        self.to = "platform" if role == "ris" else "ris"

    def message(self, flow: str, case: Case | None = None) -> Message:
        case = case or self.setting.case
        return self.actor.compose(flow, case, self.setting.wall())

    def says(self, message: Message, at: float) -> list[Deliver | Reply]:
        return self.play.handle(Received(self.to, f"{self.to}-1", message.raw), at)

    def accepts(self, action: Deliver | Reply, at: float) -> list[Deliver | Reply]:
        (message,) = sent([action])
        answer = messages.acknowledgement(message, self.setting.wall(), "R-1", "AA")
        return self.play.handle(Answered(self.to, f"{self.to}-2", answer), at)


def test_what_comes_early_is_answered_and_stands_for_its_step(
    against: Callable[..., Play], setting: Setting
) -> None:
    """A platform sends C as soon as it has A; we still have B to send."""
    play = against("ris")
    platform = Real("platform", play, setting)
    (request,) = play.start(0.0)
    (document,) = platform.accepts(request, 0.1)
    (reply,) = platform.says(platform.message("C"), 0.2)
    assert isinstance(reply, Reply)
    (examination,) = platform.accepts(document, 0.3)
    assert sent([examination])[0].first("ORC-5") == "CM"
    assert [(x.flow, x.state, broken(x)) for x in play.exchanges] == [
        ("A", "done", set()),
        ("B", "done", set()),
        ("C", "done", set()),
    ]
    assert play.exchanges[2].answer.message.raw == reply.data[1:-2]
    assert play.exchanges[2].request.file == "messages/0003-C.er7"


def test_what_comes_before_its_turn_is_told(against: Callable[..., Play], setting: Setting) -> None:
    """A RIS that does not wait for the protocol, while the platform takes its time."""
    play = against("platform", {"send": "A"}, {"send": "C"}, {"send": "D"}, pause=5.0)
    ris = Real("ris", play, setting)
    play.start(0.0)
    ris.says(ris.message("A"), 0.1)
    assert play.deadline == 5.1
    ris.says(ris.message("D"), 1.0)
    (protocol,) = play.handle(Tick(), 5.1)
    ris.accepts(protocol, 5.2)
    assert [(x.flow, broken(x)) for x in play.exchanges] == [
        ("A", set()),
        ("C", set()),
        ("D", {"STEP-EARLY"}),
    ]
    assert play.done


def test_a_later_message_ends_the_wait_for_an_optional_one(
    against: Callable[..., Play], setting: Setting
) -> None:
    play = against("platform", {"send": "A"}, {"send": "B", "optional": True}, {"send": "D"})
    ris = Real("ris", play, setting)
    play.start(0.0)
    ris.says(ris.message("A"), 0.1)
    ris.says(ris.message("D"), 0.2)
    assert [x.state for x in play.exchanges] == ["done", "not_run", "done"]
    assert broken(play.exchanges[2]) == set()


def test_what_comes_again_is_told_and_not_taken_for_the_next(
    against: Callable[..., Play], setting: Setting
) -> None:
    play = against("platform", {"send": "A"}, {"send": "D"})
    ris = Real("ris", play, setting)
    play.start(0.0)
    first = ris.message("A")
    ris.says(first, 0.1)
    ris.says(first.with_value("MSH-10", "ANOTHER"), 0.2)
    ris.says(ris.message("D"), 0.3)
    assert [(x.flow, broken(x)) for x in play.exchanges] == [
        ("A", set()),
        ("D", set()),
        ("A", {"STEP-AGAIN"}),
    ]
    assert play.exchanges[2].verdict is Verdict.FAIL
    assert [x.number for x in play.exchanges] == [1, 2, 3]


def test_another_order_is_served_and_told_and_changes_nothing(
    against: Callable[..., Play], setting: Setting
) -> None:
    told: list[tuple[str, str]] = []
    play = against(
        "platform", {"send": "A"}, {"send": "D"}, strange=lambda *what: told.append(what)
    )
    ris = Real("ris", play, setting)
    play.start(0.0)
    ris.says(ris.message("A"), 0.1)
    somebody = cases.make_case("mr-brain", 99, setting.wall())
    (reply,) = ris.says(ris.message("D", somebody), 0.2)
    assert sent([reply])[0].first("MSA-1") in ("AA", "AE")
    ris.says(ris.message("D"), 0.3)
    assert [(x.flow, x.state, broken(x)) for x in play.exchanges] == [
        ("A", "done", set()),
        ("D", "done", set()),
    ]
    assert told == [("D", somebody.order.placer_number.value)]


def test_what_we_say_after_a_wrong_message_is_not_held_against_anybody(
    against: Callable[..., Play], setting: Setting
) -> None:
    """D names another patient; our report is about the patient of D."""
    play = against("platform", {"send": "A"}, {"send": "D"}, {"send": "E"})
    ris = Real("ris", play, setting)
    play.start(0.0)
    ris.says(ris.message("A"), 0.1)
    wrong = ris.message("D").with_value("PID-3[5=INS].1", "279035121518989")
    *_, report = ris.says(wrong, 0.2)
    ris.accepts(report, 0.3)
    examination, told = play.exchanges[1], play.exchanges[2]
    assert "X-PATIENT" in broken(examination)
    assert told.request.follows
    assert told.verdict is Verdict.PASS
