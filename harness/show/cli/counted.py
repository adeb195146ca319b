"""What the self-check counts beside its proofs: wrong documents found, right ones let be."""

from harness.rules.profile import Profile
from harness.show.terminal import Terminal
from harness.show.words import tr
from harness.sim.mutants import score as scores
from harness.sim.mutants.score import Score
from harness.sim.selfcheck import courses

_SHOWN = 20  # of each kind of mistake


def mutants(terminal: Terminal, profile: Profile, each: int) -> bool:
    """Try so many mutants of every operator; True when each was found by its rule at its place."""
    found = scores.run(profile, each)
    for one in found.missed[:_SHOWN]:
        mutant = one.mutant
        _wrong(terminal, tr("selfcheck.missed", **_words(one), ground=mutant.ground.name))
    for one in found.astray[:_SHOWN]:
        at, place = ", ".join(one.at), ", ".join(one.mutant.attempt.places)
        words = {**_words(one), "at": at, "place": place, "ground": one.mutant.ground.name}
        _wrong(terminal, tr("selfcheck.astray", **words))
    for rule, way in sorted(found.idle)[:_SHOWN]:
        _wrong(terminal, tr("selfcheck.idle", rule=rule, way=way))
    terminal.line(tr("selfcheck.mutants", **_counts(found)))
    terminal.line(tr("selfcheck.alone", **_shares(found)))
    return found.is_perfect


def _words(one: scores.Result) -> dict[str, str]:
    return {"rule": one.mutant.rule.id, "way": one.mutant.attempt.way}


def _wrong(terminal: Terminal, text: str) -> None:
    terminal.line(("✗ ", "bold red"), text)


def _counts(found: Score) -> dict[str, str]:
    counts = {
        "bytes": len(found.bytes),
        "operators": len(found.operators),
        "hand": len(found.by_hand),
        "rules": len({rule for rule, _ in found.operators}),
        "missed": len(found.missed),
        "astray": len(found.astray),
        "idle": len(found.idle),
    }
    return {name: str(count) for name, count in counts.items()}


def _shares(found: Score) -> dict[str, str]:
    every = max(found.tried, 1)
    return {
        "alone": f"{100 * found.alone / every:.1f}",
        "twofold": f"{100 * found.twofold / every:.1f}",
        "told": str(len(found.told)),
    }


def conversations(terminal: Terminal, profile: Profile, count: int) -> bool:
    """Play so many right conversations; True when none of them raises an alarm."""
    messages, alarms = 0, 0
    for number in range(count):
        course = courses.course(profile, number)
        exchanges = course.play(profile)
        messages += sum(exchange.request is not None for exchange in exchanges)
        for step, finding in courses.alarms(course, exchanges):
            alarms += 1
            at = finding.problem.at.path or finding.problem.at.xpath or ""
            words = {"number": str(number), "step": str(step), "rule": finding.rule.id, "at": at}
            _wrong(terminal, tr("selfcheck.alarm", **words))
    counts = {"count": str(count), "messages": str(messages), "alarms": str(alarms)}
    terminal.line(tr("selfcheck.conversations", **counts))
    return not alarms
