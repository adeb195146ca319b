"""The score of acknowledgements: who tells the truth, who says yes to everything, who says no."""

from dataclasses import replace

import pytest
from memory import report_of, sent

from harness.sim import scenario
from harness.sim.events import Answered, Deliver
from harness.sim.generate import messages
from harness.sim.generate.messages import Refusal
from harness.sim.play import Play, Setting, cases_of
from harness.sim.scenario import Scenario
from harness.sim.truth import Truth, of
from harness.wire.er7 import Message

FILE = "refusals.yaml"
SHIPPED = [found for found, path in scenario.find([], "livre-blanc-2024") if path.name == FILE]
NEGATIVES = [one for one in SHIPPED if one.scenario.startswith("lb-neg-")]
VARIANTS = [one for one in SHIPPED if one.scenario.startswith("lb-ok-")]
OF_REQUEST = [one for one in SHIPPED if len(one.steps) == 1]  # A, to a platform


def score(setting: Setting, code: str, refusals: tuple[Refusal, ...] = ()) -> Truth | None:
    """A platform that gives this answer to everything."""
    exchanges = []
    for one in OF_REQUEST:
        case = next(iter(cases_of(one, 1, setting.wall()).values()))
        play = Play(one, replace(setting, case=case, simulated=frozenset({"ris"})))
        (action,) = play.start(0.0)
        assert isinstance(action, Deliver)
        (message,) = sent([action])
        raw = messages.acknowledgement(message, setting.wall(), "P-1", code, refusals)
        play.handle(Answered("ris", "ris-1", raw), 0.1)
        exchanges += play.exchanges
    return of(exchanges, "platform")


def test_there_are_enough_of_both() -> None:
    assert len(NEGATIVES) >= 15
    assert len(VARIANTS) >= 5
    assert {step.send for one in NEGATIVES for step in one.steps if step.mutate} == set("ABCDE")


def test_who_accepts_everything_lies_about_what_is_wrong(setting: Setting) -> None:
    found = score(setting, "AA")
    wrong = sum(one.scenario.startswith("lb-neg-") for one in OF_REQUEST)
    assert found == Truth(wrong, 0, len(OF_REQUEST) - wrong, len(OF_REQUEST) - wrong, 0, 0, 0)


def test_who_refuses_everything_lies_about_what_is_right(setting: Setting) -> None:
    found = score(setting, "AE", (Refusal("PID-3", "102", "no"),))
    assert found
    assert (found.refused, found.accepted) == (found.wrong, 0)
    assert found.coded == found.refused
    assert 0 < found.placed < found.located <= found.refused


def test_a_refusal_without_a_known_code_is_counted(setting: Setting) -> None:
    found = score(setting, "AR", (Refusal("PID-3", "999", "no"),))
    assert found
    assert (found.refused, found.coded) == (found.wrong, 0)
    assert score(setting, "AE") == replace(found, placed=0)


def test_the_side_that_is_not_tested_does_not_count(setting: Setting) -> None:
    play = Play(NEGATIVES[0], replace(setting, simulated=frozenset({"ris"})))
    (action,) = play.start(0.0)
    raw = messages.acknowledgement(sent([action])[0], setting.wall(), "P-1", "AA")
    play.handle(Answered("ris", "ris-1", raw), 0.1)
    assert of(play.exchanges, "ris") is None
    assert of(play.exchanges, "none") == Truth(1, 0, 0, 0, 0, 0, 0)
    assert report_of(setting.profile, play.exchanges).truth == Truth(1, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("one", VARIANTS, ids=lambda one: one.scenario)
def test_a_variant_says_what_the_plain_message_does_not(one: Scenario, setting: Setting) -> None:
    """Else it would prove nothing."""
    step = one.steps[-1]
    plain = one.model_copy(
        update={
            "steps": (step.model_copy(update={"mutate": (), "variant": False, "charset": None}),)
        }
    )
    changed = one.model_copy(update={"steps": (step,)})
    made = []
    for found in (plain, changed):
        (action,) = Play(found, replace(setting, simulated=frozenset({"ris"}))).start(0.0)
        made.append(sent([action])[0])
    assert made[0].raw != made[1].raw
    assert Message(made[1].raw).first("MSH-9.1") == "ORM"
