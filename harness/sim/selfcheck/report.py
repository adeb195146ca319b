"""The self-check of a whole profile: a proof for every rule, and the overlaps with their reasons.

A mutant that breaks another rule as well is either explained in `schemas/overlaps/*.yaml` or counts
as unexplained: two rules that say the same thing are one too many.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.rules.profile import Profile
from harness.rules.rule import Level, Rule
from harness.sim.selfcheck import documents, plays
from harness.sim.selfcheck.bases import Base, bases
from harness.sim.selfcheck.overlaps import Overlap, overlaps, reason
from harness.sim.selfcheck.prove import Proof, prove

__all__ = ["Overlap", "SelfCheck", "overlaps", "prove_rule", "reason", "run"]

_DOCUMENTS = frozenset({"CR", "DA", "CDA"})


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What came out. `alive` are the rules that can be broken and were."""

    proofs: tuple[Proof, ...]

    @property
    def must(self) -> tuple[Proof, ...]:
        """Proofs of MUST rules."""
        return tuple(proof for proof in self.proofs if proof.rule.level is Level.MUST)

    @property
    def killed_must(self) -> int:
        """How many MUST rules kill their mutant."""
        return sum(proof.killed for proof in self.must)

    @property
    def alive(self) -> int:
        """How many rules of any level kill their mutant."""
        return sum(proof.killed for proof in self.proofs)

    @property
    def dead(self) -> tuple[Proof, ...]:
        """Rules that do not."""
        return tuple(proof for proof in self.proofs if not proof.killed)

    def unexplained(self) -> Iterator[tuple[Proof, str]]:
        """Mutants that break a rule which no overlap names."""
        for proof in self.proofs:
            for other in proof.also:
                if reason(proof.rule.id, other) is None:
                    yield proof, other


def run(profile: Profile) -> SelfCheck:
    """Prove every rule that something outside can test."""
    found = bases(profile)
    return SelfCheck(
        tuple(prove_rule(rule, profile, found) for rule in profile.rules if not rule.untested)
    )


def prove_rule(rule: Rule, profile: Profile, found: Mapping[str, tuple[Base, ...]]) -> Proof:
    """The proof of one rule, in the way that its kind asks for."""
    if rule.check is None:
        return plays.prove(rule, profile)
    if rule.kinds <= _DOCUMENTS and not rule.mutants:
        return documents.prove(rule, profile, found)
    return prove(rule, profile, found)
