"""Closed-loop senders in a process of their own: each connection sends again when it was answered.

    python -m bench.senders PORT FILE CONNECTIONS SECONDS [once]

`once`: a new connection for every message. Prints JSON: how many were answered, percentiles in ms.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from bench.samples import CONTROL_ID

_END = b"\x1c\r"


class Sender(asyncio.Protocol):
    """One connection."""

    def __init__(self, block: bytes, until: float, took: list[float], name: int) -> None:
        self.head, _, self.tail = block.partition(CONTROL_ID)
        self.until, self.took, self.name = until, took, name
        self.left: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.sent += 1
        self.begin = time.perf_counter()
        number = b"B%dN%d" % (self.name, self.sent)
        self.transport.write(self.head + number + self.tail)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if data.endswith(_END):
            now = time.perf_counter()
            self.took.append(now - self.begin)
            if now < self.until:
                self.send()
            else:
                self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.left.done():
            self.left.set_result(None)


async def play(
    port: int, block: bytes, connections: int, seconds: float, once: bool
) -> list[float]:
    """Seconds from message to answer."""
    took: list[float] = []
    until = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()

    async def one(name: int) -> None:
        last = 0.0 if once else until
        while time.perf_counter() < until:
            made = lambda: Sender(block, last, took, name)  # noqa: E731
            _, sender = await loop.create_connection(made, "127.0.0.1", port)
            await asyncio.wait_for(sender.left, seconds + 60)

    await asyncio.gather(*(one(name) for name in range(connections)))
    return took


def main() -> None:
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[3]), float(sys.argv[4])
    block = b"\x0b" + Path(sys.argv[2]).read_bytes() + _END
    once = "once" in sys.argv
    begin = time.perf_counter()
    took = sorted(asyncio.run(play(port, block, connections, seconds, once=once)))
    wall = time.perf_counter() - begin
    at = [took[min(len(took) - 1, int(len(took) * part))] * 1000 for part in (0.5, 0.99)]
    print(json.dumps({"answered": len(took), "seconds": wall, "p50": at[0], "p99": at[1]}))


if __name__ == "__main__":
    main()
