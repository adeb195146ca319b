"""A simulated platform over a disk and connections that a test holds in its hands.

The runner, the framer, the store, the journal and the simulation are the product's own; only the
sockets and the thread that writes are replaced, so that the test says when the disk has taken
something, when a connection breaks, and when the process dies.
"""

import asyncio
import errno
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from harness.rules.profile import Profile
from harness.show.runs import keeping
from harness.sim.case import Case
from harness.sim.network import store as storing
from harness.sim.network.net import Wiring, _Connection, _Runner
from harness.sim.play import Setting
from harness.sim.simulation import Simulation
from harness.wire import transcript
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
FULL = OSError(errno.ENOSPC, "No space left on device")
ROUNDS = 8  # of the loop: whatever can happen by itself has happened then


class Disk:
    """Stands in the place of the thread that writes: each group waits until the test lets it go."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = []

    def submit(self, work: Callable[..., Any], *values: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, work, values))
        return future

    def shutdown(self) -> None:
        """Nothing to end."""

    def take(self, wrong: OSError | None = None) -> None:
        """The group that waits is on disk, or fails."""
        future, work, values = self.waiting.pop(0)
        if wrong:
            future.set_exception(wrong)
        else:
            future.set_result(work(*values))


class Line(asyncio.Transport):
    """What a peer sees of one connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.loop = loop
        self.protocol: _Connection | None = None
        self.framer = Framer()
        self.closed = False

    def write(self, data: Any) -> None:
        self.framer.receive(bytes(data))

    def answers(self) -> list[Message]:
        """Those that have come since this was asked."""
        return [Message(event.data) for event in self.framer.events() if isinstance(event, Block)]

    def close(self) -> None:
        self._end(None)

    def abort(self) -> None:
        self._end(None)

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """The test sends little."""

    def resume_reading(self) -> None:
        """The test sends little."""

    def cut(self) -> None:
        """The peer is gone."""
        self._end(ConnectionResetError())

    def _end(self, why: Exception | None) -> None:
        if not self.closed and self.protocol:
            self.closed = True
            self.loop.call_soon(self.protocol.connection_lost, why)


class Session:
    """The platform from its start, or from its restart in the same folder, to its death."""

    def __init__(self, folder: Path, profile: Profile, case: Case) -> None:
        onward = (folder / transcript.NAME).exists()
        was = keeping.earlier(folder) if onward else keeping.Earlier()
        begun = keeping.Begun("test", profile.id, "ris", 1, sync=False)
        self.loop = asyncio.new_event_loop()
        self.disk = Disk()
        self.store = keeping.opened(folder, begun, CLOCK, lambda text: None, onward=onward)
        self.lines: list[Line] = []
        setting = Setting(
            profile,
            case,
            frozenset({"platform"}),
            lambda: CLOCK,
            self.store.note,
            first_number=was.first_number,
        )
        machine = Simulation("platform", setting, talks=False)
        keeping.recall_into_simulation(machine, was)
        self.runner = _Runner(Wiring({}, {}, store=self.store))
        self.runner.machine = machine
        with patch.object(storing, "ThreadPoolExecutor", lambda count, name: self.disk):
            self.do(lambda: self.store.attach(self.runner.stored))

    def do(self, work: Callable[[], object]) -> None:
        """Do something inside the loop, and let what follows happen."""

        async def inside() -> None:
            work()
            for _ in range(ROUNDS):
                await asyncio.sleep(0)

        self.loop.run_until_complete(inside())

    def connect(self) -> Line:
        """A peer connects."""
        line = Line(self.loop)

        def made() -> None:
            line.protocol = _Connection(self.runner, "platform", None, opened=False)
            line.protocol.connection_made(line)

        self.do(made)
        self.lines.append(line)
        return line

    def receive(self, line: Line, data: bytes) -> None:
        """Bytes of a peer arrive, when its connection is still there."""
        if line in self.lines and line.protocol and not line.closed:
            protocol = line.protocol
            self.do(lambda: protocol.data_received(data))

    def cut(self, line: Line) -> None:
        """A peer is gone."""
        if line in self.lines:
            self.do(line.cut)

    def write(self, wrong: OSError | None = None) -> None:
        """The disk takes what waits, or refuses it."""
        if self.disk.waiting:
            self.do(lambda: self.disk.take(wrong))

    def settle(self) -> None:
        """The disk takes everything."""
        for _ in range(1000):
            if not self.disk.waiting:
                return
            self.write()
        raise AssertionError("the disk is never done")

    def die(self, part: float) -> None:
        """The process is killed; of the group that was being written a part is on disk."""
        journal = self.store.journal
        if self.disk.waiting:
            lines: bytes = self.disk.waiting[0][2][0]
            journal._file.write(lines[: int(len(lines) * part)])
        journal.close()
        self.loop.close()
