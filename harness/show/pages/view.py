"""What the HTML page shows of messages and documents, as plain values for its template."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from harness.show.pages.narrative import SectionView, sections
from harness.show.ranking import Placed
from harness.show.words import visible
from harness.sim.record import Judged
from harness.wire.cda import Document
from harness.wire.er7 import Message, Segment

Span = tuple[int, int]

MAX_FIELD: Final = 360
MAX_LINES: Final = 2_500
MAX_ALL_LINES: Final = 8_000  # of all documents
FEW_LINES: Final = 40
NOTHING: Final[Mapping[Span, str]] = {}
_PICTURES: Final = {code: 0x2400 + code for code in range(32)}


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a field. `findings` are the numbers of the findings about it, empty for none;
    `anchors` the names of what begins here.
    """

    text: str
    findings: tuple[int, ...] = ()
    anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field that is not empty. `pipes`: separators since the field before. `cut`: characters that
    are not shown.
    """

    pipes: int
    pieces: tuple[Piece, ...]
    cut: int = 0


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A segment and its fields. `findings`: those about the segment as a whole; `pipes`: separators
    at its end.
    """

    name: str
    line: int
    fields: tuple[FieldView, ...]
    findings: tuple[int, ...] = ()
    pipes: int = 0


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of a document's source. `aimed_at`: something leads to it."""

    number: int
    text: str
    findings: tuple[int, ...] = ()
    aimed_at: bool = False


def segments(
    judged: Judged, placed: Sequence[Placed], targets: Mapping[Span, str] = NOTHING
) -> Iterator[SegmentView]:
    """The segments of a message with the findings marked where they are.

    `targets` are spans that something leads to, each with its anchor.
    """
    if judged.message is None:
        return
    marks = [
        (p.finding.problem.at.span, p.number)
        for p in placed
        if p.judged is judged and p.finding.problem.at.xpath is None
    ]
    for segment in judged.message.segments:
        if segment.raw:
            yield _segment(judged.message, segment, [m for m in marks if m[0]], targets)


def _segment(
    message: Message,
    segment: Segment,
    marks: Sequence[tuple[Span | None, int]],
    targets: Mapping[Span, str],
) -> SegmentView:
    first, whole = 1, tuple(number for span, number in marks if span == segment.span)
    inner = [(span, number) for span, number in marks if span and span != segment.span]
    if segment.name == "MSH" and len(segment.fields) > 2:  # MSH-1 is the separator itself
        first, (start, end) = 2, segment.field_span(1)
        whole += tuple(n for s, n in inner if start <= s[0] and s[1] <= end)
    fields, pipes = [], 0
    for number in range(first, len(segment.fields)):
        pipes += 1
        start, end = segment.field_span(number)
        near = [(s, n) for s, n in inner if s[0] >= start and s[1] <= end]
        aims = [(s, name) for s, name in targets.items() if s[0] >= start and s[1] <= end]
        if start < end or near or aims:
            fields.append(_field(message, (start, end), pipes, near, aims))
            pipes = 0
    beyond = [n for s, n in inner if s[0] == s[1] == segment.span[1]]
    shown = {n for f in fields for piece in f.pieces for n in piece.findings}
    whole += tuple(n for n in beyond if n not in shown)
    return SegmentView(_clean(segment.name), segment.line, tuple(fields), whole, pipes)


def _field(
    message: Message,
    field: Span,
    pipes: int,
    marks: Sequence[tuple[Span, int]],
    aims: Sequence[tuple[Span, str]],
) -> FieldView:
    start, end = field
    limit = min(end, start + MAX_FIELD * 2)
    bounds = {start, limit}
    for span, _ in (*marks, *aims):
        bounds |= {min(edge, limit) for edge in span}
    edges = sorted(bounds)
    pieces = [_piece(message, first, last, marks, aims) for first, last in pairwise(edges)]
    points = [Piece("∅", (n,)) for s, n in marks if s[0] == s[1]]
    return FieldView(pipes, (*pieces, *points), max(0, end - limit))


