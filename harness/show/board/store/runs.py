"""What was played: runs, and the events that tell of them.

A run is "proposed" when the owner of the other system has to agree, else "queued", then "running";
it ends as "done" (with a verdict), "stopped", "interrupted" (the
server went away), "failed" (it could not be played; `reason` says why) or "withdrawn".
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, insert, or_, select, update

from harness.show.board.store.database import Database
from harness.show.board.store.rooms import System
from harness.show.board.store.tables import EVENTS, RUNS, SYSTEMS
from harness.text import Text

OPEN: Final = ("proposed", "queued", "running")
BETWEEN: Final = "proxy"  # the scenario of a run between two systems
WHOLE: Final = "proxy-whole"  # the same, of the whole exchange and with a monitor


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `other` is the system on the other side, None for our simulator.

    `verdict` is a word, empty as long as there is none; `blame` "ris", "platform", "both" or
    empty. Times in seconds since 1970.
    """

    id: int
    room: int
    system: int
    version: str
    other: int | None
    other_version: str
    scenario: str
    asked_by: int
    state: str
    verdict: str
    blame: str
    reason: Text | None
    asked: float
    started: float | None
    ended: float | None

    @property
    def is_open(self) -> bool:
        """It is still to come, or going on."""
        return self.state in OPEN

    @property
    def systems(self) -> tuple[int, ...]:
        """The real systems that take part."""
        return (self.system,) if self.other is None else (self.system, self.other)

    @property
    def level(self) -> str:
        """Of the ladder: N1 alone, N2 with a partner, N3 the whole with a monitor."""
        if self.other is None:
            return "N1"
        return "N3" if self.scenario == WHOLE else "N2"

    @property
    def word(self) -> str:
        """The verdict where there is one, else the state."""
        return self.verdict or self.state


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `run` is None for what is about the room."""

    id: int
    run: int | None
    kind: str
    data: Mapping[str, Any]
    at: float


def ask(
    database: Database,
    system: System,
    scenarios: Iterable[str],
    asked_by: int,
    other: System | None = None,
) -> tuple[int, ...]:
    """Put runs into the queue, one for each scenario that is not there already."""
    with database.writing() as to:
        waiting = _waiting(to, system, other)
        wanted = [name for name in dict.fromkeys(scenarios) if name not in waiting]
        return tuple(_ask(to, system, name, asked_by, other) for name in wanted)


def propose(
    database: Database,
    ris: System,
    platform: System,
    asked_by: int,
    *,
    agreed: bool,
    whole: bool = False,
) -> int | None:
    """A run between two systems, for the other owner to agree to; None when there is one already.

    `agreed`: nobody has to, it goes into the queue. `whole`: a monitor is to follow it.
    """
    with database.writing() as to:
        if _waiting(to, ris, platform):
            return None
        state = "queued" if agreed else "proposed"
        return _ask(to, ris, WHOLE if whole else BETWEEN, asked_by, platform, state)


def agree(database: Database, run: int) -> bool:
    """The other owner agrees; False when the run is no longer proposed."""
    with database.writing() as to:
        return _move(to, run, ("proposed",), state="queued")


def _waiting(of: Connection, system: System, other: System | None) -> set[str]:
    same = RUNS.c.other.is_(None) if other is None else RUNS.c.other == other.id
    found = select(RUNS.c.scenario).where(
        RUNS.c.system == system.id, same, RUNS.c.state.in_(("proposed", "queued"))
    )
    return set(of.execute(found).scalars())


def _ask(
    to: Connection,
    system: System,
    scenario: str,
    asked_by: int,
    other: System | None,
    state: str = "queued",
) -> int:
    made = to.execute(
        insert(RUNS).values(
            room=system.room,
            system=system.id,
            version=system.version,
            other=other.id if other else None,
            other_version=other.version if other else "",
            scenario=scenario,
            asked_by=asked_by,
            state=state,
            verdict="",
            blame="",
            reason="",
            asked=time.time(),
        )
    )
    key: Any = made.inserted_primary_key
    _tell_cell(to, int(key[0]))
    return int(key[0])


def begin(database: Database, run: int) -> bool:
    """The run begins; False when it is no longer in the queue."""
    with database.writing() as to:
        return _move(to, run, ("queued",), state="running", started=time.time())


def end(
    database: Database,
    run: int,
    state: str,
    verdict: str = "",
    reason: Text | None = None,
    *,
    blame: str = "",
    of: Sequence[str] = OPEN,
) -> bool:
    """The run is over; False when it was over before, or is in no state of `of`."""
    told = json.dumps(reason.as_dict(), ensure_ascii=False) if reason else ""
    with database.writing() as to:
        return _move(
            to, run, of, state=state, verdict=verdict, blame=blame, reason=told, ended=time.time()
        )


def interrupt_all(database: Database) -> tuple[int, ...]:
    """Runs that a server before this one left running did not end: they are marked so."""
    with database.writing() as to:
        left = to.execute(select(RUNS.c.id).where(RUNS.c.state == "running")).scalars().all()
        for run in left:
            _move(to, run, ("running",), state="interrupted", ended=time.time())
        return tuple(left)


def _move(to: Connection, run: int, of: Sequence[str], **values: Any) -> bool:
    moved = to.execute(update(RUNS).where(RUNS.c.id == run, RUNS.c.state.in_(of)).values(**values))
    if moved.rowcount:
        _tell_cell(to, run)
    return bool(moved.rowcount)


# -- reading ---------------------------------------------------------------------------------


def run(database: Database, number: int) -> Run | None:
    """A run by number."""
    with database.reading() as of:
        found = of.execute(select(RUNS).where(RUNS.c.id == number)).mappings().first()
    return _run(found) if found else None


def open_runs(database: Database, room: int | None = None) -> tuple[Run, ...]:
    """Runs that wait or go on, in the order asked; of all rooms when none is named."""
    wanted = select(RUNS).where(RUNS.c.state.in_(OPEN)).order_by(RUNS.c.id)
    if room is not None:
        wanted = wanted.where(RUNS.c.room == room)
    with database.reading() as of:
        return tuple(_run(one) for one in of.execute(wanted).mappings())


def of_system(database: Database, system: int) -> tuple[Run, ...]:
    """Every run that a system took part in, the latest first."""
    wanted = select(RUNS).where(or_(RUNS.c.system == system, RUNS.c.other == system))
    with database.reading() as of:
        return tuple(_run(one) for one in of.execute(wanted.order_by(RUNS.c.id.desc())).mappings())


def latest(database: Database, room: int, *, over: bool = False) -> tuple[Run, ...]:
    """The latest run of each cell of the board: of each pair of systems, in today's versions.

    `over`: the latest of those that came to their end.
    """
    cell = (RUNS.c.system, RUNS.c.version, RUNS.c.other, RUNS.c.other_version, RUNS.c.scenario)
    last = select(func.max(RUNS.c.id)).where(RUNS.c.room == room).group_by(*cell)
    if over:
        last = last.where(RUNS.c.state == "done")
    now = RUNS.join(SYSTEMS, RUNS.c.system == SYSTEMS.c.id)
    wanted = select(RUNS).select_from(now).where(RUNS.c.version == SYSTEMS.c.version)
    with database.reading() as of:
        found = of.execute(wanted.where(RUNS.c.id.in_(last)).order_by(RUNS.c.id)).mappings()
        return tuple(_run(one) for one in found)


def since(database: Database, room: int, begin: float) -> tuple[Run, ...]:
    """Runs of a room that are not over, or ended after a time, in the order asked."""
    wanted = select(RUNS).where(
        RUNS.c.room == room, or_(RUNS.c.state.in_(OPEN), RUNS.c.ended >= begin)
    )
    with database.reading() as of:
        return tuple(_run(one) for one in of.execute(wanted.order_by(RUNS.c.id)).mappings())


def last_started(database: Database) -> dict[int, float]:
    """When each person's latest run began."""
    wanted = select(RUNS.c.asked_by, func.max(RUNS.c.started)).group_by(RUNS.c.asked_by)
    with database.reading() as of:
        return {person: at or 0.0 for person, at in of.execute(wanted)}


