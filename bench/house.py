"""What a part tells: rows for its table, goals met or not, curves for the plot, words in between.

Texts are pairs, French and English. All of it is plain data, so that parts can run in processes of
their own and the page can be written again without measuring.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from bench.turns import FULL, QUICK, Effort, Ratio, Times

Both = tuple[str, str]  # French, English


@dataclass
class Table:
    """One table; `rows` are cells as text. Cells that are pairs are in both languages."""

    title: Both
    head: list[Both]
    rows: list[list[str | Both]] = field(default_factory=list)


@dataclass
class Goal:
    """A goal of the project: what was wanted, what was measured, whether it is met.

    `met` is None where it could not be measured, with the reason in `figure`.
    """

    name: Both
    wanted: Both
    figure: Both
    met: bool | None


@dataclass
class Curve:
    """Points of the plot: `x` and `y` by series, on the axes `across` and `up`."""

    title: Both
    across: Both
    up: Both
    series: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


@dataclass
class Part:
    """What one part found."""

    name: str
    title: Both
    tables: list[Table] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    notes: list[Both] = field(default_factory=list)


def number(value: float) -> str:
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def times(ratio: Ratio) -> str:
    """A ratio with its quartiles."""
    return f"{number(ratio.median)} ({number(ratio.low)}…{number(ratio.high)})"


def sides(title: Both, found: Times, of: str, names: dict[str, Both]) -> Table:
    """Every side, in ms and as a multiple of one of them."""
    head: list[Both] = [("", ""), ("CPU, ms", "CPU, ms"), (f"× {of}", f"× {of}")]
    rows: list[list[str | Both]] = [
        [names.get(side, (side, side)), f"{found.ms(side):.3f}", times(found.ratio(side, of))]
        for side in found.rounds
    ]
    return Table(title, head, rows)


def at_least(name: Both, wanted: float, ratio: Ratio, unit: Both) -> Goal:
    """A goal that the lower quartile has to reach."""
    return Goal(name, _bound("≥", wanted, unit), _told(ratio, unit), ratio.low >= wanted)


def at_most(name: Both, wanted: float, ratio: Ratio, unit: Both) -> Goal:
    """A goal that the upper quartile must not pass."""
    return Goal(name, _bound("≤", wanted, unit), _told(ratio, unit), ratio.high <= wanted)


def _bound(sign: str, wanted: float, unit: Both) -> Both:
    return f"{sign} {wanted:g}× {unit[0]}".strip(), f"{sign} {wanted:g}× {unit[1]}".strip()


def _told(ratio: Ratio, unit: Both) -> Both:
    return f"{times(ratio)}×", f"{times(ratio)}×"


def alone(measure: Callable[[Effort], Part]) -> None:
    """Run one part by itself: tables as text, or `--json` for the house."""
    effort = QUICK if "--quick" in sys.argv else FULL
    part = measure(effort)
    if "--json" in sys.argv:
        print(json.dumps(asdict(part), ensure_ascii=False))
        return
    print(part.title[1])
    for table in part.tables:
        print(f"\n{table.title[1]}")
        lines = [[cell[1] for cell in table.head], *([_cell(c) for c in r] for r in table.rows)]
        widths = [max(len(line[n]) for line in lines) for n in range(len(table.head))]
        for line in lines:
            print("  " + "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)))
    for curve in part.curves:
        print(f"\n{curve.title[1]}: {curve.across[1]} -> {curve.up[1]}")
        for name, points in curve.series.items():
            print(f"  {name}: " + ", ".join(f"{x:g}: {y:.3g}" for x, y in points))
    for goal in part.goals:
        sign = {True: "met", False: "NOT met", None: "not measured"}[goal.met]
        print(f"goal: {goal.name[1]}: {goal.wanted[1]}: {goal.figure[1]}: {sign}")
    for note in part.notes:
        print(f"note: {note[1]}")


def _cell(cell: str | Both) -> str:
    return cell if isinstance(cell, str) else cell[1]
