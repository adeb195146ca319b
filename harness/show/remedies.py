"""What might mend a finding: changed messages, the surest first. None is believed unjudged.

Where a remedy comes from:

    said      the finding names the value that is expected, or says that nothing may stand there
    choice    the finding names several values; one of them
    carried   an earlier message of the conversation, the one acknowledged, or the document has it
    written   the written form alone changes: line ends, character set, base64, order of segments
    dropped   what stands there is taken out; when it matters, it is to be written rightly
    example   a good message of the same flow, about another patient, shows what would stand there
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from harness.errors import HarnessError
from harness.rules import nir
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Problem, Rule, Subject
from harness.show.place import places_of
from harness.sim.actor import Actor
from harness.sim.generate import cases
from harness.text import say
from harness.wire import edit, er7path
from harness.wire.edit import Edit
from harness.wire.er7 import Message

SURE: Final = frozenset({"said", "carried", "written"})
MOST_CHOICES: Final = 12
STANDARD_MARKS: Final = b"^~\\&"
_CODE: Final = re.compile(r"`([^`]+)`")
_REPETITION: Final = re.compile(r"[A-Z0-9]{3}(?:\[\d+\])?-\d+\[(\d+)\]")
_BLANKS: Final = re.compile(rb"(?<=[A-Za-z0-9+/=])[ \t]+(?=[A-Za-z0-9+/=])")
_CLOCK: Final = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
_PATIENT: Final = {  # where the document's patient says what PID says
    "PID-7": "patient/cda:birthTime/@value",
    "PID-8": "patient/cda:administrativeGenderCode/@code",
    "PID-5.1": "patient/cda:name/cda:family[@qualifier='BR']",
    "PID-5.2": "patient/cda:name/cda:given[not(@qualifier)]",
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """A changed message, and where the change comes from."""

    source: str
    message: Message


Change = Callable[[Message], Message]


def remedies(rule: Rule, problem: Problem, subject: Subject, profile: Profile) -> Iterator[Remedy]:
    """Every remedy that changes something, the surest first. Raises nothing."""
    message = subject.message
    if message is None:
        return
    for source, change in _changes(rule, problem, subject, profile):
        try:
            changed = change(message)
        except (HarnessError, ValueError, UnicodeError):
            continue  # this message has no such place, or the place takes no such value
        if changed.raw != message.raw:
            yield Remedy(source, changed)


def _changes(
    rule: Rule, problem: Problem, subject: Subject, profile: Profile
) -> Iterator[tuple[str, Change]]:
    yield from _said(problem)
    yield from _carried(rule, problem, subject)
    yield from _written(problem, profile)
    yield from _surplus(problem)
    yield from _with_key(problem, subject)
    donor = example_of(profile.id, subject.kind)
    if donor:
        for change in _like(rule, problem, donor):
            yield "example", change
        yield "written", lambda message: _in_order(message, donor)


def _edits(*edits: Edit) -> Change:
    return lambda message: edit.apply(message, edits)


# -- what the finding says ------------------------------------------------------------------


def _said(problem: Problem) -> Iterator[tuple[str, Change]]:
    at, expected = problem.at, problem.expected
    values = [code for code in _CODE.findall(expected.en) if not _is_place(code)]
    source = "said" if len(values) == 1 else "choice"
    for value in values[:MOST_CHOICES]:
        for place in _places(problem):
            yield source, _edits(Edit("set", place, value))
    if at.path and expected == say("value.none"):
        yield "said", _edits(Edit("remove", at.path))


def _is_place(code: str) -> bool:
    """A finding names places as well as values; three letters are a value."""
    return not code.isalpha() and er7path.is_path(code)


def _places(problem: Problem) -> Iterator[str]:
    """Where a value is to be written: in a message, or in the document as an XPath."""
    at = problem.at
    if at.xpath is not None:
        path = "/".join(_step(step) for step in at.xpath.split("/"))
        yield from (path,) if "/@" in path else (f"{path}/@code", f"{path}/@extension", path)
    elif at.path and "-" in at.path:
        yield at.path


def _step(step: str) -> str:
    bare = not step or step[0] in "@*" or ":" in step
    return step if bare else f"cda:{step}"


def _surplus(problem: Problem) -> Iterator[tuple[str, Change]]:
    """A segment that is foreign to the structure, or once too often."""
    name = problem.at.path.partition("-")[0].partition("[")[0]
    if problem.actual == say("structure.unknown", name=name):
        yield "said", _edits(Edit("remove", problem.at.path))
    elif problem.at.path and problem.at.span and problem.actual != say("value.absent"):
        repetition = _REPETITION.match(problem.at.path)
        if repetition and repetition[1] != "1":
            yield "said", _edits(Edit("remove", repetition[0]))
        yield "said", lambda message: _without_lines(message, problem.at.line)
        if "-" in problem.at.path:
            yield "dropped", _edits(Edit("remove", problem.at.path))


def _without_lines(message: Message, line: int | None) -> Message:
    """Without one segment, where another one of its name stays."""
    chosen = next((s for s in message.segments if s.line == line), None)
    if chosen is None or len(message.named(chosen.name)) < 2:
        return message
    start, end = chosen.span
    return Message(message.raw[:start] + message.raw[end + len(chosen.end) :])


# -- what was said before -------------------------------------------------------------------


def _carried(rule: Rule, problem: Problem, subject: Subject) -> Iterator[tuple[str, Change]]:
    before = [past.message for past in reversed(subject.earlier) if past.message]
    for message in (*before, *((subject.request,) if subject.request else ())):
        for change in _like(rule, problem, message):
            yield "carried", change
    value = _in_document(problem.at.path, subject)
    if value:
        yield "carried", _edits(Edit("set", problem.at.path, value))
    for place, twin in _twins(problem, subject):
        yield "carried", _edits(Edit("set", place, twin))
    for value in _in_number(problem.at.path, subject):
        yield "carried", _edits(Edit("set", problem.at.path, value))


def _in_document(path: str, subject: Subject) -> str:
    if subject.document is None or subject.document.root is None:
        return ""
    known = _PATIENT.get(path.replace("[1]", ""))
    role = "/cda:ClinicalDocument/cda:recordTarget/cda:patientRole/cda:"
    return subject.document.first(role + known) if known else ""


def _twins(problem: Problem, subject: Subject) -> Iterator[tuple[str, str]]:
    """The numbers of a request stand in ORC and in OBR: the part, then the whole field."""
    segment, _, place = problem.at.path.partition("-")
    other = {"ORC": "OBR", "OBR": "ORC"}.get(segment.partition("[")[0])
    message = subject.message
    if message is None or other is None or place.partition(".")[0] not in ("2", "3"):
        return
    for part in dict.fromkeys((place, place.partition(".")[0])):
        node = message.node(f"{other}-{part}")
        if node.present:
            yield f"{segment}-{part}", message.text(node.data)


def _with_key(problem: Problem, subject: Subject) -> Iterator[tuple[str, Change]]:
    """The INS number with the key of its first 13 characters: to be checked with the patient's."""
    path = problem.at.path
    number = subject.message.first(path) if subject.message and path.startswith("PID-3") else ""
    known = nir.Number(number)
    if path.endswith(".1") and known.has_length and known.has_shape:
        yield "example", _edits(Edit("set", path, number[:13] + known.expected_key))


