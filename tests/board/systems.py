"""Simulated systems that stand for the products of a room, each at a port of its own, as threads.

They are what `telerad simulate` plays, with or without a named defect.
"""

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

from harness.rules import profile as profiles
from harness.show.runs.surroundings import now
from harness.sim.defects import catalogue as defects
from harness.sim.generate import cases
from harness.sim.network import net, probe
from harness.sim.network.net import Wiring
from harness.sim.play import Setting
from harness.sim.simulation import Simulation

HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def free_ports(count: int) -> str:
    """A range of free ports, as `--ports` takes it, below those that systems give to clients."""
    for _ in range(200):
        first = random.randrange(20000, 32000 - count)
        if all(probe.can_listen((HOST, port)).good for port in range(first, first + count)):
            return f"{first}-{first + count - 1}"
    raise AssertionError("no free ports")


class System(threading.Thread):
    """A system that listens at `port` and sends to `peer`; a RIS begins at once, with a request."""

    def __init__(self, role: str, port: int, peer: int, defect: str = "", seed: int = 1) -> None:
        super().__init__(daemon=True)
        profile = profiles.load()
        setting = Setting(
            profile,
            cases.make_case(cases.DEFAULT, seed, now()),
            frozenset({role}),
            now,
            lambda record: None,
            defects.find(defect, profile.id) if defect else None,
        )
        self.machine = Simulation(role, setting, talks=True)
        self.port = port
        self.listening = threading.Event()
        self.wiring = Wiring(
            {role: (HOST, port)},
            {role: (HOST, peer)},
            listening=lambda name, where: self.listening.set(),
        )

    def run(self) -> None:
        net.run([self.machine], self.wiring)

    def end(self) -> None:
        """Stop; a connection wakes it so that it sees this."""
        self.wiring.stopped = True
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, self.port), timeout=PATIENCE).close()
        self.join(PATIENCE)
        assert not self.is_alive()


@contextlib.contextmanager
def playing(role: str, port: int, peer: int, defect: str = "", seed: int = 1) -> Iterator[System]:
    """A system that is there for a while."""
    found = System(role, port, peer, defect, seed)
    found.start()
    assert found.listening.wait(PATIENCE)
    try:
        yield found
    finally:
        found.end()
