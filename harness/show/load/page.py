"""A load as one HTML page: no network, strict policy, each drawing with its figures as a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from harness.show.load import told
from harness.show.load.record import Report, Span
from harness.show.pages import page
from harness.text import Text, catalogue, say

WIDTH: Final = 640
HEIGHT: Final = 180
LEFT: Final = 72
BOTTOM: Final = 24
TOP: Final = 10
_LINES: Final = ("p50", "p95", "p99")
_RATES: Final = ("exams", "messages", "problems")


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the drawing, and what it stands for."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a drawing: its points, as SVG wants them."""

    name: str
    title: Text
    points: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing over time, with the figures that it was made of."""

    title: Text
    curves: tuple[Curve, ...]
    across: tuple[Tick, ...]
    along: tuple[Tick, ...]
    head: tuple[Text, ...]
    rows: tuple[tuple[str, ...], ...]


def to_html(report: Report, lang: str) -> str:
    """The page as text."""
    names = ("report.css", "rulebook.css", "mllp.css", "load.css")
    style = "".join(page.asset(name) for name in names)
    script = page.asset("rulebook.js")
    return (
        page.environment()
        .get_template("load.html.j2")
        .render(
            report=report,
            lang=lang,
            style=Markup(style),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own file
            policy=page.policy(style, script),
            asked=told.asked(report),
            tiles=list(told.tiles(report)),
            notes=list(told.notes(report)),
            charts=charts(report),
            size=(WIDTH, HEIGHT, LEFT, TOP, BOTTOM),
            names=catalogue(),
        )
    )


def charts(report: Report) -> list[Chart]:
    """What happened a second, then the times of each row."""
    found = [_rates(report)] if report.spans else []
    for row in report.rows:
        spans = [span for span in report.spans if row.name in span.rows]
        if spans:
            title = say("load.chart", name=row.title, width=f"{report.width:g}")
            found.append(_times(report, row.name, title, spans))
    return found


def _times(report: Report, name: str, title: Text, spans: Sequence[Span]) -> Chart:
    series = {line: [getattr(s.rows[name], line) for s in spans] for line in _LINES}
    values = [value for line in series.values() for value in line if value > 0]
    low, high = _decades(min(values, default=1.0), max(values, default=1.0))

    def height(value: float) -> float:
        part = (math.log10(max(value, low)) - math.log10(low)) / (math.log10(high / low))
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part)

    decade, across = low, []
    while decade <= high * 1.0001:
        across.append(Tick(height(decade), f"{decade:g} ms"))
        decade *= 10
    where = _places(report, spans)
    curves = tuple(
        Curve(line, Text(line, line), _points(where, [height(v) for v in some]))
        for line, some in series.items()
    )
    rows = tuple(
        (f"{s.at:g}", str(s.rows[name].count), *(f"{getattr(s.rows[name], n):.1f}" for n in _LINES))
        for s in spans
    )
    head = (say("load.second"), say("load.count"), *(Text(line, line) for line in _LINES))
    return Chart(title, curves, tuple(across), _along(report), head, rows)


def _rates(report: Report) -> Chart:
    spans = report.spans
    series = {name: [getattr(span, name) for span in spans] for name in _RATES}
    high = max((value for some in series.values() for value in some), default=1.0) or 1.0
    where = _places(report, spans)

    def height(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / high)

    curves = tuple(
        Curve(name, say(f"load.{name}"), _points(where, [height(value) for value in some]))
        for name, some in series.items()
    )
    across = tuple(Tick(height(high * p), f"{high * p:.3g}") for p in (0.0, 0.5, 1.0))
    rows = tuple((f"{s.at:g}", *(f"{getattr(s, name):.1f}" for name in _RATES)) for s in spans)
    head = (say("load.second"), *(say(f"load.{name}") for name in _RATES))
    return Chart(say("load.chart.rate"), curves, across, _along(report), head, rows)


def _decades(low: float, high: float) -> tuple[float, float]:
    """Powers of ten around; at least one apart."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return 10.0**first, 10.0 ** max(last, first + 1)


def _end(report: Report) -> float:
    return max(report.width, report.spans[-1].at + report.width)


def _places(report: Report, spans: Sequence[Span]) -> list[float]:
    """From left to right: each in the middle of its time."""
    scale = (WIDTH - LEFT) / _end(report)
    return [LEFT + (span.at + report.width / 2) * scale for span in spans]


def _along(report: Report) -> tuple[Tick, ...]:
    end = _end(report)
    return tuple(
        Tick(LEFT + (WIDTH - LEFT) * part, f"{end * part:.3g}") for part in (0.0, 0.25, 0.5, 0.75)
    )


def _points(where: Sequence[float], heights: Sequence[float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(where, heights, strict=True))
