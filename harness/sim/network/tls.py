"""TLS without a socket: contexts from files, a channel of bytes, and words for what goes wrong.

Floor: TLS 1.2 with forward secrecy and authenticated encryption, 1.3 preferred. Neither guide makes
TLS normative, so that a handshake that fails leaves a step not measured and never fails a system.

Source: BCP 195 (RFC 9325); IHE ATNA, ITI-19; the project's robustness sheet, 3.10.
"""

import os
import ssl
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import HarnessError
from harness.text import Text, say

VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
CLIENTS: Final = {
    "required": ssl.CERT_REQUIRED,
    "optional": ssl.CERT_OPTIONAL,
    "none": ssl.CERT_NONE,
}
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_CHUNK: Final = 65536

# OpenSSL's verification codes (X509_V_ERR_…): why we refuse the peer's certificate.
_VERIFIED: Final = {
    2: "unknown_ca",
    9: "not_yet",
    10: "expired",
    18: "self_signed",
    19: "unknown_ca",
    20: "unknown_ca",
    21: "unknown_ca",
    26: "purpose",
    62: "name",
    64: "name",
    66: "weak",
    67: "weak",
    68: "weak",
}
# Alerts that the peer sends: why it refuses us.
_ALERTS: Final = {
    "TLSV1_ALERT_UNKNOWN_CA": "unknown_ca",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "expired",
    "SSLV3_ALERT_BAD_CERTIFICATE": "bad",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "bad",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "bad",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "revoked",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "missing",
    "TLSV1_ALERT_PROTOCOL_VERSION": "old",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "handshake",
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": "handshake",
    "TLSV1_UNRECOGNIZED_NAME": "name",
}
# What we find ourselves in what the peer sent.
_FOUND: Final = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no_client",
    "UNSUPPORTED_PROTOCOL": "old",
    "NO_PROTOCOLS_AVAILABLE": "old",
    "WRONG_SSL_VERSION": "old",
    "VERSION_TOO_LOW": "old",
    "NO_SHARED_CIPHER": "cipher",
    "WRONG_VERSION_NUMBER": "not_tls",
    "PACKET_LENGTH_TOO_LONG": "not_tls",
    "RECORD_LAYER_FAILURE": "not_tls",
    "HTTP_REQUEST": "http",
    "UNEXPECTED_EOF_WHILE_READING": "closed",
}


@dataclass(frozen=True, slots=True)
class Tls:
    """What the user asks of TLS, for both directions.

    `ca`: the authorities that we trust, those of the system when None. `cert` and `key`: ours,
    `key` None when both are in one file. `name`: the one that the certificate of the peer must be
    made out to, the host that we connect to when empty. `client`: is a client certificate
    "required", "optional" or "none" when we listen.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    name: str = ""
    minimum: str = "1.2"
    client: str = "required"


def client_context(tls: Tls) -> ssl.SSLContext:
    """The context of connections that we open. Raises HarnessError for a file that does not do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _set(context, tls)
    if tls.ca is None:
        context.load_default_certs()
    return context


def server_context(tls: Tls) -> ssl.SSLContext:
    """The context of connections that we accept. Raises HarnessError for files that do not do."""
    if tls.cert is None:
        raise HarnessError(say("tls.need_cert"), hint="telerad certificates DIR")
    if tls.client == "required" and tls.ca is None:
        raise HarnessError(say("tls.need_ca"), hint="--tls-ca FILE, --tls-client none")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _set(context, tls)
    context.verify_mode = CLIENTS[tls.client]
    return context


def _set(context: ssl.SSLContext, tls: Tls) -> None:
    context.minimum_version = VERSIONS[tls.minimum]
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    if tls.ca:
        _load(tls.ca, lambda: context.load_verify_locations(tls.ca))
    if tls.cert:
        _load_own(context, tls.cert, tls.key)


def _load(file: Path, load: Callable[[], None]) -> None:
    try:
        load()
    except ssl.SSLError:
        raise HarnessError(say("tls.no_pem"), file=file) from None
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("tls.unreadable", reason=reason), file=file) from None


def _load_own(context: ssl.SSLContext, cert: Path, key: Path | None) -> None:
    asked: list[bool] = []

    def no_phrase() -> str:
        asked.append(True)
        return ""

    _refuse_open_key(key or cert)
    _load(cert, lambda: cert.open("rb").close())
    try:
        context.load_cert_chain(cert, key, no_phrase)
    except ssl.SSLError as wrong:
        if asked:
            raise HarnessError(say("tls.pass_phrase"), file=key or cert) from None
        if wrong.reason == "KEY_VALUES_MISMATCH":
            raise HarnessError(say("tls.mismatch", file=str(cert)), file=key or cert) from None
        raise HarnessError(say("tls.no_pair"), file=key or cert) from None


