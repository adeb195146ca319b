"""A tiny PDF of one page of text, made of nothing but what PDF asks for.

Source: ISO 32000-1, 7.5 (file structure) and 9 (text); WinAnsiEncoding carries French.
"""

from collections.abc import Iterable
from typing import Final

_TOP: Final = 800
_LEADING: Final = 16


def page(lines: Iterable[str]) -> bytes:
    """The file as bytes. Characters that WinAnsi has not become question marks."""
    shown = b"".join(_line(line) for line in lines)
    text = b"BT /F1 11 Tf %d TL 50 %d Td\n%sET" % (_LEADING, _TOP, shown)
    return _file(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
            b" /Resources << /Font << /F1 4 0 R >> >> >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        )
    )


def _line(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    for special in (b"\\", b"(", b")"):
        raw = raw.replace(special, b"\\" + special)
    return b"(" + raw + b") Tj T*\n"


def _file(objects: Iterable[bytes]) -> bytes:
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(offsets) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + end + trailer
