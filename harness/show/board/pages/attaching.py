"""Pages of evidence: attach a file to a run, take one away, download one."""

from typing import Annotated, Final

import anyio.from_thread
from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, Response

from harness.errors import HarnessError
from harness.show.board import access
from harness.show.board.access import Form, Number, Refusal, Upload, Visit
from harness.show.board.pages import answers
from harness.show.board.store import attachments, runs
from harness.show.board.store.attachments import Attachment
from harness.text import say

ROUTER: Final = APIRouter()
From = Annotated[Visit, Depends(access.visit)]
Sent = Annotated[Form, Depends(access.form)]
Brought = Annotated[Upload, Depends(access.upload)]
_STEPS: Final = 999
_HARMLESS: Final = {"content-security-policy": "sandbox; default-src 'none'"}


@ROUTER.post("/runs/{number}/attachments")
def attach(sent: Brought, number: Number) -> Response:
    """Whoever may read a run may attach a file to it, as long as the session is open."""
    visit, board = sent.form.visit, sent.form.visit.board
    found = visit.run(number)
    if visit.room(found.room).closed:
        raise Refusal(409, say("board.closed"))
    step = sent.form.number("step", 0, _STEPS)
    try:
        kept = attachments.add(
            board.database,
            board.desk.folder(number),
            number,
            visit.somebody(),
            step,
            sent.name,
            sent.data,
        )
    except HarnessError as wrong:
        raise Refusal(422, wrong.what) from None
    runs.note(board.database, found, "proof", {"attachment": kept.id, "step": step})
    anyio.from_thread.run(board.desk.tell)
    return answers.go(f"/runs/{number}#steps")


@ROUTER.post("/attachments/{number}/remove")
def remove(form: Sent, number: Number) -> Response:
    """Who attached it, or an organiser, takes it away."""
    visit, board = form.visit, form.visit.board
    found, person = _of(visit, number), visit.somebody()
    if person.id != found.person and not person.organises:
        raise Refusal(403, say("board.not_yours"))
    attachments.remove(board.database, board.desk.folder(found.run), found)
    runs.note(board.database, visit.run(found.run), "proof", {"attachment": number})
    anyio.from_thread.run(board.desk.tell)
    return answers.go(f"/runs/{found.run}#steps")


@ROUTER.get("/attachments/{number}")
def download(visit: From, number: Number) -> Response:
    """The file, to be saved: no browser shows it."""
    found = _of(visit, number)
    file = visit.board.desk.folder(found.run) / attachments.FOLDER / found.file
    if not file.is_file():
        raise Refusal(404, say("board.no_page"))
    return FileResponse(
        file,
        media_type="application/octet-stream",
        filename=found.given,
        headers=_HARMLESS,
    )


def _of(visit: Visit, number: int) -> Attachment:
    """A file of a run that the visitor may read. Raises Refusal."""
    visit.somebody()
    found = attachments.attachment(visit.board.database, number)
    if found is None or found.removed is not None:
        raise Refusal(404, say("board.no_page"))
    visit.run(found.run)
    return found
