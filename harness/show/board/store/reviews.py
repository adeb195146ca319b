"""What monitors say of runs: a run is claimed by one of them, then decided.

States are "claimed", "released", then "verified", "partial" or "failed"; "comment" changes none. A
decision may be taken again by who may take it; every one is kept.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select

from harness.show.board.store.database import Database
from harness.show.board.store.rooms import Person
from harness.show.board.store.runs import OPEN
from harness.show.board.store.tables import PEOPLE, REVIEWS, RUNS

DECISIONS: Final = ("verified", "partial", "failed")
_COMMENT: Final = "comment"


@dataclass(frozen=True, slots=True)
class Review:
    """Something said of a run. `name` and `organisation` are those of who said it."""

    id: int
    run: int
    person: int
    state: str
    comment: str
    at: float
    name: str
    organisation: str


def claim(database: Database, run: int, person: Person) -> bool:
    """A monitor takes a run on; False when another one was first, or it is decided."""
    with database.writing() as to:
        now = _current(to, run)
        if now is not None and now[0] != "released":
            return False
        _say(to, run, person.id, "claimed", "")
        return True


def release(database: Database, run: int, person: Person) -> bool:
    """A monitor gives a run back; False when it is not theirs to give."""
    return _by_holder(database, run, person, ("claimed",), "released", "")


def decide(database: Database, run: int, person: Person, state: str, comment: str) -> bool:
    """A decision of who holds the run, or of an organiser; False for anybody else."""
    return _by_holder(database, run, person, ("claimed", *DECISIONS), state, comment)


def comment(database: Database, run: int, person: Person, words: str) -> None:
    """Somebody says something of a run."""
    with database.writing() as to:
        _say(to, run, person.id, _COMMENT, words)


def _by_holder(
    database: Database, run: int, person: Person, of: Sequence[str], state: str, words: str
) -> bool:
    with database.writing() as to:
        now = _current(to, run)
        holds = now is not None and now[0] in of and now[1] == person.id
        if not holds and not (person.organises and state in DECISIONS):
            return False
        _say(to, run, person.id, state, words)
        return True


def _current(of: Connection, run: int) -> tuple[str, int] | None:
    """The state of a run, and who brought it about."""
    wanted = select(REVIEWS.c.state, REVIEWS.c.person).where(
        REVIEWS.c.run == run, REVIEWS.c.state != _COMMENT
    )
    found = of.execute(wanted.order_by(REVIEWS.c.id.desc()).limit(1)).first()
    return (found[0], found[1]) if found else None


def _say(to: Connection, run: int, person: int, state: str, words: str) -> None:
    values = {"run": run, "person": person, "state": state, "comment": words}
    to.execute(insert(REVIEWS).values(**values, at=time.time()))


# -- reading ---------------------------------------------------------------------------------


def of_run(database: Database, run: int) -> tuple[Review, ...]:
    """Everything said of a run, in order."""
    return _read(database, REVIEWS.c.run == run)


def current(database: Database, room: int) -> dict[int, Review]:
    """The state of each run of a room that has one, by run."""
    of_room = RUNS.c.room == room, REVIEWS.c.state != _COMMENT
    joined = REVIEWS.join(RUNS, REVIEWS.c.run == RUNS.c.id)
    last = select(func.max(REVIEWS.c.id)).select_from(joined).where(*of_room)
    found = _read(database, REVIEWS.c.id.in_(last.group_by(REVIEWS.c.run)))
    return {review.run: review for review in found if review.state != "released"}


def claimed(database: Database) -> frozenset[int]:
    """Runs of all rooms that are not over and that a monitor has taken on."""
    going = select(RUNS.c.id).where(RUNS.c.state.in_(OPEN))
    last = select(func.max(REVIEWS.c.id)).where(
        REVIEWS.c.run.in_(going), REVIEWS.c.state != _COMMENT
    )
    found = _read(database, REVIEWS.c.id.in_(last.group_by(REVIEWS.c.run)))
    return frozenset(review.run for review in found if review.state == "claimed")


def since(database: Database, room: int, begin: float) -> tuple[Review, ...]:
    """Everything said of the runs of a room after a time, in order."""
    of_room = select(RUNS.c.id).where(RUNS.c.room == room)
    return _read(database, and_(REVIEWS.c.at >= begin, REVIEWS.c.run.in_(of_room)))


def _read(database: Database, where: ColumnElement[bool]) -> tuple[Review, ...]:
    joined = REVIEWS.join(PEOPLE, REVIEWS.c.person == PEOPLE.c.id)
    wanted = select(REVIEWS, PEOPLE.c.name, PEOPLE.c.organisation).select_from(joined)
    with database.reading() as of:
        rows = of.execute(wanted.where(where).order_by(REVIEWS.c.id)).mappings()
        return tuple(Review(**row) for row in rows)
