"""Two results side by side: what fails anew, what passes now, what the rules changed, what was not
measured again.

A check is the same when it is the same rule about the same message: the n-th message of a flow in
its conversation and scenario, its answer, or the step itself. Flows are tied by the aliases of the
guides. What only the rule set explains (a new, retired, stricter or relaxed rule) is never a new
failure of the system, and what was not measured again is never a new pass.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from os.path import commonpath
from pathlib import Path, PurePath
from typing import Any, Final

from harness.errors import HarnessError, NotMeasured
from harness.rules import profile as profiles
from harness.rules import profile_file
from harness.rules.counterpart import counterpart
from harness.rules.rule import Verdict
from harness.show.runs.recorded import load_result
from harness.text import Text, say

_JUDGED: Final = frozenset({Verdict.PASS, Verdict.CONTESTED, Verdict.WARNING})
_ORDER: Final = {"MAY": 0, "SHOULD": 1, "MUST": 2}


class Category(Enum):
    """What became of a check, the worst first."""

    NEW_FAILURE = "new_failure"
    UNMEASURED = "unmeasured"
    STRICTER_RULE = "stricter_rule"
    NEW_RULE = "new_rule"
    NEW_WARNING = "new_warning"
    KNOWN = "known_failure"
    RELAXED_RULE = "relaxed_rule"
    RETIRED_RULE = "retired_rule"
    NEW_PASS = "new_pass"  # noqa: S105  no password


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A message of a run, or a file. `part`: message, answer, step, file."""

    scenario: str
    conversation: str
    flow: str
    nth: int
    part: str


@dataclass(frozen=True, slots=True)
class Side:
    """A result as it is compared. `rules` is None when the result does not hold its outcomes."""

    file: Path
    profile: str
    rules_hash: str
    verdict: str
    measured: frozenset[Key]
    verdicts: Mapping[tuple[Key, str], Verdict]
    findings: Mapping[tuple[Key, str], Mapping[str, Any]]
    rules: Mapping[str, str] | None

    def knows(self, rule: str) -> bool:
        """The rule is one of its profile, as far as can be told."""
        return self.rules is None or rule in self.rules


@dataclass(frozen=True, slots=True)
class Item:
    """One check that differs, or a failure that stays. `finding` is its entry of the result.

    `rule` is empty for a whole message that was not measured again.
    """

    category: Category
    key: Key
    rule: str
    before: Verdict | None
    after: Verdict | None
    finding: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RunDiff:
    """What differs between two results."""

    before: Side
    after: Side
    items: tuple[Item, ...]
    new_rules: tuple[str, ...]
    retired_rules: tuple[str, ...]

    @property
    def counts(self) -> Counter[Category]:
        """How many items of each category."""
        return Counter(item.category for item in self.items)

    @property
    def code(self) -> int:
        """0 nothing worse, 1 new failures, 3 less was measured, 4 only the rules made it worse."""
        counts = self.counts
        if counts[Category.NEW_FAILURE]:
            return 1
        if counts[Category.UNMEASURED]:
            return 3
        return 4 if counts[Category.NEW_RULE] or counts[Category.STRICTER_RULE] else 0


def compare(before: Path, after: Path) -> RunDiff:
    """Compare two runs, by their folders or their JSON results.

    Raises HarnessError for what is no result, NotMeasured when no message is in both.
    """
    later = load_result(result_of(after))
    target = _profile(later, after)
    earlier = load_result(result_of(before))
    mine = _profile(earlier, before)
    one = _read(before, earlier, _tied(mine, target))
    other = _read(after, later, lambda flow: flow)
    if not one.measured & other.measured:
        raise NotMeasured(say("rundiff.nothing_common"), file=after)
    items = sorted(_items(one, other), key=_place)
    known = (one.rules or {}), (other.rules or {})
    both = one.rules is not None and other.rules is not None
    return RunDiff(
        one,
        other,
        tuple(items),
        tuple(name for name in known[1] if both and name not in known[0]),
        tuple(name for name in known[0] if both and name not in known[1]),
    )


def result_of(run: Path) -> Path:
    """The JSON result of a run's folder, or the file itself. Raises HarnessError for neither."""
    if not run.exists():
        raise HarnessError(say("cli.no_file"), file=run)
    if not run.is_dir():
        return run
    if not (run / "result.json").is_file():
        raise HarnessError(say("rundiff.no_result"), file=run, hint="telerad judge --out")
    return run / "result.json"


def _profile(result: Mapping[str, Any], file: Path) -> str:
    name = result.get("profile")
    if not isinstance(name, str):
        raise HarnessError(say("recorded.bad_result", reason="profile"), file=file)
    return name


