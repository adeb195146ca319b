"""One fault, one finding: what follows from a fault is not told as well."""

import pytest

from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.selfcheck.bases import CLOCK
from harness.wire import edit
from harness.wire.edit import Edit

SENDER = {"A": "ris", "B": "ris", "D": "ris", "E": "platform"}
PREFIX = "/cda:ClinicalDocument/cda:author[1]//cda:assignedPerson/cda:name/cda:prefix"
SPECIALTY = "/cda:ClinicalDocument/cda:author[1]/cda:assignedAuthor/cda:code/@code"


@pytest.mark.parametrize(
    ("flow", "change", "told"),
    [
        ("A", Edit("remove", "PV1"), "LB-A-STRUCTURE"),
        ("A", Edit("set", "MSH-9.3", "ORU_R99"), "STD-VERSION"),
        ("A", Edit("set", "PID-11[7=BDL].7", "ZZ9"), "LB-A-PID-11-COG"),
        ("E", Edit("set", "MSH-9.1", "ZZ9"), "TC-MSH-9"),
        ("E", Edit("set", "MSH-12.1", "2.99"), "TC-MSH-12-ORU"),
        ("E", Edit("set", "MSH-18", "ZZ9"), "TC-MSH-18"),
        ("E", Edit("set", PREFIX, ""), "CDA-DT-PREFIX-001"),
        ("E", Edit("set", SPECIALTY, "ZZ9"), "CDA-VS-AUTHOR"),
    ],
)
def test_what_follows_from_a_fault_is_not_told(
    profile: Profile, case: Case, flow: str, change: Edit, told: str
) -> None:
    message = Actor(SENDER[flow], profile, case).compose(flow, case, CLOCK)
    outcomes = profile.judge(profile.subject(flow, edit.apply(message, (change,))))
    assert {o.rule.id for o in outcomes if o.verdict.needs_attention} == {told}


def test_a_fault_elsewhere_in_the_document_is_still_told(profile: Profile, case: Case) -> None:
    """What is explained at one place only speaks of the others."""
    message = Actor("platform", profile, case).compose("E", case, CLOCK)
    edits = (Edit("set", SPECIALTY, "ZZ9"), Edit("set", PREFIX, ""))
    outcomes = profile.judge(profile.subject("E", edit.apply(message, edits)))
    told = {o.rule.id for o in outcomes if o.verdict.needs_attention}
    assert told == {"CDA-VS-AUTHOR", "CDA-DT-PREFIX-001"}


def test_a_used_given_name_alone_is_a_name(profile: Profile, case: Case) -> None:
    """The repetition of the name in use may hold a given name only (INS-T07)."""
    message = Actor("ris", profile, case).compose("D", case, CLOCK)
    local = (Edit("remove", "PID-3[5=INS]"), Edit("set", "PID-32", "PROV"))
    for name, wrong in (("ESSAI^ANNE^^^^^L~^ALIX^^^^^D", False), ("^ANNE^^^^^L", True)):
        changed = edit.apply(message, (*local, Edit("set", "PID-5", name)))
        outcomes = profile.judge(profile.subject("D", changed))
        broken = {o.rule.id for o in outcomes if o.verdict.needs_attention}
        assert ("LB-PID-5" in broken) is wrong
