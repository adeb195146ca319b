"""The messages of a file of lines: NDJSON of anybody, or the journal of one of our runs.

A line is a string, the message itself, or an object with `raw` (text, written as UTF-8) or
`raw_base64` (the very bytes), and if wanted `name` and `flow`; other keys are not looked at.
"""

import binascii
import json
from collections import deque
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, Final

import pybase64

from harness.errors import HarnessError
from harness.show.corpus.pieces import LIMIT, Piece, shown, too_large, unreadable
from harness.text import Text, plain, say
from harness.wire import transcript
from harness.wire.transcript import Record

_LINE: Final = 2 * LIMIT  # bytes: base64 takes a third more, escapes rather more
_CHUNK: Final = 1 << 20
_NEAR: Final = 256  # records between a message that is sent and the same one received


def of_ndjson(name: str, stream: BinaryIO) -> Iterator[Piece]:
    """The messages of NDJSON, each named by its line, and its own name if it has one."""
    number = 0
    while line := stream.readline(_LINE):
        number += 1
        place = f"{name}:{number}"
        if len(line) == _LINE and not line.endswith(b"\n"):
            _skip(stream)
            yield too_large(place)
        elif line.strip():
            yield _of_line(place, line)


def _skip(stream: BinaryIO) -> None:
    """Read on to the end of the line."""
    while (part := stream.readline(_CHUNK)) and not part.endswith(b"\n"):
        pass


def _of_line(place: str, line: bytes) -> Piece:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as wrong:
        return unreadable(place, say("corpus.not_json", reason=_reason(wrong)))
    if isinstance(found, str):
        found = {"raw": found}
    if not isinstance(found, dict):
        return unreadable(place, say("corpus.bad_line"))
    try:
        raw = _bytes_of(found)
        name, flow = (_text(found, key) for key in ("name", "flow"))
    except (ValueError, TypeError) as wrong:
        return unreadable(place, say("corpus.bad_value", reason=_reason(wrong)))
    if raw is None:
        return unreadable(place, say("corpus.bad_line"))
    place = f"{place}:{name}" if name else place
    return too_large(place) if len(raw) > LIMIT else Piece(shown(place), raw, flow)


def _reason(wrong: Exception) -> Text:
    """What Python says, without the line's own content."""
    return plain(getattr(wrong, "msg", "") or type(wrong).__name__)


def _bytes_of(found: dict[str, Any]) -> bytes | None:
    if isinstance(found.get("raw"), str):
        return str(found["raw"]).encode("utf-8", "surrogateescape")
    if "raw_base64" in found:
        try:
            return pybase64.b64decode(found["raw_base64"], validate=True)
        except binascii.Error as wrong:
            raise ValueError(str(wrong)) from None
    return None


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    if value is not None and not isinstance(value, str):
        raise TypeError(key)
    return value or ""


# -- our journals ---------------------------------------------------------------------------


def is_journal(stream: BinaryIO) -> bool:
    """Whether the file is a journal of ours; it is read from its beginning again."""
    head = stream.read(4096)
    stream.seek(0)
    return head.startswith(b"{") and b'"' + transcript.SCHEMA.encode() + b'"' in head


def of_journal(name: str, file: Path) -> Iterator[Piece | None]:
    """The messages and acknowledgements of a journal, each once, as what they were meant to be.

    None for those that were wrong on purpose. One that was both sent and received here, or sent
    again after a break, stands in the journal twice and is one.
    """
    met: deque[tuple[str, bytes]] = deque(maxlen=_NEAR)
    number = 0
    try:
        for record in transcript.read(file):
            if record.kind not in ("message", "ack") or record.facts.get("again"):
                continue
            seen = _seen(record)
            if (_OTHER.get(record.direction, ""), seen) in met:
                met.remove((_OTHER[record.direction], seen))
                continue
            met.append((record.direction, seen))
            number += 1
            yield _of_record(f"{name}#{number}", record)
    except HarnessError as wrong:
        place = f"{name}:{wrong.line}" if wrong.line else name
        yield unreadable(place, wrong.what)


_OTHER: Final = {"in": "out", "out": "in"}


def _seen(record: Record) -> bytes:
    return blake2b(record.kind.encode() + record.data, digest_size=16).digest()


def _of_record(name: str, record: Record) -> Piece | None:
    if record.facts.get("deliberate"):
        return None
    flow = "ACK" if record.kind == "ack" else record.flow
    return Piece(shown(name), record.data, flow)
