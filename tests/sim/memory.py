"""What tests ask of plays in memory: reports, broken rules, messages sent."""

from collections.abc import Sequence
from datetime import datetime

from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.ranking import Placed, findings_in_order
from harness.show.report import Report
from harness.sim.events import Action
from harness.sim.memory import Wire, event_of
from harness.sim.record import Exchange
from harness.text import plain
from harness.wire.er7 import Message

__all__ = ["START", "Wire", "broken", "event_of", "findings", "report_of", "sent"]

START = datetime.fromisoformat("2026-01-05T10:00:00+01:00")


def report_of(profile: Profile, exchanges: Sequence[Exchange]) -> Report:
    """The least of a report that holds these exchanges."""
    return Report(
        tool="test",
        profile=profile.id,
        profile_title=plain("test"),
        rules_hash="",
        command="test",
        started=START,
        seconds=0.0,
        rules=profile.rules,
        exchanges=tuple(exchanges),
    )


def findings(profile: Profile, exchanges: Sequence[Exchange]) -> list[Placed]:
    """What a report would list, in its order."""
    return findings_in_order(report_of(profile, exchanges))


def broken(exchange: Exchange) -> set[str]:
    """Ids of the rules broken in an exchange, whoever broke them."""
    parts = [part.outcomes for part in (exchange.request, exchange.answer) if part]
    every = (*(outcome for part in parts for outcome in part), *exchange.step_outcomes)
    return {outcome.rule.id for outcome in every if outcome.verdict > Verdict.PASS}


def sent(actions: Sequence[Action]) -> list[Message]:
    """The messages in the blocks of these actions."""
    return [Message(action.data.removeprefix(b"\x0b")[:-2]) for action in actions]
