import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Subject, Verdict
from harness.sim.actor import Actor
from harness.sim.case import Case, Organization, Professional
from harness.sim.generate import cases, cda_report, cda_request, messages
from harness.sim.generate.messages import Refusal
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
ORDER = ("A", "B", "C", "D", "E")
SENDER = {"A": "ris", "B": "ris", "C": "platform", "D": "ris", "E": "platform"}
DOCUMENTS = {"CR": cda_report.report, "DA": cda_request.request}
TIME = re.compile(rb"\d{14}\+\d{4}")
every_case = pytest.mark.parametrize("name", cases.names())
every_document = pytest.mark.parametrize("kind", DOCUMENTS)


def conversation(profile: Profile, case: Case, at: datetime = CLOCK) -> Iterator[Message]:
    """The messages of flows A to E of a case, in order."""
    actors = {role: Actor(role, profile, case) for role in ("ris", "platform")}
    for flow in ORDER:
        yield actors[SENDER[flow]].compose(flow, case, at)


def digests() -> str:
    """One line for everything that is generated with seed 7."""
    found, profile = hashlib.sha256(), profiles.load()
    for name in cases.names():
        for message in conversation(profile, cases.make_case(name, 7, CLOCK)):
            found.update(message.raw)
    return found.hexdigest()


@every_case
def test_same_name_seed_and_clock_give_the_same_bytes(profile: Profile, name: str) -> None:
    first, again = (
        [message.raw for message in conversation(profile, cases.make_case(name, 7, CLOCK))]
        for _ in range(2)
    )
    assert first == again
    assert len(set(first)) == len(ORDER)


@every_case
@every_document
def test_same_name_seed_and_clock_give_the_same_document(name: str, kind: str) -> None:
    first, again = (DOCUMENTS[kind](cases.make_case(name, 7, CLOCK)) for _ in range(2))
    assert first == again


