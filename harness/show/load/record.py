"""The result of a load as one record. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harness.rules.rule import Verdict
from harness.show.runs.surroundings import tool_version
from harness.sim.load.anomaly import WEIGHTS, Example
from harness.sim.load.figures import QUANTILES, Figures, Times
from harness.sim.load.sifting import Group
from harness.sim.load.traffic import WAIT
from harness.sim.network.load import Load
from harness.text import Text, say

RATES: Final = ("exams", "messages", "problems")
CAME: Final = "→"  # before the flow, in the names of figures: what came of its own


@dataclass(frozen=True, slots=True)
class Row:
    """Times of one kind: how many, three percentiles and the longest, in milliseconds."""

    name: str
    count: int
    p50: float
    p95: float
    p99: float
    highest: float

    @property
    def title(self) -> Text:
        """What was measured."""
        if self.name == WAIT:
            return say("load.row.wait")
        kind = "came" if self.name.startswith(CAME) else "ack"
        return say(f"load.row.{kind}", flow=self.name.removeprefix(CAME))

    @property
    def is_ack(self) -> bool:
        """It is the time of acknowledgements."""
        return self.name != WAIT and not self.name.startswith(CAME)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the run's time from `at`, in seconds: what happened a second, times by name."""

    at: float
    exams: float
    messages: float
    problems: float
    rows: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of anomaly in one flow."""

    kind: str
    flow: str
    verdict: Verdict
    count: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """A limit that the user set, and what was measured."""

    text: Text
    held: bool


@dataclass(frozen=True, slots=True)
class Gates:
    """Limits that the user sets: milliseconds, and exams a second that come to their end."""

    p99: float | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A load. Rates are a second, times of rows in milliseconds, other times in seconds."""

    tool: str
    command: str
    started: datetime
    profile: str
    role: str
    to: str
    asked: Mapping[str, float]
    heard: bool
    seconds: float
    planned: int
    begun: int
    finished: int
    late: int
    starved: int
    held_back: int
    messages: int
    judged: int
    unjudged: int
    own_mistakes: int
    rows: tuple[Row, ...]
    width: float
    spans: tuple[Span, ...]
    troubles: tuple[Trouble, ...]
    groups: tuple[Group, ...]
    beyond: int
    verdicts: Mapping[tuple[str, bool, Verdict], int]
    judgement: Verdict
    gates: tuple[Gate, ...]
    interrupted: bool

    @property
    def verdict(self) -> Verdict:
        """The worst of what was judged, what went wrong, and the gates."""
        parts = [self.judgement, *(trouble.verdict for trouble in self.troubles)]
        parts += [Verdict.FAIL for gate in self.gates if not gate.held]
        return max(parts)

    @property
    def behind(self) -> bool:
        """The schedule was not kept."""
        return bool(self.late or self.held_back)

    @property
    def rate(self) -> float:
        """Exams a second that came to their end."""
        return self.finished / self.seconds if self.seconds else 0.0


def exit_code(report: Report) -> int:
    """0 held, 1 not held, 3 not measured, 130 interrupted."""
    if report.interrupted:
        return 130
    if report.verdict is Verdict.FAIL:
        return 1
    return 3 if report.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE) else 0


def of(load: Load, command: str, started: datetime, gates: Gates) -> Report:
    """The record of a load that is over."""
    plan, traffic, figures = load.plan, load.traffic, load.traffic.figures
    rows = tuple(rows_of(figures.total.times))
    return Report(
        tool=tool_version(),
        command=command,
        started=started,
        profile=plan.profile.id,
        role=plan.role,
        to=f"{plan.to[0]}:{plan.to[1]}",
        asked={
            "rate": plan.schedule.rate,
            "seconds": plan.schedule.seconds,
            "ramp": plan.schedule.ramp,
            "connections": plan.connections,
            "documents": plan.documents,
        },
        heard=plan.listen is not None,
        seconds=load.seconds,
        planned=plan.schedule.count,
        begun=traffic.begun,
        finished=traffic.finished,
        late=load.late,
        starved=load.starved,
        held_back=load.held_back,
        messages=figures.total.counts["messages"],
        judged=load.sum.messages,
        unjudged=load.unjudged,
        own_mistakes=load.sum.own_mistakes,
        rows=rows,
        width=figures.width,
        spans=tuple(spans(figures)),
        troubles=tuple(troubles(load)),
        groups=tuple(sorted(load.sum.groups.values(), key=_weight)),
        beyond=load.sum.beyond,
        verdicts=load.sum.verdicts,
        judgement=load.sum.verdict,
        gates=tuple(_gates(gates, rows, load)),
        interrupted=load.interrupted,
    )


def row(name: str, times: Times) -> Row:
    """The figures of some times."""
    p50, p95, p99 = (times.quantile(part) * 1000 for part in QUANTILES)
    return Row(name, times.count, p50, p95, p99, times.highest * 1000)


def rows_of(times: Mapping[str, Times]) -> list[Row]:
    """Acknowledgements first, then what came, then the wait; each by flow."""
    found = [row(name, some) for name, some in times.items()]
    return sorted(found, key=lambda one: (one.name == WAIT, not one.is_ack, one.name))


def spans(figures: Figures) -> Iterator[Span]:
    """The run's time in parts."""
    for at, slot in figures.over_time():
        per = {name: count / figures.width for name, count in slot.counts.items()}
        rows = {name: row(name, times) for name, times in slot.times.items()}
        exams, messages, problems = (per.get(name, 0.0) for name in RATES)
        yield Span(at, exams, messages, problems, rows)


def troubles(load: Load) -> list[Trouble]:
    """Worst first, then the most frequent."""
    anomalies = load.traffic.anomalies
    found = [
        Trouble(kind, flow, WEIGHTS[kind], count, tuple(anomalies.examples[kind, flow]))
        for (kind, flow), count in anomalies.counts.items()
    ]
    return sorted(found, key=lambda one: (-one.verdict, -one.count, one.kind, one.flow))


def _weight(group: Group) -> tuple[bool, int, int]:
    """Theirs before ours, worst first, then the most frequent."""
    return group.first.ours, -group.first.verdict, -group.count


def _gates(gates: Gates, rows: Sequence[Row], load: Load) -> Iterator[Gate]:
    if gates.p99 is not None:
        for one in rows:
            if one.is_ack:
                yield Gate(
                    say(
                        "load.gate.p99",
                        name=one.title,
                        actual=f"{one.p99:.1f}",
                        limit=f"{gates.p99:g}",
                    ),
                    one.p99 <= gates.p99,
                )
    if gates.rate is not None:
        actual = load.traffic.finished / load.seconds if load.seconds else 0.0
        text = say("load.gate.rate", actual=f"{actual:.2f}", limit=f"{gates.rate:g}")
        yield Gate(text, actual >= gates.rate)
