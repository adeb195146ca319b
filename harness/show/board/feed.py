"""What is new, read once for everybody who watches.

One task reads the events of all rooms out of the database; each stream takes from memory what its
viewer may know. So a room full of viewers costs the database what one costs. Whoever was away for
longer than is kept here reads on from the database.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from harness.show.board.play.desk import Desk
from harness.show.board.store import rooms, runs
from harness.show.board.store.database import Database
from harness.show.board.store.runs import Event
from harness.show.board.store.tables import EVENTS, RUNS

KEPT: Final = 2000  # events in memory, at least
_READ: Final = 500  # events of one look
_REST: Final = 0.05  # seconds between looks: what comes meanwhile is read at once
_IDLE: Final = 60.0  # seconds after which to look all the same


@dataclass(frozen=True, slots=True)
class News:
    """An event of a room, for everybody in it when it is open, else for the owners of `systems`.

    `texts`: what was written of it, by language, so that it is written once.
    """

    event: Event
    room: int
    systems: frozenset[int]
    open: bool
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look into the database found. `epochs` by person, `owners` by system."""

    news: tuple[News, ...]
    epochs: Mapping[int, int]
    owners: Mapping[int, int]


@dataclass
class Feed:
    """The latest events, in the order of their numbers: those after `begins`, None before a look.

    `number` grows whenever there is something new; readers stop when it `is_open` no longer.
    """

    desk: Desk
    begins: int | None = None
    number: int = 0
    is_open: bool = True
    epochs: Mapping[int, int] = field(default_factory=dict)
    owners: Mapping[int, int] = field(default_factory=dict)
    _kept: list[News] = field(default_factory=list)
    _fresh: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def last(self) -> int:
        """The number of the latest event that is known here."""
        return self._kept[-1].event.id if self._kept else self.begins or 0

    def reaches(self, last: int) -> bool:
        """Everything after an event is here."""
        return self.begins is not None and last >= self.begins

    def after(self, last: int, wanted: Callable[[News], bool]) -> Sequence[News]:
        """What is wanted of what came after an event."""
        begin = bisect_right(self._kept, last, key=lambda news: news.event.id)
        return [news for news in self._kept[begin:] if wanted(news)]

    async def changed(self, since: int, seconds: float) -> bool:
        """Wait until `number` is another one; False when it is not after so many seconds."""
        try:
            async with asyncio.timeout(seconds), self._fresh:
                await self._fresh.wait_for(lambda: self.number != since)
        except TimeoutError:
            return False
        return True

    async def end(self) -> None:
        """There is no more: whoever waits is told."""
        async with self._fresh:
            self.is_open = False
            self.number += 1
            self._fresh.notify_all()

    async def work(self) -> None:
        """Read whenever the desk tells of something new, until cancelled."""
        self.begins = await self.desk.kept(runs.last_event)
        while True:
            seen = self.desk.number
            look = await self.desk.kept(_look, self.last)
            await self._take(look)
            if len(look.news) < _READ:
                await self.desk.changed(seen, _IDLE)
                await asyncio.sleep(_REST)

    async def _take(self, look: _Look) -> None:
        if not look.news and (look.epochs, look.owners) == (self.epochs, self.owners):
            return
        async with self._fresh:
            self._kept += look.news
            if len(self._kept) > 2 * KEPT:
                self.begins = self._kept[-KEPT - 1].event.id
                del self._kept[:-KEPT]
            self.epochs, self.owners = look.epochs, look.owners
            self.number += 1
            self._fresh.notify_all()


def _look(database: Database, last: int) -> _Look:
    """Events first: who owns a system of an event is known after it."""
    news = _news_after(database, last, _READ)
    return _Look(news, rooms.epochs(database), rooms.owners(database))


def _news_after(database: Database, after: int, limit: int) -> tuple[News, ...]:
    """Events of every room after a number, oldest first, and who may know them."""
    joined = EVENTS.outerjoin(RUNS, EVENTS.c.run == RUNS.c.id)
    wanted = select(EVENTS, RUNS.c.system, RUNS.c.other).select_from(joined)
    wanted = wanted.where(EVENTS.c.id > after).order_by(EVENTS.c.id).limit(limit)
    with database.reading() as of:
        return tuple(_news(row) for row in of.execute(wanted).mappings())


def _news(row: Mapping[Any, Any]) -> News:
    systems = frozenset(row[side] for side in ("system", "other") if row[side] is not None)
    return News(runs.event_of(row), row["room"], systems, row["open"])
