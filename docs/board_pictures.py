"""Pictures of a session: a room as it may be in mid-afternoon, seen on phone, desk and big screen.

The room is made up, but for one run that our simulators have played; a real server shows it.
"""

import random
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Final

import uvicorn
from playwright.sync_api import Browser
from sqlalchemy import update

from harness import data
from harness.rules import profile as profiles
from harness.show.board import app, pairing, serving
from harness.show.board.access import Board
from harness.show.board.play import player
from harness.show.board.store import attachments, reviews, rooms, runs, slots
from harness.show.board.store.rooms import Declared, Opened, Person, System
from harness.show.board.store.tables import REVIEWS, RUNS, SLOTS
from harness.show.runs import session
from harness.sim import scenario

SCENARIOS: Final = (
    "lb-nominal-ct-brain",
    "lb-nominal-without-request-document",
    "lb-neg-ins-key",
    "lb-neg-no-patient",
)
RIS: Final = ("Acme Radix", "Borel Iris", "Calix RadioSuite", "Dumont SIR+", "Étoile RIS")
PLATFORMS: Final = (
    "Nova TéléRad",
    "Opale Expert",
    "Pixel Lecture",
    "Quartz Care",
    "Réseau Réponse",
)
WRONG: Final = ("RadioSuite", "TéléRad", "Care")  # systems with something red
CLOCK: Final = datetime.fromisoformat("2026-03-02T09:00:00+01:00")
PNG: Final = bytes.fromhex("89504e470d0a1a0a") + bytes(2000)
_HOUR: Final = 3600.0


@dataclass(frozen=True)
class View:
    """A picture: its name, who looks at which page, what of it."""

    name: str
    role: str
    path: str
    width: int = 1280
    height: int = 900
    lang: str = "en"
    scheme: str = "light"
    to: str = ""


SHOWN: Final = (
    View("board-tv", "organiser", "/rooms/1?tv", 1920, 1080, scheme="dark"),
    View("board-timeline", "monitor", "/rooms/1/timeline", height=640),
    View("board-run", "monitor", "/runs/1", height=1000),
)
_PAGES: Final = (
    ("join", "", "/join"),
    ("room", "organiser", "/rooms/1"),
    ("tv", "organiser", "/rooms/1?tv"),
    ("schedule", "organiser", "/rooms/1/schedule"),
    ("timeline", "monitor", "/rooms/1/timeline"),
    ("levels", "organiser", "/rooms/1/ladder"),
    ("run", "monitor", "/runs/1"),
    ("system", "organiser", "/systems/1"),
    ("work", "monitor", "/rooms/1/work"),
    ("host", "host", "/rooms"),
)
_SIZES: Final = (("phone", 390, 844), ("desk", 1280, 900), ("beamer", 1920, 1080))


def every() -> Iterator[View]:
    """Every page at every size, in both languages, light and dark."""
    for (name, role, path), (size, width, height) in product(_PAGES, _SIZES):
        for lang, scheme in product(("fr", "en"), ("light", "dark")):
            whole = f"board-{name}-{size}-{lang}-{scheme}"
            yield View(whole, role, path, width, height, lang, scheme)


def take(browser: Browser, views: tuple[View, ...], folder: Path) -> None:
    """The pictures."""
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as board:
        with ThreadPoolExecutor(1) as other:  # playwright has a loop in this thread, a run its own
            codes = other.submit(furnish, board).result()
        for view in views:
            _take(browser, board, codes, view, folder)


def _take(browser: Browser, board: Board, codes: dict[str, str], view: View, folder: Path) -> None:
    size = {"width": view.width, "height": view.height}
    context = browser.new_context(viewport=size, color_scheme=view.scheme, locale=view.lang)
    tab = context.new_page()
    if view.role:
        tab.goto(f"{board.url}/join#{codes.get(view.role, board.host_key)}")
        tab.fill("input[name=name]", "Zoé Martin")
        tab.fill("input[name=organisation]", "Agence")
        with tab.expect_response("**/join"):
            tab.click("form#join button")
    tab.goto(f"{board.url}{view.path}{'&' if '?' in view.path else '?'}lang={view.lang}")
    if view.to:
        tab.locator(view.to).evaluate("node => node.scrollIntoView()")
    tab.wait_for_timeout(500)
    tab.screenshot(path=folder / f"{view.name}.png")
    context.close()


