"""The API for programs of vendors: start runs, fetch verdicts. Described in OpenAPI, `/api/v1`.

A token stands for the person who made it, with the same rights as on the pages. No cookie is looked
at here.
"""

import json
from typing import Annotated, Any, Final, Literal, Self

import anyio.from_thread
from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from harness.show.board import matrix
from harness.show.board.access import Board, Number, Refusal, Visit
from harness.show.board.cookies import Session
from harness.show.board.pages import tokens
from harness.show.board.play import acting
from harness.show.board.store import rooms, runs
from harness.show.board.store.rooms import System
from harness.show.board.store.runs import Event, Run
from harness.text import Text, say

PATH: Final = "/api/v1"
ROUTER: Final = APIRouter()
_PAGE: Final = 500  # events of one answer
_ONE_OF_BOTH: Final[JsonValue] = [
    {"required": ["scenarios"], "properties": {"scenarios": {"minItems": 1}}},
    {"required": ["other"], "properties": {"other": {"type": "integer"}}},
]


class Words(BaseModel):
    """The same in both languages."""

    fr: str
    en: str


class Mistake(BaseModel):
    """Why something was not done."""

    error: Words


class ScenarioOut(BaseModel):
    """A scenario of the session, and the flows that it exchanges."""

    name: str
    title: Words
    flows: list[str]


class RoomOut(BaseModel):
    """The session that the token is for, and what its owner is in it."""

    id: int
    name: str
    profile: str
    closed: bool
    role: str
    scenarios: list[ScenarioOut]


class SystemOut(BaseModel):
    """A system. `listen` is our port, where it sends; both addresses only of one's own."""

    id: int
    organisation: str
    name: str
    version: str
    role: str
    own: bool
    host: str | None = None
    port: int | None = None
    listen: int | None = None


class RunOut(BaseModel):
    """A run, `level` N1 alone, N2 with a partner, N3 the whole with a monitor.

    `verdict` is null as long as there is none; times in seconds since 1970, UTC.
    """

    id: int
    system: int
    version: str
    other: int | None
    other_version: str | None
    scenario: str
    level: str
    state: str
    verdict: str | None
    at_fault: str | None
    reason: Words | None
    asked: float
    started: float | None
    ended: float | None


class CellOut(BaseModel):
    """A cell of the board: the latest run of a system in its version of today."""

    system: int
    other: int | None
    scenario: str
    run: int
    state: str
    verdict: str | None


class EventOut(BaseModel):
    """Something that happened in a run: `exchange`, `waits`, `listening`, `cell`, `end`."""

    id: int
    kind: str
    at: float
    data: dict[str, Any]


class StartIn(BaseModel):
    """What to start: scenarios by name, `*` for all; or a run with another system, at level N2, or
    N3: the whole exchange, which a monitor follows.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"anyOf": _ONE_OF_BOTH})

    scenarios: list[Annotated[str, Field(max_length=128)]] = Field(default=[], max_length=200)
    other: int | None = Field(default=None, ge=1, le=2**31 - 1)
    level: Literal["N2", "N3"] = "N2"

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.scenarios and self.other is None:
            raise ValueError("scenarios or other is wanted")
        return self


_BEARER: Final = HTTPBearer(auto_error=False, description="a token made on the page /tokens")
_MISTAKES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Mistake} for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}


def caller(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Visit:
    """Who a request is from. Raises Refusal for a token that is none."""
    board: Board = request.app.state.board
    who = f"api {request.client.host if request.client else '-'}"
    if wait := board.joins.wait(who):
        raise Refusal(429, say("board.too_often"), wait)
    number = tokens.person_of(board, given.credentials) if given else None
    person = rooms.person(board.database, number) if number else None
    if person is None:
        if given:
            board.joins.failed(who)
        raise Refusal(401, say("board.bad_token"))
    return Visit(board, request, Session("", person.id, person.epoch), person, board.lang)


By = Annotated[Visit, Depends(caller)]


@ROUTER.get("/room")
def room(visit: By) -> RoomOut:
    """The session, and its scenarios."""
    person = visit.somebody()
    found = visit.room(person.room)
    scenarios = [
        ScenarioOut(name=one.name, title=_words(one.title), flows=list(one.flows))
        for one in matrix.columns(found)
    ]
    return RoomOut(
        id=found.id,
        name=found.name,
        profile=found.profile,
        closed=found.closed,
        role=person.role,
        scenarios=scenarios,
    )


@ROUTER.get("/systems")
def systems(visit: By) -> list[SystemOut]:
    """Every system of the session."""
    every = rooms.systems(visit.board.database, visit.somebody().room)
    return [_system(one, own=visit.owns(one)) for one in every]


@ROUTER.get("/board")
def board(visit: By) -> list[CellOut]:
    """The board: the latest run of each cell."""
    latest = runs.latest(visit.board.database, visit.somebody().room)
    return [
        CellOut(
            system=run.system,
            other=run.other,
            scenario=run.scenario,
            run=run.id,
            state=run.state,
            verdict=run.verdict or None,
        )
        for run in latest
    ]


@ROUTER.get("/systems/{number}/runs")
def history(visit: By, number: Number) -> list[RunOut]:
    """The runs of one's own system, the latest first."""
    found = visit.system(number)
    return [_run(run) for run in runs.of_system(visit.board.database, found.id)]


