"""A load as JSON, as `schemas/load-result.schema.json` says. Pure."""

from typing import Any, Final

from harness.show.load.record import Report, Row, Span, Trouble
from harness.show.words import as_json
from harness.sim.load.sifting import Group
from harness.text import say

SCHEMA: Final = "telerad-load-1"
_PLAIN: Final = (
    "tool",
    "command",
    "profile",
    "role",
    "to",
    "heard",
    "planned",
    "begun",
    "finished",
    "late",
    "starved",
    "held_back",
    "messages",
    "judged",
    "unjudged",
    "own_mistakes",
    "beyond",
    "interrupted",
)


def to_json(report: Report) -> str:
    """The record as text."""
    return as_json(as_dict(report), 1) + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    """The record as plain values; times of rows in milliseconds."""
    return {
        "schema": SCHEMA,
        "verdict": report.verdict.word,
        "started": report.started.isoformat(),
        "seconds": round(report.seconds, 3),
        "rate": round(report.rate, 3),
        "asked": dict(report.asked),
        **{name: getattr(report, name) for name in _PLAIN},
        "times": [_row(row) for row in report.rows],
        "width": report.width,
        "spans": [_span(span) for span in report.spans],
        "gates": [{"text": gate.text.as_dict(), "held": gate.held} for gate in report.gates],
        "anomalies": [_trouble(trouble) for trouble in report.troubles],
        "verdicts": [
            {"kind": kind, "ours": ours, "verdict": verdict.word, "count": count}
            for (kind, ours, verdict), count in sorted(report.verdicts.items())
        ],
        "findings": [_group(group) for group in report.groups],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title.as_dict(),
        "count": row.count,
        **{n: round(getattr(row, n), 3) for n in ("p50", "p95", "p99")},
        "max": round(row.highest, 3),
    }


def _span(span: Span) -> dict[str, Any]:
    rates = {name: round(getattr(span, name), 3) for name in ("exams", "messages", "problems")}
    times = {
        name: [round(value, 3) for value in (row.p50, row.p95, row.p99, row.highest)]
        for name, row in span.rows.items()
    }
    return {"at": span.at, **rates, "times": times}


def _trouble(trouble: Trouble) -> dict[str, Any]:
    return {
        "kind": trouble.kind,
        "flow": trouble.flow,
        "verdict": trouble.verdict.word,
        "count": trouble.count,
        "title": say(f"load.anomaly.{trouble.kind}").as_dict(),
        "examples": [
            {"at": round(example.at, 3), "exam": example.exam, "what": example.what}
            for example in trouble.examples
        ],
    }


def _group(group: Group) -> dict[str, Any]:
    first = group.first
    return {
        "rule": first.rule,
        "level": first.level.value,
        "verdict": first.verdict.word,
        "flow": first.flow,
        "ours": first.ours,
        "count": group.count,
        "exams": group.exams,
        "example": group.example,
        "place": first.place,
        "expected": first.expected.as_dict(),
        "actual": first.actual.as_dict(),
    }
