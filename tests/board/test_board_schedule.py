"""The schedule of a room: fair pairs, what is now and next, what is late or done; the way in."""

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from visitor import Near, text

from harness.show.board import serving
from harness.show.board.access import Board
from harness.show.board.pages import invite, schedule
from harness.show.board.pairing import rounds
from harness.show.board.store import rooms, runs, slots
from harness.show.board.store.runs import BETWEEN, Run
from harness.show.board.store.slots import Slot, Told

NOMINAL = "lb-nominal-ct-brain"
HOUR = 3600.0


@given(st.integers(0, 7), st.integers(0, 7), st.integers(1, 8))
def test_everybody_meets_everybody_once_and_nobody_twice_at_a_time(
    ris: int, platforms: int, at_once: int
) -> None:
    left, right = range(ris), range(100, 100 + platforms)
    planned = rounds(left, right, at_once)
    met = [pair for one in planned for pair in one]
    assert sorted(met) == [(a, b) for a in left for b in right]
    for one in planned:
        busy = [system for pair in one for system in pair]
        assert len(busy) == len(set(busy))
        assert 1 <= len(one) <= at_once
    if met:
        enough = max(ris, platforms) * -(-min(ris, platforms) // at_once)
        assert len(planned) == enough


def test_what_is_planned_already_is_left_out() -> None:
    planned = rounds([1, 2], [7, 8], 4, {(1, 7)})
    assert sorted(pair for one in planned for pair in one) == [(1, 8), (2, 7), (2, 8)]


def slot(number: int, starts: float, **changes: object) -> Slot:
    kept = Slot(number, 1, 1, 2, BETWEEN, starts, 600.0, 0.0)
    return replace(kept, **changes)  # type: ignore[arg-type]


def run(system: int, other: int | None, scenario: str) -> Run:
    going = (1, 1, system, "1", other, "1", scenario, 1, "running", "", "", None, 0.0, 0.0, None)
    return Run(*going)


def test_slots_are_late_now_next_done() -> None:
    every = [
        slot(1, 0.0),
        slot(2, 0.0, system=3, other=None, scenario=NOMINAL),
        slot(3, 900.0),
        slot(4, 900.0, system=3, other=4),
        slot(5, 2000.0, system=3, other=2),
        slot(6, 3000.0),
    ]
    done = [((1, 2, BETWEEN), 5.0)]
    told = slots.told(every, done, [run(3, 4, BETWEEN)], 1000.0)
    assert [one.state for one in told] == ["done", "late", "now", "playing", "next", "later"]
    assert [one.until for one in told] == [None, None, 1500.0, None, 2000.0, 3000.0]
    assert [one.slot.id for one in slots.near(told)] == [2, 3, 4, 5]
    mine = slots.near(told, [1])
    assert [(one.slot.id, one.state) for one in mine] == [(3, "now"), (6, "next")]
    assert slots.near(told, [9]) == ()


def test_a_run_of_before_the_slot_was_made_is_none_of_it() -> None:
    (told,) = slots.told([slot(1, 0.0, made=10.0)], [((1, 2, BETWEEN), 5.0)], [], 700.0)
    assert told == Told(told.slot, "late", None)
    (told,) = slots.told([slot(1, 0.0, made=1.0)], [((1, 2, BETWEEN), 5.0)], [], 700.0)
    assert told.state == "done"


@pytest.fixture
def met(vendor: Near, rival: Near) -> tuple[int, int]:
    """A RIS of one, a platform of another."""
    return vendor.declare(), rival.declare(side="platform", system="Plato")


TIMES = {"start": "", "length": "20", "pause": "5", "at_once": "4"}


def soon(minutes: float) -> dict[str, str]:
    return {**TIMES, "start_at": str(time.time() + minutes * 60)}


def test_organisers_plan_every_pair_and_everybody_sees_it(
    vendor: Near, rival: Near, organiser: Near, monitor: Near, met: tuple[int, int]
) -> None:
    second = rival.declare(side="platform", system="Second")
    path = "/rooms/1/slots/fair"
    for who in (vendor, monitor):
        assert who.post(path, "/rooms/1", **soon(10)).status_code == 403
    assert organiser.post(path, "/rooms/1", **soon(10)).status_code == 303
    kept = slots.of_room(vendor.board.database, 1)
    assert [(one.system, one.other) for one in kept] == [(met[0], met[1]), (met[0], second)]
    assert kept[1].starts - kept[0].starts == 25 * 60
    assert organiser.post(path, "/rooms/1", **soon(10)).status_code == 409
    page = text(vendor.get("/rooms/1/schedule"))
    assert "Acme Radix 4.2 ↔ Best Plato 4.2" in page
    assert "Remove" not in page
    near = text(vendor.get("/rooms/1"))
    assert "Your schedule" in near
    assert "Best Plato" in near.partition("Your schedule")[2].partition("Going on")[0]
    assert "Your schedule" not in text(organiser.get("/rooms/1?tv"))
    assert "in 10 min" in text(organiser.get("/rooms/1?tv"))


def test_a_slot_of_a_scenario_is_done_when_it_was_played(
    vendor: Near, organiser: Near, met: tuple[int, int]
) -> None:
    said = {**soon(-30), "system": str(met[0]), "scenario": NOMINAL}
    assert organiser.post("/rooms/1/slots/alone", "/rooms/1", **said).status_code == 303
    database = vendor.board.database
    assert [one.state for one in schedule.told(database, 1)] == ["late"]
    vendor.post(f"/systems/{met[0]}/runs", "/rooms/1", scenario=NOMINAL)
    runs.begin(database, 1)
    assert [one.state for one in schedule.told(database, 1)] == ["playing"]
    runs.end(database, 1, "done", "fail")
    assert [one.state for one in schedule.told(database, 1)] == ["done"]


def test_what_is_left_is_moved_or_removed(
    vendor: Near, organiser: Near, met: tuple[int, int]
) -> None:
    pair = {"ris": str(met[0]), "platform": str(met[1])}
    for minutes in (10, 60):
        organiser.post("/rooms/1/slots/pair", "/rooms/1", **soon(minutes), **pair)
    database = vendor.board.database
    before = slots.of_room(database, 1)
    organiser.post("/rooms/1/slots/shift", "/rooms/1", minutes="15")
    after = slots.of_room(database, 1)
    assert [round(b.starts - a.starts) for a, b in zip(before, after, strict=True)] == [900, 900]
    organiser.post("/rooms/1/slots/drop", "/rooms/1", slot=str(after[0].id))
    assert [one.id for one in slots.of_room(database, 1)] == [after[1].id]
    organiser.post("/rooms/1/slots/clear", "/rooms/1")
    assert slots.of_room(database, 1) == ()
    kinds = Counter(event.kind for event in runs.events_of_room(database, 1, 0, []))
    assert kinds["slots"] == 5


def test_a_slot_of_anothers_room_is_out_of_reach(
    vendor: Near, organiser: Near, met: tuple[int, int]
) -> None:
    pair = {"ris": str(met[0]), "platform": str(met[1])}
    organiser.post("/rooms/1/slots/pair", "/rooms/1", **soon(10), **pair)
    other, _ = rooms.make_room(
        vendor.board.database,
        vendor.board.secret,
        name="Metz",
        profile="livre-blanc-2024",
        scenarios=(NOMINAL,),
    )
    slots.drop(vendor.board.database, other, [1])
    assert len(slots.of_room(vendor.board.database, 1)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_at": "nan"},
        {"start_at": "1e300"},
        {"start_at": "", "start": "tomorrow"},
        {"start_at": "", "start": ""},
        {"start_at": "0"},
        {"length": "0"},
        {"length": "999"},
        {"ris": "2"},
        {"platform": "77"},
    ],
)
def test_what_an_organiser_asks_for_is_checked(
    vendor: Near, organiser: Near, met: tuple[int, int], wrong: dict[str, str]
) -> None:
    said = {**soon(5), "ris": str(met[0]), "platform": str(met[1]), **wrong}
    assert organiser.post("/rooms/1/slots/pair", "/rooms/1", **said).status_code == 422
    assert slots.of_room(vendor.board.database, 1) == ()


