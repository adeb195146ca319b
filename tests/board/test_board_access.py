"""Who may do what on a board, and who gets in."""

import re
from collections.abc import Callable

import pytest
from visitor import SYSTEM, Near, make_room, text

from harness.show.board.access import Board
from harness.show.board.store import rooms, runs
from harness.show.board.store.codes import ALPHABET, Attempts, make, normal

NOMINAL = "lb-nominal-ct-brain"


def test_a_code_lets_in_and_the_key_lets_back_in(
    board: Board, codes: dict[str, str], visitor: Callable[[], Near]
) -> None:
    first = visitor()
    joined = first.join(codes["vendor"].lower().replace("-", " "))
    key = re.search(r"<code>([\w-]{19})</code>", joined.text)
    assert key
    assert "Acme" in first.get("/rooms/1").text
    other = visitor()
    assert other.post("/join", code=key[1]).status_code == 303
    assert other.get("/").headers["location"] == "/rooms/1"
    assert len(rooms.people(board.database, 1)) == 1


def test_codes_and_keys_are_not_in_the_database(board: Board, vendor: Near) -> None:
    code = rooms.renew_code(board.database, board.secret, 1, "vendor")
    with board.database.reading() as of:
        kept = str(of.exec_driver_sql("SELECT * FROM keys").all())
    assert normal(code) not in kept
    assert code not in kept
    assert board.secret.hash(code) in kept


def test_a_renewed_code_closes_the_old_one(
    codes: dict[str, str], organiser: Near, visitor: Callable[[], Near]
) -> None:
    told = organiser.post("/rooms/1/codes", "/rooms/1", role="vendor")
    code = re.search(r"<code>([\w-]{19})</code>", told.text)
    assert code
    assert visitor().join(codes["vendor"]).status_code == 403
    assert visitor().join(code[1]).status_code == 200


def test_guessing_is_slowed(codes: dict[str, str], visitor: Callable[[], Near]) -> None:
    guesser = visitor()
    mark = guesser.mark()
    seen = [
        guesser.client.post("/join", data={"mark": mark, "code": make()}).status_code
        for _ in range(60)
    ]
    assert seen == [403] * 10 + [429] * 50
    late = guesser.join(codes["vendor"])
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0


def test_attempts_are_forgotten_after_a_while() -> None:
    now = 0.0
    attempts = Attempts(most=2, window=60, in_all=3, clock=lambda: now)
    attempts.failed("a")
    now = 10.0
    attempts.failed("a")
    assert attempts.wait("a") == 50.0
    assert attempts.wait("b") == 0.0
    attempts.failed("b")
    assert attempts.wait("c") == 50.0
    now = 60.0
    assert attempts.wait("a") == attempts.wait("c") == 0.0


def test_codes_are_long_and_none_like_another() -> None:
    made = {normal(make()) for _ in range(500)}
    assert len(made) == 500
    assert all(len(code) == 16 and set(code) <= set(ALPHABET) for code in made)
    assert normal("o0il-1") == "00111"


def test_leaving_ends_every_session_and_a_session_cannot_be_planted(
    vendor: Near, visitor: Callable[[], Near], codes: dict[str, str]
) -> None:
    stolen = visitor()
    stolen.client.cookies = vendor.client.cookies
    assert stolen.get("/rooms/1").status_code == 200
    kept = dict(vendor.client.cookies)
    vendor.post("/leave", "/rooms/1")
    stolen.client.cookies.clear()
    stolen.client.cookies.update(kept)
    assert stolen.get("/rooms/1").headers["location"] == "/join"
    planted = visitor()
    planted.get("/join")
    before = planted.client.cookies["telerad"]
    planted.join(codes["vendor"])
    assert planted.client.cookies["telerad"] != before


def test_a_forged_cookie_is_nobody(visitor: Callable[[], Near], vendor: Near) -> None:
    forger = visitor()
    cookie = vendor.client.cookies["telerad"]
    head, _, tail = cookie.partition(".")
    for wrong in ("", "x", f"A{head}.{tail}", f"{head}.{tail[:-2]}AA", "WyJhIiwxLDAsIiJd.a.b"):
        forger.client.cookies.set("telerad", wrong)
        assert forger.get("/rooms/1").headers.get("location") == "/join"


