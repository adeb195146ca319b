"""What the report draws: ladders of exchanges, answer times, where the findings are, the matrix."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from harness.rules.rule import Verdict
from harness.show.pages.scores import Part, bar, flow_of
from harness.show.ranking import Placed, every_outcome
from harness.show.report import Report
from harness.sim.record import Exchange
from harness.text import Text, catalogue, plain

STEP_HEIGHT: Final = 58
FIRST_STEP: Final = 68
OPEN: Final = 3  # ladders with something to fix that are drawn open


@dataclass(frozen=True, slots=True)
class Rung:
    """One exchange of a ladder, with its place on the drawing."""

    exchange: Exchange
    y: int
    to_right: bool
    label: str
    ack: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """The exchanges of one play of a scenario, top to bottom. `is_open`: it is drawn unasked."""

    number: int
    title: Text
    verdict: Verdict
    rungs: tuple[Rung, ...]
    is_open: bool

    @property
    def height(self) -> int:
        """Of the drawing."""
        return self.rungs[-1].y + 50


def ladders(report: Report) -> list[Ladder]:
    """One for each play of a scenario, in their order; the first that went wrong are open."""
    titles = dict(report.scenario_titles)
    runs = {number: f"{part.name} · " for part in report.runs for number in part.numbers}
    plays = [
        tuple(members)
        for _, members in groupby(
            report.exchanges, lambda x: (runs.get(x.number), x.play, x.scenario)
        )
    ]
    wrong = [n for n, play in enumerate(plays) if _worst(play) >= Verdict.WARNING][:OPEN]
    return [
        Ladder(
            number=number + 1,
            title=_titled(
                runs.get(play[0].number, ""),
                titles.get(play[0].scenario) or plain(play[0].scenario),
            ),
            verdict=_worst(play),
            rungs=tuple(_rungs(play)),
            is_open=number in wrong or len(plays) == 1,
        )
        for number, play in enumerate(plays)
    ]


def _titled(run: str, title: Text) -> Text:
    return Text(f"{run}{title.fr}", f"{run}{title.en}")


def _worst(play: Sequence[Exchange]) -> Verdict:
    return max(exchange.verdict for exchange in play)


def _rungs(play: Sequence[Exchange]) -> Iterator[Rung]:
    for place, exchange in enumerate(play):
        answer = exchange.answer.message if exchange.answer else None
        yield Rung(
            exchange,
            FIRST_STEP + place * STEP_HEIGHT,
            exchange.sender == "ris",
            _label(exchange),
            answer.first("MSA-1")[:8] if answer else "",
        )


def _label(exchange: Exchange) -> str:
    """The message's type, and the conversation where a scenario has several."""
    return " · ".join(part for part in (exchange.what[:24], exchange.conversation[:24]) if part)


# -- how long answers took ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pillar:
    """The answer time of one exchange: `x`, `width` and `height` of a drawing 1000 by 120."""

    exchange: Exchange
    x: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Times:
    """Answer times in milliseconds, and a pillar for each in the order of the exchanges."""

    median: float
    worst: float
    pillars: tuple[Pillar, ...]
    median_height: float


def times(report: Report) -> Times | None:
    """None when fewer than two messages were answered."""
    answered = [x for x in report.exchanges if x.seconds is not None]
    if len(answered) < 2:
        return None
    taken = sorted(x.seconds or 0.0 for x in answered)
    median, worst = taken[len(taken) // 2], taken[-1] or 0.001
    step = min(1000 / len(answered), 60)
    pillars = (
        Pillar(x, round(n * step, 2), round(step * 0.8, 2), max(2, 110 * (x.seconds or 0) / worst))
        for n, x in enumerate(answered)
    )
    return Times(1000 * median, 1000 * worst, tuple(pillars), 110 * median / worst)


# -- where the findings are -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """How many findings a group of rules has; `width` in percents of the longest bar."""

    group: str
    count: int
    width: float
    parts: tuple[Part, ...]


def shares(placed: Sequence[Placed]) -> list[Share]:
    """The groups with findings, the largest first."""
    found: dict[str, Counter[Verdict]] = {}
    for one in placed:
        found.setdefault(one.finding.rule.group, Counter())[one.finding.verdict] += 1
    sizes = {group: sum(counts.values()) for group, counts in found.items()}
    most = max(sizes.values(), default=1)
    order = sorted(sizes, key=lambda group: -sizes[group])
    return [Share(g, sizes[g], round(100 * sizes[g] / most, 1), bar(found[g])) for g in order]


# -- matrix ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """What a group of rules gave for a flow: the worst verdict, and how often it was given."""

    verdict: Verdict
    count: int


def matrix(report: Report) -> dict[str, Any]:
    """`flows` and `groups` in order, and a cell for each pair of them."""
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    for outcome, judged, exchange in every_outcome(report):
        key = flow_of(judged, exchange), outcome.rule.group
        counts.setdefault(key, Counter())[outcome.verdict] += 1
    flows = list(dict.fromkeys(flow for flow, _ in counts))
    order = [key.removeprefix("group.") for key in catalogue() if key.startswith("group.")]
    groups = [group for group in order if any((flow, group) in counts for flow in flows)]
    cells = {
        (flow, group): _cell(counts.get((flow, group), Counter()))
        for flow in flows
        for group in groups
    }
    return {"flows": flows, "groups": groups, "cells": cells}


def _cell(counts: Counter[Verdict]) -> Cell:
    worst = max(counts, default=Verdict.NOT_APPLICABLE)
    return Cell(worst, counts[worst])
