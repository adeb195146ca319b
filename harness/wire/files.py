"""Files that are whole or not there: written beside their place, then renamed."""

import errno
from contextlib import suppress
from pathlib import Path
from typing import Final

from harness.errors import HarnessError, NotMeasured
from harness.text import say

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def write(file: Path, data: bytes) -> None:
    """Write a file; what was there before stays until all of the new one is written.

    Raises NotMeasured when the disk has no room for it, HarnessError for any other reason.
    """
    beside = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not file.is_file():  # /dev/stdout and the like
            file.write_bytes(data)
            return
        beside.write_bytes(data)
        beside.replace(file)
    except OSError as wrong:
        with suppress(OSError):
            beside.unlink()
        if wrong.errno in _NO_ROOM:
            reason = wrong.strerror or str(wrong)
            what, hint = say("wire.files.no_room", reason=reason), say("wire.files.again")
            raise NotMeasured(what, file=file, hint=hint) from None
        raise refused(wrong, file) from None


def refused(wrong: OSError, file: Path) -> HarnessError:
    """What to say of a file that the disk did not take; NotMeasured where there was no room."""
    kind = NotMeasured if wrong.errno in _NO_ROOM else HarnessError
    return kind(say("cli.cannot_write", reason=wrong.strerror or str(wrong)), file=file)
