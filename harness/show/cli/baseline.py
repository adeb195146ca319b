"""`telerad baseline`: known failures held against a result, and written anew."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import click

from harness.errors import HarnessError
from harness.show import baseline, baselinefile, outputs
from harness.show.baseline import Entry
from harness.show.baselinefile import Told
from harness.show.cli import options
from harness.show.compare.rundiff import result_of
from harness.show.runs.recorded import load_result
from harness.show.runs.surroundings import now
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import say

_FILE: Final = Path("baseline.yaml")
_NOT_MEASURED: Final = frozenset({"error", "inconclusive"})
Seen = tuple[str, str]  # rule, and path or XPath


@click.group("baseline", help=tr("cli.baseline"), epilog=tr("cli.baseline.codes"))
@options.lang
def command() -> None:
    """The group; its help comes from the catalogue."""


def _file(function: Any) -> Any:
    return click.option(
        "--baseline",
        "file",
        type=click.Path(path_type=Path),
        default=_FILE,
        show_default=True,
        help=tr("cli.opt.baseline_file"),
    )(function)


@command.command("check", help=tr("cli.baseline.check"), epilog=tr("cli.baseline.codes"))
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN|RESULT")
@_file
@options.lang
def check(run: Path, file: Path) -> int:
    """Hold a result against the baseline; the exit code tells the worst."""
    known = baseline.load(file)
    findings = _findings(run)
    entries = {at: known.entry(*at) for at in findings if findings[at] not in _NOT_MEASURED}
    new = [at for at, entry in entries.items() if entry is None and findings[at] == "fail"]
    used = [entry for entry in entries.values() if entry]
    outdated = known.outdated(used, now().date())
    terminal = Terminal(language())
    for rule, place in new:
        terminal.line((f"✗ {rule}  ", "bold red"), place or "-", f"  {tr('baseline.new')}")
    for one in outdated:
        terminal.line((f"{one.file}:{one.line}: ", "yellow"), one.says.in_(terminal.lang))
    counts = {"known": len(used), "new": len(new), "outdated": len(outdated)}
    terminal.line(tr("baseline.counts", **counts))
    if new:
        return 1
    if _NOT_MEASURED & set(findings.values()):
        return 3
    return 4 if outdated else 0


@command.command("update", help=tr("cli.baseline.update"))
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN|RESULT")
@_file
@click.option("--reason", help=tr("cli.opt.baseline_reason"))
@click.option("--owner", default="", help=tr("cli.opt.baseline_owner"))
@click.option("--expires", metavar="DATE", default="", help=tr("cli.opt.baseline_expires"))
@options.lang
def update(run: Path, file: Path, reason: str | None, owner: str, expires: str) -> int:
    """Write entries for what fails, keep those that still match, take the others out."""
    told = Told(reason or tr("baseline.unexplained"), owner, _date(expires))
    failures = [at for at, verdict in _findings(run).items() if verdict == "fail"]
    text = baselinefile.read(file)
    known = baseline.load(file) if file.exists() else baseline.Baseline(file, ())
    found = baselinefile.updated(text, known, _with_known(run, known.entries, failures), told)
    baselinefile.check(found.text, file)
    outputs.write(file, found.text)
    counts = {"added": found.added, "kept": found.kept, "removed": found.removed}
    Terminal(language()).line(tr("baseline.updated", file=str(file), **counts))
    return 0


def _with_known(run: Path, entries: tuple[Entry, ...], failures: list[Seen]) -> list[Seen]:
    """The failures, and the warnings and contested points that somebody wrote an entry for."""
    others = [at for at, verdict in _findings(run).items() if verdict in ("warning", "contested")]
    return failures + [at for at in others if any(entry.matches(*at) for entry in entries)]


def _findings(run: Path) -> dict[Seen, str]:
    """The findings of a result by rule and place, each with its worst verdict."""
    file = result_of(run)
    found: dict[Seen, str] = {}
    try:
        for one in load_result(file)["findings"]:
            at = str(one["rule"]), _place(one["place"])
            if found.get(at) != "fail":
                found[at] = str(one["verdict"])
    except (KeyError, TypeError, AttributeError) as wrong:
        reason = f"{type(wrong).__name__}: {wrong}"
        raise HarnessError(say("recorded.bad_result", reason=reason), file=file) from None
    return found


def _place(place: Mapping[str, Any]) -> str:
    return str(place["path"] or place["xpath"] or "")


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        what = say("baseline.bad_date", text=text)
        raise HarnessError(what, hint="2027-01-31") from None
