"""`telerad run`: plays scenarios, against a system under test or against ourselves."""

import sys
from pathlib import Path
from typing import Any

import click

from harness.errors import HarnessError
from harness.show import config, outputs
from harness.show.baseline import Baseline
from harness.show.cli import between, options
from harness.show.cli.playing import command_line, finish, warn
from harness.show.cli.resuming import Resumable, arguments, folder_of, resume
from harness.show.runs import session
from harness.show.terminal import Terminal
from harness.show.waiting import Waiting
from harness.show.words import language, tr
from harness.sim import scenario
from harness.sim.actor import Name
from harness.sim.network.net import WAYS, Address
from harness.sim.network.tls import Tls
from harness.sim.record import Exchange
from harness.sim.scenario import Scenario
from harness.text import say


@click.command("run", cls=Resumable, help=tr("cli.run"))
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option(
    "--sut",
    type=click.Choice(["ris", "platform", "both", "none"]),
    default="none",
    help=tr("cli.opt.sut"),
)
@click.option("--sut-name", metavar="NAME", help=tr("cli.opt.sut_name"))
@click.option("--sut-host", default="127.0.0.1", show_default=True, help=tr("cli.opt.sut_host"))
@click.option("--sut-port", type=click.IntRange(1, 65535), help=tr("cli.opt.sut_port"))
@click.option(
    "--listen",
    default="127.0.0.1:2575",
    show_default=True,
    metavar="HOST:PORT",
    help=tr("cli.opt.listen"),
)
@click.option("--listen-back", metavar="HOST:PORT", help=tr("cli.opt.run_listen_back"))
@click.option("--ris", metavar="HOST:PORT", help=tr("cli.opt.run_ris"))
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help=tr("cli.opt.seed")
)
@click.option("--clock", metavar="ISO8601", help=tr("cli.opt.clock"))
@options.ack_timeout
@click.option("--within", type=click.FloatRange(0.1, 86400), help=tr("cli.opt.within"))
@click.option(
    "--pause",
    type=click.FloatRange(0, 3600),
    default=0.0,
    show_default=True,
    help=tr("cli.opt.pause"),
)
@click.option(
    "--connections",
    "way",
    type=click.Choice(WAYS),
    default=WAYS[0],
    show_default=True,
    help=tr("cli.opt.connections"),
)
@click.option("--identity", metavar="APPLICATION|FACILITY", help=tr("cli.opt.identity"))
@click.option("--sut-identity", metavar="APPLICATION|FACILITY", help=tr("cli.opt.sut_identity"))
@click.option("--out", type=click.Path(path_type=Path), help=tr("cli.opt.out"))
@click.option("--format", "formats", default="text", show_default=True, help=tr("cli.opt.format"))
@resume
@options.sync
@options.tls
@options.mapping
@options.reading
@options.baseline
@options.cda_schema
@options.profile
@options.lang
def command(
    scenarios: tuple[str, ...],
    sut: str,
    sut_name: str | None,
    sut_host: str,
    sut_port: int | None,
    listen: str,
    listen_back: str | None,
    ris: str | None,
    seed: int,
    clock: str | None,
    ack_timeout: float,
    within: float | None,
    pause: float,
    way: str,
    identity: str | None,
    sut_identity: str | None,
    out: Path | None,
    formats: str,
    resume: Path | None,
    sync: bool,
    mapping: Path | None,
    readings: tuple[str, ...],
    cda_schema: Path | None,
    profile_name: str,
    tls: Tls | None,
    known: Baseline | None,
) -> int:
    """Play every scenario named, or all of the profile; the exit code tells the verdict."""
    if sut_name and config.here() is None:
        raise HarnessError(say("config.no_file"))
    wanted = outputs.parse(formats)
    profile = options.load_profile(profile_name, mapping, cda_schema, readings)
    chosen = [pair[0] for pair in scenario.find(scenarios, profile.id)]
    _same_profile(chosen, profile.id)
    peer: Address | None = (sut_host, sut_port) if sut_port else None
    if sut != "none" and peer is None and (sut, way) != ("ris", "shared"):
        raise HarnessError(say("cli.need_peer"))
    options.check_tls(tls, listens=True)
    text = any(output.kind == "text" and output.file is None for output in wanted)
    terminal = Terminal(language())
    if sut == "both":
        back, there = (one and options.address(one) for one in (listen_back, ris))
        ways = between.links(options.address(listen), peer, back or None, there or None, resume)
        folder = folder_of(None, out, "run")
        report = between.play(
            chosen,
            ways,
            profile,
            folder,
            terminal,
            text=text,
            ack_timeout=ack_timeout,
            within=within,
            tls=tls,
            sync=sync,
        )
        session.keep_files(report.exchanges, folder)
        report = options.in_the_light_of(known, report)
        finish(report, terminal, folder, wanted)
        return outputs.exit_code(report)
    folder = folder_of(resume, out, "run")
    names = _names(sut, identity, sut_identity)
    waiting = Waiting(terminal, names)
    report = session.run(
        chosen,
        session.Options(
            profile=profile,
            folder=folder,
            command=command_line(sys.argv),
            sut=sut,
            seed=seed,
            clock=options.clock(clock),
            peer=peer,
            listen=options.address(listen),
            ack_timeout=ack_timeout,
            tls=tls,
            sync=sync,
            resume=resume is not None,
            arguments=arguments(),
            says=warn,
            within=within,
            pause=pause,
            way=way,
            names=names,
            told=(lambda x: _told(terminal, waiting, x)) if text else lambda exchange: None,
            before=(lambda s: terminal.title(s.title.text.in_(language())))
            if text
            else lambda s: None,
            **(_watched(waiting) if text and sut != "none" else {}),
        ),
    )
    report = options.in_the_light_of(known, report)
    finish(report, terminal, folder, wanted)
    return outputs.exit_code(report)


def _same_profile(chosen: list[Scenario], name: str) -> None:
    for found in chosen:
        if found.profile != name:
            raise HarnessError(
                say("cli.other_profile", scenario=found.scenario, profile=found.profile),
                hint=f"--profile {found.profile}",
            )


def _told(terminal: Terminal, waiting: Waiting, exchange: Exchange) -> None:
    waiting.over()
    terminal.step(exchange)


def _watched(waiting: Waiting) -> dict[str, Any]:
    """The listeners of a run that show how a wait goes."""
    return {
        "waits": waiting.begins,
        "listening": waiting.listens,
        "came": waiting.came,
        "strange": waiting.strange,
        "watching": waiting.left,
    }


def _names(sut: str, identity: str | None, sut_identity: str | None) -> dict[str, Name]:
    """Application and facility of the roles, as the options say them. Raises HarnessError."""
    ours = "platform" if sut == "ris" else "ris"
    theirs = "ris" if sut == "ris" else "platform"
    found: dict[str, Name] = {}
    for role, text in ((ours, identity), (theirs, sut_identity)):
        if text is not None:
            application, bar, facility = text.partition("|")
            if not application or "|" in facility:
                raise HarnessError(say("cli.bad_identity", text=text), hint="RIS|CABINET")
            found[role] = (application, facility if bar else "")
    return found
