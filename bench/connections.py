"""Many connections at once through one `telerad simulate platform`.

    .venv/bin/python bench/connections.py [CONNECTIONS] [MESSAGES] [SLOW] [IDLE]

First CONNECTIONS (2,000) connections, each sending MESSAGES (20) requests one after the other: none
may be refused, every one must be answered and stand in the journal, each once. Then 50 good senders
beside SLOW (1,000) connections that send one byte a second and IDLE (1,000) that say nothing: they
must lose nothing, and their 99th percentile is compared with that of the same senders alone.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "peers"))

from conversations import field_of
from latency import templates
from load import numbered
from program import Simulator, simulator

from harness.wire import transcript
from harness.wire.mllp import frame

GOOD, EACH = 50, 20
PATIENCE = 900.0


@dataclass
class Seen:
    """What senders saw: messages asked, times of their answers in seconds, what went wrong."""

    asked: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def sender(port: int, raws: list[bytes], seen: Seen) -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError as why:
        seen.wrong.append(f"refused: {why}")
        return
    with suppress(OSError):
        for raw in raws:
            name = field_of(raw, "MSH", 10)
            seen.asked.append(name)
            begin = time.perf_counter()
            writer.write(frame(raw))
            try:
                answer = (await reader.readuntil(b"\x1c\r"))[1:-2]
            except asyncio.IncompleteReadError:
                seen.wrong.append(f"{name}: closed")
                return
            seen.times.append(time.perf_counter() - begin)
            if field_of(answer, "MSA", 2) != name or field_of(answer, "MSA", 1) != "AA":
                seen.wrong.append(f"{name}: {answer[-40:]!r}")
        writer.close()


def messages(mark: str, connections: int, each: int) -> list[list[bytes]]:
    (template, *_) = templates("A")
    return [
        [numbered(template, f"{mark}{number}-{one}") for one in range(each)]
        for number in range(connections)
    ]


async def many(port: int, talks: list[list[bytes]]) -> Seen:
    seen = Seen()
    talking = (sender(port, raws, seen) for raws in talks)
    await asyncio.wait_for(asyncio.gather(*talking), PATIENCE)
    return seen


async def trickle(port: int, raw: bytes, stop: asyncio.Event) -> None:
    """One byte a second, for as long as it is wanted."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    for byte in frame(raw):
        if stop.is_set():
            break
        writer.write(bytes([byte]))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1.0)
    writer.close()


async def idle(port: int, stop: asyncio.Event) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    await stop.wait()
    writer.close()


async def beside(port: int, slow: int, idlers: int) -> tuple[Seen, Seen]:
    """The good senders alone, then beside the others."""
    await many(port, messages("W", GOOD, 2))
    quiet = await many(port, messages("Q", GOOD, EACH))
    stop = asyncio.Event()
    raws = messages("S", slow, 1)
    others = [asyncio.ensure_future(trickle(port, raw, stop)) for (raw,) in raws]
    others += [asyncio.ensure_future(idle(port, stop)) for _ in range(idlers)]
    await asyncio.sleep(2)
    busy = await many(port, messages("B", GOOD, EACH))
    stop.set()
    await asyncio.gather(*others)
    return quiet, busy


def percentile(seen: Seen, part: float) -> float:
    ordered = sorted(seen.times)
    return ordered[int(len(ordered) * part)] * 1000 if ordered else 0.0


def lost(platform: Simulator, *every: Seen) -> list[str]:
    """Messages that the journal does not have, or has more than once."""
    platform.end()
    records = transcript.read(platform.folder / transcript.NAME)
    names = Counter(
        field_of(record.data, "MSH", 10)
        for record in records
        if (record.kind, record.direction) == ("message", "in")
    )
    asked = [name for seen in every for name in seen.asked]
    return [f"{name}: {names[name]} times in the journal" for name in asked if names[name] != 1]


def first(folder: Path, connections: int, each: int) -> list[str]:
    talks = messages("C", connections, each)
    with simulator(folder / "many", "platform", "--keep", "100") as platform:
        begin = time.monotonic()
        seen = asyncio.run(many(platform.port, talks))
        seconds = time.monotonic() - begin
        wrong = [*seen.wrong, *lost(platform, seen)]
    print(f"{connections} connections × {each} messages: {seconds:.1f} s")
    print(f"  {len(seen.times)} answered, {len(seen.times) / seconds:.0f} a second,", end=" ")
    print(f"p50 {percentile(seen, 0.5):.0f} ms, p99 {percentile(seen, 0.99):.0f} ms")
    print(f"  {len(wrong)} refused, lost, doubled or wrong")
    return wrong


def second(folder: Path, slow: int, idlers: int) -> list[str]:
    with simulator(folder / "beside", "platform", "--keep", "100") as platform:
        quiet, busy = asyncio.run(beside(platform.port, slow, idlers))
        wrong = [*quiet.wrong, *busy.wrong, *lost(platform, quiet, busy)]
    before, after = percentile(quiet, 0.99), percentile(busy, 0.99)
    print(f"{GOOD} good senders × {EACH}, beside {slow} slow and {idlers} idle connections")
    print(f"  p99 alone {before:.0f} ms, beside them {after:.0f} ms: {after / before:.2f} times")
    print(f"  {len(wrong)} refused, lost, doubled or wrong")
    return wrong


def main() -> None:
    given = [int(word) for word in sys.argv[1:]]
    connections, each, slow, idlers = (*given, *(2000, 20, 1000, 1000)[len(given) :])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as name:
        wrong = first(Path(name), connections, each) + second(Path(name), slow, idlers)
    print(*wrong[:20], sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
