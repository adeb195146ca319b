"""`telerad record`: scenarios made of a recorded run, to be played again."""

from pathlib import Path

import click

from harness.show.cli import options
from harness.show.cli.judge import profile_of
from harness.show.cli.playing import warn
from harness.show.runs import recorded, scripting
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import say


@click.command("record", help=tr("cli.record"))
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help=tr("cli.opt.record_out")
)
@options.profile_of_run
@options.lang
def command(run: Path, out: Path, profile_name: str | None) -> int:
    """Read the run and write its scenarios."""
    was = recorded.read(run)
    found = scripting.script(was, options.load_profile(profile_name or profile_of(was)))
    scripting.write(found, out)
    if found.left_out:
        warn(say("record.left_out", count=found.left_out))
    count, messages = len(found.scenarios), found.messages
    told = tr("record.written", count=count, messages=messages, file=str(out))
    Terminal(language()).line(told)
    return 0
