"""The API keeps to its own description, whatever a program sends: tried by schemathesis.

`TELERAD_EXAMPLES` is how many requests are made up for each operation and each way of asking.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import just
from test_board_api import Program
from visitor import Near

from harness.show.board import app
from harness.show.board.access import Board
from harness.show.board.store import runs
from harness.show.board.store.codes import Attempts

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
EXAMPLES = int(os.environ.get("TELERAD_EXAMPLES", "12"))
HOST = "testserver"  # the one that schemathesis asks for
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
OPERATIONS = (
    ("GET", "/room"),
    ("GET", "/systems"),
    ("GET", "/board"),
    ("GET", "/systems/{number}/runs"),
    ("POST", "/systems/{number}/runs"),
    ("GET", "/runs/{number}"),
    ("POST", "/runs/{number}/stop"),
    ("POST", "/runs/{number}/agree"),
    ("GET", "/runs/{number}/events"),
    ("GET", "/runs/{number}/result"),
)


@pytest.fixture
def board(board: Board) -> Board:
    """A board that does not mind wrong tokens: there are thousands here."""
    return replace(board, joins=Attempts(most=10**9, in_all=10**9))


@pytest.fixture
def told(board: Board, vendor: Near, rival: Near) -> Any:
    """The description of a board where two vendors have runs of every kind."""
    vendor.declare()
    rival.declare(side="platform")
    vendor.post("/systems/1/runs", "/rooms/1", scenario="*")
    vendor.post("/systems/1/between", "/rooms/1", other="2")
    runs.begin(board.database, 1)
    runs.end(board.database, 1, "done", "fail")
    folder = board.desk.folder(1)
    folder.mkdir(parents=True)
    (folder / "result.json").write_bytes(b'{"verdict": "fail"}')
    pages = without_desk(app.make(board, [HOST]))
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", pages)


def without_desk(pages: Any) -> Callable[..., Awaitable[None]]:
    """The pages, without what works beside them: nothing here is to be played."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                said = (await receive())["type"]
                await send({"type": f"{said}.complete"})
        else:
            await pages(scope, receive, send)

    return answer


def test_every_operation_is_tried(told: Any) -> None:
    found = {(one.ok().method.upper(), one.ok().path) for one in told.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_an_answer_is_one_that_the_description_names(
    told: Any, vendor: Near, method: str, path: str
) -> None:
    operation = told[path][method]
    token = {"Authorization": f"Bearer {Program(vendor).token}"}

    def each(case: Any, headers: dict[str, str]) -> None:
        answer = case.call_and_validate(headers=headers)
        assert answer.status_code < 500
        assert headers or answer.status_code in (400, 401, 422)

    for mode, headers in ((POSITIVE, token), (NEGATIVE, token), (POSITIVE, {}), (NEGATIVE, {})):
        cases = operation.as_strategy(generation_mode=mode)
        SETTINGS(given(case=cases, headers=just(headers))(each))()
