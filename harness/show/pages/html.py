"""The report as one HTML file: no network, strict policy, both languages inside.

Everything that was received is escaped by the templates (`reports/template/report/`, one for each
part); style and script are allowed by their hash only. The page can be read without its script.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from markupsafe import Markup

from harness.rules import coverage
from harness.rules.rule import Level, Verdict
from harness.show.excerpt import excerpt
from harness.show.fixing import fixes_of
from harness.show.pages import detail, drawing, facts, guided, page, scores, view, wirelog
from harness.show.pages.narrative import SectionView
from harness.show.ranking import Placed, causes, findings_in_order
from harness.show.report import Concordance, Report
from harness.show.saying import SIGNS, counts, known_as_text, says_the_same, source
from harness.sim.record import Judged
from harness.text import catalogue, plain, say

STYLES: Final = ("report.css", "report/findings.css")
SCRIPTS: Final = tuple(
    f"report/{name}.js" for name in ("state", "detail", "filters", "start")
)  # in the order in which they need each other
TABS: Final = ("about", "message", "bytes", "document", "ack", "requirement", "history")

MANY: Final = 20  # conversations whose facts are all shown

Parts = Mapping[str, Any]


def to_html(report: Report, lang: str = "fr") -> str:
    """The page as text. `lang` is the language that it opens in."""
    style, script = _joined(STYLES), _joined(SCRIPTS)
    placed = findings_in_order(report)
    return (
        page.environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            lang=lang,
            style=Markup(style),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own file
            policy=page.policy(style, script),
            names=catalogue(),
            signs=SIGNS,
            say=say,
            **_summary(report, placed),
            **_findings(report, placed),
            **_contents(report, placed),
        )
    )


def _joined(files: Sequence[str]) -> str:
    return "".join(page.asset(name) for name in files)


def _summary(report: Report, placed: list[Placed]) -> Parts:
    """What is told before the findings."""
    flows = scores.by_flow(report)
    return {
        "parties": list(_parties(report)),
        "scores": scores.by_level(report),
        "flows": flows,
        "unseen": [one.flow for one in flows if not one.bar],
        "untested": scores.untested(report),
        "ladders": drawing.ladders(report),
        "times": drawing.times(report),
        "matrix": drawing.matrix(report),
        "shares": drawing.shares(placed),
        "verdicts": list(Verdict),
    }


def _parties(report: Report) -> Iterator[tuple[str, str]]:
    """What the two sides call themselves: MSH-3 of the first message that each sent."""
    for role in ("ris", "platform"):
        sent = (x.request.message for x in report.exchanges if x.request and x.sender == role)
        name = next((message.first("MSH-3") for message in sent if message), "")
        if name:
            yield role, name


def _findings(report: Report, placed: list[Placed]) -> Parts:
    """The findings, what they are filtered by, and what their details show."""
    grouped = causes(placed)
    rules = {cause.first.finding.rule.id for cause in grouped}
    flows = dict.fromkeys(one.flow for one in placed)
    groups = dict.fromkeys(one.finding.rule.group for one in placed)
    return {
        "findings": placed,
        "causes": grouped,
        "to_fix": [cause for cause in grouped if not cause.first.finding.known],
        "verdict_options": [
            (v.word, say(f"verdict.{v.word}")) for v in Verdict if v.needs_attention
        ],
        "level_options": [(level.value, plain(level.value)) for level in Level],
        "flow_options": [(flow, plain(flow)) for flow in flows],
        "group_options": [(group, say(f"group.{group}")) for group in groups],
        "tabs": TABS,
        "octets": detail.octets,
        "fixes": fixes_of(report).firsts(placed),
        "history": detail.history(report, rules),
        "fields": detail.names(report) if placed else {},
        "excerpt": excerpt,
        "source": source,
        "says_the_same": says_the_same,
        "counts": counts,
        "known_as_text": known_as_text,
    }


def _contents(report: Report, placed: list[Placed]) -> Parts:
    """What was received, and the guide."""
    documents = [judged for judged in report.judged if judged.document]
    of = _by_message(placed)
    room = view.room(documents, placed)
    tables = _tables(report)
    aims = facts.Aims.of(replace(report, concordance=tables), documents, room)
    numbers = detail.Numbers.of(report, documents)
    told = guided.told(report)
    return {
        "documents": documents,
        "numbers": numbers,
        "anchor": lambda one: numbers.anchor(one, report),
        "tables": tables,
        "agreeing": len(report.concordance) - len(tables),
        "told": aims.told,
        "segments": lambda judged: list(view.segments(judged, of(judged), aims.spans(judged))),
        "lines": lambda judged, limit: list(
            view.lines(judged, of(judged), limit, aims.lines(judged))
        ),
        "room": room,
        "card": view.card,
        "narrative": lambda judged: _read_once(judged, of(judged)),
        "inside": lambda judged: view.in_document(judged, of(judged)),
        "wire": list(wirelog.passed(report)),
        "guide": told,
        "cited": _Cited(coverage.by_rule(one.statement for one in told)),
        "coverage": guided.every_rule(report),
    }


def _read_once(judged: Judged, placed: Sequence[Placed]) -> tuple[SectionView, ...]:
    """The sections of a document, which is then let go: the trees of all would fill the memory."""
    found = view.narrative_of(judged, placed)
    judged.let_go()
    return found


def _tables(report: Report) -> tuple[Concordance, ...]:
    """The tables of facts; of very many only those in which something differs."""
    if len(report.concordance) <= MANY:
        return report.concordance
    return tuple(c for c in report.concordance if not all(row.agrees for row in c.rows))


class _Cited(dict[str, tuple[coverage.Statement, ...]]):
    """The statements that cite a rule, none for the rules of packs."""

    def __missing__(self, rule: str) -> tuple[coverage.Statement, ...]:
        return ()


def _by_message(placed: list[Placed]) -> Callable[[Judged], Sequence[Placed]]:
    """The findings of what was judged, looked up."""
    found: dict[int, list[Placed]] = {}
    for one in placed:
        if one.judged:
            found.setdefault(id(one.judged), []).append(one)
    return lambda judged: found.get(id(judged), ())
