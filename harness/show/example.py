"""A valid and an invalid example of a rule, made by the machine: what the self-check proves it by.

The good subject comes from the generators; each bad one is the good one with the smallest change
that breaks the rule. Only the lines that differ are shown, the part that differs marked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final

from lxml import etree

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.rules.rule import Problem, Rule, Subject, Verdict, evaluate
from harness.show.place import places_of
from harness.sim.selfcheck.bases import Base
from harness.sim.selfcheck.documents import first_change
from harness.wire.cda import Document
from harness.wire.edit import Edit
from harness.wire.er7 import Message, Segment

Bases = Mapping[str, tuple[Base, ...]]

LINES: Final = 3  # lines shown of each side
LONG: Final = 120  # a value longer than this is not marked as a whole
ORDER: Final = ("A", "D", "C", "E", "B", "DOC", "HL7", "ZAM", "ACK", "CR", "DA", "CDA")
_BREAKS: Final = frozenset("|^~&<>\"'= \t")


@dataclass(frozen=True, slots=True)
class Marked:
    """A line, the part that differs in the middle. `more`: how many lines follow, not shown."""

    before: str
    marked: str
    after: str
    more: int = 0

    @property
    def text(self) -> str:
        """The whole line."""
        return self.before + self.marked + self.after

    def fit(self, width: int) -> "Marked":
        """What fits in `width` characters: the segment's name, the part that differs, its sides."""
        long = 4 * width  # megabytes of a document are not made visible to be cut away
        whole = self.before.lstrip(" ")
        before = _visible(whole if len(whole) <= long else whole[:4] + whole[-long:])
        marked = self.marked[:long] if before else self.marked.lstrip(" ")[:long]
        marked = _shorter(_visible(marked), width - 24)
        left = width - len(marked)
        after = _visible(self.after[:long])
        tail = min(len(after), max(left // 2, left - len(before)))
        head = left - tail
        if len(before) > head:
            name = f"{before[:3]}|" if re.match(r"[A-Z][A-Z0-9]{2}\|", before) else ""
            before = f"{name}…{before[len(before) - head + len(name) + 1 :]}"
        return replace(self, before=before, marked=marked, after=_shorter(after, tail))


@dataclass(frozen=True, slots=True)
class Pair:
    """The lines that differ, and what the finding would say of the bad ones, those of `subject`."""

    good: tuple[Marked, ...]
    bad: tuple[Marked, ...]
    problem: Problem | None = None
    subject: Subject | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Example:
    """`kind` is what the subject is. `pairs` may be empty: `good` alone then shows the place."""

    kind: str
    pairs: tuple[Pair, ...] = ()
    good: tuple[Marked, ...] = ()


def example(rule: Rule, profile: Profile, bases: Bases, kind: str | None = None) -> Example | None:
    """The example of a rule, of one kind of subject when it is given.

    None when no message shows it: nothing outside can tell, or only playing an exchange does.
    """
    if rule.untested or rule.check is None:
        return None
    for base in _fitting(rule, bases, kind):
        pairs = _pairs(rule, profile, base)
        if pairs:
            return Example(base.subject.kind, pairs)
    return _good_alone(rule, _fitting(rule, bases, kind))


def _fitting(rule: Rule, bases: Bases, kind: str | None) -> Iterator[Base]:
    for one in ORDER:
        if one in rule.kinds and kind in (None, one):
            yield from bases.get(one, ())


def _pairs(rule: Rule, profile: Profile, base: Base) -> tuple[Pair, ...]:
    """A pair for each way to break the rule; none where it is not kept, or not broken."""
    try:
        good = base.changed(profile, rule.given)
        if evaluate(rule, good).verdict is not Verdict.PASS:
            return ()
        mutants = rule.mutants or _searched(rule, base)
        bad = [base.changed(profile, rule.given + edits) for edits in mutants]
    except HarnessError:
        return ()  # a place that the rule changes is not in this message
    pairs = [_pair(rule, good, one) for one in bad]
    return tuple(pairs) if all(pair.problem for pair in pairs) else ()


def _searched(rule: Rule, base: Base) -> tuple[tuple[Edit, ...], ...]:
    """A change of a document that the rule sees, where the rule itself says none."""
    edit = first_change(rule, base) if base.subject.message is None else None
    return ((_as_xpath(edit),),) if edit else ()


def _as_xpath(edit: Edit) -> Edit:
    """A change at a readable path, at the same place as an XPath."""
    steps = (_step(step) for step in edit.place.split("/")[1:])
    return replace(edit, place="/" + "/".join(steps))


def _step(step: str) -> str:
    if step.startswith("@"):
        return f"@*[local-name()='{step[1:]}']"
    return step if ":" in step else f"cda:{step}"


def _pair(rule: Rule, good: Subject, bad: Subject) -> Pair:
    findings = evaluate(rule, bad).findings
    return Pair(*differing(good, bad), findings[0].problem if findings else None, bad)


def _good_alone(rule: Rule, bases: Iterator[Base]) -> Example | None:
    """The line of a good message where the rule looks."""
    places = places_of(rule)
    for base in bases:
        message = base.subject.message
        if message is None or evaluate(rule, base.subject).verdict is not Verdict.PASS:
            continue
        nodes = (node for place in places for node in message.at(place) if node.present)
        node = next(nodes, None)
        if node and node.at.line and node.at.span:
            segment = message.segments[node.at.line - 1]
            return Example(base.subject.kind, good=(_at(message, segment, node.at.span),))
    return None


def _at(message: Message, segment: Segment, span: tuple[int, int]) -> Marked:
    start, end = segment.span
    parts = (message.raw[start : span[0]], message.raw[span[0] : span[1]])
    before, marked = map(message.text, parts)
    return Marked(before, marked, message.text(message.raw[span[1] : end]))


# -- what differs ---------------------------------------------------------------------------


def differing(good: Subject, bad: Subject) -> tuple[tuple[Marked, ...], tuple[Marked, ...]]:
    """Lines of the message, then of the document inside it where that is what was changed."""
    documents = _document_lines(good, bad)
    left, right = _message_lines(good, bad, without_document=bool(documents))
    if documents:
        inside = _compared(*documents)
        left, right = left + inside[0], right + inside[1]
    return _cut(left), _cut(right)


def _document_lines(good: Subject, bad: Subject) -> tuple[list[str], list[str]] | None:
    """The lines of both documents; None when they are the same, or one cannot be had."""
    if not good.document or not bad.document or good.document.raw == bad.document.raw:
        return None
    if good.document.root is None or bad.document.root is None:
        return _text_lines(good.document), _text_lines(bad.document)
    return _xml_lines(good.document), _xml_lines(bad.document)


def _text_lines(document: Document) -> list[str]:
    return document.raw.decode("utf-8", "replace").splitlines()


def _xml_lines(document: Document) -> list[str]:
    """Written by one writer, so that only what was changed differs."""
    return str(etree.tostring(document.root, encoding="unicode")).splitlines()


def _message_lines(
    good: Subject, bad: Subject, *, without_document: bool
) -> tuple[list[Marked], list[Marked]]:
    if good.message is None or bad.message is None:
        return [], []
    lines = _segment_lines(good.message), _segment_lines(bad.message)
    for view in (_with_ends, _bytes):
        if lines[0] == lines[1]:
            lines = view(good.message), view(bad.message)
    if without_document:
        lines = _shortened(lines[0]), _shortened(lines[1])
    return _compared(*lines)


def _segment_lines(message: Message) -> list[str]:
    texts = [message.text(segment.raw) for segment in message.segments]
    before = message.text(message.raw[: message.start])
    return [before + texts[0], *texts[1:]] if texts else [before]


def _with_ends(message: Message) -> list[str]:
    return [message.text(segment.raw + segment.end) for segment in message.segments]


def _bytes(message: Message) -> list[str]:
    """What is not ASCII as codes, for messages that differ in their encoding alone."""
    return [segment.raw.decode("ascii", "backslashreplace") for segment in message.segments]


def _shortened(lines: list[str]) -> list[str]:
    """Without the base64, which changes wholly when the document does."""
    return [re.sub(r"(\^Base64\^)[A-Za-z0-9+/=]+", r"\1…", line) for line in lines]


def _compared(good: Sequence[str], bad: Sequence[str]) -> tuple[list[Marked], list[Marked]]:
    left: list[Marked] = []
    right: list[Marked] = []
    matcher = SequenceMatcher(None, good, bad, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        for one, other in zip_longest(good[a:b], bad[c:d]):
            pair = _marked(one, other)
            left += pair[:1] if one is not None else []
            right += pair[1:] if other is not None else []
    return left, right


def _marked(good: str | None, bad: str | None) -> list[Marked]:
    """Both lines with what differs marked, up to the marks around it."""
    one, other = good or "", bad or ""
    if good is None or bad is None:
        return [Marked("", one, ""), Marked("", other, "")]
    first, last = _ends(one, other)
    return [Marked(t[:first], t[first : len(t) - last], t[len(t) - last :]) for t in (one, other)]


def _ends(one: str, other: str) -> tuple[int, int]:
    """How much is the same at the start and at the end, no value cut in two unless it is long."""
    first = _same_start(one, other)
    last = _same_start(one[first:][::-1], other[first:][::-1])
    start, end = first, last
    while not (_between(one, start) and _between(other, start)):
        start -= 1
    while not (_between(one, len(one) - end) and _between(other, len(other) - end)):
        end -= 1
    return (start, end) if len(one) - start - end <= LONG else (first, last)


def _between(text: str, at: int) -> bool:
    """True when no value is cut in two there."""
    return at in (0, len(text)) or not {text[at - 1], text[at]}.isdisjoint(_BREAKS)


def _same_start(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _cut(lines: list[Marked]) -> tuple[Marked, ...]:
    if len(lines) <= LINES:
        return tuple(lines)
    return (*lines[: LINES - 1], replace(lines[LINES - 1], more=len(lines) - LINES))


def _shorter(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def _visible(text: str) -> str:
    shown = {"\r": "␍", "\n": "␊", "\t": " "}
    return "".join(c if c.isprintable() else shown.get(c, f"\\x{ord(c):02x}") for c in text)
