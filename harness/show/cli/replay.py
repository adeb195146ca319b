"""`telerad replay`: the recorded messages of one side are sent to a system again."""

import sys
from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show import outputs
from harness.show.cli import options
from harness.show.cli.judge import profile_of
from harness.show.cli.playing import command_line, finish, warn
from harness.show.runs import recorded, scripting, session
from harness.show.runs.recorded import Run
from harness.show.runs.surroundings import now
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim.network.tls import Tls
from harness.text import say
from harness.wire.er7 import Message

_OTHER = {"ris": "platform", "platform": "ris"}


@click.command("replay", help=tr("cli.replay"))
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--to", required=True, metavar="HOST:PORT", help=tr("cli.opt.replay_to"))
@click.option("--as", "side", type=click.Choice(["ris", "platform"]), help=tr("cli.opt.replay_as"))
@click.option("--fresh", is_flag=True, help=tr("cli.opt.fresh"))
@options.ack_timeout
@click.option("--out", type=click.Path(path_type=Path), help=tr("cli.opt.out"))
@click.option("--format", "formats", default="text", show_default=True, help=tr("cli.opt.format"))
@options.tls
@options.sync
@options.mapping
@options.profile_of_run
@options.lang
def command(
    run: Path,
    to: str,
    side: str | None,
    fresh: bool,
    ack_timeout: float,
    out: Path | None,
    formats: str,
    tls: Tls | None,
    sync: bool,
    mapping: Path | None,
    profile_name: str | None,
) -> int:
    """Send them in their order; an answer other than the recorded one is a finding."""
    wanted = outputs.parse(formats)
    was = recorded.read(run)
    profile = options.load_profile(profile_name or profile_of(was), mapping)
    role = side or _only_side(was)
    options.check_tls(tls, listens=False)
    change = _freshened if fresh else lambda raw, number: raw
    found = scripting.script(was, profile, side=role, change=change)
    if found.left_out:
        warn(say("record.left_out", count=found.left_out))
    terminal = Terminal(language())
    text = any(output.kind == "text" and output.file is None for output in wanted)
    folder = out or session.new_folder("replay")
    report = session.run(
        found.scenarios,
        session.Options(
            profile=profile,
            folder=folder,
            command=command_line(sys.argv),
            sut=_OTHER[role],
            peer=options.address(to),
            hears=False,
            ack_timeout=ack_timeout,
            tls=tls,
            sync=sync,
            says=warn,
            told=terminal.step if text else lambda exchange: None,
        ),
    )
    finish(report, terminal, folder, wanted)
    return outputs.exit_code(report)


def _only_side(run: Run) -> str:
    found = scripting.sides(run)
    if len(found) != 1:
        raise HarnessError(say("replay.side"))
    return found.pop()


def _freshened(raw: bytes, number: int) -> bytes:
    at = now()
    message = Message(raw).with_value("MSH-7", f"{at:%Y%m%d%H%M%S%z}")
    return message.with_value("MSH-10", f"R{at:%y%m%d%H%M%S}-{number:05d}").raw
