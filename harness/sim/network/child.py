"""What every process that we begin beside the one that answers does first."""

import os
import signal
import threading
import time
from typing import Final

NICE: Final = 5  # how much more the answering of messages weighs for the system
_LOOK: Final = 1.0  # seconds between two looks at the parent


def begin() -> None:
    """The user's signals are for the parent, and so is the terminal; the child ends with it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICE)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # whoever reads what the parent says is not kept waiting by us
    os.close(nothing)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
