"""`telerad simulate` under load: what is acknowledged is in the journal, in order, each once."""

import socket
from pathlib import Path

import pytest
from program import PATIENCE, simulator

from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame

pytestmark = pytest.mark.net


def answers(peer: socket.socket, count: int) -> list[str]:
    framer, found = Framer(), []
    while len(found) < count:
        data = peer.recv(65536)
        assert data, f"closed after {len(found)} answers of {count}"
        framer.receive(data)
        blocks = (event for event in framer.events() if isinstance(event, Block))
        found += [Message(block.data).first("MSA-2") for block in blocks]
    return found


@pytest.mark.parametrize("more", [(), ("--no-sync",)], ids=["sync", "no-sync"])
def test_a_burst_on_one_connection_is_answered_in_order(
    tmp_path: Path, request_message: Message, more: tuple[str, ...]
) -> None:
    names = [f"N-{n}" for n in range(20)]
    burst = b"".join(frame(request_message.with_value("MSH-10", name).raw) for name in names)
    with simulator(tmp_path / "run", "platform", *more) as platform:
        with socket.create_connection(("127.0.0.1", platform.port)) as peer:
            peer.settimeout(PATIENCE)
            peer.sendall(burst)
            peer.shutdown(socket.SHUT_WR)  # what was whole before is still answered
            assert answers(peer, len(names)) == names
            assert peer.recv(64) == b""
        assert platform.end() == 0
    assert [Message(raw).first("MSH-10") for raw in platform.received()] == names
    kinds = [record.kind for record in platform.journal if record.kind != "exchange"]
    assert kinds == ["run", *["message", "ack"] * len(names), "end"]
    page = (platform.folder / "report.html").read_text(encoding="utf-8")
    assert ("Without --sync" in page) == bool(more)
    assert platform.journal[0].facts["sync"] == ("no" if more else "yes")
