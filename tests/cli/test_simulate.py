"""`telerad simulate` as a process: what it prints, what it answers, how it ends."""

import json
import re
import signal
import socket
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from command import PROGRAM, environment

from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.wire.er7 import Message

pytestmark = pytest.mark.net


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_says_where_it_listens_answers_and_ends_with_a_report(
    tmp_path: Path, profile: Profile, case: Case, clock: datetime, stop: signal.Signals
) -> None:
    order = Actor("ris", profile, case).compose("A", case, clock)
    with subprocess.Popen(
        [PROGRAM, "simulate", "platform", "--listen", "127.0.0.1:0", "--out", "run"],
        cwd=tmp_path,
        env=environment("en"),
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"platform listens on 127\.0\.0\.1:(\d+)\n", line)
        assert found, line
        with socket.create_connection(("127.0.0.1", int(found[1])), timeout=30) as connection:
            connection.sendall(b"\x0b" + order.raw + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                received = connection.recv(65536)
                assert received
                answer += received
        process.send_signal(stop)
        rest = process.stdout.read()
        code = process.wait(timeout=60)
    reply = Message(answer[1:-2])
    assert reply.first("MSA-1") == "AA"
    assert reply.first("MSA-2") == order.first("MSH-10")
    assert code == 0
    assert "Report: run/report.html" in rest
    result = json.loads((tmp_path / "run/result.json").read_text(encoding="utf-8"))
    assert [exchange["flow"] for exchange in result["exchanges"]] == ["A"]
    assert result["sut"] == "ris"
