"""Pseudonyms: consistent, of the same shape, and judged as what they stand for."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.rules import national
from harness.rules import profile as profiles
from harness.rules.nir import Number
from harness.rules.profile import Profile
from harness.show import outputs
from harness.show.checking import Asked, check
from harness.show.formats.jsonfmt import to_json
from harness.show.redact.pseudonyms import Pseudonyms, folded
from harness.show.redact.run import prove, redact_all, redact_run
from harness.show.report import Report
from harness.show.runs import recorded, session
from harness.show.runs.rejudging import judge_again
from harness.sim.actor import Actor
from harness.sim.case import Case, Patient
from harness.sim.generate import cases, hard, identity
from harness.wire.cda import Document
from harness.wire.er7 import Message

KEYS = (b"one" * 8, b"two" * 8)
NAMES = st.text(
    st.sampled_from("ABCDEÉÈÇLMNORSTUVÏŒabcdeéèçlmnorstuvïœ'- "), min_size=1, max_size=20
)


@pytest.fixture(scope="module")
def known() -> Pseudonyms:
    return Pseudonyms(KEYS[0])


# -- values ----------------------------------------------------------------------------------


@given(NAMES)
def test_a_name_keeps_length_case_accents_and_marks(known: Pseudonyms, name: str) -> None:
    put = known.name(name)
    assert len(put) == len(name)
    assert [shape(char) for char in put] == [shape(char) for char in name]
    assert known.name(name) == put
    assert folded(known.name(folded(name))) == folded(put)


def shape(char: str) -> tuple[bool, bool, object]:
    marks = unicodedata.normalize("NFD", char)[1:]
    cedilla = marks in ("\u0327", "\u0303")
    return char.isupper(), char.islower(), cedilla or marks if char.isalpha() else char


def test_names_stay_apart(known: Pseudonyms) -> None:
    names = {"".join((a, b, c)) for a in "BCDFG" for b in "AEIOU" for c in "LMNRS"}
    assert len({known.word(name) for name in names}) == len(names)
    assert all(known.word(name) != name for name in names)


@given(st.sampled_from("12"), st.dates(), st.sampled_from(identity.PLACES), st.integers(1, 999))
def test_an_ins_keeps_its_key_and_belongs_to_nobody(
    known: Pseudonyms, sex: str, born: object, place: tuple[str, str], order: int
) -> None:
    text = identity.ins_number("M" if sex == "1" else "F", born, place[0], order)  # type: ignore[arg-type]
    put = Number(known.ins(text))
    assert put.has_shape
    assert put.has_key
    assert put.text[:1] == sex
    assert int(put.text[10:13]) >= 987
    assert put.place == known.commune(place[0])
    assert put.text != text
    wrong = text[:13] + f"{int(text[13:]) % 97 + 1:02d}"
    assert not Number(known.ins(wrong)).has_key
    assert known.ins(wrong)[:13] == put.text[:13]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("IDNPS", "810143069408"), ("RPPS", "10143069408"), ("IDNST", "1480995588"),
        ("FINEG", "480995588"), ("SIREN", "732829320"), ("SIRET", "73282932000074"),
    ],
)  # fmt: skip
def test_national_numbers_keep_their_kind_and_key(known: Pseudonyms, kind: str, text: str) -> None:
    read, put = (
        (national.read_person, known.person(kind, text))
        if kind in national.PERSON_TYPES
        else (national.read_structure, known.organization(kind, text))
    )
    before, after = read(kind, text), read(kind, put)
    assert before
    assert after
    assert (after.kind, after.has_key) == (before.kind, True)
    assert put != text
    broken = text[:-1] + str((int(text[-1]) + 1) % 10)
    found = read(
        kind,
        known.person(kind, broken)
        if kind in national.PERSON_TYPES
        else known.organization(kind, broken),
    )
    assert found
    assert not found.has_key


def test_the_same_number_is_the_same_however_it_is_written(known: Pseudonyms) -> None:
    assert known.organization("IDNST", "1480995588") == "1" + known.organization(
        "FINEG", "480995588"
    )
    plain = known.phone("0684791142")
    assert known.phone("06 84 79 11 42").replace(" ", "") == plain
    assert known.telecom("tel:+33684791142") == f"tel:+33{plain[1:]}"


@pytest.mark.parametrize(
    "text", ["2.25.863975956992104652693972073516627772", "1.2.840.113619.2.55.3.2831868286.1"]
)
def test_an_uid_stays_one(known: Pseudonyms, text: str) -> None:
    put = known.identifier(text)
    assert re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", put)
    assert len(put) == len(text)
    assert put != text
    assert put.split(".")[:2] == text.split(".")[:2]


def test_what_stands_beside_a_number_stays(known: Pseudonyms) -> None:
    plain = known.identifier("ACN15406321")
    assert known.identifier("ACN15406321-2") == f"{plain}-2"
    short = known.identifier("A-12/34")
    assert re.fullmatch(r"A-\d\d/\d\d", short)
    assert known.phrases["A-12/34"] == short


def test_dates_move_together(known: Pseudonyms) -> None:
    first, second = "20260105100000+0100", "20260119100000+0100"
    moved = [datetime.strptime(known.moment(text), "%Y%m%d%H%M%S%z") for text in (first, second)]
    assert (moved[1] - moved[0]).days == 14
    assert moved[0].weekday() == 0
    assert known.birth("19771011")[:4] == str(1977 - known.years)
    assert known.birth("19771011") != "19771011"
    assert known.birth("197710") == known.birth("19771011")[:6]
    for odd in ("", "1977", "19771332", "inconnu", "19771000"):
        assert len(known.birth(odd)) == len(odd)


def test_another_key_gives_other_pseudonyms() -> None:
    one, other = (Pseudonyms(key) for key in KEYS)
    assert one.word("DURAND") != other.word("DURAND")
    assert one.ins("277106912399125") != other.ins("277106912399125")


def test_free_text_is_searched_for_what_is_known() -> None:
    text = (
        "OBX|1|TX|1^x^L||Mme Anaïs Durand, née le 11/10/1977 (11 octobre 1977), IPP 8310923,"
        " tél. 06.84.79.11.42, adressée par le Centre Saint-Nicaise||||||F"
    )
    pid = (
        "PID|||8310923^^^SITE^PI||DURAND^ANAIS^^^^^L||19771011|F|||||0684791142"
        "\rORC|NW||||||||||||||||||||Centre Saint-Nicaise"
    )
    head = "MSH|^~\\&|A|B|C|D|20260105||ORM^O01|1|T|2.5.1|||||FRA|UNICODE UTF-8"
    put = redact_all([f"{head}\r{text}\r{pid}\r".encode()], Pseudonyms(KEYS[0]))[0].decode()
    for secret in ("Durand", "DURAND", "Anaïs", "ANAIS", "8310923", "1977", "84.79", "84791142"):
        assert secret not in put
    assert "Nicaise" not in put
    assert "adressée par le Centre" in put
    name = put.split("\r")[2].split("|")[5].split("^")[0]
    assert f" {name.capitalize()}, née le " in put


@given(st.binary(max_size=300))
def test_any_bytes_are_taken(data: bytes) -> None:
    for head in (b"", b"MSH|^~\\&|||||||||||", b"<ClinicalDocument><id extension='"):
        redact_all([head + data], Pseudonyms(KEYS[0]))


# -- messages and documents ------------------------------------------------------------------


def messages(name: str, seed: int, profile: Profile, clock: datetime) -> Iterator[bytes]:
    case = cases.make_case(name, seed, clock)
    for flow in profile.flows.values():
        yield composed(flow.id, case, profile, clock)


def composed(flow: str, case: Case, profile: Profile, clock: datetime) -> bytes:
    return Actor(profile.flow(flow).sender, profile, case).compose(flow, case, clock).raw


def same_findings(raws: list[bytes], profile: Profile, folder: Path, key: bytes) -> None:
    put = redact_all(raws, Pseudonyms(key))
    assert [len(raw) for raw in put] == [len(raw) for raw in raws]
    file = folder / "one.er7"
    for before, after in zip(raws, put, strict=True):
        reports = []
        for raw in (before, after):
            file.write_bytes(raw)
            reports.append(check([file], Asked(profile)))
        proof = prove(*reports)
        assert (proof.gone, proof.new) == ((), ())


@pytest.mark.parametrize("guide", ["livre-blanc-2024", "ans-tlr-2026"])
@pytest.mark.parametrize("number", range(4))
def test_generated_messages_have_the_same_findings(
    guide: str, number: int, clock: datetime, tmp_path: Path
) -> None:
    profile = profiles.load(guide)
    name = cases.names()[number * 3 % len(cases.names())]
    raws = list(messages(name, 40 + number, profile, clock))
    same_findings(raws, profile, tmp_path, KEYS[number % 2])


def test_hard_identities_have_the_same_findings(
    profile: Profile, case: Case, clock: datetime, tmp_path: Path
) -> None:
    people = [p for _, p in hard.hard_identities(len(hard.KINDS), 3, identity.patient)]
    raws = [composed("A", replace(case, patient=who), profile, clock) for who in people]
    same_findings(raws, profile, tmp_path, KEYS[0])


@pytest.mark.corpus
def test_official_files_have_the_same_findings(
    corpus: Path, profile: Profile, tmp_path: Path
) -> None:
    files = [
        file
        for folder in ("ans-transmission-cda", "ans-teleradiologie-2026", "ans-cda-img")
        for file in sorted((corpus / folder).iterdir())
        if file.suffix in (".er7", ".hl7", ".xml")
    ]
    assert len(files) > 20
    same_findings([file.read_bytes() for file in files], profile, tmp_path, KEYS[1])


# -- runs ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["faulty", "stopped"])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, profile: Profile
) -> tuple[Report, Report]:
    """A run, and the same one with pseudonyms."""
    report: Report = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp("run")
    session.keep_files(report.exchanges, folder)
    (folder / "result.json").write_text(to_json(report, every=True), encoding="utf-8")
    run = redact_run(recorded.read(folder), Pseudonyms(KEYS[0]))
    return report, judge_again(run, profile, "telerad judge")


def test_a_run_has_the_same_findings_and_facts(both: tuple[Report, Report]) -> None:
    before, after = both
    proof = prove(before, after)
    assert (proof.gone, proof.new) == ((), ())
    assert after.verdict is before.verdict
    agree = [
        [[cell.agrees for row in c.rows for cell in row.cells] for c in report.concordance]
        for report in both
    ]
    assert agree[0] == agree[1]


def test_a_difference_would_be_told(both: tuple[Report, Report]) -> None:
    before, after = both
    proof = prove(before, replace(after, exchanges=after.exchanges[:0]))
    assert proof.same == 0
    assert not proof.holds


def encodings(secret: str) -> Iterator[bytes]:
    """A value as it might be hidden in a file."""
    bare = folded(secret)
    for text in {secret, secret.upper(), secret.lower(), bare, bare.lower(), secret[::-1]}:
        raw = text.encode()
        yield raw
        yield text.encode("utf-16-le")
        yield raw.hex().encode()
        yield quote(text).encode()
        yield json.dumps(text)[1:-1].encode()
        yield "".join(f"&#{ord(char)};" for char in text).encode()
        for offset in range(3):
            whole = base64.b64encode(b"\0" * offset + raw)
            yield whole[4 if offset else 0 : -4]


def secrets(report: Report) -> set[str]:
    """Names, numbers, addresses and birth dates that the messages of a run tell."""
    found: set[str] = set()
    for judged in report.judged:
        message = judged.message
        if message is None:
            continue
        for place in (
            "PID-3.1", "PID-5.1", "PID-5.2", "PID-7", "PID-11.1", "PID-13.1", "PID-13.4",
            "PID-13.12", "PID-18.1", "PV1-7.1", "PV1-19.1", "ORC-2.1", "ORC-12.1", "ORC-12.2",
            "ORC-12.3", "ORC-21.10", "OBR-16.2", "PRT-5.1", "PRT-5.2", "IPC-1.1", "IPC-3.1",
        ):  # fmt: skip
            found |= {node.value for node in message.at(place) if node.present}
        document = judged.document
        if document and document.root is not None:
            found |= document_secrets(document)
    long = {text for text in found if len(text) >= 5 and text != '""'}
    assert len(long) > 10
    return long


def document_secrets(document: Document) -> set[str]:
    header = "/cda:ClinicalDocument"
    places = (
        "//cda:assignedPerson/cda:name/cda:family", "//cda:patient/cda:name/cda:given",
        "/cda:recordTarget//cda:streetName", "//cda:telecom/@value", "/cda:setId/@root",
        "//cda:birthTime/@value",
    )  # fmt: skip
    return {node.value.removeprefix("tel:") for p in places for node in document.at(header + p)}


def test_nothing_of_anybody_is_left(both: tuple[Report, Report]) -> None:
    before, after = both
    files = [judged.message.raw for judged in after.judged if judged.message]
    files += [judged.document.raw for judged in after.judged if judged.document]
    kinds = ("json", "ndjson", "junit", "sarif", "github", "markdown", "html")
    for kind in kinds if len(after.exchanges) < 10 else ("json",):
        files.append(outputs.render(after, kind, "fr").encode("utf-8", "backslashreplace"))
    whole = b"\n".join(files)
    # bytes of a document are looked at as they travel, in base64, by the lines above
    few = sorted(secrets(before))[:: max(1, len(after.exchanges) // 5)]
    leaks = {
        secret
        for secret in few
        for form in set(encodings(secret))
        if len(form) >= 5 and form in whole
    }
    assert leaks == set()


def test_the_same_person_is_the_same_in_every_flow(both: tuple[Report, Report]) -> None:
    pairs: dict[str, set[str]] = {}
    for before, after in zip(both[0].judged, both[1].judged, strict=True):
        one, other = before.message, after.message
        if one and other and one.has("PID-3[5=INS].1"):
            pairs.setdefault(one.first("PID-3[5=INS].1"), set()).add(other.first("PID-3[5=INS].1"))
    assert pairs
    assert all(len(put) == 1 for put in pairs.values())
    assert len({next(iter(put)) for put in pairs.values()}) == len(pairs)


def test_envelope_and_document_name_the_same_patient(profile: Profile, clock: datetime) -> None:
    raws = list(messages("ct-brain", 7, profile, clock))
    put = Message(redact_all(raws, Pseudonyms(KEYS[0]))[-1])
    document = profile.subject("E", put).document
    assert document
    role = "/cda:ClinicalDocument/cda:recordTarget/cda:patientRole"
    assert document.first(f"{role}/cda:id/@extension") == put.first("PID-3[5=INS].1")
    family = document.first(f"{role}/cda:patient/cda:name/cda:family")
    assert family == put.first("PID-5.1")
    assert document.first(f"{role}/cda:patient/cda:birthTime/@value") == put.first("PID-7")


def test_a_patient_of_the_case_is_gone(profile: Profile, clock: datetime) -> None:
    patient: Patient = cases.make_case("ct-brain", 7, clock).patient
    raws = list(messages("ct-brain", 7, profile, clock))
    before, after = b"".join(raws), b"".join(redact_all(raws, Pseudonyms(KEYS[0])))
    for secret in (patient.ins, patient.birth_name, patient.ipp.value):
        assert secret.encode() in before
        assert secret.encode() not in after


def test_what_is_attached_is_replaced() -> None:
    pdf = b"%PDF-1.4\n" + b"DURAND " * 300
    picture = b"\xff\xd8\xff\xe0\0\x10JFIF" + b"DURAND" * 20
    for data in (pdf, picture):
        body = base64.b64encode(data)
        raw = b"MSH|^~\\&|A\rOBX|1|ED|x||^APPLICATION^PDF^Base64^" + body + b"\r"
        put = Message(redact_all([raw], Pseudonyms(KEYS[0]))[0]).first("OBX-5.5")
        inner = base64.b64decode(put)
        assert b"DURAND" not in inner
        assert len(inner) == len(data)
        assert inner[:4] == data[:4]
