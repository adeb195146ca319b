"""The result as SARIF 2.1.0, for the viewers of code scanning.

A broken MUST is an `error`, a SHOULD a `warning`; a contested point is for `review`, what could not
be told is `open`. What went wrong in telerad itself is a notification, no result. Only rules with
results are described, in both languages. Fingerprints depend on rule and place (`sameness.py`).

Source: OASIS SARIF 2.1.0 with errata 01, sections 3.11 (messages), 3.27 (results), 3.30 (regions).
"""

from datetime import UTC
from typing import Any, Final
from urllib.parse import quote

from harness.rules.rule import Finding, Rule, Verdict
from harness.show.formats.sameness import fingerprints
from harness.show.formats.spot import Spot, spot
from harness.show.ranking import Placed, findings_in_order
from harness.show.report import Report, exit_code
from harness.show.saying import known_as_text, source
from harness.show.words import as_json, shortened
from harness.text import LANGUAGES, say

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
PRINT: Final = "teleradRulePlace/v1"
LIMIT: Final = 2000  # characters of a value
_WEIGHT: Final = {
    Verdict.FAIL: ("fail", "error"),
    Verdict.WARNING: ("fail", "warning"),
    Verdict.CONTESTED: ("review", "none"),
    Verdict.INCONCLUSIVE: ("open", "none"),
}


def to_sarif(report: Report, lang: str = "fr") -> str:
    """The report as SARIF text."""
    run = _run(report, lang)
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _run(report: Report, lang: str) -> dict[str, Any]:
    findings = findings_in_order(report)
    ours = [placed for placed in findings if placed.finding.verdict is Verdict.ERROR]
    found = [(p, mark) for p, mark in zip(findings, fingerprints(report, findings), strict=True)]
    results = [(p, mark) for p, mark in found if p.finding.verdict in _WEIGHT]
    rules = {p.finding.rule.id: p.finding.rule for p, _ in results}
    places = {name: place for place, name in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": "telerad",
                "version": report.tool,
                "rules": [_rule(rule, lang) for rule in rules.values()],
            }
        },
        "language": {"fr": "fr-FR", "en": "en-US"}[lang],
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "automationDetails": {"id": f"telerad/{report.profile}/{report.sut}/"},
        "invocations": [_invocation(report, ours, lang)],
        "properties": {
            "profile": report.profile,
            "rulesHash": report.rules_hash,
            "verdict": report.verdict.word,
            "sut": report.sut,
            "seed": report.seed,
        },
        "results": [
            _result(report, placed, (places[placed.finding.rule.id], mark), lang)
            for placed, mark in results
        ],
    }


def _invocation(report: Report, ours: list[Placed], lang: str) -> dict[str, Any]:
    done = not report.interrupted and report.verdict is not Verdict.ERROR
    return {
        "executionSuccessful": done,
        "exitCode": exit_code(report),
        "startTimeUtc": report.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": _message(f"{p.finding.rule.id}: {p.finding.problem.actual.in_(lang)}"),
            }
            for p in ours
        ],
        "toolConfigurationNotifications": [
            {
                "level": "error",
                "message": _message(one.says.in_(lang)),
                "locations": [{"physicalLocation": _physical(Spot(one.file, one.line))}],
            }
            for one in report.outdated
        ],
    }


# -- rules -----------------------------------------------------------------------------------


def _rule(rule: Rule, lang: str) -> dict[str, Any]:
    short = _message(rule.says.in_(lang))
    level = _WEIGHT.get(rule.level.when_broken, ("", "note"))[1]
    return {
        "id": rule.id,
        "shortDescription": short,
        "fullDescription": short,
        "help": {
            "text": _escaped("\n".join(_help(rule, lang))),
            "markdown": _escaped("\n\n".join(_help(rule, lang))),
        },
        "defaultConfiguration": {"level": level},
        "properties": {
            "level": rule.level.value,
            "document": rule.source.document,
            "section": rule.source.section,
            "says": rule.says.as_dict(),
            "tags": [rule.group, rule.level.value],
        },
    }


def _help(rule: Rule, lang: str) -> list[str]:
    """What it asks, where it comes from, the usual mistake: `lang` first, then the other one."""
    lines = [f"telerad explain {rule.id}"]
    for each in sorted(LANGUAGES, key=lambda name: name != lang):
        lines += [f"{rule.says.in_(each)} ({source(rule).in_(each)})"]
        if rule.mistake:
            lines.append(f"{say('report.advice').in_(each)}: {rule.mistake.in_(each)}")
    return lines


# -- results ---------------------------------------------------------------------------------


def _result(report: Report, placed: Placed, known: tuple[int, str], lang: str) -> dict[str, Any]:
    finding, exchange = placed.finding, placed.exchange
    kind, level = _WEIGHT[finding.verdict]
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": known[0],
        "kind": kind,
        "level": level,
        "message": _message("\n".join(_told(placed, lang))),
        "locations": [_location(report, placed)],
        "partialFingerprints": {PRINT: known[1]},
        **_suppressed(finding, lang),
        "properties": {
            "verdict": finding.verdict.word,
            "flow": placed.flow,
            "scenario": exchange.scenario if exchange else None,
            "exchange": exchange.number if exchange else None,
        },
    }


def _suppressed(finding: Finding, lang: str) -> dict[str, Any]:
    """A known failure is one that somebody accepted, outside the message itself."""
    told = known_as_text(finding)
    if told is None:
        return {}
    why = shortened(told.in_(lang), lang, LIMIT)
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": why}]}


def _told(placed: Placed, lang: str) -> list[str]:
    rule, problem = placed.finding.rule, placed.finding.problem
    pairs = (("expected", problem.expected), ("actual", problem.actual))
    lines = [
        f"{say(f'report.{word}').in_(lang)}: {shortened(text.in_(lang), lang, LIMIT)}"
        for word, text in pairs
    ]
    return [rule.says.in_(lang), *lines]


def _location(report: Report, placed: Placed) -> dict[str, Any]:
    at = placed.finding.problem.at
    found = spot(report, placed)
    location: dict[str, Any] = {}
    if found:
        location["physicalLocation"] = _physical(found)
    name = at.path or at.xpath
    if name or not found:
        owner = placed.exchange.scenario if placed.exchange else ""
        flow = f"{owner}/{placed.flow}" if owner else placed.flow
        location["logicalLocations"] = [
            {"fullyQualifiedName": shortened(f"{flow}/{name or ''}", "en", LIMIT), "kind": "member"}
        ]
    return location


def _physical(found: Spot) -> dict[str, Any]:
    file = quote(found.file, safe="/", encoding="utf-8", errors="surrogateescape")
    uri = f"file://{file}" if found.file.startswith("/") else file
    region: dict[str, int] = {}
    if found.line:
        region["startLine"] = found.line
        region |= {"startColumn": found.column} if found.column else {}
        region |= {"endColumn": found.end} if found.column and found.end else {}
    if found.span:
        region |= {"byteOffset": found.span[0], "byteLength": found.span[1] - found.span[0]}
    return {"artifactLocation": {"uri": uri}} | ({"region": region} if region else {})


def _message(text: str) -> dict[str, str]:
    return {"text": _escaped(text)}


def _escaped(text: str) -> str:
    """Braces would be placeholders, and `[words](target)` a link."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")
