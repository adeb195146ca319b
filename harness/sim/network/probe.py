"""The network as `telerad doctor` finds it: our port, the other side, its TLS.

Nothing is sent but what TCP and TLS need: no message reaches the system under test.
"""

import asyncio
import socket
from dataclasses import dataclass
from typing import Final

from harness.sim.network.line import Line
from harness.sim.network.net import Address, why
from harness.sim.network.tls import Tls, client_side
from harness.text import Text, plain, say

TIMEOUT: Final = 5.0
SETTLE: Final = 1.0  # seconds in which a TLS 1.3 server refuses a client that it does not want


@dataclass(frozen=True, slots=True)
class Found:
    """What a look gave: `good` or not, and in words."""

    good: bool
    words: Text


@dataclass(frozen=True, slots=True)
class Handshake:
    """A TLS connection that came about. `certificate` is the peer's, in DER."""

    version: str
    cipher: str
    certificate: bytes | None


def can_listen(at: Address) -> Found:
    """Whether a port can be listened on now."""
    family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
    try:
        with socket.socket(family) as found:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(at)
            found.listen(1)
    except (OSError, OverflowError) as wrong:
        return Found(False, why(wrong))
    return Found(True, say("doctor.free"))


def resolve(host: str, port: int) -> Found:
    """The addresses of a host."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as wrong:
        return Found(False, plain(wrong.strerror or str(wrong)))
    return Found(True, plain(", ".join(dict.fromkeys(str(entry[4][0]) for entry in found))))


def reach(to: Address) -> Found:
    """Whether a port takes a TCP connection."""
    try:
        with socket.create_connection(to, TIMEOUT) as found:
            local = found.getsockname()[0]
    except TimeoutError:
        return Found(False, say("doctor.silent", seconds=f"{TIMEOUT:g}"))
    except OSError as wrong:
        return Found(False, why(wrong))
    return Found(True, say("doctor.reached", local=local))


def handshake(to: Address, tls: Tls) -> Handshake | Text:
    """A TLS connection to a port, or why there is none."""
    return asyncio.run(_handshake(to, tls))


async def _handshake(to: Address, tls: Tls) -> Handshake | Text:
    side = client_side(tls, to[0])
    loop = asyncio.get_running_loop()
    try:
        opening = loop.create_connection(lambda: _Look(side), *to)
        _, line = await asyncio.wait_for(opening, TIMEOUT)
    except OSError as wrong:
        return why(wrong)
    await asyncio.wait([line.ready])
    if line.reason is None:
        await asyncio.wait([line.lost], timeout=SETTLE)
    if line.reason or line.channel is None:
        return line.reason or plain("-")
    facts = line.channel.facts
    found = Handshake(facts["version"], facts["cipher"], line.channel.certificate())
    line.close()
    await asyncio.sleep(0)
    return found


class _Look(Line):
    """A line that says nothing."""

    lost: "asyncio.Future[None]"

    def on_open(self) -> None:
        self.lost = asyncio.get_running_loop().create_future()

    def on_lost(self) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
