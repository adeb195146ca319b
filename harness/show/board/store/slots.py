"""The schedule of a room: who is to play what, from when, for how long; and what came of it.

A slot is for a cell of the board: a RIS and a platform, or a system and a scenario.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import delete, func, insert, select, update

from harness.errors import HarnessError
from harness.show.board.store.database import Database
from harness.show.board.store.runs import WHOLE, Run
from harness.show.board.store.tables import RUNS, SLOTS
from harness.text import say

MOST: Final = 1000  # slots of a room
Cell = tuple[int, int | None, str]
_COMING: Final = ("next", "later")
_GOING: Final = ("late", "now", "playing")
LEFT: Final = ("late", "now", *_COMING)  # states of what was not played


@dataclass(frozen=True, slots=True)
class Wanted:
    """A slot to be made. `starts` in seconds since 1970, `length` in seconds."""

    system: int
    other: int | None
    scenario: str
    starts: float
    length: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of a room. `made`: runs asked for before are none of it."""

    id: int
    room: int
    system: int
    other: int | None
    scenario: str
    starts: float
    length: float
    made: float

    @property
    def ends(self) -> float:
        """When its time is over, in seconds since 1970."""
        return self.starts + self.length

    @property
    def systems(self) -> tuple[int, ...]:
        """The real systems that take part."""
        return (self.system,) if self.other is None else (self.system, self.other)

    @property
    def cell(self) -> Cell:
        """What it is for."""
        return (self.system, self.other, self.scenario)

    @property
    def level(self) -> str:
        """Of the ladder."""
        return "N1" if self.other is None else "N3" if self.scenario == WHOLE else "N2"


@dataclass(frozen=True, slots=True)
class Told:
    """A slot, its state ("done", "playing", "late", "now", "next" or "later"), and when that ends:
    None for a state that time alone does not change.
    """

    slot: Slot
    state: str
    until: float | None


# -- what is kept ----------------------------------------------------------------------------


def add(database: Database, room: int, wanted: Iterable[Wanted]) -> int:
    """Make slots; how many. Raises HarnessError when the room would have too many."""
    rows = [
        {
            "room": room,
            "system": one.system,
            "other": one.other,
            "scenario": one.scenario,
            "starts": one.starts,
            "length": one.length,
            "made": time.time(),
        }
        for one in wanted
    ]
    with database.writing() as to:
        kept = to.execute(select(func.count()).where(SLOTS.c.room == room)).scalar_one()
        if kept + len(rows) > MOST:
            raise HarnessError(say("board.slots.many", most=MOST))
        if rows:
            to.execute(insert(SLOTS), rows)
    return len(rows)


def of_room(database: Database, room: int) -> tuple[Slot, ...]:
    """The slots of a room, in the order of time."""
    wanted = select(SLOTS).where(SLOTS.c.room == room).order_by(SLOTS.c.starts, SLOTS.c.id)
    with database.reading() as of:
        return tuple(Slot(**row) for row in of.execute(wanted).mappings())


def drop(database: Database, room: int, numbers: Sequence[int]) -> int:
    """Take slots out; how many there were."""
    with database.writing() as to:
        mine = SLOTS.c.room == room, SLOTS.c.id.in_(numbers)
        return int(to.execute(delete(SLOTS).where(*mine)).rowcount)


def shift(database: Database, room: int, numbers: Sequence[int], seconds: float) -> None:
    """Slots begin so much later, or earlier."""
    with database.writing() as to:
        mine = SLOTS.c.room == room, SLOTS.c.id.in_(numbers)
        to.execute(update(SLOTS).where(*mine).values(starts=SLOTS.c.starts + seconds))


def played(database: Database, room: int) -> tuple[tuple[Cell, float], ...]:
    """Every run of a room that came to its end: its cell, and when it was asked for."""
    wanted = select(RUNS.c.system, RUNS.c.other, RUNS.c.scenario, RUNS.c.asked)
    done = wanted.where(RUNS.c.room == room, RUNS.c.state == "done").order_by(RUNS.c.id)
    with database.reading() as of:
        return tuple(((row[0], row[1], row[2]), row[3]) for row in of.execute(done))


# -- what came of it: pure -------------------------------------------------------------------


def told(
    slots: Sequence[Slot], done: Sequence[tuple[Cell, float]], going: Sequence[Run], now: float
) -> tuple[Told, ...]:
    """The state of each slot, in the order of time.

    The first run of a cell since its slots were made counts for the first of them, and so on.
    `going` are runs that are being played.
    """
    playing = {(run.system, run.other, run.scenario) for run in going}
    since = {slot.cell: slot.made for slot in sorted(slots, key=lambda slot: -slot.made)}
    left = Counter(cell for cell, asked in done if cell in since and asked >= since[cell])
    begins = min((slot.starts for slot in slots if slot.starts > now), default=now)
    return tuple(_told(slot, left, playing, now, begins) for slot in slots)


def _told(slot: Slot, left: Counter[Cell], playing: set[Cell], now: float, begins: float) -> Told:
    if left[slot.cell]:
        left[slot.cell] -= 1
        return Told(slot, "done", None)
    if slot.starts <= now and slot.cell in playing:
        playing.discard(slot.cell)
        return Told(slot, "playing", None)
    if slot.ends <= now:
        return Told(slot, "late", None)
    if slot.starts <= now:
        return Told(slot, "now", slot.ends)
    return Told(slot, "next" if slot.starts == begins else "later", slot.starts)


def near(every: Sequence[Told], own: Collection[int] | None = None) -> tuple[Told, ...]:
    """What matters now: what is late, goes on or comes next; with `own`, for these systems."""
    mine = [one for one in every if own is None or any(of in own for of in one.slot.systems)]
    begins = min((one.slot.starts for one in mine if one.state in _COMING), default=None)
    return tuple(
        replace(one, state="next") if one.state in _COMING else one
        for one in mine
        if one.state in _GOING or (one.state in _COMING and one.slot.starts == begins)
    )
