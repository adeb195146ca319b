"""The ledger of operators, `schemas/mutants/<profile>.tsv`: for each rule its level, and the ways
to break it.

A rule without a line, and a line without a rule, are mistakes; so is a way that follows from the
rule no more, or another level. `bench/operators.py` writes it: of the ways of a rule up to five,
those first that break no other rule on the first ground where they break this one. A way that was
written by hand says for which forms of ground it is: `break on A|C as HL7`.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from harness import data

Ledger = Mapping[str, tuple[str, ...]]
MOST: Final = 5  # ways of one rule
_BETWEEN: Final = "; "
_ON: Final = " on "


def file(profile: str) -> Path:
    """Where the ledger of a profile is."""
    return data.path("schemas", "mutants") / f"{profile}.tsv"


@cache
def read(profile: str) -> Ledger:
    """The ways of each rule of a profile."""
    return {rule: tuple(ways.split(_BETWEEN)) for rule, _, ways in _lines(profile)}


def levels(profile: str) -> Mapping[str, str]:
    """The level of each rule of a profile, as it was when the ledger was written."""
    return {rule: level for rule, level, _ in _lines(profile)}


def _lines(profile: str) -> Iterator[tuple[str, str, str]]:
    for line in file(profile).read_text("utf-8").splitlines()[1:]:
        rule, level, ways = line.split("\t")
        yield rule, level, ways


def name(way: str) -> str:
    """The way without the forms of ground that it is for."""
    return way.partition(_ON)[0]


def is_for(way: str, label: str) -> bool:
    """The way is for grounds of that form."""
    _, _, forms = way.partition(_ON)
    return not forms or label in forms.split("|")


def with_forms(way: str, labels: Iterable[str]) -> str:
    """A way that is for these forms of ground alone."""
    return f"{way}{_ON}{'|'.join(sorted(set(labels)))}"


def written(ledger: Ledger, levels: Mapping[str, str]) -> str:
    """The text of a ledger, the rules in the order of the alphabet."""
    lines = [
        f"{rule}\t{levels[rule]}\t{_BETWEEN.join(ways)}" for rule, ways in sorted(ledger.items())
    ]
    return "\n".join(("rule\tlevel\tways", *lines)) + "\n"
