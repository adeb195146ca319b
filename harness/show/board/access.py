"""Who may do what. Everything that a page does for somebody goes through here.

Participants read and start what their own systems take part in; monitors read everything of their
room; organisers do everything in it. What is another room's does not exist for anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path as Folder
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Path
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from harness.show.board import cookies
from harness.show.board.cookies import Cookies, Session
from harness.show.board.feed import Feed
from harness.show.board.play.desk import Desk
from harness.show.board.store import rooms, runs
from harness.show.board.store.codes import Attempts, Secret
from harness.show.board.store.database import Database
from harness.show.board.store.rooms import Person, Room, System
from harness.show.board.store.runs import Run
from harness.show.board.wording import language_of
from harness.sim.network.tls import Tls
from harness.text import Text, say

EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104  a host to listen on, only when asked for
_FIELDS: Final = 200  # of a form
_PART: Final = 4096  # bytes of a field beside a file
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]  # of a room, a system, a run in an address


class Refusal(Exception):
    """A request that is not granted: `status` of HTTP, and why, in words."""

    def __init__(self, status: int, what: Text, wait: float = 0.0) -> None:
        self.status = status
        self.what = what
        self.wait = wait
        super().__init__(what.en)


@dataclass(frozen=True)
class Board:
    """What all pages share. `url` is how browsers reach them, without a slash at the end.

    `public`: somebody said so, with `--public`. `shown` are codes on screens, by room.
    """

    database: Database
    secret: Secret
    cookies: Cookies
    desk: Desk
    feed: Feed
    ports: Sequence[int]
    url: str
    public: bool
    at: str
    lang: str
    host_key: str
    folder: Folder
    tls: Tls | None
    joins: Attempts
    looks: Attempts
    shown: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """One request: its session, the person behind it, the language to answer in."""

    board: Board
    request: Request
    session: Session
    person: Person | None
    lang: str

    @property
    def mark(self) -> str:
        """What the forms of this visit carry."""
        return self.board.cookies.mark(self.session)

    @property
    def at(self) -> str:
        """The host that systems of this visitor send to: where we listen, or as it reached us."""
        everywhere = self.board.at in EVERYWHERE
        return (self.request.url.hostname or "") if everywhere else self.board.at

    @property
    def url(self) -> str:
        """How this visitor reaches the pages, without a slash at the end."""
        everywhere = self.board.at in EVERYWHERE and not self.board.public
        return str(self.request.base_url).rstrip("/") if everywhere else self.board.url

    @property
    def hosts(self) -> bool:
        """Holds the key that the server gave when it started."""
        return bool(self.session.host) and self.session.host == self.board.secret.mark(
            "host", self.board.host_key
        )

    def somebody(self) -> Person:
        """The person. Raises Refusal for nobody."""
        if self.person is None:
            raise Refusal(401, say("board.who"))
        return self.person

    def room(self, number: int) -> Room:
        """The visitor's room, when it is that one. Raises Refusal for every other."""
        found = rooms.room(self.board.database, number)
        if found is None or self.somebody().room != number:
            raise Refusal(404, say("board.no_page"))
        return found

    def organised(self, number: int) -> Room:
        """The room, for its organisers. Raises Refusal."""
        found = self.room(number)
        if not self.somebody().organises:
            raise Refusal(403, say("board.not_yours"))
        return found

    def owns(self, system: System) -> bool:
        """May change the system and start runs of it."""
        person = self.somebody()
        return system.room == person.room and (system.owner == person.id or person.organises)

    def system(self, number: int) -> System:
        """A system that the visitor owns. Raises Refusal."""
        found = rooms.system(self.board.database, number)
        if found is None or found.room != self.somebody().room:
            raise Refusal(404, say("board.no_page"))
        if not self.owns(found):
            raise Refusal(403, say("board.not_yours"))
        return found

    def own_systems(self) -> tuple[System, ...]:
        """The systems that the visitor declared."""
        person = self.somebody()
        every = rooms.systems(self.board.database, person.room)
        return tuple(system for system in every if system.owner == person.id)

    def run(self, number: int) -> Run:
        """A run that the visitor may read. Raises Refusal."""
        person = self.somebody()
        found = runs.run(self.board.database, number)
        if found is None or found.room != person.room:
            raise Refusal(404, say("board.no_page"))
        own = {system.id for system in self.own_systems()}
        if not person.sees_all and own.isdisjoint(found.systems):
            raise Refusal(403, say("board.not_yours"))
        return found

    def changes(self, run: Run) -> bool:
        """May stop the run, or start it again."""
        own = {system.id for system in self.own_systems()}
        return self.somebody().organises or not own.isdisjoint(run.systems)

    def agrees(self, run: Run) -> bool:
        """Is the one whose agreement a proposed run waits for: not who proposed it."""
        person = self.somebody()
        proposed = run.state == "proposed" and run.asked_by != person.id
        return proposed and self.changes(run)

    def run_to_change(self, number: int) -> Run:
        """A run that the visitor may stop or start again. Raises Refusal."""
        found = self.run(number)
        if not self.changes(found):
            raise Refusal(403, say("board.not_yours"))
        return found


