"""The wire, in memory: what machines want sent reaches one another, under a clock that jumps.

Stands for `network/net.py` where nothing real is tested: bytes go through the framer, events come
out, and when nothing moves any more the clock jumps to the nearest deadline.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final

from harness.sim.events import (
    Action,
    Answered,
    Deliver,
    Event,
    Hold,
    Received,
    Release,
    Reply,
    Strayed,
    Tick,
    Weigh,
    Weighed,
)
from harness.sim.network.net import Machine
from harness.sim.weighing import Weigher
from harness.wire import mllp
from harness.wire.mllp import Block, Framer, Junk, Unfinished

_OTHER: Final = {"ris": "platform", "platform": "ris"}
_MOST_TICKS: Final = 100


class Wire:
    """One machine for each role (the same one when it plays both), and the bytes between them.

    `weigher` judges what a machine wants judged beside.
    """

    def __init__(self, machines: Mapping[str, Machine], weigher: Weigher | None = None) -> None:
        self.machines = machines
        self.weigher = weigher
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
        for _ in range(_MOST_TICKS):
            deadlines = [at for m in distinct if not m.done and (at := m.deadline) is not None]
            if not deadlines:
                return
            self.now = min(deadlines)
            for machine in distinct:
                self._waiting += machine.handle(Tick(), self.now)
            self._pump()
        raise RuntimeError(f"still waiting after {_MOST_TICKS} deadlines")

    def _pump(self) -> None:
        while self._waiting:
            action = self._waiting.popleft()
            self.now += 0.001
            if isinstance(action, Weigh):
                self._waiting += self._weighed(action)
                continue
            if isinstance(action, Hold | Release):
                continue  # everything is handled one after the other here
            self.carried.append((action.role, action.data))
            to = _OTHER[action.role]
            for event in self._events(to, action):
                self._waiting += self.machines[to].handle(event, self.now)

    def _weighed(self, action: Weigh) -> list[Action]:
        if self.weigher is None:
            raise RuntimeError("nobody here to weigh")
        weighed = Weighed(action.role, action.ticket, self.weigher.weigh(action.task))
        return self.machines[action.role].handle(weighed, self.now)

    def _events(self, to: str, action: Deliver | Reply) -> list[Event]:
        opened = not isinstance(action, Deliver)
        framer = self._framers.setdefault((to, opened), Framer())
        framer.receive(action.data)
        connection = f"{to}-{'out' if opened else 'in'}"
        return [event_of(found, to, connection, opened=opened) for found in framer.events()]


def event_of(found: mllp.Event, role: str, connection: str, *, opened: bool) -> Event:
    """What the framer found, as `network/net.py` hands it over."""
    if isinstance(found, Block):
        kind = Answered if opened else Received
        return kind(role, connection, found.data, found.notes)
    if isinstance(found, Unfinished):
        return Strayed(role, connection, "unfinished", found.data[:64], len(found.data))
    what = "junk" if isinstance(found, Junk) else "oversize"
    return Strayed(role, connection, what, found.head, found.size)
