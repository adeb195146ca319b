"""Transmission of documents: actions, metadata, participants, MDM, mail, versions.

Each test makes one fault in a good message and names every rule that it may break.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.rules import guess
from harness.rules.profile import Profile
from harness.rules.rule import Level, Outcome, Subject, Verdict
from harness.rules.transmitted import METADATA
from harness.sim.selfcheck import bases
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

ACTIONS = {"NW": "F", "RO": "C", "CA": "D"}
EVENTS = {"NW": "T02", "RO": "T10", "CA": "T04"}
Bases = Mapping[str, Subject]


@pytest.fixture(scope="module")
def good(profile: Profile) -> Bases:
    return {
        base.name.removeprefix("ct-brain/"): base.subject
        for some in bases.plainest(profile).values()
        for base in some
    }


def of(place: str, value: str) -> Edit:
    return Edit("set", place, value)


def changed(profile: Profile, subject: Subject, *edits: Edit) -> Subject:
    message = edit.apply(subject.carried, edits)
    made = profile.subject(subject.kind, message, earlier=subject.earlier, towards=subject.towards)
    return replace(made, recorded=subject.recorded, request=subject.request)


def outcomes(profile: Profile, subject: Subject) -> dict[str, Outcome]:
    return {o.rule.id: o for o in profile.judge(subject) if o.findings}


def broken(profile: Profile, subject: Subject, *edits: Edit) -> set[str]:
    """What the edits break that the subject does not break itself."""
    before = outcomes(profile, subject)
    return set(outcomes(profile, changed(profile, subject, *edits))) - set(before)


# -- actions --------------------------------------------------------------------------------


@pytest.mark.parametrize("control", ACTIONS)
@pytest.mark.parametrize("status", ACTIONS.values())
def test_orc_1_and_obx_11_of_an_oru_say_one_action(
    profile: Profile, good: Bases, control: str, status: str
) -> None:
    base = good[{"NW": "E", "RO": "E replaced", "CA": "E deleted"}[control]]
    found = broken(profile, base, of("OBX[1]-11", status))
    assert found == (set() if ACTIONS[control] == status else {"TC-ACTION"})


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("control", EVENTS)
def test_event_and_orc_1_of_an_mdm_say_one_action(
    profile: Profile, good: Bases, event: str, control: str
) -> None:
    """The event leads: one that ORC-1 and OBX-11 contradict is told at ORC-1."""
    base = good["E replaced as MDM"]
    base = changed(profile, base, of("MSH-9.2", EVENTS[event]), of("OBX[1]-11", ACTIONS[event]))
    base = changed(profile, base, of("ORC-1", event))
    assert "TC-ACTION" not in outcomes(profile, base)
    found = outcomes(profile, changed(profile, base, of("ORC-1", control)))
    assert ("TC-ACTION" in found) == (event != control)
    if event != control:
        (finding,) = found["TC-ACTION"].findings
        assert finding.problem.at.path == "ORC-1"


@pytest.mark.parametrize("name", ["E", "E replaced", "E deleted", "E as MDM", "E replaced as MDM"])
def test_what_keeps_to_an_action_breaks_nothing(profile: Profile, good: Bases, name: str) -> None:
    assert outcomes(profile, good[name]) == {}


@pytest.mark.parametrize("code", ["XO", "SC", "OK", ""])
def test_an_unknown_action_is_told_once(profile: Profile, good: Bases, code: str) -> None:
    assert broken(profile, good["E"], of("ORC-1", code)) == {"TC-ORC-1"}


def test_a_replacement_names_one_document_and_not_itself(profile: Profile, good: Bases) -> None:
    base = good["B replaced"]
    related = "/cda:ClinicalDocument/cda:relatedDocument"
    own = base.document.first("/cda:ClinicalDocument/cda:id/@root") if base.document else ""
    twice = Edit("repeat", related)
    itself = of(f"{related}/cda:parentDocument/cda:id/@root", own)
    assert "TC-X-PARENT" in broken(profile, base, twice)
    assert "TC-X-PARENT" in broken(profile, base, itself)


# -- metadata -------------------------------------------------------------------------------


def _code(number: int) -> str:
    return f"OBX[{number + 2}]-3.1"


@pytest.mark.parametrize("code", METADATA)
def test_each_metadata_is_there_once(profile: Profile, good: Bases, code: str) -> None:
    rule = "TC-META-" + code.replace("_", "-")
    line = next(
        s for s in good["E"].carried.named("OBX") if code.encode() in s.field(3).split(b"^")
    )
    again = line.raw.replace(line.field(1), b"12", 1).decode()
    assert broken(profile, good["E"], Edit("remove", f"OBX[3.1={code}]")) == {rule}
    twice = broken(profile, good["E"], Edit("add", again, "OBX"))
    assert twice - {"TC-META-ORDER"} == {rule}


@pytest.mark.parametrize("first", range(len(METADATA) - 1))
def test_metadata_stand_in_order(profile: Profile, good: Bases, first: int) -> None:
    swap = (of(_code(first), METADATA[first + 1]), of(_code(first + 1), METADATA[first]))
    assert broken(profile, good["E"], *swap) == {"TC-META-ORDER"}


def test_a_document_behind_its_metadata_is_out_of_order(profile: Profile, good: Bases) -> None:
    line = good["E"].carried.named("OBX")[0].raw.decode()
    late = Edit("add", line.replace("OBX|1|", "OBX|12|"), "OBX")
    assert "TC-META-ORDER" in broken(profile, good["E"], late)


@pytest.mark.parametrize("number", range(len(METADATA)))
@pytest.mark.parametrize("value", ["", "O", "y", "OUI", "true", "1"])
def test_the_value_of_each_metadata_is_y_or_n(
    profile: Profile, good: Bases, number: int, value: str
) -> None:
    found = broken(profile, good["E"], of(f"OBX[{number + 2}]-5.1", value))
    assert found == {"TC-META-VALUE"}


@pytest.mark.parametrize(
    ("place", "value", "rule"),
    [
        ("OBX[4]-2", "CWE", "TC-META-TYPE"),
        ("OBX[4]-3.3", "", "TC-META-SYSTEM"),
        ("OBX[4]-3.3", "MétaDMPMSS", "TC-META-SYSTEM"),
        ("OBX[4]-3.2", "", "TC-LABELS"),
        ("OBX[4]-3.3", " MetaDMPMSS", "TC-BLANKS"),
        ("OBX[4]-5.3", "", "TC-META-ANSWER"),
        ("OBX[4]-5.3", "HL70136", "TC-META-ANSWER"),
        ("OBX[4]-11", "C", "TC-META-STATUS"),
        ("OBX[4]-11", "", "TC-META-STATUS"),
        ("OBX[4]-1", "", "TC-OBX-1"),
        ("OBX[4]-1", "1", "TC-OBX-1-ORDER"),
        ("OBX[4]-3.1", "INVISIBLE_REPRESENTANTS_LEGAUX", "TC-META-CODE"),
    ],
)
def test_a_metadata_is_well_written(
    profile: Profile, good: Bases, place: str, value: str, rule: str
) -> None:
    assert broken(profile, good["E"], of(place, value)) == {rule}


def test_a_metadata_of_an_mdm_is_a_cwe(profile: Profile, good: Bases) -> None:
    assert broken(profile, good["E as MDM"], of("OBX[4]-2", "CE")) == {"TC-META-TYPE"}


@pytest.mark.parametrize("kind", ["B", "E"])
def test_no_value_of_a_metadata_fails_a_message_between_site_and_platform(
    profile: Profile, good: Bases, kind: str
) -> None:
    """The white paper gives them no meaning there: Y everywhere may warn, and nothing more."""
    everything = [of(f"OBX[{number}]-5.1", "Y") for number in range(2, 12)]
    subject = changed(profile, good[kind], *everything)
    found = outcomes(profile, subject).values()
    assert max(outcome.verdict for outcome in found) is Verdict.WARNING
    found = outcomes(profile, replace(subject, towards="pfi")).values()
    assert max(outcome.verdict for outcome in found) is Verdict.FAIL


def test_a_rule_is_a_must_towards_a_pfi_only(profile: Profile, good: Bases) -> None:
    subject = changed(profile, good["E"], Edit("remove", "PRT"))
    assert outcomes(profile, subject)["TC-PRT"].rule.level is Level.SHOULD
    assert outcomes(profile, replace(subject, towards="pfi"))["TC-PRT"].rule.level is Level.MUST


def test_a_request_towards_a_pfi_is_reported(profile: Profile, good: Bases) -> None:
    assert outcomes(profile, good["B"]) == {}
    assert set(outcomes(profile, replace(good["B"], towards="pfi"))) == {"TC-PFI-REQUEST"}


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ("NNNNNYY", None),
        ("NNNYNYY", None),
        ("YYNNNYN", None),
        ("YNYNNNY", None),
        ("NNNNNYN", "TC-MAIL-MATRIX"),
        ("NNNNYNY", "TC-MAIL-MATRIX"),
        ("NYYNNYN", "TC-MAIL-MATRIX"),
        ("NYNNNNY", "TC-MAIL-INVISIBLE"),
        ("NNNNNNN", None),
    ],
)
def test_the_combinations_of_a_mail(
    profile: Profile, good: Bases, values: str, rule: str | None
) -> None:
    """MASQUE_PS, INVISIBLE_PATIENT, _REP_LEGAUX, CONNEXION_SECRETE, DESTDMP, …PS, …PAT."""
    columns = [METADATA[n] for n in (0, 1, 2, 3, 5, 6, 7)]
    edits = [of(f"OBX[3.1={c}]-5.1", v) for c, v in zip(columns, values, strict=True)]
    found = broken(profile, good["E mailed"], *edits) - {"TC-PRT-RCT-ASKED"}
    assert found == ({rule} if rule else set())


# -- mail bodies and notes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("OBX[12]-5.5", "Qm9uam91c", {"TC-MAIL-BASE64"}),
        ("OBX[12]-5.5", "6Q==", {"TC-MAIL-BASE64"}),  # é in Latin-1
        ("OBX[12]-2", "TX", {"TC-META-TYPE", "STD-COMPONENTS"}),
        ("OBX[12]-11", "C", {"TC-META-STATUS"}),
        ("OBX[12]-3.3", "", {"TC-META-SYSTEM"}),
        ("OBX[12]-3.1", "CORPSMAIL", {"TC-META-CODE"}),
        ("OBX[13]-3.1", "CORPSMAIL_PS", {"TC-MAIL-PS"}),
    ],
)
def test_a_mail_body_is_text(
    profile: Profile, good: Bases, place: str, value: str, expected: set[str]
) -> None:
    assert broken(profile, good["E mailed"], of(place, value)) == expected


def _with_note(subject: Subject, behind: bytes) -> Message:
    """`NTE|1|||FIN` behind the OBX of that code."""
    lines = subject.carried.raw.split(b"\r")
    at = next(n for n, line in enumerate(lines) if behind in line)
    return Message(b"\r".join([*lines[: at + 1], b"NTE|1|||FIN", *lines[at + 1 :]]))


@pytest.mark.parametrize(
    ("name", "behind", "expected"),
    [
        ("E mailed", b"DESTMSSANTEPAT^", set()),
        ("E", b"DESTMSSANTEPAT^", {"TC-META-FIN"}),
        ("E mailed", b"DESTMSSANTEPS^", {"TC-META-FIN"}),
    ],
)
def test_fin_stands_behind_a_mail_to_the_patient(
    profile: Profile, good: Bases, name: str, behind: bytes, expected: set[str]
) -> None:
    message = _with_note(good[name], behind)
    subject = profile.subject("E", message, earlier=good[name].earlier)
    assert set(outcomes(profile, subject)) == expected


# -- participants ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("PRT[1]-2", "AD", {"TC-PRT-2"}),
        ("PRT[1]-2", "", {"TC-PRT-2"}),
        ("PRT[1]-4.3", "HL70912", {"TC-PRT-4-SYSTEM"}),
        ("PRT[1]-4.3", "", {"TC-PRT-4-SYSTEM"}),
        ("PRT[1]-4.2", "", set()),
        ("PRT[1]-4.2", "Send by", set()),
        ("PRT[4]-4.1", "ZZ9", {"TC-PRT-4"}),
        ("PRT[1]-5", "", {"TC-PRT-SB-WHO"}),
        ("PRT[1]-5.9.3", "DNS", {"TC-PRT-SB-5-ISO"}),
        ("PRT[1]-8.1", "", {"TC-PRT-SB-8"}),
        ("PRT[1]-8.10", "", {"TC-PRT-SB-8"}),
        ("PRT[2]-5", "", {"TC-PRT-RCT-WHO"}),
        ("PRT[2]-15.3", "", {"TC-PRT-15-TYPE"}),
        ("PRT[2]-15.3", "Internet", {"TC-PRT-15-TYPE"}),
        ("PRT[2]-15.4", "", {"TC-PRT-15-MAIL"}),
        ("PRT[2]-15.4", "a@b@c", {"TC-PRT-15-MAIL"}),
        ("PRT[4]-15.4", "essai.mssante.fr", {"TC-PRT-15-MAIL"}),
        ("PRT[4]-15.3", "", {"TC-PRT-15-TYPE"}),
        ("PRT[3]-5.9", "1.2.250.1.213.1.4.10", {"TC-PRT-PAT-OID"}),
        ("PRT[3]-5.1", "185054809598745", {"TC-X-PATIENT"}),
        ("PRT[3]-5.2", "AUTRE", {"TC-X-PATIENT"}),
        ("PRT[3]-5.3", "AUTRE", {"TC-X-PATIENT"}),
        ("PRT[3]-15.4", "185054809598745@patient.mssante.fr", {"INS-X06"}),
        ("PRT[3]-15.4", "claude@essai.fr", {"TC-PRT-PAT-MAIL"}),
        ("PRT[2]-8", "Unité^^^^^480000017&480000017&N^UF^^^12", set()),
        ("PRT[2]-8.7", "SIRET", {"TC-PRT-RCT-8"}),
    ],
)
def test_a_participant_is_well_named(
    profile: Profile, good: Bases, place: str, value: str, expected: set[str]
) -> None:
    found = broken(profile, good["E mailed"], of(place, value))
    assert {rule for rule in found if not rule.startswith(("PS-", "ST-", "STD-"))} == expected


@pytest.mark.parametrize(
    ("removed", "expected"),
    [
        ("PRT", {"TC-PRT"}),
        ("PRT[4.1=SB]", {"TC-PRT-SB"}),
        ("PRT[2]", {"TC-PRT-RCT-PS"}),
        ("PRT[3]", {"TC-PRT-RCT-PAT"}),
        ("PRT[4.1=REPLY]", set()),
    ],
)
def test_who_is_needed_is_missed(
    profile: Profile, good: Bases, removed: str, expected: set[str]
) -> None:
    assert broken(profile, good["E mailed"], Edit("remove", removed)) == expected


def test_nobody_is_named_for_a_mail_that_is_not_asked(profile: Profile, good: Bases) -> None:
    edits = (of("OBX[3.1=DESTMSSANTEPS]-5.1", "N"), of("OBX[3.1=DESTDMP]-5.1", "N"))
    assert broken(profile, good["E mailed"], *edits) == {"TC-PRT-RCT-ASKED"}


@pytest.mark.parametrize(("role", "expected"), [("SB", "TC-PRT-SB-ONE"), ("REPLY", "TC-PRT-REPLY")])
def test_one_sender_and_one_reply_address(
    profile: Profile, good: Bases, role: str, expected: str
) -> None:
    lines = good["E mailed"].carried.named("PRT")
    line = next(line for line in lines if line.field(4).startswith(role.encode()))
    again = Edit("add", line.raw.decode(), "PRT")
    assert broken(profile, good["E mailed"], again) == {expected}


def test_participants_stand_behind_the_first_document(profile: Profile, good: Bases) -> None:
    line = good["E"].carried.named("PRT")[0].raw.decode()
    moved = (Edit("remove", "PRT"), Edit("add", line, "OBX"))
    assert broken(profile, good["E"], *moved) == {"TC-PRT-PLACE"}


# -- MDM, two forms, versions ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("TXA-1", "2", {"TC-TXA-1"}),
        ("TXA-2", "CN", {"TC-TXA-2"}),
        ("TXA-2", "", {"TC-TXA-2"}),
        ("TXA-3", "TX", {"TC-TXA-3"}),
        ("TXA-12.2", "SITE", {"TC-TXA-12-FORM"}),
        ("TXA-12", "1.2.250.1.213.99.1", {"TC-X-TXA-12"}),
        ("TXA-12", "1^^1.2.250.1.213.99.1^ISO", {"TC-X-TXA-12"}),
        ("TXA-13", "", {"TC-TXA-13"}),
        ("TXA-13", "1.2.250.1.213.99.1", {"TC-X-TXA-13"}),
        ("TXA-17", "LA", {"TC-TXA-17"}),
        ("OBX[1]-5.2", "TEXT", {"TC-OBX-5-CASE"}),
    ],
)
def test_the_txa_of_a_replacement(
    profile: Profile, good: Bases, place: str, value: str, expected: set[str]
) -> None:
    assert broken(profile, good["E replaced as MDM"], of(place, value)) == expected


def test_an_identifier_with_extension_is_written_in_its_own_way(
    profile: Profile, good: Bases
) -> None:
    root = "/cda:ClinicalDocument/cda:id"
    document = (of(f"{root}/@root", "1.2.250.1.213.99.5"), of(f"{root}/@extension", "58132"))
    right = of("TXA-12", "58132^^1.2.250.1.213.99.5^ISO")
    assert "TC-X-TXA-12" not in broken(profile, good["B as MDM"], *document, right)
    wrong = of("TXA-12", "58132^^1.2.250.1.213.99.6^ISO")
    assert "TC-X-TXA-12" in broken(profile, good["B as MDM"], *document, wrong)


@pytest.mark.parametrize("version", ["2.4", "2.5.1", "2.6"])
def test_the_version_of_an_oru(profile: Profile, good: Bases, version: str) -> None:
    found = broken(profile, good["E"], of("MSH-12", version))
    rule = "TC-MSH-12-2.5.1" if version == "2.5.1" else "TC-MSH-12-ORU"
    assert {name for name in found if name.startswith("TC-")} == {rule}


def test_an_mdm_of_flow_e_only_warns(profile: Profile, good: Bases) -> None:
    for kind in ("B", "E"):
        subject = replace(good[f"{kind} as MDM"], kind=kind, earlier=good[kind].earlier)
        found = outcomes(profile, subject)
        assert {n: o.verdict for n, o in found.items()} == {f"LB-{kind}-ORU": Verdict.WARNING}


def test_a_pair_of_documents_is_judged_twice(profile: Profile, good: Bases) -> None:
    base = good["E in two forms"]
    assert outcomes(profile, base) == {}
    assert broken(profile, base, of("OBX[2]-11", "C")) == {"TC-ACTION"}
    assert broken(profile, base, of("OBX[2]-3.1", "11502-2")) == {"TC-OBX-3"}
    assert broken(profile, base, of("OBX[2]-5.5", "JVBERi0xLjcKJSVFT0YK")) == {"TC-XML"}
    twice = of("OBX[2]-5.5", base.carried.first("OBX[1]-5.5"))
    (outcome,) = outcomes(profile, changed(profile, base, twice)).values()
    assert outcome.rule.id == "TC-X-FORMS"
    assert len(outcome.findings) == 2  # the same identifier, the same level


# -- acknowledgements -----------------------------------------------------------------------


def test_the_official_acknowledgement_of_a_deletion_goes_to_somebody_else(
    profile: Profile, corpus: Path
) -> None:
    names = ("mdm_t04_del_ack.er7", "mdm_t04_del_full.er7")
    answer, request = (Message(next(corpus.rglob(name)).read_bytes()) for name in names)
    found = outcomes(profile, profile.subject("ACK", answer, request=request))
    assert {n for n, o in found.items() if o.verdict is Verdict.FAIL} == {"TC-ACK-ROUTE"}
    assert [f.problem.at.path for f in found["TC-ACK-ROUTE"].findings] == ["MSH-3"]


@pytest.mark.parametrize(
    ("place", "value", "rule"),
    [
        ("MSH-9", "ACK", "TC-ACK-MSH-9"),
        ("MSH-9.2", "R99", "TC-ACK-MSH-9"),
        ("MSH-12", "2.5.1", "TC-ACK-MSH-12"),
        ("MSH-17", "", "TC-ACK-MSH-17"),
        ("MSH-18", "", "TC-ACK-MSH-18"),
        ("MSH-21", "2.1^CISIS_CDA_HL7_V2", "TC-ACK-MSH-21"),
    ],
)
def test_the_answer_to_a_transmission(
    profile: Profile, good: Bases, place: str, value: str, rule: str
) -> None:
    base = good["ACK AA"]
    assert base.request
    assert base.request.first("MSH-9.1") == "ORU"
    assert rule in broken(profile, base, of(place, value))


def test_an_answer_to_an_order_is_not_judged_as_one_to_a_transmission(
    profile: Profile, good: Bases
) -> None:
    order = replace(good["ACK AA"], request=good["A"].carried)
    assert not [o for o in profile.judge(order) if o.rule.id.startswith("TC-") and o.findings]


@pytest.mark.parametrize("event", ["Z01", "Z02", "Z03"])
@pytest.mark.parametrize("status", ["Y", "N"])
def test_a_business_acknowledgement_is_known(
    profile: Profile, good: Bases, event: str, status: str
) -> None:
    subject = good[f"E ZAM {event} {status}"]
    assert outcomes(profile, subject) == {}
    assert guess.of_message(subject.carried, profile)[0] == "ZAM"


@pytest.mark.parametrize(
    ("name", "place", "value", "rule"),
    [
        ("E ZAM Z01 Y", "MSH-12", "2.5", "TC-ZAM-MSH-12"),
        ("E ZAM Z01 Y", "MSH-21", "", "TC-MSH-21"),
        ("E ZAM Z01 Y", "OBX-5.1", "N", "TC-ZAM-ERR"),
        ("E ZAM Z01 N", "OBX-5.1", "Y", "TC-ZAM-NO-ERR"),
        ("E ZAM Z01 Y", "OBX-3.1", "ACK_RECEPTION_MSS", "TC-ZAM-Z01"),
        ("E ZAM Z02 Y", "OBX[2]-3.1", "LECTEUR_MSS", "TC-ZAM-RECIPIENT"),
        ("E ZAM Z03 Y", "OBX[2]-5.4", "", "TC-ZAM-MAIL"),
        ("E ZAM Z01 Y", "OBX-4", "RIS-99", "TC-ZAM-REQUEST"),
        ("E ZAM Z03 N", "ERR-5.1", "899", "TC-ZAM-APPLICATION"),
        ("E ZAM Z03 N", "ERR-5.1", "906", None),
        ("E ZAM Z03 N", "ERR-5.3", "applicationErrorCode", None),
        ("E ZAM Z01 N", "ERR-5.3", "DMPERRORCODE", None),
        ("E ZAM Z02 N", "ERR-5.1", "999", "TC-ZAM-SMTP"),
        ("E ZAM Z01 N", "ERR-3.1", "199", "TC-ZAM-ERR-3"),
        ("E ZAM Z01 N", "ERR-4", "X", "TC-ZAM-ERR-4"),
        ("E ZAM Z02 Y", "OBX[1]-3.3", "AckMétierZAM", "TC-ZAM-ACCENT"),
    ],
)
def test_a_business_acknowledgement_is_judged(
    profile: Profile, good: Bases, name: str, place: str, value: str, rule: str | None
) -> None:
    assert broken(profile, good[name], of(place, value)) == ({rule} if rule else set())


def test_the_sister_guide_is_not_judged_by_these_rules(profile: Profile, good: Bases) -> None:
    message = edit.apply(good["E as MDM"].carried, [of("MSH-21", "1.1^CISIS_CDA_HL7_LPS")])
    kind, why = guess.of_message(message, profile)
    assert kind == "HL7"
    assert "CISIS_CDA_HL7_LPS" in why.en
    assert guess.of_message(message, profile, "ris")[0] == "HL7"


@pytest.mark.parametrize("version", ["1.2^CISIS_CDA_HL7_V1", "2.0^CISIS_CDA_HL7_V2"])
def test_an_older_version_is_judged_by_its_structure(
    profile: Profile, good: Bases, version: str
) -> None:
    """Codes of then, no metadata of today: told in one warning."""
    older = (
        of("MSH-21", version),
        of("ORC-1", "SC"),
        of("OBX[6]-3.1", "MODIF_CONFIDENTIALITYCODE"),
        Edit("remove", "OBX[3.1=ACK_LECTURE_MSS]"),
    )
    assert broken(profile, good["E"], *older) == {"TC-MSH-21-VERSION"}
    assert "TC-ORU" in broken(profile, good["E"], *older, Edit("remove", "OBR"))
