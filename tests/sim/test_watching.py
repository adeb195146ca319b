"""Steps of a scenario find their messages among those that two real systems exchange."""

from dataclasses import replace

import pytest
from memory import Wire, broken

from harness.rules.rule import Verdict
from harness.sim import scenario
from harness.sim.play import Play, Setting
from harness.sim.record import Exchange
from harness.sim.scenario import Scenario
from harness.sim.watching import Watch

NOMINAL = "lb-nominal-ct-brain"


def find(name: str, setting: Setting) -> Scenario:
    ((found, _),) = scenario.find([name], setting.profile.id)
    return found


@pytest.fixture
def seen(setting: Setting) -> list[Exchange]:
    """A to E as a proxy sees them: of no scenario."""
    play = Play(find(NOMINAL, setting), setting)
    Wire({"ris": play, "platform": play}).run()
    return [replace(x, scenario="proxy", step_outcomes=()) for x in play.exchanges]


def test_each_step_finds_its_message(seen: list[Exchange], setting: Setting) -> None:
    watch = Watch([find(NOMINAL, setting)], setting.profile)
    assert not watch.over([], 0.0)
    assert watch.awaited.send == "A"
    assert not watch.over(seen[:1], 1.0)
    assert not watch.over([*seen[:2], seen[3]], 2.0)
    assert watch.awaited.send == "C"
    assert watch.over(seen, 3.0)
    found = list(watch.result(seen))
    assert [(x.flow, x.scenario, x.verdict) for x in found] == [
        (flow, NOMINAL, Verdict.PASS) for flow in "ABCDE"
    ]
    assert any(o.rule.id == "STEP-EXPECT" for o in found[4].step_outcomes)  # two authors


def test_an_optional_step_is_passed_when_its_sender_goes_on(
    seen: list[Exchange], setting: Setting
) -> None:
    watch = Watch([find(NOMINAL, setting)], setting.profile)
    without = [x for x in seen if x.flow != "B"]
    assert not watch.over(without[:2], 1.0)  # C is the platform's: B may still come
    assert watch.over(without, 2.0)
    rest = list(watch.result(without))[4:]
    assert [(x.flow, x.state) for x in rest] == [("B", "not_run")]
    assert rest[0].number == max(x.number for x in without) + 1


def test_what_never_comes_ends_the_wait(seen: list[Exchange], setting: Setting) -> None:
    watch = Watch([find(NOMINAL, setting)], setting.profile, within=5.0)
    assert not watch.over(seen[:3], 0.0)
    assert not watch.over(seen[:3], 5.0)
    watch.over(seen[:3], 5.1)
    assert watch.over(seen[:3], 5.2)
    found = list(watch.result(seen[:3]))
    assert [(x.flow, x.state) for x in found[3:]] == [("D", "failed"), ("E", "not_run")]
    assert broken(found[3]) == {"STEP-MESSAGE"}
    assert found[3].verdict is Verdict.INCONCLUSIVE


def test_an_answer_is_waited_for(seen: list[Exchange], setting: Setting) -> None:
    watch = Watch([find(NOMINAL, setting)], setting.profile)
    open_one = replace(seen[0], answer=None, state="no_answer")
    assert not watch.over([open_one, seen[1]], 0.0)
    assert watch.awaited.send == "A"


def test_what_is_wrong_on_purpose_is_asked_of_nobody(setting: Setting) -> None:
    watch = Watch([find("lb-neg-ins-key", setting)], setting.profile)
    assert watch.over([], 0.0)
    (found,) = watch.result([])
    assert (found.state, found.verdict) == ("not_run", Verdict.NOT_TESTED)


def test_the_user_may_stop_it(seen: list[Exchange], setting: Setting) -> None:
    watch = Watch([find(NOMINAL, setting)], setting.profile)
    watch.over(seen[:1], 0.0)
    watch.interrupt()
    assert [x.state for x in watch.result(seen[:1])][1:] == ["not_run"] * 4
