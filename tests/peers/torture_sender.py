"""Our own sender as a process that sends one message each time it is told to.

    python torture_sender.py PORT ASKED TOLD ACK_TIMEOUT

A line in the pipe ASKED makes it play one message (flow A, over the connection that it keeps); its
answer is a file of the folder TOLD with the line as its name: 0 when it holds the message to be
accepted, 1 when it does not. It waits ACK_TIMEOUT for an acknowledgement, then as long again.
"""

import queue
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness.rules import profile as profiles
from harness.sim import net
from harness.sim.events import Action, Event
from harness.sim.generate import cases
from harness.sim.net import Machine, Wiring
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
    """Waits for a line, so that what comes in meanwhile is not left in the socket."""

    def __init__(self, asked: "queue.Queue[str]") -> None:
        self.asked = asked
        self.now = 0.0

    @property
    def done(self) -> bool:
        return not self.asked.empty()

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


def machines(asked: "queue.Queue[str]", told: Path, ack_timeout: float) -> Iterator[Machine]:
    profile, clock = profiles.load(), datetime.now(UTC)
    case = cases.make_case("ct-brain", 1, clock)
    setting = Setting(
        profile,
        case,
        frozenset({"ris"}),
        lambda: datetime.now(UTC),
        lambda record: None,
        ack_timeout=ack_timeout,
    )
    count = 0
    while True:
        yield Idle(asked)
        name = asked.get()
        count += 1
        play = Play(SCENARIO, setting)
        play.actors["ris"]._counter = count
        yield play
        (exchange,) = play.exchanges
        answer = told / f"{name}.part"
        answer.write_text(f"{0 if exchange.accepted else 1}\n")
        answer.rename(told / name)


def main() -> None:
    port, asked, told, ack_timeout = sys.argv[1:]
    lines: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        while True:
            with Path(asked).open() as pipe:
                for line in pipe:
                    lines.put(line.strip())

    threading.Thread(target=listen, daemon=True).start()
    wiring = Wiring({}, {"ris": ("127.0.0.1", int(port))})
    net.run(machines(lines, Path(told), float(ack_timeout)), wiring)


if __name__ == "__main__":
    main()
