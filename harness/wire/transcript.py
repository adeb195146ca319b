"""The journal of a run: NDJSON, one record a line, on disk before an acknowledgement leaves.

Bytes are in base64 so that nothing is normalised. A process killed in mid-line leaves a torn last
line, which a reader steps over and the next writer moves aside; anything else that cannot be read
is an error with its line.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import pybase64

from harness.errors import HarnessError
from harness.text import Text, plain, say
from harness.wire import failpoint

SCHEMA: Final = "telerad-journal-1"
NAME: Final = "journal.ndjson"
_BLOCK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened.

    `at` is an ISO 8601 time given by the caller. `kind`: run, resume, message, ack, junk, oversize,
    unfinished, torn, event, end. `direction`: in or out, seen from `actor`.
    """

    at: str
    kind: str
    connection: str = ""
    direction: str = ""
    actor: str = ""
    flow: str = ""
    data: bytes = b""
    facts: Mapping[str, str] = field(default_factory=dict)


class Unsynced(OSError):
    """The disk did not confirm what was written: the file cannot be trusted any further.

    After a failed synchronisation the system may have dropped the data and call the next one a
    success; so it is never tried again.
    """


def told(wrong: OSError) -> Text:
    """Why the disk did not take something, in the words of the system."""
    return plain(wrong.strerror or str(wrong) or type(wrong).__name__)


class Journal:
    """Appends records to a file. One writer: a second one is refused.

    `number` is that of the latest record. `torn`: bytes of an unfinished last record of a process
    that was killed; they are out of the file when this is opened.
    """

    def __init__(self, path: Path, *, sync: bool = True) -> None:
        """Open `path` for appending, its folder made if need be. `sync`: wait for the disk.

        Raises HarnessError when the file cannot be opened, is being written by somebody else, or
        does not hold records.
        """
        self.path = path
        self.sync = sync
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with ExitStack() as closed_if_wrong:
                self._file = closed_if_wrong.enter_context(path.open("ab", buffering=0))
                lock(self._file, path)
                self.number, self._size, self.torn = _end(path)
                os.ftruncate(self._file.fileno(), self._size)
                closed_if_wrong.pop_all()
        except OSError as wrong:
            raise HarnessError(say("wire.journal.closed", reason=told(wrong)), file=path) from None
        _sync_folder(path.parent)

    def encode(self, record: Record) -> bytes:
        """The line of a record, which gets the next number."""
        self.number += 1
        return _line(record, self.number)

    def write(self, lines: bytes) -> None:
        """Write whole lines, and wait for the disk.

        Raises OSError when the disk does not take them: nothing of them stays, they may be tried
        again. Raises Unsynced when it is not known what of them stays.
        """
        if failpoint.WANTED:
            _die_in_write(self._file, lines)
        try:
            self._put(lines)
        except OSError as wrong:
            self._take_back(wrong)
            raise
        self._size += len(lines)
        self._synchronise()

    def append(self, record: Record) -> int:
        """Write one record; it is on disk when this returns. Gives its number, from 1.

        Raises OSError as `write` does: then nothing may be acknowledged.
        """
        self.write(self.encode(record))
        return self.number

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _put(self, lines: bytes) -> None:
        left = memoryview(lines)
        while left:
            left = left[self._file.write(left) :]

    def _take_back(self, wrong: OSError) -> None:
        """Half a line in mid-file would hide what comes after it."""
        try:
            os.ftruncate(self._file.fileno(), self._size)
        except OSError:
            raise Unsynced(wrong.errno, wrong.strerror) from wrong

    def _synchronise(self) -> None:
        if failpoint.WANTED:
            failpoint.at("after-write")
            failpoint.at("before-sync")
        if self.sync:
            try:
                os.fdatasync(self._file.fileno())
            except OSError as wrong:
                raise Unsynced(wrong.errno, wrong.strerror) from wrong
        if failpoint.WANTED:
            failpoint.at("after-sync")


def read(path: Path) -> Iterator[Record]:
    """The records of a journal, one after the other. A torn last line is stepped over.

    Raises HarnessError with file and line for any other line that is not a record.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            whole = line.endswith(b"\n")  # a record ends with a line feed
            if whole and line != b"\n":
                yield _record(line, path, number)


def torn(path: Path) -> bytes:
    """The unfinished last line that a killed process left; empty when there is none."""
    return _last_line(path)[2]


def _die_in_write(file: IO[bytes], lines: bytes) -> None:
    failpoint.at("before-write")
    if failpoint.is_next("half-write"):
        last = lines.rfind(b"\n", 0, len(lines) - 1) + 1
        file.write(lines[: (last + len(lines)) // 2])
    failpoint.at("half-write")


def lock(file: IO[bytes], path: Path) -> None:
    """Raises HarnessError when another process, or another opening of ours, writes the file."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HarnessError(say("wire.journal.in_use"), file=path) from None


def _sync_folder(folder: Path) -> None:
    """The name of a new file is on disk, too."""
    with suppress(OSError):  # a file system without it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _end(path: Path) -> tuple[int, int, bytes]:
    """Number of the last whole record, size of the file up to its end, what is torn behind it."""
    line, size, rest = _last_line(path)
    if not line:
        return 0, size, rest
    try:
        return _whole(_fields(line)["seq"]), size, rest
    except (ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise HarnessError(_bad_line(wrong), file=path) from None


def _last_line(path: Path) -> tuple[bytes, int, bytes]:
    """The last whole line, the size of the file up to its end, and what is behind it."""
    size = path.stat().st_size
    tail = b""
    with path.open("rb") as file:
        at = size
        while at and tail.count(b"\n") < 2:
            at = max(0, at - max(_BLOCK, len(tail)))
            file.seek(at)
            tail = file.read(size - at)
    whole, _, rest = tail.rpartition(b"\n")
    return whole.rpartition(b"\n")[2], size - len(rest), rest


def _line(record: Record, number: int) -> bytes:
    """Base64 needs no escaping: a document of megabytes is not searched for what to escape."""
    head = json.dumps(_as_dict(record, number), ensure_ascii=False)
    facts = json.dumps(dict(record.facts), ensure_ascii=False)
    around = f'{head[:-1]}, "data": "', f'", "facts": {facts}}}\n'
    front, back = (part.encode("utf-8", "surrogateescape") for part in around)
    return front + pybase64.b64encode(record.data) + back


def _as_dict(record: Record, number: int) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "seq": number,
        "at": record.at,
        "kind": record.kind,
        "connection": record.connection,
        "direction": record.direction,
        "actor": record.actor,
        "flow": record.flow,
    }


def _fields(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line)
    return found


def _record(line: bytes, path: Path, number: int) -> Record:
    try:
        found = _fields(line)
        return Record(
            at=_text(found["at"]),
            kind=_text(found["kind"]),
            connection=_text(found["connection"]),
            direction=_text(found["direction"]),
            actor=_text(found["actor"]),
            flow=_text(found["flow"]),
            data=pybase64.b64decode(_text(found["data"]), validate=True),
            facts={key: _text(value) for key, value in found["facts"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise HarnessError(_bad_line(wrong), file=path, line=number) from None


def _bad_line(wrong: Exception) -> Text:
    return say("wire.journal.bad_line", reason=f"{type(wrong).__name__}: {wrong}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r:.40} is no whole number")
    return value
