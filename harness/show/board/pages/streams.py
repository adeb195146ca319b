"""What is sent on while it happens: server-sent events.

Everybody reads on at their own pace from what `feed` has in memory, or from the database when that
goes back further: a slow one holds up nobody and nothing piles up. Who comes back says the number
of the last event seen (`Last-Event-ID`) and misses none; who was cut off for not reading is told.
"""

import asyncio
import json
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, Response, StreamingResponse

from harness.show.board import access, matrix, wording
from harness.show.board.access import Number, Refusal, Visit
from harness.show.board.feed import News
from harness.show.board.patience import SLOW
from harness.show.board.store import runs
from harness.show.board.store.runs import Event
from harness.text import say

ROUTER: Final = APIRouter()
QUIET: Final = 15.0  # seconds after which a line shows that the server is there
MOST: Final = 400  # streams at once
OF_ONE: Final = 40  # streams of one person
From = Annotated[Visit, Depends(access.visit)]
_ONE_PAGE: Final = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)  # a report allows its own style and script by their hash, and nothing else


@dataclass
class _Viewers:
    """Streams that are open, by person; and those that were cut off, to be told so."""

    open: Counter[int] = field(default_factory=Counter)
    cut: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    def came(self, person: int) -> None:
        self.open[person] += 1

    def left(self, person: int, key: tuple[str, str], *, slow: bool) -> None:
        self.open[person] -= 1
        if slow:
            self.cut[key] = None
            if len(self.cut) > MOST:
                self.cut.popitem(last=False)

    def are_too_many(self, person: int) -> bool:
        return self.open[person] >= OF_ONE or self.open.total() >= MOST

    def was_cut(self, key: tuple[str, str]) -> bool:
        return self.cut.pop(key, key) is None


_VIEWERS: Final = _Viewers()


@dataclass(frozen=True)
class _Wanted:
    """What a stream shows: of the feed, and of the database, after an event."""

    visit: Visit
    fits: Callable[[News], bool]
    earlier: Callable[[int], Sequence[Event]]


@ROUTER.get("/rooms/{number}/events")
def of_room(visit: From, number: Number) -> Response:
    """What happens in a room, as far as the visitor may know."""
    visit.room(number)
    person, feed = visit.somebody(), visit.board.feed

    def fits(news: News) -> bool:
        known = news.open or person.sees_all
        return news.room == number and (
            known or any(feed.owners.get(system) == person.id for system in news.systems)
        )

    def earlier(last: int) -> Sequence[Event]:
        own = None if person.sees_all else [system.id for system in visit.own_systems()]
        return runs.events_of_room(visit.board.database, number, last, own)

    return _stream(_Wanted(visit, fits, earlier))


@ROUTER.get("/runs/{number}/events")
def of_run(visit: From, number: Number) -> Response:
    """What happens in one run."""
    visit.run(number)
    return _stream(
        _Wanted(
            visit,
            lambda news: news.event.run == number,
            lambda last: runs.events_of_run(visit.board.database, number, last),
        )
    )


def _stream(wanted: _Wanted) -> Response:
    if _VIEWERS.are_too_many(wanted.visit.session.person):
        raise Refusal(503, say("board.many_streams"), 5.0)
    headers = {"x-accel-buffering": "no"}
    told = _told(wanted, _last_seen(wanted.visit))
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


def _last_seen(visit: Visit) -> int:
    request = visit.request
    said = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else 0


async def _told(wanted: _Wanted, last: int) -> AsyncIterator[str]:
    """Events as text, until the visitor leaves or may no longer read."""
    visit = wanted.visit
    feed, session = visit.board.feed, visit.session
    key = (session.nonce, visit.request.url.path)
    _VIEWERS.came(session.person)
    try:
        yield "retry: 1000\n\n"
        if _VIEWERS.was_cut(key):
            yield _line("slow", {"told": say("board.was_slow").in_(visit.lang)})
        while feed.is_open and feed.epochs.get(session.person, session.epoch) == session.epoch:
            seen = feed.number
            text, last = await _next(wanted, last)
            if text:
                yield text
            elif not await feed.changed(seen, QUIET):
                yield ": here\n\n"
    finally:
        _VIEWERS.left(session.person, key, slow=SLOW in visit.request.scope)


async def _next(wanted: _Wanted, last: int) -> tuple[str, int]:
    """What is new after an event, as text, and the last event that was looked at."""
    feed, lang = wanted.visit.board.feed, wanted.visit.lang
    known = feed.last
    if feed.reaches(last):
        found = feed.after(last, wanted.fits)
        return "".join(_text(news, lang) for news in found), max(last, known)
    events = await asyncio.to_thread(wanted.earlier, last)
    after = events[-1].id if events else max(last, known)
    return "".join(as_text(event, lang) for event in events), after


def _text(news: News, lang: str) -> str:
    if lang not in news.texts:
        news.texts[lang] = as_text(news.event, lang)
    return news.texts[lang]


def _line(kind: str, data: dict[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"


def as_text(event: Event, lang: str) -> str:
    """One event as the protocol wants it. Nothing of a peer can end a line of it: it is JSON."""
    return f"id: {event.id}\n" + _line(event.kind, _shown(event, lang))


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
