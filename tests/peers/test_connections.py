"""How many connections there are, and what is told while a real system is waited for."""

import json
import socket
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from program import PATIENCE, PROGRAM
from system import HL7APY, PYTHON_HL7, play, system

from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.runs import session
from harness.sim import scenario
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate.messages import acknowledgement
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame

pytestmark = pytest.mark.net
NAME = "lb-nominal-without-request-document"


class OneLine:
    """A RIS with a single connection: it sends, is asked and answers over it."""

    def __init__(self, ris: Actor, case: Case, clock: datetime) -> None:
        self.ris, self.case, self.clock = ris, case, clock
        self.came: list[Message] = []

    def speak(self, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as self.socket:
            self.socket.settimeout(PATIENCE)
            self.framer = Framer()
            self.ask("A")
            self.serve("C")
            self.ask("D")
            self.serve("E")
            self.socket.recv(1)

    def ask(self, flow: str) -> None:
        self.socket.sendall(frame(self.ris.compose(flow, self.case, self.clock).raw))
        assert self.read().first("MSA-1") == "AA"

    def serve(self, flow: str) -> None:
        message = self.read()
        raw = acknowledgement(message, self.clock, f"ACK-{flow}", "AA")
        self.socket.sendall(frame(raw))

    def read(self) -> Message:
        while True:
            for event in self.framer.events():
                if isinstance(event, Block):
                    self.came.append(Message(event.data))
                    return self.came[-1]
            data = self.socket.recv(65536)
            assert data
            self.framer.receive(data)


def run(profile: Profile, folder: Path, listening: Callable[[int], None], **more: object) -> object:
    chosen = [found for found, _ in scenario.find([NAME], profile.id)]
    options = session.Options(
        profile=profile,
        folder=folder,
        command="test",
        sut="ris",
        listening=lambda _, address: listening(address[1]),
        signals=False,
        sync=False,
        **more,
    )
    return session.run(chosen, options)


def test_one_connection_for_both_directions(
    profile: Profile, theirs: Case, clock: datetime, tmp_path: Path
) -> None:
    peer = OneLine(Actor("ris", profile, theirs), theirs, clock)
    threads: list[threading.Thread] = []

    def begin(port: int) -> None:
        threads.append(threading.Thread(target=peer.speak, args=(port,)))
        threads[0].start()

    report = run(profile, tmp_path, begin, way="shared")
    threads[0].join(PATIENCE)
    assert report.verdict is Verdict.PASS
    assert [x.state for x in report.exchanges] == ["done"] * 4
    assert [message.first("MSH-9.1") for message in peer.came] == ["ACK", "ORM", "ACK", "ORU"]


@pytest.mark.parametrize("way", ["persistent", "per-message"])
@pytest.mark.parametrize("program", [PYTHON_HL7, HL7APY], ids=lambda program: program.name)
def test_connections_kept_open_or_one_for_each_message(
    program: object, way: str, profile: Profile, tmp_path: Path
) -> None:
    report = play(program, "platform", profile, tmp_path, way=way)
    assert report.verdict is Verdict.PASS


def test_what_is_waited_for_and_what_came_instead_is_told(
    profile: Profile, theirs: Case, clock: datetime, tmp_path: Path
) -> None:
    """A connection and a message of no step, but never the message of the step."""
    asked = [*PROGRAM, "run", NAME, "--sut", "ris", "--sut-port", "1", "--listen", "127.0.0.1:0"]
    asked += ["--within", "1.5", "--identity", "PF|TELE", "--out", str(tmp_path), "--lang", "en"]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = process.stdout.readline()
        port = int(said.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as ris:
            ris.settimeout(PATIENCE)
            document = Actor("ris", profile, theirs).compose("B", theirs, clock)
            ris.sendall(frame(document.raw))
            assert b"MSA|" in ris.recv(4096)
            told = process.communicate(timeout=PATIENCE)[0]
    order = theirs.order.placer_number.value
    assert f"waits for a message A from: RIS, on 127.0.0.1:{port}, addressed to PF|TELE" in told
    assert "connection from 127.0.0.1" in told
    assert f"a message B of another order, {order}" in told
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    (finding,) = result["findings"]
    assert (finding["rule"], finding["who"]) == ("STEP-MESSAGE", "ris")
    assert finding["actual"] == f"nothing of the kind received; seen: 127.0.0.1, B {order}"
    assert process.returncode == 3


def test_our_names_and_theirs(profile: Profile, tmp_path: Path) -> None:
    with system(PYTHON_HL7, "platform") as sut:
        host, port = sut.address
        ours = [*PROGRAM, "run", NAME, "--sut", "platform", "--sut-host", host]
        ours += ["--sut-port", str(port), "--listen", "127.0.0.1:0", "--within", "0.2"]
        ours += ["--identity", "RIS2|CH", "--sut-identity", "PF^1.2.3^ISO", "--out", str(tmp_path)]
        subprocess.run(ours, capture_output=True, timeout=PATIENCE, check=False)
    sent = Message((tmp_path / "messages" / "0001-A.er7").read_bytes())
    assert [sent.node(f"MSH-{n}").data for n in (3, 4, 5, 6)] == [
        b"RIS2",
        b"CH",
        b"PF^1.2.3^ISO",
        b"",
    ]