def _tied(source: str, target: str) -> Callable[[str], str]:
    """Flows of the earlier guide in the words of the later one, where it is installed."""
    if source == target or target not in profile_file.available():
        return lambda flow: flow
    later = profiles.load(target)
    return lambda flow: counterpart(flow, source, later) or flow


# -- reading a result ------------------------------------------------------------------------


def _read(file: Path, result: dict[str, Any], tie: Callable[[str], str]) -> Side:
    try:
        return _side(file, result, tie)
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        reason = f"{type(wrong).__name__}: {wrong}"
        raise HarnessError(say("recorded.bad_result", reason=reason), file=file) from None


def _side(file: Path, result: dict[str, Any], tie: Callable[[str], str]) -> Side:
    keys = _Keys(result, tie)
    verdicts: dict[tuple[Key, str], Verdict] = {}
    findings: dict[tuple[Key, str], Mapping[str, Any]] = {}
    for one in result.get("outcomes", ()):
        at = keys.of(one.get("exchange"), one["file"], one["rule"]), str(one["rule"])
        found = Verdict[one["verdict"].upper()]
        verdicts[at] = max(found, verdicts.get(at, found))
    for one in result["findings"]:
        place = one["place"]
        at = keys.of(place.get("exchange"), place["file"], one["rule"]), str(one["rule"])
        findings.setdefault(at, one)
        found = Verdict[one["verdict"].upper()]
        verdicts[at] = max(found, verdicts.get(at, found))
    return Side(
        file,
        str(result["profile"]),
        str(result["rules_hash"]),
        str(result["verdict"]),
        frozenset(keys.measured),
        verdicts,
        findings,
        {str(k): str(v) for k, v in result["rules"].items()} if "outcomes" in result else None,
    )


class _Keys:
    """Which message a file or an exchange of a result is."""

    def __init__(self, result: dict[str, Any], tie: Callable[[str], str]) -> None:
        self.measured: set[Key] = set()
        self._exchanges: dict[int, tuple[Key, dict[str, Any]]] = {}
        self._count: Counter[tuple[str, str, str]] = Counter()
        self._orders: dict[str, str] = {}
        for exchange in result["exchanges"]:
            self._add(exchange, tie)
        files = [one["path"] for one in result["files"]]
        parents = [str(PurePath(path).parent) for path in files if not self._exchanges]
        self._root = commonpath(parents) if parents else ""
        if not self._exchanges:
            self.measured |= {self._of_file(path) for path in files}

    def _add(self, exchange: dict[str, Any], tie: Callable[[str], str]) -> None:
        scenario, conversation = str(exchange["scenario"]), str(exchange["conversation"] or "")
        if scenario == "simulate":  # a session names its conversations by order number
            conversation = self._orders.setdefault(conversation, str(len(self._orders) + 1))
        flow = tie(str(exchange["flow"]))
        self._count[scenario, conversation, flow] += 1
        nth = self._count[scenario, conversation, flow]
        key = Key(scenario, conversation, flow, nth, "message")
        self._exchanges[int(exchange["number"])] = key, exchange
        for part, field in (("message", "request"), ("answer", "answer")):
            if exchange[field]:
                self.measured.add(_part(key, part))

    def of(self, number: int | None, file: str | None, rule: str) -> Key:
        if number is None:
            return self._of_file(file or "")
        key, exchange = self._exchanges[number]
        if any(step["rule"] == rule for step in exchange["steps"]):
            return _part(key, "step")
        return _part(key, "answer") if file and file == exchange["answer"] else key

    def _of_file(self, path: str) -> Key:
        inner = PurePath(path)
        if self._root and inner.is_relative_to(self._root):
            inner = inner.relative_to(self._root)
        return Key("", "", inner.as_posix(), 1, "file")


def _part(key: Key, part: str) -> Key:
    return Key(key.scenario, key.conversation, key.flow, key.nth, part)


# -- comparing -------------------------------------------------------------------------------


def _items(one: Side, other: Side) -> Iterator[Item]:
    gone = one.measured - other.measured
    for key in gone:
        if key.part == "answer" and _part(key, "message") in gone:
            continue
        yield Item(Category.UNMEASURED, key, "", None, None, None)
    for at in {**one.verdicts, **other.verdicts}:
        category = _category(at, one, other)
        if category:
            key, rule = at
            finding = other.findings.get(at) or one.findings.get(at)
            yield Item(category, key, rule, one.verdicts.get(at), other.verdicts.get(at), finding)


