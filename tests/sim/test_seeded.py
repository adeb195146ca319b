"""Every seeded fault is found first, by its rule, at the message that introduced it; the terminal's
first line says so, and who is at fault.
"""

from collections import Counter
from dataclasses import replace

import pytest
from faults import FAULTS as PAPER
from faults_tlr import FAULTS as GUIDE
from memory import findings, report_of
from seeded import Fault, Seeded, first_line

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.sim.play import Setting

SIDES = {"ris": "the RIS", "platform": "the platform"}
EVERY = {"livre-blanc-2024": PAPER, "ans-tlr-2026": GUIDE}
PAIRS = [(guide, fault) for guide, found in EVERY.items() for fault in found]
each = pytest.mark.parametrize(("guide", "fault"), PAIRS, ids=[fault.name for _, fault in PAIRS])
PLAYS = dict.fromkeys((guide, fault.play) for guide, fault in PAIRS)


def loaded(guide: str) -> Profile:
    return profiles.load(guide)


@pytest.mark.parametrize("guide", EVERY)
def test_there_are_enough_of_them_in_every_flow(guide: str, setting: Setting) -> None:
    found, profile = EVERY[guide], loaded(guide)
    assert len({fault.name for fault in found}) == len(found) >= 40
    flows = Counter(Seeded(setting, profile, fault).flow for fault in found)
    assert all(flows[flow] >= 4 for flow in profile.flows)
    assert all(profile.rule(fault.rule) for fault in found)


@each
def test_a_fault_is_found_by_its_rule_at_its_message(
    setting: Setting, guide: str, fault: Fault
) -> None:
    profile = loaded(guide)
    seeded = Seeded(setting, profile, fault)
    exchanges = seeded.run()
    found = findings(profile, exchanges)
    first = found[0]
    assert (first.finding.rule.id, first.exchange and first.exchange.number) == (
        fault.rule,
        fault.step,
    )
    told = {one.exchange and one.exchange.number for one in found}
    if not {"A", "D", "1", "4"} & {seeded.flow}:  # the others are held against what these say
        assert told == {fault.step}
    report = report_of(profile, exchanges)
    assert report.verdict >= Verdict.WARNING
    what = "acknowledgement of" if fault.answered else "message"
    assert first_line(report).endswith(f": {what} {seeded.flow}, sent by {SIDES[seeded.at_fault]}")


@pytest.mark.parametrize(("guide", "play"), PLAYS)
def test_without_the_fault_nothing_is_found(setting: Setting, guide: str, play: str) -> None:
    fault = next(fault for _, fault in PAIRS if fault.play == play)
    whole = replace(fault, edits=())
    assert findings(loaded(guide), Seeded(setting, loaded(guide), whole).run()) == []
