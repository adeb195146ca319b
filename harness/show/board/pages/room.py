"""Pages of a room: the board, the systems that vendors declare."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import anyio.from_thread
from fastapi import APIRouter, Depends
from starlette.responses import Response

from harness.errors import HarnessError
from harness.show import doctor
from harness.show.board import access, ladder, matrix
from harness.show.board.access import Form, Number, Refusal, Visit
from harness.show.board.ladder import LEVELS
from harness.show.board.pages import answers, invite, schedule
from harness.show.board.play import acting
from harness.show.board.store import rooms, runs
from harness.show.board.store.rooms import Declared, Room, System
from harness.show.doctor import Line
from harness.show.runs.surroundings import now
from harness.text import say

ROUTER: Final = APIRouter()
From = Annotated[Visit, Depends(access.visit)]
Sent = Annotated[Form, Depends(access.form)]
MOST_SYSTEMS: Final = 10  # of one person
_SIDES: Final = ("ris", "platform")


@ROUTER.get("/rooms/{number}")
def board(visit: From, number: Number) -> Response:
    """The board, and below it what the visitor may do."""
    room = visit.room(number)
    tv = "tv" in visit.request.query_params
    invited = invite.of_room(visit, room) if visit.somebody().sees_all else None
    return answers.page(visit, "room", tv=tv, invited=invited, **_shown(visit, room))


@ROUTER.get("/rooms/{number}/matrix")
def part(visit: From, number: Number) -> Response:
    """The matrix alone, for a page that is open."""
    tv = "tv" in visit.request.query_params
    return answers.page(visit, "matrix", tv=tv, **_shown(visit, visit.room(number)))


def _shown(visit: Visit, room: Room) -> dict[str, Any]:
    database = visit.board.database
    person = visit.somebody()
    last = runs.last_event(database, room.id)
    systems = rooms.systems(database, room.id)
    waiting = runs.open_runs(database, room.id)
    latest = runs.latest(database, room.id)
    platforms, pairs = matrix.pairs(systems, latest)
    known = ladder.facts(database, room)
    return {
        "room": room,
        "last": last,
        "columns": matrix.columns(room),
        "rows": matrix.rows(systems, room.scenarios, latest),
        "platforms": platforms,
        "pairs": pairs,
        "systems": {system.id: system for system in systems},
        "mine": frozenset(system.id for system in systems if visit.owns(system)),
        "readable": lambda *of: person.sees_all or any(s.owner == person.id for s in of),
        "waiting": waiting,
        **schedule.shown(database, room.id, _scheduled(visit, systems)),
        "reviews": known.reviews,
        "rungs": {one.id: ladder.rungs(one, known) for one in systems},
        "people": rooms.people(database, room.id) if person.organises else (),
        "sides": _SIDES,
    }


def _scheduled(visit: Visit, systems: Sequence[System]) -> list[int] | None:
    """The systems whose schedule a visitor is shown: their own; None, that is all, on a big screen
    and for who has none.
    """
    own = [one.id for one in systems if one.owner == visit.somebody().id]
    return None if "tv" in visit.request.query_params or not own else own


# -- systems ---------------------------------------------------------------------------------


@ROUTER.post("/rooms/{number}/systems")
def declare(form: Sent, number: Number) -> Response:
    """A vendor says which system takes part."""
    visit = form.visit
    visit.room(number)
    if len(visit.own_systems()) >= MOST_SYSTEMS:
        raise Refusal(409, say("board.many_systems", most=MOST_SYSTEMS))
    said = _declared(form)
    try:
        system = rooms.declare(visit.board.database, visit.somebody(), said, visit.board.ports)
    except HarnessError as none:
        raise Refusal(409, none.what) from None
    runs.announce(visit.board.database, number, "systems", {"system": system})
    anyio.from_thread.run(visit.board.desk.tell)
    return answers.go(f"/systems/{system}")


def _host(form: Form, name: str, *, wanted: bool = True) -> str:
    """A name or an address of the network. Raises Refusal."""
    host = form.text(name, 253, wanted=wanted)
    if any(not (c.isascii() and (c.isalnum() or c in ".-:_")) for c in host):
        raise Refusal(422, say("board.bad_field", field=say(f"board.field.{name}"), most=253))
    return host


def _declared(form: Form, role: str = "") -> Declared:
    tls = bool(form.every("tls"))
    if tls and form.visit.board.tls is None:
        raise Refusal(422, say("board.no_tls"))
    return Declared(
        name=form.text("system"),
        version=form.text("version", 40),
        role=role or form.among("side", _SIDES),
        host=_host(form, "host"),
        port=form.number("port", 1, 65535),
        tls=tls,
        tls_name=_host(form, "tls_name", wanted=False),
        tls_client=bool(form.every("tls_client")),
    )


@ROUTER.get("/systems/{number}")
def system(visit: From, number: Number) -> Response:
    """A system: how it reaches us, what it can start, what it did."""
    return _of_system(visit, visit.system(number))


def _of_system(visit: Visit, of: System, lines: tuple[Line, ...] = ()) -> Response:
    database = visit.board.database
    room = visit.room(of.room)
    last = runs.last_event(database, room.id)  # before the rest: what comes meanwhile is streamed
    every = runs.of_system(database, of.id)
    systems = {one.id: one for one in rooms.systems(database, room.id)}
    found = matrix.rows((of,), room.scenarios, runs.latest(database, room.id))
    return answers.page(
        visit,
        "system",
        room=room,
        system=of,
        columns=matrix.columns(room),
        row=found[0],
        every=every[:200],
        titles={column.name: column.title for column in matrix.columns(room)},
        systems=systems,
        others=[one for one in systems.values() if one.role != of.role],
        rungs=ladder.rungs(of, ladder.facts(database, room)),
        levels=LEVELS[1:],
        lines=lines,
        last=last,
    )


@ROUTER.post("/systems/{number}")
def change(form: Sent, number: Number) -> Response:
    """What a vendor says now of a system; a new version begins with an empty row."""
    found = form.visit.system(number)
    rooms.change(form.visit.board.database, number, _declared(form, found.role))
    runs.announce(form.visit.board.database, found.room, "systems", {"system": number})
    anyio.from_thread.run(form.visit.board.desk.tell)
    return answers.go(f"/systems/{number}")


@ROUTER.post("/systems/{number}/doctor")
def look(form: Sent, number: Number) -> Response:
    """Look at the way to a system: its name, its port, TLS."""
    visit, shared = form.visit, form.visit.board
    found = visit.system(number)
    who = str(visit.somebody().id)
    if wait := shared.looks.wait(who):
        raise Refusal(429, say("board.too_often"), wait)
    shared.looks.failed(who)  # every look counts: it opens connections for somebody else
    tls = rooms.tls_with(found, shared.tls)
    busy = any(found.id in run.systems for run in runs.open_runs(shared.database, found.room))
    mine = () if busy else (doctor.port_of((shared.at, found.listen)),)
    lines = (*mine, *doctor.other_side((found.host, found.port), tls, now()))
    return _of_system(visit, found, lines)


@ROUTER.post("/systems/{number}/runs")
def start(form: Sent, number: Number) -> Response:
    """Put scenarios of a system into the queue: those named, or all."""
    asked = acting.ask(form.visit, number, form.every("scenario"))
    anyio.from_thread.run(form.visit.board.desk.look)
    return answers.go(f"/runs/{asked[0]}" if len(asked) == 1 else f"/systems/{number}")


@ROUTER.post("/systems/{number}/between")
def against(form: Sent, number: Number) -> Response:
    """Propose a run with another vendor's system on the other side."""
    level = form.among("level", LEVELS[1:]) if form.every("level") else LEVELS[1]
    asked = acting.propose(form.visit, number, form.number("other", 1, 2**31 - 1), level)
    anyio.from_thread.run(form.visit.board.desk.look)
    return answers.go(f"/runs/{asked}" if asked else f"/systems/{number}")
