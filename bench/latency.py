"""How long a request waits for its answer while `telerad simulate platform` judges documents.

    .venv/bin/python bench/latency.py [SECONDS] [SENDERS] [REQUESTS_A_SECOND]

First requests (A) alone, then beside SENDERS (100) connections that send imaging requests with
their document (B) without rest, both over SECONDS (20). Requests come by the clock (20/s), so that
none of them spares the others. Prints percentiles of both, and how many documents were judged.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "peers"))

from conversations import CLOCK, field_of
from load import numbered
from program import simulator

from harness.rules import profile as profiles
from harness.sim.actor import Actor
from harness.sim.generate import cases

NAMES = ("ct-brain", "mr-brain", "dx-knee", "mg-screening")


@dataclass
class Said:
    """Times of answers in seconds."""

    times: list[float] = field(default_factory=list)
    wrong: int = 0


def templates(kind: str) -> list[bytes]:
    profile = profiles.load()
    return [
        Actor("ris", profile, cases.make_case(name, 60 + n, CLOCK))
        .compose(kind, cases.make_case(name, 60 + n, CLOCK), datetime.now().astimezone())
        .raw
        for n, name in enumerate(NAMES)
    ]


class Line:
    """A connection that asks and waits."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.lock = asyncio.Lock()  # one message at a time on a connection

    async def __aenter__(self) -> "Line":
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, limit=2**26
        )
        return self

    async def __aexit__(self, *wrong: object) -> None:
        self.writer.close()

    async def ask(self, raw: bytes, said: Said) -> None:
        begin = time.perf_counter()
        async with self.lock:
            self.writer.write(b"\x0b" + raw + b"\x1c\r")
            answer = (await self.reader.readuntil(b"\x1c\r"))[1:-2]
        said.times.append(time.perf_counter() - begin)
        said.wrong += field_of(answer, "MSA", 2) != field_of(raw, "MSH", 10)


async def requests(port: int, seconds: float, rate: float, mark: str) -> Said:
    said, raws = Said(), templates("A")
    lines = [await Line(port).__aenter__() for _ in range(8)]
    begin, waiting = time.perf_counter(), []
    for number in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, begin + number / rate - time.perf_counter()))
        raw = numbered(raws[number % len(raws)], f"{mark}{number}")
        waiting.append(asyncio.ensure_future(lines[number % 8].ask(raw, said)))
    await asyncio.gather(*waiting)
    for line in lines:
        line.writer.close()
    return said


async def documents(port: int, senders: int, stop: asyncio.Event) -> Said:
    said, raws = Said(), templates("B")

    async def one(sender: int) -> None:
        async with Line(port) as line:
            number = 0
            while not stop.is_set():
                name = f"S{sender}-{number}"
                await line.ask(numbered(raws[(sender + number) % len(raws)], name), said)
                number += 1

    await asyncio.gather(*(one(sender) for sender in range(senders)))
    return said


async def measured(port: int, seconds: float, senders: int, rate: float) -> tuple[Said, Said, Said]:
    await requests(port, 2, rate, "W")  # what is loaded on demand is loaded
    quiet = await requests(port, seconds, rate, "Q")
    stop = asyncio.Event()
    sending = asyncio.ensure_future(documents(port, senders, stop))
    await asyncio.sleep(1)
    busy = await requests(port, seconds, rate, "D")
    stop.set()
    return quiet, busy, await sending


def told(name: str, said: Said) -> None:
    ordered = sorted(said.times)
    at = [ordered[int(len(ordered) * part)] * 1000 for part in (0.5, 0.95, 0.99)]
    print(
        f"  {name:<28} {len(ordered):>6}   p50 {at[0]:8.1f}   p95 {at[1]:8.1f}   p99 {at[2]:8.1f}"
        f"   max {ordered[-1] * 1000:8.1f} ms"
    )


def main() -> None:
    words = (*sys.argv[1:], *("20", "100", "20")[len(sys.argv) - 1 :])
    seconds, senders, rate = float(words[0]), int(words[1]), float(words[2])
    with (
        tempfile.TemporaryDirectory() as folder,
        simulator(Path(folder) / "run", "platform") as platform,
    ):
        quiet, busy, documents_ = asyncio.run(measured(platform.port, seconds, senders, rate))
    print(f"{rate:g} requests a second for {seconds:g} s, {senders} connections with documents")
    told("requests alone", quiet)
    told("requests beside documents", busy)
    told("documents", documents_)
    print(f"  {len(documents_.times) / seconds:.1f} documents judged a second")
    wrong = sum(said.wrong for said in (quiet, busy, documents_))
    print(f"{wrong} answers that name another message")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
