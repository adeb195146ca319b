"""Contested points: each reading accepts its own message, and the choice of one judges alone."""

from dataclasses import replace

import pytest

from harness.errors import HarnessError
from harness.rules import contested
from harness.rules import profile as profiles
from harness.rules.contested import Point, Reading
from harness.rules.profile import Profile
from harness.rules.rule import Rule, Subject, Verdict
from harness.sim.selfcheck.bases import Base, bases
from harness.sim.selfcheck.prove import prove

NAME = "ans-tlr-2026"
POINTS = profiles.load(NAME).points
READINGS = [(point, name) for point in POINTS.values() for name in point.readings]
IDS = [f"{point.id}={name}" for point, name in READINGS]


@pytest.fixture(scope="module")
def good() -> dict[str, tuple[Base, ...]]:
    return dict(bases(profiles.load(NAME)))


def chosen(point: Point, reading: str) -> Profile:
    return profiles.load(NAME, readings=((point.id, reading),))


def rows(profile: Profile, point: Point) -> list[Rule]:
    return [rule for rule in profile.rules if rule.contested == point.id]


def tried(good: dict[str, tuple[Base, ...]], point: Point, reading: Reading) -> Subject:
    """A message that the reading accepts: the first ordinary one that the edits fit."""
    for base in good[point.kinds[0]]:
        try:
            return base.changed(profiles.load(NAME), point.given + reading.accepts)
        except HarnessError:
            continue
    raise AssertionError(f"no message for {point.id}={reading.name}")


def findings(profile: Profile, point: Point, subject: Subject) -> list[str]:
    """Rows of the point that the message breaks."""
    found = profile.judge(subject)
    return [o.rule.id for o in found if o.rule.contested == point.id and o.findings]


@pytest.mark.parametrize(("point", "name"), READINGS, ids=IDS)
def test_a_reading_accepts_its_own_message(point: Point, name: str, good) -> None:
    subject = tried(good, point, point.readings[name])
    assert findings(chosen(point, name), point, subject) == []


@pytest.mark.parametrize(("point", "name"), READINGS, ids=IDS)
def test_other_readings_refuse_it(point: Point, name: str, good) -> None:
    reading = point.readings[name]
    subject = tried(good, point, reading)
    refused = 0
    for other in point.readings:
        if other not in (name, reading.within):
            assert findings(chosen(point, other), point, subject), other
            refused += 1
    assert refused or reading.within


@pytest.mark.parametrize(("point", "name"), READINGS, ids=IDS)
def test_unchosen_it_is_contested_and_fails_nothing(point: Point, name: str, good) -> None:
    profile = profiles.load(NAME)
    subject = tried(good, point, point.readings[name])
    verdicts = {o.verdict for o in profile.judge(subject) if o.rule.contested and o.findings}
    assert verdicts <= {Verdict.CONTESTED, Verdict.PASS}
    wide = point.readings[point.default].within == name
    if wide or (name != point.default and not point.readings[name].within):
        assert Verdict.CONTESTED in verdicts


def test_what_no_reading_accepts_fails(good) -> None:
    point = POINTS["G1"]
    reading = replace(point.readings["rule"], accepts=())
    subject = tried(good, point, reading)
    subject = replace(subject, message=subject.carried.with_value("MSH-9.2", "A99"))
    (outcome,) = [o for o in profiles.load(NAME).judge(subject) if o.rule.id == "TLR-ACK-EVENT"]
    assert outcome.verdict is Verdict.FAIL


def test_both_readings_are_told(good) -> None:
    point = POINTS["G1"]
    subject = tried(good, point, point.readings["sample"])
    (outcome,) = [o for o in profiles.load(NAME).judge(subject) if o.rule.id == "TLR-ACK-EVENT"]
    advice = outcome.findings[0].problem.advice
    assert advice
    assert point.readings["rule"].says.en in advice.en
    assert point.readings["sample"].says.en in advice.en


@pytest.mark.parametrize(("point", "name"), READINGS, ids=IDS)
def test_the_rows_of_a_reading_are_alive(point: Point, name: str, good) -> None:
    profile = chosen(point, name)
    for rule in rows(profile, point):
        proof = prove(rule, profile, good)
        assert proof.killed, f"{rule.id}: {proof.why}"


def test_every_point_has_a_row_at_its_level() -> None:
    for point in POINTS.values():
        found = {
            rule.level for reading in point.readings for rule in rows(chosen(point, reading), point)
        }
        assert point.level in found, point.id


def test_a_choice_changes_the_hash() -> None:
    assert chosen(POINTS["G1"], "sample").hash != profiles.load(NAME).hash


@pytest.mark.parametrize(
    ("words", "said"),
    [(("G1",), "POINT=READING"), (("G9=rule",), "no contested point"), (("G1=x",), "no reading")],
)
def test_a_choice_that_is_none_is_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(HarnessError) as wrong:
        profiles.load(NAME, readings=contested.parse(words))
    assert said in str(wrong.value)
