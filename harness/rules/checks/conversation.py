"""What a message owes to those before it in the same conversation: its number, its turn.

That its facts are theirs is the concordance (`rules/concordance.py`).
Source: white paper, 3.1, 3.2.1 and 3.3.1 (activity diagrams, flows D and E).
"""

from collections.abc import Iterator

from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import say


@named("control-id-unique")
def control_id_unique(subject: Subject) -> Iterator[Problem]:
    node = subject.carried.node("MSH-10")
    for past in subject.earlier:
        if past.message and node.present and past.message.first("MSH-10") == node.value:
            actual = say("conversation.used", value=quoted(node.value), kind=past.kind)
            yield Problem(node.at, say("conversation.new_id"), actual)
            return


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
