"""The base standard: each rule in each version, what practice adds, and what must never alarm."""

import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.rules import standard
from harness.rules.checks.standard import _Walk
from harness.rules.profile import Profile
from harness.rules.rule import Rule, Verdict, evaluate_all
from harness.rules.standard import VERSIONS
from harness.show.checking import Asked, check
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate import cases
from harness.wire.er7 import Message

ORM = (
    "MSH|^~\\&|RIS|SITE|TLR|PF|20260105100000||ORM^O01^ORM_O01|1|T|{version}"
    "|||||FRA|UNICODE UTF-8\r"
    "PID|1||42^^^SITE&1.2.250.1&ISO^PI||ESSAI^CLAUDE^^^^^L||19850520|F\r"
    "PV1|1|O\r"
    "ORC|NW|17^RIS\r"
    "OBR|1|17^RIS||CT^Scanner^L|||20260105|||||||||||||||||CT|F\r"
    "OBX|1|NM|8302-2^Taille^LN||170|cm|||||F\r"
)
IDS = {
    "STD-VERSION", "STD-SEGMENT", "STD-STRUCTURE", "STD-FIELDS", "STD-REQUIRED", "STD-REPEAT",
    "STD-TYPE", "STD-TABLE", "STD-COMPONENTS", "STD-LENGTH", "STD-OBX-TYPE",
}  # fmt: skip


@pytest.fixture(scope="session")
def rules(profile: Profile) -> tuple[Rule, ...]:
    return tuple(rule for rule in profile.rules if rule.group == "standard")


def found(raw: str | bytes, rules: Iterable[Rule], profile: Profile) -> list[tuple[str, str]]:
    """Rule and place of each finding. An ERROR is never one."""
    message = Message(raw.encode() if isinstance(raw, str) else raw)
    outcomes = list(evaluate_all(rules, profile.subject("HL7", message)))
    assert not [o.trace for o in outcomes if o.verdict is Verdict.ERROR]
    return [(o.rule.id, f.problem.at.path) for o in outcomes for f in o.findings]


def changed(version: str, *changes: tuple[str, str]) -> str:
    text = ORM.format(version=version)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_the_pack_has_its_rules(rules: tuple[Rule, ...]) -> None:
    assert {rule.id for rule in rules} == IDS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_good_message_passes_in_every_version(
    version: str, rules: tuple[Rule, ...], profile: Profile
) -> None:
    assert found(changed(version), rules, profile) == []


BROKEN = [
    (("ORM_O01", "ORM_001"), "STD-VERSION", "MSH-9.3"),
    (("PV1|1", "QZX|1\rPV1|1"), "STD-SEGMENT", "QZX"),
    (("ORC|NW|17^RIS\r", ""), "STD-STRUCTURE", "ORC"),
    (("PV1|1|O", "IN1|1|A|B\rPV1|1|O"), "STD-STRUCTURE", "PV1"),
    (("ORC|NW|17^RIS", "ORC|NW|17^RIS" + "|" * 40 + "x"), "STD-FIELDS", "ORC-42"),
    (("||ESSAI^CLAUDE^^^^^L", "||"), "STD-REQUIRED", "PID-5"),
    (("|F\rPV1", "|F~M\rPV1"), "STD-REPEAT", "PID-8[2]"),
    (("19850520", "19850230"), "STD-TYPE", "PID-7.1"),
    (("PID|1", "PID|un"), "STD-TYPE", "PID-1"),
    (("|20260105100000|", "|2026-01-05|"), "STD-TYPE", "MSH-7.1"),
    (("OBR|1", "OBR|12345"), "STD-TYPE", "OBR-1"),
    (("|CT|F\r", "|CT|Q\r"), "STD-TABLE", "OBR-25"),
    (("|CT|F\r", "|CT|F||1^^^20261301\r"), "STD-TYPE", "OBR-27.4.1"),
    (("170|cm", "170|cm^^^^^^^^^^^x"), "STD-COMPONENTS", "OBX-6.12"),
    (("PID|1||42^^^SITE&1.2.250.1&ISO", "PID|1||42^^^SITE&1.2.250.1&ISO&x"),
     "STD-COMPONENTS", "PID-3[1].4.4"),
    (("|NM|8302-2^Taille^LN||170", "|TX|8302-2^Taille^LN||a & b"), "STD-COMPONENTS", "OBX-5[1]"),
    (("^LN||170", "^LN|123456789012345678901|170"), "STD-LENGTH", "OBX-4"),
    (("|NM|", "|XX|"), "STD-OBX-TYPE", "OBX-2"),
    (("|NM|", "||"), "STD-OBX-TYPE", "OBX-2"),
    (("||170", "||1,70"), "STD-OBX-TYPE", "OBX-5[1]"),
    (("|NM|8302-2^Taille^LN||170", "|DT|8302-2^Taille^LN||2026-01-05"), "STD-OBX-TYPE", "OBX-5[1]"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "rule", "place"), BROKEN)
