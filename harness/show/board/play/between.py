"""A run between two real systems: the proxy stands between them until somebody ends it.

Each system sends where it always sends; what it sends goes on to where the other one listens.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.rules.profile import Profile
from harness.show.report import Report, blank, concordance_of
from harness.show.runs import keeping, session, unfinished
from harness.show.runs.keeping import Begun
from harness.show.runs.surroundings import now
from harness.sim.network import relay
from harness.sim.network.net import Address
from harness.sim.network.relay import Link
from harness.sim.network.store import Store
from harness.sim.proxy import Proxy
from harness.sim.record import Exchange
from harness.text import Text, say
from harness.wire.transcript import Record

COMMAND = "telerad serve: proxy"
Told = Callable[[Exchange], None]
Listening = Callable[[str, Address], None]


def run(
    profile: Profile,
    folder: Path,
    links: tuple[Link, Link],
    told: Told,
    listening: Listening,
    says: Callable[[Text], None] = lambda text: None,
) -> Report:
    """Relay until a signal comes. Raises HarnessError for a port that cannot be used."""
    begin, started = time.monotonic(), now()
    facts = Begun(COMMAND, profile.id, "both", None)
    with keeping.opened(folder, facts, started, says, onward=False) as store:
        machine = Proxy(profile, now, store.note, told=_noted(store, told))
        relay.run(machine, links, lambda link, at: listening(link.sender, at), store)
        store.note(Record(now().isoformat(), "end"))
    exchanges = tuple(machine.exchanges)
    session.keep_files(exchanges, folder)
    return replace(
        blank(profile, COMMAND, started, time.monotonic() - begin),
        exchanges=exchanges,
        concordance=tuple(concordance_of(profile, exchanges)),
        sut="both",
        scenario_titles=(("proxy", say("proxy.title")),),
        folder=folder,
    )


def _noted(store: Store, told: Told) -> Told:
    """What is told is in the journal as well, so that a killed run can be reported."""

    def note(exchange: Exchange) -> None:
        store.note(unfinished.told(now(), exchange))
        told(exchange)

    return note
