"""Worker processes as seen from the one that starts them: asked, watched, replaced when they die.

A piece at which a worker dies is tried once more, alone in a new one: who killed the first may have
had nothing to do with it. When the second dies as well, or the piece takes longer than its limit,
its row is an error of ours and the others go on.
"""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final

from harness.errors import NotMeasured
from harness.rules.rule import Verdict
from harness.show.corpus import rows
from harness.show.corpus.pieces import Piece
from harness.show.corpus.ruleset import Refused, RuleSet
from harness.show.corpus.worker import LENGTH, READY
from harness.text import say

SECONDS: Final = 30.0  # for one piece
MEMORY: Final = 2 << 30  # bytes of one worker
PROGRAM: Final = ["-P", "-m", "harness.show.corpus.worker"]
_START: Final = 120.0  # seconds to load the rules
_OFTEN: Final = 0.1

Batch = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one piece: `seconds` to judge it, `memory` in bytes of the worker that does."""

    seconds: float = SECONDS
    memory: int = MEMORY


class Died(Exception):
    """The worker is gone; `late`: because the piece at hand took too long."""

    def __init__(self, *, late: bool) -> None:
        super().__init__("late" if late else "died")
        self.late = late


class Stopped(Exception):
    """No more is wanted of these workers."""


class Child:
    """One worker process with its rules loaded, and who watches over it."""

    def __init__(self, rules: RuleSet, limits: Limits) -> None:
        """Start it. Raises Refused when it would judge otherwise, NotMeasured when it cannot."""
        told = None if os.environ.get("TELERAD_DEBUG") else subprocess.DEVNULL
        self._process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, *PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
            start_new_session=True,  # Ctrl-C is for the process that started it
        )
        self._folder = tempfile.mkdtemp(prefix="telerad-judge-")  # for what is shipped
        self._limits = limits
        self._due: float | None = None
        self._late = False
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            self._send((rules, limits.memory, self._folder))
            answer = self._answer(_START)
        except Died:
            self.close()
            raise NotMeasured(say("corpus.no_worker")) from None
        if answer != READY:
            self.close()
            raise Refused(answer.decode("utf-8", "replace"))

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    def judge(self, batch: Batch) -> Iterator[bytes]:
        """The rows of each piece, in order. Raises Died."""
        self._send(batch)
        for _ in batch:
            yield self._answer(self._limits.seconds)

    def close(self) -> None:
        """End it, whatever it does."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                _there(stream).close()
        shutil.rmtree(self._folder, ignore_errors=True)

    # -- speaking ---------------------------------------------------------------------------

    def _send(self, what: object) -> None:
        try:
            pickle.dump(what, _there(self._process.stdin), pickle.HIGHEST_PROTOCOL)
            _there(self._process.stdin).flush()
        except (OSError, ValueError):
            raise Died(late=False) from None

    def _answer(self, seconds: float) -> bytes:
        self._due = time.monotonic() + seconds
        stream = _there(self._process.stdout)
        try:
            head = stream.read(LENGTH.size)
            size = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else 0
            data = stream.read(size)
        except (OSError, ValueError):
            raise Died(late=self._late) from None
        finally:
            self._due = None
        if not head or len(data) < size:
            raise Died(late=self._late)
        return data

    def _watch(self) -> None:
        """Kill it when an answer is overdue."""
        while self._process.poll() is None:
            due = self._due
            if due is not None and time.monotonic() > due:
                self._late = True
                self._process.kill()
            time.sleep(_OFTEN)


def _there(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("no stream")
    return stream


class Children:
    """As many workers as are asked at once, started when they are first needed."""

    def __init__(self, rules: RuleSet, limits: Limits) -> None:
        self._rules, self._limits = rules, limits
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._lock = threading.Lock()
        self._closed = False

    def judge(self, batch: Batch) -> list[bytes]:
        """The rows of each piece of a batch, whatever becomes of the worker.

        Raises Refused and NotMeasured as `Child` does.
        """
        done: list[bytes] = []
        while len(done) < len(batch):
            try:
                self._go_on(batch, done)
            except Died as death:
                done.append(self._again(batch[len(done)], death))
        return done

    def _go_on(self, batch: Batch, done: list[bytes]) -> None:
        child = self._take()
        try:
            for answer in child.judge(batch[len(done) :]):
                done.append(answer)  # one by one: what came before a death is kept
        except Died:
            self._gone(child)
            raise
        self._back(child)

    def _again(self, piece: Piece, death: Died) -> bytes:
        """The rows of a piece at which a worker died."""
        alone: list[bytes] = []
        try:
            if not death.late:
                self._go_on((piece,), alone)
                return alone[0]
        except Died as second:
            death = second
        key = "corpus.late" if death.late else "corpus.died"
        why = say(key, seconds=f"{self._limits.seconds:g}")
        return rows.untold(piece, Verdict.ERROR, why)

    def _take(self) -> Child:
        with self._lock:
            if self._closed:
                raise Stopped
            if self._idle:
                return self._idle.pop()
        child = Child(self._rules, self._limits)
        with self._lock:
            self._all.add(child)
            wanted = not self._closed
        if not wanted:
            self._gone(child)
            raise Stopped
        return child

    def _back(self, child: Child) -> None:
        with self._lock:
            self._idle.append(child)

    def _gone(self, child: Child) -> None:
        with self._lock:
            self._all.discard(child)
        child.close()

    def close(self) -> None:
        """End all of them."""
        self._closed = True
        while self._all:
            self._gone(next(iter(self._all)))
        self._idle.clear()
