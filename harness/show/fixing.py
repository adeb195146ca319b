"""The verified fix of a finding: a change of its message after which it is gone, and nothing new.

A remedy counts when the changed message, judged again by the whole profile, breaks the rule less
often and no rule more often. How many findings went is told with it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.rules.ledger import Ledger
from harness.rules.profile import Profile
from harness.rules.rule import Finding, Subject, evaluate
from harness.rules.transmitted import document_node, document_of
from harness.show.example import Marked, differing
from harness.show.ranking import Placed, causes
from harness.show.remedies import SURE, remedies
from harness.show.report import Report
from harness.sim.judging import Judge
from harness.sim.record import Exchange, Judged
from harness.text import Text, say
from harness.wire.er7 import Message

MOST: Final = 30  # remedies that are tried for one finding
LARGEST: Final = 2_000_000  # bytes of a message that is judged again, once for each remedy


@dataclass(frozen=True, slots=True)
class Fix:
    """`before` and `after` are the lines that differ; `gone` how many findings disappear.

    `source` is where the change comes from (see `remedies.py`). No finding appears.
    """

    source: str
    message: Message
    before: tuple[Marked, ...]
    after: tuple[Marked, ...]
    gone: int

    @property
    def is_sure(self) -> bool:
        """It is the correction; otherwise an example of one, whose value is yours to say."""
        return self.source in SURE

    @property
    def told(self) -> Text:
        """With what result, in words."""
        return say("fix.gone", count=self.gone)

    @property
    def origin(self) -> Text:
        """Where it comes from, in words."""
        return say(f"fix.{self.source}")


def fix(finding: Finding, subject: Subject, profile: Profile) -> Fix | None:
    """The first remedy that holds, None when none does, or when the message is too large to try."""
    if subject.message is None or len(subject.message.raw) > LARGEST:
        return None
    before = _broken(profile, subject)
    rule = finding.rule.id
    if rule not in before:
        return None
    tried = remedies(finding.rule, finding.problem, subject, profile)
    for _, remedy in zip(range(MOST), tried, strict=False):
        changed = _changed(subject, remedy.message)
        if len(evaluate(finding.rule, _asked(changed, finding)).findings) >= before[rule]:
            continue
        after = _broken(profile, changed)
        if not after - before and after[rule] < before[rule]:
            left, right = differing(subject, changed)
            return Fix(remedy.source, remedy.message, left, right, (before - after).total())
    return None


def _broken(profile: Profile, subject: Subject) -> Counter[str]:
    """How often each rule is broken."""
    return Counter(
        finding.rule.id for outcome in profile.judge(subject) for finding in outcome.findings
    )


def _changed(subject: Subject, message: Message) -> Subject:
    """The same with another message; the document is read anew only when it is another one."""
    nodes = [document_node(one) for one in (subject.message, message) if one]
    same = len(nodes) == 2 and nodes[0] and nodes[1] and nodes[0].data == nodes[1].data
    document = subject.document if same else document_of(message)
    return replace(subject, message=message, document=document)


def _asked(subject: Subject, finding: Finding) -> Subject:
    """As what the rule asks: the message, or the document inside."""
    return replace(subject, kind=finding.kind) if finding.kind != subject.kind else subject


# -- of a report ----------------------------------------------------------------------------

_LAST: "list[Fixes]" = []


def fixes_of(report: Report) -> "Fixes":
    """The fixes of a report; those of the last one are kept, for all that write it."""
    if not _LAST or _LAST[0].report is not report:
        _LAST[:] = [Fixes(report)]
    return _LAST[0]


class Fixes:
    """The fixes of a report's findings, each found when it is first asked for."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._found: dict[int, Fix | None] = {}

    def of(self, placed: Placed) -> Fix | None:
        """The fix of one finding, None when none is known."""
        guide = self.report.guide
        if guide is None:
            return None
        if placed.number not in self._found:
            subject = _Subjects(self.report, guide).of(placed)
            self._found[placed.number] = fix(placed.finding, subject, guide) if subject else None
        return self._found[placed.number]

    def firsts(self, placed: Sequence[Placed]) -> Mapping[int, Fix]:
        """Those of the first finding of each cause, by its number: the others are mended alike."""
        found = ((cause.first.number, self.of(cause.first)) for cause in causes(placed))
        return {number: one for number, one in found if one}


class _Subjects:
    """What was judged, as subjects with what came before them."""

    def __init__(self, report: Report, guide: Profile) -> None:
        self._report = report
        self._guide = guide

    def of(self, placed: Placed) -> Subject | None:
        """None for what is judged while it is played, and for what is no message."""
        judged, exchange = placed.judged, placed.exchange
        if judged is None or judged.message is None or placed.finding.kind == "STEP":
            return None
        if exchange is None:
            return self._guide.subject(judged.kind, judged.message)
        request = exchange.request
        if judged is exchange.answer and request and request.message:
            answered, towards = request.message, exchange.towards
            return self._guide.subject(
                "ACK", judged.message, request=answered, on_wire=True, towards=towards
            )
        return self._in_conversation(judged, exchange)

    def _in_conversation(self, judged: Judged, exchange: Exchange) -> Subject | None:
        seen: Ledger = {}
        judge = Judge(self._guide, exchange.towards, seen)
        talks: dict[str, tuple[Subject, ...]] = {}
        for past in self._report.exchanges:
            if past.play != exchange.play or past.scenario != exchange.scenario or not past.request:
                continue
            subject = self._subject(past, talks.get(past.conversation, ()), seen)
            if past is exchange or subject is None:
                return subject
            self._guide.note(seen, subject)
            talks[past.conversation] = (*talks.get(past.conversation, ()), subject)
            answer = past.answer.message if past.answer else None
            if answer and past.request.message:
                talks[past.conversation] = judge.taken_in(
                    talks[past.conversation], past.request.message, answer
                )
        return None

    def _subject(self, x: Exchange, earlier: tuple[Subject, ...], seen: Ledger) -> Subject | None:
        if x.request is None or x.request.message is None:
            return None
        return Subject(
            x.request.kind,
            x.request.message,
            x.request.document,
            earlier=earlier,
            elements=self._guide.elements,
            on_wire=True,
            recorded=True,
            towards=x.towards,
            seen=dict(seen),
        )
