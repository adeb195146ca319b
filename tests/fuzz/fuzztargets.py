"""What is fuzzed. Each target takes any bytes; an exception that leaves it is a bug of ours.

Only HarnessError may come out of what documents it, and of a file it says the line.
"""

import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice, pairwise
from pathlib import Path
from tempfile import mkdtemp

import cdamutator
import fuzzseeds
import hl7mutator
import yamlmutator

from harness.errors import HarnessError
from harness.rules import elements, guess, table, types, xsd
from harness.rules import profile as profiles
from harness.rules.checks import cda_header
from harness.rules.rule import Outcome, Verdict
from harness.show import baseline, config
from harness.sim import lint, scenario
from harness.sim.learning import learn
from harness.sim.record import Exchange
from harness.sim.scenario import Scenario
from harness.sim.torture import case as torture_case
from harness.text import Text
from harness.wire import ed, edit, transcript
from harness.wire.cda import Document
from harness.wire.er7 import Message, escape
from harness.wire.mllp import Block, Event, Framer, Junk, Oversize, Unfinished, frame

PATHS = (
    *("MSH-2", "MSH-9.2", "MSH-18", "PID-3[5=INS].4.2", "PID-3[2].1", "PID-5[7=L].1", "ZZZ-9.9.9"),
    *("OBX[3.1=R]-5.1", "OBX[2=ED]-5.5", "ORC", "OBX-5", "PV1-19.1"),
)
XPATHS = (
    *("//cda:id/@root", "//cda:author/cda:time", "//comment()", "//processing-instruction()"),
    *("//@*", "string(/*)", "/node()", "//text()"),
)
GOOD = b"MSH|^~\\&|GOOD\r"
LIMITS = (20, 64, 300, 1_000_000)

Mutate = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """`run` takes any bytes; `mutate` knows their form; inputs are no longer than `longest`."""

    run: Callable[[bytes], None]
    mutate: Mutate
    seeds: Callable[[], Iterable[bytes]]
    longest: int = 16_384


# -- messages -----------------------------------------------------------------------------------


def er7(given: bytes) -> None:
    """A line with a path, then a message: parse, write back, every place, escapes, changes."""
    path, _, raw = given.partition(b"\n")
    message = Message(raw)
    assert message.write() == raw
    for segment in islice(message.segments, 200):
        for number, field in enumerate(islice(segment.fields, 50)):
            start, end = segment.field_span(number)
            assert raw[start:end] == field, (segment.name, number)
    asked = path.decode("utf-8", "replace")
    for place in (*PATHS, asked):
        _place(message, place)
    text = message.text(raw[:200])
    message.unescape(text)
    if b"." not in _marks(message):  # `.br` would be no sequence
        assert message.unescape(escape(text, message.delimiters)) == text
    _changed(message, asked)


def _marks(message: Message) -> bytes:
    marks = message.delimiters
    return b"".join((marks.field, marks.component, marks.repetition, marks.escape, marks.sub))


def _place(message: Message, path: str) -> None:
    try:
        nodes = message.at(path)
    except HarnessError as wrong:
        _told(wrong)
        return
    for node in islice(nodes, 100):
        where = node.at
        assert isinstance(node.value, str)
        if where.span and node.present:
            assert message.raw[slice(*where.span)] == node.data, where
    message.has(path)


def _changed(message: Message, path: str) -> None:
    for change in (
        partial(message.with_value, path, b"X"),
        partial(message.without, path),
        partial(message.with_copy, path),
        partial(edit.apply, message, (edit.Edit("repeat", path),)),
        partial(edit.apply, message, (edit.Edit("remove", path),)),
    ):
        try:
            found = change()
        except HarnessError:
            continue
        assert found.write() == found.raw


def _er7_mutated(given: bytes, chance: random.Random) -> bytes:
    path, _, raw = given.partition(b"\n")
    if chance.random() < 0.2:
        return hl7mutator.path(chance).encode() + b"\n" + raw
    return path + b"\n" + hl7mutator.mutated(raw, chance)


def _er7_seeds() -> Iterator[bytes]:
    chance = random.Random(1)
    for raw in fuzzseeds.messages():
        yield hl7mutator.path(chance).encode() + b"\n" + raw


# -- framing ------------------------------------------------------------------------------------


def events(chunks: Iterable[bytes], limit: int) -> list[Event]:
    """What a framer makes of a stream in pieces."""
    framer = Framer(limit)
    found: list[Event] = []
    for chunk in chunks:
        framer.receive(chunk)
        found += framer.events()
    framer.close()
    return [*found, *framer.events()]


