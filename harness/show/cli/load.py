"""`telerad load`: holds a load against a system, follows and judges all of it."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from harness.errors import HarnessError
from harness.rules import contested
from harness.rules.keeping import Asked
from harness.show import outputs
from harness.show.cli import options
from harness.show.cli.playing import command_line
from harness.show.load import jsonfmt, page, record, told
from harness.show.load.record import Gates, Report
from harness.show.outputs import Output
from harness.show.runs import session
from harness.show.runs.surroundings import now
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim.generate import cases
from harness.sim.load.exam import CASES, Said
from harness.sim.load.schedule import Schedule, parse_rate, parse_time
from harness.sim.load.sifting import Found
from harness.sim.load.traffic import Terms
from harness.sim.network import load
from harness.sim.network.net import Address
from harness.sim.network.tls import Tls
from harness.text import say
from harness.wire import files

FORMATS: Final = ("text", "json", "html")
_OTHER: Final = {"ris": "platform", "platform": "ris"}
_EPOCH: Final = 1_767_225_600  # 2026-01-01: seconds since make short numbers
_APART: Final = 1000  # exams a second at most, so that two loads never share a number


@click.command("load", help=tr("cli.load"))
@click.option("--to", required=True, metavar="HOST:PORT", help=tr("cli.opt.load_to"))
@click.option(
    "--as",
    "role",
    type=click.Choice(["ris", "platform"]),
    default="ris",
    show_default=True,
    help=tr("cli.opt.load_as"),
)
@click.option("--listen", metavar="HOST:PORT", help=tr("cli.opt.load_listen"))
@click.option("--rate", default="5/s", show_default=True, help=tr("cli.opt.load_rate"))
@click.option("--duration", default="60s", show_default=True, help=tr("cli.opt.load_duration"))
@click.option("--ramp", default="0s", show_default=True, help=tr("cli.opt.load_ramp"))
@click.option(
    "--connections",
    type=click.IntRange(1, 4000),
    default=50,
    show_default=True,
    help=tr("cli.opt.load_connections"),
)
@click.option(
    "--documents",
    type=click.FloatRange(0, 100),
    default=100.0,
    show_default=True,
    help=tr("cli.opt.load_documents"),
)
@click.option("--case", "names", multiple=True, metavar="NAME", help=tr("cli.opt.load_case"))
@options.ack_timeout
@click.option(
    "--within",
    type=click.FloatRange(0.1, 86400),
    default=30.0,
    show_default=True,
    help=tr("cli.opt.load_within"),
)
@click.option("--workers", type=click.IntRange(1, 64), help=tr("cli.opt.load_workers"))
@click.option(
    "--most",
    type=click.IntRange(1, 100_000),
    default=load.MOST,
    show_default=True,
    help=tr("cli.opt.load_most"),
)
@click.option(
    "--fail-p99", type=click.FloatRange(min=0), metavar="MS", help=tr("cli.opt.load_fail_p99")
)
@click.option("--fail-rate", metavar="RATE", help=tr("cli.opt.load_fail_rate"))
@click.option("--seed", type=click.IntRange(1, 10**11), help=tr("cli.opt.load_seed"))
@click.option("--out", type=click.Path(path_type=Path), help=tr("cli.opt.out"))
@click.option(
    "--format", "formats", default="text", show_default=True, help=tr("cli.opt.load_format")
)
@options.tls
@options.mapping
@options.reading
@options.cda_schema
@options.profile
@options.lang
def command(
    to: str,
    role: str,
    listen: str | None,
    rate: str,
    duration: str,
    ramp: str,
    connections: int,
    documents: float,
    names: tuple[str, ...],
    ack_timeout: float,
    within: float,
    workers: int | None,
    most: int,
    fail_p99: float | None,
    fail_rate: str | None,
    seed: int | None,
    out: Path | None,
    formats: str,
    mapping: Path | None,
    readings: tuple[str, ...],
    cda_schema: Path | None,
    profile_name: str,
    tls: Tls | None,
) -> int:
    """Play exams at a rate that does not slow; the exit code tells whether the load was held."""
    wanted = outputs.parse(formats, FORMATS)
    schedule = _schedule(rate, duration, ramp)
    gates = Gates(fail_p99, parse_rate(fail_rate) if fail_rate else None)
    profile = options.load_profile(profile_name, mapping, cda_schema, readings)
    options.check_tls(tls, listens=listen is not None)
    at, peer = options.address(listen) if listen else None, options.address(to)
    for name in names:
        cases.make_case(name, 1, now())
    folder = out or session.new_folder("load")
    terminal, text = Terminal(language()), Output("text", None) in wanted
    live, started = told.Live(terminal), now()
    chosen = contested.parse(readings)
    plan = load.Plan(
        profile=profile,
        asked=Asked(profile_name, mapping, cda_schema and cda_schema.absolute(), chosen),
        role=role,
        to=peer,
        schedule=schedule,
        folder=folder,
        wall=now,
        listen=at,
        connections=connections,
        cases=names or CASES,
        documents=documents / 100,
        first=seed or _first(),
        terms=Terms(ack_timeout, within),
        tls=tls,
        workers=workers or max(1, (os.cpu_count() or 2) - 1),
        most=most,
        told=live.told if text else lambda going: None,
        kept=_Keeper(folder / "messages"),
        listening=_listening(terminal, role, at) if text else lambda where: None,
    )
    report = record.of(load.run(plan), command_line(sys.argv), started, gates)
    live.over()
    _finish(report, terminal, folder, wanted)
    return record.exit_code(report)


def _schedule(rate: str, duration: str, ramp: str) -> Schedule:
    """Raises HarnessError for what cannot be a schedule."""
    found = Schedule(parse_rate(rate), parse_time(duration), parse_time(ramp))
    if found.seconds <= 0:
        raise HarnessError(say("load.no_time", text=duration))
    if found.ramp > found.seconds:
        seconds, ramped = f"{found.seconds:g}", f"{found.ramp:g}"
        raise HarnessError(say("load.long_ramp", ramp=ramped, seconds=seconds))
    return found


def _first() -> int:
    """A number that no load before had."""
    return int((time.time() - _EPOCH) * _APART)


def _listening(terminal: Terminal, role: str, at: Address | None) -> Callable[[Address], None]:
    def told_where(where: Address) -> None:
        address = f"{where[0]}:{where[1]}"
        terminal.line(tr("term.listens", role=say(f"role.{role}"), where=address))
        sys.stdout.flush()

    return told_where


class _Keeper:
    """Keeps the message in which a finding of its kind was first seen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, exam: int | None, found: Found, said: Said) -> None:
        number = "0" if exam is None else str(exam)
        name = f"{number}-{said.flow}{'.ack' if found.answer else ''}.er7"
        files.write(self.folder / name, said.answer if found.answer else said.raw)


def _finish(report: Report, terminal: Terminal, folder: Path, wanted: tuple[Output, ...]) -> None:
    """Show the summary, write the files of a load and those asked for."""
    texts = {"json": jsonfmt.to_json(report), "html": page.to_html(report, language())}
    outputs.write(folder / "load.json", texts["json"])
    outputs.write(folder / "load.html", texts["html"])
    for output in wanted:
        if output.kind == "text":
            told.summary(terminal, report)
            terminal.line("")
            terminal.line(tr("load.report", path=str(folder / "load.html")))
        else:
            outputs.write(output.file, texts[output.kind])
