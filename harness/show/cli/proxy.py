"""`telerad proxy`: between two real systems, every message kept and judged while it passes."""

import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show import outputs
from harness.show.blaming import tell
from harness.show.cli import options
from harness.show.cli.playing import command_line, finish, tell_listening, warn
from harness.show.cli.resuming import Resumable, arguments, begun, folder_of, resume
from harness.show.report import Exchange, blank
from harness.show.runs import keeping, session, unfinished
from harness.show.runs.keeping import Begun
from harness.show.runs.surroundings import now
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim import blame, faults
from harness.sim.faults import Faults
from harness.sim.network import relay
from harness.sim.network.relay import Ends, Link, ends_of
from harness.sim.network.tls import Tls
from harness.sim.proxy import Proxy
from harness.text import say
from harness.wire.transcript import Record


@click.command("proxy", cls=Resumable, help=tr("cli.proxy"))
@click.option("--listen", metavar="HOST:PORT", help=tr("cli.opt.proxy_listen"))
@click.option("--to", metavar="HOST:PORT", help=tr("cli.opt.proxy_to"))
@click.option("--listen-back", metavar="HOST:PORT", help=tr("cli.opt.proxy_listen_back"))
@click.option("--to-back", metavar="HOST:PORT", help=tr("cli.opt.proxy_to_back"))
@click.option(
    "--fault",
    "wanted_faults",
    multiple=True,
    metavar="NAME[=VALUE][@FLOW][#COUNT]",
    help=tr("cli.opt.fault"),
)
@click.option("--list-faults", is_flag=True, help=tr("cli.opt.list_faults"))
@options.ack_timeout
@options.tls
@click.option(
    "--tls-on",
    type=click.Choice(["both", "listen", "to", "ris", "platform"]),
    default="both",
    show_default=True,
    help=tr("cli.opt.tls_on"),
)
@click.option("--out", type=click.Path(path_type=Path), help=tr("cli.opt.out"))
@click.option("--format", "formats", default="text", show_default=True, help=tr("cli.opt.format"))
@resume
@options.sync
@options.mapping
@options.reading
@options.cda_schema
@options.profile
@options.lang
def command(
    listen: str | None,
    to: str | None,
    listen_back: str | None,
    to_back: str | None,
    wanted_faults: tuple[str, ...],
    list_faults: bool,
    ack_timeout: float,
    tls: Tls | None,
    tls_on: str,
    out: Path | None,
    formats: str,
    resume: Path | None,
    sync: bool,
    mapping: Path | None,
    readings: tuple[str, ...],
    cda_schema: Path | None,
    profile_name: str,
) -> int:
    """Relay until SIGINT or SIGTERM, then write the report."""
    if list_faults:
        return _list()
    wanted = outputs.parse(formats)
    chosen = [faults.parse(text) for text in wanted_faults]
    links = [
        replace(link, ends=_ends(link.sender, tls, tls_on))
        for link in (
            *_link("ris", listen, to, ("--listen", "--to")),
            *_link("platform", listen_back, to_back, ("--listen-back", "--to-back")),
        )
    ]
    if not links:
        raise HarnessError(say("proxy.need_way"))
    profile = options.load_profile(profile_name, mapping, cda_schema, readings)
    options.check_tls(tls, listens=any(link.ends.accepts for link in links))
    terminal = Terminal(language())
    was = begun(resume)
    keeping.agree(was, profile, "both")
    folder = folder_of(resume, out, "proxy")
    begin, started = time.monotonic(), now()

    if chosen:
        terminal.line(tr("proxy.faults", names=", ".join(wanted_faults)))
    facts = Begun(command_line(sys.argv), profile.id, "both", None, sync, arguments())
    with keeping.opened(folder, facts, started, warn, onward=resume is not None) as store:

        def told(exchange: Exchange) -> None:
            store.note(unfinished.told(now(), exchange))
            terminal.step(exchange)

        machine = Proxy(
            profile,
            now,
            store.note,
            faults=Faults(chosen),
            ack_timeout=ack_timeout,
            first_number=was.first_number,
            told=told,
        )
        keeping.recall_into_proxy(machine, was)
        relay.run(machine, links, partial(tell_listening, terminal), store)
        store.note(Record(now().isoformat(), "end"))
    exchanges = tuple(machine.exchanges)
    report = replace(
        blank(profile, command_line(sys.argv), started, time.monotonic() - begin),
        exchanges=exchanges,
        concordance=tuple(session.concordance_of(profile, exchanges)),
        sut="both",
        scenario_titles=(("proxy", say("proxy.title")),),
        folder=folder,
        unsynced=not sync,
    )
    report = keeping.whole(report, was, profile)
    session.keep_files(report.exchanges, folder)
    charges = blame.charges(report.exchanges, profile)
    if charges and any(output.kind == "text" for output in wanted):
        tell(terminal, charges)
    finish(report, terminal, folder, wanted)
    return outputs.exit_code(report)


def _link(sender: str, listen: str | None, to: str | None, names: tuple[str, str]) -> list[Link]:
    """The connections that a sender opens; none when neither end is named."""
    if listen is None and to is None:
        return []
    if listen is None or to is None:
        raise HarnessError(say("proxy.half_way", name=names[0] if listen is None else names[1]))
    return [Link(sender, options.address(listen), options.address(to))]


def _ends(sender: str, tls: Tls | None, on: str) -> Ends:
    """Which end of a link has TLS: that of one system, or what listens, or what connects."""
    if on in ("ris", "platform"):
        return ends_of(sender, {"ris": None, "platform": None} | {on: tls})
    return Ends(tls if on != "to" else None, tls if on != "listen" else None)


def _list() -> int:
    for fault in faults.FAULTS:
        value = f"={fault.value:g} {fault.unit}" if fault.unit else ""
        click.echo(f"  {fault.name + value:<22} {fault.says.in_(language())}")
    return 0
