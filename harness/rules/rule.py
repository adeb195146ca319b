"""The one type every requirement becomes, and what judging it gives.

A `Rule` comes from a table row, a decorated function, or an assert of a Schematron. Judging gives
one `Outcome` per rule; an outcome that deserves attention carries `Finding`s.
"""

import traceback
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from itertools import groupby
from typing import Any, Final, TypeVar

from harness.rules.deferred import made
from harness.rules.elements import Elements
from harness.text import Text, plain
from harness.wire.cda import Document
from harness.wire.edit import Edit
from harness.wire.er7 import Message
from harness.wire.location import Location

T = TypeVar("T")


class Verdict(IntEnum):
    """Worst last: the verdict of a whole is the largest of its parts."""

    NOT_APPLICABLE = 0
    NOT_TESTED = 1
    PASS = 2
    CONTESTED = 3
    WARNING = 4
    INCONCLUSIVE = 5
    FAIL = 6
    ERROR = 7

    @property
    def word(self) -> str:
        """The word of our JSON files, such as `not_applicable`, `pass` or `fail`."""
        return self.name.lower()

    @property
    def needs_attention(self) -> bool:
        """True for what a report lists as a finding."""
        return self > Verdict.PASS


class Level(Enum):
    """How strongly the guide asks, in the words of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"

    @property
    def when_broken(self) -> Verdict:
        """What a broken rule of this level amounts to."""
        return {
            Level.MUST: Verdict.FAIL,
            Level.SHOULD: Verdict.WARNING,
            Level.MAY: Verdict.PASS,
        }[self]


@dataclass(frozen=True, slots=True)
class SpecRef:
    """A place in a guide: the document's key in `schemas/documents.yaml`, and the section."""

    document: str
    section: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Who first said a number: the flow, the patient's INS (may be empty), the message's digest."""

    kind: str
    patient: str
    digest: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: a message, the document inside it or a document alone, or an answer.

    `kind` is what it should be ("A" … "E", "ACK", "CR", "DA"), never what it says it is. `request`
    is the message that an "ACK" answers. `earlier` are the messages seen before in the same
    conversation, oldest first, without those that were refused. `elements` are the profile's.
    `on_wire`: it came over a connection, not from a file. `recorded`: `earlier` is the whole
    conversation so far. `towards` is "pfi" when the receiver is an intermediation platform, else
    empty. `seen` are the numbers that other messages said, in whatever conversation of the session
    (see `ledger.py`). What several rules ask of one subject is found once: `replace` makes a
    subject that remembers nothing, for a document that was changed in place.
    """

    kind: str
    message: Message | None = None
    document: Document | None = None
    request: Message | None = None
    earlier: tuple["Subject", ...] = ()
    elements: Elements = field(default_factory=dict)
    on_wire: bool = False
    recorded: bool = False
    towards: str = ""
    seen: Mapping[tuple[str, str], Seen] = field(default_factory=dict, repr=False, compare=False)
    _known: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Hashable, find: "Callable[[Subject], T]") -> "T":
        """What `find` gives for this subject, found when it is first asked for under that key."""
        if key not in self._known:
            self._known[key] = find(self)
        found: T = self._known[key]
        return found

    def let_go(self) -> None:
        """Keep the bytes only: what was found is found again when it is asked for."""
        self._known.clear()
        for part in (self.message, self.document):
            if part:
                part.let_go()

    def before(self, kind: str) -> "Subject | None":
        """The latest earlier message of that kind, or None."""
        return next((past for past in reversed(self.earlier) if past.kind == kind), None)

    @property
    def carried(self) -> Message:
        """The message; only for rules that are never asked without one."""
        if self.message is None:
            raise TypeError("a rule about messages was asked about something else")
        return self.message


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check yields for each thing that is wrong. `advice` is the next thing to do.

    `by` is the role that did it, where that is not told by the message: "ris", "platform" or "".
    """

    at: Location
    expected: Text
    actual: Text
    advice: Text | None = None
    by: str = ""


class Unanswered(Exception):
    """Raised by a check that cannot tell for this subject: `INCONCLUSIVE`, with where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.actual.en)
        self.problem = problem


Check = Callable[[Subject], Iterable[Problem]]
When = Callable[[Subject], Text | None]
Settle = Callable[[Subject], Text | bool]


