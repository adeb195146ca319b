"""The figures of the robustness sheet, 3.11: how often something was tried, how often it worked.

`TELERAD_TRIES` is how many races and comings back there are (100); 1,000 by hand.
"""

import asyncio
import os
import re
import threading
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert
from test_board_hostile import Served, served
from visitor import ADDRESS, SYSTEM, Near

from harness.show.board import app
from harness.show.board.access import Board
from harness.show.board.store import reviews, rooms, runs
from harness.show.board.store.codes import Attempts, make
from harness.show.board.store.tables import EVENTS

TRIES = int(os.environ.get("TELERAD_TRIES", "100"))
NOMINAL = "lb-nominal-ct-brain"
PATIENCE = 60  # seconds
ELSEWHERE: tuple[dict[str, str], ...] = (
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8001"},
    {"origin": "https://127.0.0.1:8000"},
    {"origin": ADDRESS + ".evil.example"},
    {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "none", "origin": ""},
    {"origin": "file://"},
)


def test_w01_ten_thousand_guesses_let_nobody_in(board: Board, codes: dict[str, str]) -> None:
    assert not any(rooms.opened_by(board.database, board.secret, make()) for _ in range(10_000))
    now = 0.0
    attempts, taken = Attempts(clock=lambda: now), 0
    for _ in range(10_000):  # one each second, for nearly three hours
        now += 1.0
        if not attempts.wait("a"):
            attempts.failed("a")
            taken += 1
    assert taken <= 10_000 / 60 * 10 + 10


@pytest.mark.parametrize(
    "how", ["?token={}", "?access_token={}", "?code={}", "?mark={}", "/?telerad={}"]
)
def test_w01_nothing_in_an_address_lets_anybody_in(
    vendor: Near, codes: dict[str, str], visitor: Callable[[], Near], how: str
) -> None:
    told = vendor.post("/tokens", "/tokens", label="CI").text
    token = re.findall(r">(telerad_[\w-]+)<", told)[0]
    for secret in (token, codes["organiser"], vendor.client.cookies["telerad"]):
        one = visitor()
        assert one.get("/api/v1/room" + how.format(secret)).status_code in (401, 404)
        assert one.get("/rooms/1" + how.format(secret)).status_code in (303, 404)


def test_w02_no_request_of_another_site_is_taken(vendor: Near) -> None:
    number = vendor.declare()
    paths = ("/rooms/1/systems", f"/systems/{number}/runs", "/tokens", "/leave", "/join")
    fields = {"mark": vendor.mark("/rooms/1"), "scenario": "*", "label": "x", **SYSTEM}
    seen = [
        vendor.client.post(path, data=fields, headers=headers).status_code
        for path in paths
        for headers in ELSEWHERE
    ]
    assert seen == [403] * 40
    streams = [
        vendor.get("/rooms/1/events", accept="text/event-stream", **headers).status_code
        for headers in ELSEWHERE
    ]
    assert streams == [403] * 8
    database = vendor.board.database
    assert len(rooms.systems(database, 1)) == 1
    assert runs.of_system(database, number) == ()
    assert vendor.get("/rooms/1").status_code == 200


@pytest.mark.parametrize("field", ["_method", "X-HTTP-Method-Override"])
def test_w04_a_method_is_the_one_of_the_request(vendor: Near, field: str) -> None:
    number = vendor.declare()
    path = f"/systems/{number}/runs"
    for asked in (f"{path}?{field}=POST", path):
        assert vendor.get(asked, **{"x-http-method-override": "POST"}).status_code == 405
    assert runs.of_system(vendor.board.database, number) == ()


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/rooms/1",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/....//....//etc/passwd",
        "/runs/..%5c..%5csecret/report",
        "/runs/1/report/..;/secret",
        "/runs/1%00/report",
        "/board.css%00.js",
        "/rooms/1%0d%0aSet-Cookie:a=b",
        "/runs/%e2%81%84etc/report",
        "/runs/1e0",
        "/runs/１",
        "/rooms/0x1",
    ],
)
def test_w04_no_trick_of_an_address_leads_elsewhere(vendor: Near, path: str) -> None:
    answer = vendor.client.get(ADDRESS + path)
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers


# -- streams ---------------------------------------------------------------------------------


def watching(board: Board, what: Callable[[Served], Any]) -> None:
    """A board on a port, its feed at work, nothing played."""

    async def all_of_it() -> None:
        reads = asyncio.create_task(board.feed.work())
        async with served(app.make(board)) as pages:
            await what(pages)
        reads.cancel()

    asyncio.run(asyncio.wait_for(all_of_it(), PATIENCE * 3))