def accounted(stream: bytes, found: list[Event]) -> None:
    """From end to end no byte is left out, and every event has the bytes that it says."""
    ends = [0, *(event.end for event in found)]
    assert ends[-1] == len(stream), (ends[-1], len(stream))
    for (begin, end), event in zip(pairwise(ends), found, strict=True):
        assert begin < end
        piece = stream[begin:end]
        if isinstance(event, Junk):
            assert (event.offset, event.size, event.head) == (begin, len(piece), piece[:64])
        elif isinstance(event, Block):
            assert piece.rstrip(b"\r\x1c") == (b"\x0b" + event.data).rstrip(b"\r\x1c")
            assert stream[event.offset :].startswith(event.data)
        elif isinstance(event, Oversize):
            assert event.size > len(event.head)
            assert piece.startswith(b"\x0b" + event.head)
        else:
            assert isinstance(event, Unfinished)
            assert piece.startswith(b"\x0b" + event.data)


def mllp(given: bytes) -> None:
    """A byte that chooses the limit, then a stream: any cuts, the same events; good ones arrive."""
    limit, stream = LIMITS[given[0] % len(LIMITS) if given else 0], given[1:]
    whole = events([stream], limit)
    accounted(stream, whole)
    chance = random.Random(zlib.crc32(stream))
    for _ in range(4):
        cuts = sorted(chance.randrange(len(stream) + 1) for _ in range(chance.choice((1, 2, 9))))
        pieces = [stream[a:b] for a, b in pairwise([0, *cuts, len(stream)])]
        assert events(pieces, limit) == whole, cuts
    if len(stream) < 300:
        assert events((stream[i : i + 1] for i in range(len(stream))), limit) == whole
    after = events([stream, frame(GOOD)], limit)
    assert isinstance(after[-1], Block)
    assert after[-1].data == GOOD
    accounted(stream + frame(GOOD), after)


def _mllp_mutated(given: bytes, chance: random.Random) -> bytes:
    head, stream = given[:1], given[1:]
    at = chance.randrange(len(stream) + 1)
    piece = chance.choice(
        (b"\x0b", b"\x1c", b"\r", b"\x1c\r", b"\x0bMSH", b"\n", b"M", frame(GOOD))
    )
    ways = (
        stream[:at] + piece + stream[at:],
        stream[:at] + stream[at + chance.randrange(1, 20) :],
        stream[at:] + stream[:at],
        stream[:at] + piece * chance.choice((2, 30)) + stream[at:],
        hl7mutator.mutated(stream, chance),
    )
    return (bytes([chance.randrange(4)]) if chance.random() < 0.1 else head) + chance.choice(ways)


def _mllp_seeds() -> Iterator[bytes]:
    for number, stream in enumerate(fuzzseeds.streams()):
        yield bytes([number % len(LIMITS)]) + stream


# -- documents ----------------------------------------------------------------------------------


def cda(raw: bytes) -> None:
    """Bytes to a document or a refusal; then every place, and the schema."""
    document = Document.parse(raw)
    assert (document.root is None) is (document.refusal is not None)
    ed.looks_like(raw)
    if document.refusal:
        assert document.refusal.text.fr
        assert document.refusal.text.en
        return
    guess.of_document(document)
    for xpath in XPATHS:
        for node in islice(document.at(xpath), 60):
            where = node.at
            assert where.xpath or xpath.startswith("string("), xpath
    for problem in xsd.judge(document, xsd.own()):
        _shown(problem.expected, problem.actual, *filter(None, [problem.advice]))
        assert problem.at.xpath
    document.let_go()
    assert document.root is not None


def _shown(*texts: Text) -> None:
    for text in texts:
        assert isinstance(text.fr, str)
        assert isinstance(text.en, str)


def _told(wrong: HarnessError, *, placed: bool = False) -> None:
    """A mistake can be said in both languages; one in a file has its line."""
    assert wrong.render("fr")
    assert wrong.render("en")
    assert wrong.line is not None or not placed, wrong


# -- files --------------------------------------------------------------------------------------


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="fuzz"))


def _file(name: str, raw: bytes) -> Path:
    file = _folder() / name
    file.write_bytes(raw)
    return file