def test_without_a_script_times_are_those_of_the_server(
    vendor: Near, organiser: Near, met: tuple[int, int]
) -> None:
    start = datetime.now().astimezone().replace(second=0, microsecond=0)
    said = {"start": start.strftime("%Y-%m-%dT%H:%M"), "length": "5"}
    pair = {"ris": str(met[0]), "platform": str(met[1])}
    organiser.post("/rooms/1/slots/pair", "/rooms/1", **said, **pair)
    (kept,) = slots.of_room(vendor.board.database, 1)
    assert kept.starts == start.timestamp()


def test_a_room_takes_so_many_slots(
    vendor: Near, organiser: Near, met: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "MOST", 1)
    pair = {"ris": str(met[0]), "platform": str(met[1])}
    path = "/rooms/1/slots/pair"
    assert organiser.post(path, "/rooms/1", **soon(5), **pair).status_code == 303
    assert organiser.post(path, "/rooms/1", **soon(5), **pair).status_code == 409


# -- the way in ------------------------------------------------------------------------------


def test_the_big_screen_shows_the_way_in_until_it_is_taken_off(
    board: Board, vendor: Near, organiser: Near, monitor: Near, visitor: Callable[[], Near]
) -> None:
    assert 'class="qr"' not in organiser.get("/rooms/1?tv").text
    organiser.post("/rooms/1/shown", "/rooms/1")
    page = organiser.get("/rooms/1?tv").text
    code = board.shown[1]
    assert f"{organiser.client.base_url}/join#{code}" in page
    assert str(invite.picture(f"http://127.0.0.1:8000/join#{code}")) in page
    assert code in monitor.get("/rooms/1?tv").text
    assert code not in vendor.get("/rooms/1?tv").text
    assert code not in organiser.get("/rooms/1").text
    assert visitor().join(code).status_code == 200
    organiser.post("/rooms/1/codes", "/rooms/1", role="vendor")
    assert board.shown[1] != code
    assert visitor().join(code).status_code == 403
    organiser.post("/rooms/1/shown", "/rooms/1")
    assert 'class="qr"' not in organiser.get("/rooms/1?tv").text
    assert vendor.post("/rooms/1/shown", "/rooms/1").status_code == 403


def test_a_picture_holds_the_link() -> None:
    page = str(invite.picture("http://10.0.0.7:8000/join#ABCD-EFGH"))
    assert re.fullmatch(
        r'<svg viewBox="0 0 (\d+) \1" class="qr"><path [^<]+/><path [^<]+/></svg>', page
    )
    assert "http" not in page


@pytest.mark.parametrize(
    ("link", "near"),
    [
        ("http://127.0.0.1:8000/join#A", True),
        ("http://[::1]:8000/join#A", True),
        ("http://localhost/join#A", True),
        ("http://10.0.0.7:8000/join#A", False),
        ("https://lab.example/join#A", False),
    ],
)
def test_a_link_that_only_this_machine_opens_is_known(link: str, near: bool) -> None:
    assert invite.is_near(link) is near


def test_a_host_sees_the_code_of_the_room_just_made(
    board: Board, visitor: Callable[[], Near], terms: serving.Terms
) -> None:
    host = visitor()
    host.post("/join", code=board.host_key)
    made = host.post("/rooms", "/rooms", room="Brest", profile="livre-blanc-2024").text
    assert made.count('class="qr"') == 1
    assert board.shown[1] in made
    assert board.shown[1] in host.get("/rooms").text
