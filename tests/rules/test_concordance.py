"""Facts of a conversation: what they must agree with."""

from dataclasses import replace
from datetime import datetime

from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.sim.actor import Actor, Conversation
from harness.sim.case import Case
from harness.sim.generate import documents


def of(profile: Profile, talk: Conversation, flow: str, at: datetime) -> Subject:
    actor = Actor(profile.flow(flow).sender, profile, talk.case)
    message = actor.compose_in(talk, flow, at)
    subject = replace(profile.subject(flow, message, earlier=talk.subjects), recorded=True)
    talk.subjects += (subject,)
    return subject


def test_what_moves_is_what_the_latest_message_says(
    profile: Profile, case: Case, clock: datetime
) -> None:
    """The physician responsible for the site may change: the report follows the latest D."""
    talk = Conversation(case)
    of(profile, talk, "A", clock)
    of(profile, talk, "D", clock)
    before = of(profile, talk, "E", clock)
    talk.case = documents.succeeded(case)
    of(profile, talk, "D", clock)
    after = of(profile, talk, "E", clock)
    old = replace(before, earlier=after.earlier)
    broken = {
        name: [o.rule.id for o in profile.judge(subject) if o.findings and "RESP" in o.rule.id]
        for name, subject in {"before": before, "after": after, "old": old}.items()
    }
    assert broken == {"before": [], "after": [], "old": ["X-RESPONSIBLE"]}
    row = next(r for r in profile.concordance(talk.subjects) if r.fact.name == "responsible")
    assert [cell.agrees for cell in row.cells] == [None, None, True, None, True]
