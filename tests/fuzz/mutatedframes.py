"""Damaged MLLP frames by the million, each followed by a good one.

The damage is one line: what stands before a place, a piece put in, what stands behind another one.
So bytes are put in, left out, doubled, cut off and moved at once. The framer must raise nothing,
account for every byte, keep no more than a few bytes in waiting, and deliver every good frame.
"""

import random
import zlib
from collections.abc import Iterator
from pathlib import Path

from harness.wire.mllp import Block, Framer, frame

GOOD = b"MSH|^~\\&|GOOD\r"
LIMIT = 1000  # bytes of a block; no damaged frame is longer
WAITING = 4  # bytes that a framer may wait with: VT MSH
BATCH = 2000
BUGS = Path(__file__).parents[1] / "bugs" / "mllp"
_BASES = (
    frame(b"MSH|^~\\&|A|B\rPID|||1\r"),
    frame(b"MSH|^~\\&|A|B|C|D|2026||ORM^O01|1|T|2.5.1\rPID|||1^2~3\rOBX|1|ST|x\r"),
    frame(b"x"),
    frame(b""),
    b"junk",
)
_PIECES = (
    *(b"", b"", b"", b"\x0b", b"\x1c", b"\r", b"\x1c\r", b"\x0bMSH", b"\n", b"\x0bMS", b"\x1c\x0b"),
    *(b"\x0b\x0b", b"\x00", b"MSH", b"\x0b\x1c\r", b"\xff"),
)


def damaged(chance: random.Random, count: int) -> list[bytes]:
    """So many damaged frames."""
    drawn = chance.randbytes(4 * count)
    found = []
    for at in range(0, 4 * count, 4):
        base = _BASES[drawn[at] % len(_BASES)]
        piece = _PIECES[drawn[at + 1] % len(_PIECES)]
        size = len(base) + 1
        found.append(base[: drawn[at + 2] % size] + piece + base[drawn[at + 3] % size :])
    return found


def check(seed: int, count: int) -> int:
    """Frame `count` damaged frames; gives how many bytes they were. Raises AssertionError with the
    file where the frame that broke is kept.
    """
    chance = random.Random(seed)
    size = 0
    for begin in range(0, count, BATCH):
        bad = damaged(chance, min(BATCH, count - begin))
        try:
            size += _batch(bad, chance)
        except Exception as wrong:
            raise AssertionError(f"seed {seed}, frame {begin} on: {_kept(bad)}") from wrong
    return size


def _batch(bad: list[bytes], chance: random.Random) -> int:
    """Frame a batch in pieces of any size, as a network gives them."""
    good = frame(GOOD)
    stream = b"".join([part for one in bad for part in (one, good)])
    framer, at, end = Framer(LIMIT), 0, 0
    delivered = set()
    while at <= len(stream):
        piece = stream[at : at + chance.randrange(1, 65_536)]
        at += len(piece) or 1
        framer.receive(piece) if piece else framer.close()
        assert len(framer._pending) <= WAITING
        assert len(framer._block) <= LIMIT
        for event in framer.events():
            assert event.end > end
            end = event.end
            if type(event) is Block and event.data == GOOD:
                delivered.add(event.offset)
    assert end == len(stream), "bytes are left out"
    assert delivered.issuperset(_offsets(bad, len(good))), "a good frame is lost"
    return len(stream)


def _offsets(bad: list[bytes], size: int) -> Iterator[int]:
    """Where the data of the good frames begin."""
    at = 1
    for one in bad:
        at += len(one)
        yield at
        at += size


def _kept(bad: list[bytes]) -> Path | str:
    """The first frame that breaks alone, kept for the target `mllp` to be replayed."""
    for one in bad:
        try:
            _batch([one], random.Random(1))
        except Exception:
            file = BUGS / f"frame-{zlib.crc32(one):08x}"
            BUGS.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"\x03" + one)
            return file
    return "no frame of the batch breaks alone"
