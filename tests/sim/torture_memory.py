"""Peers in memory for the torture suite, and a clock that jumps."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from harness.sim.generate.messages import acknowledgement
from harness.sim.torture.attempt import Attempt
from harness.sim.torture.blocks import numbered
from harness.sim.torture.case import Attack
from harness.sim.torture.events import (
    Action,
    Came,
    Close,
    Ended,
    Event,
    Finish,
    Open,
    Opened,
    Put,
    Ran,
    Result,
    Run,
    Tick,
)
from harness.sim.torture.peer import Peer
from harness.sim.torture.terms import Terms
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame

CLOCK = datetime(2026, 1, 5, 10, tzinfo=UTC)
GOOD = (
    b"MSH|^~\\&|RIS|SITE|TLR|PF|20260105100000||ORM^O01^ORM_O01|1|T|2.5.1|||||FRA|UNICODE UTF-8\r"
    b"PID|1||123^^^SITE^PI||DURAND^ZO\xc3\x8b||19800101|F\rPV1||N\rORC|NW|1\rOBR|1|1||CT\rOBX|1|TX|||x\r"
)
MOST = 10_000

Answer = Callable[[bytes], bytes]


def acked(raw: bytes, code: str = "AA") -> bytes:
    """A framed acknowledgement; none for an acknowledgement."""
    message = Message(raw)
    if message.first("MSH-9.1") == "ACK":
        return b""
    return frame(acknowledgement(message, CLOCK, "X", code))


def terms(*, command: bool = False) -> Terms:
    return Terms(
        numbered(GOOD),
        "T",
        lambda: CLOCK,
        patience=1.0,
        ack_timeout=5.0,
        sut_timeout=2.0,
        next_message=30.0,
        command=command,
    )


class Receiver:
    """Answers each block by `answer`; `hears` makes events of bytes, a framer by default."""

    def __init__(self, answer: Answer = acked) -> None:
        self.answer = answer
        self.framers: dict[str, Framer] = {}

    def act(self, action: Action) -> list[Event]:
        if isinstance(action, Open):
            self.framers[action.connection] = Framer()
            return [Opened(action.connection)]
        if isinstance(action, Put):
            return self._hear(action.connection, action.data)
        if isinstance(action, Finish):
            self.framers[action.connection].close()
            return [*self._hear(action.connection, b""), Ended(action.connection)]
        return [Ended(action.connection)] if isinstance(action, Close) else []

    def _hear(self, name: str, data: bytes) -> list[Event]:
        framer = self.framers[name]
        framer.receive(data)
        said = [self.answer(event.data) for event in framer.events() if isinstance(event, Block)]
        return [Came(name, answer) for answer in said if answer]


class Sender:
    """Sends one message each time it is told to; `believes` judges what it hears then."""

    def __init__(
        self, believes: Callable[[bytes, bytes], bool | None], *, echo: bool = False
    ) -> None:
        self.believes = believes
        self.count = 0
        self.waiting = b""
        self.heard = b""
        self.open = False

    def act(self, action: Action) -> list[Event]:
        if isinstance(action, Run):
            self.count += 1
            self.waiting = numbered(GOOD)(f"N{self.count}")
            self.heard = b""
            opened: list[Event] = [] if self.open else [Opened("in1")]
            self.open = True
            return [*opened, Came("in1", frame(self.waiting))]
        if isinstance(action, Put):
            self.heard += action.data
            return self._judge()
        if isinstance(action, Close):
            self.open = False
            return [Ended(action.connection), *self._end()]
        return []

    def _judge(self) -> list[Event]:
        found = self.believes(self.waiting, self.heard) if self.waiting else None
        if found is None:
            return []
        self.waiting = b""
        return [Ran(0 if found else 1)]

    def _end(self) -> list[Event]:
        """It gives up."""
        gone, self.waiting = self.waiting, b""
        return [Ran(1)] if gone else []

    def tick(self, waited: float) -> list[Event]:
        """Its own time-out."""
        return self._end() if waited >= 2.0 else []


def play(attack: Attack, peer: Receiver | Sender, known: Peer | None = None) -> Result:
    """The case against a peer, to its end."""
    sender = isinstance(peer, Sender)
    attempt = Attempt(attack, terms(command=sender), known or Peer(sender=sender))
    now, asked = 0.0, 0.0
    events: deque[Event] = deque()
    actions = deque(attempt.start(now))
    for _ in range(MOST):
        while actions or events:
            while actions:
                action = actions.popleft()
                asked = now if isinstance(action, Run) else asked
                events += peer.act(action)
            if events:
                actions += attempt.handle(events.popleft(), now)
        if attempt.done:
            return attempt.result
        assert attempt.deadline is not None
        now = max(now, min(attempt.deadline, now + 0.5))
        if isinstance(peer, Sender):
            events += peer.tick(now - asked)
        actions += attempt.handle(Tick(), now)
    raise AssertionError("the case does not end")