def _in_number(path: str, subject: Subject) -> Iterator[str]:
    """What the INS number says of sex and birth place."""
    number = subject.message.first("PID-3[5=INS].1") if subject.message else ""
    if not nir.Number(number).has_length:
        return
    if path == "PID-8":
        yield {"1": "M", "2": "F"}.get(number[0], "")
    if path.startswith("PID-11") and path.endswith(".9"):
        yield number[5:10]


def _like(rule: Rule, problem: Problem, other: Message) -> Iterator[Change]:
    """What stands in another message at the place, at the places of the rule, in the segment.

    The place of a finding may be none that can be asked for: segment `pid`, or one without name.
    """
    path = problem.at.path if er7path.is_path(problem.at.path) else ""
    for place in dict.fromkeys(filter(None, (path, _field(path), *places_of(rule)))):
        yield from _value_like(place, other)
    for place in dict.fromkeys(filter(None, (*places_of(rule), path))):
        yield from _segment_like(place, other)


def _field(path: str) -> str:
    """The field that a place is in, with all its repetitions."""
    found = re.match(r"[A-Z0-9]{3}(\[\d+\])?-\d+", path)
    return found[0] if found else ""


def _value_like(place: str, other: Message) -> Iterator[Change]:
    if "-" not in place:
        return
    node = next((node for node in other.at(place) if node.present), None)
    if node:
        value = other.text(node.data)
        yield _edits(Edit("set", place, value))
        plain = _field(node.at.path)
        if plain and "[" not in plain.partition("-")[0]:
            whole = other.text(other.node(plain).data)
            yield _edits(Edit("set", plain, whole))


