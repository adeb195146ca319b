from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory import sent

from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.rules.transmitted import document_of
from harness.sim.actor import Actor
from harness.sim.case import Case, Identifier
from harness.sim.events import Action, Received, Reply
from harness.sim.generate import cases
from harness.sim.learning.learn import learn
from harness.sim.play import Setting
from harness.sim.simulation import Simulation
from harness.wire.cda import Document
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-02-03T08:00:00+01:00")


@pytest.fixture
def theirs() -> Case:
    """What the real RIS has: another patient, another examination, other people."""
    return cases.make_case("us-abdomen", 99, CLOCK)


@pytest.fixture
def ris(setting: Setting, theirs: Case) -> Actor:
    return Actor("ris", setting.profile, theirs)


@pytest.fixture
def platform(setting: Setting) -> Simulation:
    return Simulation("platform", setting, talks=True)


def received(platform: Simulation, message: Message) -> list[Action]:
    return platform.handle(Received("platform", "c-1", message.raw), 0.0)


@pytest.fixture
def answers(platform: Simulation, ris: Actor, theirs: Case) -> dict[str, Message]:
    """What the platform sends when A and D of their case have come."""
    found = {}
    for flow, ours in (("A", "C"), ("D", "E")):
        reply, message = received(platform, ris.compose(flow, theirs, CLOCK))
        assert isinstance(reply, Reply)
        assert sent([reply])[0].first("MSA-1") == "AA"
        (found[ours],) = sent([message])
    return found


@pytest.fixture
def report(answers: dict[str, Message]) -> Document:
    found = document_of(answers["E"])
    assert found is not None
    return found


def test_the_two_cases_have_nothing_in_common(theirs: Case, case: Case) -> None:
    """Else the tests below would prove nothing."""
    assert theirs.patient.ins != case.patient.ins
    assert theirs.order.placer_number != case.order.placer_number
    assert theirs.exam.accession_number != case.exam.accession_number
    assert theirs.exam.study_uid != case.exam.study_uid
    assert theirs.requester.national_id != case.requester.national_id
    assert theirs.responsible.national_id != case.responsible.national_id
    assert theirs.exam.modality != case.exam.modality


@pytest.mark.parametrize("flow", ["C", "E"])
def test_the_message_is_about_their_patient_and_order(
    answers: dict[str, Message], theirs: Case, flow: str
) -> None:
    message, patient = answers[flow], theirs.patient
    assert message.first("PID-3[5=INS].1") == patient.ins
    assert message.first("PID-3[5=INS].4.2") == patient.ins_oid
    assert message.first("PID-3[5=PI].1") == patient.ipp.value
    assert message.first("PID-5[7=L].1") == patient.birth_name
    assert message.first("PID-5[7=L].3") == " ".join(patient.birth_given_names)
    assert message.first("PID-7") == f"{patient.birth_date:%Y%m%d}"
    assert message.first("PID-8") == patient.sex
    assert message.first("PID-11[7=BDL].9") == patient.birth_cog
    assert message.first("PID-11[7=H].3") == patient.address.city
    assert message.first("PV1-19.1") == theirs.visit.number.value
    assert message.first("ORC-2.1") == theirs.order.placer_number.value


@pytest.mark.parametrize(
    ("xpath", "expected"),
    [
        ("//cda:patientRole/cda:id[@root='1.2.250.1.213.1.4.10']/@extension", "patient.ins"),
        ("//ps3-20:accessionNumber/@extension", "exam.accession_number.value"),
        ("//ps3-20:accessionNumber/@root", "exam.accession_number.oid"),
        ("//cda:inFulfillmentOf/cda:order/cda:id/@extension", "order.placer_number.value"),
        ("//cda:documentationOf/cda:serviceEvent/cda:id/@root", "exam.study_uid"),
        (
            "//cda:participant/cda:associatedEntity/cda:id/@extension",
            "requester.national_id",
        ),
        (
            "//cda:legalAuthenticator/cda:assignedEntity/cda:id/@extension",
            "responsible.national_id",
        ),
        ("//cda:author[2]/cda:assignedAuthor/cda:id/@extension", "responsible.national_id"),
        (
            "//cda:custodian//cda:representedCustodianOrganization/cda:id/@extension",
            "site.national_id",
        ),
        (
            "//cda:custodian//cda:representedCustodianOrganization/cda:name",
            "site.name",
        ),
        ("//cda:serviceEvent/cda:code/cda:translation[cda:qualifier]/@code", "exam.modality.code"),
    ],
)
def test_the_report_holds_what_they_said(
    report: Document, theirs: Case, xpath: str, expected: str
) -> None:
    value: object = theirs
    for name in expected.split("."):
        value = getattr(value, name)
    assert report.first(xpath) == value


