"""What a board keeps, and in which order runs begin."""

from pathlib import Path

import databases
import pytest
from visitor import Near

from harness.errors import HarnessError
from harness.show.board import matrix, serving
from harness.show.board.access import Board
from harness.show.board.play.turn import next_runs
from harness.show.board.store import rooms, runs
from harness.show.board.store.codes import Secret
from harness.show.board.store.database import Database
from harness.show.board.store.runs import Run
from harness.text import Text

NOMINAL, KEY = "lb-nominal-ct-brain", "lb-neg-ins-key"


def waiting(number: int, system: int, who: int, other: int | None = None) -> Run:
    return Run(
        *(number, 1, system, "1", other, "", NOMINAL, who, "queued", "", "", None, 0.0, None, None)
    )


def chosen(*args: object) -> list[int]:
    return [run.id for run in next_runs(*args)]  # type: ignore[arg-type]


def test_a_system_plays_one_run_at_a_time() -> None:
    queue = [waiting(1, 7, 1), waiting(2, 7, 1), waiting(3, 8, 1), waiting(4, 9, 1, other=8)]
    assert chosen(queue, [], {}, 4) == [1, 3]
    assert chosen(queue, [waiting(0, 7, 1)], {}, 4) == [3]
    assert chosen(queue, [waiting(0, 7, 1), waiting(3, 8, 1)], {}, 4) == []
    assert chosen(queue, [], {}, 1) == [1]
    assert chosen(queue, [waiting(0, 5, 1)], {}, 1) == []


def test_forty_runs_of_one_do_not_keep_another_waiting() -> None:
    queue = [waiting(n, n, 1) for n in range(1, 41)] + [waiting(50, 50, 2), waiting(51, 51, 3)]
    assert chosen(queue, [], {1: 9.0, 2: 8.0}, 3) == [51, 50, 1]
    assert chosen(queue, [waiting(90, 90, 2)], {}, 3) == [1, 51]


def test_a_run_goes_its_way_once(board: Board, vendor: Near) -> None:
    system = rooms.system(board.database, vendor.declare())
    assert system
    (number,) = runs.ask(board.database, system, [NOMINAL, NOMINAL], 1)
    assert runs.ask(board.database, system, [NOMINAL], 1) == ()
    assert runs.begin(board.database, number)
    assert not runs.begin(board.database, number)
    assert not runs.end(board.database, number, "withdrawn", of=("queued",))
    assert runs.end(board.database, number, "done", "fail", Text("a", "b"))
    assert not runs.end(board.database, number, "stopped")
    run = runs.run(board.database, number)
    assert run
    assert (run.state, run.word, run.reason, run.is_open) == ("done", "fail", Text("a", "b"), False)
    words = [event.data["word"] for event in runs.events_of_run(board.database, number)]
    assert words == ["queued", "running", "fail"]


def test_a_server_that_went_away_leaves_runs_interrupted(
    terms: serving.Terms, board: Board, vendor: Near
) -> None:
    system = rooms.system(board.database, vendor.declare())
    assert system
    first, second = runs.ask(board.database, system, [NOMINAL, KEY], 1)
    runs.begin(board.database, first)
    with_another = Database(terms.url or f"sqlite:///{terms.folder / 'board.sqlite'}")
    assert runs.interrupt_all(with_another) == (first,)
    states = [run.state for run in runs.of_system(with_another, system.id)]
    assert states == ["queued", "interrupted"]
    assert [run.id for run in runs.open_runs(with_another)] == [second]
    with_another.close()


def test_results_stay_with_their_version(board: Board, vendor: Near) -> None:
    number = vendor.declare()
    system = rooms.system(board.database, number)
    room = rooms.room(board.database, 1)
    assert system
    assert room
    for verdict in ("fail", "pass"):
        (run,) = runs.ask(board.database, system, [NOMINAL], 1)
        runs.end(board.database, run, "done", verdict)

    def words() -> list[str]:
        latest = runs.latest(board.database, 1)
        (row,) = matrix.rows(rooms.systems(board.database, 1), room.scenarios, latest)
        return [cell.word for cell in row.cells]

    assert words() == ["pass", "none"]
    vendor.post(f"/systems/{number}", "/rooms/1", system="Radix", version="5", host="h", port="1")
    assert words() == ["none", "none"]
    assert [run.version for run in runs.of_system(board.database, number)] == ["4.2", "4.2"]


def test_a_write_that_fails_leaves_nothing(board: Board, codes: dict[str, str]) -> None:
    def half() -> None:
        with board.database.writing() as to:
            to.exec_driver_sql("UPDATE rooms SET name = 'other'")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    room = rooms.room(board.database, 1)
    assert room
    assert room.name == "Lille"


def test_a_board_goes_on_when_its_connections_are_cut(
    board: Board, vendor: Near, url: str | None
) -> None:
    if url is None:
        pytest.skip("an embedded database has no connections to cut")
    system = rooms.system(board.database, vendor.declare())
    assert system
    assert databases.cut(url) > 0
    assert runs.ask(board.database, system, [NOMINAL], 1) == (1,)
    assert databases.cut(url) > 0
    assert vendor.get("/runs/1").status_code == 200


def test_an_embedded_database_syncs(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    with database.reading() as of:
        assert of.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert of.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    database.close()


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////no/such/folder/x", "oracle9://x/y"])
def test_a_database_that_cannot_be_opened_is_a_clear_error(url: str) -> None:
    with pytest.raises(HarnessError):
        Database(url)


def test_the_secret_is_kept_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    first = Secret.of(file)
    assert Secret.of(file).key == first.key
    assert file.stat().st_mode & 0o077 == 0
    file.write_bytes(b"short")
    with pytest.raises(HarnessError, match="secret"):
        Secret.of(file)


def test_a_database_of_an_older_version_is_brought_up_to_date(board: Board, vendor: Near) -> None:
    number = vendor.declare()
    with board.database.writing() as to:
        for name in ("tls_name", "tls_client"):
            to.exec_driver_sql(f"ALTER TABLE systems DROP COLUMN {name}")
    later = Database(board.database.engine.url.render_as_string(hide_password=False))
    system = rooms.system(later, number)
    assert system
    assert (system.tls_name, system.tls_client) == ("", True)
    later.close()
