"""Thousands of wrong messages and documents, one defect each: the right rule, the right place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Level
from harness.sim.generate import cases
from harness.sim.mutants import byhand, changes, ledger, places, trial, values
from harness.sim.mutants import score as scores
from harness.sim.mutants.grounds import Ground
from harness.sim.mutants.making import Maker, Mutant
from harness.sim.mutants.score import Score
from harness.sim.selfcheck import bases
from harness.sim.selfcheck.bases import Base
from harness.wire.edit import Edit

PROFILES = ("livre-blanc-2024", "ans-tlr-2026")
PARTS = 4
EACH = {"livre-blanc-2024": 2, "ans-tlr-2026": 1}
# rules that say of what nobody can write to break them
WITHOUT: dict[str, str] = {}
each_part = pytest.mark.parametrize("part", range(PARTS))
each_profile = pytest.mark.parametrize("name", PROFILES)


def told(found: Score) -> list[str]:
    """What went wrong, in words that name rule, way, ground and place."""
    missed = [f"missed {r.mutant.operator} {r.mutant.ground.name} {r.also}" for r in found.missed]
    astray = [f"astray {r.mutant.operator} {r.at} {r.mutant.attempt.places}" for r in found.astray]
    return [*missed, *astray, *(f"idle {one}" for one in sorted(found.idle))]


@each_profile
@each_part
def test_every_mutant_is_found_by_its_rule_at_its_place(name: str, part: int) -> None:
    found = scores.run(profiles.load(name), EACH[name], (part, PARTS))
    assert told(found) == []
    assert len(found.bytes) >= 450
    assert found.alone + found.twofold >= 0.96 * found.tried
    assert found.alone >= 0.88 * found.tried


MAPPING = """
elements:
  accession-number: {places: [OBR-20]}
  study-uid: {places: [OBR-21]}
"""
ELSEWHERE = {"LB-D-ACCESSION": "OBR-20", "LB-D-STUDY-UID": "OBR-21"}


def moved(ground: Ground, profile: Profile) -> Ground:
    """The same message of D with two data where the site's mapping says."""
    message = ground.base.subject.carried
    numbers = {place: message.first(place) for place in ("OBR-18", "ZDS-1.1")}
    edits = (
        Edit("set", "OBR-20", numbers["OBR-18"]),
        Edit("set", "OBR-21", numbers["ZDS-1.1"]),
        Edit("set", "OBR-18", ""),
        Edit("remove", "ZDS"),
    )
    return Ground(Base(ground.base.name, ground.base.changed(profile, edits)), ground.seed)


def test_a_sites_own_places_are_where_its_rules_speak(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(MAPPING, "utf-8")
    mapped = profiles.load("livre-blanc-2024", file)
    plain = [Ground(base, 3) for name in cases.names() for base in bases.of_case(mapped, name, 3)]
    found = [moved(one, mapped) for one in plain if one.label == "D"]
    maker = Maker(mapped, tuple(found), dict.fromkeys(ELSEWHERE, ("nowhere",)))
    tried = [trial.tried(mapped, one) for rule in ELSEWHERE for one in of(maker, mapped, rule)]
    assert len(tried) == len(ELSEWHERE) * len(cases.names())
    assert all(one.found and one.placed for one in tried)
    assert {one.mutant.rule.id: one.at[0] for one in tried} == ELSEWHERE


def of(maker: Maker, profile: Profile, name: str) -> Iterator[Mutant]:
    rule = profile.rule(name)
    assert rule is not None
    return maker.mutants(rule, 100)


@each_profile
def test_every_rule_has_an_operator_and_every_operator_a_rule(name: str) -> None:
    profile, known = profiles.load(name), ledger.read(name)
    rules = {rule.id: rule for rule in profile.rules if rule.check and not rule.untested}
    assert set(known) <= set(rules)
    must = {one for one, rule in rules.items() if rule.level is Level.MUST}
    assert must - set(known) == set(WITHOUT) & must
    assert ledger.levels(name) == {one: rules[one].level.value for one in known}


@each_profile
def test_there_are_hundreds_of_operators_and_many_are_written_by_hand(name: str) -> None:
    ways = [(rule, way) for rule, some in ledger.read(name).items() for way in some]
    by_hand = [one for one in ways if one[1].startswith(byhand.WAY)]
    assert len(set(ways)) == len(ways) >= 1000
    assert len(by_hand) >= 0.15 * len(ways)


@each_profile
def test_a_place_that_is_named_is_of_a_rule(name: str) -> None:
    known = {rule.id for profile in PROFILES for rule in profiles.load(profile).rules}
    assert set(byhand.elsewhere()) <= known


@pytest.mark.parametrize(
    ("place", "found", "at", "near"),
    [
        ("PID-8", "PID-8", True, True),
        ("PID-3[1].1", "PID-3.1", True, True),
        ("PID-3", "PID-3[2].4.2", False, True),
        ("PID-3[2]", "PID-3[3]", False, False),
        ("PID-3", "PID-31", False, False),
        ("/a/b/@c", "/a/b", True, True),
        ("/a/b[1]", "/a/b[2]", False, False),
        ("/a/b", "/a/bc", False, False),
        ("/a/b", "/a/b/c", False, True),
    ],
)
def test_what_is_the_same_place(place: str, found: str, at: bool, near: bool) -> None:
    assert (places.is_at(place, found), places.is_near(place, found)) == (at, near)


def test_a_date_is_misspelt_as_people_do() -> None:
    ways = dict(values.misspelt("20260105"))
    assert ways["day-first"] == "05012026"
    assert ways["dashes"] == "2026-01-05"
    assert ways["month-13"] == "20261305"
    assert ways["letter-for-digit"] == "O0260105"


def test_what_stands_in_the_place_of_a_value_is_well_formed() -> None:
    assert changes.others("unit", "mGy") == ("m",)
    assert changes.others("root", "1.2.3")[0].startswith("1.2.250.")
    assert "2026" not in "".join(changes.others("value", "20260105"))[6:]
