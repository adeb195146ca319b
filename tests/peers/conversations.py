"""A RIS with many conversations at once, in asyncio, that shares no code with the simulator.

Its messages are written beforehand; what is played, received and compared is done here.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field, replace
from datetime import datetime

import pybase64

from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate import cases

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
NAMES = ("ct-brain", "mr-brain", "dx-knee", "mg-screening")
LIMIT = 2**26


@dataclass
class Talk:
    """One conversation: what is sent by flow, what came, and how long answers took."""

    case: Case
    sent: dict[str, bytes]
    received: dict[str, bytes] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    waited: list[tuple[str, float]] = field(default_factory=list)
    came: asyncio.Event | None = None

    @property
    def order(self) -> str:
        return self.case.order.placer_number.value

    def wrong(self) -> list[str]:
        """Nothing when all came, was accepted, and was about this patient and order."""
        ins = self.case.patient.ins
        found = [
            f"{self.order}: {flow} {code}" for flow, code in self.codes.items() if code != "AA"
        ]
        found += [f"{self.order}: no {flow}" for flow in "CE" if flow not in self.received]
        for flow, raw in self.received.items():
            if field_of(raw, "PID", 3).split("^")[0] != ins:
                found.append(f"{self.order}: {flow} is about another patient")
        document = document_of(self.received.get("E", b""))
        if ins.encode() not in document:
            found.append(f"{self.order}: the report's document is about another patient")
        return found


def make_talks(profile: Profile, count: int, pairs: int) -> list[Talk]:
    """So many conversations, the first ones in pairs of twins with the exams of two."""
    found: list[Case] = []
    for number in range(pairs):
        choices = {
            "one": cases.Choice(NAMES[number % len(NAMES)]),
            "two": cases.Choice("", twin="one"),
        }
        found += cases.make_cases(choices, 1000 + number, CLOCK).values()
    while len(found) < count:
        number = len(found)
        found.append(cases.make_case(NAMES[number % len(NAMES)], 3000 + number, CLOCK))
    return [_talk(profile, case, number) for number, case in enumerate(found[:count])]


def _talk(profile: Profile, case: Case, number: int) -> Talk:
    actor = Actor("ris", profile, replace(case, seed=10_000 + number))
    talk = actor.conversation(case.order.placer_number.value)
    talk.case = case
    return Talk(case, {flow: actor.compose_in(talk, flow, CLOCK).raw for flow in ("A", "B", "D")})


class Ris:
    """Sends each conversation over a connection of its own; listens for what comes back."""

    def __init__(self) -> None:
        self.port = 0
        self.talks: dict[str, Talk] = {}

    async def reserve(self) -> int:
        """A port to listen on later."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        server.close()
        return self.port

    async def play(self, talks: list[Talk], platform: int) -> None:
        """Begin all at once; returns when all are over."""
        self.talks = {talk.order: talk for talk in talks}
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=LIMIT)
        for talk in talks:
            talk.came = asyncio.Event()
        await asyncio.gather(*(self._one(talk, platform) for talk in talks))
        server.close()

    async def _one(self, talk: Talk, platform: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", platform, limit=LIMIT)
        await self._ask(talk, "A", reader, writer)
        await self._ask(talk, "B", reader, writer)
        await self._wait(talk, "C")
        await self._ask(talk, "D", reader, writer)
        await self._wait(talk, "E")
        writer.close()

    async def _ask(
        self, talk: Talk, flow: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        begin = time.monotonic()
        writer.write(b"\x0b" + talk.sent[flow] + b"\x1c\r")
        answer = (await reader.readuntil(b"\x1c\r"))[1:-2]
        talk.waited.append((flow, time.monotonic() - begin))
        named = field_of(answer, "MSA", 2) == field_of(talk.sent[flow], "MSH", 10)
        talk.codes[flow] = field_of(answer, "MSA", 1) if named else "of another message"

    async def _wait(self, talk: Talk, flow: str) -> None:
        while flow not in talk.received:
            assert talk.came is not None
            talk.came.clear()
            await talk.came.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                raw = (await reader.readuntil(b"\x1c\r"))[1:-2]
                writer.write(b"\x0b" + accepted(raw) + b"\x1c\r")
                self._take(raw)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    def _take(self, raw: bytes) -> None:
        order = (field_of(raw, "ORC", 2) or field_of(raw, "OBR", 2)).split("^")[0]
        talk = self.talks[order]
        flow = "E" if field_of(raw, "MSH", 9).startswith("ORU") else "C"
        assert flow not in talk.received, f"{order}: {flow} came twice"
        talk.received[flow] = raw
        if talk.came:
            talk.came.set()


def accepted(raw: bytes) -> bytes:
    """The acknowledgement AA, its MSH that of the message with the two sides swapped."""
    msh = raw.split(b"\r", 1)[0].split(b"|")  # MSH-n is msh[n - 1]
    name, event = msh[9], msh[8].split(b"^")[1]
    msh[2:4], msh[4:6] = msh[4:6], msh[2:4]
    msh[8], msh[9] = b"ACK^" + event + b"^ACK", b"R-" + name
    return b"|".join(msh) + b"\rMSA|AA|" + name + b"\r"


def field_of(raw: bytes, segment: str, number: int) -> str:
    """A field of the first segment of that name, read without our own reader."""
    for line in re.split(rb"[\r\n]+", raw):
        fields = line.split(b"|")
        if fields[0] == segment.encode():
            at = number - 1 if segment == "MSH" else number
            return fields[at].decode("utf-8", "replace") if at < len(fields) else ""
    return ""


def document_of(raw: bytes) -> bytes:
    """The CDA in base64 in OBX-5."""
    found = re.search(rb"\^Base64\^([A-Za-z0-9+/=]+)", raw)
    return pybase64.b64decode(found[1]) if found else b""
