"""N1 alone, N2 with a partner, N3 the whole with a monitor: each after those before it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from visitor import Near, make_room, text

from harness.show.board import ladder
from harness.show.board.access import Board
from harness.show.board.ladder import LEVELS
from harness.show.board.store import reviews, rooms, runs, waivers
from harness.show.board.store.rooms import System

NAMES = ("lb-nominal-ct-brain", "lb-neg-ins-key")


@pytest.fixture
def codes(board: Board) -> dict[str, str]:
    return make_room(board, climb=True)


@pytest.fixture
def pair(board: Board, vendor: Near, rival: Near) -> tuple[System, System]:
    """A RIS of one vendor, a platform of another."""
    numbers = vendor.declare(), rival.declare(side="platform", system="Plato")
    found = [rooms.system(board.database, number) for number in numbers]
    assert found[0]
    assert found[1]
    return found[0], found[1]


def standing(board: Board, system: System) -> list[tuple[str, int]]:
    """The state of each level, and how many things are missing."""
    room = rooms.room(board.database, 1)
    assert room
    found = ladder.rungs(system, ladder.facts(board.database, room))
    assert [rung.level for rung in found] == list(LEVELS)
    return [(rung.state, len(rung.missing)) for rung in found]


def alone(board: Board, system: System, verdicts: tuple[str, ...] = ("pass", "pass")) -> None:
    """Runs against our simulator, with these verdicts."""
    for name, verdict in zip(NAMES, verdicts, strict=True):
        (number,) = runs.ask(board.database, system, [name], 1)
        runs.begin(board.database, number)
        runs.end(board.database, number, "done", verdict)


def together(
    board: Board,
    ris: System,
    platform: System,
    verdict: str,
    *,
    whole: bool = False,
    flows: str = "",
) -> int:
    """A run of two, with a verdict and the flows that were exchanged."""
    number = runs.propose(board.database, ris, platform, 1, agreed=True, whole=whole)
    assert number
    runs.begin(board.database, number)
    run = runs.run(board.database, number)
    assert run
    for flow in flows:
        told: dict[str, Any] = {"flow": flow, "state": "done"}
        runs.note(board.database, run, "exchange", told)
    runs.end(board.database, number, "done", verdict)
    return number


def test_levels_are_climbed_one_after_the_other(board: Board, pair: tuple[System, System]) -> None:
    ris, platform = pair
    assert standing(board, ris) == [("open", 2), ("locked", 1), ("locked", 1)]
    alone(board, ris, ("pass", "fail"))
    assert standing(board, ris) == [("open", 1), ("locked", 1), ("locked", 1)]
    alone(board, ris, ("warning", "not_tested"))
    assert standing(board, ris) == [("done", 0), ("open", 1), ("locked", 1)]
    together(board, ris, platform, "fail")
    assert standing(board, ris) == [("done", 0), ("open", 1), ("locked", 1)]
    together(board, ris, platform, "pass")
    assert standing(board, ris) == [("done", 0), ("done", 0), ("open", 1)]
    assert standing(board, platform) == [("open", 2), ("done", 0), ("locked", 1)]


def test_nothing_that_could_be_tested_is_nothing_done(
    board: Board, pair: tuple[System, System]
) -> None:
    alone(board, pair[0], ("not_tested", "not_tested"))
    assert standing(board, pair[0])[0] == ("open", 2)


def test_the_whole_wants_its_flows_and_a_monitor(board: Board, pair: tuple[System, System]) -> None:
    ris, platform = pair
    alone(board, ris)
    monitor = rooms.people(board.database, 1)[0]
    lacking: list[str] = []

    def lacks() -> str:
        room = rooms.room(board.database, 1)
        assert room
        missing = ladder.rungs(ris, ladder.facts(board.database, room))[2].missing
        lacking.append(missing[0].en if missing else "")
        return lacking[-1]

    assert lacks().startswith("the whole exchange")
    together(board, ris, platform, "fail", whole=True, flows="ADE")
    assert lacks() == "run 3: fail"
    number = together(board, ris, platform, "pass", whole=True, flows="AC")
    assert lacks() == f"run {number}: flows D, E not exchanged"
    number = together(board, ris, platform, "pass", whole=True, flows="ADE")
    assert lacks() == f"run {number}: verification by a monitor"
    reviews.claim(board.database, number, monitor)
    reviews.decide(board.database, number, monitor, "partial", "")
    assert lacks() == f"run {number}: verification by a monitor"
    reviews.decide(board.database, number, monitor, "verified", "")
    assert lacks() == ""


def test_a_new_version_begins_below(
    board: Board, vendor: Near, pair: tuple[System, System]
) -> None:
    alone(board, pair[0])
    said = {"system": "Radix", "version": "5", "host": "h", "port": "1"}
    vendor.post("/systems/1", "/rooms/1", **said)
    changed = rooms.system(board.database, 1)
    assert changed
    assert standing(board, changed)[0] == ("open", 2)


def test_what_is_missing_is_named(board: Board, vendor: Near, pair: tuple[System, System]) -> None:
    alone(board, pair[0], ("pass", "fail"))
    refused = vendor.post("/systems/1/between", "/rooms/1", other="2")
    assert refused.status_code == 409
    said = text(refused)
    assert "Level N2 asks for those before it first." in said
    assert "Acme Radix 4.2 lacks at N1: lb-neg-ins-key (fail)." in said
    assert "Best Plato 4.2 lacks at N1: lb-nominal-ct-brain (not played), lb-neg-ins-key" in said
    assert runs.open_runs(board.database) == ()


def test_an_organiser_waives_with_a_comment_that_is_kept(
    board: Board, vendor: Near, organiser: Near, monitor: Near, pair: tuple[System, System]
) -> None:
    path, said = "/rooms/1/waivers", {"level": "N1", "comment": "agreed by phone <b>"}
    for nobody in (vendor, monitor):
        assert nobody.post(path, "/rooms/1", system="1", **said).status_code == 403
    for wrong in ({"comment": " "}, {"level": "N3"}, {"system": "99"}):
        fields = {"system": "1", **said, **wrong}
        assert organiser.post(path, "/rooms/1", **fields).status_code == 422
    assert organiser.post(path, "/rooms/1", system="1", **said).status_code == 303
    assert standing(board, pair[0])[:2] == [("waived", 2), ("open", 1)]
    assert standing(board, pair[1])[0] == ("open", 2)
    organiser.post(path, "/rooms/1", system="2", **said)
    assert vendor.post("/systems/1/between", "/rooms/1", other="2").status_code == 303
    page = vendor.get("/rooms/1/ladder").text
    assert page.count("agreed by phone &lt;b&gt;") == 4
    assert "Take back" not in page
    organiser.post(f"{path}/end", "/rooms/1", waiver="1")
    assert organiser.post(f"{path}/end", "/rooms/1", waiver="1").status_code == 404
    assert standing(board, pair[0])[0] == ("open", 2)
    kept = waivers.of_room(board.database, 1)
    assert [(one.level, one.name, one.ended is None) for one in kept] == [
        ("N1", "Olga", False),
        ("N1", "Olga", True),
    ]


def test_a_room_may_be_opened_without_levels(
    board: Board, visitor: Callable[[], Near], pair: tuple[System, System]
) -> None:
    host = visitor()
    host.post("/join", code=board.host_key)
    said = {"room": "Free", "profile": "livre-blanc-2024"}
    host.post("/rooms", "/rooms", **said)
    host.post("/rooms", "/rooms", **said, ladder="yes")
    assert [one.level for one in waivers.of_room(board.database, 2)] == ["N1", "N2"]
    assert waivers.of_room(board.database, 3) == ()


def test_the_whole_begins_when_a_monitor_takes_it_on(
    board: Board,
    vendor: Near,
    rival: Near,
    monitor: Near,
    organiser: Near,
    pair: tuple[System, System],
) -> None:
    for level in ("N1", "N2"):
        organiser.post("/rooms/1/waivers", "/rooms/1", level=level, system="0", comment="free")
    asked = vendor.post("/systems/1/between", "/rooms/1", other="2", level="N3")
    assert asked.headers["location"] == "/runs/1"
    rival.post("/runs/1/agree", "/rooms/1")
    begun = asyncio.run(begins(board))
    assert begun == []
    assert "Waits for a monitor" in text(vendor.get("/runs/1"))
    assert vendor.post("/runs/1/claim", "/rooms/1").status_code == 403
    assert "/runs/1" in monitor.get("/rooms/1/work").text
    assert monitor.post("/runs/1/claim", "/rooms/1/work").status_code == 303
    assert asyncio.run(begins(board)) == [1]
    assert "Waits for a monitor" not in text(vendor.get("/runs/1"))


async def begins(board: Board) -> list[int]:
    """The runs that the desk begins now, which are not played."""
    begun: list[int] = []

    async def played(run: runs.Run) -> None:
        begun.append(run.id)

    board.desk._played = played  # type: ignore[method-assign]
    await board.desk._begin()
    await asyncio.sleep(0)
    board.desk._going.clear()
    return begun