def test_a_fault_is_found_where_it_is(
    change: tuple[str, str], rule: str, place: str, rules: tuple[Rule, ...], profile: Profile
) -> None:
    assert found(changed("2.5", change), rules, profile) == [(rule, place)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("PV1|1", "QZX|1\rPV1|1"), "STD-SEGMENT"),
        (("||ESSAI^CLAUDE^^^^^L", "||"), "STD-REQUIRED"),
        (("19850520", "19850230"), "STD-TYPE"),
        (("|F\rPV1", "|F~M\rPV1"), "STD-REPEAT"),
        (("|CT|F\r", "|CT|Q\r"), "STD-TABLE"),
        (("||170", "||1,70"), "STD-OBX-TYPE"),
        (("ORC|NW|17^RIS\r", ""), "STD-STRUCTURE"),
    ],
)
def test_every_version_has_its_tables(
    version: str,
    change: tuple[str, str],
    rule: str,
    rules: tuple[Rule, ...],
    profile: Profile,
) -> None:
    assert [name for name, _ in found(changed(version, change), rules, profile)] == [rule]


def test_versions_differ(rules: tuple[Rule, ...], profile: Profile) -> None:
    long = (
        "PF|20260105100000||ORM^O01^ORM_O01|1|",
        "PF|20260105100000||ORM^O01^ORM_O01|" + "1" * 36,
    )
    text = changed("2.5", (long[0], long[1] + "|"))
    assert found(text, rules, profile) == [("STD-LENGTH", "MSH-10")]
    assert found(text.replace("|2.5|", "|2.6|"), rules, profile) == []
    omi = changed("2.3.1", ("ORM^O01^ORM_O01", "OMI^O23^OMI_O23"))
    assert found(omi, rules, profile) == [("STD-VERSION", "MSH-9.3")]
    assert found(omi.replace("|2.3.1|", "|2.5.1|"), rules, profile) == [("STD-STRUCTURE", "IPC")]


GOOD = [
    ("^PI||", "^PI~185054809598744^^^A&1.2.250.1.213.1.4.10&ISO^INS||"),
    ("^PI||", "^PI~1^^^A&120456789&M^NDP~2^^^A&1&L^INS-C^^20200101~3^^^A^NH||"),
    ("|F\rPV1", "|F|||^^MENDE^^^^BDL^^48095~1 rue^^MENDE^^48000^FRA^ORI\rPV1"),
    ("ORC|NW|17^RIS", "ORC|NW|17^RIS||||||||||8101^A^B^^^DR^^^P&1.2&ISO^D^^^IDNPS"),
    ("ORC|NW|17^RIS", "ORC|NW|17^RIS" + "|" * 19 + "Site^^^^^A&1.2&ISO^FINEG^^^300017985"),
    ("|F\rPV1", "|F" + "|" * 24 + "VALI~HOMA\rPV1"),
    ("UNICODE UTF-8", "8859/15"),
    ("ORM^O01^ORM_O01", "ORM^O01"),
    ("PID|1||", 'PID|1|""|'),
    ("19850520", '""'),
    ("|CT|F\r", '|CT|""\r'),
    ("OBR|1|", "ZDS|1.2.840^^Application^DICOM\rOBR|1|"),
    ("|cm|||||F\r", "|cm|||||F\rIPC|A|B|C|D\r"),
    ("|CT|F\r", "|CT|F\rIPC|A|B|C|D\r"),
    ("|cm|||||F\r", "|cm|||||F\rPRT||UC||SB^^participation|8101^A^B|||Site^^^^^A&1&ISO^IDNST\r"),
    ("UNICODE UTF-8\r", "UNICODE UTF-8|||1.0^CISIS_TLR_HL7_V2\rSFT|A|B|C|D\r"),
    ("|170|cm|||||F", "|170|cm||MAJEUR|||F"),
    ("OBX|1|NM|8302-2^Taille^LN||170", "OBX|1|CWE|8302-2^Taille^LN||N^^expandedYes-NoIndicator"),
    ("NM|8302-2^Taille^LN||170", "NM|8302-2^Taille^LN||"),
    ("NM|8302-2^Taille^LN||170", "FT|8302-2^Taille^LN||a\\.br\\b \\T\\ c~d"),
]


