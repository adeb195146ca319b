"""`telerad doctor`: what has to hold on this machine and on the way to the other, on one screen."""

from pathlib import Path
from typing import Final

import click

from harness.show import doctor
from harness.show.cli import options
from harness.show.doctor import Line
from harness.show.runs.surroundings import now
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim.network.net import Address
from harness.sim.network.tls import Tls

_SIGNS: Final = {"good": ("✓", "green"), "warning": ("!", "yellow"), "bad": ("✗", "bold red")}


@click.command("doctor", help=tr("cli.doctor"))
@click.option("--sut-host", metavar="HOST", help=tr("cli.opt.sut_host"))
@click.option("--sut-port", type=click.IntRange(1, 65535), help=tr("cli.opt.sut_port"))
@click.option("--listen", metavar="HOST:PORT", help=tr("cli.opt.listen"))
@click.option("--out", type=click.Path(path_type=Path), help=tr("cli.opt.out"))
@options.tls
@options.lang
def command(
    sut_host: str | None,
    sut_port: int | None,
    listen: str | None,
    out: Path | None,
    tls: Tls | None,
) -> int:
    """Look at everything; 0 when a run can begin, 3 when something would keep it from measuring."""
    at = options.address(listen or "127.0.0.1:2575")
    sut: Address | None = (sut_host or "127.0.0.1", sut_port) if sut_port else None
    options.check_tls(tls, listens=bool(tls and tls.cert))
    terminal = Terminal(language())
    folder = out or Path("reports", "runs")
    lines = list(doctor.look(listen=at, sut=sut, tls=tls, folder=folder, now=now()))
    for line in lines:
        _show(terminal, line)
    bad = sum(line.state == "bad" for line in lines)
    warnings = sum(line.state == "warning" for line in lines)
    terminal.line("")
    terminal.line(tr("doctor.end.bad", count=bad) if bad else tr("doctor.end", count=warnings))
    if sut is None:
        terminal.line((tr("doctor.no_sut"), "dim"))
    return 3 if bad else 0


def _show(terminal: Terminal, line: Line) -> None:
    sign, style = _SIGNS[line.state]
    lang = language()
    colon = " : " if lang == "fr" else ": "
    terminal.line(
        (f"{sign} ", style), line.what.in_(lang), (f"{colon}{line.found.in_(lang)}", style)
    )
    if line.do:
        terminal.line((f"    → {line.do.in_(lang)}", "bold"))
