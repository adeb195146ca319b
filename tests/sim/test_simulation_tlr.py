"""Both sides of the ANS guide, simulated, with nothing in common but what they tell each other."""

from dataclasses import replace
from datetime import datetime

import pytest
from memory import Wire, findings, report_of, sent

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.rules.transmitted import document_of
from harness.sim.actor import Actor
from harness.sim.case import Answer, Case, Reason
from harness.sim.events import Received
from harness.sim.generate import cases
from harness.sim.play import Setting
from harness.sim.simulation import Simulation
from harness.wire.cda import Document

CLOCK = datetime.fromisoformat("2026-02-03T08:00:00+01:00")


@pytest.fixture(scope="module")
def guide() -> Profile:
    return profiles.load("ans-tlr-2026")


@pytest.fixture
def setting_tlr(setting: Setting, guide: Profile) -> Setting:
    return replace(setting, profile=guide)


def played(setting: Setting, theirs: Case, ours: Case) -> dict[str, Simulation]:
    machines = {
        "ris": Simulation("ris", replace(setting, case=theirs), talks=True),
        "platform": Simulation("platform", replace(setting, case=ours), talks=True),
    }
    Wire(machines).run()
    return machines


@pytest.mark.parametrize("name", ["mr-brain", "dx-knee", "ct-body", "us-limbs", "nm-parathyroid"])
def test_both_systems_simulated_play_the_whole_exchange(setting_tlr: Setting, name: str) -> None:
    theirs = cases.make_case(name, 3, CLOCK)
    machines = played(setting_tlr, theirs, cases.make_case("mg-screening", 8, CLOCK))
    for machine in machines.values():
        assert sorted(x.flow for x in machine.exchanges) == ["1", "3", "4", "B", "E"]
        assert all(x.state == "done" for x in machine.exchanges)
        assert findings(setting_tlr.profile, machine.exchanges) == []
        assert report_of(setting_tlr.profile, machine.exchanges).verdict is Verdict.PASS


def test_a_refused_request_has_no_further_course(setting_tlr: Setting) -> None:
    refusal = Answer(accepted=False, reason=Reason("Indication à revoir"))
    ours = replace(cases.make_case("mg-screening", 8, CLOCK), answer=refusal)
    machines = played(setting_tlr, cases.make_case("mr-brain", 3, CLOCK), ours)
    assert sorted(x.flow for x in machines["ris"].exchanges) == ["1", "3", "B"]
    (talk,) = machines["ris"].actor.conversations.values()
    assert not talk.case.answer.accepted
    assert talk.case.answer.reason == refusal.reason


@pytest.fixture
def report(setting_tlr: Setting) -> tuple[Case, Document]:
    """What the platform writes about two examinations of a RIS that it knows nothing else of."""
    theirs = cases.make_case("ct-body", 3, CLOCK)
    ours = cases.make_case("mg-screening", 8, CLOCK)
    platform = Simulation("platform", replace(setting_tlr, case=ours), talks=True)
    ris = Actor("ris", setting_tlr.profile, theirs)
    for flow in ("1", "4"):
        message = ris.compose(flow, theirs, CLOCK)
        _, delivered = platform.handle(Received("platform", "c-1", message.raw), 0.0)
    found = document_of(sent([delivered])[0])
    assert found is not None
    return theirs, found


@pytest.mark.parametrize("number", [1, 2])
def test_the_report_tells_every_examination_of_flow_4(
    report: tuple[Case, Document], number: int
) -> None:
    theirs, document = report
    exam = theirs.exams[number - 1]
    order = f"/cda:ClinicalDocument/cda:inFulfillmentOf[{number}]/cda:order"
    event = f"/cda:ClinicalDocument/cda:documentationOf[{number}]/cda:serviceEvent"
    accession = f"{order}/ps3-20:accessionNumber"
    assert document.first(f"{accession}/@extension") == exam.accession_number.value
    assert document.first(f"{accession}/@root") == exam.accession_number.oid
    assert document.first(f"{event}/cda:id/@root") == exam.study_uid
    assert document.first(f"{event}/cda:code/@code") == exam.act.code
    codes = {node.value for node in document.at(f"{event}/cda:code/cda:translation/@code")}
    assert {exam.modality.code, exam.region.code} <= codes
    assert exam.study_uid in document.raw.decode().replace("&amp;", "&")


def test_the_link_of_the_report_is_the_one_received_and_the_report(
    report: tuple[Case, Document],
) -> None:
    theirs, document = report
    text = document.raw.decode().replace("&amp;", "&")
    assert f"{theirs.viewer}?" in text
    identifier = document.first("/cda:ClinicalDocument/cda:id/@root")
    assert f"&idCDA={identifier}" in text


def test_nothing_is_learnt_of_what_was_refused(setting_tlr: Setting) -> None:
    """A complement about another patient, refused, leaves the conversation as it was."""
    theirs, others = (cases.make_case("mr-brain", seed, CLOCK) for seed in (3, 4))
    platform = Simulation("platform", setting_tlr, talks=True)
    ris = Actor("ris", setting_tlr.profile, theirs)
    received = [ris.compose("1", theirs, CLOCK)]
    received.append(ris.compose("4", replace(others, order=theirs.order), CLOCK))
    for message in received:
        platform.handle(Received("platform", "c-1", message.raw), 0.0)
    (talk,) = platform.actor.conversations.values()
    assert talk.case.patient.ins == theirs.patient.ins
    answers = [x.answer.message for x in platform.exchanges if x.answer and x.flow != "3"]
    assert [answer.first("MSA-1") for answer in answers] == ["AA", "AE"]
    assert answers[1].first("ERR-3.1") == "204"
    assert [x.flow for x in platform.exchanges] == ["1", "3", "4"]
