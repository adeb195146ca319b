"""The result as JSON: the contract of `schemas/result.schema.json`, schema `telerad-result-1`."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from harness.rules.rule import Known, Outcome, Problem, Verdict
from harness.show.fixing import Fix, fixes_of
from harness.show.ranking import (
    Placed,
    blamed,
    deliberate_findings,
    every_outcome,
    findings_in_order,
)
from harness.show.report import Part, Report, UsedBaseline
from harness.sim.record import Exchange, Judged
from harness.text import Text


def to_json(report: Report, lang: str = "fr", *, every: bool = False) -> str:
    """The report as JSON text. `every` adds the outcomes that deserve no attention."""
    return json.dumps(as_dict(report, lang, every=every), ensure_ascii=False, indent=1) + "\n"


def as_dict(report: Report, lang: str = "fr", *, every: bool = False) -> dict[str, Any]:
    """The report as plain values."""
    result: dict[str, Any] = {
        "schema": "telerad-result-1",
        "tool": report.tool,
        "profile": report.profile,
        "rules_hash": report.rules_hash,
        "verdict": report.verdict.word,
        "command": report.command,
        "started": report.started.isoformat(),
        "seconds": round(report.seconds, 3),
        "seed": report.seed,
        "sut": report.sut,
        "interrupted": report.interrupted,
        **({"unsynced": True} if report.unsynced else {}),
        **({"left_out": _left_out(report)} if report.left_out else {}),
        **({"runs": [_part(report, part) for part in report.runs]} if report.runs else {}),
        "counts": counts_of(report),
        **({"truth": asdict(report.truth)} if report.truth else {}),
        "files": [file_as_dict(judged) for judged in report.judged],
        "scenarios": [{"name": n, "title": t.as_dict()} for n, t in report.scenario_titles],
        "exchanges": [exchange_as_dict(exchange) for exchange in report.exchanges],
        **({"baseline": _baseline(report.baseline)} if report.baseline else {}),
        "findings": list(_findings(report, lang)),
        "deliberate": [finding_as_dict(placed, lang) for placed in deliberate_findings(report)],
    }
    if every:
        result["outcomes"] = [
            {
                "rule": outcome.rule.id,
                "level": outcome.rule.level.value,
                "verdict": outcome.verdict.word,
                "flow": exchange.flow if exchange else judged.kind if judged else "",
                "file": judged.file if judged else None,
                "exchange": exchange.number if exchange else None,
                "reason": outcome.reason.as_dict() if outcome.reason else None,
            }
            for outcome, judged, exchange in every_outcome(report)
        ]
        result["rules"] = {rule.id: rule.level.value for rule in report.rules}
    return result


def _part(report: Report, part: Part) -> dict[str, Any]:
    scenarios = report.scenarios_of(part)
    return {
        "name": part.name,
        "sut": part.sut,
        "seed": part.seed,
        "started": part.started.isoformat(),
        "seconds": round(part.seconds, 3),
        "interrupted": part.interrupted,
        "verdict": max(scenarios.values(), default=Verdict.INCONCLUSIVE).word,
        "scenarios": {name: verdict.word for name, verdict in scenarios.items()},
        "exchanges": list(part.numbers),
    }


def _baseline(used: UsedBaseline) -> dict[str, Any]:
    return {
        "file": used.file,
        "known": used.known,
        "outdated": [
            {"line": one.line, "rule": one.rule, "place": one.place, "why": one.why}
            for one in used.outdated
        ],
    }


def counts_of(report: Report) -> dict[str, dict[str, int]]:
    """Level, then verdict, then how many outcomes."""
    found: dict[str, Counter[str]] = {}
    for outcome, _, _ in every_outcome(report):
        found.setdefault(outcome.rule.level.value, Counter())[outcome.verdict.word] += 1
    words = [verdict.word for verdict in Verdict]
    return {level: {word: count[word] for word in words} for level, count in found.items()}


def file_as_dict(judged: Judged) -> dict[str, Any]:
    """A message, answer or document that was judged."""
    return {
        "path": judged.file,
        "kind": judged.kind,
        "verdict": judged.verdict.word,
        "guessed": judged.guessed.as_dict() if judged.guessed else None,
        "deliberate": judged.deliberate.as_dict() if judged.deliberate else None,
    }


def exchange_as_dict(exchange: Exchange) -> dict[str, Any]:
    """An exchange, without its findings."""
    return {
        "number": exchange.number,
        "scenario": exchange.scenario,
        "play": exchange.play,
        "conversation": exchange.conversation or None,
        "flow": exchange.flow,
        "sender": exchange.sender,
        "receiver": exchange.receiver,
        "state": exchange.state,
        "verdict": exchange.verdict.word,
        "request": exchange.request.file if exchange.request else None,
        "answer": exchange.answer.file if exchange.answer else None,
        "ack": _code(exchange),
        "sent": exchange.sent.isoformat() if exchange.sent else None,
        "seconds": round(exchange.seconds, 4) if exchange.seconds is not None else None,
        "reason": exchange.reason.as_dict() if exchange.reason else None,
        "wire": list(exchange.wire),
        "answered": exchange.answered.isoformat() if exchange.answered else None,
        "towards": exchange.towards or None,
        "steps": [_step(outcome) for outcome in exchange.step_outcomes],
    }


def _step(outcome: Outcome) -> dict[str, Any]:
    """What only playing the exchange could tell; nothing else brings it back."""
    return {
        "rule": outcome.rule.id,
        "verdict": outcome.verdict.word,
        "problems": [_problem(finding.problem) for finding in outcome.findings],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.at.path or None,
        "xpath": problem.at.xpath,
        "line": problem.at.line,
        "span": list(problem.at.span) if problem.at.span else None,
        "expected": problem.expected.as_dict(),
        "actual": problem.actual.as_dict(),
        "advice": _pair(problem.advice),
        "by": problem.by or None,
    }


def _code(exchange: Exchange) -> str | None:
    answer = exchange.answer.message if exchange.answer else None
    return answer.first("MSA-1") if answer else None


def _findings(report: Report, lang: str) -> Iterator[dict[str, Any]]:
    """The findings in order; the first of each cause with its fix."""
    placed = findings_in_order(report)
    fixes = fixes_of(report).firsts(placed)
    for one in placed:
        mended = {"fix": _fix(fixes[one.number])} if one.number in fixes else {}
        yield finding_as_dict(one, lang) | mended


def _fix(found: Fix) -> dict[str, Any]:
    return {
        "source": found.source,
        "sure": found.is_sure,
        "before": [line.text for line in found.before],
        "after": [line.text for line in found.after],
        "removes": found.gone,
        "adds": 0,
    }


def finding_as_dict(placed: Placed, lang: str) -> dict[str, Any]:
    """A finding with its place; `expected` and `actual` in `lang`, `texts` in both languages."""
    finding, judged = placed.finding, placed.judged
    problem, rule = finding.problem, finding.rule
    message = judged.message if judged else None
    return {
        "rule": rule.id,
        "level": rule.level.value,
        "verdict": finding.verdict.word,
        "who": blamed(placed) or None,
        "message": rule.says.as_dict(),
        "source": {"document": rule.source.document, "section": rule.source.section},
        "place": {
            "file": placed.file or None,
            "flow": placed.flow,
            "exchange": placed.exchange.number if placed.exchange else None,
            "control_id": message.first("MSH-10") if message else None,
            "path": problem.at.path or None,
            "xpath": problem.at.xpath,
            "line": problem.at.line,
            "span": list(problem.at.span) if problem.at.span else None,
        },
        **({"known": _known(finding.known)} if finding.known else {}),
        "expected": problem.expected.in_(lang),
        "actual": problem.actual.in_(lang),
        "texts": {
            "expected": problem.expected.as_dict(),
            "actual": problem.actual.as_dict(),
            "advice": _pair(problem.advice or rule.mistake),
        },
    }


def _known(known: Known) -> dict[str, str | None]:
    return {
        "reason": known.reason,
        "owner": known.owner or None,
        "expires": known.expires or None,
    }


def _pair(text: Text | None) -> dict[str, str] | None:
    return text.as_dict() if text else None


def _left_out(report: Report) -> dict[str, int]:
    """Exchanges that the report does not show, by verdict."""
    return {verdict.word: count for verdict, count in sorted(report.left_out.items())}
