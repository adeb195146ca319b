"""Where results go: `--format text,json=FILE,sarif=FILE,html=FILE`, several at once.

Each format but the terminal's is one pure function `to_NAME(report, lang)` of a module of its own,
in `formats/` and, for HTML, in `pages/`.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from harness.errors import HarnessError
from harness.show.report import Report, exit_code
from harness.text import say
from harness.wire import files

__all__ = ["FORMATS", "Output", "exit_code", "parse", "render", "write"]

FORMATS: Final = ("text", "json", "ndjson", "junit", "sarif", "github", "markdown", "html")
_SUMMARY: Final = "GITHUB_STEP_SUMMARY"  # of a GitHub job: every step of it adds to the file


@dataclass(frozen=True, slots=True)
class Output:
    """One format, and its file; None is the terminal."""

    kind: str
    file: Path | None


def parse(text: str, known: Sequence[str] = FORMATS) -> tuple[Output, ...]:
    """Read `--format`. Raises HarnessError for a format that we do not write."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, file = part.partition("=")
        if kind not in known:
            hint = say("yaml.one_of", values=", ".join(known))
            raise HarnessError(say("cli.no_format", format=kind), hint=hint)
        found.append(Output(kind, Path(file) if file else None))
    return tuple(found)


def render(report: Report, kind: str, lang: str, *, every: bool = False) -> str:
    """The report in one format, as text."""
    if kind == "json":
        from harness.show.formats.jsonfmt import to_json

        return to_json(report, lang, every=every)
    room = "pages" if kind == "html" else "formats"
    writer = import_module(f"harness.show.{room}.{kind}")
    text: str = getattr(writer, f"to_{kind}")(report, lang)
    return text


def write(file: Path | None, text: str) -> None:
    """Write a result, to standard output when there is no file; always as UTF-8.

    What the file held is replaced, but for the summary of a GitHub job, which is added to.
    Raises HarnessError when the disk does not take it.
    """
    if file is None:
        click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"), nl=False)
        return
    if str(file) == os.environ.get(_SUMMARY):
        _append(file, text)
        return
    files.write(file, text.encode("utf-8", "backslashreplace"))


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8", errors="backslashreplace") as opened:
            opened.write(text)
    except OSError as wrong:
        raise HarnessError(say("cli.cannot_write", reason=str(wrong.strerror)), file=file) from None
