"""Each system has its own TLS, or none: through our proxy and against our simulator."""

import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import lab
import pytest
from lab import Lab
from visitor import Near, make_room

from harness.show.board import serving
from harness.show.board.play.player import Job
from harness.show.board.store import rooms
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame

PATIENCE = 30.0
ORM = "MSH|^~\\&|A|B|C|D|20260105100000+0100||ORM^O01|{}|T|2.5\rPID|||1\r"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab.make(tmp_path_factory.mktemp("lab"))


class Peer:
    """A system with TLS or without: takes every message, and sends."""

    def __init__(self, made: Lab | None) -> None:
        self.made = made
        self.got: list[str] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.taking = threading.Thread(target=self._serve, daemon=True)
        self.taking.start()

    def close(self) -> None:
        self.taking.join(PATIENCE)
        self.server.close()

    def _wrap(self, line: socket.socket, *, server: bool) -> socket.socket:
        line.settimeout(PATIENCE)
        if self.made is None:
            return line
        pair = self.made.pair("peer-in" if server else "peer-out")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.made.ca)
        context.load_cert_chain(pair["cert"], pair["key"])
        if server:
            context.verify_mode = ssl.CERT_REQUIRED
        return context.wrap_socket(
            line, server_side=server, server_hostname=None if server else "localhost"
        )

    def _serve(self) -> None:
        with closing(self._wrap(self.server.accept()[0], server=True)) as line:
            name = Message(receive(line)).first("MSH-10")
            self.got.append(name)
            answer = f"MSH|^~\\&|A|B|C|D|20260105100000+0100||ACK|R|T|2.5\rMSA|AA|{name}\r"
            line.sendall(frame(answer.encode()))

    def send(self, port: int, name: str) -> str:
        """What is acknowledged of a message."""
        plain = socket.create_connection(("127.0.0.1", port))
        with closing(self._wrap(plain, server=False)) as line:
            line.sendall(frame(ORM.format(name).encode()))
            return Message(receive(line)).first("MSA-2")


def receive(line: socket.socket) -> bytes:
    framer = Framer()
    while True:
        for event in framer.events():
            if isinstance(event, Block):
                return bytes(event.data)
        data = line.recv(65536)
        assert data, "closed"
        framer.receive(data)


@contextmanager
def playing(job: Job) -> Iterator[dict[str, int]]:
    """A run between two; where we listen, by role."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.show.board.play.player"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(job.as_line())
    process.stdin.flush()
    told = [json.loads(process.stdout.readline()) for _ in range(2)]
    yield {one["role"]: one["port"] for one in told}
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


@pytest.mark.net
@pytest.mark.parametrize("secure", ["ris", "platform"])
def test_one_system_with_tls_one_without(tmp_path: Path, made: Lab, secure: str) -> None:
    peers = {role: Peer(made if role == secure else None) for role in ("ris", "platform")}
    ours = made.pair("ours")
    files = {"ca": str(made.ca), "cert": str(ours["cert"]), "key": str(ours["key"])}
    tls = {role: {**files, "client": "required"} if role == secure else None for role in peers}
    platform: dict[str, Any] = {"host": "127.0.0.1", "port": peers["platform"].port, "listen": 0}
    job = Job(
        profile="livre-blanc-2024",
        scenario="proxy",
        role="ris",
        host="127.0.0.1",
        port=peers["ris"].port,
        at="127.0.0.1",
        listen=0,
        folder=str(tmp_path),
        seed=1,
        lang="en",
        tls=tls["ris"],
        other={**platform, "tls": tls["platform"]},
    )
    with closing(peers["ris"]), closing(peers["platform"]), playing(job) as at:
        assert peers["ris"].send(at["ris"], "FORTH") == "FORTH"
        assert peers["platform"].send(at["platform"], "BACK") == "BACK"
        with socket.create_connection(("127.0.0.1", at[secure])) as plain:
            plain.settimeout(PATIENCE)
            plain.sendall(frame(ORM.format("PLAIN").encode()))
            assert plain.recv(65536) == b""
    assert (peers["platform"].got, peers["ris"].got) == (["FORTH"], ["BACK"])


@pytest.mark.parametrize("client", ["required", "none"])
def test_a_vendor_says_how_its_system_does_tls(
    terms: serving.Terms, made: Lab, client: str
) -> None:
    board = serving.make(replace(terms, tls=made.tls("board", client=client)), 8000)
    organiser = Near(board)
    organiser.join(make_room(board)["organiser"])
    numbers = [
        organiser.declare(tls="yes", tls_client="yes", tls_name="pacs.example"),
        organiser.declare(side="platform", tls="yes"),
        organiser.declare(side="platform"),
    ]
    full, without, plain = (
        rooms.tls_with(system, board.tls)
        for number in numbers
        if (system := rooms.system(board.database, number))
    )
    assert full
    assert without
    assert plain is None
    assert (full.name, full.client) == ("pacs.example", client)
    assert (without.name, without.client) == ("", "none")
    wrong = organiser.post(
        "/systems/1", "/rooms/1", system="R", version="1", host="h", port="1", tls_name="a b"
    )
    assert wrong.status_code == 422
    asked = organiser.post(f"/systems/{numbers[0]}/between", "/rooms/1", other=str(numbers[2]))
    assert asked.headers["location"] == "/runs/1"
    board.database.close()
