"""What all rows say together: a fold that holds a bounded number of facts, whatever the corpus.

The same rows in the same order give the same summary, whoever judged them.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from harness.rules.rule import Verdict
from harness.show.corpus.rows import FINDINGS

EXAMPLES: Final = 3  # of each rule
SENDERS: Final = 400  # told apart; the others are counted together
OTHERS: Final = ("…", "")
_DAY: Final = re.compile(r"(19[5-9]\d|20\d\d)(\d\d)(\d\d)", re.ASCII)
_RANK: Final = {verdict.word: verdict for verdict in Verdict}

Sender = tuple[str, str]  # MSH-3.1, MSH-4.1; empty where there is none


@dataclass(frozen=True, slots=True)
class Example:
    """One finding of a rule: in which message, where, what. Texts by language, `fr` and `en`."""

    index: int
    name: str
    kind: str
    place: str
    line: int | None
    expected: dict[str, str]
    actual: dict[str, str]


@dataclass(slots=True)
class Broken:
    """A rule that was broken: findings and messages by verdict, and the first examples.

    `rule` is empty for what could not be judged at all.
    """

    rule: str
    level: str
    findings: int = 0
    messages: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    senders: Counter[Sender] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The worst that it amounted to."""
        return max(_RANK[word] for word in self.verdicts)


@dataclass(slots=True)
class Summary:
    """Counts over messages by verdict: of all, by kind, by sender, by day ("" without a date).

    `lives`: documents that replace another (RO) or withdraw one (CA). `cut`: messages with more
    findings than have rows.
    """

    messages: int = 0
    rows: int = 0
    size: int = 0
    cut: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    senders: dict[Sender, Counter[str]] = field(default_factory=dict)
    days: dict[str, Counter[str]] = field(default_factory=dict)
    lives: Counter[str] = field(default_factory=Counter)
    broken: dict[str, Broken] = field(default_factory=dict)
    _index: int = 0
    _sender: Sender = ("", "")
    _met: set[str] = field(default_factory=set)

    def add(self, rows: bytes) -> None:
        """Take in rows, whole lines."""
        for line in rows.splitlines():
            self.take(json.loads(line))

    def take(self, row: dict[str, Any]) -> None:
        """Take in one row; those of one message follow one another."""
        self.rows += 1
        if row["index"] != self._index:
            self._message(row)
        if row["finding_verdict"]:
            self._finding(row)

    @property
    def verdict(self) -> Verdict:
        """The worst of all; INCONCLUSIVE when nothing was judged."""
        judged = [_RANK[word] for word in self.verdicts if _RANK[word] > Verdict.NOT_TESTED]
        return max(judged, default=Verdict.INCONCLUSIVE)

    def _message(self, row: dict[str, Any]) -> None:
        verdict, shown = row["verdict"], row["findings"]
        self._index = row["index"]
        self._met = set()
        self.messages += 1
        self.size += row["bytes"]
        self._sender = self._known((row["application"] or "", row["facility"] or ""))
        self.verdicts[verdict] += 1
        _in(self.kinds, row["kind"] or "")[verdict] += 1
        _in(self.senders, self._sender)[verdict] += 1
        _in(self.days, day_of(row["date"]))[verdict] += 1
        if row["action"]:
            self.lives[row["action"]] += 1
        self.cut += shown > FINDINGS

    def _known(self, sender: Sender) -> Sender:
        return sender if sender in self.senders or len(self.senders) < SENDERS else OTHERS

    def _finding(self, row: dict[str, Any]) -> None:
        rule = row["rule"] or ""
        broken = self.broken.setdefault(rule, Broken(rule, row["level"] or ""))
        broken.findings += 1
        broken.verdicts[row["finding_verdict"]] += 1
        if rule in self._met:
            return
        self._met.add(rule)
        broken.messages += 1
        broken.senders[self._sender] += 1
        if len(broken.examples) < EXAMPLES:
            broken.examples.append(_example(row))

    def in_order(self) -> list[Broken]:
        """What is broken, worst first, then what concerns most messages."""
        return sorted(self.broken.values(), key=lambda one: (-one.verdict, -one.messages, one.rule))


def _in(found: dict[Any, Counter[str]], key: object) -> Counter[str]:
    return found.setdefault(key, Counter())


def _example(row: dict[str, Any]) -> Example:
    return Example(
        index=row["index"],
        name=row["name"],
        kind=row["kind"] or "",
        place=row["path"] or row["xpath"] or "",
        line=row["line"],
        expected={lang: row[f"expected_{lang}"] or "" for lang in ("fr", "en")},
        actual={lang: row[f"actual_{lang}"] or "" for lang in ("fr", "en")},
    )


# -- time -----------------------------------------------------------------------------------


def day_of(written: str | None) -> str:
    """The day of an HL7 time as ISO 8601; empty when it has none."""
    found = _DAY.match(written or "")
    if not found:
        return ""
    try:
        return date(*map(int, found.groups())).isoformat()
    except ValueError:
        return ""


_MOST: Final = 62  # bars of a plot


def over_time(summary: Summary) -> tuple[str, list[tuple[date, Counter[str]]]]:
    """Messages by verdict over time, and the step: "day", "week", "month" or "year".

    Each is named by its first day; steps without a message are left out, and so are messages
    without a date.
    """
    days = sorted((date.fromisoformat(day), of) for day, of in summary.days.items() if day)
    for step, first in _STEPS.items():
        found: dict[date, Counter[str]] = {}
        for day, of in days:
            found.setdefault(first(day), Counter()).update(of)
        if len(found) <= _MOST or step == "year":
            return step, list(found.items())[-_YEARS:]
    return "year", []


_YEARS: Final = 200  # bars of a plot about years
_STEPS: Final[dict[str, Callable[[date], date]]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
    "year": lambda day: day.replace(month=1, day=1),
}
