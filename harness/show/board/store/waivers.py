"""What an organiser lets pass: a level of the ladder taken as done, with a comment; all are kept.

A waiver is for a system in the version that it had, or for all systems of a room.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import insert, select, update

from harness.show.board.store.database import Database
from harness.show.board.store.rooms import Person, System
from harness.show.board.store.tables import PEOPLE, WAIVERS


@dataclass(frozen=True, slots=True)
class Waiver:
    """A level that is taken as done. `system` None: of all systems.

    `name` of who said so, empty for who started the server; `ended` when it was taken back.
    """

    id: int
    system: int | None
    version: str
    level: str
    comment: str
    at: float
    ended: float | None
    name: str

    def covers(self, system: System, level: str) -> bool:
        """It holds, and it is for this level of this system."""
        mine = self.system is None or (self.system, self.version) == (system.id, system.version)
        return mine and self.level == level and self.ended is None


def give(
    database: Database,
    room: int,
    level: str,
    comment: str,
    *,
    system: System | None = None,
    person: Person | None = None,
) -> None:
    """A level of a system, or of all, is taken as done from now on."""
    values = {
        "room": room,
        "system": system.id if system else None,
        "version": system.version if system else "",
        "level": level,
        "person": person.id if person else None,
        "comment": comment,
    }
    with database.writing() as to:
        to.execute(insert(WAIVERS).values(**values, at=time.time()))


def take_back(database: Database, room: int, number: int) -> bool:
    """It holds no longer, and is kept; False for one that did not hold."""
    mine = WAIVERS.c.room == room, WAIVERS.c.id == number, WAIVERS.c.ended.is_(None)
    with database.writing() as to:
        return bool(to.execute(update(WAIVERS).where(*mine).values(ended=time.time())).rowcount)


def of_room(database: Database, room: int) -> tuple[Waiver, ...]:
    """Every waiver of a room, in order."""
    joined = WAIVERS.join(PEOPLE, WAIVERS.c.person == PEOPLE.c.id, isouter=True)
    wanted = select(WAIVERS, PEOPLE.c.name).select_from(joined).where(WAIVERS.c.room == room)
    with database.reading() as of:
        return tuple(_waiver(row) for row in of.execute(wanted.order_by(WAIVERS.c.id)).mappings())


def _waiver(row: Mapping[Any, Any]) -> Waiver:
    names = (field.name for field in fields(Waiver))
    return Waiver(**{**{name: row[name] for name in names}, "name": row["name"] or ""})
