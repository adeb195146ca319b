"""What a message or a document carries: another document, a PDF, a picture, text."""

import re
from collections.abc import Callable
from typing import Final

import pybase64

from harness.sim.generate import pdf
from harness.wire import ed

Redact = Callable[[bytes], bytes]

_KEPT: Final = 8  # bytes of a file of another kind: what it is stays visible, nothing of it is
_NOTE: Final = ("Contenu remplacé : données de personnes", "Content replaced: personal data")
_RUN: Final = re.compile(rb"([A-Za-z0-9+/]+)")


def redacted(data: bytes, readers: dict[str, Redact]) -> bytes:
    """The content, by what it is; `readers` are for xml, hl7 and text. Other kinds are blanked."""
    kind = ed.looks_like(data)
    if kind in readers:
        return readers[kind](data)
    if kind == "empty":
        return data
    if kind == "pdf":
        return _pdf(len(data))
    head = bytes(128) + b"DICM" if kind == "dicom" else data[:_KEPT]
    return head + bytes(max(0, len(data) - len(head)))


def in_base64(data: bytes, readers: dict[str, Redact]) -> bytes:
    """The same inside base64, whose blanks, breaks and foreign characters stay where they were."""
    inner = ed.decode(data).data
    if not inner:
        return data
    put = redacted(inner, readers)
    return data if put == inner else _as_before(data, pybase64.b64encode(put))


def _as_before(data: bytes, put: bytes) -> bytes:
    """The new characters in the places of the old ones; what is too many comes at the end."""
    body, old = put.rstrip(b"="), data.partition(b"=")[0]
    parts, used = _RUN.split(old), 0
    if sum(map(len, parts[1::2])) == len(body) + 1:  # one character too many says nothing
        body += b"A"
    for at in range(1, len(parts), 2):
        length = len(parts[at])
        parts[at] = body[used : used + length]
        used += length
    tail = data[len(old) :] if used == len(body) else put[len(body) :]
    return b"".join(parts) + body[used:] + tail


def _pdf(size: int) -> bytes:
    """A page that says that the content was replaced, of that size where there is room for it."""
    page = pdf.page(_NOTE)
    room = size - len(page)
    if room < 2:
        return page
    before, mark, after = page.rpartition(b"xref\n0")
    start = len(before)
    for _ in range(3):  # the offset of the table may take one digit more
        filler = b"%" + b" " * (room - 2) + b"\n"
        whole = before + filler + mark + after.replace(b"%d" % start, b"%d" % (start + len(filler)))
        if len(whole) == size:
            return whole
        room -= len(whole) - size
    return whole
