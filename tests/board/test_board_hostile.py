"""Clients that mean ill, byte by byte: slow ones, deaf ones, and requests that are none."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from uvicorn.server import ServerState

from harness.show.board import app, guard, serving
from harness.show.board.access import Board
from harness.show.board.patience import SLOW, Patient

pytestmark = pytest.mark.net
PATIENCE = 30  # seconds
HOST = "Host: 127.0.0.1\r\n"
GOOD = f"GET /join HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode()
FORM = f"POST /join HTTP/1.1\r\n{HOST}Origin: http://127.0.0.1\r\nContent-Type: x\r\n"


@pytest.fixture
def url() -> None:
    """One database will do: nothing here comes as far."""


class Short(Patient):
    head, body, take = 0.3, 0.3, 0.2


class Served:
    """Pages on a port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def talk(self, *parts: bytes, pause: float = 0.0) -> bytes:
        """What comes back until the other side closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        saying = asyncio.ensure_future(say(writer, parts, pause))
        async with asyncio.timeout(PATIENCE):
            found = b""
            while data := await reading(reader):
                found += data
        saying.cancel()
        writer.close()
        return found

    async def status(self, request: bytes) -> int:
        """The first line of what comes back; 0 when nothing does."""
        words = (await self.talk(request)).split()
        return int(words[1]) if words else 0


async def say(writer: asyncio.StreamWriter, parts: Iterable[bytes], pause: float) -> None:
    for part in parts:
        writer.write(part)
        await asyncio.sleep(pause)


async def reading(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionResetError:
        return b""


@asynccontextmanager
async def served(pages: Any, http: type[Patient] = Short) -> AsyncIterator[Served]:
    config = serving.config(pages, http)
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: http(config, state, {}), "127.0.0.1", 0)
    try:
        yield Served(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for line in list(state.connections):
            line.transport.abort()  # type: ignore[union-attr]
        if state.tasks:
            await asyncio.wait(state.tasks, timeout=PATIENCE)


def run(board: Board, what: Callable[[Served], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        async with served(app.make(board)) as pages:
            await what(pages)
            assert await pages.status(GOOD) == 200  # alive and sane afterwards

    asyncio.run(all_of_it())


@pytest.mark.parametrize(
    ("parts", "pause"),
    [
        ([b"GET /join HT"], 0.0),
        ([bytes([byte]) for byte in GOOD[:-1]], 0.02),
        ([b"GET /join HTTP/1.1\r\nHost: a\r\n", *(b"X: y\r\n" for _ in range(90))], 0.02),
        ([f"{FORM}Content-Length: 900\r\n\r\n".encode(), *(b"x" for _ in range(90))], 0.02),
        ([f"{FORM}Transfer-Encoding: chunked\r\n\r\n".encode()], 0.0),
    ],
    ids=["half a line", "by the byte", "one field at a time", "slow body", "no chunk"],
)
def test_who_is_slow_is_sent_away(board: Board, parts: list[bytes], pause: float) -> None:
    async def slowly(pages: Served) -> None:
        answer = await pages.talk(*parts, pause=pause)
        assert answer.startswith(b"HTTP/1.1 408 ")

    run(board, slowly)


def test_a_connection_opened_in_advance_is_closed_without_a_word(board: Board) -> None:
    async def silently(pages: Served) -> None:
        assert await pages.talk() == b""

    run(board, silently)


def test_a_request_after_another_has_a_deadline_of_its_own(board: Board) -> None:
    keep = GOOD.replace(b"Connection: close\r\n", b"")

    async def twice(pages: Served) -> None:
        answer = await pages.talk(keep, keep, keep[:20], pause=0.1)
        assert answer.count(b"HTTP/1.1 200 ") == 2
        assert b"HTTP/1.1 408 " in answer

    run(board, twice)


def test_a_body_that_keeps_coming_is_waited_for(board: Board) -> None:
    head = f"{FORM}Connection: close\r\nContent-Length: 8000\r\n\r\n".encode()

    async def steadily(pages: Served) -> None:
        answer = await pages.talk(head, *(b"x" * 1000 for _ in range(8)), pause=0.1)
        assert answer.startswith(b"HTTP/1.1 403 ")  # no mark in it

    run(board, steadily)


def test_who_does_not_read_is_cut_off() -> None:
    over = asyncio.Event()
    scopes: list[Any] = []

    async def talks(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while (await asyncio.sleep(0)) is None and not over.is_set():
                await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
                if SLOW in scope:
                    over.set()
        finally:
            over.set()

    async def deaf() -> None:
        async with served(talks) as pages:
            _, writer = await asyncio.open_connection("127.0.0.1", pages.port, limit=1)
            writer.write(GOOD)
            async with asyncio.timeout(PATIENCE):
                await over.wait()
            writer.close()

    asyncio.run(deaf())
    assert scopes[0][SLOW]


WRONG = {
    "no request": (b"\x00\x01\x02\r\n\r\n", 400),
    "HL7": (b"\x0bMSH|^~\\&|A\r\x1c\r\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "no host": (b"GET /join HTTP/1.1\r\n\r\n", 400),
    "no host, old": (b"GET /join HTTP/1.0\r\n\r\n", 400),
    "two hosts": (f"GET /join HTTP/1.1\r\n{HOST}Host: evil.example\r\n\r\n".encode(), 400),
    "strange host": (b"GET /join HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 400),
    "absolute, strange": (GOOD.replace(b"/join", b"http://evil.example/join"), 404),
    "absolute, strange host": (
        GOOD.replace(b"/join", b"http://127.0.0.1/join").replace(b"Host: 127.0.0.1", b"Host: e"),
        400,
    ),
    "no path": (GOOD.replace(b"/join", b"*"), 404),
    "both lengths": (
        f"{FORM}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode(),
        400,
    ),
    "two lengths": (f"{FORM}Content-Length: 5\r\nContent-Length: 6\r\n\r\n".encode(), 400),
    "negative length": (f"{FORM}Content-Length: -5\r\n\r\n".encode(), 400),
    "a gigabyte": (f"{FORM}Content-Length: 1073741824\r\n\r\n".encode(), 413),
    "unknown coding": (f"{FORM}Transfer-Encoding: gzip, chunked\r\n\r\n".encode(), 400),
    "a NUL in a field": (GOOD.replace(b"127.0.0.1", b"127.0.0.1\x00"), 400),
    "a long line": (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n", 400),
    "10,000 fields": (b"GET /join HTTP/1.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", 400),
    "101 fields": (GOOD.replace(b"\r\n\r\n", b"\r\n" + b"X: y\r\n" * 99 + b"\r\n"), 431),
    "trace": (GOOD.replace(b"GET", b"TRACE"), 403),
    "connect": (GOOD.replace(b"GET /join", b"CONNECT evil.example:443"), 403),
    "invented": (GOOD.replace(b"GET", b"PWN"), 403),
    "a method in a field": (
        f"{FORM}X-HTTP-Method-Override: GET\r\nConnection: close\r\n\r\n".encode(),
        403,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_request_of_ours_is_refused(board: Board, name: str) -> None:
    request, status = WRONG[name]

    async def wrongly(pages: Served) -> None:
        found = await pages.status(request)
        assert found == status

    run(board, wrongly)


def test_a_socket_of_another_kind_is_not_opened(board: Board) -> None:
    upgrade = (
        "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: http://evil.example\r\n"
    )

    async def other(pages: Served) -> None:
        request = f"GET /rooms/1/events HTTP/1.1\r\n{HOST}{upgrade}\r\n".encode()
        assert await pages.status(request) == 403

    run(board, other)


def test_what_follows_a_request_harms_nobody(board: Board) -> None:
    keep = GOOD.replace(b"Connection: close\r\n", b"")

    async def piled(pages: Served) -> None:
        answer = await pages.talk(keep * 20 + b"\x00rubbish\r\n\r\n")
        assert answer.count(b"HTTP/1.1 200 ") == 20
        body = f"{FORM}Content-Length: {guard.LIMIT + 1}\r\n\r\n".encode() + b"x" * 200_000
        assert (await pages.talk(body)).startswith(b"HTTP/1.1 413 ")

    run(board, piled)
