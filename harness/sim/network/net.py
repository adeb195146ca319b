"""Sockets of a run: turns them into events for a machine, and its actions into bytes. The only
others that open any are `relay.py` (the proxy), `torture/net.py` (the torture suite) and `probe.py`
(the doctor).

A machine (`Play`, `Simulation`) has `start`, `handle`, `deadline` and `done`. One listener for each
simulated role; one connection to the peer for each role that sends, kept open. A peer may close it
after its answer: a message that was sent meanwhile and got no byte back is sent again, once.

Store, then send: what a machine wants sent leaves when all that it noted before is in the `store`,
in that order. While the disk is full connections with something to answer, and those that bring
more, are closed, so that their peers send again later; our own messages wait. What comes is handled
small blocks first (see `lineup.py`), and what a machine wants weighed is, in another process: a
request does not wait for the documents of others to be judged.
"""

import asyncio
import errno
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from harness.errors import HarnessError
from harness.sim.events import (
    Action,
    Answered,
    Closed,
    Connected,
    Deliver,
    Event,
    Hold,
    Left,
    Received,
    Refused,
    Release,
    Reopened,
    Reply,
    Strayed,
    Tick,
    Unreachable,
    Weigh,
    Weighed,
)
from harness.sim.network.line import Line
from harness.sim.network.lineup import Lineup
from harness.sim.network.scales import Scales
from harness.sim.network.store import Store
from harness.sim.network.tls import Side, Tls, client_side, server_side
from harness.text import Text, plain, say
from harness.wire import failpoint
from harness.wire.mllp import DEFAULT_LIMIT, Block, Framer, Junk, Oversize, Unfinished

CONNECT_TIMEOUT: Final = 5.0
LINED_UP: Final = 1024 * 1024  # bytes of one connection that wait to be handled
WAYS: Final = ("persistent", "per-message", "shared")  # of connections; shared: one for both sides
_SECOND: Final = 1.0
_ROUNDS: Final = 5  # of the loop at the end: what was being accepted is there after a few
Address = tuple[str, int]


def why(wrong: Exception) -> Text:
    """The reason of the system in our words where they are better, without the address again."""
    number = getattr(wrong, "errno", None)
    if number == errno.EADDRINUSE:
        return say("net.in_use")
    return plain(os.strerror(number) if number else str(wrong))


class Machine(Protocol):
    """What plays: pure, and driven from here."""

    @property
    def done(self) -> bool: ...
    @property
    def deadline(self) -> float | None: ...
    def start(self, now: float) -> list[Action]: ...
    def handle(self, event: Event, now: float) -> list[Action]: ...
    def interrupt(self) -> None: ...


@dataclass
class Wiring:
    """Where each simulated role listens, and where the peer of each role is.

    A port of 0 lets the system choose. `listening` is called with the role and its address when it
    listens; `peers` may be filled in there. `grace`: seconds for the last bytes to arrive. `tls`
    goes for every connection; None: they are plain. `way` is one of `WAYS`; `watching` is called
    about every second while a machine waits, with the seconds left. `scales` weigh what a machine
    wants weighed. `store` is where the machines'
    records go; None: what they note needs no waiting for.
    """

    listen: Mapping[str, Address]
    peers: dict[str, Address]
    limit: int = DEFAULT_LIMIT
    listening: Callable[[str, Address], None] = lambda role, address: None
    after: Callable[[], None] = lambda: None
    grace: float = 0.0
    signals: bool = False
    tls: Tls | None = None
    store: Store | None = None
    way: str = WAYS[0]
    watching: Callable[[float], None] = lambda left: None
    scales: Scales | None = None
    stopped: bool = field(default=False, init=False)


def run(machines: Sequence[Machine], wiring: Wiring) -> None:
    """Play machines one after the other over the same listeners.

    Raises HarnessError when a port cannot be listened on, or the disk no longer confirms what it
    takes. An interruption ends the run in order and sets `wiring.stopped`.
    """
    asyncio.run(_Runner(wiring).run_all(machines))


