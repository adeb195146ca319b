"""Proves that a rule is alive: it passes a good subject and kills each of its mutants."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.rules.rule import Rule, Subject, Verdict, evaluate
from harness.sim.selfcheck.bases import Base
from harness.sim.selfcheck.overlaps import reason
from harness.wire.edit import Edit

_ORDER: Final = (
    *("A", "D", "C"),  # the white paper
    *("1", "4", "3", "2"),  # the ANS guide
    *("E", "B", "DOC", "HL7", "ZAM", "ACK", "CR", "DA", "CDA"),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """`killed`: the rule passes `good` and is broken by `bad`. `also`: other rules that `bad`
    breaks. `why` is empty when it is killed.
    """

    rule: Rule
    killed: bool
    why: str = ""
    base: str = ""
    edits: tuple[Edit, ...] = ()
    good: Subject | None = None
    bad: Subject | None = None
    also: tuple[str, ...] = ()


def prove(rule: Rule, profile: Profile, bases: Mapping[str, tuple[Base, ...]]) -> Proof:
    """The proof with the fewest other rules broken, over all bases that the rule is about."""
    if not rule.mutants:
        return Proof(rule, killed=False, why="no mutant follows from the row: say one with break:")
    best = Proof(rule, killed=False, why="applies to no base")
    for base in _fitting(rule, bases):
        found = _on(base, rule, profile)
        if _better(found, best):
            best = found
        if best.killed and is_clean(best):
            break
    return best


def is_clean(proof: Proof) -> bool:
    """It breaks no other rule, but for what an overlap explains."""
    return all(reason(proof.rule.id, other) for other in proof.also)


def _fitting(rule: Rule, bases: Mapping[str, tuple[Base, ...]]) -> Iterator[Base]:
    for kind in _ORDER:
        if kind in rule.kinds:
            yield from bases.get(kind, ())


def _better(found: Proof, best: Proof) -> bool:
    if found.killed != best.killed:
        return found.killed
    return found.killed and len(found.also) < len(best.also)


def _on(base: Base, rule: Rule, profile: Profile) -> Proof:
    try:
        good = base.changed(profile, rule.given)
        if evaluate(rule, good).verdict is not Verdict.PASS:
            return Proof(rule, killed=False, why=f"is not kept by {base.name}", base=base.name)
        return _mutants(base, rule, profile, good)
    except HarnessError as wrong:
        return Proof(rule, killed=False, why=f"{base.name}: {wrong}", base=base.name)


def _mutants(base: Base, rule: Rule, profile: Profile, good: Subject) -> Proof:
    known = good.once("broken", partial(broken, profile))
    also: set[str] = set()
    bad, edits = good, rule.mutants[0]
    for edits in rule.mutants:
        bad = base.changed(profile, rule.given + edits)
        if evaluate(rule, bad).verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.ERROR):
            if not rule.level.when_broken.needs_attention and evaluate(rule, bad).findings:
                continue
            why = f"survives {', '.join(map(str, edits))} on {base.name}"
            return Proof(rule, killed=False, why=why, base=base.name, good=good, bad=bad)
        also |= broken(profile, bad) - known - {rule.id}
    return Proof(rule, True, "", base.name, edits, good, bad, tuple(sorted(also)))


def broken(profile: Profile, subject: Subject) -> set[str]:
    """Ids of every rule that the subject breaks."""
    return {outcome.rule.id for outcome in profile.judge(subject) if outcome.findings}
