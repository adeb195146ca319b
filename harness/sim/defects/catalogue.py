"""Named defects: the ways in which a simulated system can be wrong on purpose, by guide.

They teach, and they prove that the rules see what they are for.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from harness.errors import HarnessError
from harness.sim.defects import paper as defects_paper
from harness.sim.defects import tlr as defects_tlr
from harness.sim.defects.defect import Defect
from harness.text import plain, say


def _in_order(found: Iterable[Defect]) -> tuple[Defect, ...]:
    return tuple(sorted(found, key=lambda defect: (defect.flow, defect.name)))


# by profile, in the order of the flows
DEFECTS: Final[Mapping[str, tuple[Defect, ...]]] = {
    "livre-blanc-2024": _in_order(defects_paper.DEFECTS),
    "ans-tlr-2026": _in_order(defects_tlr.DEFECTS),
}


def of(profile: str) -> tuple[Defect, ...]:
    """The defects of a profile, in the order of its flows."""
    return DEFECTS.get(profile, ())


def find(name: str, profile: str) -> Defect:
    """The defect of that name. Raises HarnessError with the nearest one, or who has it."""
    for defect in of(profile):
        if defect.name == name:
            return defect
    others = [other for other in DEFECTS if any(one.name == name for one in of(other))]
    names = [defect.name for defect in of(profile)]
    near = get_close_matches(name, names, n=1)
    hint = say("yaml.did_you_mean", word=near[0]) if near else plain(", ".join(names))
    if others:
        hint = plain(" ".join(f"--profile {other}" for other in others))
    raise HarnessError(say("defect.unknown", name=name), hint=hint)
