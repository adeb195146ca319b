"""What a corpus is made of: folders, files, archives and lines, read as one stream of pieces.

The order is that of the paths given, and in a folder that of the names: the same corpus gives the
same pieces with the same indexes. Nothing is held but the piece at hand and the names of the folder
that is being read.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from harness.errors import HarnessError
from harness.show.checking import SUFFIXES
from harness.show.corpus import archives, lines
from harness.show.corpus.endings import LINES, TAR, is_archive
from harness.show.corpus.pieces import Piece, of_stream, unreadable
from harness.text import plain, say


@dataclass(slots=True)
class Corpus:
    """The corpus of some paths.

    While `pieces` is read, `position` says how many of its `total` bytes were read, and `aside`
    counts the files that were left aside by the end of their names.
    """

    paths: Sequence[Path]
    total: int = 0
    aside: Counter[str] = field(default_factory=Counter)
    _before: int = 0  # bytes of the files that were read
    _file: BinaryIO | None = None

    def identity(self) -> str:
        """SHA-256 over the names, sizes and times of change of all files; sets `total`.

        Raises HarnessError for a path that is not there, or a folder that cannot be read.
        """
        found, self.total = sha256(), 0
        for path in _files(self.paths):
            seen = path.stat()
            self.total += seen.st_size
            told = f"{path}\0{seen.st_size}\0{seen.st_mtime_ns}\n"
            found.update(told.encode("utf-8", "surrogateescape"))
        return found.hexdigest()

    @property
    def position(self) -> int:
        """How many bytes of the files were read."""
        opened = self._file
        return self._before + (opened.tell() if opened and not opened.closed else 0)

    def pieces(self) -> Iterator[Piece]:
        """Every message and document, numbered from 1. What cannot be read is a piece too."""
        self.aside.clear()
        self._before, number = 0, 0
        for path in _files(self.paths, self.aside):
            for piece in self._of_file(path):
                if piece is None:
                    self.aside["archive"] += 1
                    continue
                number += 1
                yield replace(piece, index=number)

    def _of_file(self, path: Path) -> Iterator[Piece | None]:
        try:
            with path.open("rb") as file:
                self._file = file
                yield from _opened(path, file)
                self._before += os.fstat(file.fileno()).st_size
        except OSError as wrong:
            reason = plain(wrong.strerror or type(wrong).__name__)
            yield unreadable(str(path), say("cli.unreadable", reason=reason))
        finally:
            self._file = None


def _opened(path: Path, file: BinaryIO) -> Iterator[Piece | None]:
    name, ending = str(path), path.name.lower()
    size = os.fstat(file.fileno()).st_size
    if ending.endswith(TAR):
        yield from archives.of_tar(name, file, size, _is_message)
    elif ending.endswith(".zip"):
        yield from archives.of_zip(name, file, size, _is_message)
    elif ending.endswith(LINES) and lines.is_journal(file):
        yield from lines.of_journal(name, path)
    elif ending.endswith(LINES):
        yield from archives.guarded(name, lines.of_ndjson(name, archives.plain_bytes(file)))
    else:
        yield from of_stream(name, file)


def _is_message(name: str) -> bool:
    return archives.suffix_of(name) in SUFFIXES


def _files(paths: Iterable[Path], aside: Counter[str] | None = None) -> Iterator[Path]:
    """The files of the corpus, in order. A file that is named is in it whatever its ending."""
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path, Counter() if aside is None else aside)
        elif path.exists():
            yield path
        else:
            raise HarnessError(say("cli.no_file"), file=path)


def _in_folder(folder: Path, aside: Counter[str]) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.unreadable", reason=reason), file=folder) from None
    for entry in entries:
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _in_folder(path, aside)
        elif path.suffix.lower() in SUFFIXES or is_archive(path):
            yield path
        else:
            aside["folder"] += 1
