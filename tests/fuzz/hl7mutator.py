"""Damage of HL7 v2 messages that knows what it damages: segments, fields, separators, escapes.

`mutated` changes a message once to four times. It takes any bytes and any generator of chance, so
that a fuzzer and a seeded loop share it.
"""

import random
from collections.abc import Callable

TOKENS = (
    b"", b'""', b"0", b"-1", b"1", b"99999999999999999999", b"1e400", b"NaN", b"\xc2\xb2",
    b"\xd9\xa3", b"20260105", b"20260230", b"00010101000000+1400", b"99991231235959-1400", b"2026",
    b"202601051", b"20260105100000.12345+0100", b"202610250230", b"20260329023000", b"19000229",
    b"24:00", b"ORM^O01^ORM_O01", b"ORU^R01^ORU_R01", b"MDM^T02^MDM_T02", b"ACK",
    b"OMI^O23^OMI_O23", b"ZZZ", b"2.5.1", b"2.5^FRA^2.11", b"UNICODE UTF-8", b"8859/15", b"8859/1",
    b"ASCII", b"UNICODE", b"utf-8", b"ED", b"ST", b"CE", b"CWE", b"NM", b"TX", b"RP", b"AA", b"AE",
    b"AR", b"NW", b"SC", b"CA", b"XO", b"^^^&1.2.250.1.213.1.4.8&ISO^INS", b"279035121518989",
    b"185054809598744", b"1.2.250.1.213.1.4.8", b"^TEXT^XML^Base64^",
    b"^application^pdf^Base64^JVBERi0=", b"PGE+", b"====", b"QUJD!!!RA==", b"R&A", b"&&&&",
    b"^^^^^^^^", b"~~~~", b"|||||", b"A" * 300, b" x ", b"\x00", b"\xe9", b"\xc3\xa9", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\xe2\x80\xae", b"e\xcc\x81", b"\xa4", b"\xf0\x9f\x92\x89", b"\xed\xa0\x80",
    b"\t", b"\n", b"\x0b", b"\x1c", b"\x1c\r", b"\x1b[31m", b"<script>", b"]]>", b"=1+1",
    b"../../x",
)  # fmt: skip
ESCAPES = (
    b"\\F\\", b"\\S\\", b"\\T\\", b"\\R\\", b"\\E\\", b"\\.br\\", b"\\H\\", b"\\N\\", b"\\X0D\\",
    b"\\X0D0A\\", b"\\X0\\", b"\\Xzz\\", b"\\X\\", b"\\C2842\\", b"\\M0D\\", b"\\Zab\\", b"\\",
    b"\\\\", b"\\E", b"\\.sp+3\\", b"\\XC3A9\\", b"\\XFF\\", b"\\F\\T\\", b"\\E\\F\\E\\",
)  # fmt: skip
SEGMENTS = (
    b"MSH", b"PID", b"PV1", b"PV2", b"ORC", b"OBR", b"OBX", b"NTE", b"ZDS", b"TXA", b"MSA", b"ERR",
    b"PRT", b"AL1", b"TQ1", b"IPC", b"CTD", b"FHS", b"BHS", b"DSC", b"ZZZ", b"pid", b"MSHX", b"P1",
    b"", b"\xc3\xa9D",
)  # fmt: skip
MARKS = (
    b"|^~\\&", b"$%*!@", b"|^~\\&#", b"|", b"", b"|^", b"|^~", b"|^^^^", b"||||", b"|^~\\|",
    b"abcde", b"|~^\\&", b"|^~&\\", b"\r^~\\&", b" ^~\\&", b"\xa6^~\\&", b"|\x00\x01\x02\x03",
    b".^~\\&", b"|^~.&", b"|^~\\.", b"|-+*/", b"^|~\\&", b"\x0b^~\\&",
)  # fmt: skip
ENDS = (b"\n", b"\r\n", b"\r\r", b"", b"\n\n", b"\x85", b"\x1c", b"\x00")