@pytest.mark.parametrize("change", GOOD)
def test_what_practice_adds_is_no_fault(
    change: tuple[str, str], rules: tuple[Rule, ...], profile: Profile
) -> None:
    assert found(changed("2.5.1", change), rules, profile) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("chosen", ["OBR|1|17^RIS||CT", "ODT|T", "ODS|D||A", "RQ1|1", "RXO|A"])
def test_a_choice_takes_one_of_its_segments(
    version: str, chosen: str, rules: tuple[Rule, ...], profile: Profile
) -> None:
    """hl7apy's own validator asks for all of them."""
    head = changed(version).partition("OBR|")[0]
    structure = [name for name, _ in found(f"{head}{chosen}\r", rules, profile)]
    assert "STD-STRUCTURE" not in structure
    twice = found(f"{head}{chosen}\r{chosen}\r", rules, profile)
    assert "STD-STRUCTURE" in [name for name, _ in twice]


@pytest.mark.parametrize("event", ["T02", "T04", "T10"])
@pytest.mark.parametrize("third", ["^MDM_T02", ""])
def test_an_event_uses_the_structure_of_its_table(
    event: str, third: str, rules: tuple[Rule, ...], profile: Profile
) -> None:
    text = (
        f"MSH|^~\\&|A|B|C|D|20260105||MDM^{event}{third}|1|T|2.6\rEVN||20260105\r"
        "PID|||1||A\rPV1||O\rTXA|1|CN|TX|||||||||1|||||AU\rOBX|1|TX|A||b||||||F\r"
    )
    assert found(text, rules, profile) == []
    assert ("STD-STRUCTURE", "TXA") in found(text.replace("TXA|", "ZXA|"), rules, profile)


@pytest.mark.parametrize(
    ("version", "reason"), [("2.2", "2.3.1"), ("", "2.3.1"), ("2.7", "2.3.1"), ("x", "2.3.1")]
)
def test_an_unknown_version_is_not_judged(
    version: str, reason: str, rules: tuple[Rule, ...], profile: Profile
) -> None:
    subject = profile.subject("HL7", Message(changed(version).encode()))
    for outcome in evaluate_all(rules, subject):
        assert outcome.verdict is Verdict.NOT_APPLICABLE
        assert outcome.reason
        assert reason in outcome.reason.en


def test_a_local_structure_is_not_judged(rules: tuple[Rule, ...], profile: Profile) -> None:
    text = changed("2.5", ("ORM^O01^ORM_O01", "ZTR^Z01^ZTR_Z01"))
    outcomes = evaluate_all(rules, profile.subject("HL7", Message(text.encode())))
    verdicts = {outcome.rule.id: outcome.verdict for outcome in outcomes}
    assert verdicts.pop("STD-STRUCTURE") is Verdict.NOT_APPLICABLE
    assert set(verdicts.values()) == {Verdict.PASS}


def test_one_fault_is_told_once(profile: Profile) -> None:
    """A guide's row at the same place speaks, the standard keeps quiet and says why."""
    text = changed("2.5.1", ("|1|T|", "|1||"))
    outcomes = {o.rule.id: o for o in profile.judge(profile.subject("HL7", Message(text.encode())))}
    assert outcomes["HL7-MSH-11"].verdict is Verdict.FAIL
    quiet = outcomes["STD-REQUIRED"]
    assert quiet.verdict is Verdict.NOT_APPLICABLE
    assert quiet.reason
    assert "HL7-MSH-11" in quiet.reason.en


