"""How many messages a second are acknowledged once they are on disk, at 50 connections.

    .venv/bin/python bench/durable.py [CONNECTIONS] [SECONDS]

In turns, three times each: a bare server of forty lines that writes, synchronises in groups and
answers; our sockets and journal with a machine that only answers; `telerad simulate platform`,
which judges every message before it answers. Prints medians and ratios to the bare one.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "peers"))

from latency import templates
from program import simulator

from harness.sim.events import Action, Event, Received, Reply
from harness.sim.network import net
from harness.sim.network.net import Wiring
from harness.sim.network.store import Store
from harness.wire.mllp import frame
from harness.wire.transcript import Journal, Record

ROUNDS = 3


def answer_to(raw: bytes) -> bytes:
    return b"MSH|^~\\&|\rMSA|AA|" + raw.split(b"|", 10)[9] + b"\r"


# -- the bare server ---------------------------------------------------------------------------


def bare(folder: Path, tell: Callable[[int], None]) -> None:
    asyncio.run(_bare(folder, tell))


async def _bare(folder: Path, tell: Callable[[int], None]) -> None:
    file = os.open(folder / "bare.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    waiting: list[tuple[bytes, asyncio.StreamWriter]] = []
    there = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                raw = await reader.readuntil(b"\x1c\r")
                waiting.append((raw, writer))
                there.set()
        writer.close()

    def store(data: bytes) -> None:
        os.write(file, data)
        os.fdatasync(file)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    tell(server.sockets[0].getsockname()[1])
    while True:
        await there.wait()
        there.clear()
        group, waiting = waiting, []
        data = b"".join(raw for raw, _ in group)
        await asyncio.get_running_loop().run_in_executor(None, store, data)
        for raw, writer in group:
            writer.write(frame(answer_to(raw)))


# -- ours, without judging ---------------------------------------------------------------------


class Clerk:
    """A machine that writes down what comes, writes down its answer, and gives it."""

    def __init__(self, note: Callable[[Record], object]) -> None:
        self.note = note
        self.done = False
        self.deadline = None

    def start(self, now: float) -> list[Action]:
        return []

    def interrupt(self) -> None:
        self.done = True

    def handle(self, event: Event, now: float) -> list[Action]:
        if not isinstance(event, Received):
            return []
        at = datetime.now().astimezone().isoformat()
        answer = answer_to(event.data)
        self.note(Record(at, "message", event.connection, "in", "platform", "A", event.data))
        self.note(Record(at, "ack", event.connection, "out", "platform", "A", answer))
        return [Reply("platform", event.connection, frame(answer))]


def clerk(folder: Path, tell: Callable[[int], None]) -> None:
    with Store(Journal(folder / "journal.ndjson")) as store:
        wiring = Wiring(
            {"platform": ("127.0.0.1", 0)},
            {},
            listening=lambda role, at: tell(at[1]),
            store=store,
        )
        net.run([Clerk(store.note)], wiring)


# -- the load ----------------------------------------------------------------------------------


async def rate(port: int, connections: int, seconds: float) -> float:
    """Answers a second."""
    (raw, *_) = templates("A")
    before, after = raw.split(b"|", 9)[:9], raw.split(b"|", 10)[10]
    head = b"|".join(before) + b"|"
    count, end = 0, time.perf_counter() + seconds

    async def one(number: int) -> None:
        nonlocal count
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        mine = 0
        while time.perf_counter() < end:
            name = f"{os.getpid()}-{number}-{mine}".encode()
            writer.write(frame(head + name + b"|" + after))
            await reader.readuntil(b"\x1c\r")
            mine += 1
        count += mine
        writer.close()

    begin = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(connections)))
    return count / (time.perf_counter() - begin)


def served(name: str, connections: int, seconds: float) -> float:
    """One of the servers of this file, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        asked = [sys.executable, __file__, "--serve", name, folder]
        with subprocess.Popen(asked, stdout=subprocess.PIPE) as process:
            assert process.stdout
            try:
                return asyncio.run(rate(int(process.stdout.readline()), connections, seconds))
            finally:
                process.kill()


def judging(connections: int, seconds: float) -> float:
    with (
        tempfile.TemporaryDirectory() as folder,
        simulator(Path(folder) / "run", "platform", "--keep", "100") as platform,
    ):
        return asyncio.run(rate(platform.port, connections, seconds))


def main() -> None:
    given = [float(word) for word in sys.argv[1:]]
    connections, seconds = (*given, *(50.0, 5.0)[len(given) :])
    kinds: dict[str, Callable[[], float]] = {
        "bare durable server": lambda: served("bare", int(connections), seconds),
        "our sockets and journal": lambda: served("clerk", int(connections), seconds),
        "telerad simulate platform": lambda: judging(int(connections), seconds),
    }
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, measure in kinds.items():
            rates[name].append(measure())
    print(f"{connections:g} connections, {ROUNDS} times {seconds:g} s each, requests (A)")
    floor = statistics.median(rates["bare durable server"])
    for name, found in rates.items():
        middle = statistics.median(found)
        print(f"  {name:<28} {middle:8.0f} acknowledged a second   {100 * middle / floor:5.0f} %")


def tell(port: int) -> None:
    print(port, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        {"bare": bare, "clerk": clerk}[sys.argv[2]](Path(sys.argv[3]), tell)
    else:
        main()