# -- events ----------------------------------------------------------------------------------


def note(database: Database, run: Run, kind: str, data: Mapping[str, Any]) -> None:
    """An event of a run, for those whose systems take part and for those who see all."""
    with database.writing() as to:
        _tell(to, run.room, run.id, kind, data, is_open=False)


def announce(database: Database, room: int, kind: str, data: Mapping[str, Any]) -> None:
    """An event of a room, for everybody in it."""
    with database.writing() as to:
        _tell(to, room, None, kind, data, is_open=True)


def _tell_cell(to: Connection, number: int) -> None:
    """What the board shows of a run has changed."""
    found = to.execute(select(RUNS).where(RUNS.c.id == number)).mappings().one()
    run = _run(found)
    data = {
        "run": run.id,
        "system": run.system,
        "version": run.version,
        "other": run.other,
        "scenario": run.scenario,
        "word": run.word,
        "blame": run.blame,
    }
    _tell(to, run.room, run.id, "cell", data, is_open=True)


def _tell(
    to: Connection,
    room: int,
    run: int | None,
    kind: str,
    data: Mapping[str, Any],
    *,
    is_open: bool,
) -> None:
    text = json.dumps(data, ensure_ascii=False)
    values = {"room": room, "run": run, "kind": kind, "data": text, "open": is_open}
    to.execute(insert(EVENTS).values(**values, at=time.time()))


