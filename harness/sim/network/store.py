"""The journal of a run that is going on: written beside the event loop, which never waits for it.

What is noted goes to the disk in groups (see `wire/groups.py`), one after the other, in a thread of
its own. Whoever has something to send keeps it until the number of its last record is `stored`.

When the disk takes no more, nothing is stored, so nothing leaves; the same group is tried again
until there is room. What has been noted stays in memory, in its order: whoever uses the store takes
nothing more in while it is `blocked`. A disk that does not confirm what it took ends the run.
"""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from harness.errors import NotMeasured
from harness.text import Text, say
from harness.wire.groups import Groups
from harness.wire.transcript import Journal, Record, Unsynced, told

RETRY: Final = 0.25  # seconds between tries when the disk is full


class Store:
    """Notes records and says which of them are on disk.

    `says` hears, in words, when the disk is full and when it no longer is; `patience`: after so
    many seconds the session is given up. Before `attach` and after `detach` a record is on disk
    when `note` returns.
    """

    def __init__(
        self,
        journal: Journal,
        says: Callable[[Text], None] = lambda text: None,
        *,
        patience: float = math.inf,
    ) -> None:
        self.journal = journal
        self.says = says
        self.patience = patience
        self.lost: BaseException | None = None  # why nothing will ever be stored again
        self._groups = Groups(journal.number)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: ThreadPoolExecutor | None = None
        self._told: Callable[[], None] = lambda: None
        self._moved = asyncio.Event()
        self._asked = False
        self._blocked_at: float | None = None
        self._stood_still = 0.0

    @property
    def added(self) -> int:
        """Number of the latest record noted."""
        return self._groups.added

    @property
    def stored(self) -> int:
        """Number of the latest record on disk; all before it are, too."""
        return self._groups.stored

    @property
    def blocked(self) -> bool:
        """The disk takes nothing for the time being, or ever."""
        return self._blocked_at is not None or self.lost is not None

    def now(self) -> float:
        """A monotonic time in seconds that stands still while the disk is full: a peer is not late
        for what could not be sent to it.
        """
        at = time.monotonic() if self._blocked_at is None else self._blocked_at
        return at - self._stood_still

    def note(self, record: Record) -> int:
        """Take a record; gives its number. Raises NotMeasured when it cannot be stored outside a
        session; never within one.
        """
        self._groups.add(self.journal.number + 1, self.journal.encode(record))
        if self._loop is None:
            self._write_now()
        elif not self._asked:  # what is noted until then goes along
            self._asked = True
            self._loop.call_soon(self._go)
        return self._groups.added

    # -- within a session -------------------------------------------------------------------

    def attach(self, moved: Callable[[], None] = lambda: None) -> None:
        """Write beside the running event loop from now on.

        `moved` is called when more is stored, and when the disk takes no more.
        """
        self._loop = asyncio.get_running_loop()
        self._writer = ThreadPoolExecutor(1, "journal")
        self._told = moved

    async def until(self, number: int) -> bool:
        """Wait for a record to be on disk. False when the disk does not take it, for now."""
        while self.stored < number and not self.blocked:
            await self.changed()
        return self.stored >= number

    async def changed(self) -> None:
        """Wait until a group was stored, or was not."""
        await self._moved.wait()

    async def detach(self) -> None:
        """Write what is left, as long as the disk takes it."""
        await self.until(self.added)
        while self._groups.is_away:  # a try on a full disk
            await self.changed()
        self._loop, self._told = None, lambda: None
        if self._writer:
            self._writer.shutdown()
            self._writer = None

    def _go(self) -> None:
        self._asked = False
        if self._blocked_at is None:
            self._write_next()

    def _write_next(self) -> None:
        group = self._groups.take() if self._writer and self.lost is None else None
        if self._loop and self._writer and group:
            writing = self._loop.run_in_executor(self._writer, self.journal.write, group.lines)
            writing.add_done_callback(self._written)

    def _written(self, writing: "asyncio.Future[None]") -> None:
        wrong = writing.exception()
        if wrong is None:
            self._groups.done()
            self._room()
        elif isinstance(wrong, OSError):
            self._groups.failed()
            self._full(wrong)
        else:
            self._groups.failed()
            self.lost = wrong
        self._moved.set()
        self._moved.clear()
        self._told()
        if self._blocked_at is None:
            self._write_next()

    def _full(self, wrong: OSError) -> None:
        if isinstance(wrong, Unsynced):
            self._give_up("wire.journal.lost", wrong)
            return
        if self._blocked_at is None:
            self._blocked_at = time.monotonic()
            self.says(say("wire.journal.full", reason=told(wrong)))
        if time.monotonic() - self._blocked_at > self.patience:
            self._give_up("wire.journal.no_room", wrong)
        elif self._loop:
            self._loop.call_later(RETRY, self._write_next)

    def _give_up(self, key: str, wrong: OSError) -> None:
        self.lost = NotMeasured(say(key, reason=told(wrong)), file=self.journal.path)

    def _room(self) -> None:
        if self._blocked_at is not None:
            self._stood_still += time.monotonic() - self._blocked_at
            self._blocked_at = None
            self.says(say("wire.journal.room"))

    # -- outside a session ------------------------------------------------------------------

    def _write_now(self) -> None:
        if self.lost:
            raise self.lost
        while group := self._groups.take():
            try:
                self.journal.write(group.lines)
            except OSError as wrong:
                self._groups.failed()
                what = say("wire.journal.no_room", reason=told(wrong))
                raise NotMeasured(what, file=self.journal.path) from None
            self._groups.done()
            self._room()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.journal.close()
