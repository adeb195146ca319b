"""Codes that let people in: made by chance, kept as keyed hashes, guessed only slowly.

A code has 80 bits in letters and digits that nobody mistakes for each other. Its hash is keyed with
the board's own secret, so that a stolen database does not let anybody in.
"""

import hashlib
import hmac
import os
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from harness.errors import HarnessError
from harness.text import say

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
LENGTH: Final = 16
_ALIKE: Final = str.maketrans("ILO", "110")


def make() -> str:
    """A new code, in groups of four."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, LENGTH, 4))


def normal(typed: str) -> str:
    """What was typed, without what people add, and letters that look alike taken for digits."""
    return "".join(c for c in typed[:64].upper().translate(_ALIKE) if c in ALPHABET)


class Secret:
    """The board's secret: hashes codes, signs what is given to browsers."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def hash(self, code: str) -> str:
        """The keyed hash of a code, 64 hexadecimal digits."""
        return hmac.new(self.key, b"code:" + normal(code).encode(), hashlib.sha256).hexdigest()

    def mark(self, purpose: str, text: str) -> str:
        """A mark that only this board can make of a text, for one purpose."""
        return hmac.new(self.key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()

    @classmethod
    def of(cls, file: Path) -> "Secret":
        """The secret kept in a file, which is made, readable for its owner only.

        Raises HarnessError for a file that cannot be read or written, or is too short.
        """
        try:
            with _new(file) as opened:
                opened.write(secrets.token_bytes(32))
                opened.flush()
                os.fsync(opened.fileno())
        except FileExistsError:
            pass
        except OSError as wrong:
            reason = wrong.strerror or str(wrong)
            raise HarnessError(say("board.no_secret", reason=reason), file=file) from None
        try:
            key = file.read_bytes()
        except OSError as wrong:
            reason = wrong.strerror or str(wrong)
            raise HarnessError(say("board.no_secret", reason=reason), file=file) from None
        if len(key) < 32:
            raise HarnessError(say("board.short_secret"), file=file)
        return cls(key)


def _new(file: Path) -> BinaryIO:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


class Attempts:
    """Counts tries that failed: after `most` within `window` seconds, no more are taken.

    By who asks, and for everybody together. `clock` gives seconds that never go back.
    """

    def __init__(
        self,
        most: int = 10,
        window: float = 60.0,
        in_all: int = 200,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._window = window
        self._in_all = in_all
        self._clock = clock
        self._failed: deque[tuple[float, str]] = deque()

    def wait(self, who: str) -> float:
        """Seconds until the next try of `who` is taken; 0.0 now."""
        now = self._clock()
        while self._failed and self._failed[0][0] <= now - self._window:
            self._failed.popleft()
        own = [at for at, name in self._failed if name == who]
        if len(own) >= self._most:
            return own[-self._most] + self._window - now
        if len(self._failed) >= self._in_all:
            return self._failed[-self._in_all][0] + self._window - now
        return 0.0

    def failed(self, who: str) -> None:
        """A try of `who` has failed."""
        self._failed.append((self._clock(), who))
