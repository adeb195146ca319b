"""Sockets of a load: so many connections to the peer, one message at a time on each, and a listener
for what the peer sends.

A connection whose acknowledgement does not come is set aside, so that a late one is still known for
what it is, and another takes its place. See `sim/load/traffic.py` for what is said on them.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from harness.errors import HarnessError
from harness.sim.load.traffic import Ask, Traffic
from harness.sim.network.line import Line
from harness.sim.network.net import CONNECT_TIMEOUT, Address, why
from harness.sim.network.tls import Side, Tls, client_side, server_side
from harness.text import Text, say
from harness.wire.mllp import Block, Event, Framer, Oversize, Unfinished, frame

ASIDE: Final = 100  # connections kept open for what may still come on them


class Pipes:
    """The connections of a load, for one event loop. `count`: how many are opened at most.

    `traffic` says what is sent and hears what comes.
    """

    def __init__(self, traffic: Traffic, to: Address, count: int, tls: Tls | None = None) -> None:
        self.traffic = traffic
        self.to = to
        self.count = count
        self.tls = tls
        self.began = asyncio.get_running_loop().time()
        self._side = client_side(tls, to[0]) if tls else None
        self._free: list[_Sender] = []
        self._queue: deque[Ask] = deque()
        self._open = 0  # connections that count, being opened or open
        self._aside: deque[_Sender] = deque()
        self._opening: set[asyncio.Task[None]] = set()
        self._hearers: set[_Hearer] = set()
        self._server: asyncio.Server | None = None
        self.senders: set[_Sender] = set()

    def now(self) -> float:
        """Seconds since the start."""
        return asyncio.get_running_loop().time() - self.began

    @property
    def waiting(self) -> int:
        """Messages that wait for a connection."""
        return len(self._queue)

    # -- what comes ------------------------------------------------------------------------

    async def listen(self, at: Address) -> Address:
        """Hear the peer. Gives the address with its port. Raises HarnessError."""
        side = server_side(self.tls) if self.tls else None
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Hearer(self, side), *at, backlog=1024)
        except (OSError, OverflowError) as wrong:
            where = f"{at[0]}:{at[1]}"
            raise HarnessError(say("net.cannot_listen", where=where, reason=why(wrong))) from None
        return at[0], self._server.sockets[0].getsockname()[1]

    def heard(self, hearer: "_Hearer", event: Event) -> None:
        """Something came on a connection of the peer's."""
        if not isinstance(event, Block):
            self._strange(event)
            return
        answer, asks = self.traffic.came(event.data, self.now())
        if answer:
            hearer.send(frame(answer))
        self.send(asks)

    # -- what is sent ----------------------------------------------------------------------

    def send(self, asks: Sequence[Ask]) -> None:
        """Send messages, each as soon as a connection is free."""
        for ask in asks:
            self._queue.append(ask)
        self._move()

    def _move(self) -> None:
        while self._queue and self._free:
            sender = self._free.pop()
            if not sender.closing:
                sender.ask(self._queue.popleft())
        for _ in range(min(len(self._queue) - len(self._opening), self.count - self._open)):
            self._open += 1
            task = asyncio.ensure_future(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            opening = loop.create_connection(lambda: _Sender(self, self._side), *self.to)
            _, sender = await asyncio.wait_for(opening, CONNECT_TIMEOUT)
            await asyncio.wait([sender.ready])
        except OSError as wrong:
            self._unreachable(why(wrong))
            return
        if sender.reason:
            self._unreachable(sender.reason)
            return
        self.senders.add(sender)
        self._free.append(sender)
        self._move()

    def _unreachable(self, reason: Text) -> None:
        """One message fails for each connection that does not come about."""
        self._open -= 1
        if self._queue:
            self.traffic.failed(self._queue.popleft(), "unreachable", reason.en, self.now())
        if self._queue:
            asyncio.get_running_loop().call_soon(self._move)

    def answered(self, sender: "_Sender", event: Event) -> None:
        """Something came back on a connection of ours."""
        if not isinstance(event, Block):
            self._strange(event)
            return
        asked = sender.asked
        asks = self.traffic.answered(asked, event.data, self.now())
        if asked and asked.settled:
            self._release(sender)
        self.send(asks)

    def _release(self, sender: "_Sender") -> None:
        sender.asked = None
        if sender in self._aside:
            return
        self._free.append(sender)

    def settle(self) -> None:
        """Connections whose message was given up are set aside."""
        for sender in list(self.senders):
            if sender.asked and sender.asked.settled and sender not in self._aside:
                self._open -= 1
                self._aside.append(sender)
        while len(self._aside) > ASIDE:
            self._aside.popleft().close()
        self._move()

    def lost(self, sender: "_Sender") -> None:
        """A connection of ours is closed."""
        self.senders.discard(sender)
        if sender in self._aside:
            self._aside.remove(sender)
        else:
            self._open -= 1
        if sender in self._free:
            self._free.remove(sender)
        if sender.asked:
            reason = sender.reason.en if sender.reason else ""
            self.traffic.failed(sender.asked, "closed", reason, self.now())
        self._move()

    def _strange(self, event: Event) -> None:
        size = len(event.data) if isinstance(event, Unfinished | Block) else event.size
        what = "oversize" if isinstance(event, Oversize) else type(event).__name__.lower()
        self.traffic.framing(what, size, self.now())

    # -- the end ---------------------------------------------------------------------------

    def fail_queue(self) -> None:
        """What still waits for a connection will not leave."""
        self._queue.clear()

    async def close(self) -> None:
        """Close everything."""
        self._queue.clear()
        if self._server:
            self._server.close()
        for task in list(self._opening):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for sender in self.senders:
            sender.asked = None
        for line in (*self.senders, *self._hearers):
            line.close()
        await asyncio.sleep(0)


class _Sender(Line):
    """A connection of ours. `asked` is the message that waits for its acknowledgement."""

    def __init__(self, pipes: Pipes, side: Side | None) -> None:
        super().__init__(side)
        self.pipes = pipes
        self.framer = Framer()
        self.asked: Ask | None = None

    def ask(self, ask: Ask) -> None:
        """Send a message."""
        self.asked = ask
        self.send(frame(ask.said.raw))
        self.pipes.traffic.left(ask, self.pipes.now())

    def on_data(self, data: bytes) -> None:
        self.framer.receive(data)
        self._pass_on()

    def on_lost(self) -> None:
        self.framer.close()
        self._pass_on()
        self.pipes.lost(self)

    def _pass_on(self) -> None:
        for event in self.framer.events():
            self.pipes.answered(self, event)


class _Hearer(Line):
    """A connection of the peer's."""

    def __init__(self, pipes: Pipes, side: Side | None) -> None:
        super().__init__(side)
        self.pipes = pipes
        self.framer = Framer()

    def on_open(self) -> None:
        self.pipes._hearers.add(self)

    def on_data(self, data: bytes) -> None:
        self.framer.receive(data)
        self._pass_on()

    def on_end(self) -> bool:
        self.framer.close()
        self._pass_on()
        return False

    def on_lost(self) -> None:
        self.framer.close()
        self._pass_on()
        self.pipes._hearers.discard(self)

    def _pass_on(self) -> None:
        for event in self.framer.events():
            self.pipes.heard(self, event)
