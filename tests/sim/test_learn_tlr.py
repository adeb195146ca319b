"""What flows 1, 3 and 4 of the ANS guide tell is what the other side knows afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.rules import profile as profiles
from harness.sim.actor import Actor, Conversation
from harness.sim.case import Answer, Case, Exam, Reason
from harness.sim.generate import cases
from harness.sim.learning.tlr import LEARNERS
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-02-03T08:00:00+01:00")
GUIDE = profiles.load("ans-tlr-2026")
OURS = cases.make_case("mg-screening", 5, CLOCK)
SENDER = {"1": "ris", "2": "ris", "3": "platform", "4": "ris"}


def learnt(theirs: Case, *flows: str, ours: Case = OURS) -> Case:
    """Our case after these messages of theirs."""
    talk = Conversation(ours)
    for flow in flows:
        message = Actor(SENDER[flow], GUIDE, theirs).compose(flow, theirs, CLOCK)
        receiver = "platform" if SENDER[flow] == "ris" else "ris"
        Actor(receiver, GUIDE, ours).learn(talk, flow, message)
    return talk.case


@pytest.mark.parametrize("name", ["us-limbs", "mr-brain", "dx-knee", "pt-lung"])
@pytest.mark.parametrize(
    "read",
    [
        lambda case: case.patient.ins,
        lambda case: case.patient.birth_given_names,
        lambda case: case.order.placer_number.value,
        lambda case: case.visit.appointment,
        lambda case: case.order.justification,
        lambda case: case.order.purpose,
        lambda case: case.order.technique,
        lambda case: case.order.regions,
        lambda case: case.order.requested_modality.code,
        lambda case: case.order.medical_history,
        lambda case: case.order.relevance,
        lambda case: (case.order.height, case.order.weight),
        lambda case: (case.responsible.national_id, case.responsible.family),
        lambda case: (case.site.national_id, case.site.name, case.site.phone),
        lambda case: case.radiologist.national_id,
        lambda case: case.narrative.protocol,
    ],
)
def test_the_platform_learns_the_request(name: str, read: Callable[[Case], object]) -> None:
    theirs = cases.make_case(name, 9, CLOCK)
    assert read(learnt(theirs, "1")) == read(theirs)


def test_the_appointment_is_not_taken_for_the_visit() -> None:
    assert learnt(cases.make_case("us-limbs", 9, CLOCK), "1").visit.number == OURS.visit.number


def test_a_request_of_another_kind_gets_a_protocol_about_it() -> None:
    theirs = cases.make_case("us-limbs", 9, CLOCK)
    arm = replace(theirs.order.regions[1].code, code="737561001", label="rachis")
    region = replace(theirs.order.regions[0], code=arm)
    theirs = replace(theirs, order=replace(theirs.order, regions=(region,)))
    assert "rachis" in learnt(theirs, "1").narrative.protocol


def told_of(exam: Exam) -> tuple[object, ...]:
    """What flow 4 tells of an examination."""
    return (
        exam.act.code,
        exam.accession_number.value,
        exam.accession_number.oid,
        exam.study_uid,
        exam.modality.code,
        exam.regions,
        exam.start,
        exam.udi,
    )


@pytest.mark.parametrize("name", ["us-limbs", "ct-body", "dx-limbs", "nm-parathyroid", "dx-knee"])
def test_the_platform_learns_every_examination(name: str) -> None:
    theirs = cases.make_case(name, 9, CLOCK)
    found = learnt(theirs, "1", "4")
    assert [told_of(exam) for exam in found.exams] == [told_of(exam) for exam in theirs.exams]
    assert found.details.retention == theirs.details.retention
    for exam in found.exams:
        assert exam.partial_url.startswith(theirs.viewer)
        assert exam.study_uid in exam.partial_url


def test_the_platform_learns_the_products() -> None:
    theirs = cases.make_case("nm-parathyroid", 9, CLOCK)
    found = learnt(theirs, "1", "4").details.tracers
    told = [(t.atc.code[:3], t.lot, t.activity) for t in theirs.details.tracers]
    assert [(t.atc.code, t.lot, t.activity) for t in found] == told


def test_the_ris_learns_the_protocols() -> None:
    answer = Answer(protocols=("Deuxième.", "Troisième."))
    theirs = replace(cases.make_case("us-limbs", 9, CLOCK), answer=answer)
    found = learnt(theirs, "3")
    assert found.answer == answer
    assert found.narrative.protocol == theirs.narrative.protocol
    assert found.radiologist.national_id == theirs.radiologist.national_id
    assert found.platform.national_id == theirs.platform.national_id


@pytest.mark.parametrize(
    "reason", [Reason("Avis clinique demandé"), Reason("Indisponible", "INDISPO", "L")]
)
def test_the_ris_learns_a_refusal_and_the_platform_a_cancellation(reason: Reason) -> None:
    theirs = cases.make_case("us-limbs", 9, CLOCK)
    theirs = replace(theirs, answer=Answer(False, reason), cancellation=reason)
    assert learnt(theirs, "3").answer == theirs.answer
    assert learnt(theirs, "1", "2").cancellation == reason


def test_a_file_is_not_read_as_a_protocol() -> None:
    theirs = replace(cases.make_case("us-limbs", 9, CLOCK), answer=Answer(encapsulated=True))
    found = learnt(theirs, "3")
    assert found.answer.encapsulated
    assert "fichier" in found.narrative.protocol


@pytest.mark.parametrize("made", sorted(LEARNERS))
@given(raw=st.binary(max_size=300), junk=st.text(max_size=40))
def test_learning_never_raises(made: str, raw: bytes, junk: str) -> None:
    head = "MSH|^~\\&|A|B|C|D|2026||OMI^O23^OMI_O23|1|T|2.5.1\rORC|SR|1\rTQ1||||||"
    body = f"{head}{junk}\rOBX|1|ED|URL_PARTIELLE_VIEWER||^TEXT^^Base64^{junk}\rIPC|{junk}"
    for message in (Message(raw), Message(b"MSH|^~\\&|" + raw), Message(body.encode())):
        assert LEARNERS[made](OURS, message).name == OURS.name
