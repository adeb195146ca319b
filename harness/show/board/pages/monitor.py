"""Pages of monitors: what is to be looked at, what they say of a run, the export."""

from typing import Annotated, Final

import anyio.from_thread
from fastapi import APIRouter, Depends
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from harness.show.board import access, export, matrix
from harness.show.board.access import Form, Number, Refusal, Visit
from harness.show.board.pages import answers
from harness.show.board.store import reviews, rooms, runs
from harness.show.board.store.reviews import DECISIONS
from harness.show.board.store.rooms import Room
from harness.show.board.store.runs import Run
from harness.text import say

ROUTER: Final = APIRouter()
From = Annotated[Visit, Depends(access.visit)]
Sent = Annotated[Form, Depends(access.form)]
_LONG: Final = 2000  # characters of a comment


def _for_monitors(visit: Visit, number: int) -> Room:
    room = visit.room(number)
    if not visit.somebody().sees_all:
        raise Refusal(403, say("board.not_yours"))
    return room


@ROUTER.get("/rooms/{number}/work")
def work(visit: From, number: Number) -> Response:
    """Runs of the board that are over: those that nobody has taken on come first."""
    room = _for_monitors(visit, number)
    database = visit.board.database
    found = reviews.current(database, number)
    latest = runs.latest(database, number)
    over = [run for run in latest if run.state == "done" or (run.is_open and run.level == "N3")]
    order = {"": 0, "claimed": 1}
    state = {run.id: found[run.id].state if run.id in found else "" for run in over}
    over.sort(key=lambda run: (order.get(state[run.id], 2), run.id))
    return answers.page(
        visit,
        "work",
        room=room,
        over=over,
        reviews=found,
        systems={one.id: one for one in rooms.systems(database, number)},
        titles={column.name: column.title for column in matrix.columns(room)},
    )


@ROUTER.post("/runs/{number}/claim")
def claim(form: Sent, number: Number) -> Response:
    """Take a run on; one of the whole exchange before it begins, since it waits for that."""
    found, person = _followed(form.visit, number), form.visit.somebody()
    if not reviews.claim(form.visit.board.database, found.id, person):
        raise Refusal(409, say("board.claimed_before"))
    return _told(form.visit, found)


@ROUTER.post("/runs/{number}/release")
def release(form: Sent, number: Number) -> Response:
    """Give a run back."""
    found, person = _followed(form.visit, number), form.visit.somebody()
    if not reviews.release(form.visit.board.database, found.id, person):
        raise Refusal(409, say("board.not_claimed"))
    return _told(form.visit, found)


@ROUTER.post("/runs/{number}/decision")
def decide(form: Sent, number: Number) -> Response:
    """Verified, partial or failed; why, when it is not verified."""
    found, person = _reviewed(form.visit, number), form.visit.somebody()
    state, words = form.among("decision", DECISIONS), form.lines("comment", _LONG)
    if state != "verified" and not words:
        raise Refusal(422, say("board.bad_field", field=say("board.field.comment"), most=_LONG))
    if not reviews.decide(form.visit.board.database, found.id, person, state, words):
        raise Refusal(409, say("board.not_claimed"))
    return _told(form.visit, found)


@ROUTER.post("/runs/{number}/comment")
def comment(form: Sent, number: Number) -> Response:
    """Whoever may read a run may say something of it."""
    visit = form.visit
    found, words = visit.run(number), form.lines("comment", _LONG)
    if not words:
        raise Refusal(422, say("board.bad_field", field=say("board.field.comment"), most=_LONG))
    reviews.comment(visit.board.database, found.id, visit.somebody(), words)
    return answers.go(f"/runs/{number}")


def _reviewed(visit: Visit, number: int) -> Run:
    """A run that is over, for monitors and organisers. Raises Refusal."""
    found = visit.run(number)
    _for_monitors(visit, found.room)
    if found.is_open:
        raise Refusal(409, say("board.not_over"))
    return found


def _followed(visit: Visit, number: int) -> Run:
    """A run that is over, or one at level N3 that is not. Raises Refusal."""
    found = visit.run(number)
    if found.is_open and found.level != "N3":
        raise Refusal(409, say("board.not_over"))
    _for_monitors(visit, found.room)
    return found


def _told(visit: Visit, run: Run) -> Response:
    runs.announce(visit.board.database, run.room, "review", {"run": run.id})
    anyio.from_thread.run(visit.board.desk.look)
    return answers.go(f"/runs/{run.id}")


@ROUTER.get("/rooms/{number}/export")
def exported(visit: From, number: Number) -> Response:
    """The session as a site in a ZIP file, that opens from disk."""
    room = _for_monitors(visit, number)
    file = export.write(visit.board, room, visit.lang)
    return FileResponse(
        file,
        media_type="application/zip",
        filename=f"telerad-{number}.zip",
        background=BackgroundTask(file.unlink),
    )
