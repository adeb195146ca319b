"""The wire, in memory: what machines want sent reaches one another, under a clock that jumps.

Stands for `net.py`: bytes go through the framer, events come out, and when nothing moves any more
the clock jumps to the nearest deadline.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime

from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.ranking import Placed, findings_in_order
from harness.show.report import Report
from harness.sim.events import Action, Answered, Deliver, Event, Received, Strayed, Tick
from harness.sim.net import Machine
from harness.sim.record import Exchange
from harness.text import plain
from harness.wire import mllp
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, Junk, Unfinished

OTHER = {"ris": "platform", "platform": "ris"}
MOST_TICKS = 100
START = datetime.fromisoformat("2026-01-05T10:00:00+01:00")


class Wire:
    """One machine for each role (the same one when it plays both), and the bytes between them."""

    def __init__(self, machines: Mapping[str, Machine]) -> None:
        self.machines = machines
        self.now = 0.0
        self.carried: list[tuple[str, bytes]] = []  # who sent, the bytes
        self._waiting: deque[Action] = deque()
        self._framers: dict[tuple[str, bool], Framer] = {}

    def run(self) -> None:
        """Start every machine and go on until nothing is left to send or to wait for."""
        distinct = list(dict.fromkeys(self.machines.values()))
        for machine in distinct:
            self._waiting += machine.start(self.now)
        self._pump()
        for _ in range(MOST_TICKS):
            deadlines = [at for m in distinct if not m.done and (at := m.deadline) is not None]
            if not deadlines:
                return
            self.now = min(deadlines)
            for machine in distinct:
                self._waiting += machine.handle(Tick(), self.now)
            self._pump()
        raise AssertionError(f"still waiting after {MOST_TICKS} deadlines")

    def _pump(self) -> None:
        while self._waiting:
            action = self._waiting.popleft()
            self.now += 0.001
            self.carried.append((action.role, action.data))
            to = OTHER[action.role]
            for event in self._events(to, action):
                self._waiting += self.machines[to].handle(event, self.now)

    def _events(self, to: str, action: Action) -> list[Event]:
        opened = not isinstance(action, Deliver)
        framer = self._framers.setdefault((to, opened), Framer())
        framer.receive(action.data)
        connection = f"{to}-{'out' if opened else 'in'}"
        return [event_of(found, to, connection, opened=opened) for found in framer.events()]


def event_of(found: mllp.Event, role: str, connection: str, *, opened: bool) -> Event:
    """What the framer found, as `net.py` hands it over."""
    if isinstance(found, Block):
        kind = Answered if opened else Received
        return kind(role, connection, found.data, found.notes)
    if isinstance(found, Unfinished):
        return Strayed(role, connection, "unfinished", found.data[:64], len(found.data))
    what = "junk" if isinstance(found, Junk) else "oversize"
    return Strayed(role, connection, what, found.head, found.size)


def report_of(profile: Profile, exchanges: Sequence[Exchange]) -> Report:
    """The least of a report that holds these exchanges."""
    return Report(
        tool="test",
        profile=profile.id,
        profile_title=plain("test"),
        rules_hash="",
        command="test",
        started=START,
        seconds=0.0,
        rules=profile.rules,
        exchanges=tuple(exchanges),
    )


def findings(profile: Profile, exchanges: Sequence[Exchange]) -> list[Placed]:
    """What a report would list, in its order."""
    return findings_in_order(report_of(profile, exchanges))


def broken(exchange: Exchange) -> set[str]:
    """Ids of the rules broken in an exchange, whoever broke them."""
    parts = [part.outcomes for part in (exchange.request, exchange.answer) if part]
    every = (*(outcome for part in parts for outcome in part), *exchange.step_outcomes)
    return {outcome.rule.id for outcome in every if outcome.verdict > Verdict.PASS}


def sent(actions: Sequence[Action]) -> list[Message]:
    """The messages in the blocks of these actions."""
    return [Message(action.data.removeprefix(b"\x0b")[:-2]) for action in actions]
