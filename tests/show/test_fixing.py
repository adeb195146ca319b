"""The verified fix: whatever is offered makes its finding vanish and adds none."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from harness.rules.profile import Profile
from harness.rules.rule import Rule, Subject, evaluate
from harness.show import checking, remedies
from harness.show.fixing import Fix, fix, fixes_of
from harness.show.formats.jsonfmt import to_json
from harness.show.pages.html import to_html
from harness.show.ranking import findings_in_order
from harness.sim.actor import Actor
from harness.sim.generate import cases
from harness.sim.selfcheck.bases import bases
from harness.sim.selfcheck.prove import prove
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

DOCUMENTS = frozenset({"CR", "DA", "CDA", "STEP"})
WANTED = 0.6  # of the rules about messages have a fix of their mutant


def subject_of(profile: Profile, clock: datetime, flow: str, *edits: Edit) -> Subject:
    case = cases.make_case("ct-brain", 7, clock)
    message = Actor(profile.flow(flow).sender, profile, case).compose(flow, case, clock)
    return profile.subject(flow, edit.apply(message, edits))


def fixed(profile: Profile, subject: Subject, rule: str) -> Fix | None:
    found = profile.rule(rule)
    assert found
    findings = evaluate(found, subject).findings
    assert findings
    return fix(findings[0], subject, profile)


def broken(profile: Profile, subject: Subject) -> Counter[str]:
    return Counter(f.rule.id for outcome in profile.judge(subject) for f in outcome.findings)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"\rPID", b"\rpid"), (b"\rPID", b"\r\x00\x01\x02"), (b"|", b"\xff")],
)
def test_whatever_stands_in_a_message_its_remedies_raise_nothing(
    profile: Profile, clock: datetime, old: bytes, new: bytes
) -> None:
    good = subject_of(profile, clock, "A").message
    assert good
    subject = profile.subject("A", Message(good.raw.replace(old, new)), on_wire=True)
    findings = [f for outcome in profile.judge(subject) for f in outcome.findings]
    assert findings
    for finding in findings:
        list(remedies.remedies(finding.rule, finding.problem, subject, profile))


@pytest.mark.parametrize(
    ("change", "rule", "source", "after"),
    [
        (Edit("set", "MSH-9.1", "ADT"), "LB-MSH-9-TYPE", "said", "ORM^O01"),
        (Edit("remove", "PID-8"), "LB-A-PID-8", "carried", ""),
        (Edit("bytes", "lf"), "HL7-CR", "written", ""),
        (Edit("bytes", "latin"), "HL7-CHARSET-BYTES", "written", ""),
        (Edit("set", "PID-9", "X"), "PF-PID-9", "said", ""),
        (Edit("remove", "ORC-2"), "LB-ORC-2", "carried", "OPN"),
    ],
)
def test_the_correction_is_found_where_it_is_known(
    profile: Profile, clock: datetime, change: Edit, rule: str, source: str, after: str
) -> None:
    subject = replace(subject_of(profile, clock, "A", change), on_wire=True)
    found = fixed(profile, subject, rule)
    assert found
    assert (found.source, found.is_sure) == (source, True)
    assert after in "".join(line.text for line in found.after)
    assert not broken(profile, profile.subject("A", found.message))


def test_a_value_that_only_the_sender_knows_is_an_example(
    profile: Profile, clock: datetime
) -> None:
    subject = subject_of(profile, clock, "A", Edit("remove", "OBR-4"))
    rule = next(r for r in broken(profile, subject) if r.startswith("LB-"))
    found = fixed(profile, subject, rule)
    assert found
    assert (found.source, found.is_sure) == ("example", False)


def test_what_cannot_be_known_has_no_fix(profile: Profile, clock: datetime) -> None:
    subject = subject_of(profile, clock, "A", Edit("remove", "PID-3[5=INS]"))
    assert fixed(profile, subject, "LB-A-PID-3-INS") is None


def test_most_rules_about_messages_have_a_fix_of_their_mutant(profile: Profile) -> None:
    """Every second rule, so that it is quick; the sources are told when it fails."""
    rules = [rule for rule in profile.rules if is_about_messages(rule)][::2]
    good = bases(profile)
    sources: Counter[str] = Counter()
    for rule in rules:
        proof = prove(rule, profile, good)
        findings = evaluate(rule, proof.bad).findings if proof.bad else ()
        if not findings or proof.bad is None:
            continue
        found = fix(findings[0], proof.bad, profile)
        sources[found.source if found else "none"] += 1
        if found and proof.bad.document is None:
            mended = Subject(
                proof.bad.kind,
                found.message,
                request=proof.bad.request,
                earlier=proof.bad.earlier,
                elements=proof.bad.elements,
                on_wire=proof.bad.on_wire,
                recorded=proof.bad.recorded,
                seen=proof.bad.seen,
            )
            before, after = broken(profile, proof.bad), broken(profile, mended)
            assert after[rule.id] < before[rule.id], rule.id
            assert not after - before, rule.id
    assert sources.total() > 180
    assert sources.total() - sources["none"] >= WANTED * len(rules), sources
    assert sum(sources[one] for one in remedies.SURE) >= 0.45 * len(rules), sources


def is_about_messages(rule: Rule) -> bool:
    return bool(rule.mutants and rule.kinds - DOCUMENTS and not rule.id.startswith("CDA"))


def test_a_remedy_never_raises(profile: Profile, clock: datetime) -> None:
    rule = profile.rule("LB-MSH-9-TYPE")
    assert rule
    problem = evaluate(rule, subject_of(profile, clock, "A", Edit("set", "MSH-9", "X")))
    for raw in (b"", b"MSH", b"MSH|", b"PID|1", b"MSH|^~\\&|\xff\xfe|", b"\x00" * 9):
        subject = Subject("A", Message(raw))
        list(remedies.remedies(rule, problem.findings[0].problem, subject, profile))


def test_the_fix_stands_in_every_format(profile: Profile, clock: datetime, tmp_path: Path) -> None:
    for number in range(2):
        subject = subject_of(profile, clock, "A", Edit("set", "MSH-9.1", "ADT"))
        (tmp_path / f"{number}.er7").write_bytes(subject.carried.raw)
    report = checking.check([tmp_path], checking.Asked(profile, "A"))
    placed = findings_in_order(report)
    firsts = fixes_of(report).firsts(placed)
    assert placed[0].number in firsts
    found = json.loads(to_json(report))["findings"]
    told = [one["fix"] for one in found if "fix" in one]
    assert len(told) == len(firsts) < len(found)
    assert told[0]["sure"]
    assert (told[0]["adds"], told[0]["removes"]) == (0, firsts[placed[0].number].gone)
    assert "|ADT^" in told[0]["before"][0]
    assert "|ORM^" in told[0]["after"][0]
    page = to_html(report)
    assert page.count('class="fix"') > 1  # on the first screen, and in the list
    assert "Correction vérifiée" in page
