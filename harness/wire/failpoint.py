"""Places where a test kills this process, to see that nothing acknowledged is lost.

`TELERAD_FAILPOINT=NAME:COUNT` ends the process, as `kill -9` does, when it comes to the point NAME
for the COUNT-th time (the first when COUNT is left out). Unset, a point costs one comparison.

    before-write    records are about to be written to the journal
    half-write      they are written but for half of the last one: a torn line
    after-write     they are written, not synchronised
    before-sync     `fdatasync` is about to be called
    after-sync      they are on disk, nothing has been sent
    before-send     an answer, or a block to be passed on, is about to be sent
    after-send      it was handed to the system
"""

import os
import signal
from typing import Final

NAMES: Final = (
    "before-write",
    "half-write",
    "after-write",
    "before-sync",
    "after-sync",
    "before-send",
    "after-send",
)
_NAME, _, _COUNT = os.environ.get("TELERAD_FAILPOINT", "").partition(":")
WANTED: Final = _NAME
_left = [int(_COUNT or 1)] if _NAME in NAMES and (_COUNT or "1").isdecimal() else [0]


def is_next(name: str) -> bool:
    """The process will die the next time it comes to this point."""
    return name == WANTED and _left[0] == 1


def at(name: str) -> None:
    """Die here when it is the turn of this point."""
    if name == WANTED:
        _left[0] -= 1
        if _left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
