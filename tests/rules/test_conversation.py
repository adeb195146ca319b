"""Messages of one session: their turn, number and patient; two patients interleaved."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.rules import precedence, profile_file
from harness.rules import profile as profiles
from harness.rules.concordance import Row
from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Subject, Verdict
from harness.sim.actor import Actor
from harness.sim.case import Case, Identifier
from harness.sim.generate import cases
from harness.sim.generate.documents import Form
from harness.sim.judging import Judge
from harness.sim.selfcheck.bases import CLOCK, patient_of
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

D = "/cda:ClinicalDocument"
ACCESSION = f"{D}/cda:inFulfillmentOf/cda:order/ps3-20:accessionNumber/@extension"
CASE = patient_of(cases.make_case("ct-brain", 1, CLOCK))


def twin_of(case: Case) -> Case:
    """Same birth, same name, first given name one letter away; own INS, order and study."""
    patient = replace(case.patient, ins="185054809598843", birth_given_names=("CLAUDE", "ALIC"))
    exam = replace(case.exam, accession_number=Identifier("ACN2", oid="1.2.3"), study_uid="2.25.2")
    order = replace(case.order, placer_number=Identifier("OPN2", oid="1.2.4"))
    return replace(case, seed=case.seed + 1, patient=patient, exam=exam, order=order)


class Talk:
    """One conversation of a session; the judge is the session's."""

    def __init__(self, judge: Judge, case: Case = CASE) -> None:
        self.judge, self.case = judge, case
        self.actors = {role: Actor(role, judge.profile, case) for role in ("ris", "platform")}
        self.subjects: tuple[Subject, ...] = ()

    def say(self, flow: str, *edits: Edit) -> list[str]:
        """The ids of the rules that the message of a flow breaks, changed by these edits."""
        actor = self.actors[self.judge.profile.flow(flow).sender]
        return self.judged(flow, edit.apply(actor.compose(flow, self.case, CLOCK), edits))

    def judged(self, flow: str, message: Message) -> list[str]:
        judged, subject = self.judge.message(flow, message, "", earlier=self.subjects)
        self.subjects += (subject,)
        return broken(judged.outcomes)

    def says(self, flows: str) -> None:
        for flow in flows:
            assert self.say(flow) == [], flow


def broken(outcomes: Sequence[Outcome]) -> list[str]:
    return [o.rule.id for o in outcomes if o.findings and o.verdict is not Verdict.PASS]


@pytest.fixture
def judge(profile: Profile) -> Judge:
    return Judge(profile)


@pytest.fixture
def talk(judge: Judge) -> Talk:
    return Talk(judge)


def set_(place: str, value: str) -> Edit:
    return Edit("set", place, value)


# -- turns ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "flow", "rules"),
    [
        ("", "A", []),
        ("", "B", ["X-AFTER-A"]),
        ("", "C", ["X-AFTER-A"]),
        ("", "D", ["X-AFTER-A"]),
        ("A", "B", []),
        ("A", "C", []),
        ("A", "D", []),
        ("A", "E", ["X-AFTER-D"]),
        ("AB", "E", ["X-AFTER-D"]),
        ("AD", "E", []),
        ("ABCD", "E", []),
    ],
)
def test_every_message_waits_for_its_turn(
    talk: Talk, before: str, flow: str, rules: list[str]
) -> None:
    talk.says(before)
    assert talk.say(flow) == rules


# -- MSH-10 ---------------------------------------------------------------------------------


def test_a_control_id_is_used_once_by_its_sender(talk: Talk) -> None:
    talk.says("A")
    used = talk.subjects[0].carried.first("MSH-10")
    assert talk.say("B", set_("MSH-10", used)) == ["X-CONTROL-ID"]
    assert talk.say("C", set_("MSH-10", used)) == []  # the platform counts for itself


def test_a_control_id_is_used_once_in_all_conversations(judge: Judge, talk: Talk) -> None:
    talk.says("A")
    used = talk.subjects[0].carried.first("MSH-10")
    assert Talk(judge, twin_of(CASE)).say("A", set_("MSH-10", used)) == ["X-CONTROL-ID"]


def test_the_same_bytes_again_are_the_same_message(talk: Talk) -> None:
    talk.says("A")
    assert talk.judged("A", talk.subjects[0].carried) == []


# -- two patients ---------------------------------------------------------------------------


@pytest.fixture
def twins(judge: Judge) -> tuple[Talk, Talk]:
    """Two conversations, interleaved, up to D."""
    one, other = Talk(judge), Talk(judge, twin_of(CASE))
    for flow in "ABCD":
        one.says(flow)
        other.says(flow)
    return one, other


def test_interleaved_twins_are_not_confused(twins: tuple[Talk, Talk]) -> None:
    one, other = twins
    other.says("E")
    one.says("E")