Lines = list[bytes]


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """The message, damaged once to four times."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        raw = chance.choice(_WAYS)(raw, chance)
    return raw


def path(chance: random.Random) -> str:
    """A place of a message, in most cases one that is written right."""
    if chance.random() < 0.1:
        return "".join(chance.choice("PIDOBX-[].=&|0123456789²x\\ ") for _ in range(9))
    found = chance.choice(("PID", "OBX", "MSH", "ORC", "OBR", "ZDS", "A1B"))
    found += chance.choice(("", "", "[1]", "[2]", "[99]", "[3.1=R]", "[2=ED&3.1=x|y]", "[0]"))
    if chance.random() < 0.9:
        found += f"-{chance.choice((0, 1, 2, 3, 5, 11, 18, 99, 10**5, 10**9))}"
        found += chance.choice(("", "", "[1]", "[2]", "[5=INS]", "[4.2=1.2&5=L]", "[7=]"))
        found += chance.choice(("", ".1", ".4.2", ".0", ".99", ".1.0", ".4294967296"))
    return found


def _line(change: Callable[[Lines, int, random.Random], None]) -> Callable[..., bytes]:
    """A change of the segments, about the one at a place chosen."""

    def changed(raw: bytes, chance: random.Random) -> bytes:
        lines = raw.split(b"\r")
        change(lines, chance.randrange(len(lines)), chance)
        return b"\r".join(lines)

    return changed


@_line
def _drop(lines: Lines, at: int, chance: random.Random) -> None:
    del lines[at]


@_line
def _double(lines: Lines, at: int, chance: random.Random) -> None:
    lines[at:at] = [lines[at]] * chance.choice((1, 1, 2, 30))


@_line
def _move(lines: Lines, at: int, chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines)), lines.pop(at))


@_line
def _rename(lines: Lines, at: int, chance: random.Random) -> None:
    lines[at] = chance.choice(SEGMENTS) + lines[at][3:]


@_line
def _insert(lines: Lines, at: int, chance: random.Random) -> None:
    fields = [chance.choice(TOKENS) for _ in range(chance.randrange(12))]
    lines.insert(at, b"|".join([chance.choice(SEGMENTS), *fields]))


@_line
def _cut_line(lines: Lines, at: int, chance: random.Random) -> None:
    lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]


def _part(mark: bytes) -> Callable[..., bytes]:
    """A change of what stands between two marks of one segment."""

    def changed(raw: bytes, chance: random.Random) -> bytes:
        lines = raw.split(b"\r")
        at = chance.randrange(len(lines))
        parts = lines[at].split(mark)
        chance.choice(_OF_PARTS)(parts, chance.randrange(len(parts)), chance)
        lines[at] = mark.join(parts)
        return b"\r".join(lines)

    return changed


def _empty(parts: Lines, at: int, chance: random.Random) -> None:
    parts[at] = b""


def _token(parts: Lines, at: int, chance: random.Random) -> None:
    parts[at] = chance.choice(TOKENS)


def _stretch(parts: Lines, at: int, chance: random.Random) -> None:
    parts[at:at] = [b""] * chance.choice((1, 2, 20))


def _shrink(parts: Lines, at: int, chance: random.Random) -> None:
    del parts[at]


def _swap(parts: Lines, at: int, chance: random.Random) -> None:
    other = chance.randrange(len(parts))
    parts[at], parts[other] = parts[other], parts[at]


def _repeat(parts: Lines, at: int, chance: random.Random) -> None:
    parts[at] = chance.choice((b"~", b"^", b"&", b"|")).join([parts[at]] * chance.choice((2, 3, 9)))


def _escape(parts: Lines, at: int, chance: random.Random) -> None:
    where = chance.randrange(len(parts[at]) + 1)
    parts[at] = parts[at][:where] + chance.choice(ESCAPES) + parts[at][where:]


def _marks(raw: bytes, chance: random.Random) -> bytes:
    """MSH-1 and MSH-2 changed; sometimes the whole message follows."""
    start, marks = raw.find(b"MSH"), chance.choice(MARKS)
    if start < 0:
        return raw
    if len(marks) == 5 and chance.random() < 0.5:
        table = bytes.maketrans(raw[start + 3 : start + 8].ljust(5, b"|"), marks)
        return raw[: start + 3] + raw[start + 3 :].translate(table)
    return raw[: start + 3] + marks + raw[start + 8 :]


def _ends(raw: bytes, chance: random.Random) -> bytes:
    return raw.replace(b"\r", chance.choice(ENDS), chance.choice((-1, 1, 3)))


def _bytes(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    piece = chance.choice(
        (*TOKENS, *ESCAPES, b"|", b"^", b"\r", b"MSH|", bytes([chance.randrange(256)]))
    )
    return raw[:at] + piece + raw[at + chance.choice((0, 0, 1, len(piece))) :]


def _cut(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return chance.choice((raw[:at], raw[at:], raw[:at] + raw[at + chance.randrange(64) :]))


def _before(raw: bytes, chance: random.Random) -> bytes:
    return (
        chance.choice((b"\xef\xbb\xbf", b"\r", b"FHS|^~\\&|\r", b"POST / HTTP/1.1\r\n", b" ")) + raw
    )


_OF_PARTS = (_empty, _token, _token, _stretch, _shrink, _swap, _repeat, _escape)
_FIELDS, _COMPONENTS, _SUBS, _REPETITIONS = map(_part, (b"|", b"^", b"&", b"~"))
_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _drop, _double, _move, _rename, _insert, _cut_line, _marks, _ends, _bytes, _bytes, _cut,
    _before, _FIELDS, _FIELDS, _FIELDS, _FIELDS, _COMPONENTS, _COMPONENTS, _SUBS, _REPETITIONS,
)  # fmt: skip
