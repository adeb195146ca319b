"""A platform that fails in every way it can under load, in asyncio, sharing no code with ours.

What it does wrong depends on the position of the exam among those that it has met.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field

from conversations import accepted, field_of

LOST, CLOSED, REFUSED, SWAPPED, OTHER_PATIENT, TWICE, NEVER = range(1, 8)
EVERY = 9  # exams, of which seven go wrong


@dataclass
class Unreliable:
    """Serves on `port`; sends C and E to `ris`, those of `protocol` and `report` as templates."""

    ris: int
    templates: dict[str, bytes]
    exams: dict[str, int] = field(default_factory=dict)
    requests: dict[str, bytes] = field(default_factory=dict)
    port: int = 0

    async def serve(self, ready: "asyncio.Future[int]", stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**26)
        self.port = server.sockets[0].getsockname()[1]
        ready.set_result(self.port)
        await stop.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                raw = (await reader.readuntil(b"\x1c\r")).strip(b"\x0b\x1c\r") + b"\r"
                await self._take(raw, writer)
        writer.close()

    async def _take(self, raw: bytes, writer: asyncio.StreamWriter) -> None:
        order = field_of(raw, "ORC", 2).split("^")[0]
        number = self.exams.setdefault(order, len(self.exams)) % EVERY
        flow = "A" if order not in self.requests else "D"
        self.requests.setdefault(order, raw)
        if flow == "A" and number == LOST:
            return
        if flow == "A" and number == CLOSED:
            writer.close()
            return
        answer = accepted(raw)
        if flow == "A" and number == REFUSED:
            answer = answer.replace(b"MSA|AA", b"MSA|AE")
        if flow == "A" and number == SWAPPED:
            answer = re.sub(rb"MSA\|AA\|[^\r]*", b"MSA|AA|NOBODY", answer)
        writer.write(b"\x0b" + answer + b"\x1c\r")
        if number not in (REFUSED, SWAPPED):
            await self._send("C" if flow == "A" else "E", raw, order, number)

    async def _send(self, flow: str, raw: bytes, order: str, number: int) -> None:
        if flow == "E" and number == NEVER:
            return
        ins = field_of(raw, "PID", 3).split("^")[0]
        if flow == "E" and number == OTHER_PATIENT:
            ins = "1" + ins[1:] if ins[0] == "2" else "2" + ins[1:]
        message = (
            self.templates[flow].replace(b"@ORDER@", order.encode()).replace(b"@INS@", ins.encode())
        )
        for time in range(2 if flow == "E" and number == TWICE else 1):
            again = message.replace(b"@NAME@", f"P{order[3:]}{flow}{time}".encode())
            reader, writer = await asyncio.open_connection("127.0.0.1", self.ris, limit=2**26)
            writer.write(b"\x0b" + again + b"\x1c\r")
            await reader.readuntil(b"\x1c\r")
            writer.close()
