"""What happens to a machine that plays, and what it wants done. Time is always an input.

`network/net.py` turns sockets into events and actions into bytes; tests do the same in memory.
"""

from dataclasses import dataclass

from harness.rules.rule import Seen
from harness.text import Text

Key = tuple[str, str]  # of the ledger of a session


@dataclass(frozen=True, slots=True)
class Received:
    """A block came to `role` on a connection that the peer opened."""

    role: str
    connection: str
    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """A block came back to `role` on a connection that it opened."""

    role: str
    connection: str
    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Strayed:
    """Bytes that are no block. `what`: "junk", "oversize" or "unfinished"; `size` in bytes."""

    role: str
    connection: str
    what: str
    head: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The peer of `role` did not accept the connection. `reason` as the system gives it."""

    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """No TLS connection of `role` came about. `opened`: `role` had asked for it."""

    role: str
    connection: str
    opened: bool
    reason: Text


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection of `role` was closed. `opened`: `role` had opened it.

    `refused` is why TLS ended it, None when something else did: in TLS 1.3 a client learns only
    after the handshake that its certificate is refused.
    """

    role: str
    connection: str
    opened: bool
    refused: Text | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """Somebody opened a connection to `role`. `peer` is its address."""

    role: str
    peer: str


@dataclass(frozen=True, slots=True)
class Reopened:
    """The peer had closed the connection that it answered on: `role` sends again over a new one."""

    role: str


@dataclass(frozen=True, slots=True)
class Left:
    """A message that was to be delivered has left, and its answer may be waited for from now on.

    `name` is that of its Deliver.
    """

    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Tick:
    """The time has come that a machine named as its deadline, or passed it."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a `Weigh` gave: the outcomes, as `weighing.Reader` reads them."""

    role: str
    ticket: int
    outcomes: bytes


Event = (
    Received
    | Answered
    | Strayed
    | Unreachable
    | Refused
    | Closed
    | Connected
    | Reopened
    | Left
    | Tick
    | Weighed
)


@dataclass(frozen=True, slots=True)
class Deliver:
    """Send bytes, framed already, from `role` to its peer. `name` is the message's MSH-10."""

    role: str
    data: bytes
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """Send bytes, framed already, back on a connection that the peer opened."""

    role: str
    connection: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Task:
    """A message to be judged as `kind`, after `earlier` (kind and bytes of each).

    `changes` of the session's ledger: what a key stands for now, None when it is forgotten;
    `anew`: they are all of it.
    """

    kind: str
    raw: bytes
    earlier: tuple[tuple[str, bytes], ...] = ()
    changes: tuple[tuple[Key, Seen | None], ...] = ()
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Weigh:
    """Judge a message in another process; what it gives comes back as `Weighed`.

    What comes on `connection` meanwhile, if one is named, waits for it.
    """

    role: str
    connection: str
    ticket: int
    task: Task


@dataclass(frozen=True, slots=True)
class Hold:
    """What came on a connection is answered later; what comes on it meanwhile waits as well."""

    role: str
    connection: str


@dataclass(frozen=True, slots=True)
class Release:
    """What a `Hold` was for has been handled; its answer, if there is one, was among the actions
    before this.
    """

    role: str
    connection: str


Action = Deliver | Reply | Weigh | Hold | Release
