"""What was worked out from our own files, kept from one process to the next.

`TELERAD_CACHE` names the folder (empty: nothing is kept), else `$XDG_CACHE_HOME/telerad`, else
`~/.cache/telerad`. A file there is of use to nobody but its owner: it is read only when it belongs
to the user and nobody else may write or read it, when it was made from the same content (`key`) and
is whole. Whatever is wrong with it, it is made again; where nothing can be written, it only takes
longer.

    file = MAGIC + key (32 bytes) + SHA-256 of the content (32 bytes) + content
"""

import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from harness.version import VERSION

_MAGIC: Final = b"telerad-kept-1\n"
_DIGEST: Final = 32  # bytes of a key, and of the content's digest
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_PRIVATE: Final = 0o600


def folder() -> Path | None:
    """Where things are kept; None when nothing is to be kept. It need not exist."""
    chosen = os.environ.get("TELERAD_CACHE")
    if chosen is not None:
        return Path(chosen) if chosen else None
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = os.path.expanduser("~")  # noqa: PTH111  Path.home raises where there is none
    if not base and not os.path.isabs(home):  # noqa: PTH117
        return None
    return Path(base or os.path.join(home, ".cache"), "telerad")  # noqa: PTH118


def key(files: Iterable[Path], *words: str) -> bytes:
    """32 bytes that differ when a file, its name, a word, this program or Python differs.

    Raises OSError when a file cannot be read.
    """
    from hashlib import sha256  # brings OpenSSL: not for who only asks for the version

    total = sha256(f"{VERSION}\0{sys.implementation.cache_tag}\0{sys.version}".encode())
    for word in words:
        total.update(b"\0" + word.encode())
    for file in files:
        content = file.read_bytes()
        total.update(f"\0{file.name}\0{len(content)}\0".encode())
        total.update(content)
    return total.digest()


def read(name: str, made_from: bytes) -> bytes | None:
    """What was kept under that name from that key; None when there is nothing to be used."""
    home = folder()
    if home is None:
        return None
    try:
        descriptor = os.open(home / name, os.O_RDONLY | _NO_FOLLOW)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as opened:
        if not _is_private(os.fstat(descriptor)):
            return None
        raw = opened.read()
    head, content = raw[: len(_MAGIC) + 2 * _DIGEST], raw[len(_MAGIC) + 2 * _DIGEST :]
    return content if head == _head(made_from, content) else None


def write(name: str, made_from: bytes, content: bytes) -> None:
    """Keep something. Where that cannot be, nothing happens."""
    home = folder()
    if home is None:
        return
    beside = home / f".{name}.{os.getpid()}"
    with suppress(OSError):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
            with os.fdopen(os.open(beside, flags, _PRIVATE), "wb") as opened:
                opened.write(_head(made_from, content) + content)
            beside.replace(home / name)
        except OSError:
            beside.unlink(missing_ok=True)
            raise


def _head(made_from: bytes, content: bytes) -> bytes:
    from hashlib import sha256

    return _MAGIC + made_from + sha256(content).digest()


def _is_private(found: os.stat_result) -> bool:
    """A file of the user's own, that nobody else may touch. Windows has no such bits."""
    if not stat.S_ISREG(found.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & 0o077
