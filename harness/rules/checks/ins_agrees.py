"""The INS number against the traits: never more than a warning, the civil record may have changed.

Each check keeps quiet where the trait itself is malformed, and where a wrong key and one slip of
the hand explain the difference. Source: INS fact sheet, section 7.
"""

from collections.abc import Iterator
from typing import Final

from harness.rules import agreement
from harness.rules.agreement import Gap
from harness.rules.identified import active
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import Text, say
from harness.wire.er7 import Message

_MAILBOXES: Final = ("PID-13.4", "PID-14.4", "PRT-15.4")
_DOMAIN: Final = "@patient.mssante.fr"


def _gaps(message: Message) -> tuple[Gap, ...]:
    ins = active(message)
    return agreement.gaps(message, ins.number) if ins else ()


def _of(subject: Subject, trait: str, advice: Text | None = None) -> Iterator[Problem]:
    for gap in _gaps(subject.carried):
        if gap.trait == trait:
            wanted = say("ins.number_says", value=gap.wanted)
            yield Problem(gap.node.at, wanted, quoted(gap.node.value), advice)


@named("ins-sex-agrees")
def sex_agrees(subject: Subject) -> Iterator[Problem]:
    yield from _of(subject, "sex", say("ins.sex_advice"))


@named("ins-year-agrees")
def year_agrees(subject: Subject) -> Iterator[Problem]:
    yield from _of(subject, "year", say("ins.date_advice"))


@named("ins-month-agrees")
def month_agrees(subject: Subject) -> Iterator[Problem]:
    """Only for a known month: 20 to 99 stand for an unknown one."""
    yield from _of(subject, "month", say("ins.date_advice"))


@named("ins-place-agrees")
def place_agrees(subject: Subject) -> Iterator[Problem]:
    message = subject.carried
    cog = message.first("PID-11[7=BDL].9")
    postal = any(node.value == cog for node in message.at("PID-11.5"))
    yield from _of(subject, "place", say("ins.postal_code" if postal else "ins.place_advice"))


@named("ins-place-history")
def place_history(subject: Subject) -> Iterator[Problem]:
    """A difference that the law or history explains: information, with its reason."""
    message, ins = subject.carried, active(subject.carried)
    if ins is None or not (ins.number.has_shape and ins.number.has_sex_digit):
        return
    reason = agreement.history(message, ins.number)
    if reason:
        node = message.node("PID-11[7=BDL].9")
        wanted = say("ins.number_says", value=ins.number.place)
        yield Problem(node.at, wanted, quoted(node.value), say(f"ins.history.{reason}"))


@named("ins-somebody-else")
def somebody_else(subject: Subject) -> Iterator[Problem]:
    """Two differences or more: the number is probably another person's."""
    message = subject.carried
    found, ins = _gaps(message), active(message)
    if ins and len(found) > 1:
        names = [say(f"ins.trait.{gap.trait}") for gap in found]
        listed = Text(", ".join(n.fr for n in names), ", ".join(n.en for n in names))
        yield Problem(
            ins.node.at, say("ins.all_agree"), say("ins.differ", traits=listed), say("ins.whose")
        )


@named("ins-mailbox")
def mailbox(subject: Subject) -> Iterator[Problem]:
    """The citizen's mailbox is named by the number."""
    message, ins = subject.carried, active(subject.carried)
    for path in _MAILBOXES if ins else ():
        for node in message.at(path):
            local, domain, _ = node.value.strip().lower().partition(_DOMAIN)
            if ins and domain and local != ins.number.text.lower():
                wanted = quoted(ins.masked(ins.number.text) + _DOMAIN)
                yield Problem(node.at, wanted, ins.shown(node.value))
