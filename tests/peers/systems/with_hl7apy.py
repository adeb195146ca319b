"""A RIS and a platform on hl7apy: threads, its own MLLP server, one connection for each message."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from queue import Queue

import paper
from hl7apy.core import Message
from hl7apy.mllp import AbstractHandler, MLLPRequestHandler, MLLPServer
from hl7apy.parser import parse_message, parse_segment
from paper import Told

PLACE = re.compile(r"(\w{3})-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?")
NEWER = "2.7"  # hl7apy knows no PRT in the versions before


def read(text: str) -> Message:
    """A message by hl7apy; what its version has no segment for is left out."""
    known = "".join(line + "\r" for line in text.split("\r") if line and line[:3] != "PRT")
    return parse_message(known, find_groups=False)


def value(message: Message, place: str) -> str:
    """PID-3[2].4.2 in hl7apy's own words."""
    name, field, repeat, component, part = PLACE.fullmatch(place).groups()
    try:
        found = message.children.get(name)[0].children.get(f"{name}_{field}")
        found = found[int(repeat or 1) - 1]
    except (IndexError, KeyError):
        return ""
    text = found.to_er7().split("^")
    text = text[int(component or 1) - 1 :][:1]
    text = text[0].split("&")[int(part or 1) - 1 :][:1] if text else []
    return text[0] if text else ""


class Raw(MLLPRequestHandler):
    """hl7apy's handler, that leaves the answer to the system when it has a defect."""

    def handle(self) -> None:
        self.wfile = Leaving(self)
        super().handle()


class Leaving:
    """Stands for the file that hl7apy writes its answer into."""

    def __init__(self, handler: Raw) -> None:
        self.handler = handler
        self.closed = False

    def write(self, block: bytes) -> None:
        for part in self.handler.server.system.told.answer(block):
            if part is None:
                self.handler.request.close()
                return
            if isinstance(part, float):
                time.sleep(part)
            else:
                self.handler.request.sendall(part)

    def flush(self) -> None: ...

    def close(self) -> None: ...


class Answer(AbstractHandler):
    """Answers, then hands the message over."""

    def __init__(self, message: str, system: "System") -> None:
        super().__init__(message)
        self.system = system

    def reply(self) -> str:
        asked = read(self.incoming_message)
        wrong = [] if self.system.told.defect == "always-accepts" else list(refused(asked))
        answer = Message("ACK", version=asked.version)
        msh, theirs = answer.msh, asked.msh
        msh.msh_3, msh.msh_4 = theirs.msh_5.to_er7(), theirs.msh_6.to_er7()
        msh.msh_5, msh.msh_6 = theirs.msh_3.to_er7(), theirs.msh_4.to_er7()
        msh.msh_7, msh.msh_9 = paper.now(), f"ACK^{theirs.msh_9.to_er7().split('^')[1]}^ACK"
        msh.msh_10, msh.msh_11 = paper.new_id(), theirs.msh_11.to_er7()
        msh.msh_17, msh.msh_18 = "FRA", "UNICODE UTF-8"
        answer.msa.msa_1 = "AE" if wrong else "AA"
        answer.msa.msa_2 = theirs.msh_10.to_er7()
        for place, code, words in wrong:
            answer.add(parse_segment(f"ERR||{place}|{code}|E||||{words}", version=asked.version))
        if not wrong:
            self.system.came.put(asked)
        return answer.to_mllp()


def refused(asked: Message) -> Iterator[tuple[str, str, str]]:
    """What this system refuses, as place, code of table 0357 and words."""
    if not asked.children.get("PID"):
        yield "PID^1", "100^Segment sequence error^messageErrorCondition", "PID absent"
    elif not paper.right_key(value(asked, "PID-3.1")):
        yield "PID^1^3^1^1", "102^Data type error^messageErrorCondition", "clé INS fausse"
    if value(asked, "MSH-9.1") == "ORU" and not paper.can_be_decoded(value(asked, "OBX-5.5")):
        yield "OBX^1^5^1^5", "102^Data type error^messageErrorCondition", "base64"


