"""The messages in a TAR or ZIP archive, member by member, never unpacked on disk.

Names of members are only shown. What is no file, or has another ending than messages have, is left
aside and counted. A member that expands more than a hundredfold, is encrypted or broken becomes a
piece that says so; after damage that hides where the next member begins, the archive ends there,
and says so too.
"""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast

from harness.show.corpus.pieces import LIMIT, Piece, of_stream, too_large, unreadable
from harness.text import Text, plain, say

RATIO: Final = 100  # what a compressed byte may become
_SMALL: Final = 1 << 20  # below which a ratio says nothing
_XZ_MEMORY: Final = 256 << 20
_BROKEN: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,  # a method of compression that Python does not know
    RuntimeError,  # an encrypted member
    ValueError,  # a name that is no text
)

Wanted = Callable[[str], bool]  # whether a member of that name is a message


def _why(wrong: BaseException) -> Text:
    return say("corpus.broken", reason=plain(str(wrong) or type(wrong).__name__))


# -- compression ----------------------------------------------------------------------------


class _Xz(io.RawIOBase):
    """Reads an xz stream with bounded memory, whatever its header asks for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._ready = b""
        self._left = b""
        self._reader = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        into = memoryview(buffer)  # type: ignore[arg-type]  # what RawIOBase hands over
        while not self._ready and self._more(len(into)):
            pass
        taken, self._ready = self._ready[: len(into)], self._ready[len(into) :]
        into[: len(taken)] = taken
        return len(taken)

    def _more(self, size: int) -> bool:
        """Take a step; False at the end of the file."""
        if self._reader.eof:
            self._left = self._reader.unused_data.lstrip(b"\0")
            if not (self._left or self._fill()):
                return False
            self._reader = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
        if self._reader.needs_input and not (self._left or self._fill()):
            raise EOFError("the compressed stream is cut short")
        data, self._left = self._left, b""
        self._ready = self._reader.decompress(data, max(size, 1))
        return True

    def _fill(self) -> bool:
        self._left = self._file.read(1 << 16)
        return bool(self._left)


def plain_bytes(file: BinaryIO) -> BinaryIO:
    """What a file holds once its compression is undone, which its first bytes tell."""
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb"))
    if head == b"\xfd7zXZ\0":
        return cast(BinaryIO, io.BufferedReader(_Xz(file), 1 << 16))
    if head.startswith(b"BZh"):
        return cast(BinaryIO, bz2.BZ2File(file))
    return file


# -- tar ------------------------------------------------------------------------------------


class _Header(tarfile.TarInfo):
    """A member whose header must be whole: Python's reader takes a broken one for the end."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> "_Header":
        try:
            return super().fromtarfile(tar)
        except tarfile.HeaderError as wrong:
            if type(wrong).__name__ == "EOFHeaderError":  # the blocks of zeros at the end
                raise
            raise tarfile.ReadError(str(wrong)) from None


def of_tar(name: str, file: BinaryIO, size: int, wanted: Wanted) -> Iterator[Piece | None]:
    """The messages of a TAR, compressed or not, of `size` bytes; None for what is left aside."""
    try:
        with tarfile.open(fileobj=plain_bytes(file), mode="r|", tarinfo=_Header) as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # else they are all kept
                if member.size > max(RATIO * size, _SMALL):
                    yield unreadable(f"{name}/{member.name}", say("corpus.bomb", ratio=RATIO))
                    yield unreadable(name, say("corpus.stopped"))
                    return
                yield from _of_member(name, archive, member, wanted)
                if archive.offset > RATIO * max(file.tell(), _SMALL):
                    yield unreadable(name, say("corpus.bomb", ratio=RATIO))
                    return
    except _BROKEN as wrong:
        yield unreadable(name, _why(wrong))


def _of_member(
    name: str, archive: tarfile.TarFile, member: tarfile.TarInfo, wanted: Wanted
) -> Iterator[Piece | None]:
    if member.isdir():
        return
    content = archive.extractfile(member) if member.isreg() and wanted(member.name) else None
    if content is None:
        yield None
    elif member.size > LIMIT:
        yield too_large(f"{name}/{member.name}")
    else:
        yield from of_stream(f"{name}/{member.name}", content)


# -- zip ------------------------------------------------------------------------------------


def of_zip(name: str, file: BinaryIO, size: int, wanted: Wanted) -> Iterator[Piece | None]:
    """The messages of a ZIP of `size` bytes; None for what is left aside.

    Its table of contents is in memory: less than a kilobyte for each member.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if sum(member.compress_size for member in members) > size:
                yield unreadable(name, say("corpus.overlaps"))
                return
            for member in members:
                yield from _of_entry(name, archive, member, wanted)
    except _BROKEN as wrong:
        yield unreadable(name, _why(wrong))


def _of_entry(
    name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, wanted: Wanted
) -> Iterator[Piece | None]:
    if member.is_dir():
        return
    if stat.S_ISLNK(member.external_attr >> 16) or not wanted(member.filename):
        yield None
        return
    place = f"{name}/{member.filename}"
    if member.file_size > max(RATIO * member.compress_size, _SMALL):
        yield unreadable(place, say("corpus.bomb", ratio=RATIO))
        return
    if member.file_size > LIMIT:
        yield too_large(place)
        return
    try:
        with archive.open(member) as content:
            yield from of_stream(place, content)
    except _BROKEN as wrong:
        yield unreadable(place, _why(wrong))


def suffix_of(name: str) -> str:
    """The ending of a member's name, in lower case."""
    return PurePosixPath(name).suffix.lower()


def guarded(name: str, pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The pieces of a compressed file, the last of them saying why there are no more."""
    try:
        yield from pieces
    except _BROKEN as wrong:
        yield unreadable(name, _why(wrong))
