"""Order and number of segments: an abstract message in HL7's own notation, and its check.

    [X]  optional      {X}  one or more      [{X}]  none, one or more
    NAME( … )          a group               <A|B>  one of these

    MSH [{NTE}] [ PATIENT( PID [PD1] ) ] { ORDER( ORC [ DETAIL( <OBR|RXO> [{NTE}] ) ] ) }

Z segments may stand anywhere. Source: HL7 v2.5.1, 2.12 (abstract syntax) and 2.11 (Z segments).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from harness.rules.rule import Problem
from harness.text import Text, plain, say
from harness.wire.er7 import Message, Segment
from harness.wire.location import Location

_CLOSING: Final = frozenset("]})>|(")
_TOKEN: Final = re.compile(r"\s*([\[\]{}<>|()]|[A-Za-z][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Part:
    """A segment (no `parts`), a group (`parts` in order) or a choice (`parts`, one of them).

    `first` are the segments that it may begin with, `names` all that may stand in it, `after` those
    that may still come behind each of its parts.
    """

    name: str
    parts: tuple["Part", ...] = ()
    choice: bool = False
    required: bool = True
    repeats: bool = False
    first: frozenset[str] = field(init=False, compare=False, repr=False)
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    after: tuple[frozenset[str], ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", frozenset(self._first()))
        after: list[frozenset[str]] = []
        behind: frozenset[str] = frozenset()
        for part in reversed(self.parts):
            after.insert(0, behind)
            behind |= part.names
        object.__setattr__(self, "after", tuple(after))
        object.__setattr__(self, "names", behind if self.parts else frozenset((self.name,)))

    def _first(self) -> Iterator[str]:
        if not self.parts:
            yield self.name
        for part in self.parts:
            yield from part.first
            if part.required and not self.choice:
                break


_FITTING: Final[dict[int, tuple[Part, set[tuple[str, ...]]]]] = {}  # by the structure's id
_LONGEST: Final = 64  # segments of a row that is remembered
_ROWS: Final = 512  # of one structure


def parse(notation: str) -> Part:
    """Read an abstract message. Raises ValueError when it is not well formed."""
    tokens = _tokens(notation)
    parts, _ = _sequence(tokens, 0, "")
    return Part("", parts)


def check(structure: Part, message: Message) -> Iterator[Problem]:
    """Every segment that is missing, out of place, or there once too often. Never raises."""
    return check_segments(structure, message.segments)


def check_segments(structure: Part, segments: Iterable[Segment]) -> Iterator[Problem]:
    """The same for some of a message's segments, in their order.

    Whether segments follow a structure hangs on their names alone: a row of names that did is not
    walked through again.
    """
    match = _Match(segments)
    names = tuple([segment.name for segment in match.segments])
    fitting = _FITTING.setdefault(id(structure), (structure, set()))[1]
    if names in fitting:
        return
    problems = match.run(structure)
    if not problems and len(names) <= _LONGEST and len(fitting) < _ROWS:
        fitting.add(names)
    yield from problems


# -- reading the notation -------------------------------------------------------------------


def _tokens(notation: str) -> list[str]:
    tokens, position = [], 0
    while notation[position:].strip():
        found = _TOKEN.match(notation, position)
        if not found:
            raise ValueError(f"cannot read {notation[position : position + 20]!r}")
        tokens.append(found[1])
        position = found.end()
    return tokens


def _sequence(tokens: list[str], position: int, end: str) -> tuple[tuple[Part, ...], int]:
    parts: list[Part] = []
    while position < len(tokens) and tokens[position] != end:
        part, position = _one(tokens, position)
        parts.append(part)
    if end and position == len(tokens):
        raise ValueError(f"`{end}` is missing at the end")
    return tuple(parts), position


def _one(tokens: list[str], position: int) -> tuple[Part, int]:
    word = tokens[position]
    if word in _CLOSING:
        raise ValueError(f"unexpected `{word}`")
    if word in "[{":
        closing = {"[": "]", "{": "}"}[word]
        inner, position = _sequence(tokens, position + 1, closing)
        return _marked(inner, word), position + 1
    if word == "<":
        return _choice(tokens, position + 1)
    if position + 1 < len(tokens) and tokens[position + 1] == "(":
        inner, position = _sequence(tokens, position + 2, ")")
        return Part(word, inner), position + 1
    return Part(word), position + 1


def _marked(inner: tuple[Part, ...], mark: str) -> Part:
    part = inner[0] if len(inner) == 1 else Part("", inner)
    optional, repeats = mark == "[", mark == "{"
    return Part(
        part.name, part.parts, part.choice, part.required and not optional, part.repeats or repeats
    )


def _choice(tokens: list[str], position: int) -> tuple[Part, int]:
    if ">" not in tokens[position:]:
        raise ValueError("`>` is missing at the end")
    end = tokens.index(">", position)
    names = [word for word in tokens[position:end] if word != "|"]
    return Part("|".join(names), tuple(Part(name) for name in names), choice=True), end + 1


# -- matching -------------------------------------------------------------------------------


_Later = tuple[frozenset[str], ...]


class _Match:
    """One walk over the segments. `later` holds, per enclosing group, what may still come in it."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self.segments = [s for s in segments if s.raw and not s.name.startswith("Z")]
        self.here = -1
        self.known: frozenset[str] = frozenset()
        self.problems: list[Problem] = []
        self.step()

    def step(self) -> None:
        self.here += 1
        self.name = self.segments[self.here].name if self.here < len(self.segments) else ""

    def run(self, structure: Part) -> list[Problem]:
        self.known = structure.names
        self.sequence(structure, ())
        while self.name:
            self.unexpected(structure.names)
        return self.problems

    def sequence(self, group: Part, later: _Later) -> None:
        for part, after in zip(group.parts, group.after, strict=True):
            if self.name or part.required:
                self.part(part, (after, *later))

    def part(self, part: Part, later: _Later) -> None:
        met = 0
        if part.repeats:
            later = (part.names, *later)
        while self.goes_into(part, later):
            if met and not part.repeats:
                break
            before = self.here
            self.enter(part, later)
            met += 1
            if self.here == before:  # a group without its head that this segment cannot begin
                self.unexpected(part.names.union(*later))
        if not met and part.required:
            self.missing(part)

    def goes_into(self, part: Part, later: _Later) -> bool:
        """True when the segment here begins `part`. Steps over segments that fit nowhere."""
        while self.name:
            if self.name in part.first:
                return True
            if self.name in part.names and self._headless(part):
                return True
            if any(self.name in names for names in later):
                return False
            self.unexpected(part.names.union(*later))
        return False

    def _headless(self, part: Part) -> bool:
        """The group's content without its head: read it as the group, its head missing."""
        return not any(s.name in part.first for s in self.segments[self.here :])

    def enter(self, part: Part, later: _Later) -> None:
        if part.choice:
            part = next((one for one in part.parts if self.name in one.first), Part(self.name))
        if part.parts:
            self.sequence(part, later)
        else:
            self.step()

    def missing(self, part: Part) -> None:
        """A segment that is not there; of a whole group, each segment that it cannot do without."""
        if part.parts and not part.choice:
            for inner in part.parts:
                if inner.required:
                    self.missing(inner)
            return
        name = part.name
        line = self.segments[min(self.here, len(self.segments)) - 1] if self.here else None
        at = Location(name, None, line.line if line else None, line.span if line else None)
        expected = say("structure.segment", name=name)
        self.problems.append(Problem(at, expected, self._instead()))

    def _instead(self) -> Text:
        return say("structure.then", name=self.name) if self.name else say("structure.end")

    def unexpected(self, known: frozenset[str]) -> None:
        segment = self.segments[self.here]
        key = "structure.order" if segment.name in self.known else "structure.unknown"
        at = Location(segment.name, None, segment.line, segment.span)
        expected = plain(", ".join(sorted(known))) if len(known) < 8 else say("structure.allowed")
        self.problems.append(Problem(at, expected, say(key, name=segment.name)))
        self.step()