def stream(cookie: str, last: int) -> bytes:
    return (
        f"GET /rooms/1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: telerad={cookie}\r\n"
        f"Accept: text/event-stream\r\nLast-Event-ID: {last}\r\n\r\n"
    ).encode()


def test_w06_who_comes_back_misses_nothing_and_sees_nothing_twice(
    board: Board, monitor: Near
) -> None:
    cookie, seen = monitor.client.cookies["telerad"], list[int]()
    count = 3 * TRIES

    async def happens() -> None:
        for number in range(count):
            await asyncio.to_thread(runs.announce, board.database, 1, "review", {"run": number})
            await board.desk.tell()

    async def come_and_go(pages: Served) -> None:
        writing = asyncio.create_task(happens())
        while len(seen) < count:
            reader, writer = await asyncio.open_connection("127.0.0.1", pages.port)
            writer.write(stream(cookie, seen[-1] if seen else 0))
            found = 0
            while found < 3 and (line := await reader.readline()):
                if line.startswith(b"id: "):
                    seen.append(int(line[4:]))
                    found += 1
            writer.close()
        await writing

    watching(board, come_and_go)
    assert seen[0] == 1
    assert all(after == before + 1 for before, after in pairwise(seen))
    assert len(seen) >= count


def test_w05_a_viewer_who_does_not_read_is_cut_off_and_told(board: Board, monitor: Near) -> None:
    cookie = monitor.client.cookies["telerad"]
    told = {"room": 1, "kind": "review", "data": '{"run": "%s"}' % ("x" * 2000), "open": True}
    with board.database.writing() as to:
        to.execute(insert(EVENTS), [{**told, "at": 0.0} for _ in range(8000)])

    async def deaf(pages: Served) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", pages.port, limit=1)
        writer.write(stream(cookie, 0))
        line = await cut_off(pages)
        assert b"read too slowly" in line
        writer.close()

    async def cut_off(pages: Served) -> bytes:
        """The first words of a stream that is opened again, once the first one was cut off."""
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", pages.port)
            writer.write(stream(cookie, 8000))
            said = await reader.readuntil(b"retry: 1000\n\n")
            told = await first_words(reader)
            writer.close()
            if told:
                return said + told

    async def first_words(reader: asyncio.StreamReader) -> bytes:
        try:
            return await asyncio.wait_for(reader.readuntil(b"}\n\n"), 0.2)
        except TimeoutError:
            return b""

    watching(board, deaf)


# -- two at once -----------------------------------------------------------------------------


def at_once(*what: Callable[[], object]) -> list[object]:
    """What each gives, all begun together."""
    found: list[object] = [None] * len(what)
    gate = threading.Barrier(len(what))

    def one(number: int) -> None:
        gate.wait()
        found[number] = what[number]()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(what))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_w07_of_two_who_decide_on_a_run_at_once_one_does(board: Board, vendor: Near) -> None:
    system = rooms.system(board.database, vendor.declare())
    assert system
    database = board.database
    for _ in range(TRIES):
        (run,) = runs.ask(database, system, [NOMINAL], 1)
        begun, withdrawn = at_once(
            lambda run=run: runs.begin(database, run),
            lambda run=run: runs.end(database, run, "withdrawn", of=("queued",)),
        )
        assert begun != withdrawn
        stopped = at_once(*[lambda run=run: runs.end(database, run, "stopped")] * 2)
        assert stopped.count(True) == (1 if begun else 0)
        words = [event.data["word"] for event in runs.events_of_run(database, run)]
        assert words == (["queued", "running", "stopped"] if begun else ["queued", "withdrawn"])


def test_w07_of_two_who_ask_for_the_same_at_once_one_gets_it(
    board: Board, vendor: Near, organiser: Near
) -> None:
    system = rooms.system(board.database, vendor.declare())
    assert system
    for _ in range(TRIES // 4):
        asked = at_once(*[lambda: runs.ask(board.database, system, [NOMINAL], 1)] * 2)
        (run,) = {one for found in asked for one in found}  # type: ignore[attr-defined]
        assert sorted(map(len, asked)) == [0, 1]  # type: ignore[arg-type]
        runs.begin(board.database, run)
        runs.end(board.database, run, "done", "pass")
        people = rooms.people(board.database, 1)
        claims = at_once(*[partial(reviews.claim, board.database, run, one) for one in people[:2]])
        assert sorted(map(bool, claims)) == [False, True]
