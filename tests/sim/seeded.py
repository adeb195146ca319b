"""Seeded faults: one message of one exchange is changed, and one rule has to tell it.

Each is played simulator against simulator. `step` is the step of the scenario, from 1, whose
message, or whose answer, is changed by `edits` before it leaves; `rule` is what must be found
first, there. `faults.py` has those of the white paper, `faults_tlr.py` those of the ANS guide.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

from memory import Wire
from rich.console import Console

from harness.rules.profile import Profile
from harness.show.report import Report
from harness.show.terminal import Terminal
from harness.sim import scenario
from harness.sim.defects.defect import Defect
from harness.sim.play import Play, Setting, cases_of
from harness.sim.record import Exchange
from harness.text import plain
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

SEED = 7
OTHER = {"ris": "platform", "platform": "ris"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A value that the message of another step has, at `source`, written at `place`."""

    place: str
    step: int
    source: str


Change = Edit | Taken


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and the rule that finds it. `answered`: it is in the acknowledgement."""

    play: str
    step: int
    rule: str
    edits: tuple[Change, ...]
    answered: bool = False

    @property
    def name(self) -> str:
        """What a test is called."""
        part = "ack-" if self.answered else ""
        return f"{self.play}-{self.step}-{part}{self.rule}-{self.edits[0].place.rpartition('/')[2]}"


Row = tuple[str, int, str, Change | tuple[Change, ...]]


def faults(rows: Iterable[Row], *, answered: bool = False) -> tuple[Fault, ...]:
    """The faults of a table: scenario, step, rule, one change or several."""
    return tuple(
        Fault(play, step, rule, edits if isinstance(edits, tuple) else (edits,), answered)
        for play, step, rule, edits in rows
    )


def sets(place: str, value: str) -> Edit:
    return Edit("set", place, value)


def drops(place: str) -> Edit:
    return Edit("remove", place)


class Seeded:
    """The play of a scenario in which one message, or one answer, is changed before it leaves."""

    def __init__(self, setting: Setting, profile: Profile, fault: Fault) -> None:
        ((found, _),) = scenario.find([fault.play], profile.id)
        flows = [profile.flow(step.send).id for step in found.steps[: fault.step]]
        self.fault = fault
        self.flow = flows[-1]
        sender = profile.flow(self.flow).sender
        self.at_fault = OTHER[sender] if fault.answered else sender
        self._wanted = flows.count(self.flow)
        self._met = 0
        change = {"answer" if fault.answered else "message": self._change}
        self.play = Play(
            found,
            replace(
                setting,
                profile=profile,
                cases=cases_of(found, SEED, setting.wall()),
                defect=Defect(
                    name="seeded",
                    role=self.at_fault,
                    flow=self.flow,
                    rule=fault.rule,
                    says=plain("seeded"),
                    **change,
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


def first_line(report: Report) -> str:
    """What the terminal says first after the ladder."""
    out = io.StringIO()
    console = Console(file=out, width=100, highlight=False, soft_wrap=True)
    Terminal("en", console).summary(report)
    return next(line for line in out.getvalue().splitlines() if line)
