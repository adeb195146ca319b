"""Damaged messages and documents, judged by every rule of both profiles.

No rule may break down (verdict `error`), nothing may raise, and nothing may hang: a watchdog ends
an input that takes 20 seconds of CPU time, and says which it was.
"""

import random
import signal
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import FrameType

import cdamutator
import fuzzseeds
import hl7mutator
from fuzztargets import right

from harness.rules import guess
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.wire.cda import Document
from harness.wire.er7 import Message

PATIENCE = 20  # seconds of CPU time: the machine may be busy with other things
KEPT = Path(__file__).parents[2] / "reports" / "runs" / "fuzz"


class Hangs(BaseException):
    """An input takes too long. No check may take it for its own mistake."""


@contextmanager
def watched() -> Iterator[None]:
    """What is inside ends within the patience, or raises Hangs."""

    def bark(number: int, frame: FrameType | None) -> None:
        raise Hangs(f"more than {PATIENCE} s of CPU time")

    before = signal.signal(signal.SIGPROF, bark)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def check_messages(name: str, seed: int, count: int) -> None:
    """Judge `count` damaged messages under a profile, and their first document with them."""
    profile, chance = profiles.load(name), random.Random(seed)
    for number in range(count):
        like = _drawn(chance, name)
        raw = hl7mutator.mutated(like.carried.raw, chance)
        _checked(f"message {number} of seed {seed}", raw, _of_message(profile, like, chance))


def check_documents(name: str, seed: int, count: int) -> None:
    """Judge `count` damaged documents under a profile, by its rules and the schema."""
    profile, chance = profiles.load(name), random.Random(seed)
    for number in range(count):
        raw = cdamutator.mutated(chance.choice(fuzzseeds.documents()), chance)
        _checked(f"document {number} of seed {seed}", raw, _of_document(profile))


def _drawn(chance: random.Random, name: str) -> Subject:
    """A right message; one with a document seldom, as documents have a check of their own."""
    found = chance.choice(fuzzseeds.subjects(name))
    return found if not found.document or chance.random() < 0.1 else chance.choice(_plain(name))


@cache
def _plain(name: str) -> tuple[Subject, ...]:
    return tuple(one for one in fuzzseeds.subjects(name) if not one.document)


def _of_message(profile: Profile, like: Subject, chance: random.Random) -> Callable[[bytes], None]:
    """Judges as what it should be, and now and then as what it looks like."""
    guessed = chance.random() < 0.2

    def judge(raw: bytes) -> None:
        message = Message(raw)
        kind = guess.of_message(message, profile)[0] if guessed else like.kind
        subject = profile.subject(kind, message, request=like.request, on_wire=not guessed)
        right(profile.judge(replace(subject, earlier=like.earlier, recorded=True)))

    return judge


def _of_document(profile: Profile) -> Callable[[bytes], None]:
    def judge(raw: bytes) -> None:
        document = Document.parse(raw)
        kind = guess.of_document(document)[0]
        right(profile.judge(profile.document_subject(kind, document)))

    return judge


def _checked(what: str, raw: bytes, judge: Callable[[bytes], None]) -> None:
    try:
        with watched():
            judge(raw)
    except (Exception, Hangs) as wrong:
        file = KEPT / f"judged-{zlib.crc32(raw):08x}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
        raise AssertionError(f"{what} breaks: {file}") from wrong
