"""Chains of versions: each is valid, and its one-fault variant gives exactly one rule's finding."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from harness.rules import versions
from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Subject, Verdict
from harness.rules.versions import Relation
from harness.show import checking
from harness.sim.actor import Actor
from harness.sim.generate import cases, cda_report, cda_request
from harness.sim.selfcheck import chains
from harness.sim.selfcheck.bases import CLOCK, patient_of
from harness.sim.selfcheck.chains import READER, ROOT, SECOND, THIRD, author, responsible
from harness.wire import edit
from harness.wire.cda import Document
from harness.wire.edit import Edit, apply_to_document
from harness.wire.er7 import Message

D = "/cda:ClinicalDocument"
PARENT = f"{D}/cda:relatedDocument/cda:parentDocument"
NUMBER = "cda:assignedAuthor/cda:id/@extension"
OTHER = "810100000305"
PACK = ("CDA-TLR-VER-", "CDA-TLR-AUTH-", "CDA-HDR-RELATED-", "TC-DELETE", "TC-REPLACE")
Chain = Callable[[], list[bytes]]


@cache
def first(kind: str = "CR") -> bytes:
    """The first version: remote radiologist, responsible physician, second radiologist."""
    case = patient_of(cases.make_case("ct-brain", 1, CLOCK))
    if kind == "DA":
        return chains.identified(cda_request.request(case), f"{ROOT}.1")
    return apply_to_document(
        chains.identified(cda_report.report(case), f"{ROOT}.1"), author(READER, 2)
    )


def same_responsible() -> list[bytes]:
    return [first(), chains.replacing(first(), 2, 13)]


def three_versions() -> list[bytes]:
    return [*same_responsible(), chains.replacing(same_responsible()[-1], 3, 14)]


def new_responsible() -> list[bytes]:
    edits = (*author(SECOND, 3), responsible(SECOND))
    return [first(), chains.replacing(first(), 2, 13, edits)]


def two_new_responsibles() -> list[bytes]:
    edits = (*author(THIRD, 4), responsible(THIRD))
    before = new_responsible()
    return [*before, chains.replacing(before[-1], 3, 14, edits)]


def back_to_the_first() -> list[bytes]:
    """The first physician is responsible again at the third version."""
    one, two = new_responsible()
    original = Document.parse(one).first(f"{D}/cda:legalAuthenticator//cda:id/@extension")
    return [one, two, chains.replacing(two, 3, 14, (responsible(original),))]


def withdrawn() -> list[bytes]:
    """Withdrawn by the physician who is responsible; only the signature is another."""
    later = Edit("set", f"{D}/cda:legalAuthenticator/cda:time/@value", "20260105123000+0100")
    last = new_responsible()
    return [*last, apply_to_document(last[-1], (later,))]


def withdrawn_by_another() -> list[bytes]:
    return list(
        chains.versions(cda_report.report(patient_of(cases.make_case("ct-brain", 1, CLOCK))))
    )


def request_replaced() -> list[bytes]:
    return [first("DA"), chains.replacing(first("DA"), 2, 13)]


def set_(xpath: str, value: str) -> tuple[Edit, ...]:
    return (Edit("set", xpath, value),)


def remove(xpath: str) -> tuple[Edit, ...]:
    return (Edit("remove", xpath),)


# chain, what is done to its last version, the rule (none: allowed all the same)
ROWS: list[tuple[Chain, tuple[Edit, ...], str]] = [
    (same_responsible, set_(f"{D}/cda:setId/@root", f"{ROOT}.9"), "CDA-TLR-VER-001"),
    (three_versions, set_(f"{D}/cda:id/@root", f"{ROOT}.1"), "CDA-TLR-VER-002"),
    (three_versions, set_(f"{D}/cda:versionNumber/@value", "2"), "CDA-TLR-VER-003"),
    (three_versions, set_(f"{D}/cda:versionNumber/@value", "4"), "CDA-TLR-VER-003B"),
    (
        three_versions,
        (*set_(f"{PARENT}/cda:id/@root", f"{ROOT}.1"), *remove(f"{PARENT}/cda:versionNumber")),
        "CDA-TLR-VER-004",
    ),
    (three_versions, set_(f"{PARENT}/cda:id/@root", f"{ROOT}.7"), "CDA-TLR-VER-004"),
    (same_responsible, set_(f"{PARENT}/cda:versionNumber/@value", "3"), "CDA-TLR-VER-005"),
    (same_responsible, remove(f"{PARENT}/cda:versionNumber"), ""),
    (same_responsible, remove(f"{D}/cda:relatedDocument"), "CDA-HDR-RELATED-007"),
    (
        same_responsible,
        set_(f"{D}/cda:recordTarget/cda:patientRole/cda:id[1]/@extension", "185054809598843"),
        "CDA-TLR-VER-007-PATIENT",
    ),
    (same_responsible, set_(f"{D}/cda:languageCode/@code", "fr-BE"), "CDA-TLR-VER-007"),
    (
        same_responsible,
        set_(f"{D}/cda:effectiveTime/@value", "20260105115300+0100"),
        "CDA-TLR-VER-008",
    ),
    # the same moment, written in another zone
    (same_responsible, set_(f"{D}/cda:effectiveTime/@value", "20260105105500+0000"), ""),
    (new_responsible, remove(f"{D}/cda:author[2]"), "CDA-TLR-VER-009"),
    (new_responsible, remove(f"{D}/cda:author[3]"), "CDA-TLR-VER-011"),
    (new_responsible, remove(f"{D}/cda:author[4]"), "CDA-TLR-AUTH-004"),
    (
        new_responsible,
        (
            *set_(f"{D}/cda:author[3]/{NUMBER}", SECOND),
            *set_(f"{D}/cda:author[4]/{NUMBER}", READER),
        ),
        "CDA-TLR-VER-012",
    ),
    (new_responsible, set_(f"{D}/cda:author[1]/{NUMBER}", OTHER), "CDA-TLR-VER-013"),
    (two_new_responsibles, remove(f"{D}/cda:author[2]"), "CDA-TLR-VER-009"),
    (two_new_responsibles, remove(f"{D}/cda:author[4]"), "CDA-TLR-VER-009"),
    (back_to_the_first, remove(f"{D}/cda:author[4]"), "CDA-TLR-VER-009"),
    (
        three_versions,
        set_(f"{D}/cda:inFulfillmentOf/cda:order/cda:id/@extension", "OTHER-1"),
        "CDA-TLR-VER-015",
    ),
    (
        three_versions,
        set_(f"{D}/cda:documentationOf/cda:serviceEvent/cda:id/@root", "2.25.1"),
        "CDA-TLR-VER-015",
    ),
    (withdrawn, remove(f"{D}/cda:author[2]"), "CDA-TLR-VER-014"),
    (withdrawn_by_another, remove(f"{D}/cda:author[4]"), "CDA-TLR-VER-014"),
    (withdrawn_by_another, remove(f"{D}/cda:author[5]"), "CDA-TLR-AUTH-004"),
    (withdrawn_by_another, remove(f"{D}/cda:author[3]"), "CDA-TLR-VER-011"),
    (request_replaced, set_(f"{D}/cda:setId/@root", f"{ROOT}.9"), "CDA-TLR-VER-001"),
    (request_replaced, set_(f"{D}/cda:versionNumber/@value", "3"), "CDA-TLR-VER-003B"),
]


def subjects(profile: Profile, documents: Sequence[bytes]) -> list[Subject]:
    """Each after those before it."""
    found: list[Subject] = []
    for raw in documents:
        document = Document.parse(raw)
        kind = "CR" if document.first(f"{D}/cda:code/@code") == "18748-4" else "DA"
        subject = profile.document_subject(kind, document)
        found.append(replace(subject, earlier=tuple(found)))
    return found


def broken(profile: Profile, subject: Subject) -> list[str]:
    """Ids of the rules about versions and authors that are broken, one for each finding."""
    return [
        finding.rule.id
        for outcome in profile.judge(subject)
        for finding in outcome.findings
        if outcome.rule.id.startswith(PACK)
    ]


@pytest.mark.parametrize("chain", dict.fromkeys(row[0] for row in ROWS), ids=lambda c: c.__name__)
def test_a_right_chain_has_no_finding(profile: Profile, chain: Chain) -> None:
    assert [broken(profile, subject) for subject in subjects(profile, chain())] == [
        [] for _ in chain()
    ]


@pytest.mark.parametrize(
    ("chain", "edits", "rule"), ROWS, ids=[f"{c.__name__}-{e[0]}-{r}" for c, e, r in ROWS]
)
def test_one_fault_gives_its_rule_alone(
    profile: Profile, chain: Chain, edits: tuple[Edit, ...], rule: str
) -> None:
    *before, last = chain()
    made = subjects(profile, [*before, apply_to_document(last, edits)])
    assert broken(profile, made[-1]) == ([rule] if rule else [])


def test_the_version_that_lost_an_author_is_blamed_and_no_later_one(profile: Profile) -> None:
    one, two = new_responsible()
    lost = apply_to_document(two, remove(f"{D}/cda:author[2]"))
    found = subjects(profile, [one, lost, chains.replacing(lost, 3, 14)])
    assert [broken(profile, subject) for subject in found] == [[], ["CDA-TLR-VER-009"], []]


def test_a_document_alone_has_no_history(profile: Profile) -> None:
    (subject,) = subjects(profile, [first()])
    assert versions.history_of(subject) is None
    verdicts = {o.verdict for o in profile.judge(subject) if o.rule.id.startswith("CDA-TLR-VER")}
    assert verdicts == {Verdict.NOT_APPLICABLE}


def test_the_same_version_sent_again_is_no_new_one(profile: Profile) -> None:
    one, two = new_responsible()
    *_, again = subjects(profile, [one, two, two])
    history = versions.history_of(again)
    assert history is not None
    assert history.relation is Relation.AGAIN
    *_, late = subjects(profile, [one, two, one])
    assert broken(profile, late) == []


def test_documents_of_other_sets_are_left_out(profile: Profile) -> None:
    other = cda_report.report(cases.make_case("us-abdomen", 5, CLOCK))
    one, two = new_responsible()
    request = chains.identified(first("DA"), f"{ROOT}.8")
    *_, last = subjects(profile, [other, one, request, two])
    history = versions.history_of(last)
    assert history is not None
    assert [past.number for past in history.before] == [1]


# -- replacement and deletion in messages ---------------------------------------------------


@pytest.fixture(scope="module")
def conversation(profile: Profile) -> dict[str, Subject]:
    """E, its replacement (RO) and the deletion (CA), after A to D."""
    case = patient_of(cases.make_case("ct-brain", 1, CLOCK))
    actors = {role: Actor(role, profile, case) for role in ("ris", "platform")}
    earlier: tuple[Subject, ...] = ()
    for flow in profile.flows.values():
        message = actors[flow.sender].compose(flow.id, case, CLOCK)
        subject = replace(profile.subject(flow.id, message, earlier=earlier), recorded=True)
        earlier += (subject,)
    return {"E": earlier[-1], **dict(chains.sent(profile, earlier[-1]))}


def changed(profile: Profile, subject: Subject, edits: Sequence[Edit]) -> Subject:
    message = edit.apply(subject.carried, edits)
    made = profile.subject(subject.kind, message, earlier=subject.earlier)
    return replace(made, recorded=subject.recorded)


@pytest.mark.parametrize(
    ("action", "edits", "rules"),
    [
        ("E", (), []),
        ("RO", (), []),
        ("CA", (), []),
        ("CA", set_(f"{D}/cda:id/@root", f"{ROOT}.1"), ["TC-DELETE-LAST"]),
        ("CA", set_(f"{D}/cda:versionNumber/@value", "1"), ["TC-DELETE-LAST"]),
        ("CA", remove(f"{D}/cda:author[1]"), ["CDA-TLR-VER-011"]),
        ("RO", set_("PRT-5.1", OTHER), []),
        ("RO", (*set_("PRT-5.1", OTHER), *set_("PRT-8.10", "1920008059")), ["TC-REPLACE-SENDER"]),
        ("RO", set_(f"{D}/cda:versionNumber/@value", "1"), ["CDA-TLR-VER-003"]),
        (
            "RO",
            (*set_(f"{D}/cda:setId/@root", f"{ROOT}.9"), *set_(f"{PARENT}/cda:id/@root", "1.2.3")),
            ["TC-REPLACE-SENT"],
        ),
    ],
)
def test_a_message_replaces_or_deletes(
    profile: Profile,
    conversation: dict[str, Subject],
    action: str,
    edits: tuple[Edit, ...],
    rules: list[str],
) -> None:
    found = broken(profile, changed(profile, conversation[action], edits))
    assert [rule for rule in found if not rule.startswith(("CDA-TLR-AUTH", "CDA-HDR"))] == rules


def test_what_flow_d_said_is_not_compared_twice(
    profile: Profile, conversation: dict[str, Subject]
) -> None:
    edits = set_(f"{D}/cda:inFulfillmentOf/cda:order/ps3-20:accessionNumber/@extension", "OTHER")
    outcomes = profile.judge(changed(profile, conversation["RO"], edits))
    found = {outcome.rule.id for outcome in outcomes if outcome.findings}
    assert "X-ACCESSION" in found
    assert "CDA-TLR-VER-015" not in found


# -- telerad check of several files ---------------------------------------------------------


def judged(profile: Profile, paths: Sequence[Path]) -> dict[str, tuple[Outcome, ...]]:
    report = checking.check(paths, checking.Asked(profile))
    return {Path(file.file).name: file.outcomes for file in report.files}


def rules(outcomes: Sequence[Outcome]) -> list[str]:
    return [o.rule.id for o in outcomes if o.findings and o.rule.id.startswith(PACK)]


def test_check_compares_files_of_one_set_whatever_their_names(
    profile: Profile, tmp_path: Path
) -> None:
    one, two = new_responsible()
    lost = apply_to_document(two, remove(f"{D}/cda:author[2]"))
    made = {"b.xml": one, "a.xml": lost, "c.xml": chains.replacing(lost, 3, 14)}
    for name, raw in made.items():
        (tmp_path / name).write_bytes(raw)
    found = {name: rules(outcomes) for name, outcomes in judged(profile, [tmp_path]).items()}
    assert found == {"a.xml": ["CDA-TLR-VER-009"], "b.xml": [], "c.xml": []}


def test_check_compares_documents_in_messages_and_alone(
    profile: Profile, tmp_path: Path, conversation: dict[str, Subject]
) -> None:
    deleted = changed(profile, conversation["CA"], set_(f"{D}/cda:id/@root", f"{ROOT}.1"))
    for name in ("E", "RO"):
        document = conversation[name].document
        assert document is not None
        (tmp_path / f"{name}.xml").write_bytes(document.raw)
        (tmp_path / f"{name}.er7").write_bytes(conversation[name].carried.raw)
    (tmp_path / "CA.er7").write_bytes(deleted.carried.raw)
    found = {name: rules(outcomes) for name, outcomes in judged(profile, [tmp_path]).items()}
    assert found.pop("CA.er7") == ["TC-DELETE-LAST"]
    assert found == {"E.xml": [], "E.er7": [], "RO.xml": [], "RO.er7": []}


def test_check_does_not_compare_files_that_have_nothing_in_common(
    profile: Profile, tmp_path: Path
) -> None:
    """Copies, other patients' documents and what is no document: judged as if alone."""
    for number, name in enumerate(("ct-brain", "us-abdomen")):
        raw = cda_report.report(cases.make_case(name, number, CLOCK))
        for copy in ("a", "b"):
            (tmp_path / f"{name}-{copy}.xml").write_bytes(raw)
    (tmp_path / "not.xml").write_bytes(b"<not>a document")
    (tmp_path / "order.er7").write_bytes(Message(b"MSH|^~\\&|A\r").raw)
    together = judged(profile, [tmp_path])
    for name, outcomes in together.items():
        assert outcomes == judged(profile, [tmp_path / name])[name], name
