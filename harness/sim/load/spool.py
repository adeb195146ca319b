"""Conversations that wait to be judged, on disk: first in, first out, in constant memory.

One JSON object a line, bytes in base64. The file is emptied whenever nothing waits any more.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

import pybase64

from harness.errors import HarnessError
from harness.sim.load.exam import Said
from harness.text import say
from harness.wire.transcript import told

Waiting = tuple[int | None, Sequence[Said]]


class Spool:
    """Keeps conversations in `path`. `len` tells how many wait."""

    def __init__(self, path: Path) -> None:
        """Raises HarnessError when the file cannot be made."""
        self.path = path
        self._waiting = 0
        self._read = 0  # bytes that have been taken
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("w+b")
        except OSError as wrong:
            raise HarnessError(say("cli.cannot_write", reason=told(wrong)), file=path) from None

    def __len__(self) -> int:
        return self._waiting

    def put(self, waiting: Waiting) -> None:
        """One more. Raises HarnessError when the disk does not take it."""
        try:
            self._file.seek(0, 2)
            self._file.write(_line(waiting))
        except OSError as wrong:
            raise HarnessError(
                say("cli.cannot_write", reason=told(wrong)), file=self.path
            ) from None
        self._waiting += 1

    def take(self) -> Waiting:
        """The one that has waited longest. There must be one."""
        self._file.seek(self._read)
        line = self._file.readline()
        self._read += len(line)
        self._waiting -= 1
        if not self._waiting:
            self._file.truncate(0)
            self._read = 0
        return _waiting(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


def _line(waiting: Waiting) -> bytes:
    number, conversation = waiting
    said = [[one.flow, one.ours, _text(one.raw), _text(one.answer)] for one in conversation]
    return json.dumps([number, said]).encode() + b"\n"


def _text(raw: bytes) -> str:
    return pybase64.b64encode(raw).decode()


def _waiting(line: bytes) -> Waiting:
    number, said = json.loads(line)
    return number, [
        Said(flow, ours, pybase64.b64decode(raw), pybase64.b64decode(answer))
        for flow, ours, raw, answer in said
    ]
