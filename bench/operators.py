"""Write the ledger of operators (`schemas/mutants/<profile>.tsv`): a few minutes each.

    .venv/bin/python bench/operators.py [PROFILE …] [RULE …]

Every way to break a rule is tried on the first ground where it does; of each rule up to five ways
are kept, those first that break no other rule. With rules, only theirs are written anew.
"""

import sys
from collections import defaultdict

from harness.rules import profile as profiles
from harness.rules.rule import Rule
from harness.sim.mutants import ledger
from harness.sim.mutants.grounds import grounds
from harness.sim.mutants.making import Maker
from harness.sim.mutants.trial import Result, tried

PROFILES = ("livre-blanc-2024", "ans-tlr-2026")
GROUNDS = 6  # on which the ways of a rule are looked for
TRIED = 9  # ways that are compared


def chosen(maker: Maker, rule: Rule) -> tuple[str, ...]:
    """The ways to keep, from another one on for each rule, so that all sorts are met."""
    forms = defaultdict(list)
    for one in maker.by_hand(rule):
        forms[one.attempt.way].append(one.ground.label)
    hand = [ledger.with_forms(way, labels) for way, labels in forms.items()]
    results = [tried(maker.profile, one) for one in maker.ways(rule, GROUNDS, TRIED)]
    start = sum(rule.id.encode()) % len(results) if results else 0
    others = sorted(results[start:] + results[:start], key=weight)
    alone = [one for one in others if one.found and not one.unexplained]
    kept = alone[: ledger.MOST - len(hand)] or ([] if hand else others[:1])
    return (*(one.mutant.attempt.way for one in kept), *hand)


def weight(one: Result) -> tuple[bool, int, int]:
    """What tells the better of two ways: it is told, and breaks fewer other rules."""
    return (not one.found, len(one.unexplained), len(one.also))


def main(names: list[str], only: frozenset[str]) -> None:
    """Write the ledger of each profile, or what it holds of some rules, and say what it holds."""
    for name in names:
        profile = profiles.load(name)
        maker = Maker(profile, tuple(grounds(profile, ())))
        found = dict(ledger.read(name)) if only else {}
        for rule in profile.rules:
            if rule.check and not rule.untested and (not only or rule.id in only):
                found[rule.id] = chosen(maker, rule)
        known = {rule.id for rule in profile.rules}
        found = {rule: ways for rule, ways in found.items() if ways and rule in known}
        levels = {rule.id: rule.level.value for rule in profile.rules}
        ledger.file(name).write_text(ledger.written(found, levels), "utf-8")
        print(f"{name}: {sum(map(len, found.values()))} operators of {len(found)} rules")


if __name__ == "__main__":
    asked = sys.argv[1:]
    profiles_asked = [one for one in asked if one in PROFILES]
    main(profiles_asked or list(PROFILES), frozenset(asked) - set(PROFILES))
