"""Base64 of an encapsulated document (OBX-5.5), read strictly first and tolerantly second.

Python's own tolerant decoder drops foreign characters and all that follows the padding without a
word; here both are said, with their offset.
Source: HL7 v2.5.1, 2.A.24 (ED); RFC 4648, sections 4 and 12.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pybase64

_FOREIGN: Final = re.compile(rb"[^A-Za-z0-9+/=]")
_BLANK: Final = re.compile(rb"[ \t\r\n]|\\\.br\\|\\X0[DA]\\")
_MAGIC: Final = (
    (b"%PDF", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"MZ", "exe"),
    (b"\x7fELF", "exe"),
    (b"MSH", "hl7"),
)


@dataclass(frozen=True, slots=True)
class Base64Problem:
    """What is wrong. `key` names the text in the catalogue, `detail` fills it.

    `offset` counts from the first byte given; None when it has no place. `loses_data`: a tolerant
    reader cannot be sure of what was meant.
    """

    key: str
    offset: int | None = None
    detail: str = ""
    loses_data: bool = True


@dataclass(frozen=True, slots=True)
class Decoded:
    """`data` is None when nothing can be decoded. `problems` is empty for right base64."""

    data: bytes | None
    problems: tuple[Base64Problem, ...] = ()


@lru_cache(maxsize=32)
def decode(data: bytes) -> Decoded:
    """Decode base64. Never raises."""
    try:
        if data:
            return Decoded(pybase64.b64decode(data, validate=True))
    except ValueError:
        pass
    return _tolerantly(data)


def _tolerantly(data: bytes) -> Decoded:
    if not data:
        return Decoded(None, (Base64Problem("wire.base64.empty"),))
    problems: list[Base64Problem] = []
    kept = _BLANK.sub(b"", data)
    if len(kept) != len(data):
        found = _BLANK.search(data)
        problems.append(
            Base64Problem("wire.base64.blank", found.start() if found else 0, loses_data=False)
        )
    problems += _foreign(data)
    kept = _FOREIGN.sub(b"", kept)
    body, _, behind = kept.partition(b"=")
    if behind.strip(b"="):
        problems.append(Base64Problem("wire.base64.behind", data.find(b"=")))
    problems += _length(body, kept)
    if not body:
        problems.append(Base64Problem("wire.base64.empty"))
    return Decoded(_padded(body), tuple(problems))


def _foreign(data: bytes) -> list[Base64Problem]:
    blanks = [found.span() for found in _BLANK.finditer(data)] if b"\\" in data else []
    for found in _FOREIGN.finditer(data):
        char, at = found[0], found.start()
        if char in b" \t\r\n" or any(start <= at < end for start, end in blanks):
            continue
        shown = char.decode("ascii") if 32 < char[0] < 127 else f"0x{char[0]:02X}"
        return [Base64Problem("wire.base64.foreign", at, shown)]
    return []


def _length(body: bytes, kept: bytes) -> list[Base64Problem]:
    if len(body) % 4 == 1:
        return [Base64Problem("wire.base64.length", None, str(len(body)))]
    wanted = -len(body) % 4
    given = len(kept) - len(body)
    if given < wanted:
        return [Base64Problem("wire.base64.padding", None, "=" * wanted, loses_data=False)]
    if given > wanted and not kept[len(body) :].strip(b"="):
        return [Base64Problem("wire.base64.overpadded", None, str(given), loses_data=False)]
    return []


def _padded(body: bytes) -> bytes | None:
    if len(body) % 4 == 1:
        body = body[:-1]
    if not body:
        return None
    return pybase64.b64decode(body + b"=" * (-len(body) % 4))


def looks_like(data: bytes) -> str:
    """What the bytes are by their first ones: xml, pdf, zip, gzip, dicom, exe, hl7, base64, text,
    empty or binary.
    """
    head = data[:4096]
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if not head.strip():
        return "empty"
    if head[128:132] == b"DICM":
        return "dicom"
    if _begins_with_tag(head):
        return "xml"
    if len(head) >= 16 and not _FOREIGN.search(head.rstrip(b"=\r\n")):
        return "base64"
    return "text" if _is_text(head) else "binary"


def _begins_with_tag(head: bytes) -> bool:
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"").lstrip()[:1] == b"<"


def _is_text(head: bytes) -> bool:
    return not any(byte < 32 and byte not in b"\t\r\n" for byte in head)
