"""How a message is written down: first bytes, segment ends, character set.

Source: HL7 v2.5.1, 2.5 and 2.15.
"""

import re
from collections.abc import Iterator

from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import Text, plain, say
from harness.wire import charset, ed
from harness.wire.er7 import Message
from harness.wire.location import Location

_NAME = re.compile(rb"[A-Z][A-Z0-9]{2}")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@named("begins-with-msh")
def begins_with_msh(subject: Subject) -> Iterator[Problem]:
    message = subject.carried
    before = message.raw[: message.start]
    if not message.has_header:
        yield Problem(Location("MSH", None, 1, (0, 0)), plain("`MSH`"), _first_bytes(message.raw))
    elif before and not before.startswith(_BOMS):
        where = Location("MSH", None, 1, (0, len(before)))
        yield Problem(where, plain("`MSH`"), say("encoding.before", count=len(before)))


def _first_bytes(raw: bytes) -> Text:
    if raw[:4].count(0) or raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return say("encoding.utf16")
    kind = ed.looks_like(raw)
    if kind in ("text", "hl7", "base64", "binary"):
        return quoted(raw[:24].decode("latin-1"))
    return say(f"content.{kind}")


@named("no-byte-order-mark")
def no_byte_order_mark(subject: Subject) -> Iterator[Problem]:
    raw = subject.carried.raw
    if raw.startswith(_BOMS):
        size = 3 if raw.startswith(_BOMS[0]) else 2
        where = Location("MSH", None, 1, (0, size))
        yield Problem(where, plain("`MSH`"), plain(raw[:size].hex(" ").upper()))


@named("segments-end-with-cr")
def segments_end_with_cr(subject: Subject) -> Iterator[Problem]:
    """On a connection only; a file has its own, milder rule."""
    if subject.on_wire:
        yield from _wrong_ends(subject.carried)


@named("file-ends-with-cr")
def file_ends_with_cr(subject: Subject) -> Iterator[Problem]:
    if not subject.on_wire:
        yield from _wrong_ends(subject.carried)


def _wrong_ends(message: Message) -> Iterator[Problem]:
    wrong = [segment for segment in message.segments if segment.end not in (b"\r", b"")]
    if wrong:
        first = wrong[0]
        shown = {b"\n": "LF", b"\r\n": "CRLF"}[first.end]
        where = Location(first.name, None, first.line, (first.span[1], first.span[1] + 1))
        yield Problem(where, plain("CR"), say("encoding.ends", mark=shown, count=len(wrong)))


@named("segment-names")
def segment_names(subject: Subject) -> Iterator[Problem]:
    separator = subject.carried.delimiters.field
    for segment in subject.carried.segments:
        name = segment.raw.split(separator, 1)[0][:20]
        if segment.raw and not _NAME.fullmatch(name):
            start = segment.span[0]
            where = Location(f"[{segment.line}]", None, segment.line, (start, start + len(name)))
            yield Problem(where, say("encoding.name"), quoted(name.decode("latin-1")))


@named("bytes-fit-charset")
def bytes_fit_charset(subject: Subject) -> Iterator[Problem]:
    message = subject.carried
    codec = charset.codec(message.declared_charset)
    if codec is None or message.raw.isascii():
        return
    for segment in message.segments:
        misfit = charset.first_misfit(segment.raw, codec)
        if misfit is not None:
            start = segment.span[0] + misfit
            yield Problem(
                Location(segment.name, None, segment.line, (start, start + 1)),
                plain(message.declared_charset or "ASCII"),
                say("encoding.byte", byte=f"0x{message.raw[start]:02X}", offset=start),
                say("encoding.fits", charset=charset.what_fits(message.raw)),
            )
            return
