"""The score of the mutants of a profile: how many were found, each by its rule, at its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Rule
from harness.sim.mutants import byhand, ledger
from harness.sim.mutants.grounds import grounds
from harness.sim.mutants.making import Maker
from harness.sim.mutants.trial import Result, tried

SEEDS: Final = (2,)  # beside the cases of the self-check
Part = tuple[int, int]  # of so many parts this one, from 0


__all__ = ["Result", "Score", "joined", "run", "score"]


@dataclass(frozen=True, slots=True)
class Score:
    """What came out. `operators` are pairs of a rule's id and a way; `wanted` those of the ledger.

    `told` were found by the rule that explains the one that was broken; `missed` by none, `astray`
    at another place; `alone` broke no other rule, `twofold` broke one rightly
    (`schemas/overlaps`); `also` those of which nobody said why.
    """

    operators: frozenset[tuple[str, str]]
    wanted: frozenset[tuple[str, str]]
    bytes: frozenset[int]
    told: tuple[Result, ...]
    missed: tuple[Result, ...]
    astray: tuple[Result, ...]
    alone: int
    twofold: int
    also: tuple[Result, ...]

    @property
    def tried(self) -> int:
        """How many mutants were found or missed by their own rule."""
        return self.alone + self.twofold + len(self.also) + len(self.missed)

    @property
    def by_hand(self) -> frozenset[tuple[str, str]]:
        """Operators that were written by hand."""
        return frozenset(one for one in self.operators if one[1].startswith(byhand.WAY))

    @property
    def idle(self) -> frozenset[tuple[str, str]]:
        """Operators of the ledger that made no mutant."""
        return self.wanted - self.operators

    @property
    def is_perfect(self) -> bool:
        """Every mutant was found by its rule at its place, and every operator made one."""
        return not (self.missed or self.astray or self.idle)


def score(results: Iterable[Result], wanted: Iterable[tuple[str, str]]) -> Score:
    """Sum up."""
    every = list(results)
    told = [one for one in every if one.told_by]
    mine = [one for one in every if not one.told_by]
    found = [one for one in mine if one.found]
    return Score(
        operators=frozenset(one.mutant.operator for one in every),
        wanted=frozenset(wanted),
        bytes=frozenset(one.mutant.digest for one in mine),
        told=tuple(told),
        missed=tuple(one for one in mine if not one.found),
        astray=tuple(one for one in found if not one.placed),
        alone=sum(not one.also for one in found),
        twofold=sum(bool(one.also) and not one.unexplained for one in found),
        also=tuple(one for one in found if one.unexplained),
    )


def run(profile: Profile, each: int = 1, part: Part = (0, 1)) -> Score:
    """Try `each` mutants of every operator of the ledger, or of a part of the rules."""
    known = ledger.read(profile.id)
    number, parts = part
    rules = [rule for rule in profile.rules if rule.id in known][number::parts]
    maker = Maker(profile, tuple(grounds(profile, SEEDS)), known)
    results = [tried(profile, one) for rule in rules for one in maker.mutants(rule, each)]
    return score(results, _wanted(rules, known))


def _wanted(rules: Sequence[Rule], known: ledger.Ledger) -> set[tuple[str, str]]:
    return {(rule.id, ledger.name(way)) for rule in rules for way in known[rule.id]}


def joined(scores: Sequence[Score]) -> Score:
    """The score of several parts."""
    return Score(
        operators=frozenset().union(*(one.operators for one in scores)),
        wanted=frozenset().union(*(one.wanted for one in scores)),
        bytes=frozenset().union(*(one.bytes for one in scores)),
        told=tuple(found for one in scores for found in one.told),
        missed=tuple(found for one in scores for found in one.missed),
        astray=tuple(found for one in scores for found in one.astray),
        alone=sum(one.alone for one in scores),
        twofold=sum(one.twofold for one in scores),
        also=tuple(found for one in scores for found in one.also),
    )
