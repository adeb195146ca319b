"""`telerad simulate ris|platform`: a system that answers anything until it is stopped."""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from harness.show import outputs
from harness.show.cli import options
from harness.show.cli.playing import command_line, finish, warn
from harness.show.cli.resuming import Resumable, arguments, begun, folder_of, resume
from harness.show.report import Exchange, blank
from harness.show.runs import keeping, session, unfinished
from harness.show.runs.keeping import Begun
from harness.show.runs.surroundings import now
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim.defects import catalogue as defects
from harness.sim.generate import cases
from harness.sim.network import net
from harness.sim.network.net import Address, Wiring
from harness.sim.network.scales import Scales
from harness.sim.network.tls import Tls
from harness.sim.play import Setting
from harness.sim.reactions import Reactions
from harness.sim.reactions import parse as parse_reaction
from harness.sim.repeats import Repeats
from harness.sim.simulation import Simulation
from harness.text import say
from harness.wire.transcript import Record

KEPT: Final = 5000  # exchanges: about a thousand conversations


@click.command("simulate", cls=Resumable, help=tr("cli.simulate"))
@click.argument("role", type=click.Choice(["ris", "platform"]))
@click.option(
    "--listen",
    default="127.0.0.1:2575",
    show_default=True,
    metavar="HOST:PORT",
    help=tr("cli.opt.listen"),
)
@click.option("--peer", metavar="HOST:PORT", help=tr("cli.opt.peer"))
@click.option(
    "--case", "case_name", default=cases.DEFAULT, show_default=True, help=tr("cli.opt.case")
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help=tr("cli.opt.seed")
)
@click.option("--defect", metavar="NAME", help=tr("cli.opt.defect"))
@click.option(
    "--reaction",
    "reactions",
    multiple=True,
    metavar="WHAT[=SECONDS][@FLOW]",
    help=tr("cli.opt.reaction"),
)
@click.option(
    "--keep",
    type=click.IntRange(10),
    default=KEPT,
    show_default=True,
    help=tr("cli.opt.keep"),
)
@click.option("--out", type=click.Path(path_type=Path), help=tr("cli.opt.out"))
@click.option("--format", "formats", default="text", show_default=True, help=tr("cli.opt.format"))
@resume
@options.sync
@options.reading
@options.tls
@options.cda_schema
@options.profile
@options.lang
def command(
    role: str,
    listen: str,
    peer: str | None,
    case_name: str,
    seed: int,
    defect: str | None,
    reactions: tuple[str, ...],
    keep: int,
    out: Path | None,
    formats: str,
    resume: Path | None,
    sync: bool,
    readings: tuple[str, ...],
    cda_schema: Path | None,
    profile_name: str,
    tls: Tls | None,
) -> int:
    """Listen until SIGINT or SIGTERM, then write the report."""
    wanted = outputs.parse(formats)
    profile = options.load_profile(profile_name, None, cda_schema, readings)
    options.check_tls(tls, listens=True)
    terminal = Terminal(language())
    at = options.address(listen)
    peers = {role: options.address(peer)} if peer else {}
    chosen = defects.find(defect, profile.id) if defect else None
    wished = Reactions(parse_reaction(text, profile) for text in reactions)
    case = cases.make_case(case_name, seed, now())
    was = begun(resume)
    folder = folder_of(resume, out, f"simulate-{role}")
    begin, started = time.monotonic(), now()

    def listening(name: str, where: Address) -> None:
        terminal.line(tr("term.listens", role=say(f"role.{name}"), where=f"{where[0]}:{where[1]}"))
        sys.stdout.flush()

    tested = "platform" if role == "ris" else "ris"
    keeping.agree(was, profile, tested)
    facts = Begun(command_line(sys.argv), profile.id, tested, seed, sync, arguments())
    with (
        Scales(profile) as scales,
        keeping.opened(folder, facts, started, warn, onward=resume is not None) as store,
    ):

        def told(exchange: Exchange) -> None:
            store.note(unfinished.told(now(), exchange))

        setting = Setting(
            profile,
            case,
            frozenset({role}),
            now,
            store.note,
            chosen,
            first_number=was.first_number,
            told=told,
            repeats=Repeats(2 * keep),
        )
        machine = Simulation(
            role, setting, talks=bool(peers), reactions=wished, beside=True, most=keep
        )
        keeping.recall_into_simulation(machine, was)
        wiring = Wiring(
            {role: at},
            peers,
            listening=listening,
            signals=True,
            tls=tls,
            store=store,
            scales=scales,
        )
        net.run([machine], wiring)
        store.note(Record(now().isoformat(), "end"))
    report = replace(
        blank(profile, command_line(sys.argv), started, time.monotonic() - begin),
        exchanges=tuple(machine.exchanges),
        sut=tested,
        seed=seed,
        folder=folder,
        unsynced=not sync,
        left_out=dict(machine.kept.left_out),
    )
    report = keeping.whole(report, was, profile)
    session.keep_files(report.exchanges, folder)
    for exchange in report.exchanges:
        terminal.step(exchange)
    finish(report, terminal, folder, wanted)
    return outputs.exit_code(report)