def test_another_process_gives_the_same_bytes() -> None:
    """No set, hash or environment decides what is written."""
    here = Path(__file__)
    code = f"import sys; sys.path.insert(0, {str(here.parent)!r}); "
    code += f"import {here.stem} as test; print(test.digests())"
    environment = {**os.environ, "PYTHONHASHSEED": "42", "TZ": "Pacific/Noumea", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == digests()


def test_another_seed_gives_another_case() -> None:
    one, other = (cases.make_case("ct-brain", seed, CLOCK) for seed in (1, 2))
    assert one.patient.ins != other.patient.ins
    assert one.order.placer_number != other.order.placer_number
    assert one.exam.study_uid != other.exam.study_uid
    assert one.report_document.id != other.report_document.id


LATER = CLOCK + timedelta(days=40, hours=3, minutes=7, seconds=9)


@every_case
def test_another_clock_moves_only_the_times_of_messages(profile: Profile, name: str) -> None:
    now, later = (
        list(conversation(profile, cases.make_case(name, 7, at), at)) for at in (CLOCK, LATER)
    )
    for flow, one, other in zip(ORDER, now, later, strict=True):
        if flow in "BE":
            one, other = (m.with_value("OBX[1]-5.5", "") for m in (one, other))
        assert one.raw != other.raw
        assert TIME.sub(b"", one.raw) == TIME.sub(b"", other.raw)


@every_case
@every_document
def test_another_clock_moves_only_the_times_of_a_document(name: str, kind: str) -> None:
    one, other = (DOCUMENTS[kind](cases.make_case(name, 7, at)) for at in (CLOCK, LATER))
    assert one != other
    assert TIME.sub(b"", one) == TIME.sub(b"", other)


@pytest.mark.parametrize(
    ("flow", "place", "read"),
    [
        ("A", "ORC-1", lambda case: "NW"),
        ("A", "ORC-2.1", lambda case: case.order.placer_number.value),
        ("A", "OBR-13", lambda case: case.order.justification),
        ("A", "OBR-4.1", lambda case: case.exam.act.code),
        ("A", "OBR-16.1", lambda case: case.requester.national_id),
        ("C", "ORC-5", lambda case: "SC"),
        ("C", "OBX[3.1=PROTOCOLE_IMAGERIE]-5", lambda case: case.narrative.protocol),
        ("D", "ORC-5", lambda case: "CM"),
        ("D", "OBR-7", lambda case: messages.stamp(case.exam.start)),
        ("D", "OBR-18", lambda case: case.exam.accession_number.value),
        ("D", "OBR-24", lambda case: case.exam.modality.code),
        ("D", "ZDS-1.1", lambda case: case.exam.study_uid),
        ("D", "PV1-7.1", lambda case: case.responsible.national_id),
        ("E", "OBR-4.1", lambda case: "18748-4"),
        ("B", "OBR-4.1", lambda case: "55115-0"),
    ],
)
def test_data_stand_where_the_guide_or_the_profile_has_them(
    profile: Profile, flow: str, place: str, read: Callable[[Case], str]
) -> None:
    for name in cases.names():
        case = cases.make_case(name, 7, CLOCK)
        message = Actor(SENDER[flow], profile, case).compose(flow, case, CLOCK)
        assert message.first(place) == read(case)


def luhn(number: str) -> bool:
    doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(number)))
    return sum(n // 10 + n % 10 for n in doubled) % 10 == 0


@pytest.mark.parametrize(("number", "right"), [("79927398713", True), ("79927398710", False)])
def test_luhn(number: str, right: bool) -> None:
    assert luhn(number) is right


def ins_key(number: str) -> int:
    return 97 - int(number[:13].replace("2A", "19").replace("2B", "18")) % 97


@cache
def many() -> tuple[Case, ...]:
    return tuple(cases.make_case(name, n, CLOCK) for n in range(25) for name in cases.names())


def test_every_ins_has_its_key_and_the_test_authority() -> None:
    for case in many():
        patient = case.patient
        assert int(patient.ins[13:]) == ins_key(patient.ins)
        assert patient.ins_oid == "1.2.250.1.213.1.4.10"
        assert int(patient.ins[10:13]) >= 987  # nobody's


def test_corsica_and_births_abroad_are_drawn() -> None:
    drawn = {case.patient.birth_cog[:2] for case in many()}
    assert {"2A", "2B", "97", "99"} <= drawn


def professionals(case: Case) -> tuple[Professional, ...]:
    return case.requester, case.responsible, case.radiologist


def organizations(case: Case) -> tuple[Organization, ...]:
    return case.site, case.platform, *(who.organization for who in professionals(case))


def test_every_rpps_has_its_key() -> None:
    for case in many():
        for who in professionals(case):
            assert re.fullmatch(r"8\d{11}", who.national_id)
            assert luhn(who.national_id[1:])


def test_every_finess_has_its_key() -> None:
    for case in many():
        for structure in organizations(case):
            assert re.fullmatch(r"1\d{9}", structure.national_id)
            assert luhn(structure.finess)


def test_a_professional_works_where_the_case_says() -> None:
    for case in many():
        assert case.responsible.organization == case.site
        assert case.radiologist.organization == case.platform
        assert case.requester.organization not in (case.site, case.platform)


@pytest.fixture(scope="session")
def official_schema(corpus: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(corpus / "cda-xsd" / "CDA_extended.xsd")))


@pytest.mark.corpus
@every_case
@every_document
def test_a_document_is_valid_against_the_official_schema(
    official_schema: etree.XMLSchema, name: str, kind: str
) -> None:
    official_schema.assertValid(etree.fromstring(DOCUMENTS[kind](cases.make_case(name, 7, CLOCK))))


@pytest.mark.corpus
def test_the_official_schema_refuses_a_document_without_its_patient(
    official_schema: etree.XMLSchema,
) -> None:
    root = etree.fromstring(cda_report.report(cases.make_case("ct-brain", 7, CLOCK)))
    root.remove(root.find("{urn:hl7-org:v3}recordTarget"))
    assert not official_schema.validate(root)


def attention(profile: Profile, case: Case) -> dict[str, list[str]]:
    """What a report would say of each flow: ids of the rules that do not pass."""
    earlier: tuple[Subject, ...] = ()
    found = {}
    for flow, message in zip(ORDER, conversation(profile, case), strict=True):
        subject = profile.subject(flow, message, earlier=earlier, on_wire=True)
        outcomes = profile.judge(subject)
        found[flow] = [o.rule.id for o in outcomes if o.verdict.needs_attention]
        assert any(o.verdict is Verdict.PASS for o in outcomes)
        earlier += (subject,)
    return found


