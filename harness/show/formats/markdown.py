"""The result as Markdown for the summary of a CI job: verdict, scores, what to fix, exchanges.

What was received stands in `<code>` with every mark escaped: it makes no link, picture, mention or
table cell. The whole stays far below the megabyte that GitHub accepts.
"""

import re
from collections.abc import Iterator
from typing import Final

from harness.show.ranking import Cause, causes, findings_in_order
from harness.show.report import Exchange, Report
from harness.show.saying import SIGNS, known_as_text
from harness.show.terminal import culprit, score_lines
from harness.show.words import shortened
from harness.text import Text, say

LIMIT: Final = 240  # characters of a value
SHOWN: Final = 100  # causes, and exchanges
_MARKS: Final = re.compile(r"([\\`*_\[\]<>#!|~&@$^]|(?<=www)\.|:(?=//|\w+:))", re.IGNORECASE)
_ENTITIES: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def to_markdown(report: Report, lang: str = "fr") -> str:
    """The report as GitHub-flavoured Markdown."""
    blocks = (*_head(report, lang), *_causes(report, lang), *_exchanges(report, lang))
    return "\n".join(blocks) + "\n"


def _head(report: Report, lang: str) -> Iterator[str]:
    verdict = report.verdict
    yield f"## {SIGNS[verdict]} telerad: {_said(say(f'head.{verdict.word}'), lang)}\n"
    title = _said(report.profile_title, lang)
    yield f"{title} ({_code(report.profile, lang)}), {_code(report.rules_hash[:12], lang)}\n"
    for score in score_lines(report):
        yield f"- {_said(score, lang)}"
    for key, told in (("interrupted", report.interrupted), ("unsynced", report.unsynced)):
        if told:
            yield f"- {_said(say(f'term.{key}'), lang)}"
    if report.left_out:
        yield f"- {_said(say('term.left_out', count=sum(report.left_out.values())), lang)}"
    for one in report.outdated:
        yield f"- {_code(f'{one.file}:{one.line}', lang)} {_said(one.says, lang)}"
    yield ""


def _causes(report: Report, lang: str) -> Iterator[str]:
    found = causes(findings_in_order(report))
    if not found:
        return
    yield f"### {_said(say('page.findings'), lang)}\n"
    words = ("page.verdict", "page.rule", "page.place", "report.expected", "report.actual")
    yield from _header(words, lang)
    for cause in found[:SHOWN]:
        yield _cause(cause, lang)
    yield from _more(len(found), lang)


def _cause(cause: Cause, lang: str) -> str:
    placed = cause.first
    finding = placed.finding
    problem, rule = finding.problem, finding.rule
    verdict = f"{SIGNS[finding.verdict]} {_said(say(f'verdict.{finding.verdict.word}'), lang)}"
    known = known_as_text(finding)
    if known:
        verdict += f", {_said(say('report.known'), lang)}: {_code(known.in_(lang), lang)}"
    more = f" {_said(say('page.times', count=cause.count), lang)}" if cause.count > 1 else ""
    where = _code(problem.at.path or problem.at.xpath or placed.flow, lang)
    named = f"{_said(culprit(placed), lang)}<br>{where}"
    told = f"**{_escaped(rule.id)}** {_said(rule.says, lang)}{more}"
    values = (_code(text.in_(lang), lang) for text in (problem.expected, problem.actual))
    return _row(verdict, told, named, *values)


def _exchanges(report: Report, lang: str) -> Iterator[str]:
    if not report.exchanges:
        return
    titles = dict(report.scenario_titles)
    yield f"\n<details><summary>{_said(say('page.messages'), lang)}</summary>\n"
    yield from _header(("page.messages", "page.flow", "page.verdict"), lang)
    for exchange in report.exchanges[:SHOWN]:
        title = titles.get(exchange.scenario)
        name = _said(title, lang) if title else _code(exchange.scenario, lang)
        yield _row(f"{exchange.number}. {name}", _flow(exchange, lang), _verdict(exchange, lang))
    yield from _more(len(report.exchanges), lang)
    yield "\n</details>"


def _flow(exchange: Exchange, lang: str) -> str:
    roles = [_said(say(f"role.{role}"), lang) for role in (exchange.sender, exchange.receiver)]
    return f"{_code(exchange.flow, lang)} {roles[0]} → {roles[1]}"


def _verdict(exchange: Exchange, lang: str) -> str:
    if exchange.state == "not_run":
        return _said(say("page.not_run"), lang)
    word = _said(say(f"verdict.{exchange.verdict.word}"), lang)
    return f"{SIGNS[exchange.verdict]} {word}"


def _more(count: int, lang: str) -> Iterator[str]:
    if count > SHOWN:
        yield f"\n… {_said(say('md.more', count=count - SHOWN), lang)}"


def _header(keys: tuple[str, ...], lang: str) -> Iterator[str]:
    yield _row(*(_said(say(key), lang) for key in keys))
    yield _row(*("---" for _ in keys))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _said(text: Text, lang: str) -> str:
    return _escaped(shortened(text.in_(lang), lang, LIMIT))


def _code(text: str, lang: str) -> str:
    return f"<code>{_said(Text(text, text), lang)}</code>"


def _escaped(text: str) -> str:
    """Marks that Markdown or HTML would act on stand for themselves."""
    return _MARKS.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)
