"""Sums over blocks of bytes, by which one changed byte is found.

Of each block the sum of its bytes and the sum of each byte times its place are kept. Where one byte
changed by d at place i, the first differs by d and the second by i times d.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

BLOCK: Final = 1024  # bytes


@dataclass(frozen=True, slots=True)
class Sums:
    """What is kept of a file. `blocks`: plain and weighted sum of each block."""

    size: int
    sha256: str
    blocks: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, data: bytes) -> "Sums":
        """The sums of a file."""
        blocks = tuple(_pair(data[at : at + BLOCK]) for at in range(0, len(data), BLOCK))
        return cls(len(data), hashlib.sha256(data).hexdigest(), blocks)

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> "Sums":
        """From a manifest. Raises KeyError, TypeError or ValueError."""
        blocks = tuple((int(one), int(other)) for one, other in entry["blocks"])
        return cls(int(entry["size"]), str(entry["sha256"]), blocks)

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return {"size": self.size, "sha256": self.sha256, "blocks": [list(b) for b in self.blocks]}


@dataclass(frozen=True, slots=True)
class Damage:
    """What differs of a file. `offset` is that of the changed byte, or of the first block that
    differs, from 0; `exact` tells which. `size` is what the file should have, `found` what it has.
    """

    name: str
    offset: int
    exact: bool
    size: int
    found: int


def damages(name: str, data: bytes, wanted: Sums) -> Iterator[Damage]:
    """Every changed byte that can be told, or the first block of several; nothing when all fit."""
    if hashlib.sha256(data).hexdigest() == wanted.sha256 and len(data) == wanted.size:
        return
    found = Sums.of(data)
    same_size = found.size == wanted.size
    met = False
    for number, (one, other) in enumerate(zip(found.blocks, wanted.blocks, strict=False)):
        if one == other:
            continue
        met = True
        place = _place(one, other) if same_size else None
        at = number * BLOCK + (place or 0)
        yield Damage(name, at, place is not None, wanted.size, found.size)
        if not same_size:
            return
    if not met:  # what is kept of it was changed, or bytes are missing at the end
        end = min(found.size, wanted.size) if not same_size else 0
        yield Damage(name, end, False, wanted.size, found.size)


def _pair(block: bytes) -> tuple[int, int]:
    return sum(block), sum(place * byte for place, byte in enumerate(block, 1))


def _place(one: tuple[int, int], other: tuple[int, int]) -> int | None:
    """The place of the byte, from 0, where a single one explains the difference."""
    change, weighted = one[0] - other[0], one[1] - other[1]
    if not change or weighted % change:
        return None
    place = weighted // change
    return place - 1 if 1 <= place <= BLOCK and abs(change) < 256 else None
