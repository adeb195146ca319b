"""A TCP connection, plain or under TLS, the same to whoever uses it."""

import asyncio
import socket
import struct
from typing import Final

from harness.sim.network.tls import Channel, Side
from harness.text import Text, say

HANDSHAKE_TIMEOUT: Final = 10.0
LINGER: Final = 2.0  # seconds that a peer has to read why it was refused
_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: closing sends RST


class Line(asyncio.Protocol):
    """One connection. Whoever uses it defines the `on_…` methods.

    `on_open` is called when bytes can be sent: after the handshake under TLS. `on_refused` is
    called instead when there is no agreement; `on_lost` at the end of a line that was open.
    """

    def __init__(self, side: Side | None) -> None:
        self.side = side
        self.peer = "-"
        self.host = "-"  # of the peer, without its port
        self.reason: Text | None = None  # why TLS ended it
        self.is_open = False
        self.was_reset = False  # by the peer, by force
        self.transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._channel: Channel | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._answered = False
        self._ended = False

    # -- for whoever uses it ----------------------------------------------------------------

    def on_open(self) -> None:
        """Bytes can be sent."""

    def on_data(self, data: bytes) -> None:
        """Plain bytes came."""

    def on_end(self) -> bool:
        """The peer sends no more. True keeps the line open for what is still to be sent to it."""
        return False

    def on_flow(self, *, flows: bool) -> None:
        """The peer takes bytes too slowly, or again fast enough."""

    def on_refused(self, reason: Text) -> None:
        """No TLS came about."""

    def on_lost(self) -> None:
        """The line, open before, is closed."""

    @property
    def closing(self) -> bool:
        """Nothing more can be sent."""
        return self.transport is None or self.transport.is_closing() or self.reason is not None

    @property
    def channel(self) -> Channel | None:
        """The TLS of this line, None when it is plain."""
        return self._channel

    def send(self, data: bytes) -> None:
        """Send plain bytes."""
        if self.transport is None or self.closing:
            return
        if self._channel is None:
            self.transport.write(data)
            return
        self._channel.send(data)
        self._flush()

    def end(self) -> None:
        """Say that nothing more will be sent; what the peer still sends is received."""
        if self.transport is None or self.closing:
            return
        if self._channel:
            self._channel.close()
            self._flush()
        elif self.transport.can_write_eof():
            self.transport.write_eof()

    def close(self) -> None:
        """Close in order, after what was sent."""
        if self._channel and self.is_open and not self.closing:
            self._channel.close()
            self._flush()
        if self.transport:
            self.transport.close()

    def reset(self) -> None:
        """Close by force (RST): what was not delivered yet is lost."""
        if self.transport:
            found = self.transport.get_extra_info("socket")
            if found is not None:
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.transport.abort()

    # -- called by the loop -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  TCP gives nothing else
        self.transport = transport
        found = transport.get_extra_info("peername") or ("-", 0)
        self.host = found[0]
        theirs = self.side is not None and self.side.server  # their port changes every time
        self.peer = found[0] if theirs else f"{found[0]}:{found[1]}"
        if self.side is None:
            self._opened()
            return
        self._channel = Channel(self.side, self.peer)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(HANDSHAKE_TIMEOUT, self._stalled)
        self._take(self._channel, self._channel.receive(b""))

    def data_received(self, data: bytes) -> None:
        if self._channel is None:
            self.on_data(data)
        elif self.reason is None:
            self._answered = self._answered or self._channel.established
            self._take(self._channel, self._channel.receive(data))

    def eof_received(self) -> bool:
        """Half closed: what was complete is still dealt with."""
        if self._channel and self.reason is None:
            return self._take(self._channel, self._channel.receive_end())
        return self._channel is None and self.on_end()

    def pause_writing(self) -> None:
        self.on_flow(flows=False)

    def resume_writing(self) -> None:
        self.on_flow(flows=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self.was_reset = isinstance(exc, ConnectionResetError)
        channel = self._channel
        if channel and not self.is_open:
            self._refuse(say("tls.found.closed", peer=self.peer))
        if channel and self.is_open and exc and not self._answered:
            # the alert of a TLS 1.3 server is lost when it resets the connection
            self.reason = self.reason or say("tls.reset", peer=self.peer, file=channel.side.own)
        if self.is_open:
            self.is_open = False
            self.on_lost()

    # -- TLS --------------------------------------------------------------------------------

    def _take(self, channel: Channel, plain: bytes) -> bool:
        """Pass on what came. True when the line stays open."""
        self._flush()
        if channel.established and not self.is_open:
            self._stop_timer()
            self._opened()
        if plain:
            self.on_data(plain)
        if channel.failure:
            self._fail(channel.failure)
        elif channel.ended and self.is_open and not self._ended:
            self._ended = True
            if not self.on_end():
                self.close()
        return self.is_open and not self.closing

    def _opened(self) -> None:
        self.is_open = True
        if not self.ready.done():
            self.ready.set_result(None)
        self.on_open()

    def _flush(self) -> None:
        data = self._channel.outgoing() if self._channel else b""
        if data and self.transport and not self.transport.is_closing():
            self.transport.write(data)

    def _fail(self, reason: Text) -> None:
        """Refuse, with the alert on its way; closing at once would take it from the peer."""
        if self.is_open:
            self.reason = reason
        else:
            self._refuse(reason)
        if self.transport is None or self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._timer = asyncio.get_running_loop().call_later(LINGER, self.transport.close)

    def _refuse(self, reason: Text) -> None:
        if self.reason is not None:
            return
        self.reason = reason
        self._stop_timer()
        if not self.ready.done():
            self.ready.cancel()
        self.on_refused(reason)

    def _stalled(self) -> None:
        self._fail(say("tls.stalled", peer=self.peer, seconds=f"{HANDSHAKE_TIMEOUT:g}"))

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
