"""Messages of flows 1 to 4 of the ANS guide: every datum at its place, every variant clean."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pybase64
import pytest

from harness.rules import profile as profiles
from harness.rules.orders import orders
from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.sim.actor import Actor
from harness.sim.case import Answer, Case, Reason
from harness.sim.form import Form
from harness.sim.generate import cases
from harness.sim.generate.segments import stamp
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
COURSE = ("1", "B", "3", "4", "E")
every_case = pytest.mark.parametrize("name", cases.names())


@pytest.fixture(scope="module")
def guide() -> Profile:
    return profiles.load("ans-tlr-2026")


def composed(guide: Profile, case: Case, flow: str, charset: str = "UTF-8") -> Message:
    actor = Actor(guide.flow(flow).sender, guide, case)
    return actor.compose(flow, case, CLOCK, Form(charset=charset))


def attention(guide: Profile, case: Case, course: tuple[str, ...]) -> dict[str, list[str]]:
    """Ids of the rules that do not pass, by flow."""
    earlier: tuple[Subject, ...] = ()
    found = {}
    actors = {role: Actor(role, guide, case) for role in ("ris", "platform")}
    for flow in course:
        message = actors[guide.flow(flow).sender].compose(flow, case, CLOCK)
        subject = guide.subject(flow, message, earlier=earlier, on_wire=True)
        subject = replace(subject, recorded=flow != "E")  # the addendum replaces another report
        found[flow] = [o.rule.id for o in guide.judge(subject) if o.verdict.needs_attention]
        earlier += (subject,)
    return found


@every_case
@pytest.mark.parametrize("seed", range(2))
def test_nothing_generated_deserves_a_finding(guide: Profile, name: str, seed: int) -> None:
    found = attention(guide, cases.make_case(name, seed, CLOCK), COURSE)
    assert found == {flow: [] for flow in COURSE}


@pytest.mark.parametrize(
    ("course", "change"),
    [
        (("1", "3"), {"answer": Answer(False, Reason("Indisponible", "INDISPO", "L"))}),
        (("1", "3"), {"answer": Answer(False, Reason("Avis clinique demandé"))}),
        (("1", "2"), {"cancellation": Reason("Patient parti")}),
        (("1", "3", "2"), {"cancellation": Reason("Patient parti", "ABSENT", "L")}),
        (COURSE, {"answer": Answer(protocols=("Second protocole.",))}),
        (COURSE, {"answer": Answer(protocols=("Second protocole.",), encapsulated=True)}),
    ],
)
def test_what_is_decided_deserves_no_finding(
    guide: Profile, course: tuple[str, ...], change: dict[str, object]
) -> None:
    case = replace(cases.make_case("us-limbs", 3, CLOCK), **change)  # type: ignore[arg-type]
    assert attention(guide, case, course) == {flow: [] for flow in course}


@pytest.mark.parametrize(
    ("flow", "place", "read"),
    [
        ("1", "MSH-21", lambda case: "1.0^CISIS_TLR_HL7_V2"),
        ("1", "PV1-19.1", lambda case: case.visit.appointment.value),
        ("1", "ORC-1", lambda case: "NW"),
        ("1", "ORC-2.1", lambda case: case.order.placer_number.value),
        ("1", "ORC-11.1", lambda case: case.radiologist.national_id),
        ("1", "ORC-12.1", lambda case: case.responsible.national_id),
        ("1", "ORC-17.1", lambda case: "STRUCTURE_IMAGERIE"),
        ("1", "ORC-21.10", lambda case: case.site.national_id),
        ("1", "OBR-4.1", lambda case: "TRANSMISSION_DEMANDE"),
        ("1", "OBR-13", lambda case: case.order.justification),
        ("1", "NTE[4.1=FINALITE_EXAMEN]-3", lambda case: case.order.purpose),
        ("1", "OBX[3.1=REGION_ANATOMIQUE]-5.1", lambda case: case.order.regions[0].code.code),
        ("1", "OBX[3.1=8302-2]-5", lambda case: case.order.height),
        ("1", "OBX[3.1=29463-7]-5", lambda case: case.order.weight),
        ("1", "OBX[3.1=11322-5]-8", lambda case: case.order.relevance[0]),
        ("1", "OBX[1]-11", lambda case: "O"),
        ("2", "ORC-1", lambda case: "CA"),
        ("2", "OBR-4.1", lambda case: "ANNULATION_DEMANDE"),
        ("3", "ORC-1", lambda case: "OK"),
        ("3", "ORC-12.1", lambda case: case.radiologist.national_id),
        ("3", "ORC-17.1", lambda case: "PLATEFORME_TLR"),
        ("3", "ORC-21.10", lambda case: case.platform.national_id),
        ("3", "OBX[3.1=PROTOCOLE_IMAGERIE]-5", lambda case: case.narrative.protocol),
        ("4", "ORC-1", lambda case: "SR"),
        ("4", "TQ1-6.1", lambda case: str(case.details.retention)),
        ("4", "TQ1-7", lambda case: stamp(case.exam.start)),
        ("4", "OBX[3.1=CODE_ACTE_IMAGERIE]-5.1", lambda case: case.exam.act.code),
        ("4", "OBX[3.1=REGION_ANATOMIQUE]-5.1", lambda case: case.exam.region.code),
        ("4", "IPC-1.1", lambda case: case.exam.accession_number.value),
        ("4", "IPC-1.3", lambda case: case.exam.accession_number.oid),
        ("4", "IPC-2.1", lambda case: case.exam.act.code),
        ("4", "IPC-3", lambda case: case.exam.study_uid),
        ("4", "IPC-4.1", lambda case: case.exam.act.code),
    ],
)
def test_data_stand_where_the_guide_has_them(
    guide: Profile, flow: str, place: str, read: Callable[[Case], str]
) -> None:
    for name in cases.names():
        case = cases.make_case(name, 7, CLOCK)
        assert composed(guide, case, flow).first(place) == read(case)


@pytest.mark.parametrize(
    ("name", "asked", "done"),
    [
        ("mr-brain", "MR^DCM", "MR^DCM"),
        ("dx-knee", "MED-1126^terminologie-cisis-fr", "MED-1126^terminologie-cisis-fr"),
        ("us-abdomen", "MED-1128^terminologie-cisis-fr", "MED-1128^terminologie-cisis-fr"),
        ("xa-biopsy", "OT^DCM", "MED-1127^terminologie-cisis-fr"),
    ],
)
def test_a_modality_is_one_of_the_value_set(
    guide: Profile, name: str, asked: str, done: str
) -> None:
    case = cases.make_case(name, 1, CLOCK)
    for flow, wanted in (("1", asked), ("4", done)):
        message = composed(guide, case, flow)
        place = "OBX[3.1=MODALITE_IMAGERIE]-5"
        assert f"{message.first(f'{place}.1')}^{message.first(f'{place}.3')}" == wanted


@pytest.mark.parametrize(
    ("sex", "pregnant", "told"),
    [("F", "77386006", "Y"), ("F", "60001007", "N"), ("F", "261665006", ""), ("M", "60001007", "")],
)
def test_pregnancy_is_told_of_a_woman_when_it_is_known(
    guide: Profile, sex: str, pregnant: str, told: str
) -> None:
    case = cases.make_case("ct-chest", 1, CLOCK)
    status = replace(case.details.pregnancy, code=pregnant)
    case = replace(
        case,
        patient=replace(case.patient, sex=sex),
        details=replace(case.details, pregnancy=status),
    )
    assert composed(guide, case, "1").first("OBX[3.1=82810-3]-5.1") == told


def observed(message: Message, code: str) -> list[tuple[str, str]]:
    """Sub-id and value of each OBX of a code."""
    obx = (f"OBX[{number}]" for number in range(1, len(message.named("OBX")) + 1))
    found = [place for place in obx if message.first(f"{place}-3.1") == code]
    return [(message.first(f"{place}-4"), message.first(f"{place}-5.1")) for place in found]


@pytest.mark.parametrize("flow", ["1", "4"])
def test_regions_have_their_precision_under_the_same_number(guide: Profile, flow: str) -> None:
    message = composed(guide, cases.make_case("us-limbs", 1, CLOCK), flow)
    assert observed(message, "REGION_ANATOMIQUE") == [
        ("1.1", "61685007"),
        ("1.2", "24028007"),
        ("2.1", "53120007"),
        ("2.2", "7771000"),
    ]


def test_products_have_type_lot_and_quantity(guide: Profile) -> None:
    case = cases.make_case("nm-parathyroid", 1, CLOCK)
    one, two = case.details.tracers
    assert observed(composed(guide, case, "4"), "PRODUIT_ADMINISTRE") == [
        ("1.1", "V09"),
        ("1.2", one.lot),
        ("1.3", one.activity),
        ("2.1", "V09"),
        ("2.2", two.lot),
        ("2.3", two.activity),
    ]


def test_a_contrast_medium_has_no_code_in_the_guide_and_is_not_told(guide: Profile) -> None:
    case = cases.make_case("ct-brain", 1, CLOCK)
    assert case.exam.products
    assert observed(composed(guide, case, "4"), "PRODUIT_ADMINISTRE") == []


def test_each_examination_has_a_group_of_its_own(guide: Profile) -> None:
    case = cases.make_case("ct-body", 1, CLOCK)
    message = composed(guide, case, "4")
    groups = orders(message)
    assert [group.first("IPC-3.1") for group in groups] == [e.study_uid for e in case.exams]
    assert {group.first("ORC-2.1") for group in groups} == {case.order.placer_number.value}
    for group, exam in zip(groups, case.exams, strict=True):
        url = pybase64.b64decode(group.first("OBX-5.5")).decode()
        assert exam.study_uid in url
        assert exam.accession_number.value in url
        assert "idCDA" not in url
        assert [group.first(f"OBX-{field}") for field in (1, 11)] == ["1", "F"]


def test_the_last_segment_of_a_group_is_ipc(guide: Profile) -> None:
    message = composed(guide, cases.make_case("ct-body", 1, CLOCK), "4")
    names = [segment.name for segment in message.segments]
    assert [n for n in names if n != "OBX"] == [
        *("MSH", "PID", "PV1"),
        *("ORC", "TQ1", "OBR", "IPC") * 2,
    ]


@pytest.mark.parametrize("flow", ["1", "2", "3", "4"])
def test_a_message_is_written_in_the_character_set_it_declares(guide: Profile, flow: str) -> None:
    case = cases.make_case("us-limbs", 1, CLOCK)
    site = replace(case.site, name="Centre d'imagerie du Cœur")
    case = replace(case, site=site, platform=replace(site, name="Cœur"))
    case = replace(case, exam=replace(case.exam, device="Modèle œ-1", udi="(01)1"))
    message = composed(guide, case, flow, "8859/15")
    assert message.first("MSH-18") == "8859/15"
    assert "œ".encode("iso8859-15") in message.raw
    assert message.raw.decode("iso8859-15") == composed(guide, case, flow).raw.decode().replace(
        "UNICODE UTF-8", "8859/15"
    )


def test_what_would_part_a_message_is_escaped(guide: Profile) -> None:
    case = cases.make_case("us-limbs", 1, CLOCK)
    words = "Bras | jambe ^ a&b ~ c\\d"
    case = replace(
        case,
        order=replace(case.order, justification=words, purpose=words, technique=words),
        answer=Answer(False, Reason(words)),
    )
    first, answer = (composed(guide, case, flow) for flow in ("1", "3"))
    assert first.first("OBR-13") == words
    assert first.first("NTE[4.1=FINALITE_EXAMEN]-3") == words
    assert first.first("NTE[4.1=MODALITE_IMAGERIE]-3") == words
    assert answer.first("ORC-16.2") == words


def test_a_protocol_in_several_lines_keeps_them(guide: Profile) -> None:
    case = cases.make_case("us-limbs", 1, CLOCK)
    assert "\n" in case.narrative.protocol
    raw = composed(guide, case, "3").raw.decode()
    assert "\\.br\\" in raw


def test_encapsulated_protocols_are_files(guide: Profile) -> None:
    answer = Answer(protocols=("Second.",), encapsulated=True)
    case = replace(cases.make_case("ct-brain", 1, CLOCK), answer=answer)
    message = composed(guide, case, "3")
    assert len(message.named("OBX")) == 2
    for number in (1, 2):
        place = f"OBX[{number}]"
        assert [message.first(f"{place}-{at}") for at in ("2", "5.2", "5.4")] == [
            *("ED", "TEXT", "Base64")
        ]
        assert pybase64.b64decode(message.first(f"{place}-5.5")).startswith(b"%PDF")
