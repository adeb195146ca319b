"""A RIS and a platform on python-hl7: asyncio, connections kept open."""

import asyncio
import re
from collections.abc import Iterator

import hl7
import hl7.mllp
import paper
from paper import Told

PLACE = re.compile(r"(\w{3})-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?")
Reader, Writer = hl7.mllp.HL7StreamReader, hl7.mllp.HL7StreamWriter
Wrong = list[tuple[str, str, str]]
UTF8 = {"encoding": "utf-8", "limit": 10_000_000}


def value(message: hl7.Message, place: str) -> str:
    """PID-3[2].4.2 in python-hl7's own words."""
    name, field, repeat, component, part = PLACE.fullmatch(place).groups()
    try:
        found = message.extract_field(
            name, 1, int(field), int(repeat or 1), int(component or 1), int(part or 1)
        )
    except (KeyError, LookupError):
        return ""
    return found or ""


class System:
    """Either role. What it waits for arrives in `came`, by flow."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.came: dict[str, asyncio.Future[hl7.Message]] = {}
        self.peer: tuple[str, int] = ("", 0)
        self.writer: Writer | None = None
        self.reader: Reader | None = None
        self.ids: dict[str, str] = {}

    def wait(self, flow: str) -> "asyncio.Future[hl7.Message]":
        return self.came.setdefault(flow, asyncio.get_running_loop().create_future())

    # -- receiving --------------------------------------------------------------------------

    async def serve(
        self, reader: hl7.mllp.HL7StreamReader, writer: hl7.mllp.HL7StreamWriter
    ) -> None:
        try:
            while True:
                message = await reader.readmessage()
                wrong = list(self.wrong(message))
                try:
                    await self.acknowledge(message, wrong, writer)
                finally:
                    if not wrong:
                        self.take(message)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def acknowledge(self, message: hl7.Message, wrong: Wrong, writer: Writer) -> None:
        answer = message.create_ack("AE" if wrong else "AA", paper.new_id())
        answer.segment("MSH").assign_field("FRA", 17)
        answer.segment("MSH").assign_field("UNICODE UTF-8", 18)
        for place, code, words in wrong:
            error = hl7.parse(f"MSH|^~\\&|\rERR||{place}|{code}|E||||{words}\r").segment("ERR")
            answer.append(error)
        block = paper.VT + str(answer).encode() + paper.FS_CR
        for part in self.told.answer(block):
            if part is None:
                writer.close()
                raise ConnectionResetError
            if isinstance(part, float):
                await asyncio.sleep(part)
            else:
                writer.write(part)
                await writer.drain()

    def wrong(self, message: hl7.Message) -> Iterator[tuple[str, str, str]]:
        """What this system refuses, as place, code of table 0357 and words."""
        if self.told.defect == "always-accepts":
            return
        if "PID" not in {str(segment[0]) for segment in message}:
            yield "PID^1", "100^Segment sequence error^messageErrorCondition", "PID absent"
        elif not paper.right_key(value(message, "PID-3.1")):
            yield "PID^1^3^1^1", "102^Data type error^messageErrorCondition", "clé INS fausse"
        document = value(message, "OBX-5.5") if value(message, "MSH-9.1") == "ORU" else None
        if document is not None and not paper.can_be_decoded(document):
            yield "OBX^1^5^1^5", "102^Data type error^messageErrorCondition", "base64"

    def take(self, message: hl7.Message) -> None:
        kind = value(message, "MSH-9.1")
        if self.told.role == "ris":
            flow = "C" if kind == "ORM" else "E"
        else:
            flow = "B" if kind == "ORU" else "D" if value(message, "ZDS-1.1") else "A"
        future = self.wait(flow)
        if not future.done():
            future.set_result(message)

    # -- sending ----------------------------------------------------------------------------

    async def send(self, flow: str, text: str) -> str:
        """Send a message over one connection, and give the code of its answer."""
        if self.writer is None or self.reader.at_eof():
            opened = await hl7.mllp.open_hl7_connection(*self.peer, **UTF8)
            self.reader, self.writer = opened
        message = hl7.parse(text)
        self.ids[flow] = value(message, "MSH-10")
        block = self.told.framed(flow, str(message))
        if block == paper.VT + str(message).encode() + paper.FS_CR:
            self.writer.writemessage(message)
        else:
            self.writer.write(block)
        await self.writer.drain()
        answer = await self.reader.readmessage()
        return value(answer, "MSA-1")

    async def ris(self) -> None:
        order, number = f"RQ{paper.new_id()}", paper.new_id()[3:]
        base = {"order": order, "number": number, "study": paper.new_uid()}
        early = self.told.defect == "d-before-c"
        first = base | {"id": paper.new_id(), "now": paper.now()}
        if await self.send("A", paper.fill("A.hl7", first)) != "AA":
            return
        if self.told.request:
            about = base | {"id": paper.new_id(), "now": paper.now()}
            about |= {"document_id": paper.new_uid(), "set": paper.new_uid()}
            about["document"] = paper.coded(paper.fill_document(self.told.request, about))
            await self.send("B", paper.fill("B.hl7", about))
        act = "24727-0^CT tête avec contraste IV^LN"
        if not early:
            protocol = await self.wait("C")
            act = str(protocol.segment("OBR")[4])
        same = self.told.defect == "same-control-id"
        done = base | {"id": first["id"] if same else paper.new_id(), "now": paper.now()}
        done |= {"act": act, "start": paper.now(-20), "end": paper.now(-5)}
        await self.send("D", paper.fill("D.hl7", done))

    async def platform(self) -> None:
        request = await self.wait("A")
        protocol = paper.fill("C.hl7", self.learned(request))
        if await self.send("C", protocol) == "AA" and self.told.defect == "c-twice":
            await self.send("C", protocol.replace(self.ids["C"], paper.new_id()))
        examined = await self.wait("D")
        values = self.learned(examined)
        document = paper.report_values(lambda at: value(examined, at), paper.new_uid())
        form = paper.fill_document(paper.FORMS / "report.xml", document)
        values["document"] = self.told.document(form)
        await self.send("E", paper.fill("E.hl7", values))

    @staticmethod
    def learned(message: hl7.Message) -> dict[str, str]:
        """What C and E take over from A and D."""
        header = message.segment("MSH")
        return {
            "from": f"{header[5]}|{header[6]}",
            "to": f"{header[3]}|{header[4]}",
            "id": paper.new_id(),
            "now": paper.now(),
            "PID": str(message.segment("PID")),
            "PV1": str(message.segment("PV1")),
            "placer": str(message.segment("ORC")[2]),
            "act": str(message.segment("OBR")[4]),
        }


async def main() -> None:
    system = System(paper.told(__doc__))
    server = await hl7.mllp.start_hl7_server(system.serve, "127.0.0.1", 0, **UTF8)
    port = server.sockets[0].getsockname()[1]
    system.peer = await asyncio.to_thread(paper.meet, port)
    task = asyncio.ensure_future(getattr(system, system.told.role)())
    await asyncio.to_thread(paper.stay)
    task.cancel()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
