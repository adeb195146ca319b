"""Makes the mutants: each operator on a few grounds, each ground judged once as it should be."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.rules.rows import rows
from harness.rules.rule import Rule, Subject, Verdict, evaluate
from harness.rules.transmitted import document_of
from harness.sim.mutants import asserts, byhand, codes, fields, ledger
from harness.sim.mutants.attempt import Attempt
from harness.sim.mutants.changes import Wanted
from harness.sim.mutants.grounds import Ground
from harness.sim.mutants.ledger import Ledger
from harness.wire import edit
from harness.wire.cda import Document
from harness.wire.edit import ASIDE
from harness.yamlfile import Item


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong subject, made from a right one by an operator of a rule."""

    rule: Rule
    attempt: Attempt
    ground: Ground
    good: Subject
    bad: Subject

    @property
    def operator(self) -> tuple[str, str]:
        """The rule's id and the way."""
        return self.rule.id, self.attempt.way

    @property
    def digest(self) -> int:
        """Of the bytes, and of what came before: two mutants of the same digest are one."""
        raw = self.bad.message.raw if self.bad.message else b""
        document = self.bad.document.raw if self.bad.document else b""
        return hash((self.bad.kind, raw, document, len(self.bad.earlier)))


@dataclass(slots=True)
class Maker:
    """Makes the mutants of some rules on some grounds.

    `ledger`: the ways of each rule, None for all that there are. Each rule begins at another
    ground, so that all cases are met.
    """

    profile: Profile
    grounds: Sequence[Ground]
    ledger: Ledger | None = None
    _of_kind: dict[frozenset[str], list[Ground]] = field(default_factory=dict, init=False)
    _table: Mapping[str, Item] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._table = rows(self.profile.id)

    def mutants(self, rule: Rule, each: int) -> Iterator[Mutant]:
        """So many mutants of every operator of a rule, each on a ground of its own."""
        made: Counter[str] = Counter()
        for ground in self._from_another(rule):
            if self.ledger is not None and not self._left(rule, made, each):
                return
            for mutant in self._on(rule, ground, lambda way: made[way] < each):
                made[mutant.attempt.way] += 1
                yield mutant

    def ways(self, rule: Rule, grounds: int, most: int) -> list[Mutant]:
        """One mutant of each way that follows from a rule, so many at most, found on the first
        grounds that the rule is about, or on the next where there is one: what a ledger is
        chosen from.
        """
        found: dict[str, Mutant] = {}
        for ground in self._about(rule):
            known = len(found) >= most or (found and grounds <= 0)
            if not known and self._good(rule, ground):
                grounds -= 1
                for one in self._on(rule, ground, lambda way: way not in found):
                    if not one.attempt.by_hand:
                        found[one.attempt.way] = one
        return list(found.values())[:most]

    def by_hand(self, rule: Rule) -> Iterator[Mutant]:
        """One mutant of what was written by hand on each form of ground where it breaks it."""
        seen: set[str] = set()
        for ground in self._about(rule) if rule.mutants else ():
            if ground.label not in seen:
                for one in self._on(rule, ground, lambda way: way.startswith(byhand.WAY)):
                    seen.add(ground.label)
                    yield one

    def _left(self, rule: Rule, made: Counter[str], each: int) -> bool:
        ways = self.ledger.get(rule.id, ()) if self.ledger else ()
        return any(made[ledger.name(way)] < each for way in ways)

    def _from_another(self, rule: Rule) -> list[Ground]:
        found = self._about(rule)
        start = sum(rule.id.encode()) * 7 % len(found) if found else 0
        return found[start:] + found[:start]

    def _about(self, rule: Rule) -> list[Ground]:
        if rule.kinds not in self._of_kind:
            kinds = rule.kinds
            self._of_kind[kinds] = [g for g in self.grounds if g.base.subject.kind in kinds]
        return self._of_kind[rule.kinds]

    def _on(self, rule: Rule, ground: Ground, wanted: Wanted) -> Iterator[Mutant]:
        """One mutant of every wanted way on a ground."""
        good = self._good(rule, ground)
        if good is None:
            return
        done: set[str] = set()

        def asked(way: str) -> bool:
            return way not in done and wanted(way) and self._is_known(rule, way, ground)

        for attempt in self._attempts(rule, good, asked):
            if asked(attempt.way):
                bad = self._changed(ground, good, rule, attempt)
                if bad and self._is_broken(rule, attempt, bad):
                    done.add(attempt.way)
                    yield Mutant(rule, attempt, ground, good, bad)

    def _is_known(self, rule: Rule, way: str, ground: Ground) -> bool:
        """The ledger has the way, for grounds of this form."""
        if self.ledger is None:
            return True
        found = (one for one in self.ledger.get(rule.id, ()) if ledger.name(one) == way)
        return any(ledger.is_for(one, ground.label) for one in found)

    def _good(self, rule: Rule, ground: Ground) -> Subject | None:
        """The ground as the rule needs it; None when the rule is not about it."""
        try:
            good = ground.base.changed(self.profile, rule.given)
        except HarnessError:
            return None
        return good if evaluate(rule, good).verdict is Verdict.PASS else None

    def _attempts(self, rule: Rule, good: Subject, asked: Wanted) -> Iterator[Attempt]:
        row = self._table.get(rule.id)
        if row is None:
            yield from asserts.attempts(rule, good, asked)
        elif row.get("xpath"):
            yield from codes.attempts(row, good)
        elif not row.get("by"):
            yield from fields.attempts(row, good, self.profile.elements)
        if rule.mutants and (row is None or row.get("break")):
            yield from byhand.attempts(rule, good)

    def _is_broken(self, rule: Rule, attempt: Attempt, bad: Subject) -> bool:
        """What follows from a rule breaks it; unless it is about the mutant no more.

        What is written by hand breaks it on grounds of the forms that the ledger names: while there
        is none, where the rule says so.
        """
        if not attempt.by_hand:
            return not (rule.when and rule.when(bad))
        return self.ledger is not None or bool(evaluate(rule, bad).findings)

    # -- changing ---------------------------------------------------------------------------

    def _changed(
        self, ground: Ground, good: Subject, rule: Rule, attempt: Attempt
    ) -> Subject | None:
        """The mutant; None where an edit finds no place, or changes nothing."""
        try:
            if attempt.document:
                return _with_document(good, attempt.document)
            if good.message is None or any(one.verb in ASIDE for one in attempt.edits):
                made = ground.base.changed(self.profile, rule.given + attempt.edits)
                return None if _is_as_before(good, made) else made
            return _with_message(good, attempt)
        except HarnessError:
            return None


def _is_as_before(good: Subject, bad: Subject) -> bool:
    """The edits wrote into a document what stood there already."""
    if good.message or not (good.document and bad.document):
        return False
    return edit.apply_to_document(good.document.raw, ()) == bad.document.raw


def _with_document(good: Subject, raw: bytes) -> Subject:
    document = Document.parse(raw)
    if good.message is None:
        return replace(good, document=document)
    message = edit.in_document(good.message, lambda old: raw)
    return replace(good, message=message, document=document)


def _with_message(good: Subject, attempt: Attempt) -> Subject | None:
    """The message changed; its document is read again only when it is another one."""
    before = good.carried
    message = edit.apply(before, attempt.edits)
    if message.raw == before.raw:
        return None
    same = [s.field(5) for s in message.named("OBX")] == [s.field(5) for s in before.named("OBX")]
    same = same and [s.field(2) for s in message.named("OBX")] == [
        s.field(2) for s in before.named("OBX")
    ]
    return replace(good, message=message, document=good.document if same else document_of(message))
