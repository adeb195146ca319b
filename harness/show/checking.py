"""`check` as a function: files and folders in, a Report out."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harness.errors import HarnessError
from harness.rules import guess, versions
from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.show.report import Report, blank
from harness.show.runs.surroundings import now
from harness.sim.record import Judged
from harness.text import Text, say
from harness.wire import ed
from harness.wire.cda import Document
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer

SUFFIXES = frozenset({".er7", ".hl7", ".xml", ".txt", ".mllp"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a check is told: the profile, and what the files should be when the user knows, and
    to whom they go (`towards`: "pfi" for an intermediation platform).
    """

    profile: Profile
    flow: str | None = None
    command: str = ""
    towards: str = ""


def check(paths: Sequence[Path], asked: Asked) -> Report:
    """Judge files. A folder stands for the messages and documents in it.

    Where several hold versions of one document, each is compared with those before it.
    Raises HarnessError for a path that is not there or cannot be read, or when there is nothing.
    """
    begin, started = time.monotonic(), now()
    found = tuple(one for file in _files(paths) for one in _read(file, asked))
    files = tuple(judged(one, asked) for one in _in_chains(found, asked.profile))
    if not files:
        shown = ", ".join(str(path) for path in paths)
        raise HarnessError(say("cli.nothing", paths=shown))
    return _report(files, asked, started, time.monotonic() - begin)


def check_one(name: str, raw: bytes, asked: Asked) -> Report:
    """Judge one message or document that is at hand; `name` says where it stands."""
    begin, started = time.monotonic(), now()
    files = (judged(given(raw, name, asked), asked),)
    return _report(files, asked, started, time.monotonic() - begin)


def _report(files: tuple[Judged, ...], asked: Asked, started: datetime, seconds: float) -> Report:
    made = blank(asked.profile, asked.command, started, seconds)
    return replace(made, files=files, sut="none")


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
        elif path.exists():
            yield path
        else:
            raise HarnessError(say("cli.no_file"), file=path)


@dataclass(frozen=True, slots=True)
class Given:
    """A message or document of a file, what it should be, and what told it when nobody said."""

    name: str
    raw: bytes
    subject: Subject
    why: Text | None


def _read(file: Path, asked: Asked) -> Iterator[Given]:
    try:
        raw = file.read_bytes()
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.unreadable", reason=reason), file=file) from None
    blocks = _blocks(raw)
    for number, block in enumerate(blocks, 1):
        name = str(file) if len(blocks) == 1 else f"{file}#{number}"
        yield given(block, name, asked)


def _blocks(raw: bytes) -> list[bytes]:
    """The messages of a file that holds MLLP blocks; otherwise the file itself."""
    if not raw.startswith(b"\x0b"):
        return [raw]
    framer = Framer()
    framer.receive(raw)
    framer.close()
    return [event.data for event in framer.events() if isinstance(event, Block)] or [raw]


def given(raw: bytes, name: str, asked: Asked) -> Given:
    """What some bytes should be. A flow that the user names is never guessed."""
    if ed.looks_like(raw) == "xml":
        return _document(raw, name, asked)
    message = Message(raw)
    kind, why = asked.flow, None
    if kind is None:
        kind, why = guess.of_message(message, asked.profile)
        if not any(segment.name == "MSH" for segment in message.segments):
            why = say("cli.content", what=say(f"content.{ed.looks_like(raw)}"))
    return Given(name, raw, asked.profile.subject(kind, message, towards=asked.towards), why)


def _document(raw: bytes, name: str, asked: Asked) -> Given:
    document = Document.parse(raw)
    kind: str
    why: Text | None
    kind, why = guess.of_document(document)
    if asked.flow:
        flow = asked.profile.flows.get(asked.flow)
        kind, why = (flow.document if flow else "") or kind, None
    return Given(name, raw, asked.profile.document_subject(kind, document), why)


def _in_chains(found: Sequence[Given], profile: Profile) -> Iterator[Given]:
    """The same, and what holds a version of a document knows the versions before it.

    Only the documents before are looked at: the files need not be of one exchange.
    """
    earlier: dict[int, tuple[Subject, ...]] = {}
    for chain in versions.chains(one.subject for one in found) if len(found) > 1 else ():
        met: tuple[Subject, ...] = ()
        for copies in chain:
            earlier |= {id(subject): met for subject in copies}
            met += (_document_of(copies[0], profile),)
    for one in found:
        before = earlier.get(id(one.subject))
        yield replace(one, subject=replace(one.subject, earlier=before)) if before else one


def _document_of(subject: Subject, profile: Profile) -> Subject:
    kind = profile.document_kind(subject.kind) or subject.kind
    return replace(subject, kind=kind, message=None)


def judged(one: Given, asked: Asked) -> Judged:
    """The outcomes of a message or document."""
    subject = one.subject
    outcomes = asked.profile.judge(subject)
    return Judged(
        subject.kind, one.name, outcomes, subject.message, subject.document, one.raw, one.why
    )