def others(vendor: Near) -> tuple[int, int]:
    """A system of somebody's, and a run of it that waits."""
    system = vendor.declare()
    vendor.post(f"/systems/{system}/runs", "/rooms/1", scenario=NOMINAL)
    return system, runs.of_system(vendor.board.database, system)[0].id


def test_a_participant_cannot_touch_what_is_anothers(vendor: Near, rival: Near) -> None:
    system, run = others(vendor)
    for path in (f"/systems/{system}", f"/runs/{run}", f"/runs/{run}/report"):
        assert rival.get(path).status_code == 403, path
    assert rival.get(f"/runs/{run}/events").status_code == 403
    changes = (
        f"/systems/{system}",
        f"/systems/{system}/runs",
        f"/systems/{system}/doctor",
        f"/runs/{run}/stop",
        f"/runs/{run}/again",
        "/rooms/1/codes",
        "/rooms/1/closed",
    )
    for path in changes:
        fields = {"scenario": "*", "role": "vendor", "version": "stolen"}
        assert rival.post(path, "/rooms/1", **fields).status_code == 403, path
    assert len(runs.of_system(vendor.board.database, system)) == 1
    assert runs.of_system(vendor.board.database, system)[0].state == "queued"
    page = rival.get("/rooms/1").text
    assert f"/runs/{run}" not in page
    assert f"/systems/{system}" not in page
    assert "Radix" in page


def test_a_monitor_reads_and_does_not_change(vendor: Near, monitor: Near) -> None:
    system, run = others(vendor)
    assert monitor.get(f"/runs/{run}").status_code == 200
    assert monitor.post(f"/runs/{run}/stop", "/rooms/1").status_code == 403
    assert monitor.get(f"/systems/{system}").status_code == 403
    assert monitor.post("/rooms/1/codes", "/rooms/1", role="vendor").status_code == 403


def test_an_organiser_may_stop_and_start_anything(vendor: Near, organiser: Near) -> None:
    system, run = others(vendor)
    assert organiser.post(f"/runs/{run}/stop", "/rooms/1").status_code == 303
    assert runs.of_system(vendor.board.database, system)[0].state == "withdrawn"
    assert organiser.post(f"/runs/{run}/again", "/rooms/1").status_code == 303
    assert runs.of_system(vendor.board.database, system)[0].state == "queued"


def test_another_room_does_not_exist(board: Board, vendor: Near) -> None:
    system, run = others(vendor)
    elsewhere = Near(board)
    elsewhere.join(make_room(board, "Metz")["organiser"])
    for path in ("/rooms/1", f"/systems/{system}", f"/runs/{run}", "/rooms/1/events"):
        assert elsewhere.get(path).status_code == 404, path
    for path in (f"/systems/{system}/runs", f"/runs/{run}/stop", "/rooms/1/systems"):
        assert elsewhere.post(path, "/rooms/2", scenario="*").status_code == 404, path


def test_nobody_is_sent_to_the_door(visitor: Callable[[], Near], vendor: Near) -> None:
    others(vendor)
    stranger = visitor()
    for path in ("/rooms/1", "/rooms/1/events", "/systems/1", "/runs/1", "/rooms"):
        assert stranger.get(path).headers.get("location") == "/join", path
    assert stranger.post("/rooms/1/systems").status_code == 401
    assert stranger.post("/rooms", room="x").status_code == 401