def test_the_act_of_the_report_is_theirs(report: Document, theirs: Case) -> None:
    assert report.first("//cda:serviceEvent/cda:code/@code") == theirs.exam.act.code
    assert theirs.exam.act.label in report.first("/cda:ClinicalDocument/cda:title")


def test_nobody_of_our_own_case_is_in_the_report(report: Document, case: Case) -> None:
    for ours in (
        case.patient.ins,
        case.patient.ipp.value,
        case.order.placer_number.value,
        case.exam.accession_number.value,
        case.exam.study_uid,
        case.requester.national_id,
        case.requester.family,
        case.responsible.national_id,
        case.site.national_id,
    ):
        assert ours.encode() not in report.raw


def test_the_radiologist_of_the_report_is_ours(report: Document, case: Case) -> None:
    author = report.first("//cda:author[1]/cda:assignedAuthor/cda:id/@extension")
    assert author == case.radiologist.national_id


def test_the_link_to_the_images_is_made_of_what_was_learnt(report: Document, theirs: Case) -> None:
    (link,) = {node.value for node in report.at("//cda:reference/@value") if "://" in node.value}
    assert f"studyUID={theirs.exam.study_uid}" in link
    assert f".{theirs.exam.accession_number.value}&" in link


def test_what_was_learnt_deserves_no_finding(
    platform: Simulation, answers: dict[str, Message]
) -> None:
    assert [x.flow for x in platform.exchanges] == ["A", "C", "D", "E"]
    for exchange in platform.exchanges:
        assert exchange.request.verdict is Verdict.PASS, exchange.flow


@pytest.mark.parametrize("name", ["ct-brain", "ct-chest", "dx-knee", "mg-screening", "mr-brain"])
def test_doses_come_from_the_examination(profile: Profile, case: Case, name: str) -> None:
    theirs = cases.make_case(name, 5, CLOCK)
    message = Actor("ris", profile, theirs).compose("D", theirs, CLOCK)
    assert theirs.exam.doses != case.exam.doses
    assert learn(case, message, profile.elements).exam.doses == theirs.exam.doses


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("OBX|1|NM|113813^PDL^DCM||12.5|mGy.cm", [("12.5", "mGy.cm")]),
        ("OBX|1|NM|113813^PDL^DCM||12.5|", [("12.5", "mGy.cm")]),
        ("OBX|1|NM|113813^PDL^DCM||douze|mGy.cm", []),
        ("OBX|1|NM|113813^PDL^DCM|||mGy.cm", []),
        ("OBX|1|NM|POIDS^Poids^L||70|kg", []),
        ("OBX|1|NM|111636^DGM^DCM||3|", []),
    ],
)
def test_only_what_is_a_dose_is_learnt_as_one(
    profile: Profile, case: Case, line: str, values: list[tuple[str, str]]
) -> None:
    raw = f"MSH|^~\\&|\rORC|SC|1\r{line}\rZDS|1.2.3\r".encode()
    doses = learn(case, Message(raw), profile.elements).exam.doses
    assert [(dose.value, dose.unit) for dose in doses] == values


def test_an_act_that_we_do_not_know_is_taken_as_it_is(profile: Profile, case: Case) -> None:
    message = Actor("ris", profile, case).compose("A", case, CLOCK)
    learnt = learn(case, message.with_value("OBR-4", "1-8^Acte^LN"), profile.elements)
    assert (learnt.exam.act.code, learnt.exam.act.label) == ("1-8", "Acte")
    assert learnt.exam.act.system == case.exam.act.system
    assert learnt.exam.ccam is None


@pytest.mark.parametrize("act", ["", "SCAN1^Scanner^L", "ACQH003^Scanographie^CCAM"])
def test_an_act_that_is_not_in_loinc_leaves_ours(profile: Profile, case: Case, act: str) -> None:
    message = Actor("ris", profile, case).compose("A", case, CLOCK).with_value("OBR-4", act)
    assert learn(case, message, profile.elements).exam.act == case.exam.act


def test_the_type_of_a_document_is_no_act(profile: Profile) -> None:
    """OBR-4 of a transmission is 55115-0 or 18748-4: a protocol about it would be wrong."""
    case = cases.make_case("ct-brain", 5, CLOCK)
    for flow in ("B", "E"):
        message = Actor(profile.flow(flow).sender, profile, case).compose(flow, case, CLOCK)
        assert learn(case, message, profile.elements).exam.act == case.exam.act


