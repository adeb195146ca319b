"""The report as one HTML file: no network, strict policy, both languages inside.

Everything that was received is escaped by the template; style and script are allowed by their hash
only. The page can be read without its script.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from harness.rules.rule import Level, Outcome, Rule, Verdict
from harness.show import facts, page, view
from harness.show.excerpt import excerpt
from harness.show.ranking import Placed, causes, every_outcome, findings_in_order
from harness.show.report import Report
from harness.show.words import SIGNS, counts, known_as_text, says_the_same, source
from harness.sim.record import Exchange, Judged
from harness.text import Text, catalogue, say

STEP_HEIGHT: Final = 58


def to_html(report: Report, lang: str = "fr") -> str:
    """The page as text. `lang` is the language that it opens in."""
    style, script = page.asset("report.css"), page.asset("report.js")
    placed = findings_in_order(report)
    documents = [judged for judged in report.judged if judged.document]
    room = view.room(documents, placed)
    aims = facts.Aims.of(report, documents, room)
    return (
        page.environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            lang=lang,
            style=Markup(style),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own file
            policy=page.policy(style, script),
            findings=placed,
            causes=causes(one for one in placed if not one.finding.known),
            scores=_scores(report),
            untested=_untested(report),
            known_as_text=known_as_text,
            rungs=list(_rungs(report)),
            matrix=_matrix(report),
            coverage=_coverage(report),
            excerpt=excerpt,
            documents=documents,
            anchor=lambda one: _anchor(one, report, documents),
            signs=SIGNS,
            told=aims.told,
            segments=lambda judged: list(view.segments(judged, placed, aims.spans(judged))),
            lines=lambda judged, limit: list(view.lines(judged, placed, limit, aims.lines(judged))),
            room=room,
            card=view.card,
            narrative=lambda judged: view.narrative_of(judged, placed),
            inside=lambda judged: view.in_document(judged, placed),
            source=source,
            says_the_same=says_the_same,
            counts=counts,
            say=say,
            verdicts=[v for v in Verdict if v is not Verdict.CONTESTED],
            names=catalogue(),
        )
    )


def _anchor(placed: Placed, report: Report, documents: list[Judged]) -> str:
    """Where the page shows what a finding is about."""
    if placed.finding.problem.at.xpath is not None:
        for number, judged in enumerate(documents, 1):
            if judged is placed.judged:
                line = placed.finding.problem.at.line or 0
                shown = 0 < line <= view.MAX_LINES
                return f"d{number}-{line}" if shown else f"document-{number}"
    if placed.exchange:
        return f"exchange-{placed.exchange.number}"
    number = next((n for n, file in enumerate(report.files, 1) if file is placed.judged), 0)
    return f"file-{number}"


# -- what the first screen says -------------------------------------------------------------


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


def _scores(report: Report) -> list[Score]:
    found: dict[Level, Counter[Verdict]] = {}
    broken: dict[Level, set[str]] = {}
    for outcome, _, _ in every_outcome(report):
        level = outcome.rule.level
        found.setdefault(level, Counter())[outcome.verdict] += 1
        if outcome.verdict >= Verdict.WARNING:
            broken.setdefault(level, set()).add(outcome.rule.id)
    scores = []
    for level in Level:
        counts = found.get(level, Counter[Verdict]())
        aside = counts[Verdict.NOT_APPLICABLE], counts[Verdict.NOT_TESTED]
        total = sum(counts.values()) - sum(aside)
        kept = counts[Verdict.PASS] + counts[Verdict.CONTESTED]
        if counts:
            scores.append(Score(level, kept, total, *aside, len(broken.get(level, ()))))
    return scores


def _untested(report: Report) -> list[tuple[str, Text, Text]]:
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


# -- ladder and matrix ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rung:
    """One exchange of the ladder, with its place on the drawing."""

    exchange: Exchange
    y: int
    to_right: bool
    label: str
    ack: str
    title: Text | None


def _label(exchange: Exchange) -> str:
    """The message's type, and the conversation where a scenario has several."""
    return " · ".join(part for part in (exchange.what[:24], exchange.conversation[:24]) if part)


def _rungs(report: Report) -> Iterator[Rung]:
    titles = dict(report.scenario_titles)
    run_of = {number: part.name for part in report.runs for number in part.numbers}
    last = ("", "")
    y = 64
    for exchange in report.exchanges:
        name = run_of.get(exchange.number, "")
        title = titles.get(exchange.scenario) if (name, exchange.scenario) != last else None
        last = (name, exchange.scenario)
        if title and name:
            title = Text(f"{name} · {title.fr}", f"{name} · {title.en}")
        if title:
            y += 26
        answer = exchange.answer.message if exchange.answer else None
        yield Rung(
            exchange,
            y,
            exchange.sender == "ris",
            _label(exchange),
            answer.first("MSA-1")[:8] if answer else "",
            title,
        )
        y += STEP_HEIGHT


@dataclass(frozen=True, slots=True)
class Cell:
    """What a group of rules gave for a flow."""

    verdict: Verdict
    count: int
    flow: str
    group: str


def _matrix(report: Report) -> dict[str, Any]:
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    for outcome, judged, exchange in every_outcome(report):
        flow = exchange.flow if exchange else judged.kind if judged else "-"
        counts.setdefault((flow, outcome.rule.group), Counter())[outcome.verdict] += 1
    flows = list(dict.fromkeys(flow for flow, _ in counts))
    order = [key.removeprefix("group.") for key in catalogue() if key.startswith("group.")]
    groups = [group for group in order if any((flow, group) in counts for flow in flows)]
    cells = {
        (flow, group): _cell(flow, group, counts.get((flow, group), Counter()))
        for flow in flows
        for group in groups
    }
    return {"flows": flows, "groups": groups, "cells": cells}


def _cell(flow: str, group: str, counts: Counter[Verdict]) -> Cell:
    worst = max(counts, default=Verdict.NOT_APPLICABLE)
    return Cell(worst, counts[worst], flow, group)


def _coverage(report: Report) -> list[tuple[Rule, Verdict, Text | None]]:
    """Every rule of the profile with the worst that it gave, or why it gave nothing."""
    worst: dict[str, Outcome] = {}
    for outcome, _, _ in every_outcome(report):
        known = worst.get(outcome.rule.id)
        if known is None or outcome.verdict > known.verdict:
            worst[outcome.rule.id] = outcome
    rows = []
    for rule in report.rules:
        found = worst.get(rule.id)
        if found:
            rows.append((rule, found.verdict, found.reason))
        else:
            rows.append((rule, Verdict.NOT_TESTED, rule.untested))
    return rows