def _segment_like(place: str, other: Message) -> Iterator[Change]:
    """The segment of the other message, put where it stands there."""
    node = next((node for node in other.at(place) if node.present), None)
    if node is None or node.at.line is None:
        return
    segments = other.segments
    line = node.at.line - 1
    text = other.text(segments[line].raw)
    names = dict.fromkeys(segment.name for segment in reversed(segments[: line + 1]))
    yield lambda message: _put(message, text, [*names])


def _put(message: Message, text: str, behind: list[str]) -> Message:
    """The segment behind the last one of the first of these names that the message has."""
    after = next((name for name in (*behind, "MSH") if message.named(name)), None)
    return edit.apply(message, (Edit("add", text, after),)) if after else message


# -- how it is written ----------------------------------------------------------------------


def _written(problem: Problem, profile: Profile) -> Iterator[tuple[str, Change]]:
    yield "written", lambda message: Message(message.raw[message.start :])
    yield "written", lambda message: Message(_line_ends(message.raw))
    yield "written", lambda message: Message(_as_declared(message))
    yield "written", lambda message: _upper_names(message)
    yield "written", lambda message: Message(_standard_marks(message.raw))
    if problem.at.path.startswith("OBX"):
        yield "written", lambda message: Message(_BLANKS.sub(b"", message.raw))


def _line_ends(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\r").replace(b"\n", b"\r")


def _standard_marks(raw: bytes) -> bytes:
    """The header's name, the separator everywhere, and the encoding characters as usual."""
    fields = raw[3:].replace(raw[3:4], b"|").split(b"|")
    return b"MSH" + b"|".join([fields[0], STANDARD_MARKS, *fields[2:]])


def _as_declared(message: Message) -> bytes:
    """UTF-8 where that is declared and the bytes are not; the other way round as well."""
    try:
        text = message.raw.decode("utf-8")
    except UnicodeDecodeError:
        return message.raw.decode("iso8859-15").encode("utf-8")
    return text.encode("iso8859-15") if "8859" in message.declared_charset else message.raw


def _upper_names(message: Message) -> Message:
    raw = bytearray(message.raw)
    for segment in message.segments:
        start = segment.span[0]
        raw[start : start + 3] = bytes(raw[start : start + 3]).upper()
    return Message(bytes(raw))


def _in_order(message: Message, donor: Message) -> Message:
    """The segments in the order of the other message; those that it has not stay with the last."""
    ranks: dict[str, int] = {}
    for rank, segment in enumerate(donor.segments):
        ranks.setdefault(segment.name, rank)
    last, keyed = 0, []
    for segment in message.segments:
        last = ranks.get(segment.name, last)
        keyed.append((last, segment.raw + (segment.end or b"\r")))
    return Message(b"".join(raw for _, raw in sorted(keyed, key=lambda pair: pair[0])))


@cache
def example_of(profile: str, kind: str) -> Message | None:
    """A good message of a flow, about nobody who is met elsewhere; None for what is no flow."""
    guide = profiles.load(profile)
    flow = guide.flows.get(kind)
    if flow is None:
        return None
    case = cases.make_case("ct-brain", 4711, _CLOCK)
    return Actor(flow.sender, guide, case).compose(kind, case, _CLOCK)
