"""Judging in another process: what goes there, what comes back. Pure.

A task carries the bytes of a message and of those before it in its conversation; back come its
outcomes, in which each rule is named and not copied. The ledger of the session is kept on both
sides: a task brings what has changed in it since the last one.
"""

import io
import pickle
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from harness.rules.ledger import Ledger
from harness.rules.profile import Profile
from harness.rules.rule import Level, Outcome, Rule, Seen, Subject, Verdict
from harness.sim.events import Key, Task
from harness.sim.judging import Judge
from harness.text import Text
from harness.wire.er7 import Message

MANY: Final = 1000  # changes
_RULE: Final = "rule"


class Followed(OrderedDict[Key, Seen]):
    """A ledger that remembers what has changed in it, until somebody asks."""

    def __init__(self) -> None:
        super().__init__()
        self._changed: dict[Key, None] = {}
        self._anew = False  # too much has changed to be told one by one

    def __setitem__(self, key: Key, value: Seen) -> None:
        super().__setitem__(key, value)
        self._note(key)

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        self._note(key)

    def setdefault(self, key: Key, default: Seen) -> Seen:
        """What the key stands for, this if nothing yet."""
        if key not in self:
            self[key] = default
        return self[key]

    def keep(self, most: int) -> None:
        """Forget the oldest entries beyond so many."""
        while len(self) > most:
            del self[next(iter(self))]

    def changes(self) -> tuple[tuple[tuple[Key, Seen | None], ...], bool]:
        """What has changed since this was asked last; True: this is all there is."""
        anew, keys = self._anew, list(self if self._anew else self._changed)
        self._changed.clear()
        self._anew = False
        return tuple((key, self.get(key)) for key in keys), anew

    def _note(self, key: Key) -> None:
        self._changed[key] = None
        if len(self._changed) > MANY + len(self):
            self._changed.clear()
            self._anew = True


def task(kind: str, message: Message, earlier: tuple[Subject, ...], ledger: Followed) -> Task:
    """What another process needs to judge a message."""
    before = tuple((past.kind, past.message.raw) for past in earlier if past.message)
    return Task(kind, message.raw, before, *ledger.changes())


@dataclass
class Weigher:
    """The other side: judges tasks in their order."""

    profile: Profile
    ledger: Ledger = field(default_factory=dict)

    def weigh(self, task: Task) -> bytes:
        """The outcomes of a task, to be read by `outcomes`."""
        if task.anew:
            self.ledger.clear()
        for key, seen in task.changes:
            if seen is None:
                self.ledger.pop(key, None)
            else:
                self.ledger[key] = seen
        earlier = tuple[Subject, ...]()
        for kind, raw in task.earlier:
            earlier += (self.profile.subject(kind, Message(raw), earlier=earlier, on_wire=True),)
        judge = Judge(self.profile, seen=self.ledger)
        judged, _ = judge.weigh(task.kind, Message(task.raw), "", earlier=earlier)
        return _written(self.profile, judged.outcomes)


def _written(profile: Profile, outcomes: Sequence[Outcome]) -> bytes:
    """Most outcomes are that a rule is kept, or why it does not apply: few words for those."""
    numbers = {id(rule): number for number, rule in enumerate(profile.rules)}
    reasons: dict[Text, int] = {}
    rows: list[object] = []
    for outcome in outcomes:
        number = numbers.get(id(outcome.rule))
        if number is None or outcome.findings or outcome.trace:
            rows.append(outcome)
        elif outcome.verdict is Verdict.PASS and not outcome.reason:
            rows.append(number)
        else:
            reason = reasons.setdefault(outcome.reason, len(reasons)) if outcome.reason else None
            rows.append((number, outcome.verdict.value, reason))
    written = io.BytesIO()
    _Pickler(written, pickle.HIGHEST_PROTOCOL).dump((rows, [(r.fr, r.en) for r in reasons]))
    return written.getvalue()


class Reader:
    """Reads outcomes that were written by a process of ours under the same profile."""

    def __init__(self, profile: Profile) -> None:
        self._rules = profile.rules
        self._named = {rule.id: rule for rule in profile.rules}
        self._kept = [Outcome(rule, Verdict.PASS) for rule in profile.rules]

    def outcomes(self, data: bytes) -> tuple[Outcome, ...]:
        """The outcomes of a task."""
        rows, pairs = _Unpickler(io.BytesIO(data), self._named).load()
        reasons = [Text(fr, en) for fr, en in pairs]
        return tuple(self._outcome(row, reasons) for row in rows)

    def _outcome(
        self, row: Outcome | int | tuple[int, int, int | None], reasons: Sequence[Text]
    ) -> Outcome:
        if isinstance(row, Outcome):
            return row
        if isinstance(row, int):
            return self._kept[row]
        number, verdict, reason = row
        why = None if reason is None else reasons[reason]
        return Outcome(self._rules[number], Verdict(verdict), reason=why)


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: object) -> object:
        """A rule holds functions: it is named."""
        return (_RULE, obj.id, obj.level.value) if isinstance(obj, Rule) else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, rules: dict[str, Rule]) -> None:
        super().__init__(file)
        self._rules = rules

    def persistent_load(self, pid: tuple[str, str, str]) -> Rule:
        """The rule of that name, at that level."""
        rule, level = self._rules[pid[1]], Level(pid[2])
        return rule if rule.level is level else replace(rule, level=level)
