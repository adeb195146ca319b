"""What is known of the peer under torture: its connections, what came on them, what it was sent.

One for each case when the peer is a receiver; one for all of them when it is a sender, whose
connections and command live longer than a case.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from harness.sim.torture.blocks import control_id
from harness.sim.torture.events import Came, Ended, Event, Failed, Line, Opened, Ran
from harness.text import Text, say
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer
from harness.wire.mllp import Event as Framed

HEAD: Final = 320  # bytes of a line that are kept, from its beginning
TAIL: Final = 48  # and from its end
_MAX_LINES: Final = 200


@dataclass(slots=True)
class Connection:
    """One connection. `inbox`: what came and was not asked for yet. `ended`: by the peer."""

    name: str
    framer: Framer = field(default_factory=Framer)
    inbox: deque[Framed] = field(default_factory=deque)
    is_open: bool = False
    ended: bool = False
    reset: bool = False
    left: bool = False  # we closed it
    reason: Text | None = None


@dataclass(slots=True)
class Arrival:
    """A message of a sender, and where it came in."""

    connection: str
    block: Block

    @property
    def control_id(self) -> bytes:
        """MSH-10, empty when there is none."""
        return control_id(self.block.data)

    @property
    def is_message(self) -> bool:
        """It has a header and acknowledges nothing."""
        message = Message(self.block.data)
        return message.has_header and not message.named("MSA")


class Peer:
    """The state; `take` brings events into it. `sender`: blocks are messages to be answered."""

    def __init__(self, *, sender: bool = False) -> None:
        self.sender = sender
        self.connections: dict[str, Connection] = {}
        self.arrived: deque[Arrival] = deque()
        self.framing: dict[str, tuple[str, ...]] = {}  # what was tolerated, by name of a message
        self.current = ""  # connection of the message that came last
        self.running = False
        self.code: int | None = None  # of the command that ended last
        self.ran_at = 0.0  # when it ended
        self.answers = 0  # so many were made
        self.good_codes: tuple[str, ...] = ()
        self.last_ack = b""  # the answer that the message before got
        self.sane = False  # the exchange before was a good one
        self.lines: list[Line] = []
        self.begun = 0.0

    def connection(self, name: str) -> Connection:
        """The connection of a name; "a" is the current one of a sender."""
        name = self.current if self.sender and name == "a" else name
        return self.connections.setdefault(name, Connection(name))

    def take(self, event: Event, now: float) -> None:
        """Bring an event in. Never raises on what a peer sent."""
        if isinstance(event, Ran):
            self.running, self.code, self.ran_at = False, event.code, now
            self.tell(now, "-", "-", say("mllp.ran", code=event.code))
        if not isinstance(event, Opened | Failed | Came | Ended):
            return
        at = self.connections.setdefault(event.connection, Connection(event.connection))
        if isinstance(event, Opened):
            at.is_open = True
            self.tell(now, at.name, "-", say("mllp.opened"))
        elif isinstance(event, Failed):
            at.ended, at.reason = True, event.reason
            self.tell(now, at.name, "-", event.reason)
        elif isinstance(event, Came):
            self.note(now, at.name, "in", event.data)
            at.framer.receive(event.data)
            self._sort(at)
        elif not at.ended:
            at.ended, at.reset = True, event.reset
            if not at.left:
                told = say("mllp.was_reset" if event.reset else "mllp.ended")
                self.tell(now, at.name, "-", told)
            at.framer.close()
            self._sort(at)

    def _sort(self, at: Connection) -> None:
        for event in at.framer.events():
            if self.sender and isinstance(event, Block):
                self.arrived.append(Arrival(at.name, event))
            else:
                at.inbox.append(event)

    def unread(self) -> Iterator[tuple[Connection, Framed]]:
        """Everything that came and was not asked for."""
        for at in self.connections.values():
            yield from ((at, event) for event in at.inbox)

    def forget(self) -> None:
        """A new case: closed connections, junk and lines of the one before are gone."""
        gone = [name for name, at in self.connections.items() if at.ended or at.left]
        for name in gone:
            del self.connections[name]
        for at in self.connections.values():
            at.inbox.clear()
        self.lines = []

    # -- the transcript ---------------------------------------------------------------------

    def tell(self, now: float, connection: str, way: str, what: Text) -> None:
        """Note something that happened."""
        if len(self.lines) < _MAX_LINES:
            self.lines.append(Line(now - self.begun, connection, way, what=what))

    def note(self, now: float, connection: str, way: str, data: bytes) -> None:
        """Note bytes; those that follow others the same way are one line."""
        last = self.lines[-1] if self.lines else None
        follows = last and last.what is None and (last.connection, last.way) == (connection, way)
        if last is None or not follows:
            if len(self.lines) >= _MAX_LINES:
                return
            last = Line(now - self.begun, connection, way, count=0)
            self.lines.append(last)
        head = last.head + data[: HEAD - len(last.head)]
        beyond = data[len(head) - len(last.head) :]
        tail = (last.tail + beyond)[-TAIL:]
        size, count = last.size + len(data), last.count + 1
        self.lines[-1] = replace(last, head=head, tail=tail, size=size, count=count)
