"""What is let through before any page sees it: host names, origins, sizes; and headers of answers.

A request that changes something, or opens a stream, must come from a page of ours: browsers say
so in `Origin` or `Sec-Fetch-Site`.

Source: the project's robustness sheet, 3.11.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.show.board.store import attachments

LIMIT: Final = 64 * 1024  # bytes of a body: forms only
FILE_LIMIT: Final = attachments.LIMIT + LIMIT  # of one that brings a file
HEADERS_LIMIT: Final = 100  # fields of a request
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_API: Final = "/api/"
_FILES: Final = re.compile(r"/runs/[0-9]{1,10}/attachments")
_SAFE: Final = ("GET", "HEAD")
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # "no-referrer" would make the Origin of forms "null"
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class Guard:
    """Wraps the pages. `names` are host names that lead here besides those of this machine.

    `any_address`: every IP address does, when the board listens on all of them. A page of another
    site whose name is made to lead here (DNS rebinding) still comes with its own name. `public`:
    where browsers reach the board through another server, such as one that adds TLS.
    """

    def __init__(
        self, app: ASGIApp, names: Iterable[str], *, any_address: bool = False, public: str = ""
    ) -> None:
        self.app = app
        self.names = {"localhost", "127.0.0.1", "::1", *(name.lower() for name in names)}
        self.any_address = any_address
        self.public = public.lower().rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused:
            await _answer(send, *refused)
            return
        body = _Body(receive, send, _limit(scope))
        await self.app(scope, body.receive, body.send)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        if len(scope["headers"]) > HEADERS_LIMIT:
            return 431, "too many header fields"
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host", "")
        if not self._is_ours(host):
            return 400, "unknown host"
        if "content-length" in headers and "transfer-encoding" in headers:
            return 400, "two lengths of a body"  # a server before this one may read the other
        if not headers.get("content-length", "0").isdigit():
            return 400, "bad content-length"
        if int(headers.get("content-length", "0")) > _limit(scope):
            return 413, "body too large"
        changes = scope["method"] not in _SAFE
        if not scope["path"].startswith(_API) and not self._from_us(
            headers, scope["scheme"], changes=changes
        ):
            return 403, "request of another site"
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name.lower() in self.names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return self.any_address

    def _from_us(self, headers: dict[str, str], scheme: str, *, changes: bool) -> bool:
        """Whether one of our pages asks. What only reads and is silent about its origin may be."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        ours = (f"{scheme}://{headers['host']}".lower(), self.public)
        if origin is not None and origin.lower() not in ours:
            return False
        if changes:
            return origin is not None and site in (None, "same-origin")
        streams = "text/event-stream" in headers.get("accept", "")
        return not streams or site in (None, "same-origin")


def _limit(scope: Scope) -> int:
    """Bytes that a request may bring."""
    return FILE_LIMIT if _FILES.fullmatch(scope["path"]) else LIMIT


class _Body:
    """Counts what a request brings, and puts our headers on what it gets."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive = receive
        self._send = send
        self._limit = limit
        self._size = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if self._size > self._limit:
                return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": _with_ours(message["headers"])}
        await self._send(message)


def _with_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    kept = list(headers)
    names = {name.lower() for name, _ in kept}
    ours = [
        *_ALWAYS,
        (b"content-security-policy", POLICY.encode()),
        (b"cache-control", b"no-store"),
    ]
    return kept + [(name, value) for name, value in ours if name not in names]


async def _answer(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    start = {"type": "http.response.start", "status": status, "headers": _with_ours(headers)}
    await send(start)
    await send({"type": "http.response.body", "body": text.encode()})
