"""What the board lets through: origins, hosts, marks, sizes, hostile text."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient
from test_board_api import Program
from visitor import ADDRESS, SYSTEM, Near, Visitor, make_room

from harness.show.board import app, serving
from harness.show.board.access import Board
from harness.show.board.guard import LIMIT
from harness.show.board.store import rooms, runs

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*191 }}{% raw %}",
    "' onmouseover='alert(1)",
    "\u202eRTL\x1b[31m",
)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "https://127.0.0.1:8000"},
        {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
        {"origin": ADDRESS, "sec-fetch-site": "same-site"},
    ],
)
def test_another_site_changes_nothing(vendor: Near, headers: dict[str, str]) -> None:
    fields = {"mark": vendor.mark("/rooms/1"), **SYSTEM}
    assert vendor.client.post("/rooms/1/systems", data=fields, headers=headers).status_code == 403
    stream = {**headers, "accept": "text/event-stream"}
    assert vendor.get("/rooms/1/events", **stream).status_code == 403
    assert rooms.systems(vendor.board.database, 1) == ()


def test_without_an_origin_nothing_changes(vendor: Near) -> None:
    fields = {"mark": vendor.mark("/rooms/1"), **SYSTEM}
    del vendor.client.headers["origin"]
    assert vendor.client.post("/rooms/1/systems", data=fields).status_code == 403


def test_a_form_needs_the_mark_of_its_session(vendor: Near, rival: Near) -> None:
    for mark in ("", "x", "é", rival.mark("/rooms/1"), rival.mark("/join")):
        fields = {"mark": mark, **SYSTEM}
        answer = vendor.client.post("/rooms/1/systems", data=fields)
        assert answer.status_code == 403
    fields = {"mark": vendor.mark("/rooms/1"), **SYSTEM}
    assert vendor.client.post("/rooms/1/systems", data=fields).status_code == 303


def test_every_form_carries_its_mark(vendor: Near, organiser: Near) -> None:
    system = vendor.declare()
    vendor.post(f"/systems/{system}/runs", "/rooms/1", scenario="*")
    for visitor, path in (
        (vendor, "/join"),
        (vendor, f"/systems/{system}"),
        (vendor, "/runs/1"),
        (organiser, "/rooms/1"),
    ):
        page = visitor.get(path).text
        assert page.count("<form") == page.count('name="mark"') > 0


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "10.0.0.7", "[::2]", "[", ""]
)
def test_a_strange_host_is_refused(vendor: Near, host: str) -> None:
    assert vendor.get("/join", host=host).status_code == 400


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_this_machine_is_known(vendor: Near, host: str) -> None:
    assert vendor.get("/join", host=host).status_code == 200


def test_a_large_body_is_refused(vendor: Near) -> None:
    data = b"mark=" + b"x" * LIMIT
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert vendor.client.post("/join", content=data, headers=kind).status_code == 413
    pieces = (data[at : at + 1000] for at in range(0, len(data), 1000))
    assert vendor.client.post("/join", content=pieces, headers=kind).status_code == 413
    many = "&".join(f"f{n}=1" for n in range(1000))
    assert vendor.client.post("/join", content=many, headers=kind).status_code == 400
    assert vendor.client.post("/join", content=b"\xff=\xfe", headers=kind).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/runs/1/../../secret",
        "/runs/..%2f..%2fsecret/report",
        "/runs/%00/report",
        "/board.css/..%2f..%2fpyproject.toml",
        "/runs/99999999999999999999/report",
        "/rooms/-1",
        "/systems/x",
        "/no-such-page",
    ],
)
def test_no_path_leads_elsewhere(vendor: Near, path: str) -> None:
    answer = vendor.get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_every_answer_is_armoured(vendor: Near) -> None:
    for path in ("/join", "/rooms/1", "/no-such-page", "/board.css", "/board.js"):
        headers = vendor.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    cookie = vendor.get("/join").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


@pytest.mark.parametrize("evil", HOSTILE)
def test_what_people_write_does_nothing(
    board: Board, visitor: Callable[[], Near], evil: str
) -> None:
    _, codes = rooms.make_room(
        board.database,
        board.secret,
        name=evil,
        profile="livre-blanc-2024",
        scenarios=("lb-neg-ins-key",),
        agenda=evil,
    )
    one = visitor()
    pages = [one.join(codes["organiser"], evil, evil).text]
    number = one.declare(system=evil, version=evil[:40])
    one.post(f"/systems/{number}/runs", "/rooms/1", scenario="*")
    run = runs.run(board.database, 1)
    assert run
    runs.note(board.database, run, "exchange", exchange(evil))
    pages += [one.get(path).text for path in ("/rooms/1", f"/systems/{number}", "/runs/1")]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "' onmouseover='" not in page
        assert "1337" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page


def exchange(evil: str) -> dict[str, object]:
    """What a player tells of an exchange, with a peer's text wherever one may stand."""
    return {
        "number": 1,
        "flow": evil,
        "sender": "ris",
        "receiver": "platform",
        "verdict": "fail",
        "what": evil,
        "said": evil,
        "seconds": 0.1,
        "rule": evil,
        "says": {"fr": evil, "en": evil},
        "found": {"fr": evil, "en": evil},
        "reason": None,
    }


def test_a_database_that_is_away_is_said(vendor: Near, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object) -> None:
        raise OperationalError("SELECT", {}, OSError("gone"))

    program = Program(vendor)
    monkeypatch.setattr(rooms, "room", away)
    for answer in (vendor.get("/rooms/1"), program.get("/room")):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "SELECT" not in answer.text


def test_systems_are_told_the_host_by_which_they_reach_us(terms: serving.Terms) -> None:
    everywhere = replace(terms, host="0.0.0.0", any_address=True, names=("lab.example",))
    board = serving.make(everywhere, 8000)
    client = TestClient(
        app.make(board, ["lab.example"], any_address=True), base_url="http://lab.example:8000"
    )
    client.follow_redirects = False
    vendor = Visitor(client)
    vendor.join(make_room(board)["organiser"])
    number = vendor.declare()
    assert "lab.example:26000" in vendor.get(f"/systems/{number}").text
    code = vendor.post("/rooms/1/codes", "/rooms/1", role="vendor").text
    assert "http://lab.example:8000/join#" in code
    assert vendor.get("/rooms/1", host="10.0.0.7:8000").status_code == 200
    assert vendor.get("/rooms/1", host="evil.example:8000").status_code == 400
    board.database.close()
