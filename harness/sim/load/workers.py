"""Worker processes of a load: they make exams beforehand and judge conversations afterwards, so
that neither keeps an answer waiting.
"""

import asyncio
import multiprocessing
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from harness.errors import NotMeasured
from harness.rules import profile as profiles
from harness.rules.keeping import Asked
from harness.rules.profile import Profile
from harness.sim.load.exam import Said, Step, Supply, make_case, make_supply
from harness.sim.load.sifting import Sifted, sift
from harness.sim.load.spool import Spool
from harness.sim.network import child
from harness.text import say

BATCH: Final = 8  # exams made at once
T = TypeVar("T")
_here: list[Profile] = []  # of a worker process


@dataclass(frozen=True, slots=True)
class Order:
    """Exams to be made: their cases by name, their seeds, whether each has documents of ours."""

    role: str
    cases: tuple[tuple[str, int, tuple[Step, ...]], ...]
    at: datetime


def begin(asked: Asked) -> None:
    """A worker begins."""
    child.begin()
    _here[:] = [profiles.load(asked.name, asked.mapping, asked.cda_schema, asked.readings)]


def make(order: Order) -> list[tuple[Supply, tuple[Step, ...]]]:
    """Exams, as far as they can be composed beforehand."""
    return [
        (make_supply(_here[0], order.role, make_case(name, seed, order.at), steps, order.at), steps)
        for name, seed, steps in order.cases
    ]


def judge(conversation: Sequence[Said]) -> Sifted:
    """A conversation, judged."""
    return sift(_here[0], conversation)


class Workers:
    """So many processes. Used within one event loop."""

    def __init__(self, asked: Asked, count: int) -> None:
        self.count = count
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, context, begin, (asked,))

    async def make(self, order: Order) -> list[tuple[Supply, tuple[Step, ...]]]:
        """Exams made in a worker. Raises NotMeasured when the workers are gone."""
        return await _result(self._pool.submit(make, order))

    async def judge(self, conversation: Sequence[Said]) -> Sifted:
        """A conversation judged in a worker. Raises NotMeasured when the workers are gone."""
        return await _result(self._pool.submit(judge, conversation))

    def close(self) -> None:
        """What has not begun is left."""
        self._pool.shutdown(wait=True, cancel_futures=True)


async def _result(future: "Future[T]") -> T:
    try:
        return await asyncio.wrap_future(future)
    except BrokenProcessPool:
        raise NotMeasured(say("load.workers_gone")) from None


class Bench:
    """Judges what is put, in its order, a few at a time; what has to wait longer is in the spool.

    `told` hears of every conversation that was judged.
    """

    def __init__(
        self,
        workers: Workers,
        spool: Spool,
        told: Callable[[int | None, Sequence[Said], Sifted], None],
    ) -> None:
        self.workers = workers
        self.spool = spool
        self.told = told
        self.failure: Exception | None = None
        self._going: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()

    @property
    def left(self) -> int:
        """How many are not judged yet."""
        return len(self.spool) + len(self._going)

    def put(self, number: int | None, conversation: Sequence[Said]) -> None:
        """One more."""
        if len(self.spool) or not self._room:
            self.spool.put((number, conversation))
        else:
            self._start(number, conversation)

    async def drain(self) -> None:
        """Until all are judged. Raises NotMeasured when the workers are gone."""
        while self.left and not self.failure:
            self._moved.clear()
            await self._moved.wait()
        if self.failure:
            raise self.failure

    def _begin(self) -> None:
        while len(self.spool) and self._room:
            self._start(*self.spool.take())

    @property
    def _room(self) -> bool:
        return len(self._going) < 2 * self.workers.count and not self.failure

    def _start(self, number: int | None, conversation: Sequence[Said]) -> None:
        task = asyncio.ensure_future(self._one(number, conversation))
        self._going.add(task)
        task.add_done_callback(self._over)

    async def _one(self, number: int | None, conversation: Sequence[Said]) -> None:
        self.told(number, conversation, await self.workers.judge(conversation))

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._going.discard(task)
        if not task.cancelled() and task.exception():
            wrong = task.exception()
            self.failure = wrong if isinstance(wrong, Exception) else None
        self._begin()
        self._moved.set()

    def stop(self) -> None:
        """Judge no more."""
        for task in self._going:
            task.cancel()


class Stock:
    """Exams made ahead of time: as many as `ahead`, made in batches.

    `order` gives the next batch.
    """

    def __init__(self, workers: Workers, order: Callable[[int], Order], ahead: int) -> None:
        self.workers = workers
        self.order = order
        self.ahead = ahead
        self.empty = 0  # times that none was there
        self._made: deque[tuple[Supply, tuple[Step, ...]]] = deque()
        self._making: asyncio.Task[None] | None = None

    async def fill(self) -> None:
        """Until there is enough to begin with."""
        while len(self._made) < self.ahead:
            await self._more()

    async def take(self) -> tuple[Supply, tuple[Step, ...]]:
        """The next exam."""
        if not self._made:
            self.empty += 1
        while not self._made:
            await (self._making or self._more())
        found = self._made.popleft()
        if len(self._made) < self.ahead and (self._making is None or self._making.done()):
            self._making = asyncio.ensure_future(self._more())
        return found

    async def _more(self) -> None:
        self._made += await self.workers.make(self.order(BATCH))

    def stop(self) -> None:
        """Make no more."""
        if self._making:
            self._making.cancel()