def scenario_file(raw: bytes) -> None:
    """A scenario, or a mistake with its line."""
    try:
        found = scenario.load(_file("x.yaml", raw))
    except HarnessError as wrong:
        _told(wrong, placed=True)
        return
    for one in found:
        _asked(one)


def _asked(one: Scenario) -> None:
    """What playing asks of it."""
    for step in one.steps:
        changes = [change.edit for change in (*step.mutate, *step.ack.mutate)]
        assert all((step.form, step.telling, *changes))


def play(raw: bytes) -> None:
    """A scenario of a few steps, between our own simulators in memory."""
    try:
        found = scenario.load(_file("x.yaml", raw))
        for one in found:
            if len(one.steps) <= 6:
                exchanges = lint.played(one, profiles.load(one.profile))
                right(outcome for exchange in exchanges for outcome in _outcomes(exchange))
    except HarnessError as wrong:
        _told(wrong)


def _outcomes(exchange: Exchange) -> Iterator[Outcome]:
    yield from exchange.step_outcomes
    for part in (exchange.request, exchange.answer):
        yield from part.outcomes if part else ()


@cache
def loaders() -> dict[str, tuple[Callable[[Path], object], Callable[[], Iterable[bytes]]]]:
    """Files that a user writes, by name: how each is read, and right ones."""
    name = fuzzseeds.PROFILES[0]
    places, context = profiles.load(name).elements, fuzzseeds.context(name)
    return {
        "mapping.yaml": (partial(elements.mapped, places), lambda: [fuzzseeds.MAPPING]),
        "case.yaml": (torture_case.load, fuzzseeds.cases_of_the_suite),
        "known.yaml": (baseline.load, lambda: [fuzzseeds.BASELINE]),
        "telerad.toml": (config.load, lambda: [fuzzseeds.CONFIG]),
        "table.yaml": (lambda file: list(table.load(file, context)), fuzzseeds.tables),
    }


def files(given: bytes) -> None:
    """A byte that says which kind of file, then the file."""
    names = list(loaders())
    name = names[given[0] % len(names) if given else 0]
    try:
        loaders()[name][0](_file(name, given[1:]))
    except HarnessError as wrong:
        _told(wrong, placed=True)


def _files_mutated(given: bytes, chance: random.Random) -> bytes:
    return given[:1] + yamlmutator.mutated(given[1:], chance)


def _play_seeds() -> Iterator[bytes]:
    """Short scenarios, those that change a message first."""
    short = [raw for raw in fuzzseeds.scenarios() if raw.count(b"send:") <= 3]
    yield from (raw for raw in short if b"mutate" in raw)
    for change in fuzzseeds.CHANGES:
        yield fuzzseeds.CHANGED + change


def _files_seeds() -> Iterator[bytes]:
    for number, (_, seeds) in enumerate(loaders().values()):
        yield from (bytes([number]) + raw for raw in seeds())


def journal(raw: bytes) -> None:
    """Records of the right types, or a mistake with its line; then a writer that goes on."""
    file = _file("journal.ndjson", raw)
    try:
        for record in transcript.read(file):
            _record(record)
    except HarnessError as wrong:
        _told(wrong, placed=True)
    torn = transcript.torn(file)
    try:
        with transcript.Journal(file, sync=False) as opened:
            assert opened.torn == torn
            assert opened.append(transcript.Record("t", "end")) == opened.number
    except HarnessError as wrong:
        _told(wrong)


def _record(record: transcript.Record) -> None:
    names = ("at", "kind", "connection", "direction", "actor", "flow")
    assert all(isinstance(getattr(record, name), str) for name in names), record
    assert isinstance(record.data, bytes)
    assert isinstance(record.facts, dict)
    assert all(isinstance(part, str) for pair in record.facts.items() for part in pair), record


