"""`telerad simulate` on a disk without room: nothing acknowledged that is not stored; it goes on.

A file of the process may not grow beyond a limit that the test sets and lifts: the system refuses
the write as it does on a full disk.
"""

import json
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import load
import pytest
from program import PATIENCE, Simulator, simulator

from harness.wire import transcript
from harness.wire.er7 import Message
from harness.wire.mllp import frame

pytestmark = pytest.mark.net


@contextmanager
def no_room(platform: Simulator, more: int) -> Iterator[None]:
    """Its journal may grow by so many bytes."""
    size = (platform.folder / transcript.NAME).stat().st_size
    pid, kind = platform.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (size + more, before[1]))
    yield
    resource.prlimit(pid, kind, before)


def answered(platform: Simulator, raw: bytes) -> bytes:
    """The whole answer; empty when the connection is closed without one."""
    with socket.create_connection(("127.0.0.1", platform.port)) as peer:
        peer.settimeout(PATIENCE)
        found = b""
        try:
            peer.sendall(frame(raw))
            while not found.endswith(b"\x1c\r") and (data := peer.recv(65536)):
                found += data
        except ConnectionError:
            return b""
    return found


def test_nothing_is_acknowledged_until_there_is_room(
    tmp_path: Path, request_message: Message
) -> None:
    names = iter(f"D-{number}" for number in range(99))
    kept: dict[str, bytes] = {}
    with simulator(tmp_path / "run", "platform") as platform:
        for more in (0, 1, 60, 1500, 3000):  # before a line, in it, between message and answer
            refused = load.numbered(request_message.raw, next(names))
            other = load.numbered(request_message.raw, next(names))
            with no_room(platform, more):
                assert answered(platform, refused) == b""
                assert answered(platform, other) == b""
            for raw in (refused, other):
                while not (answer := answered(platform, raw)):
                    time.sleep(0.05)  # it tries the disk again by itself
                kept[load.name_of(raw)] = answer[1:-2]
        assert platform.end() == 0
    journal = platform.journal
    acks = {Message(r.data).first("MSA-2"): r.data for r in journal if r.kind == "ack"}
    assert acks == kept
    new = [r.data for r in journal if r.kind == "message" and not r.facts.get("again")]
    assert [load.name_of(raw) for raw in new] == list(kept)
    assert journal[-1].kind == "end"
    result = json.loads((platform.folder / "result.json").read_text(encoding="utf-8"))
    assert [x["ack"] for x in result["exchanges"]] == ["AA"] * len(kept)


def test_a_full_disk_is_told_in_one_line_each_time(
    tmp_path: Path, request_message: Message
) -> None:
    with simulator(tmp_path / "run", "platform") as platform:
        with no_room(platform, 0):
            for number in range(3):
                assert answered(platform, load.numbered(request_message.raw, f"T-{number}")) == b""
        while not answered(platform, load.numbered(request_message.raw, "T-9")):
            time.sleep(0.05)
        platform.process.terminate()
        said, _ = platform.process.communicate(timeout=PATIENCE)
    lines = [line for line in said.splitlines() if line.startswith("telerad: ")]
    assert len(lines) == 2
    assert "nothing is acknowledged until there is room" in lines[0]
    assert lines[1].endswith("the run goes on")
