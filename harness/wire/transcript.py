"""The journal of a run: NDJSON, one record a line, on disk before an acknowledgement leaves.

Bytes are in base64 so that nothing is normalised. A process killed in mid-line leaves a torn last
line, which a reader steps over; anything else that cannot be read is an error with its line.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pybase64

from harness.errors import HarnessError
from harness.text import say

SCHEMA: Final = "telerad-journal-1"


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened.

    `at` is an ISO 8601 time given by the caller. `kind`: run, message, ack, junk, oversize,
    unfinished, event, end. `direction`: in or out, seen from `actor`.
    """

    at: str
    kind: str
    connection: str = ""
    direction: str = ""
    actor: str = ""
    flow: str = ""
    data: bytes = b""
    facts: Mapping[str, str] = field(default_factory=dict)


class Journal:
    """Appends records to a file. One writer."""

    def __init__(self, path: Path, *, sync: bool = True) -> None:
        """Open `path` for appending, its folder made if need be. `sync`: wait for the disk.

        Raises HarnessError when the file cannot be opened.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
        except OSError as wrong:
            reason = wrong.strerror or str(wrong)
            raise HarnessError(say("wire.journal.closed", reason=reason), file=path) from None
        self.path = path
        self._sync = sync
        self._number = 0

    def append(self, record: Record) -> int:
        """Write a record; it is on disk when this returns. Gives its number, from 1.

        Raises OSError when the disk does not take it: then nothing may be acknowledged.
        """
        self._number += 1
        line = json.dumps(_as_dict(record, self._number), ensure_ascii=False)
        self._file.write(line.encode("utf-8", "surrogateescape") + b"\n")
        self._file.flush()
        if self._sync:
            os.fdatasync(self._file.fileno())
        return self._number

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


def read(path: Path) -> Iterator[Record]:
    """The records of a journal. A torn last line is stepped over.

    Raises HarnessError with file and line for any other line that is not a record.
    """
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        torn = number == len(lines)  # a whole record ends with a line feed
        if line and not torn:
            yield _record(line, path, number)


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
        "data": pybase64.b64encode_as_string(record.data),
        "facts": dict(record.facts),
    }


def _record(line: bytes, path: Path, number: int) -> Record:
    try:
        found = json.loads(line)
        return Record(
            at=found["at"],
            kind=found["kind"],
            connection=found["connection"],
            direction=found["direction"],
            actor=found["actor"],
            flow=found["flow"],
            data=pybase64.b64decode(found["data"], validate=True),
            facts=found["facts"],
        )
    except (ValueError, KeyError, TypeError) as wrong:
        reason = f"{type(wrong).__name__}: {wrong}"
        what = say("wire.journal.bad_line", reason=reason)
        raise HarnessError(what, file=path, line=number) from None