def _refuse_open_key(file: Path) -> None:
    """A private key that everybody on the machine may read is none."""
    try:
        mode = file.stat().st_mode
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("tls.unreadable", reason=reason), file=file) from None
    if os.name == "posix" and mode & stat.S_IROTH:
        raise HarnessError(say("tls.open_key"), file=file, hint=f"chmod 600 {file}")


@dataclass(frozen=True)
class Side:
    """One end: the context, whether it listens, the name that it wants, and our own certificate."""

    context: ssl.SSLContext
    server: bool
    name: str = ""
    own: str = "-"


def client_side(tls: Tls, host: str) -> Side:
    """The end that connects to `host`."""
    return Side(client_context(tls), False, tls.name or host, str(tls.cert or "-"))


def server_side(tls: Tls) -> Side:
    """The end that listens."""
    return Side(server_context(tls), True, "", str(tls.cert or "-"))


class Channel:
    """TLS of one connection: bytes of the network in, plain bytes out, and the other way round.

    `peer` names the other end in what is told. What the peer does wrong ends in `failure`, never in
    an exception; `outgoing` then holds the alert that it should still be sent.
    """

    def __init__(self, side: Side, peer: str) -> None:
        self.side = side
        self.peer = peer
        self.established = False
        self.ended = False  # the peer said that it sends no more
        self.failure: Text | None = None
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = None if side.server else side.name
        self._tls = side.context.wrap_bio(self._in, self._out, side.server, name)
        self._silent = True

    def receive(self, data: bytes) -> bytes:
        """Take bytes in, none for a start; give what they carry in plain."""
        if self.failure or self.ended:
            return b""
        if data and self._silent:
            self._silent = False
            if data[:1] == b"\x0b" or data[:3] == b"MSH":
                self.failure = say("tls.plain_mllp", peer=self.peer)
                return b""
        self._in.write(data)
        return self._advance()

    def receive_end(self) -> bytes:
        """The connection ended, with or without a farewell."""
        self._in.write_eof()
        if self.failure or self.ended:
            return b""
        left = self._advance()
        self.ended = True
        return left

    def send(self, data: bytes) -> None:
        """Put plain bytes in, to be fetched from `outgoing`."""
        view = memoryview(data)
        try:
            while view:
                view = view[self._tls.write(view) :]
        except ssl.SSLError as wrong:
            self.failure = self.failure or self._words(wrong)

    def close(self) -> None:
        """Say farewell (close_notify)."""
        try:
            self._tls.unwrap()
        except (ssl.SSLError, OSError, ValueError):
            return  # the farewell is written all the same; the peer's need not be waited for

    def outgoing(self) -> bytes:
        """What is to be sent over the network now."""
        return self._out.read()

    @property
    def facts(self) -> dict[str, str]:
        """Version and cipher, once established."""
        cipher = self._tls.cipher()
        return {"version": self._tls.version() or "-", "cipher": cipher[0] if cipher else "-"}

    def certificate(self) -> bytes | None:
        """The certificate of the peer (DER), once established."""
        return self._tls.getpeercert(binary_form=True)

    def _advance(self) -> bytes:
        found = bytearray()
        try:
            if not self.established:
                self._tls.do_handshake()
                self.established = True
            while data := self._tls.read(_CHUNK):
                found += data
            self.ended = True
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError as wrong:
            self._failed(wrong)
        return bytes(found)

    def _failed(self, wrong: ssl.SSLError) -> None:
        """An end without farewell is one all the same, once the handshake is over."""
        abrupt = wrong.reason == "UNEXPECTED_EOF_WHILE_READING" or isinstance(
            wrong, ssl.SSLEOFError
        )
        if abrupt and self.established:
            self.ended = True
        else:
            self.failure = self._words(wrong)

    def _words(self, wrong: ssl.SSLError) -> Text:
        return explain(wrong, self.side, self.peer)


def explain(wrong: ssl.SSLError, side: Side, peer: str) -> Text:
    """Which side refuses which certificate, or what else, and why."""
    reason = wrong.reason or ""
    if isinstance(wrong, ssl.SSLCertVerificationError):
        key = _VERIFIED.get(wrong.verify_code)
        whose = say("tls.client_certificate" if side.server else "tls.server_certificate")
        if key:
            return say(f"tls.theirs.{key}", peer=peer, name=side.name, whose=whose)
        return say("tls.theirs.other", peer=peer, whose=whose, reason=wrong.verify_message)
    if reason in _ALERTS:
        return say(f"tls.ours.{_ALERTS[reason]}", peer=peer, file=side.own)
    if reason in _FOUND or isinstance(wrong, ssl.SSLEOFError):
        return say(f"tls.found.{_FOUND.get(reason, 'closed')}", peer=peer)
    told = reason.lower().replace("_", " ") or str(wrong)
    return say("tls.other", peer=peer, reason=told)
