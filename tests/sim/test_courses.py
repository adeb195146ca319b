"""No false alarm: right conversations drawn at random, in which no rule finds anything unnamed."""

import pytest

from harness.rules import profile as profiles
from harness.sim.selfcheck import courses

PROFILES = ("livre-blanc-2024", "ans-tlr-2026")
COUNT = 140  # of each guide, in four parts
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", PROFILES)
def test_a_right_conversation_raises_no_alarm(name: str, part: int) -> None:
    profile = profiles.load(name)
    for number in range(part, COUNT, PARTS):
        course = courses.course(profile, number)
        exchanges = course.play(profile)
        told = [
            (number, step, found.rule.id, found.problem.at)
            for step, found in courses.alarms(course, exchanges)
        ]
        assert told == []
        assert {exchange.state for exchange in exchanges} <= {"done", "not_run"}


def test_the_same_number_gives_the_same_course() -> None:
    profile = profiles.load()
    first, again = (courses.course(profile, 7) for _ in range(2))
    assert (first.scenario, first.cases, first.start) == (again.scenario, again.cases, again.start)


@pytest.mark.parametrize("name", PROFILES)
def test_courses_are_of_every_kind(name: str) -> None:
    profile = profiles.load(name)
    drawn = [courses.course(profile, number) for number in range(60)]
    steps = [step for one in drawn for step in one.scenario.steps]
    actions = {step.document.form.action for step in steps if step.document}
    assert actions == {"initial", "replace", "delete"}
    assert {step.identity for step in steps} >= {"provisional", "qualified", "merged"}
    assert len({one.start.utcoffset() for one in drawn}) >= 8
    assert any(one.scenario.cases for one in drawn)
    assert any(step.instead for step in steps)
    assert len({case.name for one in drawn for case in one.cases.values()}) == 14
