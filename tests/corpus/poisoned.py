"""A worker at which some messages are poison, by the word that they hold."""

import os
import signal
import time

from harness.show.checking import Asked
from harness.show.corpus import rows, worker
from harness.show.corpus.pieces import Piece
from harness.sim.record import Judged

_of = rows.of


def of(piece: Piece, asked: Asked) -> bytes:
    if b"KILL" in piece.raw:
        os.kill(os.getpid(), signal.SIGKILL)
    if b"SLEEP" in piece.raw:
        time.sleep(600)
    if b"PRINT" in piece.raw:
        print("something")  # what a library may do
    return _of(piece, asked)


def judged(piece: Piece, asked: Asked) -> Judged:
    if b"MEMORY" in piece.raw:
        bytearray(64 << 30)
    return _judged(piece, asked)


_judged = rows._judged
rows.of, rows._judged = of, judged

if __name__ == "__main__":
    worker.main()
