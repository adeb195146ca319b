"""Puts a board on the network: folder, database, codes, then the server, until it is stopped."""

import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from harness.errors import HarnessError
from harness.show.board import app
from harness.show.board.access import Board
from harness.show.board.cookies import Cookies
from harness.show.board.feed import Feed
from harness.show.board.pages import entry, invite
from harness.show.board.patience import Patient
from harness.show.board.play import desk
from harness.show.board.play.desk import Desk
from harness.show.board.store import codes, database, rooms
from harness.show.board.store.codes import Attempts, Secret
from harness.show.board.store.database import Database
from harness.show.words import tr
from harness.sim.network.net import why
from harness.sim.network.tls import Tls
from harness.text import say

_SHUTDOWN: Final = 2  # seconds that open pages are given
_CONNECTIONS: Final = 800  # at once, below what a process may usually have open
_TURN: Final = 0.001  # seconds that a thread which writes a page keeps the streams waiting
_ROLES: Final = ("organiser", "monitor", "vendor")


@dataclass(frozen=True, slots=True)
class Terms:
    """How a board is served. `public`: its address for browsers, when it is not `host`."""

    host: str
    ports: Sequence[int]
    names: Sequence[str]
    any_address: bool
    public: str
    url: str | None
    folder: Path
    parallel: int
    within: float
    tls: Tls | None
    lang: str
    limit: float = 3600.0


def serve(
    terms: Terms,
    port: int,
    room: str | None,
    profile: str,
    scenarios: tuple[str, ...],
    tell: Callable[[str], object],
    *,
    climb: bool = True,
) -> int:
    """Serve until stopped; `room` is made first. Raises HarnessError when it cannot begin.

    `climb`: in the room, levels come one after the other (see `ladder`).
    """
    _folder(terms.folder)
    listening = _listen(terms.host, port)
    with listening:
        at = listening.getsockname()[1]
        board = make(terms, at)
        tell(tr("board.serving", url=board.url))
        tell(tr("board.kept", where=_where(terms)))
        tell(tr("board.link.host", link=f"{board.url}/join#{board.host_key}"))
        if room:
            number = _make_room(board, room, profile, scenarios, tell)
            if not climb:
                entry.free(board, number)
        tell(tr("board.stop_with"))
        pages = app.make(board, terms.names, any_address=terms.any_address)
        sys.setswitchinterval(_TURN)
        _Server(config(pages), board.feed).run(sockets=[listening])
    return 0


def config(pages: FastAPI, http: type[Patient] = Patient) -> uvicorn.Config:
    """How pages are served: limits and deadlines."""
    return uvicorn.Config(
        pages,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN,
        http=http,
        ws="none",
        limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=64 * 1024,
    )


class _Server(uvicorn.Server):
    """Ends in order at a signal, which is no mistake; at once at the second SIGINT.

    Streams end first: nothing else ends while they are open.
    """

    def __init__(self, how: uvicorn.Config, feed: Feed) -> None:
        super().__init__(how)
        self.feed = feed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.feed.end()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def make(terms: Terms, port: int) -> Board:
    """The board of a folder and a database. Raises HarnessError."""
    secret = Secret.of(terms.folder / "secret")
    kept = Database(terms.url or _own_url(terms.folder))
    at = desk.Terms(
        folder=terms.folder,
        at=terms.host,
        parallel=terms.parallel,
        lang=terms.lang,
        within=terms.within,
        tls=terms.tls,
        limit=terms.limit,
    )
    work = Desk(kept, at)
    shown = next(iter(terms.names), "127.0.0.1") if terms.any_address else terms.host
    shown = f"[{shown}]" if ":" in shown else shown
    return Board(
        database=kept,
        secret=secret,
        cookies=Cookies(secret),
        desk=work,
        feed=Feed(work),
        ports=terms.ports,
        url=terms.public or f"http://{shown}:{port}",
        public=bool(terms.public),
        at=terms.host,
        lang=terms.lang,
        host_key=codes.make(),
        folder=terms.folder,
        tls=terms.tls,
        joins=Attempts(),
        looks=Attempts(),
    )


def _make_room(
    board: Board,
    name: str,
    profile: str,
    scenarios: tuple[str, ...],
    tell: Callable[[str], object],
) -> int:
    chosen = entry.chosen_scenarios(scenarios, profile)
    number, given = rooms.make_room(
        board.database, board.secret, name=name, profile=profile, scenarios=chosen
    )
    board.shown[number] = given[invite.ROLE]
    for role in _ROLES:
        tell(tr(f"board.link.{role}", link=f"{board.url}/join#{given[role]}"))
    tell(tr("board.link.once"))
    return number


def _own_url(folder: Path) -> str:
    return database.sqlite_url(folder / "board.sqlite")


def _where(terms: Terms) -> str:
    return database.without_password(terms.url) if terms.url else str(terms.folder / "board.sqlite")


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.listdir(folder)  # noqa: PTH208  a folder that cannot be read is none
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("board.no_folder", reason=reason), file=folder) from None


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises HarnessError."""
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, address = found[0]
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(1024)
    except OSError as wrong:
        where = f"{host}:{port}"
        reason = why(wrong) if wrong.errno in errno.errorcode else str(wrong)
        raise HarnessError(say("net.cannot_listen", where=where, reason=reason)) from None
    return opened
