"""HL7 v2 pipe encoding (ER7), lossless: the raw bytes stay, every value knows where it stands.

A message is split into segments at once, and into fields only when one is asked for, so that a
document of several megabytes in OBX-5 costs nothing until somebody looks at it. Nothing that a peer
sends raises: what is not a message simply has no MSH segment.

Source: HL7 v2.5.1, chapter 2, sections 2.5 (delimiters), 2.7 (escapes), 2.15 (encoding rules).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

from harness.errors import HarnessError
from harness.text import say
from harness.wire import charset, er7path
from harness.wire.er7path import Path, Pick
from harness.wire.location import Location

HEADERS: Final = (b"MSH", b"FHS", b"BHS")
_HEADERS: Final = frozenset(name.decode() for name in HEADERS)

# Fields that the standard lets repeat, among those the guides speak of: their paths always say
# which repetition is meant.
REPEATING: Final = frozenset(
    [
        "PID-3",
        "PID-5",
        "PID-11",
        "PID-13",
        "PID-14",
        "PID-32",
        "PV1-7",
        "PV1-8",
        "PV1-9",
        "ORC-10",
        "ORC-11",
        "ORC-12",
        "ORC-14",
        "ORC-21",
        "ORC-22",
        "ORC-23",
        "ORC-24",
        "OBR-10",
        "OBR-16",
        "OBR-28",
        "OBR-31",
        "OBX-5",
        "OBX-8",
        "OBX-16",
        "NTE-3",
        "PRT-5",
        "PRT-8",
        "PRT-15",
        "MSH-18",
        "MSH-21",
        "ERR-2",
    ]
)

_BREAK = re.compile(rb"\r\n?|\n(?=[A-Z][A-Z0-9]{2}[^A-Za-z0-9\s]|[\r\n]|\Z)")
_ESCAPE = re.compile(r"\\([^\\\r\n]*)\\")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The five characters that MSH-1 and MSH-2 declare, each one byte."""

    field: bytes = b"|"
    component: bytes = b"^"
    repetition: bytes = b"~"
    escape: bytes = b"\\"
    sub: bytes = b"&"


STANDARD: Final = Delimiters()


class Segment:
    """One segment: `name` (three characters), `line` from 1, `span` in the message's raw bytes."""

    __slots__ = ("_fields", "_separator", "_starts", "end", "line", "name", "raw", "span")

    def __init__(self, raw: bytes, start: int, line: int, end: bytes, separator: bytes) -> None:
        self.raw = raw
        self.span = (start, start + len(raw))
        self.line = line
        self.end = end
        self.name = raw[:3].decode("ascii", "replace")
        self._separator = separator
        self._fields: tuple[bytes, ...] | None = None
        self._starts: tuple[int, ...] = ()

    @property
    def fields(self) -> tuple[bytes, ...]:
        """Fields by their HL7 number; `fields[0]` is the segment's name."""
        if self._fields is None:
            parts = self.raw.split(self._separator)
            if self.raw[:3] in HEADERS and len(parts) > 1:
                parts.insert(1, self._separator)  # MSH-1 is the separator itself
            self._fields = tuple(parts)
        return self._fields

    def field(self, number: int) -> bytes:
        """The bytes of a field; empty when the segment is shorter."""
        fields = self._fields or self.fields
        return fields[number] if number < len(fields) else b""

    def field_span(self, number: int) -> tuple[int, int]:
        """Where the field stands; a field that is not there stands, empty, at the segment's end."""
        fields = self.fields
        if number >= len(fields):
            return (self.span[1], self.span[1])
        start = self._field_starts()[number]
        return (start, start + len(fields[number]))

    def _field_starts(self) -> tuple[int, ...]:
        if not self._starts:
            header = self.raw[:3] in HEADERS
            lengths = [len(field) + 1 for field in self.fields[:-1]]
            if header and lengths:
                lengths[0] -= 1  # MSH-1 stands right behind what is before it, and MSH-2 behind it
                lengths[1:2] = [1] * len(lengths[1:2])
            self._starts = tuple(accumulate(lengths, initial=self.span[0]))
        return self._starts

    def let_go(self) -> None:
        """Forget how it was split."""
        self._fields, self._starts = None, ()

    def write(self) -> bytes:
        """The segment put together again from its fields, with its terminator."""
        fields = self.fields
        if self.raw[:3] in HEADERS and len(fields) > 1:
            fields = (fields[0], *fields[2:])
        return self._separator.join(fields) + self.end


