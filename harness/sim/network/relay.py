"""The sockets of a proxy: lines in pairs, each block given to `Proxy` before it goes on.

One task for each direction keeps the order of blocks. A block goes on when it is in the store;
while the disk is full nothing passes, and connections that bring something are closed. A side that
reads slowly slows the other one down: no more than `HIGH` bytes of whole blocks wait, and no more
than one unfinished block.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from harness.errors import HarnessError
from harness.sim.faults import Cut, Step
from harness.sim.network.line import Line
from harness.sim.network.net import CONNECT_TIMEOUT, Address, why
from harness.sim.network.store import Store
from harness.sim.network.tls import Side, Tls, client_side, server_side
from harness.sim.proxy import Proxy, Way
from harness.text import Text, say
from harness.wire import failpoint
from harness.wire.mllp import DEFAULT_LIMIT, Event, Framer, Oversize

HIGH: Final = 1024 * 1024
LOW: Final = HIGH // 4
_CHECK: Final = 0.25  # seconds between looks at what is overdue


@dataclass(frozen=True, slots=True)
class Ends:
    """TLS towards those that connect to us, and towards those that we connect to; None: plain."""

    accepts: Tls | None = None
    opens: Tls | None = None


def ends_of(sender: str, tls: Mapping[str, Tls | None]) -> Ends:
    """The ends of connections that `sender` opens, where each system has TLS of its own, or none.

    `tls` is by role: "ris" and "platform".
    """
    return Ends(tls[sender], tls["platform" if sender == "ris" else "ris"])


@dataclass(frozen=True, slots=True)
class Link:
    """Connections that `sender` opens: where the proxy listens for them, where they go to."""

    sender: str
    listen: Address
    to: Address
    ends: Ends = Ends()


def run(
    proxy: Proxy,
    links: Sequence[Link],
    listening: Callable[[Link, Address], None],
    store: Store | None = None,
    limit: int = DEFAULT_LIMIT,
    until: Callable[[float], bool] = lambda now: False,
) -> bool:
    """Relay until SIGINT or SIGTERM, which gives True, or until `until` says so, asked often with
    the monotonic time; SIGUSR1 switches the faults. `store` is where the proxy notes.

    Raises HarnessError when a port cannot be listened on, or the disk no longer confirms what it
    takes.
    """
    return asyncio.run(_Relay(proxy, limit, store).run(links, listening, until))


class _Half(Line):
    """One of two lines, and the task that carries what comes in on it to the other one."""

    def __init__(self, relay: "_Relay", side: Side | None, link: Link, *, accepted: bool) -> None:
        super().__init__(side)
        self.relay = relay
        self.link = link
        self.accepted = accepted
        self.other: _Half | None = None
        self.way: Way | None = None
        self.over = False  # nothing more comes in
        self._framer = Framer(relay.limit)
        self._raw = bytearray()
        self._begin = 0  # of `_raw` in the stream
        self._held = 0
        self._queue: asyncio.Queue[tuple[bytes, Event] | None] = asyncio.Queue()
        self._flows = asyncio.Event()
        self._flows.set()
        self._paused = False
        self.carried = asyncio.Event()  # all that came in has gone on

    # -- in ---------------------------------------------------------------------------------

    def on_open(self) -> None:
        self.relay.halves.add(self)
        if self.accepted:
            self.relay.spawn(self.relay.join(self))

    def on_data(self, data: bytes) -> None:
        self._raw += data
        self._framer.receive(data)
        self._cut()
        if len(self._raw) > self.relay.limit + HIGH:  # too long to be held as a whole
            head = bytes(self._raw[:64])
            self._hold(self._taken(len(self._raw)), Oversize(head, 0, self._begin))
        if self._held > HIGH and not self._paused and self.transport:
            self._paused = True
            self.transport.pause_reading()

    def _cut(self) -> None:
        for event in self._framer.events():
            if event.end > self._begin:
                self._hold(self._taken(event.end - self._begin), event)

    def _taken(self, size: int) -> bytes:
        taken = bytes(self._raw[:size])
        del self._raw[:size]
        self._begin += size
        return taken

    def _hold(self, raw: bytes, event: Event) -> None:
        self._held += len(raw)
        self._queue.put_nowait((raw, event))

    def on_end(self) -> bool:
        """What is left goes on, then the end itself; answers may still come the other way."""
        self._finish()
        return True

    def _finish(self) -> None:
        if not self.over:
            self.over = True
            self._framer.close()
            self._cut()
            self._queue.put_nowait(None)

    def on_lost(self) -> None:
        self._finish()
        self._flows.set()
        self.relay.lost(self)

    def on_refused(self, reason: Text) -> None:
        if self.accepted:
            self.relay.proxy.refused(self.link.sender, reason)

    # -- out --------------------------------------------------------------------------------

    def on_flow(self, *, flows: bool) -> None:
        if flows:
            self._flows.set()
        else:
            self._flows.clear()

    async def carry(self, other: "_Half", way: Way) -> None:
        """Carry blocks to the other line until the end of this one."""
        self.other, self.way = other, way
        try:
            await self._carry(other, way)
        finally:
            self.carried.set()

    async def _carry(self, other: "_Half", way: Way) -> None:
        while (item := await self._queue.get()) is not None:
            raw, event = item
            steps = await self.relay.passed(way, raw, event)
            if steps is None:
                self.close()
                other.close()
                return
            for step in steps:
                if not await self._do(step, other):
                    return
            self._held -= len(raw)
            self._resume()
            self.relay.proxy.judge()
        other.end()
        if other.over:
            other.close()
            self.close()

    async def _do(self, step: Step, other: "_Half") -> bool:
        """False when it ended the connection."""
        if step.after:
            await asyncio.sleep(step.after)
        if isinstance(step, Cut):
            for line in (other, self):
                if step.reset:
                    line.reset()
                else:
                    line.close()
            return False
        if failpoint.WANTED:
            failpoint.at("before-send")
        other.send(step.data)
        if failpoint.WANTED:
            failpoint.at("after-send")
        await other._flows.wait()
        return True

    def _resume(self) -> None:
        if self._paused and self._held < LOW and self.transport and not self.over:
            self._paused = False
            self.transport.resume_reading()


class _Relay:
    def __init__(self, proxy: Proxy, limit: int, store: Store | None) -> None:
        self.proxy = proxy
        self.limit = limit
        self.store = store
        self.halves: set[_Half] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wrong: BaseException | None = None
        self._stopped = asyncio.Event()
        self._counter = 0

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task beside; its mistake ends the session."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            self._wrong = self._wrong or task.exception()
            self._stopped.set()

    def now(self) -> float:
        """A monotonic time that stands still while the disk is full."""
        return self.store.now() if self.store else time.monotonic()

    async def passed(self, way: Way, raw: bytes, event: Event) -> tuple[Step, ...] | None:
        """What to put on the wire when the block is stored; None when the disk does not take it."""
        store = self.store
        if store and store.blocked:
            self.proxy.unstored(way)
            return None
        steps = self.proxy.passed(way, raw, event, self.now())
        if store and not await store.until(store.added):
            self.proxy.unstored(way)
            return None
        return steps

    async def join(self, first: _Half) -> None:
        """Open the line that goes with one that was accepted, and carry both ways."""
        link = first.link
        second = await self._open(link)
        if second is None:
            first.close()
            return
        self._counter += 1
        name = f"{link.sender}-{self._counter}"
        other = "platform" if link.sender == "ris" else "ris"
        self.spawn(first.carry(second, Way(name, link.sender, forth=True)))
        self.spawn(second.carry(first, Way(name, other, forth=False)))

    async def _open(self, link: Link) -> _Half | None:
        host, port = link.to
        side = client_side(link.ends.opens, host) if link.ends.opens else None
        loop = asyncio.get_running_loop()
        opening = loop.create_connection(
            lambda: _Half(self, side, link, accepted=False), host, port
        )
        try:
            _, half = await asyncio.wait_for(opening, CONNECT_TIMEOUT)
        except OSError as wrong:
            self.proxy.unreachable(link.sender, f"{host}:{port} {why(wrong).en}")
            return None
        await asyncio.wait([half.ready])
        if half.reason:
            self.proxy.refused(link.sender, half.reason)
            return None
        return half

    def lost(self, half: _Half) -> None:
        """One line of a pair is gone: the other goes when all has been carried."""
        self.halves.discard(half)
        if half.reason and not half.accepted:
            name = half.way.connection if half.way else ""
            self.proxy.refused(half.link.sender, half.reason, name)
        other = half.other
        if half.way and (other is None or other not in self.halves):
            self.proxy.closed(half.way.connection)
        elif other is not None:
            self.spawn(_close_soon(other, half))

    # -- the session ------------------------------------------------------------------------

    async def run(
        self,
        links: Sequence[Link],
        listening: Callable[[Link, Address], None],
        until: Callable[[float], bool],
    ) -> bool:
        self._take_signals()
        servers = [await self._listen(link, listening) for link in links]
        if self.store:
            self.store.attach()
        try:
            while not self._stopped.is_set() and not (self.store and self.store.lost):
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), _CHECK)
                self.proxy.tick(self.now())
                if until(self.now()):
                    break
        finally:
            for server in servers:
                server.close()
            for task in list(self._tasks):
                task.cancel()
            for half in list(self.halves):
                half.close()
            await asyncio.sleep(0)
            self.proxy.end()
            if self.store:
                await self.store.detach()
                self._wrong = self._wrong or self.store.lost
        if self._wrong:
            raise self._wrong
        return self._stopped.is_set()

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopped.set)
        if hasattr(signal, "SIGUSR1"):
            loop.add_signal_handler(signal.SIGUSR1, self.proxy.faults.switch)

    async def _listen(
        self, link: Link, listening: Callable[[Link, Address], None]
    ) -> asyncio.Server:
        side = server_side(link.ends.accepts) if link.ends.accepts else None
        loop = asyncio.get_running_loop()
        host, port = link.listen
        try:
            server = await loop.create_server(
                lambda: _Half(self, side, link, accepted=True), host, port
            )
        except (OSError, OverflowError) as wrong:
            where = f"{host}:{port}"
            raise HarnessError(say("net.cannot_listen", where=where, reason=why(wrong))) from None
        listening(link, (host, server.sockets[0].getsockname()[1]))
        return server


async def _close_soon(half: _Half, gone: _Half) -> None:
    """Close a line whose other end is gone, after what had come from there was carried."""
    await gone.carried.wait()
    half.close()