def _category(at: tuple[Key, str], one: Side, other: Side) -> Category | None:
    was, now = one.verdicts.get(at), other.verdicts.get(at)
    if now is Verdict.FAIL:
        return _failing(at[1], was, one, other)
    if was is Verdict.FAIL:
        return _no_longer(at, now, one, other)
    if now is Verdict.WARNING and was is not Verdict.WARNING and one.knows(at[1]):
        return Category.NEW_WARNING
    if now is Verdict.ERROR and was is not Verdict.ERROR:
        return Category.UNMEASURED
    return None


def _failing(rule: str, was: Verdict | None, one: Side, other: Side) -> Category:
    if was is Verdict.FAIL:
        return Category.KNOWN
    if not one.knows(rule):
        return Category.NEW_RULE
    if was is Verdict.WARNING and _level(one, rule) < _level(other, rule):
        return Category.STRICTER_RULE
    return Category.NEW_FAILURE


def _no_longer(at: tuple[Key, str], now: Verdict | None, one: Side, other: Side) -> Category | None:
    key, rule = at
    if not other.knows(rule):
        return Category.RETIRED_RULE
    if key.part != "step" and key not in other.measured:
        return None  # the whole message is told
    if now is None:
        return (
            Category.NEW_PASS
            if other.rules is None or key.part == "step"
            else (Category.RETIRED_RULE)
        )
    if now is Verdict.WARNING and _level(other, rule) < _level(one, rule):
        return Category.RELAXED_RULE
    return Category.NEW_PASS if now in _JUDGED else Category.UNMEASURED


def _level(side: Side, rule: str) -> int:
    return _ORDER[(side.rules or {}).get(rule, "MUST")]


def _place(item: Item) -> tuple[int, Key, str]:
    return list(Category).index(item.category), item.key, item.rule


# -- telling ---------------------------------------------------------------------------------


def headline(found: RunDiff) -> Text:
    """What matters, on one line."""
    counts = found.counts
    parts = [say(f"rundiff.code.{found.code}")]
    told = (c for c in Category if counts[c] and c is not Category.NEW_WARNING)
    parts += [say(f"rundiff.count.{c.value}", count=counts[c]) for c in told]
    new, gone = len(found.new_rules), len(found.retired_rules)
    if new or gone:
        parts.append(say("rundiff.count.rules", new=new, retired=gone))
    return Text(" · ".join(p.fr for p in parts), " · ".join(p.en for p in parts))


def where(key: Key) -> Text:
    """Which message a check is about, in words."""
    if key.part == "file":
        return Text(key.flow, key.flow)
    part = say(f"rundiff.part.{key.part}", flow=key.flow)
    nth = f" n° {key.nth}" if key.nth > 1 else ""
    inside = " · ".join(name for name in (key.scenario, key.conversation) if name)
    return Text(f"{part.fr}{nth} ({inside})", f"{part.en}{nth} ({inside})")


def as_dict(found: RunDiff) -> dict[str, Any]:
    """The contract of `schemas/diff.schema.json`."""
    counts = found.counts
    return {
        "schema": "telerad-diff-1",
        "code": found.code,
        "before": _side_dict(found.before),
        "after": _side_dict(found.after),
        "counts": {category.value: counts[category] for category in Category},
        "new_rules": list(found.new_rules),
        "retired_rules": list(found.retired_rules),
        "items": [_item_dict(item) for item in found.items],
    }


def _side_dict(side: Side) -> dict[str, Any]:
    return {
        "file": str(side.file),
        "profile": side.profile,
        "rules_hash": side.rules_hash,
        "verdict": side.verdict,
        "complete": side.rules is not None,
    }


def _item_dict(item: Item) -> dict[str, Any]:
    finding, key = item.finding or {}, item.key
    return {
        "category": item.category.value,
        "rule": item.rule or None,
        "level": finding.get("level"),
        "message": finding.get("message"),
        "scenario": key.scenario or None,
        "conversation": key.conversation or None,
        "flow": key.flow,
        "nth": key.nth,
        "part": key.part,
        "before": item.before.word if item.before is not None else None,
        "after": item.after.word if item.after is not None else None,
        "place": finding.get("place"),
        "actual": (finding.get("texts") or {}).get("actual"),
    }


def by_category(items: Iterable[Item]) -> Iterator[tuple[Category, tuple[Item, ...]]]:
    """The items of each category that has some, the worst first."""
    every = tuple(items)
    for category in Category:
        members = tuple(item for item in every if item.category is category)
        if members:
            yield category, members
