"""The MLLP torture suite finds in other libraries what is known to be there: a few cases each."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from program import PATIENCE, PROGRAM
from system import node

from harness.wire.er7 import Message

pytestmark = pytest.mark.net
PLAIN = Path(__file__).with_name("plain")
Verdicts = dict[str, tuple[str, str]]  # behaviour and aftermath by case


@contextmanager
def running(command: Sequence[str | Path], more: dict[str, str] | None = None) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=os.environ | (more or {}), stderr=quiet) as process:
        try:
            yield
        finally:
            process.kill()


def tried(folder: Path, cases: Sequence[str], *asked: str) -> Verdicts:
    result = folder / "mllp.json"
    command = [*PROGRAM, "mllp", "run", *asked, "--patience", "0.3", "--ack-timeout", "1.5"]
    command += [part for case in cases for part in ("--case", case)]
    command += ["--format", f"json={result}"]
    subprocess.run(command, capture_output=True, timeout=PATIENCE * 4, check=False)
    found = json.loads(result.read_text(encoding="utf-8"))
    return {case["id"]: (case["behaviour"], case["aftermath"]) for case in found["cases"]}


def received(port: int, folder: Path, wanted: dict[str, str]) -> None:
    """A receiver that listens soon on the port: the behaviour of some cases; it stays sane."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            break
    found = tried(folder, list(wanted), "--sut-port", str(port), "--parallel", "4")
    assert found == {case: (behaviour, "pass") for case, behaviour in wanted.items()}


def test_python_hl7_falls_silent_after_a_stray_byte(tmp_path: Path, unused_port: int) -> None:
    with running([sys.executable, PLAIN / "receive_python_hl7.py", str(unused_port)]):
        wanted = {"MLLP-R-001": "pass", "MLLP-R-003": "fail", "MLLP-R-037": "pass"}
        received(unused_port, tmp_path, wanted | {"MLLP-R-058": "fail"})


def test_hl7apy_closes_and_loses_the_second_of_two_blocks(tmp_path: Path, unused_port: int) -> None:
    with running([sys.executable, PLAIN / "receive_hl7apy.py", str(unused_port)]):
        wanted = {"MLLP-R-001": "pass", "MLLP-R-003": "warning", "MLLP-R-037": "fail"}
        received(unused_port, tmp_path, wanted)


def test_simple_hl7_glues_blocks_together(
    request: pytest.FixtureRequest, tmp_path: Path, unused_port: int
) -> None:
    assert request.config.cache is not None
    found = node(request.config.cache)
    command = ["node", PLAIN / "node" / "receive.js", "simple-hl7", str(unused_port)]
    with running(command, found.more):
        wanted = {"MLLP-R-001": "pass", "MLLP-R-010": "fail", "MLLP-R-037": "fail"}
        received(unused_port, tmp_path, wanted)


@pytest.mark.skipif(not shutil.which("sh"), reason="needs a shell")
def test_python_hl7_as_a_sender_takes_a_stray_byte_for_no_answer(
    tmp_path: Path, unused_port: int, request_message: Message
) -> None:
    folders = [tmp_path / name for name in ("asked", "told")]
    for folder in folders:
        folder.mkdir()
    message = tmp_path / "message.er7"
    message.write_bytes(request_message.raw)
    sender = [sys.executable, PLAIN / "send_python_hl7.py", "streams", str(unused_port)]
    asked = ["--as", "sender", "--listen", f"127.0.0.1:{unused_port}", "--sut-timeout", "1"]
    with running([*sender, *folders, "0.5", message]):
        found = tried(
            tmp_path,
            ["MLLP-S-001", "MLLP-S-006", "MLLP-S-025"],
            *asked,
            "--trigger",
            f"sh {PLAIN / 'ask.sh'} {tmp_path}",
        )
    assert found == {
        "MLLP-S-001": ("pass", "pass"),
        "MLLP-S-006": ("warning", "pass"),
        "MLLP-S-025": ("pass", "pass"),
    }
