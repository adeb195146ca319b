"""A recorded run with pseudonyms, and the proof that judging it finds the same.

Everything is gone through twice: once to learn which values there are, once to replace them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from harness.rules.rule import Problem
from harness.show.ranking import Placed, findings_in_order
from harness.show.redact import document, freetext, message
from harness.show.redact.content import Redact
from harness.show.redact.pseudonyms import Pseudonyms
from harness.show.report import Exchange, Report
from harness.show.runs.recorded import Bytes, Observed, Recorded, Run
from harness.text import Text
from harness.wire import ed

# Rules about the very value, which a pseudonym cannot keep. None so far: shapes and keys are kept.
VALUE_FORMAT: Final[frozenset[str]] = frozenset()


def readers(known: Pseudonyms) -> dict[str, Redact]:
    """How each kind of content is replaced."""
    found: dict[str, Redact] = {}
    found["xml"] = lambda data: document.redact(data, known, found)
    found["hl7"] = lambda data: message.redact(data, known, found)
    found["text"] = lambda data: _text(data, known)
    found["base64"] = found["text"]
    return found


def _text(data: bytes, known: Pseudonyms) -> bytes:
    text = data.decode("utf-8", "surrogateescape")
    return freetext.replaced(text, known).encode("utf-8", "surrogateescape")


def redact_all(raws: Sequence[bytes], known: Pseudonyms) -> list[bytes]:
    """Messages and documents of one run with pseudonyms, in the same order."""
    by_kind = readers(known)
    for _ in range(2):  # a value may be told before the place that says what it is
        found = [_one(raw, known, by_kind) for raw in raws]
    return found


def _one(raw: bytes, known: Pseudonyms, by_kind: dict[str, Redact]) -> bytes:
    is_xml = ed.looks_like(raw) == "xml"
    return document.redact(raw, known, by_kind) if is_xml else message.redact(raw, known, by_kind)


def redact_run(run: Run, known: Pseudonyms) -> Run:
    """The run with pseudonyms: bytes, texts that quote them, and times, moved by the same weeks."""
    parts = [part for one in run.exchanges for part in (one.request, one.answer) if part]
    put = iter(redact_all([part.raw for part in parts], known))
    exchanges = []
    for one in run.exchanges:
        request, answer = (_bytes(part, put) for part in (one.request, one.answer))
        observed = tuple(_observed(step, known) for step in one.observed)
        exchanges.append(Recorded(_frame(one.frame, known), request, answer, observed))
    moved = (replace(part, started=part.started + known.shift) for part in run.parts)
    return replace(
        run,
        started=run.started + known.shift,
        exchanges=tuple(exchanges),
        parts=tuple(moved),
    )


def _bytes(part: Bytes | None, put: Iterator[bytes]) -> Bytes | None:
    return replace(part, raw=next(put)) if part else None


def _frame(frame: Exchange, known: Pseudonyms) -> Exchange:
    return replace(
        frame,
        sent=_moved(frame.sent, known),
        answered=_moved(frame.answered, known),
        reason=_said(frame.reason, known),
        wire=tuple(freetext.replaced(line, known) for line in frame.wire),
        conversation=known.identifier(frame.conversation),  # often the number of the order
    )


def _moved(at: datetime | None, known: Pseudonyms) -> datetime | None:
    return at + known.shift if at else None


def _observed(step: Observed, known: Pseudonyms) -> Observed:
    return replace(step, problems=tuple(_problem(one, known) for one in step.problems))


def _problem(problem: Problem, known: Pseudonyms) -> Problem:
    return replace(
        problem,
        expected=_said(problem.expected, known) or problem.expected,
        actual=_said(problem.actual, known) or problem.actual,
        advice=_said(problem.advice, known),
    )


def _said(text: Text | None, known: Pseudonyms) -> Text | None:
    if text is None:
        return None
    return Text(freetext.replaced(text.fr, known), freetext.replaced(text.en, known))


# -- the proof -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proof:
    """How many findings are the same; the rules of those that are gone or new, one for each."""

    same: int
    gone: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Only rules about the very value differ."""
        return {*self.gone, *self.new} <= VALUE_FORMAT


def prove(before: Report, after: Report) -> Proof:
    """Compare the findings of a report and of the same one with pseudonyms, place by place."""
    one, other = (_counted(findings_in_order(report)) for report in (before, after))
    gone, new = one - other, other - one
    return Proof((one & other).total(), _rules(gone), _rules(new))


Key = tuple[str, str, int | None, str, str, int | None]


def _counted(found: Iterable[Placed]) -> Counter[Key]:
    return Counter(_key(placed) for placed in found)


def _key(placed: Placed) -> Key:
    finding = placed.finding
    at = finding.problem.at
    number = placed.exchange.number if placed.exchange else None
    return finding.rule.id, finding.verdict.word, number, at.path, at.xpath or "", at.line


def _rules(found: Counter[Key]) -> tuple[str, ...]:
    return tuple(sorted(key[0] for key in found.elements()))
