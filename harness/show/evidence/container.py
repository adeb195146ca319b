"""The ZIP of a pack, written and read without trust.

Reading takes members of known names only, in bounded numbers and sizes, and nothing is unpacked to
a place that a name could choose.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

from harness.errors import HarnessError
from harness.text import say

MAX_BYTES: Final = 1024 * 1024 * 1024  # of all members
MAX_MEMBERS: Final = 100_000
_NAME: Final = re.compile(
    r"(?:seal|manifest|result)\.json|report\.html"
    r"|(?:messages|documents|attachments)/\w[\w.-]{0,120}",
    re.ASCII,
)
_STORED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_WHEN: Final = (1980, 1, 1, 0, 0, 0)


def written(files: Mapping[str, bytes]) -> bytes:
    """The ZIP of these files, always the same for the same ones."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as pack:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _WHEN)
            info.create_system = 3
            info.external_attr = 0o100600 << 16
            pack.writestr(info, data)
    return whole.getvalue()


def read(path: Path) -> dict[str, bytes]:
    """The files of a pack, as they are, their checksums not looked at.

    Raises HarnessError for what is no pack: unreadable, names that a pack does not have, too much.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as pack:
            infos = pack.infolist()
            _admit(infos, path)
            return {info.filename: _member(info, pack, file, path) for info in infos}
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.unreadable", reason=reason), file=path) from None
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as wrong:
        raise HarnessError(say("evidence.no_zip", reason=str(wrong)), file=path) from None


def _admit(infos: list[zipfile.ZipInfo], path: Path) -> None:
    names = [info.filename for info in infos]
    strange = next((name for name in names if not _NAME.fullmatch(name)), None)
    if strange is not None:
        raise HarnessError(say("evidence.name", name=strange), file=path)
    double = next((name for name in names if names.count(name) > 1), None) if _twice(names) else ""
    if double:
        raise HarnessError(say("evidence.name", name=double), file=path)
    total = sum(info.file_size for info in infos)
    if len(infos) > MAX_MEMBERS or total > MAX_BYTES:
        raise HarnessError(say("evidence.too_much", size=total, count=len(infos)), file=path)
    for info in infos:
        if info.flag_bits & 0x1 or info.compress_type not in _STORED:
            raise HarnessError(say("evidence.form", name=info.filename), file=path)


def _twice(names: list[str]) -> bool:
    return len(set(names)) < len(names)


def _member(info: zipfile.ZipInfo, pack: zipfile.ZipFile, file: IO[bytes], path: Path) -> bytes:
    """The bytes of a member. A stored one is read even when its checksum is wrong."""
    if info.compress_type == zipfile.ZIP_STORED:
        return _stored(info, file)
    try:
        with pack.open(info) as member:
            data = member.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise HarnessError(say("evidence.form", name=info.filename), file=path) from None
    if len(data) > info.file_size:
        raise HarnessError(say("evidence.form", name=info.filename), file=path)
    return data


def _stored(info: zipfile.ZipInfo, file: IO[bytes]) -> bytes:
    """Behind the local header: 30 bytes, the name, what is added."""
    file.seek(info.header_offset)
    name, more = struct.unpack("<26xHH", file.read(30))
    file.seek(info.header_offset + 30 + name + more)
    return file.read(info.file_size)
