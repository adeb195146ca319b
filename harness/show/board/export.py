"""A session as a static site: the board, what monitors said, every run with all that belongs to it.

Everything is in one ZIP file; its pages open from disk, without a server and without a script of
the board. Of each run: steps, files that were attached, the report, and a pack of evidence that
`telerad verify` takes, with the attached files in it.
"""

import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import select

from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.show.board import ladder, matrix, steps
from harness.show.board.access import Board
from harness.show.board.ladder import Facts
from harness.show.board.store import attachments, reviews, rooms, runs, slots
from harness.show.board.store.attachments import Attachment
from harness.show.board.store.reviews import Review
from harness.show.board.store.rooms import Room, System
from harness.show.board.store.runs import Run
from harness.show.board.store.tables import RUNS
from harness.show.board.wording import render, style
from harness.show.evidence import making
from harness.show.pages import page

FILES: Final = ("report.html", "result.json", "junit.xml", "journal.ndjson")
PACK: Final = "evidence.zip"


@dataclass(frozen=True, slots=True)
class _Site:
    """What all pages of a site are made of."""

    board: Board
    room: Room
    lang: str
    systems: Mapping[int, System]
    every: tuple[Run, ...]
    files: Mapping[int, tuple[Attachment, ...]]
    said: Mapping[int, tuple[Review, ...]]
    known: Facts

    def folder(self, run: Run) -> Path:
        """Where the files of a run are."""
        return self.board.desk.folder(run.id)

    def has(self, run: Run, name: str) -> bool:
        """A run has such a file."""
        return (self.folder(run) / name).is_file()

    def page(self, name: str, **values: Any) -> str:
        """A page as text."""
        return render(
            name,
            self.lang,
            room=self.room,
            style=Markup(style()),  # noqa: S704  our own file
            policy=page.policy(style(), ""),
            systems=self.systems,
            files=self.files,
            said=self.said,
            reviews=self.known.reviews,
            place=place,
            **values,
        )


def place(run: int) -> str:
    """The folder of a run in the site."""
    return f"runs/{run:06d}"


def write(board: Board, room: Room, lang: str) -> Path:
    """A new ZIP file of a room; who asked removes it."""
    handle, name = tempfile.mkstemp(".zip", "export-", board.folder)
    os.close(handle)
    site = _site(board, room, lang)
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("index.html", _index(site))
        for run in site.every:
            _write_run(into, site, run)
    return Path(name)


def _site(board: Board, room: Room, lang: str) -> _Site:
    every = _every(board, room)
    return _Site(
        board,
        room,
        lang,
        {system.id: system for system in rooms.systems(board.database, room.id)},
        every,
        attachments.of_room(board.database, room.id),
        {run.id: reviews.of_run(board.database, run.id) for run in every},
        ladder.facts(board.database, room),
    )


def _every(board: Board, room: Room) -> tuple[Run, ...]:
    """Every run of the room that is over, in order."""
    with board.database.reading() as of:
        wanted = select(RUNS.c.id).where(RUNS.c.room == room.id).order_by(RUNS.c.id)
        numbers = of.execute(wanted).scalars().all()
    found = [runs.run(board.database, number) for number in numbers]
    return tuple(run for run in found if run and not run.is_open)


def _write_run(into: zipfile.ZipFile, site: _Site, run: Run) -> None:
    folder = site.folder(run)
    into.writestr(f"{place(run.id)}/index.html", _page_of(site, run))
    for name in FILES:
        if site.has(run, name):
            into.write(folder / name, f"{place(run.id)}/{name}")
    kept = {
        one.given: (folder / attachments.FOLDER / one.file).read_bytes()
        for one in site.files.get(run.id, ())
        if one.removed is None and site.has(run, f"{attachments.FOLDER}/{one.file}")
    }
    for name, data in kept.items():
        into.writestr(f"{place(run.id)}/{attachments.FOLDER}/{name}", data)
    if site.has(run, PACK):
        into.writestr(f"{place(run.id)}/{PACK}", _pack(folder / PACK, kept))


def _pack(pack: Path, kept: Mapping[str, bytes]) -> bytes:
    """The pack of a run, with what was attached to it; as it is, if it cannot be read."""
    try:
        return making.attached(pack, kept).data if kept else pack.read_bytes()
    except HarnessError:
        return pack.read_bytes()


def _page_of(site: _Site, run: Run) -> str:
    """The page of a run: its steps, its files, what was said of it."""
    told = runs.events_of_run(site.board.database, run.id)
    files = [one for one in site.files.get(run.id, ()) if one.removed is None]
    review = site.known.reviews.get(run.id)
    far = steps.course(run, told, {one.step for one in files}, review.state if review else "")
    system, profile = site.systems[run.system], profiles.load(site.room.profile)
    scenario = matrix.scenario_of(site.room, run.scenario)
    return site.page(
        "export_run",
        run=run,
        steps=steps.of_run(run, system.role, scenario, profile, far),
        mine=files,
        parts=[name for name in (*FILES, PACK) if site.has(run, name)],
        title=scenario.title.text if scenario else None,
        events=told,
    )


def _index(site: _Site) -> str:
    room, database = site.room, site.board.database
    systems = tuple(site.systems.values())
    latest = runs.latest(database, room.id)
    platforms, pairs = matrix.pairs(systems, latest)
    return site.page(
        "export",
        columns=matrix.columns(room),
        rows=matrix.rows(systems, room.scenarios, latest),
        platforms=platforms,
        pairs=pairs,
        every=site.every,
        shown=frozenset(run.id for run in site.every),
        packs=frozenset(run.id for run in site.every if site.has(run, PACK)),
        rungs={one.id: ladder.rungs(one, site.known) for one in systems},
        waivers=site.known.waivers,
        slots=slots.of_room(database, room.id),
    )