@every_case
@pytest.mark.parametrize("seed", range(3))
def test_nothing_generated_deserves_a_finding(profile: Profile, name: str, seed: int) -> None:
    assert attention(profile, cases.make_case(name, seed, CLOCK)) == {flow: [] for flow in ORDER}


def test_many_requests_deserve_no_finding(profile: Profile) -> None:
    """Names, towns and numbers of every kind."""
    for seed in range(60):
        case = cases.make_case("ct-brain", seed, CLOCK)
        message = Actor("ris", profile, case).compose("A", case, CLOCK)
        outcomes = profile.judge(profile.subject("A", message, on_wire=True))
        assert [(seed, o.rule.id) for o in outcomes if o.verdict.needs_attention] == []


def test_an_unknown_case_names_the_nearest() -> None:
    with pytest.raises(HarnessError, match="did you mean `ct-brain`"):
        cases.make_case("ct-brian", 1, CLOCK)


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(HarnessError):
        cases.make_case("ct-brain", 1, CLOCK.replace(tzinfo=None))


def acknowledged(received: bytes, code: str = "AA", refusals: tuple[Refusal, ...] = ()) -> Message:
    return Message(messages.acknowledgement(Message(received), CLOCK, "ACK-1", code, refusals))


def test_an_acknowledgement_goes_back_where_the_message_came_from(
    profile: Profile, case: Case
) -> None:
    message = Actor("ris", profile, case).compose("A", case, CLOCK)
    answer = acknowledged(message.raw)
    pairs = {"MSH-3": "MSH-5", "MSH-4": "MSH-6", "MSH-5": "MSH-3", "MSH-6": "MSH-4"}
    assert {p: answer.first(p) for p in pairs} == {p: message.first(q) for p, q in pairs.items()}
    assert answer.first("MSA-2") == message.first("MSH-10")
    subject = profile.subject("ACK", answer, request=message, on_wire=True)
    assert [o.rule.id for o in profile.judge(subject) if o.verdict.needs_attention] == []


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("PID", "PID^1"),
        ("ORC-2", "ORC^1^2^1"),
        ("PID-3[2].4.2", "PID^1^3^2^4^2"),
        ("OBX[3]-5.5", "OBX^3^5^1^5"),
        ("no place", ""),
    ],
)
def test_a_refusal_names_its_place_as_hl7_does(place: str, expected: str) -> None:
    answer = acknowledged(b"MSH|^~\\&|\r", "AE", (Refusal(place, "101", "a|b^c"),))
    assert answer.node("ERR-2").data == expected.encode()
    assert answer.first("ERR-8") == "a|b^c"


@given(st.binary(max_size=200) | st.binary(max_size=60).map(b"MSH|^~\\&|".__add__))
def test_whatever_is_received_can_be_acknowledged(received: bytes) -> None:
    answer = acknowledged(received, "AR", (Refusal("MSH-9", "200", "?"),))
    assert [segment.name for segment in answer.segments] == ["MSH", "MSA", "ERR"]
    assert answer.first("MSA-1") == "AR"


@pytest.mark.parametrize("charset", ["UNICODE UTF-8", "8859/15", "8859/1", ""])
@pytest.mark.parametrize("number", ["0001", "é-1", "a\\T\\b", "x^y&z", " 7 "])
def test_the_number_of_the_message_comes_back_byte_for_byte(charset: str, number: str) -> None:
    codec = {"8859/15": "iso8859-15", "8859/1": "iso8859-1"}.get(charset, "utf-8")
    raw = f"MSH|^~\\&|A|B|C|D|20260105||ORM^O01|{number}|T|2.5.1||||||{charset}\r".encode(codec)
    assert acknowledged(raw).node("MSA-2").data == number.encode(codec)


def test_a_second_version_of_a_report_names_the_first(case: Case) -> None:
    identity = replace(case.report_document, id="2.25.5", version=2, replaces="2.25.4")
    raw = cda_report.report(replace(case, report_document=identity))
    assert b'<parentDocument><id root="2.25.4"/>' in raw.replace(b"\n", b"").replace(b"  ", b"")