def visit(request: Request) -> Visit:
    """Who comes with a request."""
    board: Board = request.app.state.board
    session = board.cookies.read(request.cookies.get(cookies.NAME, "")) or board.cookies.new()
    found = rooms.person(board.database, session.person) if session.person else None
    if found and found.epoch != session.epoch:
        found = None
    return Visit(board, request, session, found, language_of(request, board.lang))


@dataclass(frozen=True)
class Form:
    """What somebody sent from a page of ours."""

    visit: Visit
    fields: tuple[tuple[str, str], ...]

    def every(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return tuple(value for key, value in self.fields if key == name)

    def text(self, name: str, most: int = 80, *, wanted: bool = True) -> str:
        """One line, blanks at its ends left out. Raises Refusal when it is absent or too long."""
        value = " ".join(next(iter(self.every(name)), "").split())
        return self._fits(name, value, most, wanted)

    def lines(self, name: str, most: int = 2000) -> str:
        """Several lines, or none. Raises Refusal when they are too long."""
        value = next(iter(self.every(name)), "").replace("\r\n", "\n").strip()
        return self._fits(name, value, most, False)

    def _fits(self, name: str, value: str, most: int, wanted: bool) -> str:
        if (wanted and not value) or len(value) > most or "\0" in value:
            raise Refusal(422, say("board.bad_field", field=say(f"board.field.{name}"), most=most))
        return value

    def among(self, name: str, known: Sequence[str]) -> str:
        """One of the values that are known. Raises Refusal."""
        value = next(iter(self.every(name)), "")
        if value not in known:
            raise Refusal(422, say("board.bad_choice", field=say(f"board.field.{name}")))
        return value

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number. Raises Refusal."""
        value = next(iter(self.every(name)), "").strip()
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            value = "-1"
        if not least <= int(value) <= most:
            what = say("board.bad_number", field=say(f"board.field.{name}"), least=least, most=most)
            raise Refusal(422, what)
        return int(value)


async def form(request: Request, of: Annotated[Visit, Depends(visit)]) -> Form:
    """The form of a request. Raises Refusal when no page of ours gave it to this visitor."""
    try:
        body = await request.body()
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS)
    except ClientDisconnect:
        raise Refusal(413, say("board.too_large")) from None
    except (UnicodeDecodeError, ValueError):
        raise Refusal(400, say("board.bad_form")) from None
    sent = Form(of, tuple(pairs))
    _check_mark(request, of, sent)
    return sent


@dataclass(frozen=True)
class Upload:
    """A form that brings a file: its name as the browser said it, and its bytes."""

    form: Form
    name: str
    data: bytes


async def upload(request: Request, of: Annotated[Visit, Depends(visit)]) -> Upload:
    """The form of a request that brings one file. Nothing is read for who is nobody.

    Raises Refusal when no page of ours gave it to this visitor, or it brings no file.
    """
    of.somebody()
    try:
        async with request.form(max_files=1, max_fields=8, max_part_size=_PART) as sent:
            fields = tuple((name, value) for name, value in sent.multi_items() if _is_text(value))
            files = [value for _, value in sent.multi_items() if isinstance(value, UploadFile)]
            data = await files[0].read() if files else b""
    except ClientDisconnect:
        raise Refusal(413, say("board.too_large")) from None
    except HTTPException:
        raise Refusal(400, say("board.bad_form")) from None
    form = Form(of, tuple((name, str(value)) for name, value in fields))
    _check_mark(request, of, form)
    if not data:
        raise Refusal(422, say("board.proof.none"))
    return Upload(form, files[0].filename or "", data)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _check_mark(request: Request, of: Visit, form: Form) -> None:
    found = next(iter(form.every(cookies.FIELD)), "")
    if cookies.NAME not in request.cookies or not of.board.cookies.marked(of.session, found):
        raise Refusal(403, say("board.unmarked"))
