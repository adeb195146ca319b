"""Many conversations at once through one `telerad simulate platform`, each from A to E.

    .venv/bin/python bench/parallel.py [CONVERSATIONS] [PAIRS_OF_TWINS]

CONVERSATIONS (500) patients, PAIRS_OF_TWINS (50) of them nearly alike, are begun at once by a RIS
of its own asyncio code: A and B are sent, C comes, D is sent, E comes. Every message must be
answered and judged, every report be about the patient and order that asked for it. Prints times,
memory over time, and the ratio to a bare echo server in the same run.
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "peers"))

from conversations import Ris, Talk, make_talks
from program import Simulator, simulator

from harness.rules import profile as profiles
from harness.wire.er7 import Message
from harness.wire.mllp import frame

PATIENCE = 1200.0


@dataclass
class Memory:
    """Resident memory of a process over time, in MB."""

    pid: int
    seen: list[tuple[float, float]] = field(default_factory=list)

    async def watch(self, every: float = 1.0) -> None:
        begin = time.monotonic()
        while True:
            self.seen.append((time.monotonic() - begin, resident(self.pid)))
            await asyncio.sleep(every)


def resident(pid: int) -> float:
    """Resident memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def played(talks: list[Talk], ris: Ris, platform: int, pid: int) -> Memory:
    memory = Memory(pid)
    watching = asyncio.ensure_future(memory.watch())
    await asyncio.wait_for(ris.play(talks, platform), PATIENCE)
    watching.cancel()
    return memory


async def echoed(talks: list[Talk]) -> float:
    """Seconds for as many messages of the same sizes through a server that only answers AA."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while data := await reader.readuntil(b"\x1c\r"):
                number = data.split(b"|", 10)[9]
                writer.write(frame(b"MSH|^~\\&|\rMSA|AA|" + number + b"\r"))
        writer.close()

    async def one(talk: Talk, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**26)
        for message in (talk.sent["A"], talk.sent["B"], talk.sent["D"]):
            writer.write(frame(message))
            await reader.readuntil(b"\x1c\r")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**26)
    port = server.sockets[0].getsockname()[1]
    begin = time.monotonic()
    await asyncio.gather(*(one(talk, port) for talk in talks))
    server.close()
    return time.monotonic() - begin


def told(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    at = [ordered[int(len(ordered) * part)] * 1000 for part in (0.5, 0.95, 0.99)]
    print(f"  {name:<24} p50 {at[0]:8.1f} ms   p95 {at[1]:8.1f} ms   p99 {at[2]:8.1f} ms")


def main() -> None:
    count, pairs = (int(word) for word in (*sys.argv[1:], "500", "50")[:2])
    profile = profiles.load()
    talks = make_talks(profile, count, pairs)
    ris = Ris()
    with tempfile.TemporaryDirectory() as name:
        port = asyncio.run(ris.reserve())
        folder = Path(name) / "run"
        with simulator(folder, "platform", "--peer", f"127.0.0.1:{port}") as platform:
            begin = time.monotonic()
            memory = asyncio.run(played(talks, ris, platform.port, platform.process.pid))
            seconds = time.monotonic() - begin
            used = cpu_of(platform)
            begin = time.monotonic()
            platform.process.terminate()
            platform.process.communicate(timeout=PATIENCE)
            report = time.monotonic() - begin
        wrong = [what for talk in talks for what in talk.wrong()]
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        wrong += not_judged(result, folder, talks)
    print(
        f"{count} conversations at once, {pairs} pairs of twins: {seconds:.1f} s, CPU {used:.1f} s"
    )
    print(f"  {5 * count} messages, {5 * count / seconds:.0f} a second; report {report:.1f} s")
    told("acknowledgement of A, D", [s for talk in talks for f, s in talk.waited if f in "AD"])
    told("acknowledgement of B", [s for talk in talks for f, s in talk.waited if f == "B"])
    halves = [megabytes for _, megabytes in memory.seen]
    print(f"  memory {halves[0]:.0f} MB at the start, {max(halves):.0f} MB at most,")
    print(f"    {(max(halves) - halves[0]) / count * 1000:.0f} kB a conversation")
    bare = asyncio.run(echoed(talks))
    print(f"  bare echo of the same messages: {bare:.2f} s, ratio {seconds / bare:.0f}")
    print(f"{len(wrong)} wrong", *wrong[:20], sep="\n")
    sys.exit(bool(wrong))


def cpu_of(platform: Simulator) -> float:
    words = Path(f"/proc/{platform.process.pid}/stat").read_text().rsplit(")")[1].split()
    return (int(words[11]) + int(words[12])) / 100


def not_judged(result: dict, folder: Path, talks: list[Talk]) -> list[str]:
    """Messages that the result does not know, or knows with a wrong answer."""
    known = {
        Message((folder / x["request"]).read_bytes()).first("MSH-10"): x["ack"]
        for x in result["exchanges"]
    }
    names = [Message(raw).first("MSH-10") for talk in talks for raw in talk.sent.values()]
    names += [Message(raw).first("MSH-10") for talk in talks for raw in talk.received.values()]
    found = [f"{name}: not judged" for name in names if name not in known]
    found += [f"{name}: {known[name]}" for name in names if known.get(name, "AA") != "AA"]
    if len(result["exchanges"]) != len(names):
        found.append(f"{len(result['exchanges'])} exchanges for {len(names)} messages")
    return found


if __name__ == "__main__":
    main()
