"""Somebody with a browser: keeps cookies, fills in the forms of pages."""

import re
from html import unescape

from httpx2 import Client, Response
from starlette.testclient import TestClient

from harness.show.board import app
from harness.show.board.access import Board
from harness.show.board.pages import entry
from harness.show.board.store import rooms

ADDRESS = "http://127.0.0.1:8000"
SYSTEM = {
    "system": "Radix",
    "version": "4.2",
    "side": "ris",
    "host": "127.0.0.1",
    "port": "2575",
}


class Visitor:
    """`client` speaks to a server, or to a board in memory."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.client.headers["origin"] = str(client.base_url).rstrip("/")

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers=headers)

    def mark(self, path: str = "/join") -> str:
        found = re.search(r'name="mark" value="(\w+)"', self.get(path).text)
        assert found
        return found[1]

    def post(self, path: str, page: str = "/join", **fields: str | list[str]) -> Response:
        return self.client.post(path, data={"mark": self.mark(page), **fields})

    def join(self, code: str, name: str = "Ana", organisation: str = "Acme") -> Response:
        return self.post("/join", code=code, name=name, organisation=organisation)

    def declare(self, room: int = 1, **changes: str) -> int:
        said = self.post(f"/rooms/{room}/systems", **{**SYSTEM, **changes})
        assert said.status_code == 303, said.text
        return int(said.headers["location"].rpartition("/")[2])


class Near(Visitor):
    """A visitor of a board in memory."""

    def __init__(self, board: Board) -> None:
        super().__init__(TestClient(app.make(board), base_url=ADDRESS, follow_redirects=False))
        self.board = board


def make_room(board: Board, name: str = "Lille", *, climb: bool = False) -> dict[str, str]:
    """A room with two scenarios; its codes. `climb`: levels come one after the other."""
    names = ("lb-nominal-ct-brain", "lb-neg-ins-key")
    number, codes = rooms.make_room(
        board.database, board.secret, name=name, profile="livre-blanc-2024", scenarios=names
    )
    if not climb:
        entry.free(board, number)
    return codes


def text(answer: Response) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", answer.text))