class _Connection(Line):
    """One connection: frames its bytes and hands the events over."""

    def __init__(self, runner: "_Runner", role: str, side: Side | None, *, opened: bool) -> None:
        super().__init__(side)
        self.runner = runner
        self.role = role
        self.opened = opened
        self.framer = Framer(runner.wiring.limit)
        self.name = ""
        self.owed = 0  # blocks that wait to be handled, answers that wait for the disk
        self.lined_up = 0  # bytes of blocks that wait to be handled
        self.ended = False  # the peer sends no more
        self._paused = False
        self.unanswered: Deliver | None = None
        self.used = 0  # messages sent
        self.quiet = True  # no byte since the last one

    def on_open(self) -> None:
        self.name = self.runner.register(self)
        if not self.opened:
            self.runner.feed(Connected(self.role, self.host))

    def on_data(self, data: bytes) -> None:
        self.quiet = False
        self.framer.receive(data)
        self._pass_on()

    def deliver(self, action: Deliver) -> None:
        """Send a message, and remember it until something answers."""
        self.unanswered, self.quiet = action, True
        self.used += 1
        self.send(action.data)

    def on_end(self) -> bool:
        """Half closed: what was complete is still answered."""
        self.framer.close()
        self._pass_on()
        self.ended = True
        return self.owed > 0

    def answer(self, data: bytes) -> None:
        """Send an answer that was owed."""
        self.send(data)
        self.settle()

    def settle(self, size: int = 0) -> None:
        """A block was handled, or an answer sent; the connection goes on reading, or ends."""
        self.owed -= 1
        self.lined_up -= size
        if self._paused and self.lined_up <= LINED_UP and self.transport and not self.closing:
            self._paused = False
            self.transport.resume_reading()
        if self.ended and not self.owed:
            self.close()

    def on_refused(self, reason: Text) -> None:
        if not self.opened:
            self.runner.feed(Refused(self.role, self.peer, self.opened, reason))

    def on_lost(self) -> None:
        self.framer.close()
        self._pass_on()
        self.runner.lost(self)

    def _pass_on(self) -> None:
        for found in self.framer.events():
            event = self._event(found)
            self.runner.line_up(self, event)
            if isinstance(event, Answered) and self.runner.wiring.way == "per-message":
                self.close()

    def wait(self, size: int) -> None:
        """A block waits to be handled; too many bytes of them stop the reading."""
        self.owed += 1
        self.lined_up += size
        if self.lined_up > LINED_UP and self.transport and not self._paused and not self.closing:
            self._paused = True
            self.transport.pause_reading()

    def _answers(self, data: bytes) -> bool:
        """The block is an answer: it comes back on our connection, or says so on a shared one."""
        return b"\rMSA|" in data if self.runner.wiring.way == "shared" else self.opened

    def _event(self, event: Block | Junk | Oversize | Unfinished) -> Event:
        if isinstance(event, Block):
            kind = Answered if self._answers(event.data) else Received
            self.unanswered = None
            return kind(self.role, self.name, event.data, event.notes)
        if isinstance(event, Unfinished):
            return Strayed(self.role, self.name, "unfinished", event.data[:64], len(event.data))
        what = "junk" if isinstance(event, Junk) else "oversize"
        return Strayed(self.role, self.name, what, event.head, event.size)


