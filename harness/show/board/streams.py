"""What is sent on while it happens: server-sent events, read from the database.

Every viewer reads on at its own pace, so that a slow one holds up nobody and nothing piles up; who
comes back says the number of the last event seen (`Last-Event-ID`) and misses none.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, Response, StreamingResponse

from harness.show.board import access, matrix, rooms, runs, wording
from harness.show.board.access import Number, Refusal, Visit
from harness.show.board.runs import Event
from harness.text import say

ROUTER: Final = APIRouter()
QUIET: Final = 15.0  # seconds after which a line shows that the server is there
MOST: Final = 400  # streams at once
From = Annotated[Visit, Depends(access.visit)]
_ONE_PAGE: Final = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)  # a report allows its own style and script by their hash, and nothing else
_open: set[int] = set()


@ROUTER.get("/rooms/{number}/events")
def of_room(visit: From, number: Number) -> Response:
    """What happens in a room, as far as the visitor may know."""
    visit.room(number)

    def after(last: int) -> Sequence[Event]:
        person = visit.somebody()
        own = None if person.sees_all else [system.id for system in visit.own_systems()]
        return runs.events_of_room(visit.board.database, number, last, own)

    return _stream(visit, after)


@ROUTER.get("/runs/{number}/events")
def of_run(visit: From, number: Number) -> Response:
    """What happens in one run."""
    visit.run(number)
    return _stream(visit, lambda last: runs.events_of_run(visit.board.database, number, last))


def _stream(visit: Visit, after: Callable[[int], Sequence[Event]]) -> Response:
    if len(_open) >= MOST:
        raise Refusal(503, say("board.many_streams"), 5.0)
    headers = {"x-accel-buffering": "no"}
    told = _told(visit, after, _last_seen(visit))
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


def _last_seen(visit: Visit) -> int:
    request = visit.request
    said = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else 0


async def _told(
    visit: Visit, after: Callable[[int], Sequence[Event]], last: int
) -> AsyncIterator[str]:
    """Events as text, until the visitor leaves or may no longer read."""
    desk, me = visit.board.desk, id(visit)
    _open.add(me)
    try:
        yield "retry: 1000\n\n"
        while desk.is_open:
            seen = desk.number
            events = await asyncio.to_thread(_allowed, visit, after, last)
            if events is None:
                return
            for event in events:
                last = event.id
                yield as_text(event, visit.lang)
            if not events and not await desk.changed(seen, QUIET):
                yield ": here\n\n"
    finally:
        _open.discard(me)


def _allowed(
    visit: Visit, after: Callable[[int], Sequence[Event]], last: int
) -> Sequence[Event] | None:
    """What is new; None once the visitor has left."""
    person = rooms.person(visit.board.database, visit.session.person)
    if person is None or person.epoch != visit.session.epoch:
        return None
    return after(last)


def as_text(event: Event, lang: str) -> str:
    """One event as the protocol wants it. Nothing of a peer can end a line of it: it is JSON."""
    data = json.dumps(_shown(event, lang))
    return f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n"


def _shown(event: Event, lang: str) -> dict[str, Any]:
    """What a page needs, in the language of its reader."""
    shown: dict[str, Any] = {**event.data, "number_of_run": event.run}
    if event.kind == "cell":
        system, other, word = (event.data[key] for key in ("system", "other", "word"))
        shown["id"] = (
            matrix.pair_id(system, other)
            if other
            else matrix.cell_id(system, event.data["scenario"])
        )
        shown |= {
            "sign": wording.sign(word),
            "told": wording.result(word, event.data["blame"], lang),
            "colour": wording.colour(word),
            "over": word not in runs.OPEN,
        }
    elif line := wording.line(event, lang):
        shown |= line
    return shown


@ROUTER.get("/runs/{number}/report")
def report(visit: From, number: Number) -> Response:
    """The report of a run, in a frame of its own: it can read nothing of the board."""
    visit.run(number)
    file = visit.board.desk.folder(number) / "report.html"
    if not file.is_file():
        raise Refusal(404, say("board.no_report"))
    return FileResponse(
        file, media_type="text/html", headers={"content-security-policy": _ONE_PAGE}
    )
