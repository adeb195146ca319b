"""How long a connection may take: to say a request, to take an answer.

The server below waits for ever for the rest of a request, and for somebody who does not read. Here
the whole head of a request has a deadline, its body one that grows by what has come, and an answer
has to be taken at a least rate: who sends or reads a byte now and then holds nothing up.

Source: the project's robustness sheet, 3.11 (W04, W05); deadlines for the whole request as Apache's
mod_reqtimeout and HAProxy's `timeout http-request` have them.
"""

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD: Final = 15.0  # seconds for the head of a request, from its first byte or the connection
BODY: Final = 20.0  # seconds for a body, and one more for each `RATE` bytes of it
TAKE: Final = 15.0  # seconds between looks at how much of an answer was taken
RATE: Final = 1000  # bytes a second
SLOW: Final = "telerad.slow"  # in the scope of a request whose answer was not taken
_LATE: Final = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain\r\ncontent-length: 8\r\n"
    b"connection: close\r\n\r\ntoo slow"
)


class Patient(H11Protocol):
    """The protocol of one connection, with deadlines."""

    head, body, take = HEAD, BODY, TAKE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base has it
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # paused: something waits to be taken
        self._part: Any = None  # of a request that we wait for: a state of h11
        self._since = 0.0
        self._came = 0
        self._left = 0
        self._coming: asyncio.TimerHandle | None = None
        self._going: asyncio.TimerHandle | None = None
        self._wait_for(h11.IDLE)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        part: Any = self.conn.their_state
        if part is h11.IDLE and not self.conn.trailing_data[0]:
            part = None  # between two requests
        if part is not self._part:
            self._wait_for(part if part in (h11.IDLE, h11.SEND_BODY) else None)
        self._came += len(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_for(None)
        self._let_go()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_later()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._let_go()

    # -- what comes in ----------------------------------------------------------------------

    def _wait_for(self, part: Any) -> None:
        """From now on for this part of a request, or for nothing."""
        if self._coming:
            self._coming.cancel()
        self._part, self._since, self._came, self._coming = part, self.loop.time(), 0, None
        if part is not None:
            self._look_at(self._since + (self.head if part is h11.IDLE else self.body))

    def _look_at(self, when: float) -> None:
        self._coming = self.loop.call_at(when, self._overdue)

    def _overdue(self) -> None:
        due = self._since + self.body + self._came / RATE
        if self._part is h11.SEND_BODY and self.loop.time() < due:
            self._look_at(due)
            return
        # Browsers open connections in advance: what is said there unasked answers the next request.
        if self._came and not self._answers() and not self.transport.is_closing():
            self.transport.write(_LATE)
        self.transport.close()

    def _answers(self) -> bool:
        """An answer has begun and is not over."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and cycle.response_started and not cycle.response_complete

    # -- what goes out ----------------------------------------------------------------------

    def _look_later(self) -> None:
        self._left = self.transport.get_write_buffer_size()
        self._going = self.loop.call_later(self.take, self._taken)

    def _taken(self) -> None:
        """Cut off who has taken too little since the last look."""
        if self._left - self.transport.get_write_buffer_size() >= RATE * self.take:
            self._look_later()
            return
        if self.scope:
            self.scope[SLOW] = True  # type: ignore[typeddict-unknown-key]  # ours
        self.transport.abort()

    def _let_go(self) -> None:
        if self._going:
            self._going.cancel()
        self._going = None
