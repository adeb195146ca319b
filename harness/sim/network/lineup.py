"""Which of the events that wait is handled next. Pure.

Those of one connection keep their order. Among connections small ones go first: judging a document
takes fifty times as long as judging a request, and a request need not wait for a row of them. Of
the large ones none is passed over more than `PASSES` times. Those of a connection that is held wait
until it is released.
"""

from collections import Counter, deque
from typing import Final, Generic, TypeVar

LARGE: Final = 8 * 1024  # bytes; requests and acknowledgements are smaller, documents larger
PASSES: Final = 32

E = TypeVar("E")


class Lineup(Generic[E]):
    """Events by connection, each with its size in bytes."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[tuple[int, E]]] = {}
        self._small: deque[str] = deque()  # connections by the size of their first event
        self._large: deque[str] = deque()
        self._passed = 0
        self._held: Counter[str] = Counter()

    def __bool__(self) -> bool:
        """There is something to take."""
        return bool(self._small or self._large)

    def hold(self, connection: str) -> None:
        """Its events wait until it is released as often as it is held."""
        self._held[connection] += 1
        for line in (self._small, self._large):
            if connection in line:
                line.remove(connection)

    def release(self, connection: str) -> None:
        """Its events go on."""
        self._held[connection] -= 1
        if self._held[connection] > 0:
            return
        del self._held[connection]
        queue = self._queues.get(connection)
        if queue:
            self._enter(connection, queue[0][0])

    def add(self, connection: str, size: int, event: E) -> None:
        """An event that came on a connection."""
        queue = self._queues.setdefault(connection, deque())
        queue.append((size, event))
        if len(queue) == 1:
            self._enter(connection, size)

    def take(self) -> tuple[str, int, E]:
        """The connection, size and event that come next. There must be one."""
        name = self._next()
        queue = self._queues[name]
        size, event = queue.popleft()
        if queue:
            self._enter(name, queue[0][0])
        else:
            del self._queues[name]
        return name, size, event

    def _enter(self, connection: str, size: int) -> None:
        if connection in self._held:
            return
        (self._large if size >= LARGE else self._small).append(connection)

    def _next(self) -> str:
        if self._large and (not self._small or self._passed >= PASSES):
            self._passed = 0
            return self._large.popleft()
        self._passed += bool(self._large)
        return self._small.popleft()
