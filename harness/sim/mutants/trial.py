"""Tries mutants: whether the right rule speaks, at the right place, and only this one."""

from dataclasses import dataclass
from functools import partial

from harness.rules.profile import Profile
from harness.rules.rule import Finding, evaluate
from harness.sim.mutants.making import Mutant
from harness.sim.mutants.places import is_at, is_near
from harness.sim.selfcheck.overlaps import reason
from harness.sim.selfcheck.prove import broken


@dataclass(frozen=True, slots=True)
class Result:
    """What judging a mutant told.

    `found`: its rule speaks; `placed`: where it must; `told_by`: the rule that speaks in its place,
    because it explains it. `also`: other rules that the mutant breaks and the right subject keeps.
    """

    mutant: Mutant
    found: bool
    placed: bool = False
    told_by: str = ""
    at: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def unexplained(self) -> tuple[str, ...]:
        """Other rules of which nobody said why they break as well."""
        rule = self.mutant.rule.id
        return tuple(one for one in self.also if reason(rule, one) is None)


def tried(profile: Profile, mutant: Mutant) -> Result:
    """Judge a mutant."""
    known = mutant.good.once("broken", partial(broken, profile))
    outcomes = profile.judge(mutant.bad)
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    mine = [finding for finding in findings if finding.rule.id == mutant.rule.id]
    names = {finding.rule.id for finding in findings} - known - {mutant.rule.id}
    also = tuple(sorted(names))
    if not mine:
        speaker = also[0] if also and evaluate(mutant.rule, mutant.bad).findings else ""
        return Result(mutant, False, told_by=speaker, also=also)
    at = tuple(map(_place, mine))
    return Result(mutant, True, _is_placed(mutant, at), at=at, also=also)


def _place(finding: Finding) -> str:
    return finding.problem.at.path or finding.problem.at.xpath or ""


def _is_placed(mutant: Mutant, at: tuple[str, ...]) -> bool:
    same = is_near if mutant.attempt.by_hand else is_at
    return any(same(place, one) for place in mutant.attempt.places for one in at)
