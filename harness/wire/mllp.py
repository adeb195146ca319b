"""MLLP framing without I/O: bytes in, events out.

A block is `VT data FS CR` (0x0B … 0x1C 0x0D). Bytes that belong to no block are `Junk`, a fact for
the rules; nothing that a peer sends raises, and how the bytes are cut changes nothing. The `end` of
an event is where what follows it begins in the stream: from end to end, no byte is left out.

Source: HL7 MLLP release 1; leniencies of the field in the project's robustness sheet, 3.1.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

VT: Final = 0x0B
FS: Final = 0x1C
CR: Final = 0x0D
DEFAULT_LIMIT: Final = 64 * 1024 * 1024
HEAD: Final = 64


@dataclass(frozen=True, slots=True)
class Block:
    """One message. `offset` is that of its first byte in the stream; `notes` what was tolerated.

    Notes are keys of the catalogue: `wire.mllp.fs_without_cr`, `wire.mllp.fs_inside`,
    `wire.mllp.vt_inside`, `wire.mllp.no_final_cr`.
    """

    data: bytes
    offset: int
    notes: tuple[str, ...] = ()
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Junk:
    """Bytes outside any block: how many, where they began, and the first 64.

    A run of junk ends at the next VT, at a stray FS CR, or with the stream.
    """

    head: bytes
    size: int
    offset: int
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Oversize:
    """A block larger than the limit. Only its first 64 bytes were kept."""

    head: bytes
    size: int
    offset: int
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A block that the end of the stream, or the next block, cut short."""

    data: bytes
    offset: int
    end: int = field(default=0, compare=False)


Event = Block | Junk | Oversize | Unfinished


def frame(data: bytes) -> bytes:
    """The block that carries `data`."""
    return b"\x0b" + data + b"\x1c\x0d"


class Framer:
    """Cuts a stream into events. `limit`: the largest block that is kept, in bytes."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.limit = limit
        self._pending = bytearray()  # received, not yet understood
        self._offset = 0  # of the first pending byte in the stream
        self._searched = {VT: 0, FS: 0}  # there is no such byte before that place of the stream
        self._inside = False
        self._block = bytearray()
        self._size = 0
        self._start = 0
        self._notes: list[str] = []
        self._junk = bytearray()
        self._junk_size = 0
        self._events: deque[Event] = deque()

    def receive(self, data: bytes) -> None:
        """Take bytes in, however they were cut."""
        self._pending += data
        self._work(at_end=False)

    def close(self) -> None:
        """The stream has ended: what is left is delivered as what it is."""
        self._work(at_end=True)
        if self._inside:
            self._events.append(Unfinished(bytes(self._block), self._start, self._offset))
            self._reset()
        self._flush_junk()

    def events(self) -> Iterator[Event]:
        """Every event that is complete, in order."""
        while self._events:
            yield self._events.popleft()

    # -- one step at a time -----------------------------------------------------------------

    def _work(self, *, at_end: bool) -> None:
        step = True
        while step and self._pending:
            step = self._in_block(at_end) if self._inside else self._between(at_end)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._pending[:count])
        del self._pending[:count]
        self._offset += count
        return taken

    def _next_mark(self) -> int:
        """Place of the next VT or FS in what is pending, -1 when there is none."""
        vt, fs = self._find(VT), self._find(FS)
        return fs if vt < 0 or 0 <= fs < vt else vt

    def _find(self, mark: int) -> int:
        """Place of the next such byte, -1 for none. No byte is looked at twice."""
        start = self._searched[mark] - self._offset
        found = self._pending.find(mark, start if start > 0 else 0)
        self._searched[mark] = self._offset + (len(self._pending) if found < 0 else found)
        return found

    def _between(self, at_end: bool) -> bool:
        """Junk up to the next VT; or through FS CR, the end of a block that had no beginning."""
        if self._pending[0] == VT and self._whole():
            return True
        mark = self._next_mark()
        self._waste(self._take(len(self._pending) if mark < 0 else mark))
        if not self._pending:
            return False
        if self._pending[0] == FS:
            return self._stray_fs(at_end)
        self._flush_junk()
        self._take(1)
        self._inside, self._start = True, self._offset
        return True

    def _whole(self) -> bool:
        """Deliver a block that is all there and has nothing to note, as most are."""
        end = self._find(FS)
        if not 1 <= end <= self.limit + 1 or self._pending[end + 1 : end + 2] != b"\r":
            return False
        if self._pending.find(VT, 1, end) > 0:
            return False
        self._flush_junk()
        data, offset = bytes(self._pending[1:end]), self._offset + 1
        del self._pending[: end + 2]
        self._offset += end + 2
        self._events.append(Block(data, offset, (), self._offset))
        return True

    def _stray_fs(self, at_end: bool) -> bool:
        if len(self._pending) < 2 and not at_end:
            return False
        ends = self._pending[1:2] == b"\r"
        self._waste(self._take(2 if ends else 1))
        if ends:
            self._flush_junk()
        return True

    def _waste(self, junk: bytes) -> None:
        self._junk += junk[: HEAD - len(self._junk)]
        self._junk_size += len(junk)

    def _flush_junk(self) -> None:
        if self._junk_size:
            offset = self._offset - self._junk_size
            self._events.append(Junk(bytes(self._junk), self._junk_size, offset, self._offset))
        self._junk, self._junk_size = bytearray(), 0

    def _in_block(self, at_end: bool) -> bool:
        """Take data up to the next VT or FS, then decide what that byte means."""
        mark = self._next_mark()
        if mark < 0:
            self._keep(self._take(len(self._pending)))
            return False
        self._keep(self._take(mark))
        return self._at_fs(at_end) if self._pending[0] == FS else self._at_vt(at_end)

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        room = self.limit - len(self._block)
        self._block += data if len(data) <= room else data[:room]

    def _at_fs(self, at_end: bool) -> bool:
        if len(self._pending) < 2 and not at_end:
            return False
        behind = self._pending[1] if len(self._pending) > 1 else None
        if behind == CR:
            self._take(2)
            self._deliver()
        elif behind is None or behind == VT:
            self._take(1)
            key = "wire.mllp.no_final_cr" if behind is None else "wire.mllp.fs_without_cr"
            self._note(key)
            self._deliver()
        else:
            self._note("wire.mllp.fs_inside")
            self._keep(self._take(1))
        return True

    def _at_vt(self, at_end: bool) -> bool:
        """A new block only when MSH follows: a pasted vertical tab is data."""
        if len(self._pending) < 4 and not at_end and b"MSH".startswith(self._pending[1:4]):
            return False
        if self._pending[1:4] == b"MSH":
            self._events.append(Unfinished(bytes(self._block), self._start, self._offset))
            self._reset()
            return True
        self._note("wire.mllp.vt_inside")
        self._keep(self._take(1))
        return True

    def _note(self, key: str) -> None:
        if key not in self._notes:
            self._notes.append(key)

    def _deliver(self) -> None:
        if self._size > self.limit:
            event: Event = Oversize(
                bytes(self._block[:HEAD]), self._size, self._start, self._offset
            )
        else:
            event = Block(bytes(self._block), self._start, tuple(self._notes), self._offset)
        self._events.append(event)
        self._reset()

    def _reset(self) -> None:
        self._inside, self._block, self._size = False, bytearray(), 0
        self._notes = []
