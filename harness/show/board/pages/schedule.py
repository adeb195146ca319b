"""Pages of the schedule: what comes when, for everybody; organisers make it."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import anyio.from_thread
from fastapi import APIRouter, Depends
from starlette.responses import Response

from harness.errors import HarnessError
from harness.show.board import access, matrix, pairing
from harness.show.board.access import Form, Number, Refusal, Visit
from harness.show.board.pages import answers
from harness.show.board.store import rooms, runs, slots
from harness.show.board.store.database import Database
from harness.show.board.store.rooms import Room, System
from harness.show.board.store.runs import BETWEEN, WHOLE
from harness.show.board.store.slots import Told, Wanted
from harness.text import say

ROUTER: Final = APIRouter()
From = Annotated[Visit, Depends(access.visit)]
Sent = Annotated[Form, Depends(access.form)]
_YEAR: Final = 366 * 86400.0  # seconds
_LONGEST: Final = 480  # minutes of a slot
_QUARTER: Final = 900.0  # seconds: where a form begins


def shown(database: Database, room: int, own: Sequence[int] | None) -> dict[str, Any]:
    """What a board shows of the schedule, in the whole and for these systems."""
    every = told(database, room)
    return {"slots": every, "near": slots.near(every, own), "own_slots": own is not None}


def told(database: Database, room: int) -> tuple[Told, ...]:
    """Every slot of a room with its state now."""
    kept = slots.of_room(database, room)
    if not kept:
        return ()
    done = slots.played(database, room)
    going = [run for run in runs.open_runs(database, room) if run.state == "running"]
    return slots.told(kept, done, going, time.time())


@ROUTER.get("/rooms/{number}/schedule")
def page(visit: From, number: Number) -> Response:
    """The whole schedule; organisers change it here."""
    room = visit.room(number)
    return answers.page(visit, "schedule", **_shown(visit, room))


@ROUTER.get("/rooms/{number}/schedule/part")
def part(visit: From, number: Number) -> Response:
    """The table alone, for a page that is open."""
    return answers.page(visit, "slots", **_shown(visit, visit.room(number)))


def _shown(visit: Visit, room: Room) -> dict[str, Any]:
    database = visit.board.database
    last = runs.last_event(database, room.id)
    every = rooms.systems(database, room.id)
    now = time.time()
    return {
        "room": room,
        "last": last,
        "every": told(database, room.id),
        "systems": {one.id: one for one in every},
        "own": frozenset(one.id for one in every if one.owner == visit.somebody().id),
        "mine": frozenset(one.id for one in every if visit.owns(one)),
        "titles": {column.name: column.title for column in matrix.columns(room)},
        "begin": now - now % _QUARTER + _QUARTER,
        "parallel": visit.board.desk.terms.parallel,
        "parts": slots,
    }


# -- for organisers --------------------------------------------------------------------------


@ROUTER.post("/rooms/{number}/slots/pair")
def pair(form: Sent, number: Number) -> Response:
    """A slot of a RIS with a platform."""
    room = form.visit.organised(number)
    ris, platform = (_system(form, room, role) for role in ("ris", "platform"))
    return _added(form, room, [_wanted(form, ris.id, platform.id, _between(form))])


@ROUTER.post("/rooms/{number}/slots/alone")
def alone(form: Sent, number: Number) -> Response:
    """A slot of a system with a scenario."""
    room = form.visit.organised(number)
    scenario = form.among("scenario", room.scenarios)
    return _added(form, room, [_wanted(form, _system(form, room, "system").id, None, scenario)])


@ROUTER.post("/rooms/{number}/slots/fair")
def fair(form: Sent, number: Number) -> Response:
    """Slots for every pair that has none, fairly."""
    visit = form.visit
    room = visit.organised(number)
    database = visit.board.database
    every = rooms.systems(database, number)
    ris, platforms = ([one.id for one in every if one.role == of] for of in ("ris", "platform"))
    every_slot = slots.of_room(database, number)
    what = _between(form)
    kept = {(one.system, one.other) for one in every_slot if one.other and one.scenario == what}
    at_once = form.number("at_once", 1, 64)
    planned = pairing.rounds(ris, platforms, at_once, kept)
    if not planned:
        raise Refusal(409, say("board.slots.no_pair"))
    first, length, pause = _start(form), _length(form), form.number("pause", 0, _LONGEST) * 60.0
    wanted = [
        Wanted(*met, what, first + place * (length + pause), length)
        for place, one in enumerate(planned)
        for met in one
    ]
    return _added(form, room, wanted)


@ROUTER.post("/rooms/{number}/slots/shift")
def shift(form: Sent, number: Number) -> Response:
    """Everything that was not played begins so many minutes later."""
    room = form.visit.organised(number)
    minutes = form.number("minutes", 1, _LONGEST)
    slots.shift(form.visit.board.database, room.id, _left(form, room), minutes * 60.0)
    return _gone(form.visit, room)


@ROUTER.post("/rooms/{number}/slots/clear")
def clear(form: Sent, number: Number) -> Response:
    """Nothing that was not played is planned any more."""
    room = form.visit.organised(number)
    slots.drop(form.visit.board.database, room.id, _left(form, room))
    return _gone(form.visit, room)


@ROUTER.post("/rooms/{number}/slots/drop")
def drop(form: Sent, number: Number) -> Response:
    """Take one slot out."""
    room = form.visit.organised(number)
    slots.drop(form.visit.board.database, room.id, [form.number("slot", 1, 2**31 - 1)])
    return _gone(form.visit, room)


def _left(form: Form, room: Room) -> list[int]:
    every = told(form.visit.board.database, room.id)
    return [one.slot.id for one in every if one.state in slots.LEFT]


def _added(form: Form, room: Room, wanted: Sequence[Wanted]) -> Response:
    try:
        slots.add(form.visit.board.database, room.id, wanted)
    except HarnessError as many:
        raise Refusal(409, many.what) from None
    return _gone(form.visit, room)


def _gone(visit: Visit, room: Room) -> Response:
    """The schedule is another one: whoever looks at it is told."""
    runs.announce(visit.board.database, room.id, "slots", {})
    anyio.from_thread.run(visit.board.desk.tell)
    return answers.go(f"/rooms/{room.id}/schedule")


def _between(form: Form) -> str:
    """What two systems play: at level N2, or N3."""
    return WHOLE if form.every("level") == ("N3",) else BETWEEN


def _wanted(form: Form, system: int, other: int | None, scenario: str) -> Wanted:
    return Wanted(system, other, scenario, _start(form), _length(form))


def _system(form: Form, room: Room, field: str) -> System:
    """A system of the room; in the role that the field names, if it names one. Raises Refusal."""
    found = rooms.system(form.visit.board.database, form.number(field, 1, 2**31 - 1))
    if found is None or found.room != room.id or field not in ("system", found.role):
        raise Refusal(422, say("board.bad_choice", field=say(f"board.field.{field}")))
    return found


def _length(form: Form) -> float:
    return form.number("length", 1, _LONGEST) * 60.0


def _start(form: Form) -> float:
    """When a slot begins, in seconds since 1970. Raises Refusal.

    A browser with our script says it in `start_at`; else `start` is in the zone of this server.
    """
    said, at = form.text("start_at", 20, wanted=False), form.text("start", 32, wanted=False)
    try:
        found = float(said) if said else datetime.fromisoformat(at).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        found = float("nan")
    if not abs(found - time.time()) <= _YEAR:
        raise Refusal(422, say("board.bad_time", field=say("board.field.start")))
    return found
