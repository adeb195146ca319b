"""One fault, one finding: who keeps quiet where another rule speaks.

A rule of the group `standard` gives way at a place where another rule, of a verdict at least as
grave, has a finding as well: the same place, a part of it, or what it is a part of; a contested
one counts as much as its level. Whatever the place, a rule gives way to one that explains its
finding (`schemas/precedence.yaml`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
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


@cache
def causes() -> Mapping[str, Mapping[str, Text]]:
    """By rule: the rules that explain its findings, each with the reason.

    Raises HarnessError with file, line and column.
    """
    content = yamlfile.load(data.path("schemas", "precedence.yaml"))
    content.only(frozenset({"causes"}))
    found: dict[str, dict[str, Text]] = {}
    for item in content.need("causes").items:
        item.only(frozenset({"rule", "explains", "because"}))
        for name in item.need("explains").texts:
            found.setdefault(name, {})[item.need("rule").text] = item.need("because").both()
    return found


def _explained(broken: list[Outcome]) -> Iterator[Outcome]:
    verdicts = {outcome.rule.id: outcome.verdict for outcome in broken}
    for outcome in broken:
        for cause, because in causes().get(outcome.rule.id, {}).items():
            if Verdict.ERROR > verdicts.get(cause, Verdict.PASS) >= outcome.verdict:
                reason = say("precedence.explained", rule=cause, because=because)
                yield Outcome(outcome.rule, Verdict.NOT_APPLICABLE, reason=reason)
                break
        else:
            yield outcome


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
    outer, inner = sorted((other.problem.at.path, mine.problem.at.path), key=len)
    if outer == inner:
        return True
    return "-" in outer and inner.startswith((f"{outer}.", f"{outer}["))


def _weight(finding: Finding) -> Verdict:
    disputed = finding.verdict is Verdict.CONTESTED
    return finding.rule.level.when_broken if disputed else finding.verdict
