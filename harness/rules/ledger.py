"""What a session has seen, over all its conversations: which number belongs to whom.

A message is judged within its own conversation; that a number is another patient's, or that an
identifier was used before, only the others can tell.
Source: HL7 v2.5.1, 2.15.9.10 (MSH-10); imaging body fact sheet, 4.3 (one study, one patient).
"""

from collections.abc import Iterator, MutableMapping
from hashlib import blake2b
from typing import Final

from harness.rules.concordance import Facts
from harness.rules.rule import Seen, Subject
from harness.wire.er7 import Message

NUMBERS: Final = ("placer-order-number", "accession-number", "study-uid")
_CONTROL_ID: Final = "control-id"


Ledger = MutableMapping[tuple[str, str], Seen]


def control_key(message: Message) -> tuple[str, str]:
    """A control ID is its sender's own: two systems may count alike."""
    return _CONTROL_ID, "|".join(message.first(place) for place in ("MSH-3", "MSH-4", "MSH-10"))


def digest_of(message: Message) -> int:
    """A number that tells a message from others, the same in every process."""
    return int.from_bytes(blake2b(message.raw, digest_size=8).digest())


def patient_of(message: Message) -> str:
    """The INS of PID-3; empty when there is none."""
    return message.first("PID-3[5=INS].1")


def note(ledger: Ledger, subject: Subject, facts: Facts, document_kind: str) -> None:
    """Put a message that was judged into the ledger; whoever said a number first keeps it."""
    if subject.message is None:
        return
    by = Seen(subject.kind, patient_of(subject.message), digest_of(subject.message))
    for key in _keys(subject, subject.message, facts, document_kind):
        ledger.setdefault(key, by)


def forget(ledger: Ledger, message: Message) -> None:
    """Take back what a message said whose receiver refused it; its control ID stays used."""
    digest = digest_of(message)
    for key in [key for key, seen in ledger.items() if seen.digest == digest]:
        if key[0] in NUMBERS:
            del ledger[key]


def _keys(
    subject: Subject, message: Message, facts: Facts, document_kind: str
) -> Iterator[tuple[str, str]]:
    if message.first("MSH-10"):
        yield control_key(message)
    for name in NUMBERS:
        if name in facts:
            for value in facts[name].values(subject, subject.kind, document_kind):
                yield name, value.text.strip()


def somebody_else(subject: Subject, fact: str, value: str) -> Seen | None:
    """Who said a number first in the session, when it was for another patient; else None."""
    seen = subject.seen.get((fact, value.strip()))
    own = patient_of(subject.message) if subject.message else ""
    return seen if seen and own and seen.patient and seen.patient != own else None
