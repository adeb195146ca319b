"""Where results go: `--format text,json=FILE,junit=FILE,html=FILE`, several at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from harness.errors import HarnessError
from harness.rules.rule import Verdict
from harness.show.report import Report
from harness.text import say

FORMATS: Final = ("text", "json", "junit", "html")


@dataclass(frozen=True, slots=True)
class Output:
    """One format, and its file; None is the terminal."""

    kind: str
    file: Path | None


def parse(text: str) -> tuple[Output, ...]:
    """Read `--format`. Raises HarnessError for a format that we do not write."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, file = part.partition("=")
        if kind not in FORMATS:
            hint = say("yaml.one_of", values=", ".join(FORMATS))
            raise HarnessError(say("cli.no_format", format=kind), hint=hint)
        found.append(Output(kind, Path(file) if file else None))
    return tuple(found)


def render(report: Report, kind: str, lang: str, *, every: bool = False) -> str:
    """The report in one format, as text."""
    if kind == "json":
        from harness.show.jsonfmt import to_json

        return to_json(report, lang, every=every)
    if kind == "junit":
        from harness.show.junit import to_junit

        return to_junit(report, lang)
    from harness.show.html import to_html

    return to_html(report, lang)


def write(file: Path | None, text: str) -> None:
    """Write a result, to standard output when there is no file; always as UTF-8.

    Raises HarnessError when the disk does not take it.
    """
    if file is None:
        click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"), nl=False)
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as wrong:
        raise HarnessError(say("cli.cannot_write", reason=str(wrong.strerror)), file=file) from None


def exit_code(report: Report) -> int:
    """0 conforms, 1 does not, 3 not measured, 130 interrupted."""
    if report.interrupted:
        return 130
    if report.verdict is Verdict.FAIL:
        return 1
    return 3 if report.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE) else 0
