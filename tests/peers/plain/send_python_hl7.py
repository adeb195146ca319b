"""A sender on python-hl7: `streams|client PORT ASKED TOLD SECONDS MESSAGE` (see README.md)."""

import asyncio
import sys
import time
from pathlib import Path

import hl7
import hl7.mllp
from hl7.client import MLLPClient

POLL = 0.01


class Streams:
    """The asyncio streams: one block is read for each message that is sent."""

    def __init__(self, port: int, seconds: float) -> None:
        self.port = port
        self.seconds = seconds
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.open: tuple[hl7.mllp.HL7StreamReader, hl7.mllp.HL7StreamWriter] | None = None

    def send(self, message: hl7.Message) -> hl7.Message:
        return self.loop.run_until_complete(self._send(message))

    async def _send(self, message: hl7.Message) -> hl7.Message:
        if self.open is None:
            self.open = await hl7.mllp.open_hl7_connection("127.0.0.1", self.port, encoding="utf-8")
        reader, writer = self.open
        writer.writemessage(message)
        await writer.drain()
        return await asyncio.wait_for(reader.readmessage(), self.seconds)

    def close(self) -> None:
        if self.open:
            self.open[1].close()
            self.loop.run_until_complete(asyncio.sleep(0))
        self.open = None

    def idle(self) -> None:
        self.loop.run_until_complete(asyncio.sleep(POLL))


class Client:
    """The blocking MLLPClient: what `send_message` gives is the answer."""

    def __init__(self, port: int, seconds: float) -> None:
        self.port = port
        self.seconds = seconds
        self.open: MLLPClient | None = None

    def send(self, message: hl7.Message) -> hl7.Message:
        if self.open is None:
            self.open = MLLPClient("127.0.0.1", self.port)
            self.open.socket.settimeout(self.seconds)
        block = self.open.send_message(message)
        return hl7.parse(block[1:-2].decode("utf-8"))

    def close(self) -> None:
        if self.open:
            self.open.close()
        self.open = None

    def idle(self) -> None:
        time.sleep(POLL)


def main() -> None:
    kind, port, asked, told, seconds, file = sys.argv[1:]
    peer = {"streams": Streams, "client": Client}[kind](int(port), float(seconds))
    text = Path(file).read_bytes().decode("utf-8")
    count = 0
    while True:
        for name in Path(asked).iterdir():
            name.unlink()
            count += 1
            code = 0 if accepted(peer, text, f"HL7-{count}") else 1
            part = Path(told) / f"{name.name}.part"
            part.write_text(f"{code}\n")
            part.rename(Path(told) / name.name)
        peer.idle()


def accepted(peer: Streams | Client, text: str, control_id: str) -> bool:
    message = hl7.parse(text)
    message.segment("MSH")[10] = control_id
    try:
        answer = peer.send(message).segment("MSA")
        good = (str(answer[1]), str(answer[2])) == ("AA", control_id)
    except Exception:  # whatever the library raises: there is no good answer
        good = False
    if not good:
        peer.close()
    return good


if __name__ == "__main__":
    main()
