"""A server that is killed loses nothing that a page said was done."""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from visitor import Visitor, text

pytestmark = [pytest.mark.net, pytest.mark.slow]
BIN = Path(sys.executable).parent
SCENARIOS = ("lb-neg-ins-key", "lb-neg-no-patient")
PATIENCE = 60  # seconds


class Served:
    """A server in a process of its own."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.process = subprocess.Popen(
            [
                *(BIN / "telerad", "serve", "--data", folder, "--port", "0", "--lang", "en"),
                *("--ports", "26990-26999", *more),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""  # on its error output, once it has ended
        self.links: dict[str, str] = {}
        assert self.process.stdout
        for line in self.process.stdout:
            if link := re.match(r"(\w+).*: (http\S+)$", line.strip()):
                self.links[link[1]] = link[2]
            if "Ctrl-C" in line:
                break

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.links["Board"], timeout=PATIENCE)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        _, self.said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


def wait_for(visitor: Visitor, path: str, words: str) -> None:
    begun = time.monotonic()
    while words not in (seen := text(visitor.get(path))):
        assert time.monotonic() - begun < PATIENCE, seen
        time.sleep(0.1)


def test_a_killed_server_goes_on_where_it_was(tmp_path: Path, url: str | None) -> None:
    where = ("--db", url) if url else ()
    wanted = [word for name in SCENARIOS for word in ("--scenario", name)]
    first = Served(tmp_path, "--room", "Lille", "--parallel", "1", *where, *wanted)
    silent = socket.create_server(("127.0.0.1", 0))  # takes a connection, never answers
    with silent, first.client() as client:
        vendor = Visitor(client)
        vendor.join(first.links["Vendors"].partition("#")[2])
        port = str(silent.getsockname()[1])
        assert vendor.declare(side="platform", port=port) == 1
        assert vendor.post("/systems/1/runs", "/rooms/1", scenario="*").status_code == 303
        wait_for(vendor, "/runs/1", "listening on port")
        first.end(signal.SIGKILL)
        second = Served(tmp_path, *where)
        with second.client() as later:
            later.cookies = client.cookies
            vendor = Visitor(later)
            wait_for(vendor, "/runs/1", "interrupted")
            again = vendor.post("/runs/1/again", "/rooms/1")
            assert again.headers["location"] == "/runs/3"
            wait_for(vendor, "/runs/3", "queued")
            wait_for(vendor, "/runs/2", "listening on port")
            goes_on_from_where_it_was(later)
            assert second.end(signal.SIGTERM) == 0
    assert (tmp_path / "runs" / "000002" / "report.html").is_file()


def test_a_server_ends_while_pages_are_live(tmp_path: Path) -> None:
    served = Served(tmp_path, "--room", "Lille", *("--scenario", SCENARIOS[0]))
    with served.client() as client:
        Visitor(client).join(served.links["Vendors"].partition("#")[2])
        with client.stream("GET", "/rooms/1/events") as live:
            lines = live.iter_lines()
            assert next(lines).startswith("retry:")
            assert served.end(signal.SIGTERM) == 0
            assert [line for line in lines if line.startswith("data:")] == []
    assert served.said == ""


def goes_on_from_where_it_was(client: httpx2.Client) -> None:
    """Events of before the server was killed are sent again, from the one after the last seen."""
    every = events(client, 0, 6)
    assert every == sorted(set(every))
    for place in range(5):
        assert events(client, every[place], 5 - place) == every[place + 1 :]


def events(client: httpx2.Client, last: int, count: int) -> list[int]:
    """The numbers of the first events after one."""
    found: list[int] = []
    headers = {"accept": "text/event-stream", "last-event-id": str(last)}
    with client.stream("GET", "/rooms/1/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("id: "):
                found.append(int(line[4:]))
            if len(found) == count:
                break
    return found