@pytest.mark.parametrize(
    ("edits", "rule"),
    [
        ([set_("ORC-2.1", "OPN2"), set_("OBR-2.1", "OPN2")], "X-ORDER"),
        ([set_(f"{D}/cda:inFulfillmentOf/cda:order/cda:id/@extension", "OPN2")], "X-ORDER-DOC"),
        ([set_(ACCESSION, "ACN2")], "X-ACCESSION"),
        ([set_(f"{D}/cda:documentationOf/cda:serviceEvent/cda:id/@root", "2.25.2")], "X-STUDY-UID"),
    ],
)
def test_a_number_of_the_other_twin_is_told_as_such(
    twins: tuple[Talk, Talk], edits: list[Edit], rule: str
) -> None:
    one, _ = twins
    assert one.say("E", *edits) == [rule]
    (finding,) = (
        finding
        for outcome in one.judge.profile.judge(one.subjects[-1])
        for finding in outcome.findings
    )
    assert finding.problem.advice is not None
    assert "another patient's" in finding.problem.advice.en


def test_the_other_twin_s_report_is_caught(twins: tuple[Talk, Talk]) -> None:
    """E says the order of the one and is all about the other."""
    one, other = twins
    message = other.actors["platform"].compose("E", other.case, CLOCK)
    number = one.case.order.placer_number.value
    found = one.judged("E", edit.apply(message, [set_("ORC-2.1", number)]))
    assert {"X-PATIENT-DOC", "X-ORDER-DOC", "X-ACCESSION", "X-STUDY-UID"} <= set(found)


@pytest.mark.parametrize(
    ("place", "value"),
    [("OBR-18", CASE.exam.accession_number.value), ("ZDS-1.1", CASE.exam.study_uid)],
)
def test_an_examination_of_two_patients_is_seen_by_the_second(
    judge: Judge, place: str, value: str
) -> None:
    one, other = Talk(judge), Talk(judge, twin_of(CASE))
    one.says("AD")
    other.says("A")
    assert other.say("D", set_(place, value)) == ["X-NUMBERS"]


def test_an_order_number_of_two_patients_is_seen_by_the_second(judge: Judge) -> None:
    Talk(judge).says("A")
    number = CASE.order.placer_number.value
    other = Talk(judge, twin_of(CASE))
    edits = [set_("ORC-2.1", number), set_("OBR-2.1", number)]
    assert other.say("A", *edits) == ["X-NUMBERS-ORDER"]


# -- one fault, one finding -----------------------------------------------------------------


def test_a_difference_is_told_where_it_began(talk: Talk) -> None:
    """D has another local number than A; a second D repeats it, a third has yet another."""
    talk.says("A")
    assert talk.say("D", set_("PID-3[5=PI].1", "111")) == ["X-LOCAL-ID"]
    assert talk.say("D", set_("PID-3[5=PI].1", "111")) == []
    assert talk.say("D", set_("PID-3[5=PI].1", "222")) == ["X-LOCAL-ID"]
    assert talk.say("D") == []


def test_an_altered_accession_number_is_one_finding(talk: Talk) -> None:
    talk.says("ABCD")
    assert talk.say("E", set_(ACCESSION, "ACN-OTHER")) == ["X-ACCESSION"]
    outcomes = talk.judge.profile.judge(talk.subjects[-1])
    (link,) = (o for o in outcomes if o.rule.id == "CDA-DRIM-URL-010")
    assert link.verdict is Verdict.NOT_APPLICABLE
    assert link.reason is not None
    assert "X-ACCESSION" in link.reason.en


def test_a_link_that_is_wrong_itself_is_still_told(talk: Talk) -> None:
    talk.says("ABCD")
    message = talk.actors["platform"].compose("E", talk.case, CLOCK)
    number = talk.case.exam.accession_number.value
    wrong = edit.in_document(
        message, lambda raw: raw.replace(f".{number}&amp;".encode(), b".OTHER&amp;")
    )
    assert "CDA-DRIM-URL-010" in talk.judged("E", wrong)


def test_precedence_names_rules_that_exist() -> None:
    known = {rule.id for name in profile_file.available() for rule in profiles.load(name).rules}
    for effect, causes in precedence.causes().items():
        for cause, found in causes.items():
            assert effect in known
            assert cause in known
            assert found.because.fr != found.because.en


def test_each_region_of_d_is_in_the_report(talk: Talk) -> None:
    region = "OBX|9|CWE|REGION_ANATOMIQUE^Région^L||{}^x^SCT||||||F"
    own = talk.case.exam.region.code
    talk.says("A")
    edits = [Edit("add", region.format(code), "OBR") for code in (own, "67734004")]
    assert "X-REGION" not in talk.say("D", set_("OBR-15", ""), *edits)
    assert talk.say("E") == ["X-REGION"]
    second = (
        '<translation code="67734004" displayName="x" codeSystem="2.16.840.1.113883.6.96">'
        '<qualifier><name code="39111-0" displayName="x" codeSystem="2.16.840.1.113883.6.1"/>'
        "</qualifier></translation>"
    )
    place = f"{D}/cda:documentationOf/cda:serviceEvent/cda:code/cda:translation[last()]"
    assert "X-REGION" not in talk.say("E", Edit("insert", place, second))


