"""Answers to browsers: pages, redirects, refusals, and the cookies that go with them."""

from http import HTTPStatus
from math import ceil
from typing import Any

from starlette.responses import HTMLResponse, RedirectResponse, Response

from harness.show.board import cookies
from harness.show.board.access import Board, Refusal, Visit
from harness.show.board.cookies import Session
from harness.show.board.wording import render
from harness.text import LANGUAGES, say


def page(visit: Visit, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for a visitor. A language asked for in the address is remembered."""
    person = visit.person
    text = render(
        name,
        visit.lang,
        visit=visit,
        person=person,
        mark=visit.mark,
        here=visit.request.url.path,
        board=visit.board,
        **values,
    )
    answer = HTMLResponse(text, status)
    if (chosen := visit.request.query_params.get("lang", "")) in LANGUAGES:
        _set(answer, visit.board, cookies.LANGUAGE, chosen)
    return answer


def go(address: str) -> Response:
    """Go on at another address of ours."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def with_session(answer: Response, board: Board, session: Session) -> Response:
    """The answer, with the cookie of a session."""
    _set(answer, board, cookies.NAME, board.cookies.write(session))
    return answer


def _set(answer: Response, board: Board, name: str, value: str) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=cookies.LASTS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=board.url.startswith("https:"),
    )


def refusal(visit: Visit, refused: Refusal) -> Response:
    """Why something is not granted, as a page."""
    if refused.status == HTTPStatus.UNAUTHORIZED and visit.request.method == "GET":
        return go("/join")
    answer = page(visit, "refused", refused.status, what=refused.what, wait=ceil(refused.wait))
    if refused.wait:
        answer.headers["retry-after"] = str(ceil(refused.wait))
    return answer


def no_page(visit: Visit) -> Response:
    """There is no such page."""
    return refusal(visit, Refusal(404, say("board.no_page")))
