"""A RIS with several connections that send without rest, and know what was acknowledged to them."""

import re
import socket
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from harness.wire import transcript
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame

PATIENCE = 30.0


@dataclass
class Sender:
    """One connection: `asked` are the messages sent, `answered` what came back, by MSH-10."""

    port: int
    messages: Sequence[bytes]
    asked: dict[str, bytes] = field(default_factory=dict)
    answered: dict[str, bytes] = field(default_factory=dict)

    def run(self) -> None:
        """Send one after the other until all are answered or the other side is gone."""
        try:
            with socket.create_connection(("127.0.0.1", self.port)) as peer:
                peer.settimeout(PATIENCE)
                self._talk(peer)
        except OSError:
            return  # killed

    def _talk(self, peer: socket.socket) -> None:
        framer = Framer()
        for raw in self.messages:
            self.asked[name_of(raw)] = raw
            peer.sendall(frame(raw))
            answer = None
            while answer is None:
                data = peer.recv(65536)
                if not data:
                    return
                framer.receive(data)
                answer = next((e for e in framer.events() if isinstance(e, Block)), None)
            self.answered[Message(answer.data).first("MSA-2")] = answer.data


@dataclass
class Load:
    """Several of them at once."""

    senders: list[Sender]
    threads: list[Thread] = field(default_factory=list)

    def start(self) -> None:
        self.threads = [Thread(target=sender.run) for sender in self.senders]
        for thread in self.threads:
            thread.start()

    def wait(self) -> None:
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    @property
    def asked(self) -> dict[str, bytes]:
        return {name: raw for sender in self.senders for name, raw in sender.asked.items()}

    @property
    def answered(self) -> dict[str, bytes]:
        return {name: raw for sender in self.senders for name, raw in sender.answered.items()}


def make(port: int, template: bytes, senders: int, each: int, mark: str = "K") -> Load:
    """`template` is a flow A; each message has its own MSH-10 and order number."""
    found = []
    for sender in range(senders):
        names = [f"{mark}{sender}-{number}" for number in range(each)]
        found.append(Sender(port, [numbered(template, name) for name in names]))
    return Load(found)


def numbered(template: bytes, name: str) -> bytes:
    """The request under another MSH-10 and for another order."""
    message = Message(template)
    own = message.first("ORC-2.1").encode()
    return message.with_value("MSH-10", name).raw.replace(own, name.encode())


def name_of(raw: bytes) -> str:
    """MSH-10, read without our own reader."""
    return re.split(rb"[|\r]", raw)[9].decode()


def wrong(folder: Path, load: Load) -> list[str]:
    """What the journal says otherwise than those who sent: empty when nothing was lost."""
    records = list(transcript.read(folder / transcript.NAME))
    new = [record for record in records if not record.facts.get("again")]
    came = Counter(record.data for record in new if (record.kind, record.direction) == IN)
    given = Counter(record.data for record in new if record.kind == "ack")
    asked, answered = load.asked, load.answered
    found = [f"{name}: not in the journal" for name in answered if not came[asked[name]]]
    found += [f"{name}: answer not there" for name, raw in answered.items() if not given[raw]]
    found += [f"{name_of(raw)}: {count} times" for raw, count in came.items() if count > 1]
    found += [f"{name_of(raw)}: never sent" for raw in came if name_of(raw) not in asked]
    return found


IN = ("message", "in")
