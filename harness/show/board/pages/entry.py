"""Pages of coming in: by the code of a room, by a personal key, as the host; and of leaving."""

import hmac
from typing import Annotated, Final

import anyio.from_thread
from fastapi import APIRouter, Depends
from starlette.responses import Response

from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.show.board import access, matrix
from harness.show.board.access import Board, Form, Refusal, Visit
from harness.show.board.pages import answers, invite, levels
from harness.show.board.store import rooms, waivers
from harness.show.board.store.codes import normal
from harness.text import say

ROUTER: Final = APIRouter()
PROFILES: Final = (profiles.DEFAULT, "ans-tlr-2026")
From = Annotated[Visit, Depends(access.visit)]
Sent = Annotated[Form, Depends(access.form)]


@ROUTER.get("/")
def start(visit: From) -> Response:
    """Where a visitor belongs."""
    if visit.person:
        return answers.go(f"/rooms/{visit.person.room}")
    return answers.go("/rooms" if visit.hosts else "/join")


@ROUTER.get("/join")
def ask(visit: From) -> Response:
    """Asks for a code. It stands after the `#` of a link, which browsers keep to themselves."""
    return answers.with_session(answers.page(visit, "join"), visit.board, visit.session)


@ROUTER.post("/join")
def join(form: Sent) -> Response:
    """Let somebody in whose code opens something."""
    visit, board = form.visit, form.visit.board
    code = form.text("code")
    who = visit.request.client.host if visit.request.client else "-"
    if wait := board.joins.wait(who):
        raise Refusal(429, say("board.too_often"), wait)
    if hmac.compare_digest(normal(code), normal(board.host_key)):
        mark = board.secret.mark("host", board.host_key)
        return answers.with_session(answers.go("/rooms"), board, board.cookies.new(host=mark))
    opened = rooms.opened_by(board.database, board.secret, code)
    if opened is None:
        board.joins.failed(who)
        raise Refusal(403, say("board.bad_code"))
    if opened.person is not None:
        return _welcome_back(form, opened.person)
    room = rooms.room(board.database, opened.room)
    if room is None or room.closed:
        raise Refusal(403, say("board.closed"))
    name, organisation = form.text("name"), form.text("organisation")
    number, key = rooms.join(board.database, board.secret, opened, name, organisation)
    answer = answers.page(visit, "joined", key=key, room=room, role=opened.role)
    return answers.with_session(answer, board, board.cookies.new(number))


def _welcome_back(form: Form, number: int) -> Response:
    board = form.visit.board
    found = rooms.person(board.database, number)
    if found is None:
        raise Refusal(403, say("board.bad_code"))
    session = board.cookies.new(found.id, found.epoch)
    return answers.with_session(answers.go("/"), board, session)


@ROUTER.post("/leave")
def leave(form: Sent) -> Response:
    """End every session of this person."""
    board = form.visit.board
    if form.visit.person:
        rooms.leave(board.database, form.visit.person.id)
        anyio.from_thread.run(board.desk.tell)
    return answers.with_session(answers.go("/join"), board, board.cookies.new())


@ROUTER.get("/rooms")
def hosted(visit: From) -> Response:
    """The host's page: every room, and a new one."""
    if not visit.hosts:
        raise Refusal(401, say("board.who"))
    shipped = {
        name: [(found, matrix.flows(found)) for found in matrix.shipped(name)] for name in PROFILES
    }
    every = rooms.every_room(visit.board.database)
    invited = {room.id: invite.of_room(visit, room) for room in every}
    return answers.page(visit, "host", rooms=every, shipped=shipped, invited=invited)


@ROUTER.post("/rooms")
def make(form: Sent) -> Response:
    """A new room; its codes are told this once."""
    visit, board = form.visit, form.visit.board
    if not visit.hosts:
        raise Refusal(401, say("board.who"))
    profile = form.among("profile", PROFILES)
    chosen = chosen_scenarios(form.every("scenario"), profile)
    number, codes = rooms.make_room(
        board.database,
        board.secret,
        name=form.text("room"),
        profile=profile,
        scenarios=chosen,
        agenda=form.lines("agenda"),
    )
    board.shown[number] = codes[invite.ROLE]
    if not form.every("ladder"):
        free(board, number)
    invited = {role: invite.invitation(visit, code) for role, code in codes.items()}
    return answers.page(visit, "codes", invited=invited, room=rooms.room(board.database, number))


def free(board: Board, room: int) -> None:
    """Whoever made the room lets everybody play at any level."""
    for level in levels.LOWER:
        waivers.give(board.database, room, level, say("board.ladder.free").in_(board.lang))


def chosen_scenarios(names: tuple[str, ...], profile: str) -> tuple[str, ...]:
    """The names among those of a profile; all nominal ones when none is. Raises HarnessError."""
    known = [found.scenario for found in matrix.shipped(profile)]
    chosen = tuple(name for name in known if name in names)
    nominal = tuple(name for name in known if "-nominal-" in name)
    if not (chosen or nominal):
        raise HarnessError(say("scenario.none"))
    return chosen or nominal
