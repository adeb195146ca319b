"""A board on an embedded database, or on the one that TELERAD_TEST_DB names, made empty."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra `server` is not installed")

from visitor import Near, make_room

from harness.show.board import serving
from harness.show.board.access import Board
from harness.show.board.database import Database
from harness.show.board.tables import METADATA


@pytest.fixture
def terms(tmp_path: Path) -> serving.Terms:
    url = os.environ.get("TELERAD_TEST_DB")
    if url:
        emptied = Database(url)
        METADATA.drop_all(emptied.engine)
        emptied.close()
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
