"""One fault, one finding: the base standard keeps quiet where a guide's own rule speaks.

A rule of the group `standard` gives way at a place where another rule, of a verdict at least as
grave, has a finding as well: the same place, a part of it, or what it is a part of.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from harness.rules.rule import Finding, Outcome, Verdict
from harness.text import say

GROUP: Final = "standard"


def give_way(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """The outcomes of one message, without what the standard's rules would say a second time."""
    kept = tuple(outcomes)
    said = [
        finding
        for outcome in kept
        if outcome.rule.group != GROUP
        for finding in outcome.findings
        if finding.problem.at.path
    ]
    return (_without(outcome, said) if outcome.rule.group == GROUP else outcome for outcome in kept)


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
    if other.verdict < mine.verdict:
        return False
    outer, inner = sorted((other.problem.at.path, mine.problem.at.path), key=len)
    if outer == inner:
        return True
    return "-" in outer and inner.startswith((f"{outer}.", f"{outer}["))
