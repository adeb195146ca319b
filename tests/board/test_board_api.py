"""The API: what a token opens, what it does not, and its description."""

import re

import pytest
from httpx2 import Response
from visitor import Near, make_room

from harness.show.board.access import Board
from harness.show.board.store import rooms, runs

NOMINAL = "lb-nominal-ct-brain"
API = "/api/v1"


class Program:
    """A program of a vendor: a token, no cookie, no origin."""

    def __init__(self, visitor: Near) -> None:
        page = visitor.post("/tokens", "/tokens", label="CI").text
        found = re.search(r">(telerad_[\w-]+)<", page)
        assert found
        self.token = found[1]
        self.client = Near(visitor.board).client
        del self.client.headers["origin"]
        self.client.headers["authorization"] = f"Bearer {self.token}"

    def get(self, path: str) -> Response:
        return self.client.get(API + path)

    def post(self, path: str, body: object = None) -> Response:
        return self.client.post(API + path, json=body)


@pytest.fixture
def program(vendor: Near) -> Program:
    return Program(vendor)


def test_a_program_starts_a_run_and_fetches_it(vendor: Near, program: Program) -> None:
    vendor.declare()
    room = program.get("/room").json()
    assert room["role"] == "vendor"
    assert [one["flows"] for one in room["scenarios"]] == [["A", "B", "C", "D", "E"], ["A"]]
    (system,) = program.get("/systems").json()
    assert (system["own"], system["listen"]) == (True, 26000)
    asked = program.post("/systems/1/runs", {"scenarios": ["*"]})
    assert asked.status_code == 202
    assert [run["state"] for run in asked.json()] == ["queued", "queued"]
    assert program.post("/systems/1/runs", {"scenarios": [NOMINAL]}).json() == []
    assert program.get("/runs/1").json()["verdict"] is None
    assert program.get("/runs/1/result").status_code == 404
    assert program.post("/runs/1/stop").json()["state"] == "withdrawn"
    assert [one["state"] for one in program.get("/board").json()] == ["withdrawn", "queued"]
    assert [one["data"]["word"] for one in program.get("/runs/1/events").json()] == [
        "queued",
        "withdrawn",
    ]
    runs.end(vendor.board.database, 2, "done", "fail")
    (_, first) = sorted(program.get("/systems/1/runs").json(), key=lambda run: -run["id"])
    assert first["id"] == 1
    folder = vendor.board.desk.folder(2)
    folder.mkdir(parents=True)
    (folder / "result.json").write_bytes(b'{"verdict": "fail"}')
    assert program.get("/runs/2/result").json() == {"verdict": "fail"}


def test_a_token_opens_what_its_owner_may(vendor: Near, rival: Near, monitor: Near) -> None:
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    other, reader = Program(rival), Program(monitor)
    for path in ("/runs/1", "/runs/1/events", "/runs/1/result", "/systems/1/runs"):
        assert other.get(path).status_code == 403, path
    (system,) = other.get("/systems").json()
    assert (system["own"], system["host"], system["listen"]) == (False, None, None)
    for one in (other, reader):
        assert one.post("/systems/1/runs", {"scenarios": ["*"]}).status_code == 403
        assert one.post("/runs/1/stop").status_code == 403
        assert one.post("/runs/1/agree").status_code == 403
    assert reader.get("/runs/1").status_code == 200
    assert len(runs.of_system(vendor.board.database, 1)) == 1


def test_another_room_is_none_of_its_business(board: Board, vendor: Near) -> None:
    vendor.declare()
    elsewhere = Near(board)
    elsewhere.join(make_room(board, "Metz")["organiser"])
    program = Program(elsewhere)
    assert program.get("/systems").json() == []
    assert program.get("/systems/1/runs").status_code == 404
    assert program.get("/room").json()["name"] == "Metz"


