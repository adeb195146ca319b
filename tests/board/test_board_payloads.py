"""W08: what people and their messages say changes no page: its elements stay the same ones.

Two hundred texts that mean ill stand wherever somebody outside can write; each page is compared
with the same page where harmless texts stand there.
"""

import io
import itertools
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from test_board_guard import exchange
from visitor import Near

from harness.show.board import serving
from harness.show.board.access import Board
from harness.show.board.pages import entry, streams
from harness.show.board.store import reviews, rooms, runs
from harness.show.board.store.rooms import Declared

NOMINAL = "lb-nominal-ct-brain"
_CORES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<body onload=alert(1)>",
    "<style>@import'//evil.example'</style>",
    "<base href=//evil.example>",
    "<form action=//evil.example><button>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<!--",
    "]]>",
    "<![CDATA[<b>]]>",
    "{{ 7*191 }}",
    "{% include 'page.html.j2' %}",
    "${7*191}",
    "&lt;b&gt;&#60;b&#62;",
    "\u202e\u2066<b>",
    "\x1b[31m\x9b\x07<b>",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16") + "\ufeff\ufffe<b>",
)
_AROUND = (
    "{}",
    '">{}',
    "'>{}",
    "</td></table></main>{}",
    "</title>{}",
    "x' onmouseover='{}",
    'x" autofocus onfocus="{}',
    "</textarea></select>{}",
    "\\'\"`{}`",
    "\u2028{}\u2029",
)
PAYLOADS = tuple(around.format(core) for around, core in itertools.product(_AROUND, _CORES))


@pytest.fixture
def url() -> None:
    """One database will do: what is read is what was written."""


class Shape(HTMLParser):
    """The elements of a page and the names of their attributes, in order; no text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self.links: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *(name for name, _ in attrs)))
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action")}

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.found.append(("!",))

    handle_decl = unknown_decl = handle_pi = handle_comment


def pages(terms: serving.Terms, board: Board, words: Sequence[str]) -> dict[str, str]:
    """Every page of a room where each of these words stands in every place."""
    first = words[0]
    scenarios = (NOMINAL, "lb-neg-ins-key")
    number, codes = rooms.make_room(
        board.database,
        board.secret,
        name=first,
        profile="livre-blanc-2024",
        scenarios=scenarios,
        agenda="\n".join(words),
    )
    entry.free(board, number)
    organiser = Near(board)
    assert organiser.join(codes["organiser"], first[:80], first[:80]).status_code == 200
    person = rooms.people(board.database, number)[0]
    for word in words:
        said = Declared(word, word[:40], "ris", "127.0.0.1", 2575, False, word)
        system = rooms.system(
            board.database, rooms.declare(board.database, person, said, terms.ports)
        )
        assert system
        runs.ask(board.database, system, [NOMINAL], person.id)
    first_run = runs.run(board.database, 1)
    assert first_run
    for word in words:
        runs.note(board.database, first_run, "exchange", exchange(word))
        reviews.comment(board.database, 1, person, word)
    runs.begin(board.database, 1)
    runs.end(board.database, 1, "done", "fail")
    reviews.claim(board.database, 1, person)
    organiser.post("/tokens", f"/rooms/{number}", label=first[:40])
    room = f"/rooms/{number}"
    paths = (room, f"{room}/matrix", f"{room}/work", "/tokens", "/systems/1", "/runs/1")
    found = {path: organiser.get(path).text for path in paths}
    with zipfile.ZipFile(io.BytesIO(organiser.get(f"{room}/export").content)) as site:
        found |= {name: site.read(name).decode() for name in site.namelist() if "html" in name}
    return found


def test_w08_two_hundred_texts_change_no_page(
    tmp_path: Path, terms: serving.Terms, board: Board
) -> None:
    wide = replace(terms, ports=range(30000, 31000))
    evil = pages(wide, board, PAYLOADS)
    (tmp_path / "other").mkdir()
    other = serving.make(replace(wide, folder=tmp_path / "other"), 8000)
    harmless = pages(wide, other, [f"word {number}" for number in range(len(PAYLOADS))])
    other.database.close()
    assert len(PAYLOADS) == 200
    assert evil.keys() == harmless.keys()
    for path, page in evil.items():
        found, wanted = Shape(page), Shape(harmless[path])
        assert found.found == wanted.found, path
        assert found.links == wanted.links, path
        assert "1337" not in page
        assert not set("\u202e\u2066\x1b\x9b\x07") & set(page), path


def test_w08_two_hundred_texts_end_no_event(board: Board, vendor: Near) -> None:
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    run = runs.run(board.database, 1)
    assert run
    for word in PAYLOADS:
        runs.note(board.database, run, "exchange", exchange(word))
    for event in runs.events_of_run(board.database, 1):
        sent = streams.as_text(event, "en")
        assert sent.isascii()
        assert [line.partition(":")[0] for line in sent.split("\n")] == [
            *("id", "event", "data", "", "")
        ]
