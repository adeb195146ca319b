"""Any message against the HL7 standard of its own version (MSH-12), whatever a guide adds.

All rules share one walk over the message: each field is first asked whether it fits, quickly; only
one that does not is looked at again, to say where and why. A check yields its share of what the
walk found. Null (`""`) fits everywhere; what the standard does not define is not judged.

Source: HL7 v2.5.1, chapter 2 (2.5 to 2.8, 2.11 to 2.15) and 2.A, and the same of other versions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final

from harness.rules import structure
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.standard import VERSIONS, Slot, Version, extensions, version
from harness.rules.table import quoted
from harness.text import Text, plain, say
from harness.wire.er7 import REPEATING, Message, Segment
from harness.wire.location import Location

_NULL: Final = b'""'
_Found = tuple[str, Problem]  # the rule's word, and what it says


# -- when it applies ------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _meant(message: Message) -> tuple[Version | None, str]:
    """The version of MSH-12, and the name of the structure that MSH-9 means in it."""
    header = message.segments[0] if message.segments else None
    if header is None or header.name != "MSH":
        return None, ""
    mark = message.delimiters.component
    known = version(message.text(header.field(12).split(mark, 1)[0]))
    parts = [*map(message.text, header.field(9).split(mark)), "", "", ""]
    return known, known.structure_name(*parts[:3]) if known else ""


def version_known(subject: Subject) -> Text | None:
    """None when the standard's tables for the message's version are known; else the reason."""
    if _meant(subject.carried)[0]:
        return None
    said = subject.carried.first("MSH-12.1") or "-"
    return say("standard.no_version", version=quoted(said), known=", ".join(VERSIONS))


def structure_known(subject: Subject) -> Text | None:
    """None when the standard defines the structure that MSH-9 means; else the reason."""
    known, name = _meant(subject.carried)
    if known is None:
        return version_known(subject)
    if name and known.structure(name):
        return None
    said = quoted(subject.carried.first("MSH-9") or "-")
    return say("standard.no_structure", type=said, version=known.name)


# -- the checks -----------------------------------------------------------------------------


def _part(word: str) -> None:
    """Register the check that yields what the walk found under `word`."""

    @named(f"standard-{word}", when=version_known)
    def check(subject: Subject) -> Iterable[Problem]:
        return walk(subject.carried).get(word, ())


for _word in ("segment", "required", "repeat", "type", "table", "components", "fields", "length"):
    _part(_word)
_part("observation")


@named("standard-structure", when=structure_known)
def standard_structure(subject: Subject) -> Iterator[Problem]:
    """Segments that the version does not know are another rule's."""
    known, name = _meant(subject.carried)
    whole = known.structure(name) if known else None
    if known and whole:
        segments = [one for one in subject.carried.segments if known.knows(one.name)]
        yield from structure.check_segments(whole, segments)


@named("standard-version", when=version_known)
def structure_of_version(subject: Subject) -> Iterator[Problem]:
    """A structure that MSH-9.3 names exists in the version of MSH-12. Z structures are local."""
    known, name = _meant(subject.carried)
    said = subject.carried.node("MSH-9.3")
    local = any(part.startswith("Z") for part in said.value.split("_"))
    if known and not name and said.present and said.data != _NULL and not local:
        expected = say("standard.structure", version=known.name)
        yield Problem(said.at, expected, quoted(said.value))


# -- the walk -------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def walk(message: Message) -> Mapping[str, tuple[Problem, ...]]:
    """What is wrong with a message's segments and fields, by the word of the rule."""
    known = _meant(message)[0]
    found: dict[str, list[Problem]] = {}
    for word, problem in _Walk(message, known).run() if known else ():
        found.setdefault(word, []).append(problem)
    return {word: tuple(problems) for word, problems in found.items()}


