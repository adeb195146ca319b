"""MLLP servers that answer every message with a short acknowledgement, each a process of its own.

    python -m bench.servers NAME [FOLDER]        prints the port when it listens

`telerad`: our network layer with a machine that only acknowledges; `telerad-durable`: the same,
each message and its answer on disk before the answer leaves. `bare`: asyncio's Protocol, nothing
around it; `bare-durable`: it writes groups of messages and waits for the disk in a thread.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

AT = "2026-01-05T10:00:00+01:00"
_END = b"\x1c\r"


def acknowledgement(message: bytes) -> bytes:
    """Only the control id is looked at, in the first bytes."""
    fields = message[: message.find(b"\r", 0, 4096)].split(b"|")
    kind, number = fields[8].split(b"^")[1], fields[9]
    head = b"MSH|^~\\&|R|R|S|S|20260105100000||ACK^" + kind + b"^ACK|A" + number
    return head + b"|P|2.5.1\rMSA|AA|" + number + b"\r"


# -- ours -------------------------------------------------------------------------------------


def telerad(folder: str) -> None:
    """Our network layer; with a folder, with our journal."""
    from harness.sim.events import Action, Event, Received, Reply
    from harness.sim.network import net
    from harness.sim.network.store import Store
    from harness.wire.mllp import frame
    from harness.wire.transcript import Journal, Record

    store = Store(Journal(Path(folder) / "journal.ndjson")) if folder else None

    class Acknowledging:
        """A machine that knows nothing."""

        done = False
        deadline = None

        def start(self, now: float) -> list[Action]:
            return []

        def handle(self, event: Event, now: float) -> list[Action]:
            if not isinstance(event, Received):
                return []
            answer = acknowledgement(event.data)
            if store:
                at = "2026-01-05T10:00:00+01:00"
                store.note(
                    Record(at, "message", event.connection, "in", "platform", "A", event.data)
                )
                store.note(Record(at, "ack", event.connection, "out", "platform", "A", answer))
            return [Reply(event.role, event.connection, frame(answer))]

        def interrupt(self) -> None:
            self.done = True

    wiring = net.Wiring(
        {"platform": ("127.0.0.1", 0)},
        {},
        listening=lambda role, at: print(at[1], flush=True),
        signals=True,
        store=store,
    )
    net.run([Acknowledging()], wiring)


# -- the floor --------------------------------------------------------------------------------


class Bare(asyncio.Protocol):
    """Chunks are kept in a bytearray; only what is new is searched for the end mark."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer, self.seen = transport, bytearray(), 0

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(_END, max(0, self.seen - 1))) >= 0:
            self.message(bytes(self.buffer[1:end]))
            del self.buffer[: end + 2]
            self.seen = 0
        self.seen = len(self.buffer)

    def message(self, data: bytes) -> None:
        self.answer(acknowledgement(data))

    def answer(self, data: bytes) -> None:
        self.transport.write(b"\x0b" + data + _END)  # type: ignore[attr-defined]


class Disk:
    """Groups of messages: the next one is written when the one before is on disk."""

    def __init__(self, folder: str) -> None:
        self.file = (Path(folder) / "bare.log").open("ab", buffering=0)
        self.waiting: list[tuple[bytes, Callable[[], None]]] = []
        self.busy = False

    def add(self, data: bytes, then: Callable[[], None]) -> None:
        self.waiting.append((data, then))
        if not self.busy:
            self.busy = True
            asyncio.get_running_loop().call_soon(self.go)

    def go(self) -> None:
        group, self.waiting = self.waiting, []
        loop = asyncio.get_running_loop()
        written = loop.run_in_executor(None, self.write, b"".join(data for data, _ in group))
        written.add_done_callback(lambda _: self.done(group))

    def write(self, data: bytes) -> None:
        self.file.write(data)
        os.fdatasync(self.file.fileno())

    def done(self, group: list[tuple[bytes, Callable[[], None]]]) -> None:
        for _, then in group:
            then()
        self.busy = bool(self.waiting)
        if self.waiting:
            self.go()


async def bare(folder: str) -> None:
    """The floor; with a folder, durable."""
    disk = Disk(folder) if folder else None

    class Durable(Bare):
        def message(self, data: bytes) -> None:
            assert disk
            disk.add(data, lambda: self.answer(acknowledgement(data)))

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Durable if disk else Bare, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# -- others -----------------------------------------------------------------------------------


async def python_hl7() -> None:
    """python-hl7's server as its documentation shows it, its limit raised for documents."""
    from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server

    async def talk(reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                message = await reader.readmessage()
                writer.writemessage(message.create_ack())
                await writer.drain()
        writer.close()

    server = await start_hl7_server(
        talk, "127.0.0.1", 0, limit=2**22, encoding="utf-8", backlog=2048
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def hl7apy() -> None:
    """hl7apy's server with one handler for both kinds of message."""
    from hl7apy.mllp import AbstractErrorHandler, AbstractHandler, MLLPServer

    class Handler(AbstractHandler):  # type: ignore[misc]
        def reply(self) -> str:
            return "\x0b" + acknowledgement(self.incoming_message.encode()).decode() + "\x1c\r"

    class Wrong(AbstractErrorHandler):  # type: ignore[misc]
        def reply(self) -> str:
            return "\x0b" + acknowledgement(self.incoming_message.encode()).decode() + "\x1c\r"

    MLLPServer.request_queue_size = 2048
    kinds = {"ORM^O01^ORM_O01": (Handler,), "ORU^R01^ORU_R01": (Handler,), "ERR": (Wrong,)}
    server = MLLPServer("127.0.0.1", 0, kinds)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


def main() -> None:
    name, folder = sys.argv[1], (*sys.argv[2:], "")[0]
    if name.startswith("telerad"):
        telerad(folder)
    elif name.startswith("bare"):
        asyncio.run(bare(folder))
    elif name == "python-hl7":
        asyncio.run(python_hl7())
    else:
        hl7apy()


if __name__ == "__main__":
    main()
