"""The way in for people in the same room: the join link as a QR code, and the code in letters.

Codes are kept as hashes. What a big screen shows is the vendors' code as it was made, in the memory
of this server: it is gone when the server stops, or when an organiser takes it off.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from harness.show.board.access import Board, Visit
from harness.show.board.store import rooms
from harness.show.board.store.rooms import Room

ROLE = "vendor"  # whose code is shown


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a screen shows. `near`: only browsers of this machine can open the link."""

    code: str
    link: str
    picture: Markup
    near: bool


def show(board: Board, room: int) -> str:
    """A new code for vendors, shown from now on; the one before opens nothing any more."""
    code = rooms.renew_code(board.database, board.secret, room, ROLE)
    board.shown[room] = code
    return code


def hide(board: Board, room: int) -> None:
    """Take the code off the screens; it still opens the room."""
    board.shown.pop(room, None)


def of_room(visit: Visit, room: Room) -> Invitation | None:
    """What the screens of a room show; None for nothing, and once it is closed."""
    code = visit.board.shown.get(room.id)
    return invitation(visit, code) if code and not room.closed else None


def invitation(visit: Visit, code: str) -> Invitation:
    """The link of a code, as this visitor reaches us."""
    link = f"{visit.url}/join#{code}"
    return Invitation(code, link, picture(link), is_near(link))


def picture(link: str) -> Markup:
    """A QR code as SVG, black on white whatever the colours of the page."""
    made = segno.make(link, error="m", micro=False)
    svg = made.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr")
    return Markup(svg)  # noqa: S704  made of the link's bits, not of its text


def is_near(link: str) -> bool:
    """Nobody else's browser can open the link."""
    name = urlsplit(link).hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
