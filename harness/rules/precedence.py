"""One fault, one finding: who keeps quiet where another rule speaks.

A rule of the group `standard` gives way at a place where another rule, of a verdict at least as
grave, has a finding as well: the same place, a part of it, or what it is a part of; a contested
one counts as much as its level. Whatever the place, a rule gives way to one that explains its
finding (`schemas/precedence.yaml`); with `where: same`, only at the place where that one speaks;
with `where: inside`, only in the segment of which that one says that it is not there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from harness import data, yamlfile
from harness.rules.rule import Finding, Outcome, Verdict
from harness.text import Text, say

GROUP: Final = "standard"


def give_way(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes of one message, without what would be said a second time."""
    every = tuple(outcomes)
    broken = [outcome for outcome in every if outcome.findings]
    if not broken:
        return every
    changed = {id(old): new for old, new in zip(broken, _told(broken), strict=True)}
    return tuple([changed.get(id(outcome), outcome) for outcome in every])


def _told(broken: list[Outcome]) -> Iterator[Outcome]:
    """What is said of each of the broken rules."""
    kept = tuple(_explained(broken))
    said = [
        finding
        for outcome in kept
        if outcome.rule.group != GROUP
        for finding in outcome.findings
        if finding.problem.at.path
    ]
    return (_without(outcome, said) if outcome.rule.group == GROUP else outcome for outcome in kept)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a rule explains another one's finding; `where`: "same", "inside", or empty: anywhere."""

    because: Text
    where: str


@cache
def causes() -> Mapping[str, Mapping[str, Cause]]:
    """By rule: the rules that explain its findings.

    Raises HarnessError with file, line and column.
    """
    content = yamlfile.load(data.path("schemas", "precedence.yaml"))
    content.only(frozenset({"causes"}))
    found: dict[str, dict[str, Cause]] = {}
    for item in content.need("causes").items:
        item.only(frozenset({"rule", "explains", "because", "where"}))
        where = item.get("where")
        if where and where.text not in _WHERE:
            raise where.error("yaml.unknown_value", hint=", ".join(_WHERE), value=where.text)
        cause = Cause(item.need("because").both(), where.text if where else "")
        for name in item.need("explains").texts:
            found.setdefault(name, {})[item.need("rule").text] = cause
    return found


def _explained(broken: list[Outcome]) -> Iterator[Outcome]:
    spoken = {outcome.rule.id: outcome for outcome in broken}
    return (_after_causes(outcome, spoken) for outcome in broken)


def _after_causes(outcome: Outcome, spoken: Mapping[str, Outcome]) -> Outcome:
    """What is left of an outcome once everything that explains it has spoken."""
    for name, cause in causes().get(outcome.rule.id, {}).items():
        other = spoken.get(name)
        if other is None or not Verdict.ERROR > _gravest(other) >= outcome.verdict:
            continue
        apart = outcome.findings if cause.where else ()
        left = tuple(one for one in apart if not _WHERE[cause.where](one, other))
        if not left:
            reason = say("precedence.explained", rule=name, because=cause.because)
            return Outcome(outcome.rule, Verdict.NOT_APPLICABLE, reason=reason)
        outcome = replace(outcome, findings=left)
    return outcome


def _gravest(outcome: Outcome) -> Verdict:
    return max(map(_weight, outcome.findings))


def _at_one(mine: Finding, other: Outcome) -> bool:
    return any(_same_place(one, mine) for one in other.findings)


def _inside_one(mine: Finding, other: Outcome) -> bool:
    return any(mine.problem.at.path.startswith(f"{one.problem.at.path}-") for one in other.findings)


_WHERE: Final[Mapping[str, Callable[[Finding, Outcome], bool]]] = {
    "same": _at_one,
    "inside": _inside_one,
}


def _without(outcome: Outcome, said: list[Finding]) -> Outcome:
    """The outcome with the findings that are left; not applicable when none is."""
    if outcome.verdict is Verdict.ERROR or not outcome.findings or not said:
        return outcome
    left = tuple(one for one in outcome.findings if not _speaker(one, said))
    if left:
        return replace(outcome, findings=left)
    names = {one.rule.id: None for mine in outcome.findings if (one := _speaker(mine, said))}
    reason = say("standard.said", rules=", ".join(names))
    return Outcome(outcome.rule, Verdict.NOT_APPLICABLE, reason=reason)


def _speaker(mine: Finding, said: list[Finding]) -> Finding | None:
    return next((other for other in said if _says(other, mine)), None)


def _says(other: Finding, mine: Finding) -> bool:
    if _weight(other) < mine.verdict:
        return False
    return _same_place(other, mine)


def _same_place(one: Finding, other: Finding) -> bool:
    """The same place, or one a part of the other: in a document, an element and one just in it."""
    places = one.problem.at.xpath, other.problem.at.xpath
    if places[0] and places[1]:
        return _one_element(*(place.partition("/@")[0] for place in places if place))
    outer, inner = sorted((one.problem.at.path, other.problem.at.path), key=len)
    if outer == inner:
        return True
    return "-" in outer and inner.startswith((f"{outer}.", f"{outer}["))


def _one_element(one: str, other: str) -> bool:
    return one == other or one.rpartition("/")[0] == other or other.rpartition("/")[0] == one


def _weight(finding: Finding) -> Verdict:
    disputed = finding.verdict is Verdict.CONTESTED
    return finding.rule.level.when_broken if disputed else finding.verdict
