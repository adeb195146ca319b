"""`check` as a function: files and folders in, a Report out."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError
from harness.rules import guess
from harness.rules.profile import Profile
from harness.show.report import Report
from harness.show.session import environment, now, tool_version
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

    Raises HarnessError for a path that is not there or cannot be read, or when there is nothing.
    """
    begin, started = time.monotonic(), now()
    files = tuple(judged for file in _files(paths) for judged in _judge(file, asked))
    if not files:
        shown = ", ".join(str(path) for path in paths)
        raise HarnessError(say("cli.nothing", paths=shown))
    profile = asked.profile
    return Report(
        tool=tool_version(),
        profile=profile.id,
        profile_title=profile.title,
        rules_hash=profile.hash,
        command=asked.command,
        started=started,
        seconds=time.monotonic() - begin,
        rules=profile.rules,
        flows=tuple(profile.flows),
        files=files,
        sut="none",
        environment=environment(),
    )


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
        elif path.exists():
            yield path
        else:
            raise HarnessError(say("cli.no_file"), file=path)


def _judge(file: Path, asked: Asked) -> Iterator[Judged]:
    try:
        raw = file.read_bytes()
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.unreadable", reason=reason), file=file) from None
    blocks = _blocks(raw)
    for number, block in enumerate(blocks, 1):
        name = str(file) if len(blocks) == 1 else f"{file}#{number}"
        yield judge_bytes(block, name, asked)


def _blocks(raw: bytes) -> list[bytes]:
    """The messages of a file that holds MLLP blocks; otherwise the file itself."""
    if not raw.startswith(b"\x0b"):
        return [raw]
    framer = Framer()
    framer.receive(raw)
    framer.close()
    return [event.data for event in framer.events() if isinstance(event, Block)] or [raw]


def judge_bytes(raw: bytes, name: str, asked: Asked) -> Judged:
    """Judge one message or document; a flow that the user names is never guessed."""
    if ed.looks_like(raw) == "xml":
        return _document(raw, name, asked)
    message = Message(raw)
    kind, why = asked.flow, None
    if kind is None:
        kind, why = guess.of_message(message, asked.profile.elements)
        if not any(segment.name == "MSH" for segment in message.segments):
            why = say("cli.content", what=say(f"content.{ed.looks_like(raw)}"))
    subject = asked.profile.subject(kind, message, towards=asked.towards)
    outcomes = asked.profile.judge(subject)
    return Judged(kind, name, outcomes, message, subject.document, raw, why)


def _document(raw: bytes, name: str, asked: Asked) -> Judged:
    document = Document.parse(raw)
    kind: str
    why: Text | None
    kind, why = guess.of_document(document)
    if asked.flow:
        flow = asked.profile.flows.get(asked.flow)
        kind, why = (flow.document if flow else "") or kind, None
    subject = asked.profile.document_subject(kind, document)
    outcomes = asked.profile.judge(subject)
    return Judged(kind, name, outcomes, None, document, raw, why)
