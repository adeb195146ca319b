"""Monitors: who takes a run on, what is decided, and the session as a site on disk."""

import io
import re
import threading
import zipfile

import pytest
from visitor import Near, text

from harness.show.board.access import Board
from harness.show.board.store import reviews, rooms, runs

NOMINAL = "lb-nominal-ct-brain"


@pytest.fixture
def over(vendor: Near) -> int:
    """A run that is over, with a report."""
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    runs.begin(vendor.board.database, 1)
    runs.end(vendor.board.database, 1, "done", "fail")
    folder = vendor.board.desk.folder(1)
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<!doctype html><title>the report</title>")
    return 1


def state(board: Board, run: int) -> str:
    found = reviews.current(board.database, 1).get(run)
    return found.state if found else ""


def test_a_run_is_taken_on_and_decided(
    board: Board, vendor: Near, monitor: Near, over: int
) -> None:
    assert "Take on" in monitor.get("/rooms/1/work").text
    assert monitor.post("/runs/1/claim", "/rooms/1/work").status_code == 303
    assert state(board, over) == "claimed"
    nothing = monitor.post("/runs/1/decision", "/runs/1", decision="partial", comment=" ")
    assert nothing.status_code == 422
    monitor.post("/runs/1/decision", "/runs/1", decision="partial", comment="E lacks\r\nan author")
    assert state(board, over) == "partial"
    page = text(vendor.get("/runs/1"))
    assert "partial" in page
    assert "E lacks\nan author" in page
    assert "partial" in text(vendor.get("/rooms/1"))
    assert monitor.post("/runs/1/decision", "/runs/1", decision="verified").status_code == 303
    assert [one.state for one in reviews.of_run(board.database, over)] == [
        *("claimed", "partial", "verified")
    ]
    kinds = [event.kind for event in runs.events_of_room(board.database, 1, 0, [])]
    assert kinds.count("review") == 3


def test_one_monitor_at_a_time(
    board: Board, codes: dict[str, str], monitor: Near, organiser: Near, over: int
) -> None:
    second = Near(board)
    second.join(codes["monitor"], "Mia", "Agency")
    monitor.post("/runs/1/claim", "/rooms/1/work")
    assert second.post("/runs/1/claim", "/rooms/1").status_code == 409
    assert second.post("/runs/1/release", "/rooms/1").status_code == 409
    verdict = second.post("/runs/1/decision", "/rooms/1", decision="verified")
    assert verdict.status_code == 409
    assert monitor.post("/runs/1/release", "/runs/1").status_code == 303
    assert second.post("/runs/1/claim", "/rooms/1").status_code == 303
    assert organiser.post("/runs/1/decision", "/runs/1", decision="verified").status_code == 303
    assert state(board, over) == "verified"


def test_of_many_who_claim_at_once_one_wins(board: Board, monitor: Near, over: int) -> None:
    person = rooms.people(board.database, 1)[-1]
    won: list[bool] = []
    all_at_once = [
        threading.Thread(target=lambda: won.append(reviews.claim(board.database, over, person)))
        for _ in range(12)
    ]
    for one in all_at_once:
        one.start()
    for one in all_at_once:
        one.join()
    assert sorted(won) == [False] * 11 + [True]


def test_vendors_do_not_decide(vendor: Near, rival: Near, over: int) -> None:
    for what in ("claim", "release", "decision"):
        path, fields = f"/runs/{over}/{what}", {"decision": "verified"}
        assert vendor.post(path, "/rooms/1", **fields).status_code == 403
        assert rival.post(path, "/rooms/1", **fields).status_code == 403
    assert rival.post("/runs/1/comment", "/rooms/1", comment="x").status_code == 403
    assert vendor.post("/runs/1/comment", "/rooms/1", comment="fixed in 4.3").status_code == 303
    assert vendor.get("/rooms/1/work").status_code == 403
    assert vendor.get("/rooms/1/export").status_code == 403


def test_a_run_that_goes_on_is_not_decided(vendor: Near, monitor: Near) -> None:
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    assert monitor.post("/runs/1/claim", "/runs/1").status_code == 409


def test_the_session_is_a_site_on_disk(
    board: Board, vendor: Near, monitor: Near, over: int
) -> None:
    evil = "<script>alert(1)</script>"
    vendor.post("/runs/1/comment", "/rooms/1", comment=evil)
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    answer = monitor.get("/rooms/1/export")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as site:
        names = ["index.html", "runs/000001/index.html", "runs/000001/report.html"]
        assert sorted(site.namelist()) == names
        page, of_run = (site.read(name).decode() for name in names[:2])
    targets = re.findall(r'href="([^"]+)"', page)
    assert set(targets) == {"data:,", "runs/000001/index.html"}
    targets = re.findall(r'href="([^"]+)"', of_run)
    assert set(targets) == {"data:,", "report.html", "../../index.html#run-1"}
    assert evil not in of_run
    assert "Acme Radix 4.2" in page
    assert evil not in page
    assert "script-src" in page
    assert list(board.folder.glob("*.zip")) == []
