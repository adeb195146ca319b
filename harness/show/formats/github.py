"""The findings as workflow commands of GitHub Actions: annotations at file and line.

GitHub shows ten errors and ten warnings of a step: the first finding of each rule comes first.
In a command `%`, CR and LF are encoded, in a property `:` and `,` as well.
Source: GitHub documentation, "Workflow commands for GitHub Actions".
"""

from typing import Final

from harness.rules.rule import Verdict
from harness.show.formats.spot import spot
from harness.show.ranking import Placed, causes, findings_in_order
from harness.show.report import Outdated, Report
from harness.show.saying import known_as_text
from harness.show.words import shortened
from harness.text import say

LIMIT: Final = 600  # characters of a value
_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = str.maketrans(
    {"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"},
)
_COMMANDS: Final = {Verdict.WARNING: "warning", Verdict.CONTESTED: "notice"}


def to_github(report: Report, lang: str = "fr") -> str:
    """One command for each finding, and a last one with the verdict."""
    found = causes(findings_in_order(report))
    placed = [cause.first for cause in found] + [one for cause in found for one in cause.others]
    lines = [_annotation(report, one, lang) for one in placed]
    lines += [_outdated(one, lang) for one in report.outdated]
    return "".join(f"{line}\n" for line in (*lines, _verdict(report, lang)))


def _outdated(one: Outdated, lang: str) -> str:
    """An entry of the known failures that nothing matches any more, or that has expired."""
    place = {"title": "telerad baseline", "file": one.file, "line": str(one.line)}
    return _command("error", place, shortened(one.says.in_(lang), lang, LIMIT))


def _annotation(report: Report, placed: Placed, lang: str) -> str:
    finding = placed.finding
    problem, rule = finding.problem, finding.rule
    where = problem.at.path or problem.at.xpath or ""
    parts = (
        f"{rule.says.in_(lang)} ({rule.level.value})",
        shortened(f"{placed.flow} {where}".strip(), lang, LIMIT),
        *(
            f"{say(f'report.{word}').in_(lang)}: {shortened(text.in_(lang), lang, LIMIT)}"
            for word, text in (("expected", problem.expected), ("actual", problem.actual))
        ),
    )
    known = known_as_text(finding)
    if known:
        told = shortened(known.in_(lang), lang, LIMIT)
        parts += (f"{say('report.known').in_(lang)}: {told}",)
    command = "notice" if known else _COMMANDS.get(finding.verdict, "error")
    told = "\n".join(part for part in parts if part)
    return _command(command, _properties(report, placed, lang), told)


def _properties(report: Report, placed: Placed, lang: str) -> dict[str, str]:
    at = spot(report, placed)
    found = {"title": f"telerad {placed.finding.rule.id}"}
    if at:
        found["file"] = shortened(at.file, lang, LIMIT)
        numbers = (("line", at.line), ("col", at.column), ("endColumn", at.end))
        found |= {name: str(number) for name, number in numbers if number}
    return found


def _verdict(report: Report, lang: str) -> str:
    command = "error" if report.verdict >= Verdict.INCONCLUSIVE else "notice"
    head = say(f"head.{report.verdict.word}").in_(lang)
    return _command(command, {"title": "telerad"}, f"{head} ({report.profile})")


def _command(name: str, properties: dict[str, str], data: str) -> str:
    told = ",".join(f"{key}={value.translate(_PROPERTY)}" for key, value in properties.items())
    return f"::{name} {told}::{data.translate(_DATA)}"