class _Runner:
    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.machine: Machine | None = None
        self.connections: dict[str, _Connection] = {}
        self.outgoing: dict[str, _Connection] = {}
        self.held: deque[tuple[int, Action]] = deque()  # until that record is stored
        self.waiting: deque[Deliver] = deque()
        self.unsent = 0  # messages of ours that wait for the disk
        self.wake = asyncio.Event()
        self.counter = 0
        self.lineup: Lineup[Event] = Lineup()
        self.weighing = 0  # what is being weighed
        self.weighed = asyncio.Event()
        self.mistake: BaseException | None = None  # of ours, while something was weighed

    # -- called by connections --------------------------------------------------------------

    def register(self, connection: _Connection) -> str:
        self.counter += 1
        name = f"{connection.role}-{self.counter}"
        self.connections[name] = connection
        return name

    def lost(self, connection: _Connection) -> None:
        self.connections.pop(connection.name, None)
        if connection.opened and self.outgoing.get(connection.role) is not connection:
            return  # a new one has taken its place
        if connection.opened:
            del self.outgoing[connection.role]
        unanswered = connection.unanswered
        if connection.opened and not unanswered and not connection.reason:
            return  # nothing was lost with it
        if unanswered and connection.quiet and connection.used > 1 and not connection.reason:
            self.waiting.appendleft(unanswered)
            self.feed(Reopened(connection.role))
            return
        ours = connection.opened or unanswered is not None
        self.line_up(connection, Closed(connection.role, connection.name, ours, connection.reason))

    def line_up(self, connection: _Connection, event: Event) -> None:
        """Handle an event when it is its turn."""
        size = len(event.data) if isinstance(event, Received | Answered) else 0
        connection.wait(size)
        if not self.lineup:
            asyncio.get_running_loop().call_soon(self._handle_next)
        self.lineup.add(connection.name, size, event)

    def _handle_next(self) -> None:
        """One at a time: in between the loop reads, and sends what has been stored."""
        if not self.lineup:
            return
        name, size, event = self.lineup.take()
        connection = self.connections.get(name)
        self.feed(event)
        if connection:
            connection.settle(size)
        if self.lineup:
            asyncio.get_running_loop().call_soon(self._handle_next)

    def _handle_all(self) -> None:
        """Whatever was read is kept."""
        while self.lineup:
            self._handle_next()

    def feed(self, event: Event) -> None:
        if self.machine is None:
            return
        store = self.wiring.store
        if store and store.blocked and isinstance(event, Received | Strayed):
            if event.connection in self.connections:
                self.connections[event.connection].close()
            return
        self._do(self.machine.handle(event, self.now()))
        self.wake.set()

    def now(self) -> float:
        """The time of machines."""
        return self.wiring.store.now() if self.wiring.store else time.monotonic()

    def _do(self, actions: list[Action]) -> None:
        """Answers leave in order, as soon as they may; what needs a connection the loop does."""
        number = self.wiring.store.added if self.wiring.store else 0
        for action in actions:
            if isinstance(action, Weigh):
                self._weigh(action)
                continue
            if isinstance(action, Hold):
                self._hold(action.connection)
                continue
            if isinstance(action, Release):
                self._release(action.connection)
                continue
            connection = self.connections.get(getattr(action, "connection", ""))
            if connection:
                connection.owed += 1
            self.unsent += isinstance(action, Deliver)
            self.held.append((number, action))
        self._let_go()

    def _weigh(self, action: Weigh) -> None:
        """The connection of what is weighed waits, and stays open for the answer."""
        if self.wiring.scales is None:
            raise RuntimeError("nobody to weigh")
        self.weighing += 1
        self._hold(action.connection)
        doing = asyncio.wrap_future(self.wiring.scales.weigh(action.task))
        doing.add_done_callback(partial(self._take_result, action))

    def _take_result(self, action: Weigh, doing: "asyncio.Future[bytes]") -> None:
        self.weighing -= 1
        self.mistake = self.mistake or doing.exception()
        if not doing.exception():
            self.feed(Weighed(action.role, action.ticket, doing.result()))
        self._release(action.connection)
        if self.lineup:
            asyncio.get_running_loop().call_soon(self._handle_next)
        self.weighed.set()
        self.wake.set()

    def _hold(self, connection: str) -> None:
        self.lineup.hold(connection)
        if connection in self.connections:
            self.connections[connection].owed += 1

    def _release(self, connection: str) -> None:
        self.lineup.release(connection)
        if connection in self.connections:
            self.connections[connection].settle()

    async def _settle_all(self) -> None:
        """Whatever was read is handled to its end."""
        self._handle_all()
        while self.weighing:
            self.weighed.clear()
            await self.weighed.wait()
            self._handle_all()

    def _let_go(self) -> None:
        """What is stored may leave."""
        stored = self.wiring.store.stored if self.wiring.store else 0
        while self.held and self.held[0][0] <= stored:
            action = self.held.popleft()[1]
            if isinstance(action, Deliver):
                self.unsent -= 1
                self.waiting.append(action)
            elif isinstance(action, Reply) and action.connection in self.connections:
                _leaving()
                self.connections[action.connection].answer(action.data)
                _left()

    def stored(self) -> None:
        """The store has moved on, or the disk is full."""
        store = self.wiring.store
        self._let_go()
        if store and store.blocked:
            kept = [pair for pair in self.held if isinstance(pair[1], Deliver)]
            gone = [action for _, action in self.held if isinstance(action, Reply)]
            self.held = deque(kept)
            for action in gone:
                if action.connection in self.connections:
                    self.connections[action.connection].close()
        self.wake.set()

    # -- the loop ---------------------------------------------------------------------------

    async def run_all(self, machines: Sequence[Machine]) -> None:
        store = self.wiring.store
        if self.wiring.signals:
            self._take_signals()
        side = server_side(self.wiring.tls) if self.wiring.tls and self.wiring.listen else None
        servers = [await self._listen(role, at, side) for role, at in self.wiring.listen.items()]
        if store:
            store.attach(self.stored)
        try:
            for machine in machines:
                await self._play(machine)
                self.wiring.after()
            await asyncio.sleep(self.wiring.grace)
        finally:
            await self._settle_all()
            self.machine = None
            if store:
                await store.detach()
                self._let_go()
            for server in servers:
                server.close()
            for _ in range(_ROUNDS):
                for connection in list(self.connections.values()):
                    connection.close()
                await asyncio.sleep(0)
        if store and store.lost:
            raise store.lost

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)

    def _stop(self) -> None:
        self.wiring.stopped = True
        self.wake.set()

    async def _listen(self, role: str, at: Address, side: Side | None) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: _Connection(self, role, side, opened=False), at[0], at[1]
            )
        except (OSError, OverflowError) as wrong:
            where = f"{at[0]}:{at[1]}"
            raise HarnessError(say("net.cannot_listen", where=where, reason=why(wrong))) from None
        address = server.sockets[0].getsockname()
        self.wiring.listening(role, (at[0], address[1]))
        return server

    async def _play(self, machine: Machine) -> None:
        self.machine = machine
        if self.wiring.stopped:
            machine.interrupt()
        self._do(machine.start(self.now()) if not machine.done else [])
        while not machine.done or self.waiting or self.held:
            if self.mistake:
                raise self.mistake
            if self.wiring.stopped or (self.wiring.store and self.wiring.store.lost):
                await self._settle_all()
                machine.interrupt()
                return
            if self.waiting:
                await self._deliver(self.waiting.popleft())
                continue
            await self._sleep(machine)

    async def _sleep(self, machine: Machine) -> None:
        """Until something happens, or the machine's deadline; nothing is late while a message of
        ours waits for the disk.
        """
        deadline = machine.deadline
        waits = deadline is not None and not self.unsent
        left = max(0.0, deadline - self.now()) if waits and deadline is not None else None
        self.wake.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.wake.wait(), None if left is None else min(left, _SECOND))
            return
        if left is not None and left > _SECOND:
            self.wiring.watching(left - _SECOND)
            return
        self.feed(Tick())

    async def _deliver(self, action: Deliver) -> None:
        try:
            connection = await self._connection(action.role)
        except OSError as wrong:
            host, port = self.wiring.peers.get(action.role, ("-", 0))
            reason = wrong.strerror or str(wrong) or type(wrong).__name__
            self.feed(Unreachable(action.role, f"{host}:{port} {reason}"))
            return
        if connection.reason:
            self.feed(Refused(action.role, connection.peer, True, connection.reason))
            return
        _leaving()
        connection.deliver(action)
        _left()
        self.feed(Left(action.role, action.name))

    async def _connection(self, role: str) -> _Connection:
        known = self.outgoing.get(role)
        if self.wiring.way == "shared":
            shared = (one for one in self.connections.values() if one.role == role)
            known = next((one for one in shared if not one.closing), known)
        if known and not known.closing:
            return known
        if role not in self.wiring.peers:
            raise OSError(say("net.no_peer", role=say(f"role.{role}")).en)
        host, port = self.wiring.peers[role]
        side = client_side(self.wiring.tls, host) if self.wiring.tls else None
        loop = asyncio.get_running_loop()
        opening = loop.create_connection(
            lambda: _Connection(self, role, side, opened=True), host, port
        )
        _, protocol = await asyncio.wait_for(opening, CONNECT_TIMEOUT)
        await asyncio.wait([protocol.ready])
        if not protocol.reason:
            self.outgoing[role] = protocol
        return protocol


def _leaving() -> None:
    if failpoint.WANTED:
        failpoint.at("before-send")


def _left() -> None:
    if failpoint.WANTED:
        failpoint.at("after-send")
