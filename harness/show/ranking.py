"""What to fix first: the findings of a report in one order, the same for every writer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from harness.rules.rule import Finding, Known, Outcome, Verdict
from harness.show.report import Report
from harness.sim.record import Exchange, Judged

_OF_RECEIVER: Final = frozenset(
    {"ACK-NONE", "ACK-LATE", "ACK-STRAY", "STEP-ACK", "STEP-ERR", "STEP-REACH"}
)
_CONFORMANCE = (Verdict.ERROR, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.WARNING)


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with the message it is about. `number` counts from 1 in the order shown."""

    finding: Finding
    judged: Judged | None
    exchange: Exchange | None
    number: int = 0

    @property
    def file(self) -> str:
        """The file that the finding is in: the document's for a place inside a document."""
        if self.judged is None:
            return ""
        inside = self.finding.problem.at.xpath is not None
        return (inside and self.judged.document_file) or self.judged.file

    @property
    def flow(self) -> str:
        """The flow of the exchange, or the kind of the file."""
        return self.exchange.flow if self.exchange else self.judged.kind if self.judged else ""


def blamed(placed: Placed) -> str:
    """The role at fault: "ris" or "platform"; empty where no message crossed, or none can tell."""
    exchange, rule = placed.exchange, placed.finding.rule
    if exchange is None or rule.id == "STEP-TLS":
        return ""
    if placed.finding.problem.by:
        return placed.finding.problem.by
    if rule.id in _OF_RECEIVER:
        return exchange.receiver
    if rule.group == "exchange":
        return exchange.sender
    answered = placed.judged is not None and placed.judged is exchange.answer
    return exchange.receiver if answered else exchange.sender


def findings_in_order(report: Report) -> list[Placed]:
    """Worst verdict first; within a verdict as it happened, so that the cause comes first.
    Known failures come last.

    Findings of messages made wrong on purpose are left out.
    """
    found = [
        placed for placed in _as_it_happened(report) if not (placed.judged and _deliberate(placed))
    ]
    order = {verdict: place for place, verdict in enumerate(_CONFORMANCE)}
    found.sort(key=lambda p: (bool(p.finding.known), order.get(p.finding.verdict, len(order))))
    return [
        Placed(placed.finding, placed.judged, placed.exchange, number)
        for number, placed in enumerate(found, 1)
    ]


@dataclass(frozen=True, slots=True)
class Cause:
    """Findings of one rule: what a vendor mends once. `first` is the one to look at."""

    first: Placed
    others: tuple[Placed, ...] = ()

    @property
    def count(self) -> int:
        """How many findings."""
        return 1 + len(self.others)

    @property
    def every(self) -> tuple[Placed, ...]:
        """All of them, in order."""
        return (self.first, *self.others)


def causes(placed: Iterable[Placed]) -> list[Cause]:
    """The findings by rule, in the order of the first of each.

    What a scenario expected is told apart by what it expected: one rule stands for all of it.
    """
    found: dict[tuple[str, Verdict, Known | None, str], list[Placed]] = {}
    for one in placed:
        rule, problem = one.finding.rule, one.finding.problem
        wish = problem.expected.en if rule.group == "exchange" else ""
        key = (rule.id, one.finding.verdict, one.finding.known, wish)
        found.setdefault(key, []).append(one)
    return [Cause(first, tuple(others)) for first, *others in found.values()]


def deliberate_findings(report: Report) -> list[Placed]:
    """The findings of messages made wrong on purpose, as they happened."""
    return [p for p in _as_it_happened(report) if p.judged and _deliberate(p)]


def _deliberate(placed: Placed) -> bool:
    return bool(placed.judged and placed.judged.deliberate)


def _as_it_happened(report: Report) -> Iterator[Placed]:
    for exchange in report.exchanges:
        wire = [o for o in exchange.step_outcomes if o.rule.group == "mllp"]
        rest = [o for o in exchange.step_outcomes if o.rule.group != "mllp"]
        yield from _of(wire, exchange.request, exchange, step=True)
        for judged in (exchange.request, exchange.answer):
            if judged:
                yield from _of(judged.outcomes, judged, exchange)
        yield from _of(rest, exchange.answer or exchange.request, exchange, step=True)
    for judged in report.files:
        yield from _of(judged.outcomes, judged, None)


def _of(
    outcomes: "tuple[Outcome, ...] | list[Outcome]",
    judged: Judged | None,
    exchange: Exchange | None,
    *,
    step: bool = False,
) -> Iterator[Placed]:
    if step and judged and judged.deliberate:
        judged = None  # what the scenario expected counts, though the message was wrong on purpose
    for outcome in outcomes:
        for finding in outcome.findings:
            yield Placed(finding, judged, exchange)


def every_outcome(report: Report) -> Iterator[tuple[Outcome, Judged | None, Exchange | None]]:
    """All outcomes that count, with what they are about, as they happened."""
    for exchange in report.exchanges:
        for judged in (exchange.request, exchange.answer):
            if judged and not judged.deliberate:
                for outcome in judged.outcomes:
                    yield outcome, judged, exchange
        for outcome in exchange.step_outcomes:
            yield outcome, exchange.answer or exchange.request, exchange
    for judged in report.files:
        for outcome in judged.outcomes:
            yield outcome, judged, None
