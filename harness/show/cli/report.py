"""`telerad report`: the report of a run from its folder, whether it ended or was killed."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from harness.show import outputs
from harness.show.cli import options
from harness.show.cli.judge import profile_of, tell
from harness.show.cli.playing import command_line, finish, warn
from harness.show.runs import keeping, recorded, session
from harness.show.runs.rejudging import judge_again
from harness.show.terminal import Terminal
from harness.show.words import language, tr


@click.command("report", help=tr("cli.report"))
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--format", "formats", default="text", show_default=True, help=tr("cli.opt.format"))
@options.mapping
@options.cda_schema
@options.lang
def command(run: Path, formats: str, mapping: Path | None, cda_schema: Path | None) -> int:
    """Write report, result and messages into the run's folder; the exit code tells the verdict."""
    wanted = outputs.parse(formats)
    for text in keeping.left_torn(run):
        warn(text)
    was = recorded.read(run)
    profile = options.load_profile(profile_of(was), mapping, cda_schema)
    report = judge_again(was, profile, command_line(sys.argv))
    session.keep_files(report.exchanges, run)
    terminal = Terminal(language())
    if any(output.kind == "text" for output in wanted):
        tell(terminal, was, report)
    finish(report, terminal, run, wanted)
    return outputs.exit_code(replace(report, interrupted=False))
