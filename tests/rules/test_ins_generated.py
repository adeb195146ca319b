"""Ten thousand generated identities, plain and hard, under the INS rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from harness.rules.nir import Number
from harness.rules.profile import Profile
from harness.rules.rule import Subject, evaluate_all
from harness.sim.actor import Actor
from harness.sim.case import Case, Patient
from harness.sim.generate import cases, hard, identity, segments
from harness.wire.er7 import Message

OLD_PLACES = {"corsica-before-1976", "algeria-before-1962"}


@pytest.fixture(scope="module")
def case() -> Case:
    return cases.make_case("ct-brain", 7, datetime.fromisoformat("2026-01-05T10:00:00+01:00"))


def said(profile: Profile, case: Case, patients: Iterator[Patient]) -> Iterator[tuple[str, ...]]:
    """For each patient, the ids of the INS rules that have something to say."""
    rules = [rule for rule in profile.rules if rule.group == "ins" and "D" in rule.kinds]
    head = b"MSH|^~\\&|RIS|S|TLR|P|20260105||ORM^O01^ORM_O01|1|T|2.5.1|||||FRA|UNICODE UTF-8\r"
    for patient in patients:
        pid = segments.pid(patient, case.visit.account).encode() + b"\r"
        subject = Subject("D", Message(head + pid))
        yield tuple(o.rule.id for o in evaluate_all(rules, subject) if o.findings)


@pytest.mark.parametrize("count", [300, pytest.param(6_000, marks=pytest.mark.slow)])
def test_plain_identities_are_beyond_reproach(profile: Profile, case: Case, count: int) -> None:
    found = list(said(profile, case, identity.identities(count, seed=3)))
    assert len(found) == count
    assert set(found) == {()}


@pytest.mark.parametrize("count", [180, pytest.param(4_000, marks=pytest.mark.slow)])
def test_hard_identities_are_right_and_old_places_are_information(
    profile: Profile, case: Case, count: int
) -> None:
    kinds, patients = zip(*hard.hard_identities(count, 3, identity.patient), strict=True)
    found = list(said(profile, case, iter(patients)))
    assert set(kinds) == set(hard.KINDS)
    for kind, ids in zip(kinds, found, strict=True):
        assert ids == (("INS-X04-HISTORY",) if kind in OLD_PLACES else ()), kind


def test_the_number_is_that_of_the_traits() -> None:
    for patient in identity.identities(500, seed=3):
        number = Number(patient.ins)
        assert patient.ins_oid == "1.2.250.1.213.1.4.10"
        assert number.has_shape
        assert number.has_key
        assert number.sex == patient.sex
        assert number.year + number.month == f"{patient.birth_date:%y%m}"
        assert number.place == patient.birth_cog


def test_hard_identities_are_hard_and_always_the_same() -> None:
    named = list(hard.hard_identities(180, 5, identity.patient))
    assert [patient for _, patient in named] == list(identity.identities(180, 5, hard=True))
    of_kind = {kind: [p for name, p in named if name == kind] for kind in hard.KINDS}
    for elder, younger in zip(of_kind["twins"][::2], of_kind["twins"][1::2], strict=True):
        assert (elder.birth_name, elder.birth_date) == (younger.birth_name, younger.birth_date)
        assert elder.birth_cog == younger.birth_cog
        assert elder.ins != younger.ins
        assert elder.birth_given_names != younger.birth_given_names
    assert all(not Number(p.ins).knows_month for p in of_kind["unknown-month"])
    last_days = {(p.birth_date.month, p.birth_date.day) for p in of_kind["unknown-day-and-month"]}
    assert last_days == {(12, 31)}
    assert all(p.ins[5:7] == "20" and p.birth_cog[0] == "2" for p in of_kind["corsica-before-1976"])
    assert all(len(p.birth_given_names) > 10 for p in of_kind["many-names"])
    assert all(p.used_given_name and not p.used_name for p in of_kind["used-given-name-only"])
    assert all(p.ins_oid == identity.TEST_OID for _, p in named)
    assert all(int(p.ins[10:13]) >= 987 for _, p in named)


def test_every_hard_kind_passes_whole_messages(profile: Profile, case: Case) -> None:
    at = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
    for kind, patient in hard.hard_identities(len(hard.KINDS) + 1, 2, identity.patient):
        one = replace(case, patient=patient)
        for flow in profile.flows.values():
            message = Actor(flow.sender, profile, one).compose(flow.id, one, at)
            judged = profile.judge(profile.subject(flow.id, message))
            worst = [o.rule.id for o in judged if o.verdict.needs_attention]
            assert worst == [], (kind, flow.id)
