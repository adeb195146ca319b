"""A full room: many viewers of one served board, many conversations through its proxies at once.

    .venv/bin/python bench/board.py [STREAMS] [CONVERSATIONS] [SECONDS] [DB]

STREAMS event streams (50) of monitors watch while CONVERSATIONS (100) between systems that the
board stands between go on for about SECONDS (40); DB is a URL, else an SQLite file. Every stream
also fetches the matrix after a change, as the page does. Prints the time from the storing of an
event until each stream has it, what a page costs, the memory of the server, and what was lost;
fails when anything was.
"""

import asyncio
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "board"))

import httpx2
from sqlalchemy import create_engine, text
from visitor import Visitor

from harness.rules import profile as profiles
from harness.sim.actor import Actor, Conversation
from harness.sim.generate import cases
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame

BIN = Path(sys.executable).parent
PAIRS, OF_ONE, PATIENCE = 10, 10, 120.0
FLOWS = "ABCDE"
Talk = list[tuple[str, bytes]]  # who sends, and what


@dataclass
class Viewer:
    """A page that is open: what its stream has shown, and when; seconds that its pages took."""

    seen: dict[int, float] = field(default_factory=dict)
    pages: list[float] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self, port: int, cookie: str) -> None:
        reader, _ = await ask(port, "/rooms/1/events?after=0", cookie)
        while line := await reader.readline():
            if line.startswith(b"id: "):
                self.seen.setdefault(int(line[4:]), time.time())
            if line.startswith(b"event: cell"):
                self.changed.set()

    async def reload(self, port: int, cookie: str) -> None:
        while True:
            await self.changed.wait()
            await asyncio.sleep(random.uniform(0.2, 0.6))
            self.changed.clear()
            begun = time.monotonic()
            reader, writer = await ask(port, "/rooms/1/matrix", cookie, "Connection: close\r\n")
            await reader.read(-1)
            writer.close()
            self.pages.append(time.monotonic() - begun)
            await asyncio.sleep(1)