def test_two_examinations_may_have_a_report_each(talk: Talk) -> None:
    talk.says("AD")
    assert talk.say("D", set_("OBR-18", "ACN-2")) == []
    assert talk.say("E") == []
    second = talk.actors["platform"].compose("E", talk.case, CLOCK, Form(name="second"))
    assert talk.judged("E", edit.apply(second, [set_(ACCESSION, "ACN-2")])) == ["CDA-DRIM-URL-010"]
    (row,) = (
        r
        for r in talk.judge.profile.concordance(talk.subjects)
        if r.fact.name == "accession-number"
    )
    assert [cell.agrees for cell in row.cells] == [None, None, False, True, True]


# -- the table of facts ---------------------------------------------------------------------


@pytest.fixture
def rows(talk: Talk) -> dict[str, Row]:
    talk.says("ABCDE")
    return {row.fact.name: row for row in talk.judge.profile.concordance(talk.subjects)}


def test_every_fact_is_somewhere_and_agrees(profile: Profile, rows: dict[str, Row]) -> None:
    assert set(profile.facts) - set(rows) == {"document-replaced"}
    assert [name for name, row in rows.items() if not row.agrees] == []


@pytest.mark.parametrize(
    ("fact", "places"),
    [
        ("ins", "A PID, B PID CDA, C PID, D PID, E PID CDA"),
        ("ins-oid", "A PID, B PID CDA, C PID, D PID, E PID CDA"),
        ("birth-given-names", "A PID, B PID CDA, C PID, D PID, E PID CDA"),
        ("placer-order-number", "A ORC, B ORC CDA, C ORC, D ORC, E ORC CDA"),
        ("accession-number", "D OBR, E CDA"),
        ("study-uid", "D ZDS, E CDA"),
        ("act", "A OBR, C OBR, D OBR, E CDA"),
        ("modality", "D OBR, E CDA"),
        ("region", "D OBR, E CDA"),
        ("exam-date", "D OBR, E CDA"),
        ("requester", "A ORC, B CDA, D ORC, E CDA"),
        ("responsible", "A PV1, D PV1, E CDA"),
        ("site", "A ORC, D ORC, E CDA"),
        ("authors", "B CDA, E CDA CDA"),
        ("reader", "C ORC, E PRT CDA"),
        ("visit-number", "A PV1, B PV1 CDA, C PV1, D PV1, E PV1 CDA"),
        ("document-id", "B CDA, E CDA"),
        ("document-version", "B CDA, E CDA"),
        ("action", "B ORC, E ORC"),
    ],
)
def test_a_fact_stands_where_it_is_said(rows: dict[str, Row], fact: str, places: str) -> None:
    found = [
        " ".join([cell.kind, *("CDA" if v.in_document else v.at.path[:3] for v in cell.values)])
        for cell in rows[fact].cells
        if cell.values
    ]
    assert ", ".join(found) == places


def test_a_document_that_differs_is_not_hidden_by_its_message(talk: Talk) -> None:
    talk.says("ABCD")
    place = f"{D}/cda:recordTarget/cda:patientRole/cda:id[1]/@extension"
    assert talk.say("E", set_(place, "185054809598843")) == ["TC-X-INS"]
    (row,) = (r for r in talk.judge.profile.concordance(talk.subjects) if r.fact.name == "ins")
    assert [cell.agrees for cell in row.cells] == [None, True, True, True, False]
    assert [value.in_document for value in row.cells[-1].differing] == [True]


def test_the_identity_of_a_document_in_an_mdm(talk: Talk) -> None:
    """TXA-12 and TXA-13 stand beside the ids of the document."""
    talk.says("ABCD")
    message = edit.apply(
        talk.actors["platform"].compose("E", talk.case, CLOCK),
        [
            set_("MSH-9", "MDM^T10^MDM_T02"),
            Edit("add", "TXA|1|CN|TEXT|||||||||2.25.8|2.25.7||||AU", "OBR"),
        ],
    )
    talk.judged("E", message)
    rows = {row.fact.name: row for row in talk.judge.profile.concordance(talk.subjects)}
    said = {name: [v.text for v in rows[name].cells[-1].values] for name in
            ("document-id", "document-replaced")}  # fmt: skip
    assert said == {
        "document-id": ["2.25.8", talk.case.report_document.id],
        "document-replaced": ["2.25.7"],
    }