_Place = tuple[str, int | None, tuple[int, int] | None]  # path, line, span


class Node:
    """A value and its place. `data` is as received; `value` is decoded and unescaped.

    Most nodes are looked at and never shown: a place is worked out on demand, from `place` itself
    or by what `located` gives.
    """

    __slots__ = ("_located", "_message", "_place", "data")

    def __init__(
        self,
        message: "Message",
        data: bytes,
        place: _Place | None,
        located: "_Part | _Repetition | None" = None,
    ) -> None:
        self._message = message
        self.data = data
        self._place = place
        self._located = located

    @property
    def _where(self) -> _Place:
        if self._place is None:
            assert self._located is not None  # noqa: S101  one of the two is given
            self._place = self._located_at(self._located)
        return self._place

    def _located_at(self, located: "_Part | _Repetition") -> _Place:
        if len(located) == 3:
            return located[0]._place_of_part(located[1], located[2])
        return self._place_in(*located)

    @property
    def at(self) -> Location:
        """Its place."""
        path, line, span = self._where
        return Location(path, None, line, span)

    def part(self, component: int, sub: int | None = None) -> "Node":
        """A component of this repetition, or a sub-component of it, present or not."""
        marks = self._message.delimiters
        parts = self.data.split(marks.component)
        data = parts[component - 1] if component <= len(parts) else b""
        if sub is not None:
            parts = data.split(marks.sub)
            data = parts[sub - 1] if sub <= len(parts) else b""
        return Node(self._message, data, None, (self, component, sub))

    def _place_of_part(self, component: int, sub: int | None) -> _Place:
        marks = self._message.delimiters
        path, line, span = self._where
        start, data = span[0] if span else 0, self.data
        for number, mark in ((component, marks.component), (sub, marks.sub)):
            if number is None:
                break
            parts = data.split(mark)
            inside = number <= len(parts)
            start += sum(map(len, parts[: number - 1])) + number - 1 if inside else len(data)
            data = parts[number - 1] if inside else b""
            path = f"{path}.{number}"
        return path, line, (start, start + len(data))

    def _place_in(
        self, segment: Segment, shown: str, number: int, index: int, said: bool
    ) -> _Place:
        start = segment.field_span(number)[0]
        if index > 1:
            mark = self._message.delimiters.repetition
            start += sum(len(one) + 1 for one in segment.field(number).split(mark)[: index - 1])
        path = f"{shown}-{number}[{index}]" if said else f"{shown}-{number}"
        return path, segment.line, (start, start + len(self.data))

    @property
    def is_placed(self) -> bool:
        """There is a segment that it stands in, or would."""
        return self._place is None or self._place[2] is not None

    @property
    def present(self) -> bool:
        """True when at least one byte stands there. HL7's null (`""`) is present."""
        return bool(self.data)

    @property
    def value(self) -> str:
        """The text: decoded as MSH-18 says, escape sequences resolved. Empty when absent."""
        data, message = self.data, self._message
        if data.isascii() and b"\\" not in data and message.escapes_plainly:
            return data.decode("ascii")
        return message.unescape(message.text(data))

    def __repr__(self) -> str:
        return f"Node({self.at.path}={self.data[:40]!r})"


_Part = tuple[Node, int, int | None]  # of which one, component, sub-component
_Repetition = tuple[Segment, str, int, int, bool]  # segment, its path, field, which one, is it said


