"""Forty conversations at once, ten of them of twins: none is lost, none crossed.

`bench/parallel.py` plays many more.
"""

import asyncio
import json
import socket
import time
from pathlib import Path
from typing import BinaryIO

import pytest
from conversations import Ris, make_talks
from program import PATIENCE, simulator

from harness.rules.profile import Profile
from harness.wire.mllp import frame

pytestmark = pytest.mark.net


def test_every_conversation_gets_its_own_answers(tmp_path: Path, profile: Profile) -> None:
    talks, ris = make_talks(profile, 40, 5), Ris()
    port = asyncio.run(ris.reserve())
    with simulator(tmp_path / "run", "platform", "--peer", f"127.0.0.1:{port}") as platform:
        asyncio.run(ris.play(talks, platform.port))
        assert platform.end() == 0
    assert [what for talk in talks for what in talk.wrong()] == []
    result = json.loads((platform.folder / "result.json").read_text(encoding="utf-8"))
    exchanges = result["exchanges"]
    assert len(exchanges) == 5 * len(talks)
    assert {x["ack"] for x in exchanges} == {"AA"}
    assert {x["verdict"] for x in exchanges} <= {"pass", "warning"}
    by_order: dict[str, list[str]] = {}
    for exchange in exchanges:
        by_order.setdefault(exchange["conversation"], []).append(exchange["flow"])
    assert set(by_order) == {talk.order for talk in talks}
    assert {tuple(sorted(flows)) for flows in by_order.values()} == {("A", "B", "C", "D", "E")}


def test_who_says_no_more_gets_the_answer_that_waits_for_a_document(
    tmp_path: Path, profile: Profile
) -> None:
    """It waits for a document of its conversation, which came on another connection."""
    (talk,) = make_talks(profile, 1, 0)
    with (
        simulator(tmp_path / "run", "platform") as platform,
        socket.create_connection(("127.0.0.1", platform.port), PATIENCE) as one,
        socket.create_connection(("127.0.0.1", platform.port), PATIENCE) as other,
    ):
        one.sendall(frame(talk.sent["B"]))
        time.sleep(0.005)  # mostly enough for it to be read first
        other.sendall(frame(talk.sent["A"]))
        other.shutdown(socket.SHUT_WR)
        with other.makefile("rb") as lines, one.makefile("rb") as first:
            assert b"MSA|A" in lines.read()
            assert b"MSA|A" in read_block(first)


def read_block(stream: BinaryIO) -> bytes:
    found = b""
    while not found.endswith(b"\x1c\r"):
        byte = stream.read(1)
        assert byte, found
        found += byte
    return found
