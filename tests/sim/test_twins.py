"""Several cases told together: one site, one platform, patients that are nearly the same."""

from datetime import datetime

import pytest

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate import cases
from harness.sim.generate.identity import identities, twin

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
TWINS = {
    "lea": cases.Choice("", "anna"),
    "anna": cases.Choice("ct-brain"),
    "bob": cases.Choice("dx-knee"),
}
every_seed = pytest.mark.parametrize("seed", range(1, 13))


def made(seed: int) -> tuple[Case, Case, Case]:
    found = cases.make_cases(TWINS, seed, CLOCK)
    assert list(found) == list(TWINS)
    return found["anna"], found["lea"], found["bob"]


@every_seed
def test_a_twin_differs_by_one_letter_and_by_its_numbers(seed: int) -> None:
    anna, lea, _ = (case.patient for case in made(seed))
    same = ("birth_name", "birth_date", "birth_cog", "birth_city", "sex", "ins_oid")
    assert [getattr(anna, name) for name in same] == [getattr(lea, name) for name in same]
    one, other = anna.first_given_name, lea.first_given_name
    assert len(one) == len(other)
    assert sum(a != b for a, b in zip(one, other, strict=True)) == 1
    assert anna.birth_given_names[1:] == lea.birth_given_names[1:]
    assert anna.ins[:10] == lea.ins[:10]
    assert anna.ins != lea.ins
    assert anna.ipp != lea.ipp


@every_seed
def test_numbers_of_cases_told_together_are_their_own(seed: int) -> None:
    for number in (
        lambda case: case.patient.ins,
        lambda case: case.order.placer_number,
        lambda case: case.exam.accession_number,
        lambda case: case.exam.study_uid,
        lambda case: case.visit.number,
        lambda case: case.report_document.id,
        lambda case: case.uuids[0],
    ):
        assert len({number(case) for case in made(seed)}) == len(TWINS)


def test_they_are_of_one_site_and_one_platform() -> None:
    anna, lea, bob = made(3)
    assert anna.exam.act == lea.exam.act != bob.exam.act
    for part in ("site", "platform", "responsible", "radiologist", "viewer"):
        assert getattr(anna, part) == getattr(lea, part) == getattr(bob, part)
    assert anna.responsible.organization == anna.site


@every_seed
def test_what_a_twin_says_deserves_no_finding(profile: Profile, seed: int) -> None:
    _, lea, _ = made(seed)
    for flow in ("A", "B", "D", "E"):
        message = Actor(profile.flow(flow).sender, profile, lea).compose(flow, lea, CLOCK)
        outcomes = profile.judge(profile.subject(flow, message))
        assert [o.rule.id for o in outcomes if o.findings] == []


def test_a_twin_of_a_twin_of_any_patient_has_a_number_of_its_own() -> None:
    for patient in identities(50, 5):
        first = twin(patient, patient)
        second = twin(first, patient)
        assert len({patient.ins, first.ins, second.ins}) == 3


def test_an_unknown_case_among_them_is_told() -> None:
    with pytest.raises(HarnessError, match="ct-brian"):
        cases.make_cases({"anna": cases.Choice("ct-brian")}, 1, CLOCK)
