"""Pages of a run: its conversation as it goes, its report; stop it, agree to it, start it again."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import anyio.from_thread
from fastapi import APIRouter, Depends
from starlette.responses import Response

from harness.rules import profile as profiles
from harness.show.board import access, matrix, steps
from harness.show.board.access import Form, Number, Visit
from harness.show.board.pages import answers
from harness.show.board.play import acting
from harness.show.board.store import attachments, reviews, rooms, runs
from harness.show.board.store.reviews import Review
from harness.show.board.store.rooms import Room
from harness.show.board.store.runs import Event, Run
from harness.text import Text, plain

ROUTER: Final = APIRouter()
From = Annotated[Visit, Depends(access.visit)]
Sent = Annotated[Form, Depends(access.form)]


@ROUTER.get("/runs/{number}")
def run(visit: From, number: Number) -> Response:
    """A run: the trace of its conversation as it goes, then its report."""
    visit.run(number)  # whoever may not read it is told nothing
    database = visit.board.database
    told = runs.events_of_run(database, number)
    found = visit.run(number)  # after its events: what comes between the two is in the stream
    room = visit.room(found.room)
    review = reviews.current(database, room.id).get(number)
    systems = {one.id: one for one in rooms.systems(database, found.room)}
    return answers.page(
        visit,
        "run",
        run=found,
        room=room,
        systems=systems,
        **_steps(visit, room, found, told, review),
        events=told,
        last=told[-1].id if told else 0,
        has_report=(visit.board.desk.folder(number) / "report.html").is_file(),
        may_change=visit.changes(found),
        may_agree=visit.agrees(found),
        said=reviews.of_run(database, number),
        review=review,
        decisions=reviews.DECISIONS,
        ended=next((event.data for event in reversed(told) if event.kind == "end"), {}),
        title=_title(room, found.scenario),
    )


@ROUTER.get("/runs/{number}/steps")
def part(visit: From, number: Number) -> Response:
    """The steps alone, for a page that is open."""
    visit.run(number)
    database = visit.board.database
    told = runs.events_of_run(database, number)
    found = visit.run(number)
    room = visit.room(found.room)
    review = reviews.current(database, room.id).get(number)
    return answers.page(visit, "steps", run=found, **_steps(visit, room, found, told, review))


def _steps(
    visit: Visit, room: Room, run: Run, told: Sequence[Event], review: Review | None
) -> dict[str, Any]:
    """What the steps of a run are, and the files that go with them."""
    files = attachments.of_run(visit.board.database, run.id)
    proven = {one.step for one in files if one.removed is None}
    far = steps.course(run, told, proven, review.state if review else "")
    system = rooms.system(visit.board.database, run.system)
    assert system  # noqa: S101  the database keeps what runs name
    profile = profiles.load(room.profile)
    found = steps.of_run(run, system.role, matrix.scenario_of(room, run.scenario), profile, far)
    return {
        "steps": found,
        "step_words": steps.WORDS,
        "files": files,
        "limit": attachments.LIMIT // 2**20,
        "kinds": attachments.KINDS,
        "may_attach": not room.closed,
    }


def _title(room: Room, name: str) -> Text:
    found = (column.title for column in matrix.columns(room) if column.name == name)
    return next(found, plain(name))


@ROUTER.post("/runs/{number}/stop")
def stop(form: Sent, number: Number) -> Response:
    """Withdraw a run that waits, stop one that goes on."""
    acting.stop(form.visit, number)
    anyio.from_thread.run(form.visit.board.desk.look)
    return answers.go(f"/runs/{number}")


@ROUTER.post("/runs/{number}/again")
def again(form: Sent, number: Number) -> Response:
    """The same once more, with the version that the system has now."""
    asked = acting.again(form.visit, number)
    anyio.from_thread.run(form.visit.board.desk.look)
    return answers.go(f"/runs/{asked}" if asked else f"/runs/{number}")


@ROUTER.post("/runs/{number}/agree")
def agree(form: Sent, number: Number) -> Response:
    """Agree to a run that another vendor proposed."""
    acting.agree(form.visit, number)
    anyio.from_thread.run(form.visit.board.desk.look)
    return answers.go(f"/runs/{number}")