def test_a_ris_learns_the_protocol_s_order(setting: Setting) -> None:
    """As the RIS, C of an unknown order is answered by D about that order."""
    theirs = cases.make_case("ct-brain", 5, CLOCK)
    ris = Simulation("ris", setting, talks=True)
    protocol = Actor("platform", setting.profile, theirs).compose("C", theirs, CLOCK)
    reply, ours = ris.handle(Received("ris", "c-1", protocol.raw), 0.0)
    assert sent([reply])[0].first("MSA-1") == "AA"
    assert sent([ours])[0].first("ORC-2.1") == theirs.order.placer_number.value
    assert sent([ours])[0].first("PID-3[5=INS].1") == theirs.patient.ins


@pytest.mark.parametrize(
    "number",
    [
        "OPN-1^^1.2.250.1.213.99.1.12^ISO",
        "0001",
        " 12 ",
        "a\\T\\b^RIS",
        "a\\X41\\b",
        "É-1^SITE",
        "1^NS&é^1.2.3^ISO",
        "1^^1.2.3^ISO^",
        "x" * 199,
    ],
)
@pytest.mark.parametrize("charset", ["UNICODE UTF-8", "8859/15"])
def test_the_order_number_comes_back_byte_for_byte(
    platform: Simulation, ris: Actor, theirs: Case, number: str, charset: str
) -> None:
    codec = "utf-8" if charset == "UNICODE UTF-8" else "iso8859-15"
    for flow in ("A", "D"):
        message = ris.compose(flow, theirs, CLOCK)
        text = message.raw.decode().replace("UNICODE UTF-8", charset)
        message = Message(text.encode(codec, "replace"))
        for place in ("ORC-2", "OBR-2"):
            message = message.with_value(place, number.encode(codec))
        _, ours = received(platform, message)
        (echoed,) = sent([ours])
        theirs_text, ours_text = (m.text(m.node("ORC-2").data) for m in (message, echoed))
        assert ours_text == theirs_text


Read = Callable[[Case], object]


@pytest.mark.parametrize(
    ("place", "read"),
    [
        ("PV1-19", lambda case: case.visit.number),
        ("PID-18", lambda case: case.visit.account),
        ("ORC-9", lambda case: case.order.placed),
        ("OBR-13", lambda case: case.order.justification),
        ("ORC-12", lambda case: case.requester),
        ("OBR-7", lambda case: case.exam.start),
        ("ORC-21", lambda case: case.site),
        ("ORC-23", lambda case: case.site.phone),
    ],
)
def test_what_is_not_said_stays_as_it_was(
    profile: Profile, case: Case, theirs: Case, place: str, read: Read
) -> None:
    message = Actor("ris", profile, theirs).compose("D", theirs, CLOCK).without(place)
    if place == "ORC-21":
        found = learn(case, message, profile.elements).site
        assert (found.national_id, found.name) == (case.site.national_id, case.site.name)
    else:
        assert read(learn(case, message, profile.elements)) == read(case)


def test_a_message_without_a_patient_teaches_none(profile: Profile, case: Case) -> None:
    message = Actor("ris", profile, case).compose("A", case, CLOCK).without("PID")
    assert learn(case, message, profile.elements).patient == case.patient


def test_what_was_learnt_before_is_kept(profile: Profile, case: Case, theirs: Case) -> None:
    ris = Actor("ris", profile, theirs)
    known = learn(case, ris.compose("D", theirs, CLOCK), profile.elements)
    again = learn(known, ris.compose("A", theirs, CLOCK), profile.elements)
    assert again.exam == known.exam
    assert again.requester == known.requester


@cache
def our_case() -> Case:
    return cases.make_case("ct-brain", 7, CLOCK)


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_nothing_that_is_received_stops_the_learning(profile: Profile, parts: list[bytes]) -> None:
    ours = our_case()
    names = (b"MSH|^~\\&|", b"PID|||", b"ORC|NW|", b"ZDS|1.2|")
    raw = b"\r".join(name + part for name, part in zip(names, parts, strict=False))
    found = learn(ours, Message(raw), profile.elements)
    Actor("platform", profile, found).compose("E", found, CLOCK)


def test_an_order_number_without_an_oid_is_written_without_one(
    platform: Simulation, ris: Actor, theirs: Case
) -> None:
    bare = replace(theirs, order=replace(theirs.order, placer_number=Identifier("77")))
    _, ours = received(platform, ris.compose("A", bare, CLOCK))
    assert sent([ours])[0].node("ORC-2").data == b"77"
