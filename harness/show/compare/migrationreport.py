"""The migration report written out: for the terminal, as JSON, as one HTML page."""

import json
from typing import Any, Final

from markupsafe import Markup

from harness.rules.migration import Status
from harness.rules.rule import Verdict
from harness.show.compare.migrating import Datum, FlowReport, Held, Score, Todo, Way
from harness.show.pages import page
from harness.show.saying import SIGNS, source
from harness.show.terminal import STYLES, Terminal
from harness.text import Text, catalogue, say

SCHEMA: Final = "telerad-migration-1"


def headline(way: Way) -> Text:
    """What matters, on one line."""
    failing = [flow for flow in way.flows if flow.todo]
    if not failing:
        return say("migrate.nothing", profile=way.after.profile)
    names = ", ".join(flow.move.to for flow in failing)
    return say("migrate.headline", count=way.to_do, profile=way.after.profile, flows=names)


def summary(flow: FlowReport) -> Text:
    """How much there is to do in a flow."""
    if flow.after is None:
        return say("migrate.not_recorded")
    if not flow.todo:
        return say("migrate.passes", flow=flow.move.to)
    return say("migrate.to_pass", flow=flow.move.to, missing=flow.missing, wrong=flow.wrong)


def score_of(score: Score | None) -> Text:
    """A flow's worth under one guide, in words."""
    if score is None:
        return say("migrate.no_message")
    return say(
        "migrate.score",
        verdict=say(f"verdict.{score.verdict.word}"),
        failures=score.failures,
        warnings=score.warnings,
    )


# -- terminal --------------------------------------------------------------------------------


def to_terminal(terminal: Terminal, way: Way) -> None:
    """What matters, the two columns, then flow by flow what is to be done."""
    verdict = way.after.verdict
    told = headline(way).in_(terminal.lang)
    terminal.line((f"{SIGNS[verdict]} {told}", STYLES[verdict]))
    terminal.line("")
    columns = way.before.profile, way.after.profile
    terminal.line((f"  {terminal.tr('page.matrix.flow'):<10}{columns[0]:<44}{columns[1]}", "dim"))
    for flow in way.flows:
        _tell_scores(terminal, flow)
    for flow in way.flows:
        _tell_flow(terminal, flow)


def _tell_scores(terminal: Terminal, flow: FlowReport) -> None:
    lang, move = terminal.lang, flow.move
    name = f"{move.flow or '–'} → {move.to}"
    one, other = score_of(flow.before).in_(lang), score_of(flow.after).in_(lang)
    terminal.line(f"  {name:<10}", (f"{one:<44}", _style(flow.before)), (other, _style(flow.after)))


def _style(score: Score | None) -> str:
    return STYLES[score.verdict if score else Verdict.NOT_TESTED]


def _tell_flow(terminal: Terminal, flow: FlowReport) -> None:
    lang = terminal.lang
    if flow.after is None and not flow.move.flow:
        return
    terminal.title(summary(flow).in_(lang))
    terminal.line((f"  {flow.messages.in_(lang)}. {flow.move.text.in_(lang)}", "dim"))
    for segment, group in flow.todo:
        terminal.line((f"  {segment}", "bold"))
        for one in group:
            _tell_todo(terminal, one)
    moved = [one for one in flow.data if one.move.status is not Status.KEPT]
    if moved:
        terminal.line((f"  {terminal.tr('migrate.data')}", "bold"))
    for datum in moved:
        _tell_datum(terminal, datum)


def _tell_todo(terminal: Terminal, one: Todo) -> None:
    lang = terminal.lang
    sign, style = ("+", "red") if one.missing else ("~", "yellow")
    level = f" ({terminal.tr('migrate.already')})" if one.already else ""
    terminal.line(
        "    ",
        (sign, style),
        (f" {one.path:<22} ", "bold"),
        f"{one.rule.says.in_(lang)}{level}",
        (f"  {one.rule.id}, {source(one.rule).in_(lang)}", "dim"),
    )
    if one.known:
        told = terminal.tr("migrate.known", values=_told(one.known))
        terminal.line((f"{'':<29}{told}", "dim"))


def _tell_datum(terminal: Terminal, datum: Datum) -> None:
    lang, move = terminal.lang, datum.move
    status = terminal.tr(f"move.{move.status.value}")
    terminal.line(f"    {status:<11}{move.says.in_(lang)}")
    if not (move.was or move.now):
        return
    had, has = _told(datum.had), _told(datum.has)
    absent = terminal.tr("migrate.absent")
    new = (has or f"{', '.join(move.now)} {absent}") if move.now else terminal.tr("move.lost")
    old = (had or absent) if move.was else "–"
    terminal.line((f"{'':<15}{old} → {new}", "dim"))


def _told(held: tuple[Held, ...]) -> str:
    return ", ".join(f"{one.place} = {one.value}" for one in held if one.value)


# -- JSON ------------------------------------------------------------------------------------


def to_json(way: Way) -> str:
    """The contract of `schemas/migration.schema.json`."""
    content = {
        "schema": SCHEMA,
        "run": str(way.run.folder),
        "from": {"profile": way.before.profile, "verdict": way.before.verdict.word},
        "to": {"profile": way.after.profile, "verdict": way.after.verdict.word},
        "to_do": way.to_do,
        "flows": [_flow(flow) for flow in way.flows],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _flow(flow: FlowReport) -> dict[str, Any]:
    return {
        "from": flow.move.flow or None,
        "to": flow.move.to,
        "status": flow.move.status.value,
        "text": flow.move.text.as_dict(),
        "before": _score(flow.before),
        "after": _score(flow.after),
        "missing": flow.missing,
        "wrong": flow.wrong,
        "to_do": [_todo(segment, one) for segment, group in flow.todo for one in group],
        "data": [_datum(datum) for datum in flow.data],
    }


def _score(score: Score | None) -> dict[str, Any] | None:
    if score is None:
        return None
    return {
        "verdict": score.verdict.word,
        "failures": score.failures,
        "warnings": score.warnings,
        "contested": score.contested,
    }


def _todo(segment: str, one: Todo) -> dict[str, Any]:
    return {
        "segment": segment,
        "rule": one.rule.id,
        "message": one.rule.says.as_dict(),
        "source": {"document": one.rule.source.document, "section": one.rule.source.section},
        "path": one.path,
        "part": one.part,
        "missing": one.missing,
        "count": one.count,
        "expected": one.expected.as_dict(),
        "actual": one.actual.as_dict(),
        "already": one.already,
        "awaited": one.awaited,
        "known": _held(one.known),
    }


def _datum(datum: Datum) -> dict[str, Any]:
    move = datum.move
    return {
        "says": move.says.as_dict(),
        "status": move.status.value,
        "to": move.to,
        "had": _held(datum.had),
        "has": _held(datum.has),
        "text": move.text.as_dict() if move.text else None,
    }


def _held(held: tuple[Held, ...]) -> list[dict[str, str]]:
    return [{"place": one.place, "value": one.value} for one in held]


# -- HTML ------------------------------------------------------------------------------------


def to_html(way: Way, lang: str) -> str:
    """One page, no network, both languages inside."""
    style = page.asset("report.css") + page.asset("rulebook.css") + page.asset("compare.css")
    script = page.asset("rulebook.js")
    template = page.environment().get_template("migration.html.j2")
    return template.render(
        way=way,
        lang=lang,
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        policy=page.policy(style, script),
        headline=headline(way),
        summary=summary,
        score=score_of,
        source=source,
        shown=[flow for flow in way.flows if flow.before or flow.after],
        names=catalogue(),
    )
