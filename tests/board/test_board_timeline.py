"""The timeline of a session: lanes, bars, waits; what each may read of it."""

import re
import time

import pytest
from visitor import Near, text

from harness.show.board import lanes
from harness.show.board.lanes import Window
from harness.show.board.store import reviews, rooms, runs
from harness.show.board.store.runs import Event, Run

NOMINAL = "lb-nominal-ct-brain"
WINDOW = Window(1000.0, 1000.0 + lanes.WIDTH, 1600.0)  # a unit of the drawing is a second


def run(number: int, started: float | None, ended: float | None, other: int | None = None) -> Run:
    facts = (number, 1, 7, "1", other, "1", NOMINAL, 1, "running", "", "", None)
    return Run(*facts, 1100.0, started, ended)


def event(number: int, of: int, kind: str, at: float) -> Event:
    return Event(number, of, kind, {}, at)


def test_a_window_has_places_and_round_ticks() -> None:
    assert WINDOW.x(1000.0) == 0.0
    assert WINDOW.x(1600.0) == 600.0
    assert WINDOW.x(0.0) == 0.0
    assert WINDOW.x(9999.0) == lanes.WIDTH
    assert WINDOW.span(1100.0, 1250.0) == (100.0, 150.0)
    assert WINDOW.span(1100.0, None) == (100.0, 500.0)
    assert WINDOW.span(1100.0, 1100.5) == (100.0, lanes.LEAST)
    assert WINDOW.ticks == (1200.0, 1500.0, 1800.0, 2100.0)


@pytest.mark.parametrize("hours", [1, 2, 4, 8, 24, 72])
def test_ticks_are_few(hours: int) -> None:
    ticks = Window(1e9, 1e9 + hours * 3600, 1e9).ticks
    assert 2 <= len(ticks) <= 10


def test_a_wait_lasts_until_the_next_event_of_its_run() -> None:
    first, second = run(1, 1200.0, 1400.0), run(2, 1200.0, None)
    events = [
        event(1, 1, "waits", 1210.0),
        event(2, 2, "waits", 1220.0),
        event(3, 1, "exchange", 1230.0),
        event(4, 1, "waits", 1240.0),
        event(5, 99, "waits", 1250.0),
    ]
    found = lanes.waits_of([first, second], events)
    assert [(one.run.id, one.event.id, one.end) for one in found] == [
        (1, 1, 1230.0),
        (2, 2, None),
        (1, 4, 1400.0),
    ]


def test_a_run_of_two_is_in_both_lanes(vendor: Near, rival: Near) -> None:
    vendor.declare()
    rival.declare(side="platform")
    systems = rooms.systems(vendor.board.database, 1)
    between = Run(1, 1, 1, "1", 2, "1", "proxy", 1, "done", "", "", None, 1100.0, 1200.0, 1300.0)
    drawn = lanes.lanes(WINDOW, systems, [between], [], [], [])
    for lane in drawn:
        assert [(bar.x, bar.width, bar.open) for bar in lane.played] == [(200.0, 100.0, False)]
        assert [(bar.x, bar.width) for bar in lane.queued] == [(100.0, 100.0)]


def test_everybody_sees_when_and_reads_only_their_own(
    vendor: Near, rival: Near, monitor: Near
) -> None:
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    database = vendor.board.database
    runs.begin(database, 1)
    found = runs.run(database, 1)
    assert found
    runs.note(database, found, "waits", {"flow": "A", "role": "ris", "seconds": 30.0})
    for who, reads in ((vendor, True), (monitor, True), (rival, False)):
        page = who.get("/rooms/1/timeline")
        assert page.status_code == 200
        assert ('href="/runs/1"' in page.text) is reads
        assert ("waiting for message A" in text(page)) is reads
        assert "v-running" in page.text
        assert 'class="bar v-running"' in page.text
    assert vendor.get("/rooms/1/timeline/part").text.lstrip().startswith('<div id="part"')


def test_what_is_over_is_listed_and_so_is_what_a_monitor_said(vendor: Near, monitor: Near) -> None:
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario="*")
    database = vendor.board.database
    runs.begin(database, 1)
    runs.end(database, 1, "done", "fail")
    reviews.claim(database, 1, rooms.people(database, 1)[-1])
    page = vendor.get("/rooms/1/timeline?hours=1")
    assert page.text.count('class="mark"') == 1
    assert "taken on · Max" in text(page)
    order = re.findall(r'id="run-(\d+)"', page.text)
    assert order == ["2", "1"]  # what waits stands before what is over
    assert 'aria-current="true">1 h<' in page.text


def test_what_is_long_over_is_not_shown(vendor: Near) -> None:
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    database = vendor.board.database
    runs.end(database, 1, "withdrawn")
    assert len(runs.since(database, 1, time.time() - 60)) == 1
    assert runs.since(database, 1, time.time() + 60) == ()


@pytest.mark.parametrize("hours", ["", "0", "-1", "x", "9" * 30])
def test_a_window_that_is_none_is_the_usual_one(vendor: Near, hours: str) -> None:
    assert vendor.get(f"/rooms/1/timeline?hours={hours}").status_code == 200
