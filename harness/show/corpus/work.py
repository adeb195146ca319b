"""Pieces in, rows out, in the order of the corpus: whoever judges, and however many they are.

Pieces are handed over in batches, since handing one over costs more than judging it. A bounded
number of batches is under way; what comes back early waits for its turn.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from harness.show.corpus.children import Batch, Children, Limits
from harness.show.corpus.pieces import Piece
from harness.show.corpus.ruleset import RuleSet

PIECES: Final = 64  # of a batch, at most
BYTES: Final = 1 << 20  # of a batch, but for one piece that is larger
_AHEAD: Final = 3  # batches under way for each worker
_OFTEN: Final = 0.2  # seconds between two questions whether to stop
_HELD: Final = 64 << 20  # bytes under way, but for one batch that is larger


class Pending(Protocol):
    """The rows of a batch, when they are there."""

    def result(self, timeout: float) -> list[bytes]:
        """Wait for them that many seconds. Raises TimeoutError when they are not there yet."""
        ...

    def done(self) -> bool:
        """They are there."""
        ...


class Engine(Protocol):
    """Who judges. `width`: how many batches it judges at once."""

    @property
    def width(self) -> int: ...

    def submit(self, batch: Batch) -> Pending:
        """Take a batch."""
        ...

    def close(self) -> None:
        """Stop at once; what is under way is lost."""
        ...


class Local:
    """Worker processes of this machine."""

    def __init__(self, rules: RuleSet, jobs: int, limits: Limits) -> None:
        self.width = jobs
        self.children = Children(rules, limits)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="corpus")

    def submit(self, batch: Batch) -> Pending:
        """Judge a batch in the next process that is free."""
        return self._threads.submit(self.children.judge, batch)

    def close(self) -> None:
        """End the processes."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.children.close()
        self._threads.shutdown(wait=True)


class Interrupted(Exception):
    """Somebody wants no more."""


def judged(
    pieces: Iterable[Piece], engine: Engine, stop: Callable[[], bool]
) -> Iterator[tuple[Piece, bytes]]:
    """Each piece with its rows, in order. `stop` is asked often whether to go on.

    Raises Interrupted, and what the engine raises: Refused, NotMeasured.
    """
    under_way: deque[tuple[Batch, Pending]] = deque()
    for batch in batches(pieces):
        while under_way and (_is_enough(under_way, batch, engine) or under_way[0][1].done()):
            yield from _rows_of(*under_way.popleft(), stop)
        under_way.append((batch, engine.submit(batch)))
    while under_way:
        yield from _rows_of(*under_way.popleft(), stop)


def _is_enough(under_way: Collection[tuple[Batch, Pending]], more: Batch, engine: Engine) -> bool:
    held = sum(_size(batch) for batch, _ in under_way)
    return len(under_way) >= _AHEAD * engine.width or held + _size(more) > _HELD


def _size(batch: Batch) -> int:
    return sum(len(piece.raw) for piece in batch)


def _rows_of(
    batch: Batch, pending: Pending, stop: Callable[[], bool]
) -> Iterator[tuple[Piece, bytes]]:
    while not stop():
        try:
            found = pending.result(_OFTEN)
        except TimeoutError:
            continue
        yield from zip(batch, found, strict=True)
        return
    raise Interrupted


def batches(pieces: Iterable[Piece]) -> Iterator[Batch]:
    """The pieces in batches that are neither long nor large."""
    batch: list[Piece] = []
    size = 0
    for piece in pieces:
        if batch and (len(batch) == PIECES or size + len(piece.raw) > BYTES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(piece)
        size += len(piece.raw)
    if batch:
        yield tuple(batch)
