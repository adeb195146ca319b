"""What judging one piece gives: rows, one for each finding, or one alone where there is none.

A row is a line of NDJSON in UTF-8; the same piece gives the same bytes whoever judges it. Its
fields are those of `schemas/corpus.schema.json`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from harness.errors import HarnessError
from harness.rules import versions
from harness.rules.rule import Finding, Verdict
from harness.show import checking
from harness.show.checking import Asked
from harness.show.corpus.pieces import Piece, shown
from harness.show.words import as_json, cut
from harness.sim.record import Judged
from harness.text import Text, say

FINDINGS: Final = 200  # rows of one piece; `findings` says how many there are
_LONG: Final = 400  # characters of what was expected and found
_NAME: Final = 120
_DATE: Final = "/cda:ClinicalDocument/cda:effectiveTime/@value"
_OF_MESSAGE: Final = (
    *("index", "name", "bytes", "kind", "guessed"),
    *("application", "facility", "date", "control_id", "action"),
)
_OF_FINDING: Final = (
    *("rule", "level", "finding_verdict", "path", "xpath", "line"),
    *("expected_fr", "expected_en", "actual_fr", "actual_en"),
)
_NONE: Final[dict[str, Any]] = dict.fromkeys(_OF_FINDING)
COLUMNS: Final = (*_OF_MESSAGE, "verdict", "findings", *_OF_FINDING)


def of(piece: Piece, asked: Asked) -> bytes:
    """The rows of a piece. A mistake of ours is the verdict `error`, never an exception."""
    if piece.trouble:
        return untold(piece, Verdict.INCONCLUSIVE, piece.trouble)
    try:
        found = _judged(piece, asked)
        told = {**_head(piece), **_seen(found)}
        return _lines(told, found.verdict, tuple(_findings(found)))
    except HarnessError as wrong:  # a flow that the corpus names and the profile has not
        return untold(piece, Verdict.INCONCLUSIVE, wrong.what)
    except (Exception, RecursionError) as mistake:
        why = say("corpus.mistake", what=type(mistake).__name__)
        return untold(piece, Verdict.ERROR, why)


def untold(piece: Piece, verdict: Verdict, why: Text) -> bytes:
    """The row of a piece that could not be judged, and why."""
    return _line({**_head(piece), "verdict": verdict.word, "findings": 1} | _reason(verdict, why))


def _judged(piece: Piece, asked: Asked) -> Judged:
    flow = asked.flow or piece.flow
    if flow and flow not in _OTHER_KINDS and flow not in asked.profile.flows:
        flow = asked.profile.flow(flow).id
    asked = replace(asked, flow=flow or None)
    return checking.judged(checking.given(piece.raw, piece.name, asked), asked)


_OTHER_KINDS: Final = frozenset({"ACK", "DOC", "HL7", "ZAM"})


def _head(piece: Piece) -> dict[str, Any]:
    told = {"index": piece.index, "name": piece.name, "bytes": len(piece.raw), "guessed": False}
    return dict.fromkeys(_OF_MESSAGE) | told


def _seen(found: Judged) -> dict[str, Any]:
    """What the message says of itself: who, when, which; of a document alone, when."""
    told: dict[str, Any] = {"kind": found.kind, "guessed": found.guessed is not None}
    message, document = found.message, found.document
    if message:
        told |= {
            "application": _short(message.first("MSH-3.1")),
            "facility": _short(message.first("MSH-4.1")),
            "date": _short(message.first("MSH-7.1")),
            "control_id": _short(message.first("MSH-10")),
        }
    elif document:
        told["date"] = _short(document.first(_DATE))
    action = versions.action_of(message) if message and document else ""
    if action != "CA" and document and document.first(f"{versions.PARENT}/cda:id/@root"):
        action = "RO"
    return told | {"action": action if action in ("RO", "CA") else None}


def _short(value: str) -> str | None:
    return shown(cut(value, "en", _NAME)) or None


def _findings(found: Judged) -> Iterator[Finding]:
    for outcome in found.outcomes:
        yield from (one for one in outcome.findings if one.verdict.needs_attention)


def _lines(told: dict[str, Any], verdict: Verdict, findings: tuple[Finding, ...]) -> bytes:
    told |= {"verdict": verdict.word, "findings": len(findings)}
    if not findings:
        return _line(told | _NONE)
    return b"".join(_line(told | _finding(one)) for one in findings[:FINDINGS])


def _finding(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    return {
        "rule": finding.rule.id,
        "level": finding.rule.level.value,
        "finding_verdict": finding.verdict.word,
        "path": _place(problem.at.path),
        "xpath": _place(problem.at.xpath),
        "line": problem.at.line,
        **_both("expected", problem.expected),
        **_both("actual", problem.actual),
    }


def _place(place: str | None) -> str | None:
    return shown(cut(place, "en", _LONG)) if place else None


def _reason(verdict: Verdict, why: Text) -> dict[str, Any]:
    return _NONE | {"finding_verdict": verdict.word, **_both("actual", why)}


def _both(key: str, text: Text) -> dict[str, str]:
    return {f"{key}_{lang}": shown(cut(text.in_(lang), lang, _LONG)) for lang in ("fr", "en")}


def _line(row: dict[str, Any]) -> bytes:
    return as_json(row).encode() + b"\n"