@contextmanager
def served(folder: Path) -> Iterator[Board]:
    """A server in a thread, that plays nothing."""
    terms = serving.Terms(
        host="127.0.0.1",
        ports=range(27000, 27040),
        names=(),
        any_address=False,
        public="",
        url=None,
        folder=folder,
        parallel=0,
        within=5.0,
        tls=None,
        lang="en",
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        board = serving.make(terms, listening.getsockname()[1])
        server = uvicorn.Server(uvicorn.Config(app.make(board), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.05)
        try:
            yield board
        finally:
            server.should_exit = True
            thread.join()


def furnish(board: Board) -> dict[str, str]:
    """A room in mid-session; its codes."""
    _, codes = rooms.make_room(
        board.database,
        board.secret,
        name="Projectathon de Lille",
        profile=profiles.DEFAULT,
        scenarios=SCENARIOS,
        agenda="9:00 N1\n14:00 N2, N3",
    )
    board.shown[1] = codes["vendor"]
    chance, monitor = random.Random(3), _person(board, "monitor", "Max Garnier")  # noqa: S311
    systems = [
        _declared(board, title, role, number)
        for role, titles in (("ris", RIS), ("platform", PLATFORMS))
        for number, title in enumerate(titles, 1)
    ]
    for one in systems:
        _alone(board, one, chance)
    _together(board, systems, monitor)
    _told(board, monitor)
    return codes


def _person(board: Board, role: str, name: str, organisation: str = "Agence") -> Person:
    number, _ = rooms.join(board.database, board.secret, Opened(1, role, None), name, organisation)
    found = rooms.person(board.database, number)
    assert found  # noqa: S101  a moment ago
    return found


def _declared(board: Board, title: str, role: str, number: int) -> System:
    organisation, _, name = title.partition(" ")
    owner = _person(board, "vendor", f"P. {organisation}", organisation)
    said = Declared(name, f"{number}.{number - 1}", role, "127.0.0.1", 2575, tls=False)
    found = rooms.system(board.database, rooms.declare(board.database, owner, said, board.ports))
    assert found  # noqa: S101  a moment ago
    return found


def _alone(board: Board, one: System, chance: random.Random) -> None:
    """Every scenario against the simulator, within the last hours."""
    at = time.time() - 1.5 * _HOUR + chance.random() * 600
    for name in SCENARIOS:
        (run,) = runs.ask(board.database, one, [name], one.owner)
        wrong = one.name in WRONG and name == SCENARIOS[0]
        verdict = "fail" if wrong else chance.choice(("pass", "pass", "pass", "warning"))
        runs.end(board.database, run, "done", verdict)
        took = 40 + chance.random() * 200
        _when(board, run, at, at + chance.random() * 60, at + 60 + took)
        at += 90 + took


def _together(board: Board, systems: list[System], monitor: Person) -> None:
    """Three rounds: one that is over, one that is late, one that goes on."""
    database, known = board.database, {one.id: one for one in systems}
    ris, platforms = ([one.id for one in systems if one.role == of] for of in ("ris", "platform"))
    begin = time.time() - 3000
    planned = pairing.rounds(ris, platforms, 5)
    wanted = [
        slots.Wanted(*pair, runs.BETWEEN, begin + place * 1500, 1200)
        for place, one in enumerate(planned)
        for pair in one
    ]
    slots.add(database, 1, wanted)
    with database.writing() as to:
        to.execute(update(SLOTS).values(made=begin - _HOUR))
    for place, (left, right) in enumerate((*planned[0], *planned[1][:3])):
        run = runs.propose(database, known[left], known[right], known[left].owner, agreed=True)
        assert run  # noqa: S101  the first of its pair
        at = begin + 20 + place * 40
        if place < 5:
            blame = {"RadioSuite": "ris"}.get(known[left].name, "")
            blame = blame or ("platform" if known[right].name in WRONG else "")
            runs.end(database, run, "done", "fail" if blame else "pass", blame=blame)
            _when(board, run, at, at + 40, at + 500 + place * 90)
            reviews.claim(database, run, monitor)
            reviews.decide(database, run, monitor, "failed" if blame else "verified", "vu")
            with database.writing() as to:
                said = update(REVIEWS).where(REVIEWS.c.run == run)
                to.execute(said.values(at=at + 600 + place * 90))
        else:
            runs.begin(database, run)
            _when(board, run, time.time() - 420, time.time() - 300 + place * 20, None)
            _waits(board, run)


def _waits(board: Board, number: int) -> None:
    run = runs.run(board.database, number)
    assert run  # noqa: S101  a moment ago
    runs.note(board.database, run, "waits", {"flow": "C", "role": "platform", "seconds": 95.0})


def _when(board: Board, run: int, asked: float, started: float, ended: float | None) -> None:
    values = {"asked": asked, "started": started, "ended": ended}
    with board.database.writing() as to:
        to.execute(update(RUNS).where(RUNS.c.id == run).values(**values))


def _told(board: Board, monitor: Person) -> None:
    """The first run tells what our simulators said to each other, and has evidence."""
    run = runs.run(board.database, 1)
    assert run  # noqa: S101  made above
    file = data.path("scenarios", profiles.DEFAULT, "nominal.yaml")
    found = [one for one in scenario.load(file) if one.scenario == SCENARIOS[0]]
    with tempfile.TemporaryDirectory() as folder:
        options = session.Options(
            profiles.load(),
            Path(folder),
            "telerad demo",
            clock=CLOCK,
            signals=False,
            told=lambda one: runs.note(board.database, run, "exchange", player.of_exchange(one)),
        )
        session.run(found, options)
    person, at = rooms.people(board.database, 1)[1], board.desk.folder(1)
    attachments.add(board.database, at, 1, person, 7, "protocole reçu.png", PNG)
    reviews.claim(board.database, 1, monitor)