@pytest.mark.parametrize(
    "data", ["TX|A||" + "x" * 5_000, "ED|A||^TEXT^XML^Base64^" + "QUJD" * 82_500]
)
def test_a_long_value_is_neither_a_fault_nor_slow(
    data: str, rules: tuple[Rule, ...], profile: Profile
) -> None:
    text = changed("2.5", ("NM|8302-2^Taille^LN||170", data))
    assert found(text, rules, profile) == []
    message = Message(text.encode())
    subject = profile.subject("HL7", message)
    begun = time.process_time()
    list(evaluate_all(rules, subject))
    assert time.process_time() - begun < 0.05  # usually below a millisecond


@pytest.mark.parametrize("name", cases.names())
def test_no_false_alarm_on_what_we_send(name: str, profile: Profile, clock) -> None:  # type: ignore[no-untyped-def]
    case: Case = cases.make_case(name, 3, clock)
    actors = {role: Actor(role, profile, case) for role in ("ris", "platform")}
    for flow in profile.flows.values():
        message = actors[flow.sender].compose(flow.id, case, clock)
        answer = actors[flow.receiver].answer(flow.id, message, (), clock)
        assert answer
        for kind, one in ((flow.id, message), ("ACK", answer)):
            outcomes = profile.judge(profile.subject(kind, one))
            assert [o.rule.id for o in outcomes if o.rule.id in IDS and o.findings] == []


@pytest.mark.corpus
def test_no_false_alarm_on_official_files(corpus: Path, profile: Profile) -> None:
    folders = (corpus / "ans-teleradiologie-2026", corpus / "ans-transmission-cda")
    files = [f for folder in folders for f in folder.iterdir() if f.suffix in (".er7", ".hl7")]
    assert len(files) > 15
    for judged in check(files, Asked(profile)).files:
        assert [o.rule.id for o in judged.outcomes if o.rule.id in IDS and o.findings] == []


HEADER = b"MSH|^~\\&|A|B|C|D|20260105||ORU^R01|1|T|2.5.1\r"
PIECES = st.sampled_from(
    [
        *(b"|", b"|", b"^", b"&", b"~", b"\r", b"\n", b"\\", b'""', b" ", b"1", b"A", b"\xe9"),
        *(b"OBX|", b"PID|", b"ZDS|", b"MSH|", b"OBX|1|ED|", b"NM", b"20260230"),
    ]
)


@given(data=st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=60).map(b"".join)))
def test_no_bytes_are_an_error_of_ours(
    data: bytes, rules: tuple[Rule, ...], profile: Profile
) -> None:
    found(HEADER + data, rules, profile)
    found(data, rules, profile)


def test_a_number_of_the_right_form_may_still_be_too_long(
    rules: tuple[Rule, ...], profile: Profile
) -> None:
    """PID-25, the rank of a birth: a number of at most two digits."""
    told = found(HEADER + b"PID" + b"|" * 25 + b"2026\r", rules, profile)
    assert ("STD-LENGTH", "PID-25") in told


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
def test_what_fits_has_nothing_to_explain(version: str, data: st.DataObject) -> None:
    """The quick look and the thorough one agree: what fits gives no finding."""
    known = standard.version(version)
    assert known
    name = data.draw(st.sampled_from(["PID", "OBR", "OBX", "ORC", "PV1", "MSH", "TXA", "NTE"]))
    slots = known.segment(name)
    assert slots
    number = data.draw(st.integers(1, len(slots)))
    letters = st.sampled_from([b"^", b"&", b"~", b'""', b"1", b"2026", b"A", b"Y", b"F", b"PI"])
    value = b"".join(data.draw(st.lists(letters, min_size=1, max_size=14)))
    message = Message(HEADER + name.encode() + b"|" * number + value + b"\r")
    walk = _Walk(message, known)
    slot = slots[number - 1]
    if slot.judged and walk.fits(slot, value):
        assert list(walk.explain(slot, message.segments[-1], number, value)) == []
