"""The timeline of a session: who played what when, what waits, what monitors said."""

import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from harness.show.board import access, lanes, matrix
from harness.show.board.access import Number, Visit
from harness.show.board.lanes import Window
from harness.show.board.pages import answers, schedule
from harness.show.board.store import reviews, rooms, runs
from harness.show.board.store.rooms import Room
from harness.show.board.store.runs import Run

ROUTER: Final = APIRouter()
From = Annotated[Visit, Depends(access.visit)]
HOURS: Final = (1, 2, 4, 8, 24, 72)  # that a window may have
_HOUR: Final = 3600.0
_USUAL: Final = 2
_AHEAD: Final = 0.15  # of the window is still to come
_LISTED: Final = 200  # runs in the list below


@ROUTER.get("/rooms/{number}/timeline")
def page(visit: From, number: Number) -> Response:
    """The timeline; below it the same as a list."""
    return answers.page(visit, "timeline", **_shown(visit, visit.room(number)))


@ROUTER.get("/rooms/{number}/timeline/part")
def part(visit: From, number: Number) -> Response:
    """The timeline alone, for a page that is open."""
    return answers.page(visit, "lanes", **_shown(visit, visit.room(number)))


def _shown(visit: Visit, room: Room) -> dict[str, Any]:
    database = visit.board.database
    last = runs.last_event(database, room.id)
    hours, window = _window(visit)
    systems = rooms.systems(database, room.id)
    played = runs.since(database, room.id, window.begin)
    own = {one.id for one in systems if visit.owns(one)}
    told = [run for run in played if visit.somebody().sees_all or not own.isdisjoint(run.systems)]
    waits = lanes.waits_of(told, runs.talk_since(database, room.id, window.begin))
    said = reviews.since(database, room.id, window.begin)
    return {
        "room": room,
        "last": last,
        "hours": hours,
        "choices": HOURS,
        "window": window,
        "width": lanes.WIDTH,
        "lanes": lanes.lanes(
            window, systems, played, waits, said, schedule.told(database, room.id)
        ),
        "systems": {one.id: one for one in systems},
        "titles": {column.name: column.title for column in matrix.columns(room)},
        "readable": frozenset(run.id for run in told),
        "listed": _latest_first(played),
        "waiting": {one.run.id: one.event for one in waits if one.end is None},
        "said": {one.run: one for one in said if one.state not in ("comment", "released")},
    }


def _window(visit: Visit) -> tuple[int, Window]:
    """How many hours are shown, and which."""
    asked = visit.request.query_params.get("hours", "")
    hours = int(asked) if asked in map(str, HOURS) else _USUAL
    now, whole = time.time(), hours * _HOUR
    return hours, Window(now - whole * (1 - _AHEAD), now + whole * _AHEAD, now)


def _latest_first(played: tuple[Run, ...]) -> tuple[Run, ...]:
    """What goes on or waits first, then what is over, the latest before the rest."""
    order = {"running": 0, "proposed": 1, "queued": 1}
    return tuple(
        sorted(played, key=lambda run: (order.get(run.state, 2), -(run.ended or 0), run.id))
    )[:_LISTED]
