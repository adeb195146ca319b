"""A piece of a corpus: one message or document, where it stands, or why it cannot be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, Protocol

from harness.text import Text, say
from harness.wire.mllp import DEFAULT_LIMIT, Block, Framer, Oversize, Unfinished

LIMIT: Final = DEFAULT_LIMIT  # bytes of one message; what is larger is not judged
_CHUNK: Final = 1 << 20
_VT: Final = b"\x0b"


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = ..., /) -> bytes:
        """At most that many bytes; fewer before the end only where the stream has no more yet."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """One message or document.

    `name` says where it stands (`file`, `file#2`, `lines.ndjson:7`, `archive.zip/file`). `flow` is
    what it should be where the corpus says so, else empty. `trouble` is why it could not be read;
    `raw` is empty then. `index` counts from 1 over the whole corpus.
    """

    name: str
    raw: bytes
    flow: str = ""
    trouble: Text | None = None
    index: int = 0


def shown(name: str) -> str:
    """A name that can be written as UTF-8, whatever bytes the file system or an archive had."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def unreadable(name: str, why: Text) -> Piece:
    """The piece that stands for what could not be read."""
    return Piece(shown(name), b"", trouble=why)


def too_large(name: str) -> Piece:
    """The piece that stands for a message beyond the limit."""
    return unreadable(name, say("corpus.too_large", limit=LIMIT >> 20))


def of_stream(name: str, stream: Readable) -> Iterator[Piece]:
    """The messages of a file: one, or as many as it has MLLP blocks, numbered when several."""
    head = stream.read(1)
    if head == _VT:
        yield from _numbered(name, stream)
        return
    raw = head + _all_of(stream, LIMIT)
    yield too_large(name) if len(raw) > LIMIT else Piece(shown(name), raw)


def _all_of(stream: Readable, size: int) -> bytes:
    """At most `size` bytes, however the stream cuts them."""
    parts = []
    while size > 0 and (part := stream.read(min(size, _CHUNK))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _numbered(name: str, stream: Readable) -> Iterator[Piece]:
    """The blocks of a stream whose VT was read; without a whole one, the bytes themselves."""
    events = _events(stream)
    first, second = next(events), next(events, None)
    if second is None:
        yield _of_event(name, first)
        return
    for number, event in enumerate(chain((first, second), events), 1):
        yield _of_event(f"{name}#{number}", event)


_Told = Block | Oversize | Unfinished | bytes


def _of_event(name: str, event: _Told) -> Piece:
    if isinstance(event, Oversize):
        return too_large(name)
    if isinstance(event, Unfinished):
        return unreadable(name, say("corpus.cut_short"))
    return Piece(shown(name), event if isinstance(event, bytes) else event.data)


def _events(stream: Readable) -> Iterator[_Told]:
    framer, kept = Framer(LIMIT), bytearray()
    data, found = _VT, False
    while data:
        framer.receive(data)
        kept += b"" if found or len(kept) > LIMIT else data
        for event in framer.events():
            if isinstance(event, Block | Oversize):
                found = True
                yield event
        data = stream.read(_CHUNK)
    framer.close()
    last = [one for one in framer.events() if isinstance(one, Block | Oversize | Unfinished)]
    if found or any(isinstance(one, Block) for one in last):
        yield from last
    else:
        yield bytes(kept) if len(kept) <= LIMIT else Oversize(bytes(kept[:64]), len(kept), 0)
