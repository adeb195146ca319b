"""What happens to a torture case, what it wants done, and what is kept of it. Time is an input.

`net.py` beside it turns sockets into events and actions into bytes; tests do the same in memory.
"""

from dataclasses import dataclass

from harness.rules.rule import Level, Verdict
from harness.sim.torture.case import Attack
from harness.text import Text

# -- events ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection can be used; one that the sender opened has a name given by the network."""

    connection: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A connection that we asked for did not come about."""

    connection: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Came:
    """Bytes came, however they were cut."""

    connection: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The peer sends no more on a connection. `reset`: it is gone both ways."""

    connection: str
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """The command that makes the sender send has ended."""

    code: int


@dataclass(frozen=True, slots=True)
class Tick:
    """The time has come that was named as deadline, or passed it."""


Event = Opened | Failed | Came | Ended | Ran | Tick

# -- actions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """Connect to the receiver, under this name."""

    connection: str


@dataclass(frozen=True, slots=True)
class Put:
    """Write bytes, as one packet if the network agrees."""

    connection: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Finish:
    """Half close: we send no more."""

    connection: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close in order, or `reset` by force."""

    connection: str
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop reading, or read again."""

    connection: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """Make the sender send: its command, or a person. `seconds`: how long we wait for it."""

    case: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    """End the command, that has not ended by itself."""


Action = Open | Put | Finish | Close | Hold | Run | Stop

# -- what is kept ---------------------------------------------------------------------------

PHASES = ("before", "behaviour", "aftermath")


@dataclass(frozen=True, slots=True)
class Line:
    """Something that crossed the wire, or did not. `way`: "out", "in" or "-".

    `at`: seconds since the case began. `head` and `tail`: the first and the last bytes of `size`,
    in `count` packets, `tail` empty when they are all in `head`; or `what` happened.
    """

    at: float
    connection: str
    way: str
    head: bytes = b""
    size: int = 0
    count: int = 1
    what: Text | None = None
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class Found:
    """One expectation and what became of it. `phase`: one of `PHASES`."""

    phase: str
    level: Level
    verdict: Verdict
    expected: Text
    actual: Text


@dataclass(frozen=True, slots=True)
class Result:
    """One case with its two verdicts: what the peer did, and whether it was sane afterwards."""

    attack: Attack
    behaviour: Verdict
    aftermath: Verdict
    found: tuple[Found, ...]
    lines: tuple[Line, ...]
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """The worse of the two; a sane aftermath does not stand for a behaviour not tested."""
        if self.behaviour is Verdict.NOT_TESTED and self.aftermath is Verdict.PASS:
            return Verdict.NOT_TESTED
        return max(self.behaviour, self.aftermath)
