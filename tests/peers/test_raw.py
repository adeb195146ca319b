"""A peer that writes to the socket as it likes: nothing that it does stops the platform."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from program import PATIENCE, Simulator, simulator

from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate.messages import acknowledgement
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame

pytestmark = pytest.mark.net


class Peer:
    """A bare connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._framer = Framer()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answers(self, count: int) -> list[Message]:
        """That many messages; fails when the other side closes before."""
        found: list[Message] = []
        while len(found) < count:
            data = self.socket.recv(65536)
            assert data, f"closed after {len(found)} answers of {count}"
            self._framer.receive(data)
            found += [Message(e.data) for e in self._framer.events() if isinstance(e, Block)]
        return found

    def rest(self) -> bytes:
        """What comes until the other side closes."""
        found = b""
        while data := self.socket.recv(65536):
            found += data
        return found


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One platform for all of these tests: whatever a peer does, the next one is served."""
    with simulator(tmp_path_factory.mktemp("raw") / "platform", "platform") as found:
        yield found


@pytest.fixture
def platform(survivor: Simulator) -> Simulator:
    """The survivor, its journal beginning with this test."""
    survivor.seen = 0
    survivor.seen = len(survivor.journal)
    return survivor


@contextmanager
def connected(platform: Simulator) -> Iterator[Peer]:
    with socket.create_connection(("127.0.0.1", platform.port)) as connection:
        yield Peer(connection)


def accepted(platform: Simulator, message: Message) -> None:
    """A well-behaved peer is served."""
    with connected(platform) as peer:
        peer.send(frame(message.raw))
        (answer,) = peer.answers(1)
        assert answer.first("MSA-1") == "AA"
        assert answer.first("MSA-2") == message.first("MSH-10")


def test_half_a_block_is_kept_and_not_answered(
    platform: Simulator, request_message: Message
) -> None:
    half = frame(request_message.raw)[:200]
    with connected(platform) as peer:
        peer.send(half)
        peer.socket.shutdown(socket.SHUT_WR)
        assert peer.rest() == b""
    accepted(platform, request_message)
    (kept,) = platform.received("unfinished")
    assert half[1:].startswith(kept)
    assert len(kept) >= 64
    assert platform.received() == [request_message.raw]


def test_what_was_whole_before_a_half_close_is_answered(
    platform: Simulator, request_message: Message
) -> None:
    for block in (frame(request_message.raw), frame(request_message.raw)[:-1]):
        with connected(platform) as peer:
            peer.send(block)
            peer.socket.shutdown(socket.SHUT_WR)
            (answer,) = peer.answers(1)
            assert answer.first("MSA-1") == "AA"
            assert peer.rest() == b""


def test_bytes_one_by_one(platform: Simulator, request_message: Message) -> None:
    with connected(platform) as peer:
        for byte in frame(request_message.raw):
            peer.send(bytes([byte]))
        (answer,) = peer.answers(1)
    assert answer.first("MSA-1") == "AA"
    assert platform.received() == [request_message.raw]


def test_two_messages_in_one_packet(platform: Simulator, request_message: Message) -> None:
    both = [request_message.with_value("MSH-10", number) for number in ("N-1", "N-2")]
    with connected(platform) as peer:
        peer.send(b"".join(frame(message.raw) for message in both))
        answers = peer.answers(2)
    assert [answer.first("MSA-2") for answer in answers] == ["N-1", "N-2"]
    assert platform.received() == [message.raw for message in both]


def test_junk_around_a_message(platform: Simulator, request_message: Message) -> None:
    with connected(platform) as peer:
        peer.send(b"GET / HTTP/1.1\r\n\r\n" + frame(request_message.raw) + b"\n\n")
        (answer,) = peer.answers(1)
        assert answer.first("MSA-1") == "AA"
        peer.socket.shutdown(socket.SHUT_WR)
        assert peer.rest() == b""
    accepted(platform, request_message)
    assert platform.received("junk") == [b"GET / HTTP/1.1\r\n\r\n", b"\n\n"]
    assert platform.received() == [request_message.raw] * 2


def test_a_block_that_is_no_message_is_rejected_and_kept(
    platform: Simulator, request_message: Message
) -> None:
    rubbish = [b"", b"\x00\xff\xfe", b"MSH", b"{}"]
    with connected(platform) as peer:
        for block in rubbish:
            peer.send(frame(block))
        answers = peer.answers(len(rubbish))
        assert {answer.first("MSA-1") for answer in answers} == {"AR"}
        peer.send(frame(request_message.raw))
        (answer,) = peer.answers(1)
        assert answer.first("MSA-1") == "AA"
    assert platform.received() == [*rubbish, request_message.raw]


def test_a_peer_that_resets_the_connection(platform: Simulator, request_message: Message) -> None:
    with connected(platform) as peer:
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, zero seconds: close sends RST
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        peer.send(frame(request_message.raw))
    accepted(platform, request_message)


def test_what_is_acknowledged_is_on_disk_already(
    platform: Simulator, request_message: Message
) -> None:
    with connected(platform) as peer:
        peer.send(frame(request_message.raw))
        (answer,) = peer.answers(1)
        message, ack = platform.journal
    assert message.data == request_message.raw
    assert ack.data == answer.raw


def test_it_answers_then_speaks_to_its_own_peer(
    tmp_path: Path, profile: Profile, theirs: Case, clock: datetime
) -> None:
    """A is acknowledged and C comes; D is acknowledged and E comes, over one connection."""
    ris = Actor("ris", profile, theirs)
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(PATIENCE)
        there = f"127.0.0.1:{listener.getsockname()[1]}"
        platform = stack.enter_context(simulator(tmp_path / "run", "platform", "--peer", there))
        peer = stack.enter_context(connected(platform))
        peer.send(frame(ris.compose("A", theirs, clock).raw))
        assert peer.answers(1)[0].first("MSA-1") == "AA"
        back = Peer(stack.enter_context(listener.accept()[0]))
        (protocol,) = back.answers(1)
        assert protocol.first("ORC-2.1") == theirs.order.placer_number.value
        back.send(frame(acknowledgement(protocol, clock, "R-1", "AA")))
        peer.send(frame(ris.compose("D", theirs, clock).raw))
        assert peer.answers(1)[0].first("MSA-1") == "AA"
        (report,) = back.answers(1)
        assert report.first("MSH-9.1") == "ORU"
        back.send(frame(acknowledgement(report, clock, "R-2", "AA")))
        back.socket.shutdown(socket.SHUT_WR)
        assert back.rest() == b""  # it has read our answers, and closes as we did
        assert platform.end() == 0


def test_many_connections_at_once(platform: Simulator, request_message: Message) -> None:
    with ExitStack() as open_ones:
        peers = [open_ones.enter_context(connected(platform)) for _ in range(30)]
        for number, peer in enumerate(peers):
            peer.send(frame(request_message.with_value("MSH-10", f"N-{number}").raw))
        for number, peer in reversed(list(enumerate(peers))):
            (answer,) = peer.answers(1)
            assert answer.first("MSA-2") == f"N-{number}"
    assert len(platform.received()) == 30