async def ask(
    port: int, path: str, cookie: str, more: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: telerad={cookie}\r\n{more}\r\n"
    writer.write(head.encode())
    return reader, writer


# -- the systems -------------------------------------------------------------------------------


def talks(count: int) -> list[Talk]:
    """So many conversations: who sends, and what."""
    profile, clock = profiles.load(), datetime.now(UTC)
    found = []
    for seed in range(count):
        case = cases.make_case("ct-brain", seed, clock)
        talk = Conversation(case)
        sender = {role: Actor(role, profile, case) for role in ("ris", "platform")}
        found.append(
            [
                (who, sender[who].compose_in(talk, flow, clock).raw)
                for flow in FLOWS
                for who in (profile.flow(flow).sender,)
            ]
        )
    return found


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A system that takes everything."""
    framer = Framer()
    while data := await reader.read(65536):
        framer.receive(data)
        for event in framer.events():
            if isinstance(event, Block):
                name = Message(event.data).first("MSH-10")
                ack = f"MSH|^~\\&|A|B|C|D|20260105100000+0100||ACK|{name}|T|2.5\rMSA|AA|{name}\r"
                writer.write(frame(ack.encode()))
    writer.close()


async def converse(talk: Talk, ports: dict[str, int], pause: float) -> int:
    """One conversation, a message each `pause` seconds; how many were answered."""
    lines = {role: await asyncio.open_connection("127.0.0.1", at) for role, at in ports.items()}
    answered = 0
    for who, raw in talk:
        reader, writer = lines[who]
        writer.write(frame(raw))
        framer = Framer()
        while not any(isinstance(event, Block) for event in framer.events()):
            data = await asyncio.wait_for(reader.read(65536), PATIENCE)
            if not data:
                return answered
            framer.receive(data)
        answered += 1
        await asyncio.sleep(pause)
    for _, writer in lines.values():
        writer.close()
    return answered


# -- the board ---------------------------------------------------------------------------------


class Served:
    """`telerad serve` in a process of its own, a room with pairs of systems in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url or f"sqlite:///{folder / 'board.sqlite'}"
        more = ("--db", url) if url else ()
        self.process = subprocess.Popen(
            [
                *(BIN / "telerad", "serve", "--room", "Bench", "--scenario", "lb-nominal-ct-brain"),
                *("--port", "0", "--ports", "28000-28099", "--parallel", "64", "--lang", "en"),
                *("--data", folder, *more),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.codes: dict[str, str] = {}
        assert self.process.stdout
        for line in self.process.stdout:
            if link := re.match(r"(\w+).*: http\S+:(\d+)(?:/join#(\S+))?$", line.strip()):
                self.port = int(link[2])
                self.codes[link[1]] = link[3] or ""
            if "Ctrl-C" in line:
                break

        self.let_all_play()

    def let_all_play(self) -> None:
        """Systems need not have shown anything before."""
        organiser = self.visitor("Organisers")
        for level in ("N1", "N2"):
            said = {"level": level, "comment": "bench", "system": "0"}
            assert organiser.post("/rooms/1/waivers", "/rooms/1", **said).status_code == 303

    def visitor(self, role: str) -> Visitor:
        client = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE)
        found = Visitor(client)
        found.join(self.codes[role], role, "Bench")
        return found

    def memory(self) -> float:
        """MiB of the server, without those of its players."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found
        return int(found[1]) / 1024

    def pair(self, ris: int, platform: int) -> tuple[dict[str, int], str]:
        """Two systems that listen there, and a run between them: our ports for them, its page."""
        organiser = self.visitor("Organisers")
        one = organiser.declare(system=f"R{ris}", side="ris", port=str(ris))
        other = organiser.declare(system=f"P{platform}", side="platform", port=str(platform))
        found = {}
        for role, number in (("ris", one), ("platform", other)):
            page = organiser.get(f"/systems/{number}").text
            port = re.search(r"127\.0\.0\.1:(28\d{3})", page)
            assert port
            found[role] = int(port[1])
        asked = organiser.post(f"/systems/{one}/between", "/rooms/1", other=str(other))
        return found, asked.headers["location"]


async def listening(ports: dict[str, int]) -> None:
    for port in ports.values():
        for _ in range(600):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.2)


async def remember(server: Served, into: list[float]) -> None:
    while True:
        into.append(server.memory())
        await asyncio.sleep(1)


async def bench(server: Served, streams: int, said: Sequence[Talk], seconds: float) -> bool:
    count = len(said)
    takers = [await asyncio.start_server(answer, "127.0.0.1", 0) for _ in range(2 * PAIRS)]
    ports = [taker.sockets[0].getsockname()[1] for taker in takers]
    pairs = [
        await asyncio.to_thread(server.pair, ports[2 * at], ports[2 * at + 1])
        for at in range(PAIRS)
    ]
    monitors = [
        await asyncio.to_thread(server.visitor, "Monitors") for _ in range(-(-streams // OF_ONE))
    ]
    cookies = [monitors[at // OF_ONE].client.cookies["telerad"] for at in range(streams)]
    viewers = [Viewer() for _ in range(streams)]
    beside = [
        asyncio.ensure_future(does(viewer, server.port, cookie))
        for does in (Viewer.watch, Viewer.reload)
        for viewer, cookie in zip(viewers, cookies, strict=True)
    ]
    memory: list[float] = []
    beside.append(asyncio.ensure_future(remember(server, memory)))
    for at, _ in pairs:
        await listening(at)
    begun, pause = time.time(), seconds / len(FLOWS)
    print(f"{streams} streams, {count} conversations on {PAIRS} pairs", flush=True)
    answered = await asyncio.gather(
        *(converse(talk, pairs[at % PAIRS][0], pause) for at, talk in enumerate(said))
    )
    took = time.time() - begun
    organiser = server.visitor("Organisers")
    for _, run in pairs:
        await asyncio.to_thread(organiser.post, f"{run}/stop", "/rooms/1")
    await over(server, viewers)
    for task in beside:
        task.cancel()
    print(f"{sum(answered)} of {count * len(FLOWS)} messages answered in {took:.1f} s")
    return sum(answered) == count * len(FLOWS) and tell(server, viewers, memory, begun)


async def over(server: Served, viewers: Sequence[Viewer]) -> None:
    """Wait until every run is over, and all who watch have seen it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        stored = await asyncio.to_thread(events, server.url)
        is_over = await asyncio.to_thread(count_open, server.url) == 0
        if is_over and all(len(viewer.seen) == len(stored) for viewer in viewers):
            return
        await asyncio.sleep(0.5)


def count_open(url: str) -> int:
    return len(rows(url, "SELECT id FROM runs WHERE state IN ('queued', 'running')"))


def events(url: str) -> dict[int, float]:
    """When each event was stored."""
    return {row[0]: row[1] for row in rows(url, "SELECT id, at FROM events ORDER BY id")}


def rows(url: str, what: str) -> list[tuple[int, float]]:
    engine = create_engine(url)
    with engine.connect() as of:
        found = [(row[0], row[-1]) for row in of.execute(text(what))]
    engine.dispose()
    return found


def tell(server: Served, viewers: Sequence[Viewer], memory: list[float], begun: float) -> bool:
    stored = events(server.url)
    lost = sum(len(stored.keys() - viewer.seen.keys()) for viewer in viewers)
    waits = [
        viewer.seen[number] - at
        for number, at in stored.items()
        for viewer in viewers
        if at >= begun and number in viewer.seen
    ]
    pages = [took for viewer in viewers for took in viewer.pages]
    print(f"{len(stored)} events stored, {len(waits)} seen meanwhile, {lost} lost")
    print(f"stored to seen  {figures(waits)}")
    print(f"a matrix        {figures(pages)}")
    steps = memory[:: max(1, len(memory) // 8)]
    print(f"server MiB      {' '.join(f'{at:.0f}' for at in steps)}, most {max(memory):.0f}")
    return lost == 0


def figures(of: Sequence[float]) -> str:
    if len(of) < 2:
        return "none"
    parts = statistics.quantiles(of, n=100)
    return (
        f"median {statistics.median(of) * 1000:.0f} ms, p95 {parts[94] * 1000:.0f}, "
        f"p99 {parts[98] * 1000:.0f}, max {max(of) * 1000:.0f} of {len(of)}"
    )


def main() -> int:
    given = [*sys.argv[1:], "", "", "", ""]
    streams, count, seconds = int(given[0] or 50), int(given[1] or 100), float(given[2] or 40)
    said = talks(count)
    with tempfile.TemporaryDirectory() as folder:
        server = Served(Path(folder), given[3])
        try:
            well = asyncio.run(bench(server, streams, said, seconds))
        finally:
            server.process.terminate()
            server.process.wait(PATIENCE)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