def _journal_mutated(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    at = chance.randrange(len(lines))
    pieces = (
        b"null",
        b"1",
        b"[]",
        b"{}",
        b'"x"',
        b"NaN",
        b"1e999",
        b"[" * 3000,
        b"9" * 5000,
        b"\xff",
        b'"\\ud800"',
    )
    values = lines[at].split(b": ")
    where = chance.randrange(len(values))
    values[where] = chance.choice(pieces) + b", " + values[where].rpartition(b", ")[2]
    ways = (
        lambda: lines.insert(at, lines[chance.randrange(len(lines))]),
        lambda: lines.pop(at),
        lambda: lines.__setitem__(at, b": ".join(values)),
        lambda: lines.__setitem__(at, lines[at][: chance.randrange(len(lines[at]) + 1)]),
        lambda: lines.__setitem__(
            at, lines[at].replace(chance.choice((b"at", b"data", b"kind")), b"x")
        ),
    )
    chance.choice(ways)()
    return b"\n".join(lines)


# -- values -------------------------------------------------------------------------------------


def dates(raw: bytes) -> None:
    """Two texts, a line each: every reader of times is total."""
    first, _, second = raw.decode("utf-8", "replace").partition("\n")
    for text in (first, second):
        learn.time_of(text)
        learn._date(text)
        for shape in types.SHAPES.values():
            assert shape(text) in (True, False)
        for asked in (types.is_hl7_date, types.is_clock, types.is_hl7_number, types.is_rank):
            assert asked(text) in (True, False)
        cda_header._split(text)
    assert not (cda_header.is_after(first, second) and cda_header.is_after(second, first))


def _dates_mutated(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.decode("utf-8", "replace").partition("\n")[::2]
    texts = [chance.choice((line, chance.choice(fuzzseeds.TIMES))) for line in lines]
    at = chance.randrange(len(texts[0]) + 1)
    piece = chance.choice(("0", "9", "+1400", "-0000", ".5", "²", "٣", "", " ", "99", "00"))
    texts[0] = texts[0][:at] + piece + texts[0][at + chance.randrange(3) :]
    return "\n".join(texts).encode("utf-8", "replace")


def base64(raw: bytes) -> None:
    """A document's base64: decoded, or described; what is decoded is recognised."""
    found = ed.decode(raw)
    assert found.data is not None or any(problem.loses_data for problem in found.problems)
    for problem in found.problems:
        assert problem.offset is None or 0 <= problem.offset < len(raw)
    assert ed.looks_like(found.data or b"")
    assert ed.looks_like(raw)


# -- everything ---------------------------------------------------------------------------------


def judgement(given: bytes) -> None:
    """A byte for the profile, one for the message's place in it, then the message."""
    name = fuzzseeds.PROFILES[given[0] % 2 if given else 0]
    profile, known = profiles.load(name), fuzzseeds.subjects(name)
    like = known[(given[1] if len(given) > 1 else 0) % len(known)]
    raw = given[2:]
    guess.of_message(Message(raw), profile)
    subject = profile.subject(
        like.kind, Message(raw), earlier=like.earlier, request=like.request, on_wire=True
    )
    right(profile.judge(subject))


def right(outcomes: Iterable[Outcome]) -> None:
    """No rule broke down, and what is found can be said."""
    for outcome in outcomes:
        assert outcome.verdict is not Verdict.ERROR, outcome.trace
        for finding in outcome.findings:
            problem = finding.problem
            _shown(problem.expected, problem.actual, *filter(None, [problem.advice]))


def _judgement_mutated(given: bytes, chance: random.Random) -> bytes:
    head, raw = given[:2], given[2:]
    message = Message(raw)
    if chance.random() < 0.5 and message.has("OBX[2=ED]-5.5"):
        try:
            change = partial(cdamutator.mutated, chance=chance)
            return head + edit.in_document(message, change).raw
        except (HarnessError, ValueError):
            pass
    return head + hl7mutator.mutated(raw, chance)


def _judgement_seeds() -> Iterator[bytes]:
    for number, name in enumerate(fuzzseeds.PROFILES):
        for place, subject in enumerate(fuzzseeds.subjects(name)):
            yield bytes([number, place]) + subject.carried.raw


TARGETS = {
    "er7": Target(er7, _er7_mutated, _er7_seeds, 8192),
    "mllp": Target(mllp, _mllp_mutated, _mllp_seeds, 1024),
    "cda": Target(cda, cdamutator.mutated, fuzzseeds.documents, 65_536),
    "scenario": Target(scenario_file, yamlmutator.mutated, fuzzseeds.scenarios, 8192),
    "play": Target(play, yamlmutator.mutated, _play_seeds, 4096),
    "files": Target(files, _files_mutated, _files_seeds, 8192),
    "dates": Target(dates, _dates_mutated, lambda: ["\n".join(fuzzseeds.TIMES[:2]).encode()], 128),
    "base64": Target(base64, hl7mutator.mutated, lambda: (b"QUJDRA==", b"QUJD\\.br\\RA=="), 4096),
    "journal": Target(journal, _journal_mutated, lambda: [fuzzseeds.journal()], 32_768),
    "judgement": Target(judgement, _judgement_mutated, _judgement_seeds, 131_072),
}
