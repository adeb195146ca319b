"""What happens to a machine that plays, and what it wants done. Time is always an input.

`network/net.py` turns sockets into events and actions into bytes; tests do the same in memory.
"""

from dataclasses import dataclass

from harness.text import Text


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


Action = Deliver | Reply
