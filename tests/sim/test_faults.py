"""Every seeded fault is found first, by its rule, at the message that introduced it; the terminal's
first line says so.
"""

import io
from collections import Counter
from dataclasses import replace

import pytest
from faults import FAULTS, Change, Fault, Taken
from memory import Wire, findings, report_of
from rich.console import Console

from harness.rules.rule import Verdict
from harness.show.terminal import Terminal
from harness.sim import scenario
from harness.sim.defects import Defect
from harness.sim.play import Play, Setting, cases_of
from harness.sim.record import Exchange
from harness.text import plain
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

SEED = 7


class Seeded:
    """The play of a scenario in which one message is changed before it leaves."""

    def __init__(self, setting: Setting, fault: Fault) -> None:
        ((found, _),) = scenario.find([fault.play], setting.profile.id)
        flows = [step.send for step in found.steps[: fault.step]]
        self.fault = fault
        self.flow = flows[-1]
        self._wanted = flows.count(self.flow)
        self._met = 0
        self.play = Play(
            found,
            replace(
                setting,
                cases=cases_of(found, SEED, setting.wall()),
                defect=Defect(
                    name="seeded",
                    role=setting.profile.flow(self.flow).sender,
                    flow=self.flow,
                    rule=fault.rule,
                    says=plain("seeded"),
                    message=self._change,
                ),
            ),
        )

    def run(self) -> list[Exchange]:
        Wire({"ris": self.play, "platform": self.play}).run()
        return self.play.exchanges

    def _change(self, message: Message) -> Message:
        self._met += 1
        if self._met != self._wanted:
            return message
        return edit.apply(message, [self._edit(change) for change in self.fault.edits])

    def _edit(self, change: Change) -> Edit:
        if isinstance(change, Edit):
            return change
        return Edit("set", change.place, self._value(change))

    def _value(self, taken: Taken) -> str:
        request = self.play.exchanges[taken.step - 1].request
        assert request is not None
        if taken.source.startswith("/"):
            assert request.document is not None
            return request.document.first(taken.source)
        assert request.message is not None
        return request.message.first(taken.source)


def first_line(report: object) -> str:
    """What the terminal says first after the ladder."""
    out = io.StringIO()
    console = Console(file=out, width=100, highlight=False, soft_wrap=True)
    Terminal("en", console).summary(report)  # type: ignore[arg-type]
    return next(line for line in out.getvalue().splitlines() if line)


def test_there_are_enough_of_them_in_every_flow(setting: Setting) -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 40
    flows = Counter(Seeded(setting, fault).flow for fault in FAULTS)
    assert all(flows[flow] >= 4 for flow in "ABCDE")
    assert all(setting.profile.rule(fault.rule) for fault in FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_by_its_rule_at_its_message(setting: Setting, fault: Fault) -> None:
    seeded = Seeded(setting, fault)
    exchanges = seeded.run()
    found = findings(setting.profile, exchanges)
    assert [found[0].finding.rule.id, found[0].exchange and found[0].exchange.number] == [
        fault.rule,
        fault.step,
    ]
    if seeded.flow not in "AD":  # others are held against what A and D say, be it wrong
        assert {one.exchange and one.exchange.number for one in found} == {fault.step}
    report = report_of(setting.profile, exchanges)
    assert report.verdict >= Verdict.WARNING
    sender = "the RIS" if setting.profile.flow(seeded.flow).sender == "ris" else "the platform"
    assert first_line(report).endswith(f": message {seeded.flow}, sent by {sender}")


@pytest.mark.parametrize("play", dict.fromkeys(fault.play for fault in FAULTS))
def test_without_the_fault_nothing_is_found(setting: Setting, play: str) -> None:
    fault = next(fault for fault in FAULTS if fault.play == play)
    assert findings(setting.profile, Seeded(setting, replace(fault, edits=())).run()) == []
