"""A small PDF of one page of text, with a picture below it when it has to be large.

Source: ISO 32000-1, 7.5 (file structure), 8.9.5 (images) and 9 (text); WinAnsiEncoding carries
French.
"""

import random
from collections.abc import Iterable
from typing import Final

_TOP: Final = 800
_LEADING: Final = 16
_WIDTH: Final = 1024  # pixels of the picture, one byte each
_PICTURE: Final = b"q 495 0 0 300 50 50 cm /Im1 Do Q\n"


def page(lines: Iterable[str], *, size: int = 0) -> bytes:
    """The file as bytes. Characters that WinAnsi has not become question marks.

    With a `size` in bytes the file is at least that large: it holds a picture of grey noise, always
    the same one.
    """
    shown = b"".join(_line(line) for line in lines)
    text = b"BT /F1 11 Tf %d TL 50 %d Td\n%sET" % (_LEADING, _TOP, shown)
    resources = b"/Font << /F1 4 0 R >>"
    if size:
        text, resources = _PICTURE + text, resources + b" /XObject << /Im1 6 0 R >>"
    return _file(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
            b" /Resources << %s >> >>" % resources,
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
            *([_picture(size)] if size else []),
        )
    )


def _picture(size: int) -> bytes:
    height = -(-size // _WIDTH)
    noise = random.Random(size).randbytes(_WIDTH * height)  # noqa: S311  grey, no secret
    return (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray"
        b" /BitsPerComponent 8 /Length %d >>\nstream\n%s\nendstream"
        % (_WIDTH, height, len(noise), noise)
    )


def _line(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    for special in (b"\\", b"(", b")"):
        raw = raw.replace(special, b"\\" + special)
    return b"(" + raw + b") Tj T*\n"


def _file(objects: Iterable[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(offsets) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return bytes(out) + end + trailer
