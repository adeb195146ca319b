"""Every command of the documentation runs as it is written, and prints what the page shows.

A block `console` holds commands (`$ …`) and, under each, lines of its output, where `…` stands for
anything; `# exit N` tells a code other than 0, `&` a command that goes on until the page ends. A
block with a `title` is a file that the commands below it find.
"""

import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from command import Server

PAGES = Path(__file__).parents[2] / "docs" / "pages"
ALL = sorted(page for page in PAGES.glob("*.md") if not page.name.startswith("rules-"))
BIN = Path(sys.executable).parent
PATIENCE = 120  # seconds
BLOCK = re.compile(
    r"^```(?P<kind>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<body>.*?)^```$", re.M | re.S
)
EXIT = re.compile(r"\s+# exit (\d+)$")
PORT = "2575"


@dataclass
class Command:
    line: str
    code: int = 0
    shows: list[str] = field(default_factory=list)

    @property
    def stays(self) -> bool:
        return self.line.endswith("&")


def commands(body: str) -> Iterator[Command]:
    found: list[Command] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            wanted = EXIT.search(line)
            found.append(Command(EXIT.sub("", line[2:]), int(wanted[1]) if wanted else 0))
        elif line.strip():
            found[-1].shows.append(line)
    yield from found


def shown(line: str) -> "re.Pattern[str]":
    """A line of the page as a pattern: blanks alike, `…` anything."""
    words = [re.escape(part.strip()).replace(r"\ ", r"\s+") for part in line.split("…")]
    return re.compile(r".*".join(words), re.S)


def arguments(command: Command, port: str) -> list[str]:
    words = shlex.split(command.line.rstrip("&").replace(PORT, port))
    return [str(BIN / words[0]), *words[1:]]


def run(command: Command, folder: Path, port: str, server: Server) -> None:
    program, *words = arguments(command, port)
    if program.endswith("telerad"):
        done = server.call(folder, *words)
        code, out, told = done.code, done.out, done.out + done.err
    else:
        other = subprocess.run(
            [program, *words], cwd=folder, capture_output=True, text=True, timeout=PATIENCE
        )
        code, out, told = other.returncode, other.stdout, other.stdout + other.stderr
    assert code == command.code, f"{command.line}\n{told}"
    for line in command.shows:
        assert shown(line).search(out), f"{command.line}\n{line!r} not in\n{out}"


def begin(command: Command, folder: Path, port: str) -> "subprocess.Popen[str]":
    """Start it, and wait until it listens."""
    process = subprocess.Popen(
        arguments(command, port), cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    while port not in (said := process.stdout.readline()):
        assert said, f"{command.line} ended"
    return process


@pytest.fixture
def port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return str(found.getsockname()[1])


@pytest.mark.net
@pytest.mark.slow
@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_the_commands_of_a_page(page: Path, tmp_path: Path, port: str, server: Server) -> None:
    with ExitStack() as stack:
        for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
            if block["title"]:
                file = tmp_path / block["title"]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block["body"], encoding="utf-8")
            if block["kind"] != "console":
                continue
            for command in commands(block["body"]):
                if command.stays:
                    process = begin(command, tmp_path, port)
                    stack.callback(process.communicate, timeout=PATIENCE)
                    stack.callback(process.send_signal, signal.SIGTERM)
                else:
                    run(command, tmp_path, port, server)


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_a_page_has_its_twin_in_the_other_language(page: Path) -> None:
    name, lang, _ = page.name.split(".")
    twin = page.with_name(f"{name}.{'en' if lang == 'fr' else 'fr'}.md")
    heads = [
        [len(line) - len(line.lstrip("#")) for line in text.splitlines() if line.startswith("#")]
        for text in (BLOCK.sub("", one.read_text(encoding="utf-8")) for one in (page, twin))
    ]
    assert heads[0] == heads[1]


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_no_telerad_command_is_shown_that_is_not_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        if block["kind"] not in ("console", "yaml"):
            assert "telerad " not in block["body"]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    done = subprocess.run(
        [str(BIN / "mkdocs"), "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=PAGES.parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("index.html", "en/index.html", "rules-ans-tlr-2026.html", "en/start.html"):
        assert (tmp_path / "site" / name).is_file()
    page = (tmp_path / "site" / "en" / "rules-livre-blanc-2024.html").read_text(encoding="utf-8")
    assert "INS-F03" in page
