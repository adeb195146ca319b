"""`telerad run`: plays scenarios, against a system under test or against ourselves."""

import sys
from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show import outputs, session
from harness.show.baseline import Baseline
from harness.show.cli import options
from harness.show.cli.playing import command_line, finish, warn
from harness.show.cli.resuming import Resumable, arguments, folder_of, resume
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim import scenario
from harness.sim.net import Address
from harness.sim.scenario import Scenario
from harness.sim.tls import Tls
from harness.text import say


@click.command("run", cls=Resumable, help=tr("cli.run"))
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option(
    "--sut", type=click.Choice(["ris", "platform", "none"]), default="none", help=tr("cli.opt.sut")
)
@click.option("--sut-host", default="127.0.0.1", show_default=True, help=tr("cli.opt.sut_host"))
@click.option("--sut-port", type=click.IntRange(1, 65535), help=tr("cli.opt.sut_port"))
@click.option(
    "--listen",
    default="127.0.0.1:2575",
    show_default=True,
    metavar="HOST:PORT",
    help=tr("cli.opt.listen"),
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help=tr("cli.opt.seed")
)
@click.option("--clock", metavar="ISO8601", help=tr("cli.opt.clock"))
@click.option(
    "--ack-timeout",
    type=click.FloatRange(0.1, 3600),
    default=10.0,
    show_default=True,
    help=tr("cli.opt.ack_timeout"),
)
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
    sut_host: str,
    sut_port: int | None,
    listen: str,
    seed: int,
    clock: str | None,
    ack_timeout: float,
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
    wanted = outputs.parse(formats)
    profile = options.load_profile(profile_name, mapping, cda_schema, readings)
    chosen = [pair[0] for pair in scenario.find(scenarios, profile.id)]
    _same_profile(chosen, profile.id)
    peer: Address | None = (sut_host, sut_port) if sut_port else None
    if sut != "none" and peer is None:
        raise HarnessError(say("cli.need_peer"))
    options.check_tls(tls, listens=True)
    text = any(output.kind == "text" and output.file is None for output in wanted)
    terminal = Terminal(language())
    folder = folder_of(resume, out, "run")
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
            told=terminal.step if text else lambda exchange: None,
            before=(lambda s: terminal.title(s.title.text.in_(language())))
            if text
            else lambda s: None,
            waits=(lambda f, r, s: _waits(terminal, f, r, s)) if text else lambda f, r, s: None,
            listening=(lambda r, a: _listens(terminal, r, a))
            if text and sut != "none"
            else lambda r, a: None,
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


def _waits(terminal: Terminal, flow: str, role: str, seconds: float) -> None:
    text = tr("term.waits", flow=flow, role=say(f"role.{role}"))
    terminal.line((f"       … {text} ({seconds:g} s)", "dim"))


def _listens(terminal: Terminal, role: str, at: Address) -> None:
    terminal.line((tr("term.listens", role=say(f"role.{role}"), where=f"{at[0]}:{at[1]}"), "bold"))
