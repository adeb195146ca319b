"""The process that judges: a rule set once, then batches of pieces; rows out, piece by piece.

Run as `python -m harness.show.corpus.worker`. It speaks on its standard input and output, with the
process that started it and nobody else, and ends when that one does; so does its folder. Memory
beyond the limit makes the piece at hand an error and no more; whatever kills this process is for
the other one to see.
"""

import gc
import os
import pickle
import shutil
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from harness.show.corpus import rows, ruleset
from harness.show.corpus.pieces import Piece
from harness.show.corpus.ruleset import Refused, RuleSet

LENGTH: Final = struct.Struct("<Q")
READY: Final = b"ready"


def main() -> None:
    """Judge until there is no more."""
    incoming, outgoing = _own_streams()
    rules, memory, folder = pickle.load(incoming)  # noqa: S301  from who started this process
    try:
        _limit(memory)
        _judge(incoming, outgoing, rules, Path(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output, which nothing else can write to by mistake afterwards."""
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sys.stdin.buffer, outgoing


def _limit(memory: int) -> None:
    """Bound the memory of this process, in bytes, where the system can."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _judge(incoming: BinaryIO, outgoing: BinaryIO, rules: RuleSet, folder: Path) -> None:
    try:
        asked = ruleset.unpack(rules, folder)
    except Refused as why:
        send(outgoing, str(why).encode())
        return
    gc.freeze()  # rules live as long as we do: no need to look through them again and again
    gc.disable()  # what a batch leaves is looked through once, behind it
    send(outgoing, READY)
    while (batch := receive(incoming)) is not None:
        for piece in batch:
            send(outgoing, rows.of(piece, asked))
        gc.collect()


def send(stream: BinaryIO, data: bytes) -> None:
    """Write one answer; it is on its way when this returns."""
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[Piece, ...] | None:
    """The next batch; None when there is no more."""
    try:
        found: tuple[Piece, ...] = pickle.load(stream)  # noqa: S301  from who started this process
    except EOFError:
        return None
    return found


if __name__ == "__main__":
    with suppress(BrokenPipeError, KeyboardInterrupt):
        main()
