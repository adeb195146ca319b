"""`telerad merge`: several recorded runs as one report."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show import outputs
from harness.show.cli import options
from harness.show.cli.judge import profile_of
from harness.show.cli.playing import command_line, finish
from harness.show.compare.merging import merge
from harness.show.packs import extended, xsd_of
from harness.show.report import Report
from harness.show.runs import recorded, session
from harness.show.runs.recorded import Run
from harness.show.runs.rejudging import judge_again
from harness.show.saying import SIGNS
from harness.show.terminal import STYLES, Terminal
from harness.show.words import language, tr
from harness.text import say


@click.command("merge", help=tr("cli.merge"))
@click.argument("runs", nargs=-1, required=True, metavar="[NAME=]RUN...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help=tr("cli.opt.merge_out"))
@click.option("--profile", "profile_name", help=tr("cli.opt.merge_profile"))
@click.option("--format", "formats", default="text", show_default=True, help=tr("cli.opt.format"))
@options.mapping
@options.cda_schema
@options.pack
@options.lang
def command(
    runs: tuple[str, ...],
    out: Path,
    profile_name: str | None,
    formats: str,
    mapping: Path | None,
    cda_schema: Path | None,
    packs: tuple[str, ...],
) -> int:
    """Judge the runs by one set of rules and write them as one; the exit code tells the verdict."""
    wanted = outputs.parse(formats)
    named = _named(runs, out)
    read = [(name, recorded.read(folder)) for name, folder in named]
    name = profile_name or _one_profile([run for _, run in read])
    schema = cda_schema or xsd_of(packs)
    profile = extended(options.load_profile(name, mapping, schema), packs)
    typed = command_line(sys.argv)
    report = merge([(name, judge_again(run, profile, typed)) for name, run in read], typed)
    session.keep_files(report.exchanges, out)
    report = replace(report, folder=out)
    terminal = Terminal(language())
    if any(output.kind == "text" for output in wanted):
        _tell(terminal, report)
    finish(report, terminal, out, wanted)
    return outputs.exit_code(replace(report, interrupted=False))


def _named(runs: Sequence[str], out: Path) -> list[tuple[str, Path]]:
    """`NAME=FOLDER`, or a folder under its own name. Raises HarnessError for a name told twice."""
    found: dict[str, Path] = {}
    for text in runs:
        name, _, rest = text.partition("=")
        folder = Path(rest or text)
        name = name if rest else folder.resolve().name
        if name in found:
            raise HarnessError(say("merge.twice", name=name), hint="NAME=RUN")
        if folder.resolve() == out.resolve():
            raise HarnessError(say("recorded.same_folder"), file=out)
        found[name] = folder
    return list(found.items())


def _one_profile(runs: Sequence[Run]) -> str:
    names = sorted({profile_of(run) for run in runs})
    if len(names) > 1:
        raise HarnessError(say("merge.profiles", names=", ".join(names)), hint="--profile")
    return names[0]


def _tell(terminal: Terminal, report: Report) -> None:
    """Each run with the verdict of each of its scenarios."""
    titles = dict(report.scenario_titles)
    for part in report.runs:
        terminal.title(f"{part.name}  ({tr(f'page.sut.{part.sut}')})")
        for name, verdict in report.scenarios_of(part).items():
            title = titles[name].in_(terminal.lang) if name in titles else name
            word = tr(f"verdict.{verdict.word}")
            terminal.line("  ", (f"{SIGNS[verdict]} {word:<14}", STYLES[verdict]), title)
