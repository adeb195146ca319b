"""What a message owes to those before it in the same session: its number, its turn, its patient.

That its facts are theirs is the concordance (`rules/concordance.py`).
Source: white paper, 3.1, 3.2.1 and 3.3.1 (activity diagrams, flows D and E).
"""

from collections.abc import Iterator

from harness.rules.ledger import NUMBERS, control_key, digest_of, somebody_else
from harness.rules.named import named
from harness.rules.rule import Problem, Seen, Subject
from harness.rules.table import quoted
from harness.text import say


@named("control-id-unique")
def control_id_unique(subject: Subject) -> Iterator[Problem]:
    """Of one sender. The same bytes once more are the same message, sent again."""
    node, digest = subject.carried.node("MSH-10"), digest_of(subject.carried)
    used = _first_use(subject) if node.present else None
    if used and used.digest != digest:
        actual = say("conversation.used", value=quoted(node.value), kind=used.kind)
        yield Problem(node.at, say("conversation.new_id"), actual)


def _first_use(subject: Subject) -> Seen | None:
    key = control_key(subject.carried)
    for past in subject.earlier:
        if past.message and control_key(past.message) == key:
            return Seen(past.kind, "", digest_of(past.message))
    return subject.seen.get(key)


@named("numbers-of-one-patient")
def numbers_of_one_patient(subject: Subject) -> Iterator[Problem]:
    """Those that a message is the first of its conversation to say: the order, or the study.

    Flows A and 1 are the request; D and 4 are about the examination.
    """
    for name in NUMBERS[:1] if subject.kind in ("A", "1") else NUMBERS[1:]:
        for node in subject.elements[name].nodes(subject.carried):
            whose = somebody_else(subject, name, node.value)
            if whose:
                says = subject.elements[name].says
                actual = say("conversation.of_another", value=quoted(node.value), kind=whose.kind)
                yield Problem(node.at, say("conversation.own_number", what=says), actual)


@named("after-the-request")
def after_the_request(subject: Subject) -> Iterator[Problem]:
    yield from _after(subject, "A")


@named("after-the-examination")
def after_the_examination(subject: Subject) -> Iterator[Problem]:
    yield from _after(subject, "D")


def _after(subject: Subject, kind: str) -> Iterator[Problem]:
    """A message of that kind came before, where the conversation is recorded as a whole."""
    if subject.recorded and subject.before(kind) is None:
        at = subject.carried.node("ORC-2").at
        yield Problem(at, say("conversation.after", kind=kind), say("conversation.none", kind=kind))
