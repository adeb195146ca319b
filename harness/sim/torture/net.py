"""The sockets of the torture suite: what a case wants done is done to a real peer.

A receiver gets connections of its own for each case, several cases at once if asked; a sender is
listened to, its connections live as long as it likes, one case after the other.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from harness.errors import HarnessError
from harness.rules.rule import Level, Verdict
from harness.sim.network.line import Line
from harness.sim.network.net import CONNECT_TIMEOUT, Address, why
from harness.sim.network.tls import Side, Tls, client_side, server_side
from harness.sim.torture.attempt import Attempt
from harness.sim.torture.case import Attack
from harness.sim.torture.events import (
    Action,
    Came,
    Close,
    Ended,
    Event,
    Failed,
    Finish,
    Found,
    Hold,
    Open,
    Opened,
    Put,
    Ran,
    Result,
    Run,
    Stop,
    Tick,
)
from harness.sim.torture.peer import Peer
from harness.sim.torture.terms import Terms
from harness.text import Text, say

LOST: Final = 3  # cases in a row that begin without an answer: the peer is not there
_SECOND: Final = 1.0


@dataclass
class Range:
    """Where the peer is, how it is made to send, and who is told what.

    `command`: the words of a command that makes the sender send one message and ends with 0 when
    that was accepted; `{host}`, `{port}` and `{case}` in it are filled in. `waits` hears how many
    seconds are left for somebody to make it send. `stopped` is set by an interruption.
    """

    sut: Address | None = None
    listen: Address = ("127.0.0.1", 0)
    command: Sequence[str] = ()
    parallel: int = 1
    tls: Tls | None = None
    told: Callable[[Result], None] = lambda result: None
    waits: Callable[[str, float], None] = lambda case, left: None
    listening: Callable[[Address], None] = lambda address: None
    signals: bool = False
    stopped: bool = field(default=False, init=False)


def run(attacks: Sequence[Attack], terms: Terms, where: Range) -> tuple[Result, ...]:
    """Try every case; results by number. Raises HarnessError when a port or command is no good."""
    return asyncio.run(_run(attacks, terms, where))


async def _run(attacks: Sequence[Attack], terms: Terms, where: Range) -> tuple[Result, ...]:
    if where.signals:
        _take_signals(where)
    receivers = [attack for attack in attacks if attack.tests == "receiver"]
    senders = [attack for attack in attacks if attack.tests == "sender"]
    found = await _Receiver(terms, where).run(receivers) if receivers else []
    if senders:
        found += await _Sender(terms, where).run(senders)
    return tuple(sorted(found, key=lambda result: result.attack.id))


def _take_signals(where: Range) -> None:
    def stop() -> None:
        where.stopped = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


class _Wire(Line):
    """One connection of a driver."""

    def __init__(self, driver: "_Driver", side: Side | None, name: str) -> None:
        super().__init__(side)
        self.driver = driver
        self.name = name

    def on_open(self) -> None:
        self.driver.wires[self.name] = self
        self.driver.feed(Opened(self.name))

    def on_data(self, data: bytes) -> None:
        self.driver.feed(Came(self.name, data))

    def on_end(self) -> bool:
        """Half closed; the case says what becomes of our half."""
        self.driver.feed(Ended(self.name))
        return True

    def on_refused(self, reason: Text) -> None:
        self.driver.feed(Failed(self.name, reason))

    def on_lost(self) -> None:
        self.driver.wires.pop(self.name, None)
        self.driver.feed(Ended(self.name, self.was_reset))


class _Driver:
    """Plays cases against one peer, one at a time."""

    def __init__(self, terms: Terms, where: Range, peer: Peer) -> None:
        self.terms = terms
        self.where = where
        self.peer = peer
        self.wires: dict[str, _Wire] = {}
        self.attempt: Attempt | None = None
        self.port = 0
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._process: asyncio.subprocess.Process | None = None
        self._asked = False
        self._wrong: HarnessError | None = None

    def feed(self, event: Event) -> None:
        """Hand an event over; between cases it is only remembered."""
        now = time.monotonic()
        if self.attempt is None:
            self.peer.take(event, now)
            return
        self._asked = self._asked and isinstance(event, Tick)
        self._do(self.attempt.handle(event, now))
        self._wake.set()

    async def play(self, attack: Attack) -> Result:
        """One case, to its end."""
        attempt = self.attempt = Attempt(attack, self.terms, self.peer)
        self._do(attempt.start(time.monotonic()))
        while not attempt.done:
            if self._wrong:
                raise self._wrong
            if self.where.stopped:
                self._do(attempt.interrupt(time.monotonic()))
                break
            await self._sleep(attempt)
        self.attempt = None
        return attempt.result

    async def _sleep(self, attempt: Attempt) -> None:
        """Until something happens, or the deadline; a second at most, to see an interruption."""
        deadline = attempt.deadline
        left = _SECOND if deadline is None else max(0.0, deadline - time.monotonic())
        if self._asked:
            self.where.waits(attempt.attack.id, left)
        self._wake.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), min(left, _SECOND))
            return
        self.feed(Tick())

    # -- what is wanted ---------------------------------------------------------------------

    def _do(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Open):
                self._spawn(self._open(action.connection))
            elif isinstance(action, Run):
                self._run(action)
            elif isinstance(action, Stop):
                self._end_process()
            else:
                self._on_wire(action)

    def _on_wire(self, action: Put | Finish | Close | Hold) -> None:
        wire = self.wires.get(action.connection)
        if wire is None or wire.transport is None or wire.closing:
            return
        if isinstance(action, Put):
            wire.send(action.data)
        elif isinstance(action, Finish):
            wire.end()
        elif isinstance(action, Hold):
            (wire.transport.pause_reading if action.on else wire.transport.resume_reading)()
        elif action.reset:
            wire.reset()
        else:
            wire.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, name: str) -> None:
        host, port = self.where.sut or ("127.0.0.1", 0)
        side = client_side(self.where.tls, host) if self.where.tls else None
        loop = asyncio.get_running_loop()
        opening = loop.create_connection(lambda: _Wire(self, side, name), host, port)
        try:
            await asyncio.wait_for(opening, CONNECT_TIMEOUT)
        except TimeoutError:
            self.feed(Failed(name, say("doctor.silent", seconds=f"{CONNECT_TIMEOUT:g}")))
        except OSError as wrong:
            self.feed(Failed(name, why(wrong)))

    # -- making the sender send -------------------------------------------------------------

    def _run(self, action: Run) -> None:
        self._end_process()
        if not self.where.command:
            self._asked = True
            return
        values = {"host": self.where.listen[0], "port": str(self.port), "case": action.case}
        words = []
        for word in self.where.command:
            for name, value in values.items():
                word = word.replace(f"{{{name}}}", value)
            words.append(word)
        self._spawn(self._command(words))

    async def _command(self, words: Sequence[str]) -> None:
        nowhere = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *words, stdin=nowhere, stdout=nowhere, stderr=nowhere
            )
        except OSError as wrong:
            self._wrong = HarnessError(say("mllp.no_command", word=words[0], reason=why(wrong)))
            self._wake.set()
            return
        self._process = process
        code = await process.wait()
        if self._process is process:
            self._process = None
            self.feed(Ran(code))

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process and process.returncode is None:
            process.kill()
            self._spawn(_gone(process))

    async def end(self) -> None:
        """Everything that is still open is closed."""
        self.attempt = None
        self._end_process()
        for wire in list(self.wires.values()):
            wire.close()
        await asyncio.sleep(0)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_SECOND)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _gone(process: asyncio.subprocess.Process) -> None:
    await process.wait()


class _Suite:
    """Cases one after the other, until the peer is lost or the user stops."""

    def __init__(self, terms: Terms, where: Range) -> None:
        self.terms = terms
        self.where = where
        self._lost = 0
        self._gave_up = False

    def _untried(self, attack: Attack) -> Result | None:
        """The result of a case that is not tried any more."""
        if self._lost < LOST and not self.where.stopped:
            return None
        why_not = say("run.interrupted" if self.where.stopped else "mllp.lost", count=LOST)
        found = Found("before", Level.MUST, Verdict.INCONCLUSIVE, say("mllp.want.peer"), why_not)
        result = Result(attack, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, (found,), ())
        if not self._gave_up:  # told once
            self._gave_up = True
            self.where.told(result)
        return result

    def _tell(self, result: Result) -> Result:
        untold = all(found.phase == "before" for found in result.found)
        self._lost = self._lost + 1 if untold else 0
        self.where.told(result)
        return result


class _Receiver(_Suite):
    """The peer is a receiver."""

    async def run(self, attacks: Sequence[Attack]) -> list[Result]:
        """First those that can be tried at once, then those that need the peer to themselves."""
        together = [attack for attack in attacks if not attack.alone]
        turns = asyncio.Semaphore(self.where.parallel)

        async def in_turn(attack: Attack) -> Result:
            async with turns:
                return await self._try(attack)

        found = await asyncio.gather(*(in_turn(attack) for attack in together))
        alone = [await self._try(attack) for attack in attacks if attack.alone]
        return [*found, *alone]

    async def _try(self, attack: Attack) -> Result:
        if untried := self._untried(attack):
            return untried
        driver = _Driver(self.terms, self.where, Peer())
        try:
            return self._tell(await driver.play(attack))
        finally:
            await driver.end()


class _Sender(_Suite):
    """The peer is a sender."""

    async def run(self, attacks: Sequence[Attack]) -> list[Result]:
        """Listen, and try one after the other."""
        terms = replace(self.terms, command=bool(self.where.command))
        driver = _Driver(terms, self.where, Peer(sender=True))
        server = await self._listen(driver)
        try:
            return [await self._try(driver, attack) for attack in attacks]
        finally:
            server.close()
            await driver.end()

    async def _try(self, driver: _Driver, attack: Attack) -> Result:
        if untried := self._untried(attack):
            return untried
        return self._tell(await driver.play(attack))

    async def _listen(self, driver: _Driver) -> asyncio.Server:
        side = server_side(self.where.tls) if self.where.tls else None
        count = iter(range(1, 1_000_000))
        host, port = self.where.listen
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: _Wire(driver, side, f"in{next(count)}"), host, port
            )
        except (OSError, OverflowError) as wrong:
            at = f"{host}:{port}"
            raise HarnessError(say("net.cannot_listen", where=at, reason=why(wrong))) from None
        driver.port = server.sockets[0].getsockname()[1]
        self.where.listening((host, driver.port))
        return server