def test_what_is_no_token_opens_nothing(vendor: Near, program: Program) -> None:
    cookie_only = vendor.client.get(f"{API}/room")
    assert cookie_only.status_code == 401
    assert cookie_only.headers["www-authenticate"] == "Bearer"
    good = program.token
    for wrong in (
        "",
        "telerad_",
        good[:-1],
        good.removeprefix("telerad_"),
    ):
        program.client.headers["authorization"] = f"Bearer {wrong}"
        assert program.get("/room").status_code == 401, wrong
    seen = [program.get("/room").status_code for _ in range(10)]
    assert seen[-1] == 429
    program.client.headers["authorization"] = f"Bearer {good}"
    assert program.get("/room").status_code == 429


def test_a_token_is_taken_back_by_its_owner_only(
    vendor: Near, rival: Near, program: Program
) -> None:
    rival.post("/tokens/1/revoke", "/rooms/1")
    assert program.get("/room").status_code == 200
    assert "CI" in vendor.get("/tokens").text
    assert program.token not in vendor.get("/tokens").text
    vendor.post("/tokens/1/revoke", "/rooms/1")
    assert program.get("/room").status_code == 401


def test_a_token_is_no_code_and_a_code_no_token(
    vendor: Near, program: Program, codes: dict[str, str]
) -> None:
    assert Near(vendor.board).join(program.token).status_code == 403
    assert Near(vendor.board).join(program.token.removeprefix("telerad_")).status_code == 403
    program.client.headers["authorization"] = f"Bearer telerad_{codes['vendor']}"
    assert program.get("/room").status_code == 401
    assert len(rooms.people(vendor.board.database, 1)) == 1


SURROGATE = b'{"scenarios": ["\\ud800"]}'
WRONG = (
    ("GET", "/runs/0", None),
    ("GET", "/runs/99999999999999999999", None),
    ("GET", "/runs/1/events?after=-1", None),
    ("GET", "/runs/1/events?after=x", None),
    ("GET", "/nothing", None),
    ("GET", "/runs/1%0A", None),
    ("DELETE", "/runs/1", None),
    ("POST", "/systems/1/runs", {"scenarios": ["none"]}),
    ("POST", "/systems/1/runs", {"scenarios": "x"}),
    ("POST", "/systems/1/runs", {"scenarios": [1]}),
    ("POST", "/systems/1/runs", {"unknown": 1}),
    ("POST", "/systems/1/runs", {"scenarios": [], "other": None}),
    ("POST", "/systems/1/runs", {"other": 2**63}),
    ("POST", "/systems/1/runs", {"other": 1}),
    ("POST", "/systems/1/runs", [{}]),
)


@pytest.mark.parametrize(("method", "path", "body"), WRONG)
def test_what_is_wrong_is_said_in_words(
    vendor: Near, program: Program, method: str, path: str, body: object
) -> None:
    vendor.declare()
    answer = program.client.request(method, API + path, json=body)
    assert answer.status_code in (404, 405, 422)
    assert set(answer.json()["error"]) == {"fr", "en"}


def test_every_method_of_an_address_is_named(program: Program) -> None:
    for path, methods in (("/systems/1/runs", "GET, POST"), ("/room", "GET")):
        answer = program.client.request("PUT", API + path)
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)


def test_a_body_that_is_no_json(vendor: Near, program: Program) -> None:
    vendor.declare()
    for body in (b"", b"{", b"\xff\xfe", b"[" * 5000, b"null", SURROGATE):
        headers = {"content-type": "application/json"}
        sent = program.client.post(f"{API}/systems/1/runs", content=body, headers=headers)
        assert sent.status_code in (400, 422), body[:9]


def test_the_description_names_every_path_and_its_lock(program: Program) -> None:
    told = program.get("/openapi.json").json()
    assert len(told["paths"]) == 9
    operations = [one for path in told["paths"].values() for one in path.values()]
    assert all(one["security"] == [{"HTTPBearer": []}] for one in operations)
    assert all(one["summary"] and one["description"] for one in operations)