def _piece(
    message: Message,
    first: int,
    last: int,
    marks: Sequence[tuple[Span, int]],
    aims: Sequence[tuple[Span, str]],
) -> Piece:
    found = tuple(n for s, n in marks if s[0] <= first and last <= s[1] and s[0] < s[1])
    names = tuple(name for span, name in aims if span[0] == first)
    return Piece(_clean(message.text(message.raw[first:last])), found, names)


def _clean(text: str) -> str:
    """Control characters as visible symbols; the template escapes the rest."""
    return visible(text.translate(_PICTURES))


def lines(
    judged: Judged,
    placed: Sequence[Placed],
    limit: int = MAX_LINES,
    targets: Collection[int] = (),
) -> Iterator[LineView]:
    """The source of a document line by line, the findings at their lines.

    `targets` are lines that something else leads to.
    """
    document = judged.document
    if document is None:
        return
    marks: dict[int, tuple[int, ...]] = {}
    for p in in_document(judged, placed):
        if line := p.finding.problem.at.line:
            marks[line] = (*marks.get(line, ()), p.number)
    text = document.raw.decode("utf-8", "replace")
    for number, line_text in enumerate(text.splitlines()[:limit], 1):
        shown = _clean(line_text[: 4 * MAX_FIELD])
        found = marks.get(number, ())
        yield LineView(number, shown, found, bool(found) or number in targets)


def room(documents: Sequence[Judged], placed: Sequence[Placed]) -> dict[int, int]:
    """How many lines of each document's source are shown, by position: those with findings whole.

    A page of many documents stays small enough to be sent: the others begin, the rest is in their
    own files.
    """
    sizes = [judged.document.raw.count(b"\n") + 1 for judged in documents if judged.document]
    whole = sum(sizes) <= MAX_ALL_LINES
    return {
        number: MAX_LINES if whole or in_document(judged, placed) else FEW_LINES
        for number, judged in enumerate(documents)
    }


def in_document(judged: Judged, placed: Sequence[Placed]) -> list[Placed]:
    """The findings about what is inside the document of a message."""
    return [p for p in placed if p.judged is judged and p.finding.problem.at.xpath is not None]


def narrative_of(judged: Judged, placed: Sequence[Placed]) -> tuple[SectionView, ...]:
    """The sections of a document, the findings at theirs."""
    marks: dict[str, tuple[int, ...]] = {}
    for p in in_document(judged, placed):
        xpath = p.finding.problem.at.xpath or ""
        marks[xpath] = (*marks.get(xpath, ()), p.number)
    return sections(judged.document, marks) if judged.document else ()


@dataclass(frozen=True, slots=True)
class Card:
    """The head of a document, as text."""

    title: str
    patient: str
    authors: tuple[str, ...]
    legal: str
    version: str


def card(document: Document) -> Card | None:
    """What a reader wants to know first; None when the document cannot be read."""
    if document.root is None:
        return None
    header = "/cda:ClinicalDocument"
    return Card(
        title=document.first(f"{header}/cda:title"),
        patient=_patient(document),
        authors=tuple(
            _person(node.value)
            for node in document.at(f"{header}/cda:author/cda:assignedAuthor/cda:assignedPerson")
        ),
        legal=_person(
            document.first(f"{header}/cda:legalAuthenticator//cda:assignedPerson/cda:name")
        ),
        version=document.first(f"{header}/cda:versionNumber/@value"),
    )


def _patient(document: Document) -> str:
    role = "/cda:ClinicalDocument/cda:recordTarget/cda:patientRole"
    parts = [
        document.first(f"{role}/cda:patient/cda:name/cda:family[@qualifier='BR']"),
        document.first(f"{role}/cda:patient/cda:name/cda:given[not(@qualifier)]"),
        document.first(f"{role}/cda:patient/cda:birthTime/@value"),
        document.first(f"{role}/cda:id/@extension"),
    ]
    return ", ".join(part for part in parts if part)


def _person(text: str) -> str:
    return " ".join(text.split())