class _Walk:
    def __init__(self, message: Message, known: Version) -> None:
        self.message = message
        self.known = known
        marks = message.delimiters
        self.marks = (marks.component, marks.sub)
        self.repetition = marks.repetition

    def run(self) -> Iterator[_Found]:
        for segment in self.message.segments:
            slots = self.known.segment(segment.name)
            if slots is not None:
                yield from self.fields(segment, slots)
            elif self.is_foreign(segment):
                at = Location(self.name(segment), None, segment.line, segment.span)
                expected = say("standard.segment", version=self.known.name)
                yield "segment", Problem(at, expected, quoted(segment.name))

    def is_foreign(self, segment: Segment) -> bool:
        """Neither of the version, nor of a guide, nor a site's own; well written all the same."""
        name = segment.name
        rest = segment.raw[3:4]
        written = name.isascii() and name.isalnum() and name.isupper() and len(name) == 3
        whole = rest in (b"", self.message.delimiters.field)
        return written and whole and not name.startswith("Z") and not self.known.knows(name)

    def fields(self, segment: Segment, slots: tuple[Slot, ...]) -> Iterator[_Found]:
        values = segment.fields
        for number, data in enumerate(values[1 : len(slots) + 1]):
            if data and (slot := slots[number]).judged and not self.fits(slot, data):
                yield from self.explain(slot, segment, number + 1, data)
        for number in self.known.required(segment.name):
            if not segment.field(number):
                at = self.place(segment, number)
                yield "required", Problem(at, say("value.some"), say("value.absent"))
        if len(values) - 1 > len(slots):
            yield from self.extra_fields(segment, len(slots))
        if segment.name == "OBX":
            yield from self.observation(segment)

    def extra_fields(self, segment: Segment, count: int) -> Iterator[_Found]:
        for number, data in enumerate(segment.fields[count + 1 :], count + 1):
            if data:
                expected = say("standard.fields", name=segment.name, count=count)
                yield "fields", Problem(self.place(segment, number), expected, _shown(data))
                return

    # -- OBX-2 and OBX-5 --------------------------------------------------------------------

    def observation(self, segment: Segment) -> Iterator[_Found]:
        data_type, data = segment.field(2), segment.field(5)
        if not data_type or data_type == _NULL:
            if data and data != _NULL:
                at = self.place(segment, 2)
                yield "observation", Problem(at, say("standard.data_type"), say("value.absent"))
            return
        slot = self.known.value(data_type.decode("latin-1"))
        if slot is None:
            at, actual = self.place(segment, 2), quoted(self.message.text(data_type))
            yield "observation", Problem(at, say("standard.data_type"), actual)
        elif data and slot.judged and not self.fits(slot, data):
            for word, problem in self.explain(slot, segment, 5, data):
                yield ("observation" if word == "type" else word), problem

    # -- does it fit? Quick; False may still turn out to be nothing -------------------------

    def fits(self, slot: Slot, data: bytes) -> bool:
        if self.repetition not in data:
            return self.one_fits(slot, data)
        repetitions = data.split(self.repetition)
        if slot.most and len(repetitions) > slot.most:
            return False
        return all(self.one_fits(slot, one) for one in repetitions if one)

    def one_fits(self, slot: Slot, data: bytes) -> bool:
        component, sub = self.marks
        if not slot.parts:
            undivided = component not in data and sub not in data
            return undivided and (slot.free or _leaf_fits(slot, data))
        pieces = data.split(component)
        if len(pieces) > len(slot.parts):
            return False
        if sub in data:
            return all(map(self.component_fits, slot.parts, pieces))
        for index, leaf in slot.heads:
            if index >= len(pieces):
                break
            if pieces[index] and not _leaf_fits(leaf, pieces[index]):
                return False
        return True

    def component_fits(self, slot: Slot, data: bytes) -> bool:
        sub = self.marks[1]
        if not data or not slot.judged:
            return True
        if not slot.parts:
            return sub not in data and (slot.free or _leaf_fits(slot, data))
        pieces = data.split(sub)
        if len(pieces) > len(slot.parts):
            return False
        for index, leaf in slot.heads:
            if index < len(pieces) and pieces[index] and not _leaf_fits(leaf, pieces[index]):
                return False
        return True

    # -- why it does not --------------------------------------------------------------------

    def explain(self, slot: Slot, segment: Segment, number: int, data: bytes) -> Iterator[_Found]:
        start = segment.field_span(number)[0]
        repetitions = data.split(self.repetition)
        shown = f"{self.name(segment)}-{number}"
        said = len(repetitions) > 1 or f"{segment.name}-{number}" in REPEATING
        for index, repetition in enumerate(repetitions, 1):
            spot = _Spot(segment.line, start, f"{shown}[{index}]" if said else shown)
            if slot.most and index == slot.most + 1:
                expected = say("standard.repetitions", count=slot.most)
                yield "repeat", Problem(spot.at(repetition), expected, _count(repetitions))
            yield from self.inside(slot, repetition, spot, self.marks)
            start += len(repetition) + 1

    def inside(
        self, slot: Slot, data: bytes, spot: "_Spot", marks: Sequence[bytes]
    ) -> Iterator[_Found]:
        if not data or data == _NULL or not slot.judged:
            return
        if not slot.parts:
            yield from self.leaf(slot, data, spot, marks)
            return
        start = spot.start
        for number, piece in enumerate(data.split(marks[0]), 1):
            inner = _Spot(spot.line, start, f"{spot.path}.{number}")
            if number <= len(slot.parts):
                yield from self.inside(slot.parts[number - 1], piece, inner, marks[1:])
            elif piece:
                yield "components", self.too_many(slot, inner, piece)
                return
            start += len(piece) + 1

    def too_many(self, slot: Slot, spot: "_Spot", piece: bytes) -> Problem:
        count = max(len(slot.parts), 1)
        expected = say("standard.parts", type=slot.type, count=count)
        advice = None if slot.parts else say("standard.escape")
        return Problem(spot.at(piece), expected, self.shown(piece), advice)

    def leaf(
        self, slot: Slot, data: bytes, spot: "_Spot", marks: Sequence[bytes]
    ) -> Iterator[_Found]:
        whole = data
        for mark in marks:
            data = data.partition(mark)[0]
        if whole[len(data) :].strip(b"".join(marks)):
            yield "components", self.too_many(slot, spot, whole)
        if not data or data == _NULL:
            return
        value = self.message.unescape(self.message.text(data)) if len(data) <= 80 else ""
        if slot.shape and not slot.shape(data.decode("latin-1")):
            yield "type", Problem(spot.at(data), say(f"standard.{slot.type}"), self.shown(data))
        elif slot.codes is not None and data not in slot.codes and not _is_local(slot, value):
            expected = _of_table(slot, self.known)
            yield "table", Problem(spot.at(data), expected, self.shown(data))
        if slot.longest and len(data) > slot.longest:
            yield from self.length(slot, data, spot)

    def length(self, slot: Slot, data: bytes, spot: "_Spot") -> Iterator[_Found]:
        count = len(self.message.unescape(self.message.text(data)))
        if count > slot.longest:
            expected = say("standard.longest", count=slot.longest)
            yield "length", Problem(spot.at(data), expected, say("standard.long", count=count))

    # -- places -----------------------------------------------------------------------------

    def shown(self, data: bytes) -> Text:
        return quoted(self.message.text(data[:400]))

    def place(self, segment: Segment, number: int) -> Location:
        path = f"{self.name(segment)}-{number}"
        return Location(path, None, segment.line, segment.field_span(number))

    def name(self, segment: Segment) -> str:
        """`OBX[2]` where there are several, else `OBX`."""
        number, count = self._numbers[segment.line]
        return f"{segment.name}[{number}]" if count > 1 else segment.name

    @cached_property
    def _numbers(self) -> Mapping[int, tuple[int, int]]:
        """By line: the how-manieth segment of its name it is, of how many."""
        counts: dict[str, int] = {}
        ranks: list[tuple[int, str, int]] = []
        for segment in self.message.segments:
            counts[segment.name] = counts.get(segment.name, 0) + 1
            ranks.append((segment.line, segment.name, counts[segment.name]))
        return {line: (rank, counts[name]) for line, name, rank in ranks}


