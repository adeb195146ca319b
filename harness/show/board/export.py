"""A session as a static site: the board, what monitors said, the report of every run.

Everything is in one ZIP file; its pages open from disk, without a server and without a script of
the board.
"""

import os
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from markupsafe import Markup
from sqlalchemy import select

from harness.show.board import matrix, reviews, rooms, runs
from harness.show.board.access import Board
from harness.show.board.rooms import Room
from harness.show.board.runs import Run
from harness.show.board.tables import RUNS
from harness.show.board.wording import render, style
from harness.show.pages import page

FILES: Final = ("report.html", "result.json", "junit.xml", "journal.ndjson")


def write(board: Board, room: Room, lang: str) -> Path:
    """A new ZIP file of a room; who asked removes it."""
    handle, name = tempfile.mkstemp(".zip", "export-", board.folder)
    os.close(handle)
    every = _every(board, room)
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("index.html", _index(board, room, every, lang))
        for run in every:
            folder = board.desk.folder(run.id)
            for file in (folder / part for part in FILES):
                if file.is_file():
                    into.write(file, f"runs/{run.id:06d}/{file.name}")
    return Path(name)


def _every(board: Board, room: Room) -> list[Run]:
    """Every run of the room that is over, in order."""
    with board.database.reading() as of:
        wanted = select(RUNS.c.id).where(RUNS.c.room == room.id).order_by(RUNS.c.id)
        numbers = of.execute(wanted).scalars().all()
    found = [runs.run(board.database, number) for number in numbers]
    return [run for run in found if run and not run.is_open]


def _index(board: Board, room: Room, every: list[Run], lang: str) -> str:
    systems = rooms.systems(board.database, room.id)
    latest = runs.latest(board.database, room.id)
    platforms, pairs = matrix.pairs(systems, latest)
    return render(
        "export",
        lang,
        room=room,
        style=Markup(style()),  # noqa: S704  our own file
        policy=page.policy(style(), ""),
        columns=matrix.columns(room),
        rows=matrix.rows(systems, room.scenarios, latest),
        platforms=platforms,
        pairs=pairs,
        systems={system.id: system for system in systems},
        every=every,
        reported=frozenset(
            run.id for run in every if (board.desk.folder(run.id) / "report.html").is_file()
        ),
        said={run.id: reviews.of_run(board.database, run.id) for run in every},
        reviews=reviews.current(board.database, room.id),
    )
