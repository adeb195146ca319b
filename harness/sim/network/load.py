"""A load from its first exam to its last judgement: the schedule kept, all of it judged."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from harness.rules.keeping import Asked
from harness.rules.profile import Profile
from harness.sim.load.exam import CASES, Said, Step, script
from harness.sim.load.schedule import Schedule
from harness.sim.load.sifting import Found, Sifted, Sum
from harness.sim.load.spool import Spool
from harness.sim.load.traffic import Terms, Traffic
from harness.sim.load.workers import BATCH, Bench, Order, Stock, Workers
from harness.sim.network.net import Address
from harness.sim.network.pouring import Pipes
from harness.sim.network.tls import Tls

LATE: Final = 0.1  # seconds after its time from which an exam counts as late
MOST: Final = 5000  # exams under way at once; beyond that none is begun
AHEAD: Final = 2.0  # seconds of exams that are made beforehand
_TICK: Final = 0.05
SPOOL: Final = "unjudged.ndjson"


@dataclass(frozen=True)
class Plan:
    """What a load is told. `documents`: the share of exams of which we send documents, 0 to 1.

    `listen` None: what the peer sends is not heard, and not waited for. `first`: seed of the first
    exam, those after it follow. `told` hears about every second how it goes; `kept` of each message
    that a finding of its kind is first seen in; `listening` where we listen.
    """

    profile: Profile
    asked: Asked
    role: str
    to: Address
    schedule: Schedule
    folder: Path
    wall: Callable[[], datetime]
    listen: Address | None = None
    connections: int = 50
    cases: Sequence[str] = CASES
    documents: float = 1.0
    first: int = 1
    terms: Terms = field(default_factory=Terms)
    tls: Tls | None = None
    workers: int = 1
    most: int = MOST
    told: Callable[["Load"], None] = lambda load: None
    kept: Callable[[int | None, Found, Said], None] = lambda exam, found, said: None
    listening: Callable[[Address], None] = lambda at: None
    signals: bool = True


@dataclass
class Load:
    """A load on its way, or over. `late`: exams that began after their time; `held_back`: exams
    that never began, too many being under way; `starved`: late ones that we had not made in time.
    """

    plan: Plan
    traffic: Traffic
    sum: Sum = field(default_factory=Sum)
    seconds: float = 0.0
    late: int = 0
    held_back: int = 0
    starved: int = 0
    unjudged: int = 0
    waiting: int = 0
    interrupted: bool = False
    judging: bool = False  # all was sent, what is left is judged


def run(plan: Plan) -> Load:
    """Play a load. Ctrl-C ends the sending, a second one the judging.

    Raises HarnessError when a port cannot be listened on, NotMeasured when our own workers die.
    """
    return asyncio.run(_Runner(plan).run())


class _Runner:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.traffic = Traffic(plan.profile, plan.role, plan.wall, plan.terms)
        self.load = Load(plan, self.traffic)
        self._made = 0
        self._scripts = {
            documents: script(
                plan.profile, plan.role, hears=plan.listen is not None, documents=documents
            )
            for documents in (True, False)
        }

    async def run(self) -> Load:
        plan = self.plan
        self._stopping = asyncio.Event()
        self._enough = asyncio.Event()
        self._over = asyncio.Event()
        self._take_signals()
        workers = Workers(plan.asked, plan.workers)
        try:
            with Spool(plan.folder / SPOOL) as spool:
                self.bench = Bench(workers, spool, self._judged)
                ahead = max(BATCH, int(plan.schedule.rate * AHEAD))
                self.stock = Stock(workers, self._order, ahead)
                await self._or_stopped(self.stock.fill())
                await self._play()
                self.stock.stop()
                await self._judge_the_rest()
        finally:
            workers.close()
        return self.load

    # -- playing ---------------------------------------------------------------------------

    async def _play(self) -> None:
        plan = self.plan
        self.pipes = Pipes(self.traffic, plan.to, plan.connections, plan.tls)
        watching = asyncio.ensure_future(self._watch())
        try:
            if plan.listen:
                plan.listening(await self.pipes.listen(plan.listen))
            self.pipes.began = asyncio.get_running_loop().time()
            await self._or_stopped(self._offer())
            await self._or_stopped(self._until_over())
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            self.load.seconds = self.pipes.now()
            self.load.interrupted = self._stopping.is_set()
            self.traffic.interrupt(self.pipes.now())
            self._hand_over()
            await self.pipes.close()

    async def _offer(self) -> None:
        """Begin each exam at its time, whatever became of those before."""
        schedule = self.plan.schedule
        for number in range(schedule.count):
            due = schedule.due(number)
            await asyncio.sleep(max(0.0, due - self.pipes.now()))
            if self.traffic.under_way >= self.plan.most:
                self.load.held_back += 1
                continue
            await self._begin(due)

    async def _begin(self, due: float) -> None:
        empty = self.stock.empty
        supply, steps = await self.stock.take()
        now = self.pipes.now()
        if now - due > LATE:
            self.load.late += 1
            self.load.starved += self.stock.empty > empty
        self.pipes.send(self.traffic.begin(supply, steps, due, now))
        await asyncio.sleep(0)  # connections are heard between two exams

    async def _until_over(self) -> None:
        self._over.clear()
        if self.traffic.under_way:
            await self._over.wait()

    async def _watch(self) -> None:
        """Time passes: what is late is given up, what is over is judged, what happens is told."""
        last = 0.0
        while True:
            await asyncio.sleep(_TICK)
            self.pipes.send(self.traffic.tick(self.pipes.now()))
            self.pipes.settle()
            self._hand_over()
            if not self.traffic.under_way:
                self._over.set()
            if self.pipes.now() - last >= 1.0:
                last = self.pipes.now()
                self._tell()

    def _tell(self) -> None:
        self.load.seconds = self.pipes.now()
        self.load.unjudged = self.bench.left
        self.load.waiting = self.pipes.waiting
        self.plan.told(self.load)

    # -- making and judging ----------------------------------------------------------------

    def _order(self, count: int) -> Order:
        plan, names = self.plan, self.plan.cases
        numbers = range(self._made, self._made + count)
        self._made += count
        return Order(
            plan.role,
            tuple((names[n % len(names)], plan.first + n, self._script(n)) for n in numbers),
            plan.wall(),
        )

    def _script(self, number: int) -> tuple[Step, ...]:
        """Documents are spread evenly over the exams."""
        share = self.plan.documents
        return self._scripts[int((number + 1) * share) > int(number * share)]

    def _hand_over(self) -> None:
        while self.traffic.over:
            self.bench.put(*self.traffic.over.popleft())

    def _judged(self, number: int | None, conversation: Sequence[Said], sifted: Sifted) -> None:
        for found in self.load.sum.add(number, sifted):
            self.plan.kept(number, found, conversation[found.said])

    async def _judge_the_rest(self) -> None:
        """What was said and is not judged yet. A second interruption leaves it."""
        self.load.judging = True
        self._stopping = self._enough
        telling = asyncio.ensure_future(self._tell_judging())
        await self._or_stopped(self.bench.drain())
        telling.cancel()
        self.bench.stop()
        self.load.unjudged = self.bench.left

    async def _tell_judging(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.load.unjudged = self.bench.left
            self.plan.told(self.load)

    # -- interruptions ---------------------------------------------------------------------

    def _take_signals(self) -> None:
        if self.plan.signals:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stop)

    def _stop(self) -> None:
        self.load.interrupted = True
        self._stopping.set()

    async def _or_stopped(self, work: Coroutine[None, None, None]) -> None:
        """Do it, or as much of it as there is before an interruption."""
        doing = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([doing, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in (doing, stopped):
            if not task.done():
                task.cancel()
        with suppress(asyncio.CancelledError):
            await doing
