"""A peer that writes to the socket as it likes: nothing that it does stops the platform."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from program import Simulator

from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame


class Peer:
    """A bare connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._framer = Framer()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answers(self, count: int) -> list[Message]:
        """That many answers; fails when the other side closes before."""
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


@contextmanager
def connected(platform: Simulator) -> Iterator[Peer]:
    peer = Peer(platform.port)
    with peer.socket:
        yield peer


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
    platform.end()
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
    platform.end()
    assert platform.received() == [request_message.raw]


def test_two_messages_in_one_packet(platform: Simulator, request_message: Message) -> None:
    both = [request_message.with_value("MSH-10", number) for number in ("N-1", "N-2")]
    with connected(platform) as peer:
        peer.send(b"".join(frame(message.raw) for message in both))
        answers = peer.answers(2)
    assert [answer.first("MSA-2") for answer in answers] == ["N-1", "N-2"]
    platform.end()
    assert platform.received() == [message.raw for message in both]


def test_junk_around_a_message(platform: Simulator, request_message: Message) -> None:
    with connected(platform) as peer:
        peer.send(b"GET / HTTP/1.1\r\n\r\n" + frame(request_message.raw) + b"\n\n")
        (answer,) = peer.answers(1)
        assert answer.first("MSA-1") == "AA"
        peer.socket.shutdown(socket.SHUT_WR)
        assert peer.rest() == b""
    accepted(platform, request_message)
    platform.end()
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
    assert platform.end() == 1
    assert platform.received() == [*rubbish, request_message.raw]


def test_a_peer_that_resets_the_connection(platform: Simulator, request_message: Message) -> None:
    with connected(platform) as peer:
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, zero seconds: close sends RST
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        peer.send(frame(request_message.raw))
    accepted(platform, request_message.with_value("MSH-10", "N-2"))
    assert platform.end() == 0


def test_many_connections_at_once(platform: Simulator, request_message: Message) -> None:
    peers = [Peer(platform.port) for _ in range(30)]
    try:
        for number, peer in enumerate(peers):
            peer.send(frame(request_message.with_value("MSH-10", f"N-{number}").raw))
        for number, peer in reversed(list(enumerate(peers))):
            (answer,) = peer.answers(1)
            assert answer.first("MSA-2") == f"N-{number}"
    finally:
        for peer in peers:
            peer.socket.close()
    platform.end()
    assert len(platform.received()) == 30
