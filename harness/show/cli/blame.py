"""`telerad blame RUN`: who is at fault in a recorded exchange, each side beside our reference."""

import sys
from pathlib import Path

import click

from harness.show.blaming import tell
from harness.show.cli import options
from harness.show.cli.judge import profile_of
from harness.show.cli.playing import command_line
from harness.show.runs import recorded
from harness.show.runs.rejudging import judge_again
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim import blame


@click.command("blame", help=tr("cli.blame"))
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--profile", "profile_name", help=tr("cli.opt.judge_profile"))
@options.mapping
@options.lang
def command(run: Path, profile_name: str | None, mapping: Path | None) -> int:
    """1 when a side is at fault, 0 when neither is."""
    was = recorded.read(run)
    profile = options.load_profile(profile_name or profile_of(was), mapping)
    report = judge_again(was, profile, command_line(sys.argv))
    charges = blame.charges(report.exchanges, profile)
    tell(Terminal(language()), charges)
    return 1 if charges else 0