class Message:
    """An HL7 v2 message as received. `raw` is never normalised."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.start = self._find_start(raw)
        self._found: dict[str, tuple[Node, ...]] = {}
        self.delimiters = self._read_delimiters()
        self.escapes_plainly = self.delimiters.escape == b"\\"
        self.segments = tuple(self._split())

    @staticmethod
    def _find_start(raw: bytes) -> int:
        found = raw.find(b"MSH", 0, 4096)
        return max(found, 0)

    def _read_delimiters(self) -> Delimiters:
        declared = self.raw[self.start + 3 : self.start + 8]
        five = [declared[i : i + 1] for i in range(5)]
        usable = len(declared) == 5 and len(set(five)) == 5
        if not usable or any(b.isalnum() or b in b" \r\n\t" or b >= b"\x80" for b in five):
            return STANDARD if declared[:1] in (b"|", b"") else self._standard_with(declared[:1])
        return Delimiters(*five)

    @staticmethod
    def _standard_with(separator: bytes) -> Delimiters:
        strange = separator.isalnum() or separator in b" \r\n\t^~\\&" or separator >= b"\x80"
        return STANDARD if strange else Delimiters(field=separator)

    def _split(self) -> Iterator[Segment]:
        position, line, separator = self.start, 0, self.delimiters.field
        while position < len(self.raw):
            start, end = self._next_break(position)
            line += 1
            yield Segment(self.raw[position:start], position, line, self.raw[start:end], separator)
            position = end

    def _next_break(self, position: int) -> tuple[int, int]:
        if not self._has_line_feed:
            found = self.raw.find(b"\r", position)
            return (len(self.raw),) * 2 if found < 0 else (found, found + 1)
        broken = _BREAK.search(self.raw, position)
        return broken.span() if broken else (len(self.raw),) * 2

    def let_go(self) -> None:
        """Forget what was read out of the bytes: it is found again when it is asked for."""
        self._found.clear()
        self.__dict__.pop("_by_name", None)
        for segment in self.segments:
            segment.let_go()

    @property
    def has_header(self) -> bool:
        """There is an MSH segment, though something may stand before it."""
        return self.raw[self.start : self.start + 3] == b"MSH"

    @cached_property
    def _has_line_feed(self) -> bool:
        return b"\n" in self.raw

    def write(self) -> bytes:
        """The bytes again, put together from the parsed parts; equal to `raw`."""
        return self.raw[: self.start] + b"".join(segment.write() for segment in self.segments)

    # -- text -------------------------------------------------------------------------------

    @cached_property
    def declared_charset(self) -> str:
        """First repetition of MSH-18, as written."""
        header = self.segments[0] if self.segments else None
        if header is None or header.name != "MSH":
            return ""
        first = header.field(18).split(self.delimiters.repetition)[0]
        return first.decode("ascii", "replace")

    def text(self, data: bytes) -> str:
        """Bytes of this message as text for show. Never raises."""
        if data.isascii():
            return data.decode("ascii")
        return charset.decode(data, charset.codec(self.declared_charset))

    def unescape(self, text: str) -> str:
        """Resolve escape sequences. Unknown ones, and a lone escape character, stay as they are."""
        if "\\" not in text and self.delimiters.escape == b"\\":
            return text
        escape = self.delimiters.escape.decode()
        pattern = _ESCAPE if escape == "\\" else _escape_pattern(escape)
        return pattern.sub(lambda found: self._resolve(found[1], found[0]), text)

    def _resolve(self, code: str, whole: str) -> str:
        marks = self.delimiters
        letters = {
            "F": marks.field,
            "S": marks.component,
            "R": marks.repetition,
            "E": marks.escape,
            "T": marks.sub,
            ".br": b"\n",
        }
        if code in letters:
            return letters[code].decode()
        if re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", code):
            return self.text(bytes.fromhex(code[1:]))
        return whole

    # -- places -----------------------------------------------------------------------------

    def named(self, name: str) -> list[Segment]:
        """The segments of that name, in order."""
        return self._by_name.get(name, [])

    def holds(self, name: str, field: int) -> bool:
        """Something stands in that field of any segment of that name. Makes no nodes."""
        for segment in self._by_name.get(name, ()):  # noqa: SIM110  a generator takes twice as long
            if segment.field(field):
                return True
        return False

    @cached_property
    def _by_name(self) -> Mapping[str, list[Segment]]:
        found: dict[str, list[Segment]] = {}
        for segment in self.segments:
            found.setdefault(segment.name, []).append(segment)
        return found

    def at(self, path: str) -> Iterator[Node]:
        """Every place that the path names. Where nothing stands, one absent node tells where.

        Without a number, all segments of the name and all repetitions are meant. Raises
        HarnessError when `path` is not a path.
        """
        return iter(self._nodes(path))

    def _nodes(self, path: str) -> tuple[Node, ...]:
        """What `at` gives, remembered: many rules look at the same places."""
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = self._look_for(er7path.parse(path))
        return found

    def _look_for(self, path: Path) -> tuple[Node, ...]:
        component, sub = path.component, path.sub
        picks = path.segment_pick or path.repetition_pick
        if component and not picks and path.segment not in _HEADERS:
            wholes = self._nodes(path.whole)
            return tuple([one.part(component, sub) if one.is_placed else one for one in wholes])
        found: list[Node] = []
        for segment, shown in self._choose(path):
            if path.field is None:
                found.append(Node(self, segment.raw, (shown, segment.line, segment.span)))
            else:
                found += self._in_field(segment, shown, path)
        return tuple(found) or (self._absent_segment(path),)

    def node(self, path: str) -> Node:
        """The first place that the path names, present or not."""
        return self._nodes(path)[0]

    def first(self, path: str) -> str:
        """The first value that is present at the path; empty when there is none."""
        return next((node.value for node in self._nodes(path) if node.data), "")

    def has(self, path: str) -> bool:
        """True when something stands at the path."""
        return any(node.data for node in self._nodes(path))

    def _choose(self, path: Path) -> Iterable[tuple[Segment, str]]:
        named = self.named(path.segment)
        if path.segment_pick is None and len(named) == 1:
            return ((named[0], path.segment),)
        return self._choose_among(named, path)

    def _choose_among(self, named: Sequence[Segment], path: Path) -> Iterator[tuple[Segment, str]]:
        for number, segment in enumerate(named, 1):
            if path.segment_pick and not self._picked(path.segment_pick, number, segment):
                continue
            yield segment, f"{path.segment}[{number}]" if len(named) > 1 else path.segment

    def _picked(self, pick: Pick, number: int, segment: Segment) -> bool:
        if pick.number is not None:
            return pick.number == number
        value = segment.field(pick.place[0])
        if len(pick.place) > 1:
            value = self._part(value.split(self.delimiters.repetition)[0], pick.place[1])
        if self.text(value) not in pick.values:
            return False
        return pick.also is None or self._picked(pick.also, number, segment)

    def _absent_segment(self, path: Path) -> Node:
        field = f"-{path.field}" if path.field else ""
        named = self.named(path.segment)
        where = named[0] if len(named) == 1 else None
        return Node(self, b"", (f"{path.segment}{field}", where.line if where else None, None))

    def _part(self, data: bytes, number: int, mark: bytes | None = None) -> bytes:
        parts = data.split(mark or self.delimiters.component)
        return parts[number - 1] if number <= len(parts) else b""

    def _in_field(self, segment: Segment, shown: str, path: Path) -> list[Node]:
        number, wanted = path.field or 0, path.repetition_pick
        data = segment.field(number)
        if not data:
            return [self._in_empty_field(segment, shown, path)]
        header = number <= 2 and segment.raw[:3] in HEADERS
        repetitions = [data] if header else data.split(self.delimiters.repetition)
        said = len(repetitions) > 1 or path.whole in REPEATING
        if path.component is None and wanted is None:
            return [
                Node(self, one, None, (segment, shown, number, index, said))
                for index, one in enumerate(repetitions, 1)
            ]
        start, end = segment.field_span(number)
        shown, found = f"{shown}-{number}", []
        for index, repetition in enumerate(repetitions, 1):
            if not wanted or self._matches(wanted, index, repetition):
                label = f"{shown}[{index}]" if said else shown
                found.append(self._inside(segment, repetition, start, label, path, whole=header))
            start += len(repetition) + 1
        return found or [self._not_picked(segment, shown, path, repetitions, end)]

    def _in_empty_field(self, segment: Segment, shown: str, path: Path) -> Node:
        if path.repetition_pick is None and path.component is None:
            return Node(self, b"", None, (segment, shown, path.field or 0, 1, False))
        shown, start = f"{shown}-{path.field}", segment.field_span(path.field or 0)[0]
        if path.repetition_pick is None:
            for number in (path.component, path.sub):
                shown = f"{shown}.{number}" if number else shown
        return Node(self, b"", (shown, segment.line, (start, start)))

    def _matches(self, pick: Pick, index: int, repetition: bytes) -> bool:
        if pick.number is not None:
            return pick.number == index
        value = repetition
        for number, mark in zip(
            pick.place, (self.delimiters.component, self.delimiters.sub), strict=False
        ):
            value = self._part(value, number, mark)
        if self.text(value) not in pick.values:
            return False
        return pick.also is None or self._matches(pick.also, index, repetition)

    def _inside(
        self, segment: Segment, data: bytes, start: int, shown: str, path: Path, *, whole: bool
    ) -> Node:
        steps = ((path.component, self.delimiters.component), (path.sub, self.delimiters.sub))
        for number, mark in steps:
            if number is None:
                break
            parts = [data] if whole else data.split(mark)
            inside = number <= len(parts)
            if inside:
                start += sum(map(len, parts[: number - 1])) + number - 1
            else:
                start += len(data)
            data = parts[number - 1] if inside else b""
            shown = f"{shown}.{number}"
        return Node(self, data, (shown, segment.line, (start, start + len(data))))

    def _not_picked(
        self, segment: Segment, shown: str, path: Path, repetitions: list[bytes], end: int
    ) -> Node:
        """Nothing matched the pick: point at the only repetition when it holds something there."""
        start = end - sum(map(len, repetitions)) - len(repetitions) + 1
        if len(repetitions) == 1 and repetitions[0]:
            near = self._inside(segment, repetitions[0], start, f"{shown}[1]", path, whole=False)
            if near.present:
                return Node(self, b"", near._where)
        return Node(self, b"", (shown, segment.line, (start, end)))

    # -- changed copies ---------------------------------------------------------------------

    def with_value(self, path: str, value: str | bytes) -> "Message":
        """A copy with `value`, written as it is (not escaped), at the first place named.

        Missing fields, repetitions and components are added. A pick that matches nothing, a
        segment that is not there, or text that the message's character set does not have raises
        HarnessError: the place is a scenario's mistake.
        """
        parsed = er7path.parse(path)
        chosen = next(iter(self._choose(parsed)), None)
        if chosen is None or parsed.field is None:
            raise HarnessError(say("er7.path.nothing", path=path))
        segment = chosen[0]
        data = self._encoded(value)
        field = self._with_repetition(segment.field(parsed.field), parsed, data)
        fields = list(segment.fields) + [b""] * (parsed.field + 1 - len(segment.fields))
        fields[parsed.field] = field
        return self._with_line(segment, self._join(segment, fields) + segment.end)

    def without(self, path: str) -> "Message":
        """A copy without the segments or the repetitions, or with the first field or part emptied,
        that is named.
        """
        parsed = er7path.parse(path)
        if parsed.field is not None and parsed.repetition_pick and not parsed.component:
            return self._without_repetition(parsed)
        if parsed.field is not None:
            return self.with_value(path, b"")
        gone = {id(segment) for segment, _ in self._choose(parsed)}
        kept = (s.raw + s.end for s in self.segments if id(s) not in gone)
        return Message(self.raw[: self.start] + b"".join(kept))

    def _without_repetition(self, path: Path) -> "Message":
        chosen = next(iter(self._choose(path)), None)
        if chosen is None or path.field is None or path.repetition_pick is None:
            raise HarnessError(say("er7.path.nothing", path=f"{path.segment}-{path.field}"))
        segment, pick = chosen[0], path.repetition_pick
        if path.field >= len(segment.fields):
            raise HarnessError(say("er7.path.nothing", path=f"{path.segment}-{path.field}"))
        repetitions = segment.field(path.field).split(self.delimiters.repetition)
        kept = [r for n, r in enumerate(repetitions, 1) if not self._matches(pick, n, r)]
        fields = [*segment.fields]
        fields[path.field] = self.delimiters.repetition.join(kept)
        return self._with_line(segment, self._join(segment, fields) + segment.end)

    def with_segment(self, raw: str | bytes, *, after: str) -> "Message":
        """A copy with one more segment behind the last segment named `after`.

        Raises HarnessError when there is none.
        """
        target = self.named(after)
        if not target:
            raise HarnessError(say("er7.path.nothing", path=after))
        last = target[-1]
        end = last.end or b"\r"
        new = self._encoded(raw) + (last.end or b"")
        return self._with_line(last, last.raw + end + new)

    def with_copy(self, path: str) -> "Message":
        """A copy with the first segment named twice, one behind the other."""
        chosen = next(iter(self._choose(er7path.parse(path))), None)
        if chosen is None:
            raise HarnessError(say("er7.path.nothing", path=path))
        line = chosen[0].raw + (chosen[0].end or b"\r")
        return self._with_line(chosen[0], line + line)

    def _encoded(self, value: str | bytes) -> bytes:
        """Text as bytes of this message. Raises HarnessError when its set does not have them."""
        if isinstance(value, bytes):
            return value
        name = charset.codec(self.declared_charset) or "utf-8"
        try:
            return value.encode(name)
        except UnicodeEncodeError as wrong:
            shown = f"U+{ord(value[wrong.start]):04X}"
            raise HarnessError(say("er7.not_in_set", character=shown, set=name)) from None

    def _with_line(self, segment: Segment, line: bytes) -> "Message":
        start, end = segment.span[0], segment.span[1] + len(segment.end)
        return Message(self.raw[:start] + line + self.raw[end:])

    def _join(self, segment: Segment, fields: list[bytes]) -> bytes:
        if segment.raw[:3] in HEADERS:
            del fields[1]
        return self.delimiters.field.join(fields)

    def _with_repetition(self, field: bytes, path: Path, data: bytes) -> bytes:
        mark = self.delimiters.repetition
        repetitions = field.split(mark)
        pick = path.repetition_pick
        if pick and pick.number:
            repetitions += [b""] * (pick.number - len(repetitions))
        for index, repetition in enumerate(repetitions):
            if not pick or self._matches(pick, index + 1, repetition):
                repetitions[index] = self._with_component(repetition, path, data)
                return mark.join(repetitions)
        raise HarnessError(say("er7.path.nothing", path=f"{path.segment}-{path.field}"))

    def _with_component(self, repetition: bytes, path: Path, data: bytes) -> bytes:
        if path.component is None:
            return data
        if path.sub is not None:
            inner = self._part(repetition, path.component)
            data = _replaced(inner, self.delimiters.sub, path.sub, data)
        return _replaced(repetition, self.delimiters.component, path.component, data)


def _replaced(data: bytes, mark: bytes, number: int, value: bytes) -> bytes:
    parts = data.split(mark)
    parts += [b""] * (number - len(parts))
    parts[number - 1] = value
    return mark.join(parts)


def _escape_pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(f"{mark}([^{mark}\\r\\n]*){mark}")


def escape(value: str, delimiters: Delimiters = STANDARD) -> str:
    """Text as it goes into a leaf of a message: delimiters and line breaks become sequences."""
    mark = delimiters.escape.decode()
    codes = {
        mark: "E",
        delimiters.field.decode(): "F",
        delimiters.component.decode(): "S",
        delimiters.repetition.decode(): "R",
        delimiters.sub.decode(): "T",
        "\n": ".br",
        "\r": "X0D",
    }
    return "".join(f"{mark}{codes[c]}{mark}" if c in codes else c for c in value)
