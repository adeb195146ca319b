"""`telerad run --sut both`: we stand between two real systems that play the scenarios."""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.show.cli.playing import command_line, tell_listening, warn
from harness.show.cli.resuming import arguments
from harness.show.report import Report, blank
from harness.show.runs import keeping, session
from harness.show.runs.keeping import Begun
from harness.show.runs.surroundings import now
from harness.show.terminal import Terminal
from harness.sim.network import relay
from harness.sim.network.net import Address
from harness.sim.network.relay import Ends, Link
from harness.sim.network.tls import Tls
from harness.sim.proxy import Proxy
from harness.sim.record import Exchange
from harness.sim.scenario import Scenario
from harness.sim.watching import Watch
from harness.text import say
from harness.wire.transcript import Record


def links(
    listen: Address,
    platform: Address | None,
    back: Address | None,
    ris: Address | None,
    resume: Path | None,
) -> list[Link]:
    """Where each side connects to us, and where the other one is. Raises HarnessError."""
    if resume:
        raise HarnessError(say("cli.both_resumed"), hint="telerad proxy --resume")
    if platform is None or back is None or ris is None:
        raise HarnessError(say("cli.need_both"))
    return [Link("ris", listen, platform), Link("platform", back, ris)]


def play(
    chosen: Sequence[Scenario],
    ways: Sequence[Link],
    profile: Profile,
    folder: Path,
    terminal: Terminal,
    *,
    text: bool,
    ack_timeout: float,
    within: float | None,
    tls: Tls | None,
    sync: bool,
) -> Report:
    """Relay until every step has found its message, and judge both sides."""
    begin, started = time.monotonic(), now()
    facts = Begun(command_line(sys.argv), profile.id, "both", None, sync, arguments())
    watch = Watch(chosen, profile, within)

    with keeping.opened(folder, facts, started, warn, onward=False) as store:
        told = terminal.step if text else lambda exchange: None
        machine = Proxy(profile, now, store.note, ack_timeout=ack_timeout, told=told)
        stopped = relay.run(
            machine,
            [replace(way, ends=Ends(tls, tls)) for way in ways],
            partial(tell_listening, terminal),
            store,
            until=lambda at: watch.over(machine.exchanges, at),
        )
        store.note(Record(now().isoformat(), "end"))
    if stopped:
        watch.interrupt()
    exchanges = tuple(watch.result(machine.exchanges))
    _tell_the_rest(terminal, exchanges[len(machine.exchanges) :], text=text)
    return replace(
        blank(profile, command_line(sys.argv), started, time.monotonic() - begin),
        exchanges=exchanges,
        concordance=tuple(session.concordance_of(profile, exchanges)),
        sut="both",
        scenario_titles=tuple((s.scenario, s.title.text) for s in chosen),
        folder=folder,
        interrupted=stopped,
        unsynced=not sync,
    )


def _tell_the_rest(terminal: Terminal, rest: Sequence[Exchange], *, text: bool) -> None:
    for exchange in rest if text else ():
        terminal.step(exchange)