class System:
    def __init__(self, told: Told) -> None:
        self.told = told
        self.came: Queue[Message] = Queue()
        self.peer = ("", 0)
        self.ids: dict[str, str] = {}

    def send(self, flow: str, text: str) -> str:
        """Send a message over a connection of its own, and give the code of its answer."""
        self.ids[flow] = value(read(text), "MSH-10")
        with socket.create_connection(self.peer) as line:
            line.sendall(self.told.framed(flow, text))
            got = b""
            while not got.endswith(paper.FS_CR):
                data = line.recv(65536)
                if not data:
                    return ""
                got += data
        return value(read(got[1:-2].decode()), "MSA-1")

    def ris(self) -> None:
        base = {"order": f"RQ{paper.new_id()}", "number": paper.new_id()[3:]}
        base["study"] = paper.new_uid()
        first = base | {"id": paper.new_id(), "now": paper.now()}
        if self.send("A", self.written("A", first)) != "AA":
            return
        if self.told.request:
            about = base | {"id": paper.new_id(), "now": paper.now()}
            about |= {"document_id": paper.new_uid(), "set": paper.new_uid()}
            about["document"] = paper.coded(paper.fill_document(self.told.request, about))
            self.send("B", self.written("B", about))
        act = "24727-0^CT tête avec contraste IV^LN"
        if self.told.defect != "d-before-c":
            act = self.came.get().children.get("OBR")[0].obr_4.to_er7()
        same = self.told.defect == "same-control-id"
        done = base | {"id": first["id"] if same else paper.new_id(), "now": paper.now()}
        done |= {"act": act, "start": paper.now(-20), "end": paper.now(-5)}
        self.send("D", self.written("D", done))

    def platform(self) -> None:
        request = self.came.get()
        while value(request, "MSH-9.1") != "ORM":
            request = self.came.get()
        protocol = self.written("C", learned(request))
        if self.send("C", protocol) == "AA" and self.told.defect == "c-twice":
            self.send("C", protocol.replace(self.ids["C"], paper.new_id()))
        examined = self.came.get()
        while not value(examined, "ZDS-1.1"):
            examined = self.came.get()
        values = learned(examined)
        about = paper.report_values(lambda at: value(examined, at), paper.new_uid())
        form = paper.fill_document(paper.FORMS / "report.xml", about)
        values["document"] = self.told.document(form)
        self.send("E", self.written("E", values))

    @staticmethod
    def written(flow: str, values: dict[str, str]) -> str:
        """A form filled in and written by hl7apy, segment by segment."""
        lines = [line for line in paper.fill(f"{flow}.hl7", values).split("\r") if line]
        version = lines[0].split("|")[11]
        return "".join(f"{_again(line, version)}\r" for line in lines)


def _again(line: str, version: str) -> str:
    """A segment through hl7apy's model."""
    if line.startswith("MSH"):
        return str(parse_message(line + "\r", find_groups=False).msh.to_er7())
    version = NEWER if line.startswith("PRT") else version
    return str(parse_segment(line, version=version).to_er7())


def learned(message: Message) -> dict[str, str]:
    """What C and E take over from A and D."""
    msh = message.msh
    return {
        "from": f"{msh.msh_5.to_er7()}|{msh.msh_6.to_er7()}",
        "to": f"{msh.msh_3.to_er7()}|{msh.msh_4.to_er7()}",
        "id": paper.new_id(),
        "now": paper.now(),
        "PID": message.pid.to_er7(),
        "PV1": message.pv1.to_er7(),
        "placer": message.orc.orc_2.to_er7(),
        "act": message.obr.obr_4.to_er7(),
    }


class Server(MLLPServer):
    daemon_threads = True

    def __init__(self, system: System) -> None:
        self.system = system
        types = ("ORM^O01^ORM_O01", "ORU^R01^ORU_R01")
        handlers = dict.fromkeys(types, (Answer, system))
        super().__init__("127.0.0.1", 0, handlers, request_handler_class=Raw)


def main() -> None:
    system = System(paper.told(__doc__))
    with Server(system) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        system.peer = paper.meet(server.server_address[1])
        threading.Thread(target=getattr(system, system.told.role), daemon=True).start()
        paper.stay()
        server.shutdown()


if __name__ == "__main__":
    main()
