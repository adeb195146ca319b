"""What the first screen of the report counts: checks by level and by flow, what is not tested."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from harness.rules.rule import Level, Outcome, Verdict
from harness.show.ranking import every_outcome
from harness.show.report import Report
from harness.sim.record import Exchange, Judged
from harness.text import Text, say

LEAST: Final = 3.0  # percents of a bar that the smallest part gets, so that it can be seen
_ASIDE: Final = (Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED)
_KEPT: Final = (Verdict.PASS, Verdict.CONTESTED)

Counts = Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class Score:
    """A level: checks passed of those made, those not made, and how many rules are broken."""

    level: Level
    kept: int
    total: int
    not_applicable: int
    not_tested: int
    broken: int

    @property
    def percent(self) -> int:
        """Whole percents kept; 100 when there was nothing to keep."""
        return 100 if not self.total else 100 * self.kept // self.total


def by_level(report: Report) -> list[Score]:
    """A score for each level that was judged."""
    found: dict[Level, Counter[Verdict]] = {}
    broken: dict[Level, set[str]] = {}
    for outcome, _, _ in every_outcome(report):
        level = outcome.rule.level
        found.setdefault(level, Counter())[outcome.verdict] += 1
        if outcome.verdict >= Verdict.WARNING:
            broken.setdefault(level, set()).add(outcome.rule.id)
    return [_score(lv, found[lv], len(broken.get(lv, ()))) for lv in Level if lv in found]


def _score(level: Level, counts: Counter[Verdict], broken: int) -> Score:
    aside = counts[Verdict.NOT_APPLICABLE], counts[Verdict.NOT_TESTED]
    total = sum(counts.values()) - sum(aside)
    return Score(level, sum(counts[one] for one in _KEPT), total, *aside, broken)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar that is 100 wide."""

    verdict: Verdict
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class FlowScore:
    """A flow: its worst verdict, and the checks of its messages and answers by level.

    `title` is the guide's, None for what is no flow of it. `bar` is empty when nothing was judged.
    """

    flow: str
    title: Text | None
    verdict: Verdict
    levels: tuple[Score, ...] = ()
    bar: tuple[Part, ...] = ()


def by_flow(report: Report) -> list[FlowScore]:
    """Every flow of the profile in its order, judged or not, then whatever else was judged."""
    found: dict[str, list[Outcome]] = {flow: [] for flow in report.flows}
    for outcome, judged, exchange in every_outcome(report):
        found.setdefault(flow_of(judged, exchange), []).append(outcome)
    flows = report.guide.flows if report.guide else {}
    titles = {flow: known.title for flow, known in flows.items()}
    return [_of_flow(flow, titles.get(flow), some) for flow, some in found.items()]


def flow_of(judged: Judged | None, exchange: Exchange | None) -> str:
    """The flow that an outcome counts for; of a file, what it was judged as."""
    return exchange.flow if exchange else judged.kind if judged else "-"


def _of_flow(flow: str, title: Text | None, outcomes: list[Outcome]) -> FlowScore:
    counts = Counter(outcome.verdict for outcome in outcomes)
    worst = max(counts, default=Verdict.NOT_TESTED)
    return FlowScore(flow, title, worst, tuple(_levels(outcomes)), bar(counts))


def _levels(outcomes: list[Outcome]) -> Iterator[Score]:
    for level in Level:
        of_level = [outcome for outcome in outcomes if outcome.rule.level is level]
        broken = {o.rule.id for o in of_level if o.verdict >= Verdict.WARNING}
        if of_level:
            yield _score(level, Counter(o.verdict for o in of_level), len(broken))


def bar(counts: Counts) -> tuple[Part, ...]:
    """The checks that were made as parts of a bar, the worst first, none too small to be seen."""
    shown = {v: n for v, n in counts.items() if v not in _ASIDE and n}
    if not shown:
        return ()
    total = sum(shown.values())
    widths = {v: max(LEAST, 100 * n / total) for v, n in shown.items()}
    scale = 100 / sum(widths.values())
    parts, x = [], 0.0
    for verdict in sorted(widths, reverse=True):
        width = widths[verdict] * scale
        parts.append(Part(verdict, round(x, 2), round(width, 2)))
        x += width
    return tuple(parts)


def untested(report: Report) -> list[tuple[str, Text, Text]]:
    """Flows never seen, steps that were not played, and rules that nothing outside can tell."""
    rows = [
        (flow, say("report.exchange", flow=flow), say("page.no_message"))
        for flow in report.absent_flows
    ]
    for exchange in report.exchanges:
        if exchange.state == "not_run" and exchange.reason:
            flow = say("report.exchange", flow=exchange.flow)
            rows.append((exchange.flow, flow, exchange.reason))
    rows += [(rule.id, rule.says, rule.untested) for rule in report.rules if rule.untested]
    return rows
