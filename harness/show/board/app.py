"""The board put together: pages, guard, desk."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from harness.show.board import access, api, wording
from harness.show.board.access import Board, Refusal
from harness.show.board.guard import Guard
from harness.show.board.pages import (
    answers,
    attaching,
    entry,
    following,
    levels,
    monitor,
    organising,
    room,
    schedule,
    streams,
    timeline,
    tokens,
)
from harness.text import say

_PAGES: Final = (
    entry,
    room,
    organising,
    schedule,
    timeline,
    levels,
    following,
    attaching,
    monitor,
    streams,
    tokens,
)
_AT_ONCE: Final = 12  # pages that are written; each thread more is one that streams wait for
_KEPT: Final = {"cache-control": "no-cache"}


def make(board: Board, names: Iterable[str] = (), *, any_address: bool = False) -> FastAPI:
    """The application. `names`, `any_address`: see `Guard`."""
    guard = Middleware(Guard, names, any_address=any_address, public=board.url)
    app = FastAPI(
        title="telerad",
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_life,
        middleware=[guard],
        exception_handlers={
            Refusal: _refused,
            HTTPException: _not_found,
            RequestValidationError: _not_found,
            OperationalError: _away,
        },
    )
    app.state.board = board
    for pages in _PAGES:
        app.include_router(pages.ROUTER)
    app.mount(api.PATH, api.make(board))
    app.add_api_route("/board.css", _style)
    app.add_api_route("/board.js", _script)
    return app


@contextlib.asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """The desk and the feed work as long as the application does."""
    board: Board = app.state.board
    anyio.to_thread.current_default_thread_limiter().total_tokens = _AT_ONCE
    work = asyncio.create_task(board.desk.work())
    reads = asyncio.create_task(board.feed.work())
    try:
        yield
    finally:
        for task in (work, reads):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        board.database.close()


def _style() -> Response:
    return Response(wording.style(), media_type="text/css", headers=_KEPT)


def _script() -> Response:
    return Response(wording.script(), media_type="text/javascript", headers=_KEPT)


async def _refused(request: Request, refused: Any) -> Response:
    return await asyncio.to_thread(lambda: answers.refusal(access.visit(request), refused))


async def _away(request: Request, wrong: Any) -> Response:
    """Nothing can be read or kept for now: nothing was done."""
    what = say("board.away")
    return PlainTextResponse(f"{what.fr}\n{what.en}\n", 503, {"retry-after": "5"})


async def _not_found(request: Request, wrong: Any) -> Response:
    if request.url.path.startswith(f"{api.PATH}/"):
        return await api.no_page(request, wrong)
    status = getattr(wrong, "status_code", 404)
    what = say("board.no_page") if status in (404, 405, 422) else say("board.bad_form")
    return await _refused(request, Refusal(status, what))
