"""Tokens of the API: made on a page, told once, kept as hashes, taken back at any time."""

import time
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from sqlalchemy import delete, func, insert, select
from starlette.responses import Response

from harness.show.board import access
from harness.show.board.access import Board, Form, Number, Refusal, Visit
from harness.show.board.pages import answers
from harness.show.board.store import codes
from harness.show.board.store.database import Database
from harness.show.board.store.tables import TOKENS
from harness.text import say

ROUTER: Final = APIRouter()
PREFIX: Final = "telerad_"  # so that a token is known for what it is where it should not be
MOST: Final = 20  # tokens of a person
From = Annotated[Visit, Depends(access.visit)]
Sent = Annotated[Form, Depends(access.form)]


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without what it is."""

    id: int
    label: str
    created: float


@ROUTER.get("/tokens")
def listed(visit: From) -> Response:
    """The tokens of a person, and what the API can do."""
    return _page(visit)


@ROUTER.post("/tokens")
def make(form: Sent) -> Response:
    """A new token, told this once."""
    visit, database = form.visit, form.visit.board.database
    person, label = visit.somebody(), form.text("label", 40)
    with database.writing() as to:
        own = TOKENS.c.person == person.id
        if to.execute(select(func.count()).where(own)).scalar_one() >= MOST:
            raise Refusal(409, say("board.many_tokens", most=MOST))
        token = PREFIX + codes.make()
        kept = {"hash": _hash(visit.board, token), "person": person.id, "label": label}
        to.execute(insert(TOKENS).values(**kept, created=time.time()))
    return _page(visit, token)


@ROUTER.post("/tokens/{number}/revoke")
def revoke(form: Sent, number: Number) -> Response:
    """Take a token back."""
    person = form.visit.somebody()
    with form.visit.board.database.writing() as to:
        to.execute(delete(TOKENS).where(TOKENS.c.id == number, TOKENS.c.person == person.id))
    return answers.go("/tokens")


def _page(visit: Visit, token: str = "") -> Response:
    person = visit.somebody()
    return answers.page(
        visit, "tokens", tokens=of_person(visit.board.database, person.id), token=token
    )


def of_person(database: Database, person: int) -> tuple[Token, ...]:
    """The tokens of a person."""
    wanted = select(TOKENS.c.id, TOKENS.c.label, TOKENS.c.created).where(TOKENS.c.person == person)
    with database.reading() as of:
        return tuple(Token(*row) for row in of.execute(wanted.order_by(TOKENS.c.id)))


def person_of(board: Board, token: str) -> int | None:
    """Whose token it is; None for one that is none."""
    if not token.startswith(PREFIX):
        return None
    wanted = select(TOKENS.c.person).where(TOKENS.c.hash == _hash(board, token))
    with board.database.reading() as of:
        return of.execute(wanted).scalar_one_or_none()


def _hash(board: Board, token: str) -> str:
    return board.secret.hash(token.removeprefix(PREFIX))
