"""Where a mutant of one rule rightly breaks another, and why: `schemas/overlaps/*.yaml`."""

from dataclasses import dataclass
from functools import cache

from harness import data, yamlfile
from harness.text import Text


@dataclass(frozen=True, slots=True)
class Overlap:
    """Rules that a mutant of `rule` rightly breaks as well. Ids may end in `*`."""

    rule: str
    also: tuple[str, ...]
    because: Text

    def explains(self, rule: str, other: str) -> bool:
        """True when this is about the two."""
        return _fits(self.rule, rule) and any(_fits(name, other) for name in self.also)


def _fits(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def reason(rule: str, other: str) -> Text | None:
    """Why a mutant of `rule` rightly breaks `other`; None when nobody said it."""
    found = (overlap for overlap in overlaps() if overlap.explains(rule, other))
    return next((overlap.because for overlap in found), None)


@cache
def overlaps() -> tuple[Overlap, ...]:
    """All overlaps. Raises HarnessError with file, line and column."""
    found: list[Overlap] = []
    for file in sorted(data.path("schemas", "overlaps").glob("*.yaml")):
        content = yamlfile.load(file)
        content.only(frozenset({"overlaps"}))
        for item in content.need("overlaps").items:
            item.only(frozenset({"rule", "also", "because"}))
            also = item.need("also").texts
            found.append(Overlap(item.need("rule").text, also, item.need("because").both()))
    return tuple(found)
