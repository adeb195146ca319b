from dataclasses import replace

import pytest

from harness.rules.rule import Finding, Level, Outcome, Problem, Rule, SpecRef, Verdict
from harness.show.ranking import Cause, causes, deliberate_findings, findings_in_order
from harness.show.report import Report
from harness.sim.record import Judged
from harness.text import plain
from harness.wire.location import Location

ORDER = [Verdict.ERROR, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.WARNING, Verdict.CONTESTED]


def rule(name: str, group: str = "patient") -> Rule:
    return Rule(
        id=name,
        level=Level.MUST,
        says=plain(name),
        source=SpecRef("livre-blanc-2024", "1"),
        kinds=frozenset({"A"}),
        group=group,
    )


def outcome(found: Rule, verdict: Verdict, *expected: str) -> Outcome:
    findings = tuple(
        Finding(found, verdict, Problem(Location(), plain(wish), plain("")), "A")
        for wish in expected or ("x",)
    )
    return Outcome(found, verdict, findings)


def report_of(nominal: Report, *outcomes: Outcome) -> Report:
    return replace(nominal, exchanges=(), files=(Judged("A", "a.er7", outcomes),))


def test_the_worst_comes_first(nominal: Report) -> None:
    mixed = [outcome(rule(f"R-{v.word.upper()}"), v) for v in reversed(ORDER)]
    found = findings_in_order(report_of(nominal, *mixed))
    assert [p.finding.verdict for p in found] == ORDER


def test_within_a_verdict_the_order_is_that_of_what_happened(nominal: Report) -> None:
    rules = [outcome(rule(name), Verdict.FAIL) for name in ("R-C", "R-A", "R-B")]
    found = findings_in_order(report_of(nominal, *rules))
    assert [p.finding.rule.id for p in found] == ["R-C", "R-A", "R-B"]


def test_findings_are_numbered_from_1_as_they_are_shown(report: Report) -> None:
    numbers = [p.number for p in findings_in_order(report)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_cause_comes_before_what_follows_from_it(stopped: Report) -> None:
    assert [p.finding.rule.id for p in findings_in_order(stopped)] == ["INS-F03", "STEP-ACK"]


def test_passed_outcomes_are_no_findings(nominal: Report) -> None:
    assert [p for p in findings_in_order(nominal) if p.finding.verdict <= Verdict.PASS] == []


def test_messages_wrong_on_purpose_are_left_out(everything: Report) -> None:
    found = {(p.finding.rule.id, p.file) for p in findings_in_order(everything)}
    meant = {(p.finding.rule.id, p.file) for p in deliberate_findings(everything)}
    assert "INS-F03" in {rule for rule, _ in meant}
    assert found & meant == set()


def test_findings_of_one_rule_are_one_cause(nominal: Report) -> None:
    twice = outcome(rule("R-A"), Verdict.FAIL, "x", "y")
    found = findings_in_order(report_of(nominal, twice, outcome(rule("R-B"), Verdict.FAIL)))
    assert causes(found) == [Cause(found[0], (found[1],)), Cause(found[2])]
    assert causes(found)[0].count == 2


def test_a_scenario_that_expects_two_things_has_two_causes(nominal: Report) -> None:
    step = outcome(rule("STEP-EXPECT", "exchange"), Verdict.FAIL, "2 authors", "rule broken")
    assert len(causes(findings_in_order(report_of(nominal, step)))) == 2


@pytest.mark.parametrize(("verdict", "shown"), [(v, v is not Verdict.PASS) for v in Verdict])
def test_the_verdict_of_a_report_is_the_worst_of_its_parts(
    nominal: Report, verdict: Verdict, shown: bool
) -> None:
    both = (Judged("A", "a", (outcome(rule("R-A"), Verdict.PASS),)),
            Judged("A", "b", (outcome(rule("R-B"), verdict),)))  # fmt: skip
    worst = replace(nominal, exchanges=(), files=both).verdict
    assert worst is max(verdict, Verdict.PASS)
    assert (worst is verdict) is shown or verdict <= Verdict.PASS
