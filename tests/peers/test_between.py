"""`telerad proxy` between others: python-hl7 as the RIS, hl7apy or our own platform behind it."""

import json
import signal
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import lab
import pytest
from hl7.client import MLLPClient
from lab import Lab
from program import PATIENCE, Running, Simulator, listening, simulator
from test_hl7apy import server

from harness.wire.er7 import Message
from harness.wire.mllp import frame

pytestmark = pytest.mark.net


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab.make(tmp_path_factory.mktemp("lab"))


@contextmanager
def proxy(folder: Path, to: int, *more: str) -> Iterator[Simulator]:
    asked = ["proxy", "--listen", "127.0.0.1:0", "--to", f"127.0.0.1:{to}"]
    with listening(folder, *asked, *more) as found:
        yield found


def options(made: Lab, name: str) -> list[str]:
    pair = made.pair(name)
    found = ["--tls", "--tls-ca", str(made.ca)]
    return [*found, "--tls-cert", str(pair["cert"]), "--tls-key", str(pair["key"])]


def asked(
    through: Running, messages: Sequence[Message], context: ssl.SSLContext | None = None
) -> list[Message]:
    """What python-hl7 gets as answers on one connection."""
    with MLLPClient("127.0.0.1", through.port) as client:
        client.socket.settimeout(PATIENCE)
        if context:
            client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
        blocks = [client.send_message(message.raw) for message in messages]
    return [Message(block[1:-2]) for block in blocks]


def exchanges(through: Running) -> list[dict[str, object]]:
    found = json.loads((through.folder / "result.json").read_text(encoding="utf-8"))
    return list(found["exchanges"])


def rules(through: Running) -> set[str]:
    found = json.loads((through.folder / "result.json").read_text(encoding="utf-8"))
    return {finding["rule"] for finding in found["findings"]}


def test_python_hl7_and_a_platform_over_mutual_tls_on_both_sides(
    tmp_path: Path, made: Lab, request_message: Message
) -> None:
    several = [request_message.with_value("MSH-10", f"N-{n}") for n in range(5)]
    context = ssl.create_default_context(cafile=made.ca)
    pair = made.pair("ris")
    context.load_cert_chain(pair["cert"], pair["key"])
    with simulator(tmp_path / "platform", "platform", *options(made, "platform")) as platform:
        with proxy(tmp_path / "proxy", platform.port, *options(made, "proxy")) as between:
            answers = asked(between, several, context)
            assert between.end() == 0
        assert platform.end() == 0
    assert [answer.first("MSA-2") for answer in answers] == [f"N-{n}" for n in range(5)]
    assert platform.received() == [message.raw for message in several]
    assert between.received() == [message.raw for message in several]
    assert between.received("ack") == [answer.raw for answer in answers]
    assert [x["flow"] for x in exchanges(between)] == ["A"] * 5
    assert (between.folder / "messages" / "0003-A.ack.er7").read_bytes() == answers[2].raw


def test_python_hl7_and_hl7apy_judged_in_passing(tmp_path: Path, request_message: Message) -> None:
    bad = request_message.with_value("PID-3[5=INS].1", "279035121518988")
    with server("AA") as (port, seen), proxy(tmp_path / "proxy", port) as between:
        (answer,) = asked(between, [bad])
        assert between.end() == 1
    assert answer.first("MSH-10") == "HL7APY-1"
    assert [message.encode() for message in seen] == [bad.raw]
    assert "INS-F03" in rules(between)


@pytest.mark.parametrize("side", ["to", "platform"])
def test_tls_on_one_side_only(
    tmp_path: Path, made: Lab, request_message: Message, side: str
) -> None:
    with simulator(tmp_path / "platform", "platform", *options(made, "platform")) as platform:
        more = [*options(made, "proxy"), "--tls-on", side]
        with proxy(tmp_path / "proxy", platform.port, *more) as between:
            (answer,) = asked(between, [request_message])
            assert between.end() == 0
    assert answer.first("MSA-1") == "AA"


def test_the_proxy_as_an_unknown_client_is_told(
    tmp_path: Path, made: Lab, request_message: Message
) -> None:
    more = ["--tls", "--tls-ca", str(made.ca), "--tls-on", "to"]
    with (
        simulator(tmp_path / "platform", "platform", *options(made, "platform")) as platform,
        proxy(tmp_path / "proxy", platform.port, *more) as between,
    ):
        with socket.create_connection(("127.0.0.1", between.port)) as ris:
            ris.settimeout(PATIENCE)
            ris.sendall(frame(request_message.raw))
            assert ris.recv(64) == b""
        assert between.end() == 3
    assert "STEP-TLS" in rules(between)


def test_nobody_behind_it_is_told(tmp_path: Path, request_message: Message) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    with proxy(tmp_path / "proxy", port) as between:
        with socket.create_connection(("127.0.0.1", between.port)) as ris:
            ris.settimeout(PATIENCE)
            assert ris.recv(64) == b""
        assert between.end() == 3
    assert rules(between) == {"STEP-REACH"}


def test_bytes_pass_as_they_are_and_a_half_close_still_gets_its_answer(
    tmp_path: Path, request_message: Message
) -> None:
    raw = b"\n" + frame(request_message.raw)
    with simulator(tmp_path / "platform", "platform") as platform:
        with proxy(tmp_path / "proxy", platform.port) as between:
            with socket.create_connection(("127.0.0.1", between.port)) as ris:
                ris.settimeout(PATIENCE)
                for byte in raw[:200]:
                    ris.sendall(bytes([byte]))
                ris.sendall(raw[200:])
                ris.shutdown(socket.SHUT_WR)
                answer = b""
                while data := ris.recv(65536):
                    answer += data
            between.end()
        platform.end()
    assert Message(answer[1:-2]).first("MSA-1") == "AA"
    assert platform.received("junk") == [b"\n"]
    assert platform.received() == [request_message.raw]


def test_a_large_message_crosses_while_the_other_side_reads_slowly(tmp_path: Path) -> None:
    body = b"MSH|^~\\&|RIS||P||20260105||ORU^R01|BIG|T|2.5.1\rOBX|1|ED|" + b"A" * 9_000_000 + b"\r"
    with socket.create_server(("127.0.0.1", 0)) as target:
        target.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        port = target.getsockname()[1]
        with proxy(tmp_path / "proxy", port) as between:
            with socket.create_connection(("127.0.0.1", between.port)) as ris:
                ris.settimeout(PATIENCE)
                peer, _ = target.accept()
                peer.settimeout(PATIENCE)
                ris.sendall(frame(body))
                got = bytearray()
                with peer:
                    while len(got) < len(body) + 3:
                        data = peer.recv(65536)
                        assert data
                        got += data
            between.end()
    assert bytes(got) == frame(body)


def test_faults_are_committed_told_and_switched_off(
    tmp_path: Path, request_message: Message
) -> None:
    with simulator(tmp_path / "platform", "platform") as platform:
        more = ["--fault", "wrong-msa-2", "--fault", "drop-message@D"]
        with proxy(tmp_path / "proxy", platform.port, *more) as between:
            (first,) = asked(between, [request_message])
            between.process.send_signal(signal.SIGUSR1)
            (second,) = asked(between, [request_message.with_value("MSH-10", "N-2")])
            assert between.end() == 0
    assert first.first("MSA-2") != request_message.first("MSH-10")
    assert second.first("MSA-2") == "N-2"
    page = (between.folder / "report.html").read_text(encoding="utf-8")
    assert "wrong-msa-2" in page
