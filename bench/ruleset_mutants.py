"""Weaken the rules one by one: does anything notice? The share that is noticed, and what is not.

    .venv/bin/python bench/ruleset_mutants.py [PROFILE …]

Each rule is weakened in every way that makes sense of it:

    gone        the rule is not there any more
    silent      it never finds anything
    softer      it weighs less: SHOULD in place of MUST, MAY in place of SHOULD
    never       it holds itself to apply to nothing
    always      it holds itself to apply to everything
    any value   it minds only what is absent
    any place   it minds only what is present
    astray      it speaks of another place
    part N      part N of the test of an assert, between its `and`, is true

A weakened rule is noticed when an operator of the ledger is missed, or found at another place, or
when a right subject raises an alarm; one that is gone, or softer, when the ledger says otherwise.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Check, Level, Problem, Rule, Subject, evaluate
from harness.sim.mutants import asserts, ledger, places
from harness.sim.mutants.grounds import Ground, grounds
from harness.sim.mutants.making import Maker, Mutant
from harness.text import say
from harness.wire.location import Location

SOFTER = {Level.MUST: Level.SHOULD, Level.SHOULD: Level.MAY}
ABSENT = say("value.absent")


@dataclass(frozen=True, slots=True)
class Weakened:
    """A rule with one thing taken from it; None when it is gone."""

    way: str
    rule: Rule | None


def weakened(rule: Rule, mutants: list[Mutant]) -> Iterator[Weakened]:
    """Every way to weaken a rule that changes something of it."""
    yield Weakened("gone", None)
    yield Weakened("silent", replace(rule, check=lambda subject: ()))
    if rule.level in SOFTER:
        yield Weakened("softer", replace(rule, level=SOFTER[rule.level]))
    yield Weakened("never", replace(rule, when=lambda subject: ABSENT, settle=None))
    if rule.when:
        yield Weakened("always", replace(rule, when=None, settle=None))
    check = rule.check
    if check is None:
        return
    minds = {problem.actual == ABSENT for one in mutants for problem in check(one.bad)}
    if minds == {True, False}:
        yield Weakened("any value", replace(rule, check=_only(check, absent=True)))
        yield Weakened("any place", replace(rule, check=_only(check, absent=False)))
    yield Weakened("astray", replace(rule, check=_astray(check)))
    yield from _parts(rule)


def _only(check: Check, *, absent: bool) -> Check:
    return lambda subject: [one for one in check(subject) if (one.actual == ABSENT) is absent]


def _astray(check: Check) -> Check:
    def moved(problem: Problem) -> Problem:
        return replace(problem, at=Location("ZZZ-1", "/elsewhere"))

    return lambda subject: [moved(one) for one in check(subject)]


def _parts(rule: Rule) -> Iterator[Weakened]:
    """The assert without one of the parts of its test."""
    asked = asserts.asserts().get(rule.id)
    parts = _split(asked.test) if asked else []
    for number in range(len(parts)) if asked and len(parts) > 1 else ():
        rest = " and ".join(part for other, part in enumerate(parts) if other != number)
        yield Weakened(f"part {number + 1}", replace(rule, check=_by(replace(asked, test=rest))))


def _split(test: str) -> list[str]:
    """The parts of a test between its outermost `and`; one that has an outermost `or` is whole."""
    found, depth, start = [], 0, 0
    for token in re.finditer(r"'[^']*'|[()\[\]]|\b(?:and|or)\b", test):
        word = token[0]
        depth += (word in "([") - (word in ")]")
        if depth == 0 and word == "or":
            return [test]
        if depth == 0 and word == "and":
            found.append(test[start : token.start()])
            start = token.end()
    return [*found, test[start:]]


def _by(asked: asserts.Asked) -> Check:
    """A check that asks libxml2 alone."""

    def check(subject: Subject) -> Iterator[Problem]:
        document = subject.document
        root = document.root if document else None
        for node in asserts.own(asked, root.getroottree()) if root is not None else ():
            if document and isinstance(node, etree._Element) and not asked.holds(node):
                yield Problem(document.place(node), ABSENT, ABSENT)

    return check


def is_noticed(one: Weakened, mutants: list[Mutant], right: list[Ground]) -> bool:
    """Some operator is missed or astray, or a right subject raises an alarm."""
    if one.rule is None or one.way == "softer":
        return bool(mutants)  # the ledger names the rule, and its level
    return any(not _is_found(one.rule, mutant) for mutant in mutants) or any(
        evaluate(one.rule, ground.base.subject).findings for ground in right
    )


def _is_found(rule: Rule, mutant: Mutant) -> bool:
    same = places.is_near if mutant.attempt.by_hand else places.is_at
    found = [finding.problem.at for finding in evaluate(rule, mutant.bad).findings]
    shown = [at.path or at.xpath or "" for at in found]
    return any(same(place, one) for place in mutant.attempt.places for one in shown)


def judge(profile: Profile) -> None:
    """Weaken every rule of a profile, and print the score."""
    known = ledger.read(profile.id)
    every = tuple(grounds(profile, ()))
    maker, tried, noticed, left = Maker(profile, every, known), Counter(), Counter(), []
    for rule in profile.rules:
        if rule.check is None or rule.untested:
            continue
        mutants = list(maker.mutants(rule, 1))
        right = [one for one in every if one.base.subject.kind in rule.kinds][:40]
        for one in weakened(rule, mutants):
            tried[one.way.split()[0]] += 1
            if is_noticed(one, mutants, right):
                noticed[one.way.split()[0]] += 1
            else:
                left.append(f"{rule.id} {one.way}")
    for name in left:
        print("  not noticed:", name)
    for way, count in tried.items():
        print(f"  {way:<9} {noticed[way]} of {count}")
    total, found = sum(tried.values()), sum(noticed.values())
    print(f"{profile.id}: {found} of {total} weakened rules noticed, {100 * found / total:.1f} %")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["livre-blanc-2024", "ans-tlr-2026"]:
        judge(profiles.load(name))
