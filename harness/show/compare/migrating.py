"""One recorded exchange under two guides: what it is worth under each, and what the way asks.

For each flow: the verdict under both guides; what must be there to pass the later one, by segment,
with the rule and its section; and each datum with its old and new places and the value that the
run already has for it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from harness.errors import HarnessError
from harness.rules import migration
from harness.rules.counterpart import counterpart
from harness.rules.migration import FlowMove, Migration, Move
from harness.rules.profile import Profile
from harness.rules.rule import Finding, Level, Outcome, Rule, Verdict, evaluate
from harness.show.compare.rulesdiff import rules_of
from harness.show.place import overlaps
from harness.show.ranking import every_outcome
from harness.show.report import Report
from harness.show.runs.recorded import Run
from harness.show.runs.rejudging import judge_again
from harness.show.words import visible
from harness.sim.record import Exchange, Judged
from harness.text import Text, say
from harness.wire import er7path
from harness.wire.er7 import Message

_LONGEST: Final = 80  # characters of a value that is shown
_NUMBER: Final = re.compile(r"\[\d+\]")
_ORDER: Final = ("MSH", "PID", "PV1", "ORC", "TQ1", "OBR", "NTE", "OBX", "IPC", "MSA", "ERR")


@dataclass(frozen=True, slots=True)
class Held:
    """A place and what the message holds there; empty when it holds nothing."""

    place: str
    value: str


@dataclass(frozen=True, slots=True)
class Datum:
    """A datum of the migration: `had` at its old places, `has` at its new ones.

    `seen` tells that a message was there to look into, on each side.
    """

    move: Move
    had: tuple[Held, ...]
    has: tuple[Held, ...]
    seen: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Todo:
    """A rule of the later guide that the run breaks. `path` is the place, `count` how often.

    `missing`: nothing stands there. `already`: the earlier guide says the same. `known` is what
    the run has for it elsewhere. `awaited`: asked of a segment that is missing as a whole.
    """

    rule: Rule
    path: str
    part: str
    missing: bool
    count: int
    expected: Text
    actual: Text
    already: bool
    known: tuple[Held, ...]
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """What a flow is worth under one guide: the verdict, and how many rules are broken."""

    verdict: Verdict
    failures: int
    warnings: int
    contested: int


@dataclass(frozen=True, slots=True)
class FlowReport:
    """A flow under both guides. `before` and `after` are None when no message was judged."""

    move: FlowMove
    messages: Text
    before: Score | None
    after: Score | None
    todo: tuple[tuple[str, tuple[Todo, ...]], ...]
    data: tuple[Datum, ...]

    @property
    def missing(self) -> int:
        """How many rules ask for what is not there."""
        return sum(one.missing for _, group in self.todo for one in group)

    @property
    def wrong(self) -> int:
        """How many rules ask for something else than what is there."""
        return sum(not one.missing for _, group in self.todo for one in group)


@dataclass(frozen=True, slots=True)
class Way:
    """A run, its report under each guide, and the flows."""

    run: Run
    before: Report
    after: Report
    flows: tuple[FlowReport, ...]

    @property
    def to_do(self) -> int:
        """How many rules of the later guide are broken, over all flows."""
        return sum(flow.missing + flow.wrong for flow in self.flows)


def migrate(run: Run, source: Profile, target: Profile, command: str) -> Way:
    """Judge the run by both guides. Raises HarnessError when they are the same one."""
    if source.id == target.id:
        raise HarnessError(say("migrate.same", profile=source.id), hint="telerad judge")
    way = migration.load(source, target)
    before = judge_again(run, source, command)
    after = judge_again(run, target, command)
    moves = way.flows or tuple(_tied(source, target))
    bench = _Bench(way, before, after)
    return Way(run, before, after, tuple(bench.flow(move) for move in moves))


def _tied(source: Profile, target: Profile) -> Iterator[FlowMove]:
    """The flows that both guides have, where no file describes the way."""
    for flow in source.flows.values():
        to = counterpart(flow.id, source.id, target)
        if to:
            yield FlowMove(flow.id, to, migration.Status.KEPT, flow.title, ())


def segment_of(todo: Todo) -> str:
    """The segment to change; `CDA` for a place inside the document."""
    if er7path.is_path(todo.path):
        return er7path.parse(todo.path).segment
    if todo.path.startswith("/"):
        return "CDA"
    return "OBX" if todo.path.startswith("OBX ") else "–"


@dataclass
class _Bench:
    """Reads the two reports of one run side by side."""

    way: Migration
    before: Report
    after: Report
    rules: dict[Move, frozenset[str]] = field(default_factory=dict)

    def flow(self, move: FlowMove) -> FlowReport:
        source, target = self.way.source, self.way.target
        one, other = source.flows.get(move.flow), target.flows.get(move.to)
        nothing = say("rulesdiff.no_flow")
        return FlowReport(
            move=move,
            messages=say(
                "rulesdiff.messages",
                before=one.message if one else nothing,
                after=other.message if other else nothing,
            ),
            before=_score(self.before, move.flow),
            after=_score(self.after, move.to),
            todo=tuple(_by_segment(self._all_todo(move))),
            data=tuple(self._datum(row) for row in move.rows),
        )

    # -- what is to be done ------------------------------------------------------------------

    def _all_todo(self, move: FlowMove) -> Iterator[Todo]:
        todo = list(self._todo(move))
        yield from todo
        absent = {one.path for one in todo if one.missing and one.part == "message"}
        for segment in sorted(absent & set(_ORDER)):
            yield from self._awaited(segment, move)

    def _todo(self, move: FlowMove) -> Iterator[Todo]:
        """One for each rule and place; a place that repeats counts once."""
        already = {(part, o.rule.id) for o, part, _ in _broken(self.before, move.flow)}
        found: dict[tuple[str, str, str], list[tuple[Finding, Judged]]] = {}
        for outcome, part, judged in _broken(self.after, move.to):
            for finding in outcome.findings if outcome.verdict is Verdict.FAIL else ():
                key = part, outcome.rule.id, _NUMBER.sub("", _path(finding))
                found.setdefault(key, []).append((finding, judged))
        for (part, name, _), all_of in found.items():
            finding, judged = all_of[0]
            path = _path(finding)
            missing = path.startswith("OBX ") or _missing(path, judged.message)
            yield Todo(
                rule=finding.rule,
                path=path,
                part=part,
                missing=missing,
                count=len(all_of),
                expected=finding.problem.expected,
                actual=finding.problem.actual,
                already=(part, name) in already,
                known=self._known(finding, move) if missing else (),
            )

    def _awaited(self, segment: str, move: FlowMove) -> Iterator[Todo]:
        """What will be asked of a segment that is not there: what an empty one breaks."""
        request = next((x.request for x in _exchanges(self.after, move.to)), None)
        if request is None or request.message is None:
            return
        message = Message(request.message.raw.rstrip(b"\r") + b"\r" + segment.encode() + b"|\r")
        subject = self.way.target.subject(request.kind, message)
        absent = say("when.no_segment", name=segment)
        for outcome in request.outcomes:
            if outcome.reason != absent or outcome.rule.level is not Level.MUST:
                continue
            for finding in evaluate(outcome.rule, subject).findings:
                yield Todo(
                    rule=outcome.rule,
                    path=_NUMBER.sub("", _path(finding)),
                    part="message",
                    missing=True,
                    count=1,
                    expected=finding.problem.expected,
                    actual=absent,
                    already=False,
                    known=self._known(finding, move),
                    awaited=True,
                )

    def _known(self, finding: Finding, move: FlowMove) -> tuple[Held, ...]:
        """What the run has at other places for the data that the rule is about."""
        held: dict[Held, None] = {}
        for row in move.rows:
            if row.was and finding.rule.id in self._rules(row):
                message = _message(self.before, row.flow)
                held |= dict.fromkeys(h for h in _held(row.was, message) if h.value)
        return tuple(one for one in held if not _same(one.place, _path(finding)))

    def _rules(self, row: Move) -> frozenset[str]:
        if row not in self.rules:
            self.rules[row] = frozenset(rule.id for rule in rules_of(row, self.way))
        return self.rules[row]

    # -- the data ----------------------------------------------------------------------------

    def _datum(self, row: Move) -> Datum:
        old, new = _message(self.before, row.flow), _message(self.after, row.to)
        return Datum(
            row,
            tuple(_held(row.was, old)),
            tuple(_held(row.now, new)),
            (old is not None, new is not None),
        )


def _exchanges(report: Report, flow: str) -> Iterator[Exchange]:
    """Those of the flow whose message was not made wrong on purpose."""
    for exchange in report.exchanges:
        request = exchange.request
        if flow and exchange.flow == flow and request and not request.deliberate:
            yield exchange


def _message(report: Report, flow: str) -> Message | None:
    """The first message of a flow."""
    requests = (x.request for x in _exchanges(report, flow))
    return next((judged.message for judged in requests if judged), None)


def _broken(report: Report, flow: str) -> Iterator[tuple[Outcome, str, Judged]]:
    for exchange in _exchanges(report, flow):
        for part, judged in (("message", exchange.request), ("answer", exchange.answer)):
            for outcome in judged.outcomes if judged else ():
                if outcome.findings and judged:
                    yield outcome, part, judged


def _score(report: Report, flow: str) -> Score | None:
    exchanges = list(_exchanges(report, flow))
    if not exchanges:
        return None
    numbers = {exchange.number for exchange in exchanges}
    broken: dict[Verdict, set[str]] = {}
    for outcome, _, exchange in every_outcome(report):
        if exchange and exchange.number in numbers:
            broken.setdefault(outcome.verdict, set()).add(outcome.rule.id)
    count = {verdict: len(rules) for verdict, rules in broken.items()}
    return Score(
        max(exchange.verdict for exchange in exchanges),
        count.get(Verdict.FAIL, 0),
        count.get(Verdict.WARNING, 0),
        count.get(Verdict.CONTESTED, 0),
    )


def _path(finding: Finding) -> str:
    """Where it is to be mended; of an observation that is not there, its code."""
    at, asked = finding.problem.at, finding.rule.at.partition(",")[0]
    if asked.startswith("OBX ") and not at.path.startswith("OBX"):
        return asked
    return at.path or at.xpath or finding.rule.at


def _same(one: str, other: str) -> bool:
    """Two paths lead to the same field, or one into the other."""
    if not (er7path.is_path(one) and er7path.is_path(other)):
        return False
    return overlaps(er7path.parse(one), er7path.parse(other))


def _missing(path: str, message: Message | None) -> bool:
    if message is None or not er7path.is_path(path):
        return False
    return not any(node.present for node in message.at(path))


def _held(places: Iterable[str], message: Message | None) -> Iterator[Held]:
    """What stands at each place: the first value, cut when it is long."""
    for place in places:
        nodes = message.at(place) if message else ()
        value = next((node.value for node in nodes if node.present), "")
        value = visible(value)
        yield Held(place, value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")


def _by_segment(todo: Iterable[Todo]) -> Iterator[tuple[str, tuple[Todo, ...]]]:
    """In the order of the message: its own segments, those of the answer, the document."""
    groups: dict[tuple[bool, int, str], list[Todo]] = {}
    for one in todo:
        segment = segment_of(one)
        rank = _ORDER.index(segment) if segment in _ORDER else len(_ORDER)
        groups.setdefault((one.part == "answer", rank, segment), []).append(one)
    for answer, rank, segment in sorted(groups):
        name = f"ACK {segment}" if answer else segment
        yield name, tuple(sorted(groups[answer, rank, segment], key=_place))


def _place(todo: Todo) -> tuple[bool, bool, int, int]:
    """What is missing first, then by field."""
    path = er7path.parse(todo.path) if er7path.is_path(todo.path) else None
    return (
        not todo.missing,
        todo.awaited,
        (path.field or 0) if path else 0,
        (path.component or 0) if path else 0,
    )