def test_a_run_between_two_waits_for_the_other_to_agree(
    vendor: Near, rival: Near, monitor: Near, organiser: Near
) -> None:
    ris, platform = vendor.declare(), rival.declare(side="platform")
    path = f"/systems/{ris}/between"
    assert rival.post(path, "/rooms/1", other=str(platform)).status_code == 403
    assert vendor.post(path, "/rooms/1", other=str(ris)).status_code == 404
    assert vendor.post(path, "/rooms/1", other="77").status_code == 404
    asked = vendor.post(path, "/rooms/1", other=str(platform)).headers["location"]
    assert vendor.post(path, "/rooms/1", other=str(platform)).headers["location"] != asked
    for nobody in (vendor, monitor):
        assert nobody.post(f"{asked}/agree", "/rooms/1").status_code == 403
    assert rival.get(asked).status_code == 200
    database = vendor.board.database
    assert runs.of_system(database, platform)[0].state == "proposed"
    assert rival.post(f"{asked}/agree", "/rooms/1").status_code == 303
    assert runs.of_system(database, ris)[0].state == "queued"
    assert rival.post(f"{asked}/stop", "/rooms/1").status_code == 303
    assert rival.post(f"{asked}/again", "/rooms/1").status_code == 303
    assert runs.of_system(database, ris)[0].state == "proposed"
    own = f"/systems/{ris}/between"
    vendor.post(f"/runs/{runs.of_system(database, ris)[0].id}/stop", "/rooms/1")
    organiser.post(own, "/rooms/1", other=str(platform))
    assert runs.of_system(database, ris)[0].state == "queued"


def test_events_of_others_are_only_what_the_matrix_shows(vendor: Near, rival: Near) -> None:
    system, run = others(vendor)
    database = vendor.board.database
    found = runs.run(database, run)
    assert found
    runs.note(database, found, "exchange", {"said": "AA"})
    seen = runs.events_of_room(database, 1, 0, [system])
    assert [event.kind for event in seen] == ["systems", "cell", "exchange"]
    assert [event.kind for event in runs.events_of_room(database, 1, 0, [])] == ["systems", "cell"]
    assert runs.events_of_room(database, 1, seen[0].id, None) == seen[1:]


def test_the_host_makes_rooms(board: Board, visitor: Callable[[], Near]) -> None:
    host = visitor()
    assert host.post("/join", code=board.host_key).headers["location"] == "/rooms"
    made = host.post(
        "/rooms",
        "/rooms",
        room="Brest",
        agenda="9:00\r\nstart",
        profile="livre-blanc-2024",
        scenario=["lb-neg-ins-key", "no-such"],
    )
    codes = re.findall(r"<code>([\w-]{19})</code>", made.text)
    assert len(codes) == 3
    room = rooms.every_room(board.database)[0]
    assert (room.name, room.agenda, room.scenarios) == (
        "Brest",
        "9:00\nstart",
        ("lb-neg-ins-key",),
    )
    assert host.get("/rooms/1").status_code == 303  # a host is in no room
    assert "Brest" in text(host.get("/rooms"))


def test_a_closed_room_takes_nobody_and_starts_nothing(
    codes: dict[str, str], vendor: Near, organiser: Near, visitor: Callable[[], Near]
) -> None:
    system = vendor.declare()
    organiser.post("/rooms/1/closed", "/rooms/1")
    assert visitor().join(codes["vendor"]).status_code == 403
    start = vendor.post(f"/systems/{system}/runs", "/rooms/1", scenario="*")
    assert start.status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("port", "0"),
        ("port", "65536"),
        ("port", "-1"),
        ("port", "²"),
        ("port", "25 75"),
        ("host", "a b"),
        ("host", "../etc"),
        ("host", ""),
        ("side", "both"),
        ("system", ""),
        ("system", "x" * 81),
        ("version", "\0"),
        ("tls", "yes"),
    ],
)
def test_what_a_vendor_declares_is_checked(vendor: Near, field: str, value: str) -> None:
    said = {"system": "R", "version": "1", "side": "ris", "host": "h", "port": "1", field: value}
    assert vendor.post("/rooms/1/systems", "/rooms/1", **said).status_code == 422
    assert rooms.systems(vendor.board.database, 1) == ()


def test_each_system_has_its_own_port_until_none_is_left(vendor: Near) -> None:
    given = [vendor.declare() for _ in range(3)]
    listens = [rooms.system(vendor.board.database, number) for number in given]
    assert [one.listen for one in listens if one] == [26000, 26001, 26002]
    none = vendor.post(
        "/rooms/1/systems",
        "/rooms/1",
        **SYSTEM,
    )
    assert none.status_code == 409
    assert "port" in text(none)
