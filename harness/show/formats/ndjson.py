"""The result as NDJSON, one event a line: `run`, `exchange`, `file`, `finding`, `end`.

Findings follow the exchange or the file that they are about. The contract is
`schemas/events.schema.json`, schema `telerad-events-1`; exchanges, files and findings have the form
that they have in the JSON result.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from harness.show.formats.jsonfmt import counts_of, exchange_as_dict, file_as_dict, finding_as_dict
from harness.show.ranking import Placed, findings_in_order
from harness.show.report import Report, exit_code
from harness.show.words import as_json


def to_ndjson(report: Report, lang: str = "fr") -> str:
    """The report as NDJSON text; nothing but the line feeds between events parts it."""
    events = enumerate(_events(report, lang), 1)
    return "".join(as_json({"seq": number, **event}) + "\n" for number, event in events)


def _events(report: Report, lang: str) -> Iterator[dict[str, Any]]:
    findings = findings_in_order(report)
    yield _run(report)
    for exchange in report.exchanges:
        yield {"event": "exchange", "exchange": exchange_as_dict(exchange)}
        about = (placed for placed in findings if placed.exchange is exchange)
        yield from _findings(about, lang)
    for judged in report.files:
        yield {"event": "file", "file": file_as_dict(judged)}
        yield from _findings((placed for placed in findings if placed.judged is judged), lang)
    yield _end(report, len(findings))


def _run(report: Report) -> dict[str, Any]:
    return {
        "event": "run",
        "schema": "telerad-events-1",
        "tool": report.tool,
        "profile": report.profile,
        "rules_hash": report.rules_hash,
        "command": report.command,
        "sut": report.sut,
        "seed": report.seed,
        "started": report.started.isoformat(),
    }


def _findings(placed: Iterable[Placed], lang: str) -> Iterator[dict[str, Any]]:
    """`number` is the finding's place among what to fix first, from 1."""
    for one in placed:
        yield {"event": "finding", "number": one.number, "finding": finding_as_dict(one, lang)}


def _end(report: Report, findings: int) -> dict[str, Any]:
    return {
        "event": "end",
        "verdict": report.verdict.word,
        "exit_code": exit_code(report),
        "findings": findings,
        "counts": counts_of(report),
        "seconds": round(report.seconds, 3),
        "interrupted": report.interrupted,
    }
