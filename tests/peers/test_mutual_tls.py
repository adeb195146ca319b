"""Mutual TLS with others: python-hl7 over the standard library's TLS, and certificates of trustme.

Each refusal is told in words on our side, whoever refuses; nothing that TLS does fails a system.
"""

import json
import socket
import ssl
from pathlib import Path

import lab
import pytest
import trustme
from hl7.client import MLLPClient
from lab import Lab
from program import PATIENCE, Simulator, simulator
from test_hl7apy import run, server

from harness.wire.er7 import Message

pytestmark = pytest.mark.net


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab.make(tmp_path_factory.mktemp("lab"))


def options(made: Lab, name: str, *more: str, **files: Path) -> list[str]:
    pair = files or made.pair(name)
    found = ["--tls", "--tls-ca", str(made.ca)]
    return [*found, "--tls-cert", str(pair["cert"]), "--tls-key", str(pair["key"]), *more]


def client(made: Lab, pair: dict[str, Path] | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=made.ca)
    if pair:
        context.load_cert_chain(pair["cert"], pair["key"])
    return context


def asked(platform: Simulator, context: ssl.SSLContext, message: Message) -> Message:
    """What python-hl7 gets as an answer, its socket put under TLS."""
    with MLLPClient("127.0.0.1", platform.port) as found:
        found.socket.settimeout(PATIENCE)
        found.socket = context.wrap_socket(found.socket, server_hostname="localhost")
        block = found.send_message(message.raw)
    return Message(block[1:-2])


def result(platform: Simulator) -> dict[str, object]:
    found: dict[str, object] = json.loads((platform.folder / "result.json").read_text("utf-8"))
    return found


def test_python_hl7_is_served_over_mutual_tls(
    tmp_path: Path, made: Lab, request_message: Message
) -> None:
    with simulator(tmp_path / "run", "platform", *options(made, "platform")) as platform:
        answer = asked(platform, client(made, made.pair("ris")), request_message)
        assert answer.first("MSA-1") == "AA"
        assert platform.end() == 0
    assert platform.received() == [request_message.raw]


@pytest.mark.parametrize("who", ["nobody", "unknown", "expired"])
def test_a_client_that_is_refused_is_told_and_the_next_is_served(
    tmp_path: Path, made: Lab, request_message: Message, who: str
) -> None:
    pairs = {
        "nobody": None,
        "unknown": made.pair("unknown", authority=trustme.CA()),
        "expired": made.pair("expired", begins=lab.past(9), ends=lab.past(1)),
    }
    words = {
        "nobody": "presents no client certificate; one is required here",
        "unknown": "comes from an authority unknown to us",
        "expired": "has expired",
    }
    with simulator(tmp_path / "run", "platform", *options(made, "platform")) as platform:
        with pytest.raises(ssl.SSLError, match="ALERT"):  # the alert arrives, not only an end
            asked(platform, client(made, pairs[who]), request_message)
        answer = asked(platform, client(made, made.pair("ris")), request_message)
        assert answer.first("MSA-1") == "AA"
        assert platform.end() == 3
    (finding,) = result(platform)["findings"]  # type: ignore[misc]
    assert finding["rule"] == "STEP-TLS"
    assert finding["verdict"] == "inconclusive"
    assert words[who] in finding["actual"]


def test_plain_mllp_on_the_tls_port_is_named(
    tmp_path: Path, made: Lab, request_message: Message
) -> None:
    with simulator(tmp_path / "run", "platform", *options(made, "platform")) as platform:
        with socket.create_connection(("127.0.0.1", platform.port)) as peer:
            peer.settimeout(PATIENCE)
            peer.sendall(b"\x0b" + request_message.raw + b"\x1c\r")
            assert peer.recv(64) == b""
        assert platform.end() == 3
    (finding,) = result(platform)["findings"]  # type: ignore[misc]
    assert "sends MLLP without TLS to a TLS port" in finding["actual"]


def test_tls_on_the_plain_port_is_named(tmp_path: Path, made: Lab) -> None:
    with simulator(tmp_path / "run", "platform") as platform:
        with socket.create_connection(("127.0.0.1", platform.port)) as peer:
            context = client(made, None)
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            hello = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            with pytest.raises(ssl.SSLWantReadError):
                hello.do_handshake()
            peer.sendall(outgoing.read().replace(b"\x0b", b"\x00"))
            peer.shutdown(socket.SHUT_WR)
            peer.settimeout(PATIENCE)
            assert peer.recv(64) == b""
        assert platform.end() == 3
    rules = {f["rule"]: f["actual"] for f in result(platform)["findings"]}  # type: ignore[attr-defined]
    assert "TLS hello on a port without TLS" in rules["STEP-TLS"]


# -- we are the client ----------------------------------------------------------------------


def played(tmp_path: Path, port: int, *more: str) -> str:
    """`run` against a platform on that port, not measured: what it says of TLS."""
    code, found = run(tmp_path, port, *more)
    assert code == 3
    (finding,) = found["findings"]  # type: ignore[misc]
    assert finding["rule"] == "STEP-TLS"
    actual: str = finding["actual"]
    return actual


def test_a_run_over_mutual_tls_conforms(tmp_path: Path, made: Lab) -> None:
    with simulator(tmp_path / "sut", "platform", *options(made, "platform")) as platform:
        code, found = run(tmp_path, platform.port, *options(made, "ris"))
    assert (code, found["findings"]) == (0, [])


def test_a_server_of_another_name_is_told(tmp_path: Path, made: Lab) -> None:
    pair = made.pair("elsewhere", "elsewhere.invalid")
    with simulator(tmp_path / "sut", "platform", *options(made, "", **pair)) as platform:
        told = played(tmp_path, platform.port, *options(made, "ris"))
        assert told.endswith("is not made out to `127.0.0.1`")
        named = options(made, "ris", "--tls-name", "elsewhere.invalid")
        assert run(tmp_path, platform.port, *named)[0] == 0


def test_a_server_that_has_expired_is_told(tmp_path: Path, made: Lab) -> None:
    pair = made.pair("old", begins=lab.past(9), ends=lab.past(1))
    with simulator(tmp_path / "sut", "platform", *options(made, "", **pair)) as platform:
        told = played(tmp_path, platform.port, *options(made, "ris"))
        assert platform.end() == 3
    assert told.startswith("the server certificate that 127.0.0.1:")
    assert told.endswith("has expired")
    (finding,) = result(platform)["findings"]  # type: ignore[misc]
    assert f"refuses our certificate ({pair['cert']}): expired" in finding["actual"]


def test_our_certificate_refused_is_told_though_it_comes_after_the_handshake(
    tmp_path: Path, made: Lab
) -> None:
    pair = made.pair("unknown-ris", authority=trustme.CA())
    with simulator(tmp_path / "sut", "platform", *options(made, "platform")) as platform:
        told = played(tmp_path, platform.port, *options(made, "", **pair))
    assert "refuses our certificate" in told
    assert str(pair["cert"]) in told


def test_a_plain_server_is_told(tmp_path: Path, made: Lab) -> None:
    with server("AA") as (port, seen):
        told = played(tmp_path, port, *options(made, "ris"))
    assert "TLS" in told
    assert seen == []
