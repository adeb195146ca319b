"""A ZIP of somebody else, unpacked within bounds.

No path leaves the folder, no link, no device; number, size and ratio are bounded before anything is
written. One folder that holds all the rest is left out of the paths.
"""

import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from harness.errors import HarnessError
from harness.text import plain, say

MOST_FILES: Final = 20_000
MOST_BYTES: Final = 1024 * 1024 * 1024
LARGEST: Final = 64 * 1024 * 1024
RATIO: Final = 300  # of what a file becomes to what it was, from a megabyte on


def unpack(file: Path, folder: Path) -> Path:
    """Unpack into a folder; the folder that holds everything. Raises HarnessError."""
    try:
        with zipfile.ZipFile(file) as found:
            members = [one for one in found.infolist() if not one.is_dir()]
            _check(members, file)
            for one in members:
                _write(found, one, folder)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as wrong:
        raise HarnessError(say("cli.unreadable", reason=plain(str(wrong))), file=file) from None
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _check(members: list[zipfile.ZipInfo], file: Path) -> None:
    if len(members) > MOST_FILES or sum(one.file_size for one in members) > MOST_BYTES:
        raise HarnessError(say("pack.zip_limits", files=MOST_FILES, bytes=MOST_BYTES), file=file)
    for one in members:
        path = PurePosixPath(one.filename.replace("\\", "/"))
        kind = stat.S_IFMT(one.external_attr >> 16)
        outside = path.is_absolute() or ".." in path.parts or ":" in path.parts[0]
        if outside or kind not in (0, stat.S_IFREG):
            raise HarnessError(say("pack.zip_path", path=one.filename), file=file)
        bomb = one.file_size > 1024 * 1024 and one.file_size > RATIO * max(one.compress_size, 1)
        if bomb or one.file_size > LARGEST:
            raise HarnessError(say("pack.zip_large", path=one.filename), file=file)


def _write(found: zipfile.ZipFile, one: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / one.filename.replace("\\", "/")
    target.parent.mkdir(parents=True, exist_ok=True)
    with found.open(one) as source:
        target.write_bytes(source.read(one.file_size))  # never more than was announced
