"""Rows on disk: `FILE.parts/` while they are being made, FILE when they are whole.

    FILE.parts/manifest.ndjson   what the corpus and the rules are; then one line for each segment
    FILE.parts/000001.ndjson     the rows of a thousand pieces

A segment counts once its line is in the manifest. A run that was killed is resumed behind the last
one, and its FILE is the same, byte for byte, as that of a run that was not. What was judged before
is read again, not judged again: where a byte of it has changed, or the rules have, nothing is
resumed.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final

from harness.errors import HarnessError
from harness.show.corpus.pieces import Piece
from harness.text import say
from harness.wire import files, transcript

SCHEMA: Final = "telerad-corpus-1"
SEGMENT: Final = 1000  # pieces
KINDS: Final = (".ndjson", ".parquet")
_MANIFEST: Final = "manifest.ndjson"


@dataclass(frozen=True, slots=True)
class Made:
    """What results are made of: they are resumed where all of it is the same.

    `rules` names all that decides a verdict, `corpus` the files and their state.
    """

    corpus: str
    rules: str
    tool: str
    profile: str
    form: str = SCHEMA


@dataclass(frozen=True, slots=True)
class Segment:
    """A finished part: its number from 1, how many pieces and rows, and their digests.

    `content` is SHA-256 over all pieces from the first of the corpus to the last of the segment.
    """

    number: int
    pieces: int
    rows: int
    sha256: str
    content: str


@dataclass(slots=True)
class _Open:
    """The segment being written."""

    file: IO[bytes]
    digest: Any
    pieces: int = 0
    rows: int = 0


@dataclass(slots=True)
class Results:
    """The results of one run, being written. Close it whatever happens."""

    file: Path
    made: Made
    segments: list[Segment] = field(default_factory=list)
    _manifest: IO[bytes] | None = None
    _open: _Open | None = None
    _content: Any = field(default_factory=sha256)
    _checked: int = 0

    @property
    def parts(self) -> Path:
        """The folder of what is not whole yet."""
        return self.file.with_name(f"{self.file.name}.parts")

    @property
    def judged(self) -> int:
        """How many pieces need not be judged again."""
        return sum(segment.pieces for segment in self.segments)

    # -- opening ----------------------------------------------------------------------------

    def open(self, *, resume: bool) -> None:
        """Begin, or go on.

        Raises HarnessError when there is something to go on with and nobody asked for it; when it
        was made of another corpus or by other rules; when somebody else is writing it.
        """
        manifest = self.parts / _MANIFEST
        if manifest.exists() and not resume:
            raise HarnessError(say("corpus.unfinished"), file=self.parts, hint="--resume")
        try:
            with _telling(self.parts):
                whole = self._open_manifest(manifest)
            if whole:
                self._read(whole, manifest)
        except BaseException:
            self.close()
            raise

    def _open_manifest(self, manifest: Path) -> list[bytes]:
        """Its whole lines; what a killed process left of another one is taken out."""
        self.parts.mkdir(parents=True, exist_ok=True)
        self._manifest = manifest.open("a+b")
        transcript.lock(self._manifest, self.parts)
        self._manifest.seek(0)
        lines = self._manifest.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._manifest.truncate(sum(map(len, whole)))
        if not whole:
            self._note(asdict(self.made))
        return whole

    def _read(self, lines: list[bytes], manifest: Path) -> None:
        try:
            head, *rest = (json.loads(line) for line in lines)
            theirs, found = Made(**head), [Segment(**one) for one in rest]
        except (ValueError, TypeError):
            raise HarnessError(say("corpus.bad_manifest"), file=manifest) from None
        for what in ("form", "corpus", "rules"):
            if getattr(theirs, what) != getattr(self.made, what):
                raise HarnessError(say(f"corpus.changed.{what}"), file=self.parts)
        self.segments = [one for one in found if self._is_whole(one)]
        if len(self.segments) != len(found):
            raise HarnessError(say("corpus.bad_segment"), file=self.parts)

    def _is_whole(self, segment: Segment) -> bool:
        try:
            with self._of(segment.number).open("rb") as file:
                return _digest(file) == segment.sha256
        except OSError:
            return False

    def _of(self, number: int) -> Path:
        return self.parts / f"{number:06d}.ndjson"

    # -- what was judged before ---------------------------------------------------------------

    def rows(self) -> Iterator[bytes]:
        """The rows of the segments that are finished, in order."""
        for segment in self.segments:
            with self._of(segment.number).open("rb") as file:
                yield from file

    def recognise(self, piece: Piece) -> None:
        """Look at a piece that was judged before. Raises HarnessError when it is another one."""
        self._take_in(piece)
        self._checked += 1
        if self._checked % SEGMENT == 0 or self._checked == self.judged:
            segment = self.segments[(self._checked - 1) // SEGMENT]
            if segment.content != self._content.hexdigest():
                raise HarnessError(say("corpus.changed.corpus"), file=self.parts)

    def all_recognised(self) -> None:
        """There was no less to look at. Raises HarnessError when pieces are gone."""
        if self._checked < self.judged:
            raise HarnessError(say("corpus.changed.corpus"), file=self.parts)

    def _take_in(self, piece: Piece) -> None:
        trouble = piece.trouble.en if piece.trouble else ""
        head = f"{piece.name}\0{piece.flow}\0{trouble}\0{len(piece.raw)}\0"
        self._content.update(head.encode() + piece.raw)

    # -- writing ----------------------------------------------------------------------------

    def add(self, piece: Piece, rows: bytes) -> None:
        """Write the rows of the next piece."""
        self._take_in(piece)
        with _telling(self.parts):
            if self._open is None:
                self._open = _Open(self._of(len(self.segments) + 1).open("wb"), sha256())
            opened = self._open
            opened.file.write(rows)
            opened.digest.update(rows)
            opened.pieces += 1
            opened.rows += rows.count(b"\n")
            if opened.pieces == SEGMENT:
                self._end_segment()

    def _end_segment(self) -> None:
        opened = self._open
        if opened is None:
            return
        opened.file.flush()
        os.fsync(opened.file.fileno())
        opened.file.close()
        self._open = None
        segment = Segment(
            len(self.segments) + 1,
            opened.pieces,
            opened.rows,
            opened.digest.hexdigest(),
            self._content.hexdigest(),
        )
        self.segments.append(segment)
        self._note(asdict(segment))

    def _note(self, what: dict[str, Any]) -> None:
        if self._manifest is None:
            raise ValueError("the results are closed")
        self._manifest.write(json.dumps(what).encode() + b"\n")
        self._manifest.flush()
        os.fsync(self._manifest.fileno())

    def finish(self, *, whole: bool) -> None:
        """Write FILE of what there is. When it is whole nothing else stays."""
        from harness.show.corpus import parquet

        with _telling(self.file):
            if whole:
                self._end_segment()
            elif self._open:
                self._open.file.flush()
            names = [self._of(segment.number) for segment in self.segments]
            if self._open:
                names.append(self._of(len(self.segments) + 1))
            beside = self.file.with_name(f".{self.file.name}.part")
            write = parquet.write if self.file.suffix == ".parquet" else _join
            write(names, beside)
            beside.replace(self.file)
        self.close()
        if whole:
            shutil.rmtree(self.parts)

    def close(self) -> None:
        """Let go of the files; what was written stays, to be resumed."""
        for opened in (self._open and self._open.file, self._manifest):
            with suppress(OSError):
                if opened:
                    opened.close()
        self._open = self._manifest = None


def _join(parts: list[Path], into: Path) -> None:
    with into.open("wb") as file:
        for part in parts:
            with part.open("rb") as rows:
                shutil.copyfileobj(rows, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _digest(file: IO[bytes]) -> str:
    found = sha256()
    while part := file.read(1 << 20):
        found.update(part)
    return found.hexdigest()


@contextmanager
def _telling(file: Path) -> Iterator[None]:
    """What the disk refuses is told with the file's name."""
    try:
        yield
    except OSError as wrong:
        raise files.refused(wrong, file) from None