@dataclass(frozen=True, slots=True)
class Dispute:
    """Why breaking a rule may be right all the same: the texts can be read in another way.

    `words` say the point and its readings; `others` are the rules of each other reading.
    """

    words: Text
    others: tuple[tuple["Rule", ...], ...]

    def accepts(self, subject: Subject) -> bool:
        """Some other reading is kept."""
        return any(all(_is_kept(rule, subject) for rule in rules) for rules in self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One requirement of a guide.

    `kinds`: what it is about (see `Subject.kind`). `group`: the column of the report's matrix.
    `at`: the place as the guide names it. `when` gives the reason why the rule does not apply, or
    None when it does. `untested`: why nothing outside can tell. `given` makes an ordinary message
    one that the rule applies to; each of `mutants` then breaks it. `origin`: file and line.
    `pfi` is the level towards an intermediation platform, where it is another one.
    `settle` is asked once for the rules next to each other that share it: why none of them applies,
    True when all are kept, False when each must be asked.
    `contested` names the point that the rule is about, `reading` the way of reading it, where that
    is not the default one (see `contested.py`); `dispute` is there while nobody has chosen.
    `error`: the code of HL7 table 0357 that a receiver gives who refuses what breaks the rule;
    empty where the problem itself tells.
    """

    id: str
    level: Level
    says: Text
    source: SpecRef
    kinds: frozenset[str]
    group: str
    check: Check | None = None
    when: When | None = None
    settle: Settle | None = None
    at: str = ""
    untested: Text | None = None
    note: Text | None = None
    mistake: Text | None = None
    given: tuple[Edit, ...] = ()
    mutants: tuple[tuple[Edit, ...], ...] = ()
    origin: str = ""
    pfi: Level | None = None
    contested: str = ""
    reading: str = ""
    dispute: Dispute | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Why a finding is let be for a while. `owner` and `expires` (ISO 8601 date) may be empty."""

    reason: str
    owner: str
    expires: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, with the rule that it breaks and how much it weighs.

    `known`: somebody has said why it is let be; it weighs no more than a warning in its outcome.
    """

    rule: Rule
    verdict: Verdict
    problem: Problem
    kind: str
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What judging one rule gave. `reason` tells why a rule was not applicable or not tested."""

    rule: Rule
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    reason: Text | None = None
    trace: str = field(default="", compare=False)


def evaluate(rule: Rule, subject: Subject) -> Outcome:
    """Judge one rule. A check that raises gives `ERROR`, our fault, and the run goes on."""
    return _asked(rule, rule.when, rule.check, subject)


def _asked(rule: Rule, when: When | None, check: Check | None, subject: Subject) -> Outcome:
    """Judge a rule by its functions."""
    if rule.pfi is not None:
        rule = _weighed(rule, subject)
    if rule.untested or check is None:
        return Outcome(rule, Verdict.NOT_TESTED, reason=rule.untested)
    try:
        reason = when(subject) if when else None
        if reason:
            return Outcome(rule, Verdict.NOT_APPLICABLE, reason=reason)
        problems = tuple(check(subject))
    except Unanswered as why:
        finding = Finding(rule, Verdict.INCONCLUSIVE, why.problem, subject.kind)
        return Outcome(rule, Verdict.INCONCLUSIVE, (finding,), why.problem.actual)
    except Exception as mistake:  # a bug of ours must never be the peer's failure
        return _broken(rule, subject, mistake)
    if not problems:
        return _KEPT.get(id(rule)) or _kept(rule)
    verdict = rule.level.when_broken
    if rule.dispute and rule.dispute.accepts(subject):
        verdict = Verdict.CONTESTED
        problems = tuple(_disputed(found, rule.dispute) for found in problems)
    return Outcome(
        rule, verdict, tuple(Finding(rule, verdict, found, subject.kind) for found in problems)
    )


def _is_kept(rule: Rule, subject: Subject) -> bool:
    return evaluate(rule, subject).verdict <= Verdict.PASS


def _disputed(problem: Problem, dispute: Dispute) -> Problem:
    return replace(problem, advice=problem.advice or dispute.words)


_TOWARDS_PFI: Final[dict[int, tuple[Rule, Rule]]] = {}  # a rule, and it with its other level


def _weighed(rule: Rule, subject: Subject) -> Rule:
    """The rule at the level that it has towards this receiver."""
    if rule.pfi is None or subject.towards != "pfi":
        return rule
    if id(rule) not in _TOWARDS_PFI:
        _TOWARDS_PFI[id(rule)] = (rule, replace(rule, level=rule.pfi))
    return _TOWARDS_PFI[id(rule)][1]


_KEPT: Final[dict[int, Outcome]] = {}  # most rules are kept by most subjects: one outcome serves


def _kept(rule: Rule) -> Outcome:
    found = _KEPT.get(id(rule))
    if found is None:
        found = _KEPT[id(rule)] = Outcome(rule, Verdict.PASS)  # holds the rule, so its id stays its
    return found


def evaluate_all(rules: Iterable[Rule], subject: Subject) -> Iterator[Outcome]:
    """Judge every rule that is about this kind of subject, in the order given."""
    for rule in rules:
        if subject.kind in rule.kinds:
            yield evaluate(rule, subject)


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are settled together, with the outcomes that they have when they are.

    `asked` holds each with its functions, made when they are first needed.
    """

    settle: Settle
    rules: tuple[Rule, ...]
    kept: tuple[Outcome, ...]
    asked: list[tuple[Rule, When | None, Check | None]] = field(default_factory=list)
    absent: dict[Text, tuple[Outcome, ...]] = field(default_factory=dict)

    def outcomes(self, subject: Subject) -> Iterable[Outcome]:
        """Judge the rules."""
        try:
            settled = self.settle(subject)
        except Exception:  # whichever rule it is, it will say so itself
            settled = False
        if settled is True:
            return self.kept
        if settled is False:
            asked = self.asked or self._made()
            return [_asked(rule, when, check, subject) for rule, when, check in asked]
        if settled not in self.absent:
            self.absent[settled] = tuple(
                Outcome(rule, Verdict.NOT_APPLICABLE, reason=settled) for rule in self.rules
            )
        return self.absent[settled]

    def _made(self) -> "list[tuple[Rule, When | None, Check | None]]":
        self.asked[:] = [(rule, made(rule.when), made(rule.check)) for rule in self.rules]
        return self.asked


def grouped(rules: Iterable[Rule]) -> tuple[Group, ...]:
    """The rules in their order, those next to each other that are settled together as one."""
    return tuple(
        Group(made(settle) or _never, some := tuple(members), tuple(map(_kept, some)))
        for settle, members in groupby(rules, key=lambda rule: rule.settle)
    )


def _never(subject: Subject) -> bool:
    return False


def _broken(rule: Rule, subject: Subject, mistake: Exception) -> Outcome:
    problem = Problem(
        Location(), expected=plain("-"), actual=plain(f"{type(mistake).__name__}: {mistake}")
    )
    finding = Finding(rule, Verdict.ERROR, problem, subject.kind)
    return Outcome(rule, Verdict.ERROR, (finding,), trace=traceback.format_exc())
