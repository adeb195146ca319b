"""A corpus as one file: NDJSON, or a TAR with a file for each message. The same messages give the
same bytes.
"""

import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

import pybase64

from harness.errors import HarnessError
from harness.sim.traffic import Sent
from harness.text import say
from harness.wire import files

_LINES: Final = (".ndjson", ".ndjson.gz", ".ndjson.xz")
_TAR: Final = (".tar", ".tar.gz", ".tar.xz")


def write(file: Path, messages: Iterable[Sent]) -> None:
    """Write messages to a file, whose ending says how.

    Raises HarnessError for another ending, or when the disk does not take it.
    """
    name = file.name.lower()
    if not name.endswith((*_LINES, *_TAR)):
        raise HarnessError(say("corpus.bad_ending"), file=file, hint=", ".join((*_LINES, *_TAR)))
    beside = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as raw, _packed(raw, name) as stream:
            (_as_lines if name.endswith(_LINES) else _as_tar)(stream, messages)
        beside.replace(file)
    except OSError as wrong:
        raise files.refused(wrong, file) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _packed(raw: BinaryIO, name: str) -> IO[bytes]:
    if name.endswith(".gz"):
        return cast(IO[bytes], gzip.GzipFile("", "wb", fileobj=raw, mtime=0, compresslevel=6))
    if name.endswith(".xz"):
        return lzma.LZMAFile(raw, "wb")
    return io.BufferedWriter(cast(Any, raw))


def _as_lines(stream: IO[bytes], messages: Iterable[Sent]) -> None:
    for sent in messages:
        line: dict[str, str] = {"name": sent.name}
        try:
            line["raw"] = sent.raw.decode()
        except UnicodeDecodeError:
            line["raw_base64"] = pybase64.b64encode(sent.raw).decode()
        if sent.defect:
            line["defect"] = sent.defect
        stream.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def _as_tar(stream: IO[bytes], messages: Iterable[Sent]) -> None:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for sent in messages:
            member = tarfile.TarInfo(f"{sent.name}.er7")
            member.size = len(sent.raw)
            archive.addfile(member, io.BytesIO(sent.raw))
            archive.members.clear()  # type: ignore[attr-defined]  # else they are all kept
