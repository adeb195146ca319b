"""What the detail of a finding leads to: its message, answer and document on the page, its bytes,
what else its rule said in this run, and the names of the fields.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.errors import HarnessError
from harness.rules.rule import Verdict
from harness.show import place
from harness.show.pages import view
from harness.show.ranking import Placed, every_outcome
from harness.show.report import Report
from harness.sim.record import Exchange, Judged
from harness.text import Text
from harness.wire import er7path
from harness.wire.er7 import Message

AROUND: Final = 48  # bytes shown before and behind the place of a finding
MOST_MARKED: Final = 64
HISTORY: Final = 40  # times that a rule was judged which are told


@dataclass(frozen=True, slots=True)
class Aims:
    """Where the page has the message, the answer and the document of a finding; empty for none."""

    message: str = ""
    answer: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of messages and documents on the page, by the identity of what was judged."""

    messages: Mapping[int, int]
    documents: Mapping[int, int]

    @classmethod
    def of(cls, report: Report, documents: Sequence[Judged]) -> "Numbers":
        """`documents` are those of the page, in their order."""
        messages = {id(judged): n for n, judged in enumerate(report.judged, 1)}
        return cls(messages, {id(judged): n for n, judged in enumerate(documents, 1)})

    def message(self, judged: Judged | None) -> str:
        """The anchor of a message."""
        shown = judged is not None and judged.message is not None
        return f"m{self.messages[id(judged)]}" if shown and id(judged) in self.messages else ""

    def aims(self, placed: Placed) -> Aims:
        """What a finding leads to: the message that it points into, else the request."""
        exchange, judged = placed.exchange, placed.judged
        document = self.documents.get(id(judged))
        if exchange and placed.finding.problem.at.span is None:
            judged = exchange.request
        return Aims(
            self.message(judged),
            self.message(exchange.answer) if exchange else "",
            f"document-{document}" if document else "",
        )

    def anchor(self, placed: Placed, report: Report) -> str:
        """Where the page shows what a finding is about."""
        document = self.documents.get(id(placed.judged))
        if placed.finding.problem.at.xpath is not None and document:
            line = placed.finding.problem.at.line or 0
            return f"d{document}-{line}" if 0 < line <= view.MAX_LINES else f"document-{document}"
        if placed.exchange:
            return f"exchange-{placed.exchange.number}"
        number = next((n for n, file in enumerate(report.files, 1) if file is placed.judged), 0)
        return f"file-{number}"


@dataclass(frozen=True, slots=True)
class Octets:
    """Bytes around a place: `start` counts from 0 in the message, `mark` is the place itself."""

    start: int
    hex: str
    mark: tuple[int, int]


def octets(placed: Placed) -> Octets | None:
    """None when the finding is about no bytes of a message."""
    at, judged = placed.finding.problem.at, placed.judged
    if at.span is None or at.xpath is not None or judged is None or judged.message is None:
        return None
    first, last = at.span[0], max(at.span)
    start = max(0, first - AROUND) & ~15  # whole rows of sixteen
    raw = judged.message.raw[start : min(last, first + MOST_MARKED) + AROUND]
    return Octets(start, raw.hex(), (first, last))


# -- what a rule said in this run -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Time:
    """Once that a rule was judged: the verdict, and where: the number of an exchange, or a file."""

    verdict: Verdict
    flow: str
    exchange: Exchange | None
    file: str


def history(report: Report, rules: set[str]) -> Mapping[str, tuple[Time, ...]]:
    """For each of these rules the times that it applied, as they happened, at most `HISTORY`."""
    found: dict[str, list[Time]] = {rule: [] for rule in rules}
    for outcome, judged, exchange in every_outcome(report):
        times = found.get(outcome.rule.id)
        if times is None or outcome.verdict <= Verdict.NOT_TESTED or len(times) >= HISTORY:
            continue
        flow = exchange.flow if exchange else judged.kind if judged else ""
        times.append(Time(outcome.verdict, flow, exchange, judged.file if judged else ""))
    return {rule: tuple(times) for rule, times in found.items()}


# -- names of fields ------------------------------------------------------------------------


def names(report: Report) -> Mapping[str, Text]:
    """The names of the fields and components that stand in the messages, by their place."""
    seen: dict[str, int] = {}
    for judged in report.judged:
        for field, components in _filled(judged.message) if judged.message else ():
            seen[field] = max(seen.get(field, 0), components)
    return dict(pair for field in sorted(seen) for pair in _named(field, seen[field]))


def _filled(message: Message) -> Iterator[tuple[str, int]]:
    """The fields that hold something, each with how many components it has at most."""
    for segment in message.segments:
        if not er7path.is_path(segment.name):
            continue
        for number in range(1, len(segment.fields)):
            start, end = segment.field_span(number)
            if start < end:
                raw = message.raw[start : min(end, start + view.MAX_FIELD)]
                yield f"{segment.name}-{number}", raw.count(b"^") + 1


def _named(field: str, components: int) -> Iterator[tuple[str, Text]]:
    try:
        known = place.standard(er7path.parse(field))
    except HarnessError:
        return  # a field that the standard does not have
    yield field, known.name
    for part in known.parts[:components] if components > 1 else ():
        yield part.place, part.name
