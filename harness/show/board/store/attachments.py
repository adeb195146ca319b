"""Files that people attach to a run as evidence: what they are is seen in their first bytes.

A file is kept under a name of our own; the name that it had is shown and nothing else. It is only
ever given back as a download. What is removed leaves its line behind.
"""

import contextlib
import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from harness.errors import HarnessError
from harness.show.board.store.database import Database
from harness.show.board.store.rooms import Person
from harness.show.board.store.tables import ATTACHMENTS, PEOPLE, RUNS
from harness.show.words import visible
from harness.text import say

LIMIT: Final = 8 * 1024 * 1024  # bytes of a file
MOST: Final = 20  # files of a run
OF_PERSON: Final = 256 * 1024 * 1024  # bytes that one person may attach
FOLDER: Final = "attachments"
_LONG: Final = 120  # characters of a name that is shown
_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"%PDF-", "pdf"),
    (b"\x0a\x0d\x0d\x0a", "pcapng"),
    (b"\xd4\xc3\xb2\xa1", "pcap"),
    (b"\xa1\xb2\xc3\xd4", "pcap"),
)
KINDS: Final = (*dict.fromkeys(kind for _, kind in _MAGIC), "txt")
_IN_TEXT: Final = frozenset("\t\n\r\x0b\x0c\x1c")  # HL7 v2 as it crosses the wire has some of them


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, and the step that asks for it: its number, 0 for none.

    `name` is how it was called, `file` our own name for it, `kind` one of `KINDS`; `by` who
    attached it, `removed` when it was taken away.
    """

    id: int
    run: int
    person: int
    step: int
    name: str
    kind: str
    size: int
    sha256: str
    file: str
    at: float
    removed: float | None
    by: str

    @property
    def given(self) -> str:
        """The name that it is given back under."""
        return f"run-{self.run}-{self.id}.{self.kind}"


def kind_of(data: bytes) -> str:
    """What a file is, by its first bytes; text by all of them. Raises HarnessError for others."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if not text or any((c < " " or c == "\x7f") and c not in _IN_TEXT for c in text):
        raise HarnessError(say("board.proof.kind", kinds=", ".join(KINDS)))
    return "txt"


def add(
    database: Database, folder: Path, run: int, person: Person, step: int, name: str, data: bytes
) -> Attachment:
    """Keep a file in a run's folder. Raises HarnessError when it is none that is taken."""
    if len(data) > LIMIT:
        raise HarnessError(say("board.proof.large", most=LIMIT // 2**20))
    kind = kind_of(data)
    values = {
        "run": run,
        "person": person.id,
        "step": step,
        "name": shown(name),
        "kind": kind,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "file": f"{secrets.token_hex(16)}.{kind}",
    }
    file = folder / FOLDER / str(values["file"])
    _written(file, data)
    try:
        with database.writing() as to:
            _refuse_too_many(to, run, person, len(data))
            made = to.execute(insert(ATTACHMENTS).values(**values, at=time.time()))
            number = int(made.inserted_primary_key[0])  # type: ignore[index]
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    found = attachment(database, number)
    assert found  # noqa: S101  a moment ago
    return found


def shown(name: str) -> str:
    """A name of a file as it may be shown: without folders, with nothing that acts."""
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    return visible(last)[:_LONG] or "-"


def _written(file: Path, data: bytes) -> None:
    """On disk before anybody is told. Raises HarnessError when it cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
            to.write(data)
            to.flush()
            os.fsync(to.fileno())
    except OSError as wrong:
        with contextlib.suppress(OSError):
            file.unlink()
        raise HarnessError(say("board.proof.disk", reason=wrong.strerror or str(wrong))) from None


def _refuse_too_many(of: Connection, run: int, person: Person, size: int) -> None:
    kept = ATTACHMENTS.c.removed.is_(None)
    wanted = select(func.count()).where(ATTACHMENTS.c.run == run, kept)
    if of.execute(wanted).scalar_one() >= MOST:
        raise HarnessError(say("board.proof.many", most=MOST))
    mine = select(func.sum(ATTACHMENTS.c.size)).where(ATTACHMENTS.c.person == person.id, kept)
    if (of.execute(mine).scalar_one() or 0) + size > OF_PERSON:
        raise HarnessError(say("board.proof.much", most=OF_PERSON // 2**20))


def remove(database: Database, folder: Path, found: Attachment) -> None:
    """Take a file away; its line stays."""
    with database.writing() as to:
        to.execute(
            update(ATTACHMENTS).where(ATTACHMENTS.c.id == found.id).values(removed=time.time())
        )
    (folder / FOLDER / found.file).unlink(missing_ok=True)


def attachment(database: Database, number: int) -> Attachment | None:
    """A file by its number."""
    return next(iter(_read(database, ATTACHMENTS.c.id == number)), None)


def of_run(database: Database, run: int) -> tuple[Attachment, ...]:
    """Every file of a run, in order, those that were removed as well."""
    return _read(database, ATTACHMENTS.c.run == run)


def of_room(database: Database, room: int) -> dict[int, tuple[Attachment, ...]]:
    """The files of every run of a room that has any."""
    runs = select(RUNS.c.id).where(RUNS.c.room == room)
    found: dict[int, tuple[Attachment, ...]] = {}
    for one in _read(database, ATTACHMENTS.c.run.in_(runs)):
        found[one.run] = (*found.get(one.run, ()), one)
    return found


def _read(database: Database, where: ColumnElement[bool]) -> tuple[Attachment, ...]:
    joined = ATTACHMENTS.join(PEOPLE, ATTACHMENTS.c.person == PEOPLE.c.id)
    wanted = select(ATTACHMENTS, PEOPLE.c.name.label("by")).select_from(joined).where(where)
    with database.reading() as of:
        return tuple(
            Attachment(**row) for row in of.execute(wanted.order_by(ATTACHMENTS.c.id)).mappings()
        )
