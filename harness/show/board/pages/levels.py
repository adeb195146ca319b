"""Pages of the ladder: how far each system is, what is missing, what an organiser lets pass."""

from typing import Annotated, Final

import anyio.from_thread
from fastapi import APIRouter, Depends
from starlette.responses import Response

from harness.show.board import access, ladder
from harness.show.board.access import Form, Number, Refusal, Visit
from harness.show.board.pages import answers
from harness.show.board.store import rooms, runs, waivers
from harness.show.board.store.rooms import System
from harness.text import say

ROUTER: Final = APIRouter()
From = Annotated[Visit, Depends(access.visit)]
Sent = Annotated[Form, Depends(access.form)]
LOWER: Final = ladder.LEVELS[:-1]  # levels that others stand on
_LONG: Final = 500  # characters of a comment


@ROUTER.get("/rooms/{number}/ladder")
def page(visit: From, number: Number) -> Response:
    """Every system and its levels; what was let pass, by whom and why."""
    room = visit.room(number)
    database = visit.board.database
    known = ladder.facts(database, room)
    systems = rooms.systems(database, number)
    return answers.page(
        visit,
        "ladder",
        room=room,
        systems={one.id: one for one in systems},
        rungs={one.id: ladder.rungs(one, known) for one in systems},
        waivers=known.waivers,
        lower=LOWER,
    )


@ROUTER.post("/rooms/{number}/waivers")
def waive(form: Sent, number: Number) -> Response:
    """A level is taken as done, for a system or for all; why must be said."""
    visit = form.visit
    room = visit.organised(number)
    level, words = form.among("level", LOWER), form.lines("comment", _LONG)
    if not words:
        raise Refusal(422, say("board.bad_field", field=say("board.field.comment"), most=_LONG))
    system = _system(form, number)
    waivers.give(
        visit.board.database, room.id, level, words, system=system, person=visit.somebody()
    )
    return _changed(visit, number)


@ROUTER.post("/rooms/{number}/waivers/end")
def take_back(form: Sent, number: Number) -> Response:
    """What was let pass is so no longer; it stays on record."""
    room = form.visit.organised(number)
    given = form.number("waiver", 1, 2**31 - 1)
    if not waivers.take_back(form.visit.board.database, room.id, given):
        raise Refusal(404, say("board.no_page"))
    return _changed(form.visit, number)


def _system(form: Form, room: int) -> System | None:
    """The system of a form, None for all. Raises Refusal."""
    number = form.number("system", 0, 2**31 - 1)
    if number == 0:
        return None
    found = rooms.system(form.visit.board.database, number)
    if found is None or found.room != room:
        raise Refusal(422, say("board.bad_choice", field=say("board.field.system")))
    return found


def _changed(visit: Visit, room: int) -> Response:
    runs.announce(visit.board.database, room, "systems", {})
    anyio.from_thread.run(visit.board.desk.tell)
    return answers.go(f"/rooms/{room}/ladder")
