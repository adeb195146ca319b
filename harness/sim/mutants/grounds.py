"""The right messages and documents from which mutants are made: many cases, many forms.

The first grounds are those of the self-check (`selfcheck/bases.py`); then come conversations of
every kind of examination, with other seeds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.rules.profile import Profile
from harness.sim.generate import cases
from harness.sim.selfcheck import bases
from harness.sim.selfcheck.bases import Base


@dataclass(frozen=True, slots=True)
class Ground:
    """A right subject. `label` says of what form it is, whatever its case: `E RO document`."""

    base: Base
    seed: int = 1

    @property
    def label(self) -> str:
        """The form; of the conversations that tell what few do, the whole name."""
        case, _, form = self.base.name.partition("/")
        return form if case in cases.names() else self.base.name

    @property
    def name(self) -> str:
        """Case, seed and form."""
        return f"{self.base.name} #{self.seed}"


def grounds(profile: Profile, seeds: Iterable[int]) -> Iterator[Ground]:
    """Those of the self-check, then of every case those of its conversation, seed by seed."""
    for found in bases.bases(profile).values():
        yield from map(Ground, found)
    for seed in seeds:
        for name in cases.names():
            for base in bases.of_case(profile, name, seed):
                yield Ground(base, seed)
