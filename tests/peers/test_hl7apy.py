"""hl7apy, an independent server and writer, is the platform that we test."""

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hl7apy.core import Message as Theirs
from hl7apy.mllp import AbstractHandler, MLLPServer
from hl7apy.parser import parse_message
from program import PATIENCE, PROGRAM

pytestmark = pytest.mark.net
SCENARIO = """\
scenario: one-request
title: {fr: Une demande, en: One request}
steps:
  - send: A
"""


class Answer(AbstractHandler):
    """Acknowledges with hl7apy's own model of an ACK."""

    def __init__(self, message: str, code: str, seen: list[str]) -> None:
        super().__init__(message)
        self.code = code
        seen.append(message)

    def reply(self) -> str:
        asked = parse_message(self.incoming_message, find_groups=False)
        answer = Theirs("ACK", version="2.5.1")
        answer.msh.msh_3, answer.msh.msh_4 = asked.msh.msh_5.value, asked.msh.msh_6.value
        answer.msh.msh_5, answer.msh.msh_6 = asked.msh.msh_3.value, asked.msh.msh_4.value
        answer.msh.msh_7 = asked.msh.msh_7.value
        answer.msh.msh_9 = "ACK^O01^ACK"
        answer.msh.msh_10 = "HL7APY-1"
        answer.msh.msh_11 = "T"
        answer.msh.msh_17 = "FRA"
        answer.msh.msh_18 = "UNICODE UTF-8"
        answer.msa.msa_1 = self.code
        answer.msa.msa_2 = asked.msh.msh_10.value
        return str(answer.to_mllp())


@contextmanager
def server(
    code: str, routed: str = "ORM^O01^ORM_O01", context: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[str]]]:
    """An MLLPServer on a port that the system chose, and what it has seen.

    It answers messages of the type `routed` and closes without a word after any other. `context`:
    its socket is put under TLS.
    """
    seen: list[str] = []
    handlers = {routed: (Answer, code, seen)}
    with MLLPServer("127.0.0.1", 0, handlers) as found:
        found.daemon_threads = True
        if context:
            found.socket = context.wrap_socket(found.socket, server_side=True)
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found.server_address[1], seen
        finally:
            found.shutdown()
            thread.join()


def run(tmp_path: Path, port: int, *more: str) -> tuple[int, dict[str, object]]:
    """`telerad run` against a platform on that port: exit code and result."""
    scenario = tmp_path / "one.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    asked = ["run", str(scenario), "--sut", "platform", "--sut-host", "127.0.0.1"]
    asked += ["--sut-port", str(port), "--listen", "127.0.0.1:0", "--out", str(tmp_path / "run")]
    asked += ["--lang", "en"]
    done = subprocess.run(
        [*PROGRAM, *asked, *more], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    result = tmp_path / "run" / "result.json"
    assert result.exists(), done.stdout + done.stderr
    return done.returncode, json.loads(result.read_text(encoding="utf-8"))


def test_a_good_platform_conforms(tmp_path: Path) -> None:
    with server("AA") as (port, seen):
        code, result = run(tmp_path, port)
    (message,) = seen
    assert message.startswith("MSH|^~\\&|RIS|")
    parsed = parse_message(message, find_groups=False)
    assert parsed.msh.msh_9.value == "ORM^O01^ORM_O01"
    assert parsed.pid.pid_3[0].cx_5.value == "INS"
    assert message.encode() == (tmp_path / "run" / "messages" / "0001-A.er7").read_bytes()
    assert result["findings"] == []
    assert result["verdict"] == "pass"
    assert "HL7APY-1" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert code == 0


def test_a_platform_that_refuses_does_not(tmp_path: Path) -> None:
    with server("AE") as (port, _):
        code, result = run(tmp_path, port)
    assert code == 1
    assert "STEP-ACK" in {finding["rule"] for finding in result["findings"]}


def test_a_platform_that_closes_without_an_answer_does_not(tmp_path: Path) -> None:
    with server("AA", routed="ADT^A01^ADT_A01") as (port, _):
        code, result = run(tmp_path, port)
    assert code == 1
    (finding,) = result["findings"]
    assert finding["rule"] == "ACK-NONE"
    assert "closed" in finding["actual"]


def test_a_platform_that_is_not_there_was_not_measured(tmp_path: Path) -> None:
    with MLLPServer("127.0.0.1", 0, {}) as found:
        port = found.server_address[1]
    code, result = run(tmp_path, port)
    assert code == 3
    assert result["verdict"] == "inconclusive"
