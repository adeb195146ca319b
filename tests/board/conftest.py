"""A board on an embedded database, and once more on the server that TELERAD_TEST_DB names."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("fastapi", reason="the extra `server` is not installed")

import databases
from chromium import chromium
from visitor import Near, make_room

from harness.show.board import serving
from harness.show.board.access import Board

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    if not databases.SERVER:
        pytest.skip("no PostgreSQL server: name one in TELERAD_TEST_DB")
    with databases.schema() as url:
        yield url


@pytest.fixture(params=databases.KINDS)
def url(request: pytest.FixtureRequest) -> str | None:
    """The URL of an empty database; None for a file in the board's own folder."""
    if request.param == "sqlite":
        return None
    found: str = request.getfixturevalue("postgresql")
    databases.empty(found)
    return found


@pytest.fixture
def terms(tmp_path: Path, url: str | None) -> serving.Terms:
    return serving.Terms(
        host="127.0.0.1",
        ports=range(26000, 26003),
        names=(),
        any_address=False,
        public="",
        url=url,
        folder=tmp_path,
        parallel=2,
        within=5.0,
        tls=None,
        lang="en",
    )


@pytest.fixture
def board(terms: serving.Terms) -> Iterator[Board]:
    made = serving.make(terms, 8000)
    yield made
    made.database.close()


@pytest.fixture
def codes(board: Board) -> dict[str, str]:
    return make_room(board)


@pytest.fixture
def visitor(board: Board) -> Callable[[], Near]:
    return lambda: Near(board)


@pytest.fixture
def vendor(board: Board, codes: dict[str, str]) -> Near:
    """A vendor who is in."""
    found = Near(board)
    assert found.join(codes["vendor"]).status_code == 200
    return found


@pytest.fixture
def rival(board: Board, codes: dict[str, str]) -> Near:
    """Another vendor of the same room."""
    found = Near(board)
    found.join(codes["vendor"], "Bo", "Best")
    return found


@pytest.fixture
def organiser(board: Board, codes: dict[str, str]) -> Near:
    found = Near(board)
    found.join(codes["organiser"], "Olga", "Agency")
    return found


@pytest.fixture
def monitor(board: Board, codes: dict[str, str]) -> Near:
    found = Near(board)
    found.join(codes["monitor"], "Max", "Agency")
    return found


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as started:
        yield started