def events_of_room(
    database: Database, room: int, after: int, systems: Sequence[int] | None, limit: int = 500
) -> tuple[Event, ...]:
    """Events after a number, oldest first: those that are open, and those of the systems named.

    `systems` None: all of them.
    """
    wanted = select(EVENTS).where(EVENTS.c.room == room, EVENTS.c.id > after)
    if systems is not None:
        of_theirs = select(RUNS.c.id).where(
            or_(RUNS.c.system.in_(systems), RUNS.c.other.in_(systems))
        )
        wanted = wanted.where(or_(EVENTS.c.open, EVENTS.c.run.in_(of_theirs)))
    return _events(database, wanted.order_by(EVENTS.c.id).limit(limit))


def events_of_run(
    database: Database, run: int, after: int = 0, limit: int = 5000
) -> tuple[Event, ...]:
    """Events of one run after a number, oldest first."""
    wanted = select(EVENTS).where(EVENTS.c.run == run, EVENTS.c.id > after)
    return _events(database, wanted.order_by(EVENTS.c.id).limit(limit))


def talk_since(database: Database, room: int, begin: float) -> tuple[Event, ...]:
    """What runs of a room told after a time of messages and waits, oldest first."""
    of_talk = EVENTS.c.kind.in_(("waits", "exchange", "listening", "end"))
    wanted = select(EVENTS).where(EVENTS.c.room == room, EVENTS.c.at >= begin, of_talk)
    return _events(database, wanted.order_by(EVENTS.c.id))


def flows(database: Database, numbers: Sequence[int]) -> dict[int, frozenset[str]]:
    """The flows that were exchanged in each of these runs."""
    wanted = select(EVENTS).where(EVENTS.c.run.in_(numbers), EVENTS.c.kind == "exchange")
    found: dict[int, set[str]] = {number: set() for number in numbers}
    for event in _events(database, wanted) if numbers else ():
        if event.run is not None and event.data.get("state", "done") == "done":
            found[event.run].add(str(event.data["flow"]))
    return {number: frozenset(of) for number, of in found.items()}


def last_event(database: Database, room: int | None = None) -> int:
    """The number of the latest event of a room, or of all; 0 for none."""
    wanted = select(func.max(EVENTS.c.id))
    if room is not None:
        wanted = wanted.where(EVENTS.c.room == room)
    with database.reading() as of:
        return int(of.execute(wanted).scalar_one() or 0)


def _events(database: Database, wanted: Any) -> tuple[Event, ...]:
    with database.reading() as of:
        return tuple(event_of(one) for one in of.execute(wanted).mappings())


def event_of(row: Mapping[Any, Any]) -> Event:
    """An event from its row."""
    return Event(row["id"], row["run"], row["kind"], json.loads(row["data"]), row["at"])


def _run(row: Mapping[Any, Any]) -> Run:
    reason = Text(**json.loads(row["reason"])) if row["reason"] else None
    return Run(**{**row, "reason": reason})
