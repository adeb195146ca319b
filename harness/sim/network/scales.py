"""A process of its own that judges what takes long: whoever answers does not wait for it."""

import multiprocessing
import os
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Self

from harness.rules.profile import Profile
from harness.sim.events import Task
from harness.sim.network import child
from harness.sim.weighing import Weigher

_here: list[Weigher] = []  # of the process


class Scales:
    """Judges tasks one after the other, in a process that begins with the first of them.

    It has the profile of the process that makes it, so this must be made before any thread.
    """

    def __init__(self, profile: Profile) -> None:
        _here[:] = [Weigher(profile)]
        context = multiprocessing.get_context("fork")
        self._pool = ProcessPoolExecutor(1, context, child.begin)
        self._pool.submit(os.getpid).result()

    def weigh(self, task: Task) -> "Future[bytes]":
        """The outcomes of a task, sooner or later."""
        return self._pool.submit(_weigh, task)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def _weigh(task: Task) -> bytes:
    return _here[0].weigh(task)