class _Spot:
    """Where a value begins, and its path."""

    __slots__ = ("line", "path", "start")

    def __init__(self, line: int, start: int, path: str) -> None:
        self.line = line
        self.start = start
        self.path = path

    def at(self, data: bytes) -> Location:
        return Location(self.path, None, self.line, (self.start, self.start + len(data)))


def _leaf_fits(slot: Slot, data: bytes) -> bool:
    if data == _NULL:
        return True
    if slot.shape is not None and not slot.shape(data.decode("latin-1")):
        return False
    if slot.codes is not None and data not in slot.codes:
        return False
    return not slot.longest or len(data) <= slot.longest


def _is_local(slot: Slot, value: str) -> bool:
    return value.startswith("Z") and slot.table in extensions().local


def _of_table(slot: Slot, known: Version) -> Text:
    codes = sorted(code.decode() for code in slot.codes or ())
    few = ", ".join(f"`{code}`" for code in codes) if len(codes) <= 12 else ""
    words = say("standard.table", table=slot.table, version=known.name)
    return Text(f"{words.fr} : {few}", f"{words.en}: {few}") if few else words


def _count(repetitions: Sequence[bytes]) -> Text:
    return plain(str(len(repetitions)))


def _shown(data: bytes) -> Text:
    return quoted(data[:400].decode("latin-1"))
