"""What people do with runs, from a page or through the API: ask, propose, agree, stop, repeat."""

from collections.abc import Sequence
from typing import Final

import anyio.from_thread

from harness.show.board import ladder
from harness.show.board.access import Refusal, Visit
from harness.show.board.store import rooms, runs
from harness.show.board.store.rooms import Room, System
from harness.show.board.store.runs import Run
from harness.text import say

MOST_WAITING: Final = 100  # runs of one person in the queue


def ask(visit: Visit, number: int, named: Sequence[str]) -> tuple[int, ...]:
    """Scenarios of a system into the queue, `*` is all of them. Raises Refusal."""
    found = visit.system(number)
    room = _open_room(visit, found.room)
    wanted = [name for name in room.scenarios if name in named or "*" in named]
    if not wanted:
        raise Refusal(404, say("board.bad_choice", field=say("board.field.scenario")))
    _refuse_too_many(visit, len(wanted))
    return runs.ask(visit.board.database, found, wanted, visit.somebody().id)


def propose(visit: Visit, number: int, to: int, level: str = "N2") -> int | None:
    """A run of a system with another one; None when there is one already. Raises Refusal."""
    own = visit.system(number)
    other = rooms.system(visit.board.database, to)
    if other is None or other.room != own.room or other.role == own.role:
        raise Refusal(404, say("board.bad_choice", field=say("board.field.other")))
    room = _open_room(visit, own.room)
    _refuse_too_high(visit, room, level, (own, other))
    _refuse_too_many(visit, 1)
    ris, platform = (own, other) if own.role == "ris" else (other, own)
    person, agreed = visit.somebody(), visit.owns(other)
    database, whole = visit.board.database, level == "N3"
    return runs.propose(database, ris, platform, person.id, agreed=agreed, whole=whole)


def agree(visit: Visit, number: int) -> None:
    """The other side agrees. Raises Refusal."""
    if not visit.agrees(visit.run(number)):
        raise Refusal(403, say("board.not_yours"))
    runs.agree(visit.board.database, number)


def stop(visit: Visit, number: int) -> None:
    """Withdraw a run that waits, stop one that goes on. Raises Refusal."""
    found = visit.run_to_change(number)
    board = visit.board
    if not runs.end(board.database, found.id, "withdrawn", of=("proposed", "queued")):
        anyio.from_thread.run(board.desk.stop, found.id)


def again(visit: Visit, number: int) -> int | None:
    """The same once more; None when it waits already. Raises Refusal."""
    found = visit.run_to_change(number)
    room = _open_room(visit, found.room)
    _refuse_too_many(visit, 1)
    return _ask_again(visit, room, found)


def _ask_again(visit: Visit, room: Room, found: Run) -> int | None:
    database, person = visit.board.database, visit.somebody()
    taking_part = [rooms.system(database, of) for of in found.systems]
    own, *others = [one for one in taking_part if one]
    if others:
        _refuse_too_high(visit, room, found.level, (own, others[0]))
        agreed, whole = visit.owns(own) and visit.owns(others[0]), found.level == "N3"
        return runs.propose(database, own, others[0], person.id, agreed=agreed, whole=whole)
    return next(iter(runs.ask(database, own, (found.scenario,), person.id)), None)


def _open_room(visit: Visit, number: int) -> Room:
    room = visit.room(number)
    if room.closed:
        raise Refusal(409, say("board.closed"))
    return room


def _refuse_too_high(visit: Visit, room: Room, level: str, systems: Sequence[System]) -> None:
    """Levels come one after the other."""
    if why := ladder.refusal(level, systems, ladder.facts(visit.board.database, room)):
        raise Refusal(409, why)


def _refuse_too_many(visit: Visit, more: int) -> None:
    if rooms.count_runs(visit.board.database, visit.somebody().id) + more > MOST_WAITING:
        raise Refusal(429, say("board.many_runs", most=MOST_WAITING))
