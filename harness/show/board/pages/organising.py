"""What organisers change of a room: its codes, what the big screen shows, whether it is open."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from harness.show.board import access
from harness.show.board.access import Form, Number
from harness.show.board.pages import answers, invite
from harness.show.board.store import rooms
from harness.show.board.store.rooms import ROLES

ROUTER: Final = APIRouter()
Sent = Annotated[Form, Depends(access.form)]


@ROUTER.post("/rooms/{number}/codes")
def renew(form: Sent, number: Number) -> Response:
    """A new code for a role in the place of the old one; the big screen follows."""
    visit, shared = form.visit, form.visit.board
    room = visit.organised(number)
    role = form.among("role", ROLES)
    if role == invite.ROLE and number in shared.shown:
        code = invite.show(shared, number)
    else:
        code = rooms.renew_code(shared.database, shared.secret, number, role)
    invited = {role: invite.invitation(visit, code)}
    return answers.page(visit, "codes", invited=invited, room=room)


@ROUTER.post("/rooms/{number}/shown")
def shown(form: Sent, number: Number) -> Response:
    """A new code for vendors on the big screen, or none any more."""
    room = form.visit.organised(number)
    if number in form.visit.board.shown:
        invite.hide(form.visit.board, number)
        return answers.go(f"/rooms/{room.id}")
    invite.show(form.visit.board, number)
    return answers.go(f"/rooms/{room.id}?tv")


@ROUTER.post("/rooms/{number}/closed")
def close(form: Sent, number: Number) -> Response:
    """Close the room, or open it again."""
    room = form.visit.organised(number)
    rooms.close_room(form.visit.board.database, room.id, closed=not room.closed)
    return answers.go(f"/rooms/{room.id}")
