"""The guide, statement by statement, with what this run says of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.rules import coverage
from harness.rules.coverage import Statement, Status
from harness.rules.rule import Outcome, Rule, Verdict
from harness.show.ranking import every_outcome
from harness.show.report import Report
from harness.text import Text, say

_SIGNS = {Status.INFORMATION: "i", Status.UNTESTABLE: "∅", Status.GAP: "…"}


@dataclass(frozen=True, slots=True)
class Told:
    """A statement and the worst that its rules gave; `why` nothing or not all can be told of it.

    `sign` is empty where the verdict's own is to be shown.
    """

    statement: Statement
    verdict: Verdict
    rules: tuple[tuple[Rule, Verdict], ...]
    why: Text | None
    sign: str = ""


def told(report: Report) -> list[Told]:
    """Every statement of the guide in its order; none when the profile has no ledger."""
    if report.guide is None:
        return []
    try:
        statements = coverage.load(report.guide)
    except HarnessError:
        return []
    worst = {rule: outcome.verdict for rule, outcome in worst_of(report).items()}
    return list(_told(statements, worst))


def _told(statements: tuple[Statement, ...], worst: Mapping[str, Verdict]) -> Iterator[Told]:
    for statement in statements:
        rules = tuple((r, worst.get(r.id, Verdict.NOT_TESTED)) for r in statement.rules)
        verdict = max((one for _, one in rules), default=Verdict.NOT_TESTED)
        why, sign = statement.why, _SIGNS.get(statement.status, "")
        if rules and verdict <= Verdict.NOT_TESTED and statement.status not in _SIGNS:
            key = "not_met" if verdict is Verdict.NOT_TESTED else "not_applied"
            why = why or say(f"page.guide.{key}")
        yield Told(statement, verdict, rules, why, sign)


def worst_of(report: Report) -> Mapping[str, Outcome]:
    """The worst that each rule gave, by its id."""
    worst: dict[str, Outcome] = {}
    for outcome, _, _ in every_outcome(report):
        known = worst.get(outcome.rule.id)
        if known is None or outcome.verdict > known.verdict:
            worst[outcome.rule.id] = outcome
    return worst


def every_rule(report: Report) -> list[tuple[Rule, Verdict, Text | None]]:
    """Every rule of the profile with the worst that it gave, or why it gave nothing."""
    worst = worst_of(report)
    return [
        (rule, worst[rule.id].verdict, worst[rule.id].reason)
        if rule.id in worst
        else (rule, Verdict.NOT_TESTED, rule.untested)
        for rule in report.rules
    ]