@ROUTER.post("/systems/{number}/runs", status_code=202)
def start(visit: By, number: Number, wanted: StartIn) -> list[RunOut]:
    """Put runs into the queue; those that wait already are left out."""
    if wanted.other is not None:
        asked = [one for one in [acting.propose(visit, number, wanted.other, wanted.level)] if one]
    else:
        asked = list(acting.ask(visit, number, wanted.scenarios))
    anyio.from_thread.run(visit.board.desk.look)
    return [_run(visit.run(one)) for one in asked]


@ROUTER.get("/runs/{number}")
def run(visit: By, number: Number) -> RunOut:
    """One run."""
    return _run(visit.run(number))


@ROUTER.post("/runs/{number}/stop")
def stop(visit: By, number: Number) -> RunOut:
    """Withdraw a run that waits, stop one that goes on."""
    acting.stop(visit, number)
    anyio.from_thread.run(visit.board.desk.look)
    return _run(visit.run(number))


@ROUTER.post("/runs/{number}/agree")
def agree(visit: By, number: Number) -> RunOut:
    """Agree to a run that another vendor proposed."""
    acting.agree(visit, number)
    anyio.from_thread.run(visit.board.desk.look)
    return _run(visit.run(number))


@ROUTER.get("/runs/{number}/events")
def events(
    visit: By, number: Number, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
) -> list[EventOut]:
    """What happened in a run after an event, oldest first, at most 500."""
    visit.run(number)
    told = runs.events_of_run(visit.board.database, number, after, _PAGE)
    return [_event(one) for one in told]


@ROUTER.get("/runs/{number}/result", response_model=dict[str, Any])
def result(visit: By, number: Number) -> Response:
    """The JSON result of a run, as `telerad run --format json` writes it."""
    visit.run(number)
    file = visit.board.desk.folder(number) / "result.json"
    if not file.is_file():
        raise Refusal(404, say("board.no_report"))
    return Response(file.read_bytes(), media_type="application/json")


def make(shared: Board) -> FastAPI:
    """The application to mount at `PATH`."""
    app = FastAPI(
        title="telerad serve",
        version="1",
        description="Start runs and fetch their verdicts.",
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": PATH}],
        responses=_MISTAKES,
        exception_handlers={
            Refusal: _refused,
            HTTPException: no_page,
            RequestValidationError: _invalid,
            OperationalError: _away,
        },
    )
    app.state.board = shared
    app.include_router(ROUTER)
    return app


async def _refused(request: Request, refused: Any) -> Response:
    headers = {"retry-after": str(int(refused.wait) + 1)} if refused.wait else {}
    if refused.status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": refused.what.as_dict()}, refused.status, headers)


async def no_page(request: Request, wrong: Any) -> Response:
    """Nothing answers at an address, or not by that method."""
    known = wrong.status_code in (404, 405)
    what = say("board.no_page") if known else say("board.bad_form")
    headers = {"allow": _allowed(request)} if wrong.status_code == 405 else {}
    return JSONResponse({"error": what.as_dict()}, wrong.status_code, headers)


def _allowed(request: Request) -> str:
    """Every method of an address: its routes know one each."""
    routes = (route for route in ROUTER.routes if isinstance(route, APIRoute))
    at = request.scope["path"].removeprefix(PATH)
    return ", ".join(sorted({m for r in routes if r.path_regex.match(at) for m in r.methods or ()}))


async def _away(request: Request, wrong: Any) -> Response:
    return JSONResponse({"error": say("board.away").as_dict()}, 503, {"retry-after": "5"})


async def _invalid(request: Request, wrong: RequestValidationError) -> Response:
    first = wrong.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    what = say("board.bad_value", where=where, why=str(first["msg"]))
    text = json.dumps({"error": what.as_dict()})
    return Response(text, 422, media_type="application/json")


def _words(text: Text) -> Words:
    return Words(fr=text.fr, en=text.en)


def _system(of: System, *, own: bool) -> SystemOut:
    shown = {name: getattr(of, name) for name in ("id", "organisation", "name", "version", "role")}
    if own:
        shown |= {"host": of.host, "port": of.port, "listen": of.listen}
    return SystemOut(**shown, own=own)


def _run(of: Run) -> RunOut:
    return RunOut(
        id=of.id,
        system=of.system,
        version=of.version,
        other=of.other,
        other_version=of.other_version or None,
        scenario=of.scenario,
        level=of.level,
        state=of.state,
        verdict=of.verdict or None,
        at_fault=of.blame or None,
        reason=_words(of.reason) if of.reason else None,
        asked=of.asked,
        started=of.started,
        ended=of.ended,
    )


def _event(of: Event) -> EventOut:
    return EventOut(id=of.id, kind=of.kind, at=of.at, data=dict(of.data))
