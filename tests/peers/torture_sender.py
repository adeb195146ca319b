"""Our own sender as a process that sends one message each time it is told to.

    python torture_sender.py PORT ASKED TOLD ACK_TIMEOUT

A file that appears in the folder ASKED makes it play one message (flow A, over the connection that
it keeps); the file of the same name in TOLD then holds 0 when it holds the message to be accepted,
else 1. It waits ACK_TIMEOUT for an acknowledgement, then as long again.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness.rules import profile as profiles
from harness.sim.events import Action, Event
from harness.sim.generate import cases
from harness.sim.network import net
from harness.sim.network.net import Machine, Wiring
from harness.sim.play import Play, Setting
from harness.sim.scenario import Scenario

POLL = 0.01
SCENARIO = Scenario.model_validate(
    {
        "scenario": "torture",
        "title": {"fr": "Torture", "en": "Torture"},
        "steps": [{"send": "A", "optional": True}],
    }
)


class Idle:
    """Waits to be asked, so that what comes in meanwhile is not left in the socket."""

    def __init__(self, asked: Path) -> None:
        self.asked = asked
        self.now = 0.0

    @property
    def done(self) -> bool:
        return any(self.asked.iterdir())

    @property
    def deadline(self) -> float:
        return self.now + POLL

    def start(self, now: float) -> list[Action]:
        self.now = now
        return []

    def handle(self, event: Event, now: float) -> list[Action]:
        self.now = now
        return []

    def interrupt(self) -> None:
        pass


def machines(asked: Path, told: Path, ack_timeout: float) -> Iterator[Machine]:
    clock = datetime.now(UTC)
    setting = Setting(
        profiles.load(),
        cases.make_case("ct-brain", 1, clock),
        frozenset({"ris"}),
        lambda: datetime.now(UTC),
        lambda record: None,
        ack_timeout=ack_timeout,
    )
    count = 0
    while True:
        yield Idle(asked)
        file = next(asked.iterdir())
        file.unlink()
        count += 1
        play = Play(SCENARIO, setting)
        play.actors["ris"]._counter = count
        yield play
        (exchange,) = play.exchanges
        answer = told / f"{file.name}.part"
        answer.write_text(f"{0 if exchange.accepted else 1}\n")
        answer.rename(told / file.name)


def main() -> None:
    port, asked, told, ack_timeout = sys.argv[1:]
    wiring = Wiring({}, {"ris": ("127.0.0.1", int(port))})
    net.run(machines(Path(asked), Path(told), float(ack_timeout)), wiring)


if __name__ == "__main__":
    main()
