"""Which records go to the disk together. Pure: what writes and waits is elsewhere.

One group is on its way at a time; what comes meanwhile makes up the next one. So one
synchronisation of the disk covers all that was added since the last, and the order is kept.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

LIMIT: Final = 16 * 1024 * 1024  # bytes of one group; a record that is larger goes alone


@dataclass(frozen=True, slots=True)
class Group:
    """Whole lines, and the number of the last record among them."""

    lines: bytes
    last: int


class Groups:
    """What waits, what is on its way, what is stored; records are numbered upwards.

    `added` is the number of the latest record, `stored` that of the latest one on disk.
    """

    def __init__(self, stored: int = 0) -> None:
        self.added = stored
        self.stored = stored
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._away: list[tuple[int, bytes]] = []

    @property
    def is_away(self) -> bool:
        """A group is on its way."""
        return bool(self._away)

    def add(self, number: int, line: bytes) -> None:
        """A record to be stored."""
        self.added = number
        self._waiting.append((number, line))

    def take(self) -> Group | None:
        """The next group; None when nothing waits or one is on its way already."""
        if self._away or not self._waiting:
            return None
        size = 0
        while self._waiting and (size == 0 or size + len(self._waiting[0][1]) <= LIMIT):
            size += len(self._waiting[0][1])
            self._away.append(self._waiting.popleft())
        return Group(b"".join(line for _, line in self._away), self._away[-1][0])

    def done(self) -> None:
        """The group on its way is on disk."""
        self.stored = self._away[-1][0]
        self._away.clear()

    def failed(self) -> None:
        """Nothing of the group on its way was stored: it is the first to be tried again."""
        self._waiting.extendleft(reversed(self._away))
        self._away.clear()
