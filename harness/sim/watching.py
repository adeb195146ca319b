"""Scenarios that two real systems play before us, while we stand between them. Pure.

The proxy sees the messages; here each step of the scenarios finds its own. Nothing is sent: what a
scenario makes wrong on purpose is not asked of anybody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Verdict
from harness.sim import expectations
from harness.sim.judging import Judge
from harness.sim.record import Exchange
from harness.sim.scenario import Scenario, Step
from harness.text import Text, say

_FINAL: Final = frozenset({"ACK-NONE", "STEP-REACH", "STEP-TLS"})  # no answer will come


@dataclass(frozen=True, slots=True)
class _Missing:
    """A step that found no message, and why. `failed`: it was waited for in vain."""

    scenario: Scenario
    step: Step
    reason: Text
    failed: bool = False


class Watch:
    """Finds the message of each step. `within`: seconds for each, in place of the scenarios' own.

    `position` is that of the step that is waited for.
    """

    def __init__(
        self, scenarios: Sequence[Scenario], profile: Profile, within: float | None = None
    ) -> None:
        self.profile = profile
        self.within = within
        self.steps = tuple((scenario, step) for scenario in scenarios for step in scenario.steps)
        self.position = 0
        self._since: float | None = None
        self._taken: dict[int, tuple[Scenario, Step]] = {}
        self._missing: list[_Missing] = []

    @property
    def awaited(self) -> Step | None:
        """The step whose message has still to come."""
        return self.steps[self.position][1] if self.position < len(self.steps) else None

    def over(self, exchanges: Sequence[Exchange], now: float) -> bool:
        """Every step has found its message, or will not. `now` is a monotonic time in seconds."""
        self._since = now if self._since is None else self._since
        while self.position < len(self.steps) and self._settled(exchanges, now):
            self.position += 1
        return self.position >= len(self.steps)

    def _settled(self, exchanges: Sequence[Exchange], now: float) -> bool:
        scenario, step = self.steps[self.position]
        if step.outside or step.deliberate or step.variant:
            reason = say("run.outside" if step.outside else "run.not_asked")
            self._missing.append(_Missing(scenario, step, reason))
            return True
        found = self._find(step, exchanges)
        if found:
            if not (found.answer or _FINAL & {o.rule.id for o in found.step_outcomes}):
                return False
            self._taken[found.number] = scenario, step
            self._since = now
            return True
        waited = now - (self._since or 0.0) > (self.within or step.within)
        if step.optional and (waited or self._later_came(step, exchanges)):
            self._missing.append(_Missing(scenario, step, say("run.optional")))
            return True
        if waited:
            self._give_up(scenario, step)
        return False

    def _find(self, step: Step, exchanges: Sequence[Exchange]) -> Exchange | None:
        flow = self.profile.flow(step.send).id
        return next((x for x in exchanges if x.flow == flow and x.number not in self._taken), None)

    def _later_came(self, step: Step, exchanges: Sequence[Exchange]) -> bool:
        """Its sender has gone on."""
        sender = self.profile.flow(step.send).sender
        later = (left for _, left in self.steps[self.position + 1 :])
        same = (left for left in later if self.profile.flow(left.send).sender == sender)
        return any(self._find(left, exchanges) for left in same)

    def _give_up(self, scenario: Scenario, step: Step) -> None:
        """Nothing came: what is left is not waited for."""
        within = f"{self.within or step.within:g}"
        reason = say("run.message_wanted", flow=step.send, seconds=within)
        self._missing.append(_Missing(scenario, step, reason, failed=True))
        stopped = say("run.stopped", flow=step.send)
        rest = self.steps[self.position + 1 :]
        self._missing += [_Missing(other, left, stopped) for other, left in rest]
        self.position = len(self.steps)

    def interrupt(self) -> None:
        """The user stops: what is left was not played."""
        rest = self.steps[self.position :]
        stopped = say("run.interrupted")
        self._missing += [_Missing(scenario, step, stopped) for scenario, step in rest]
        self.position = len(self.steps)

    def result(self, exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
        """The exchanges with what their steps expected, and the steps that had none."""
        judge = Judge(self.profile)
        for exchange in exchanges:
            known = self._taken.get(exchange.number)
            yield self._with_step(judge, exchange, *known) if known else exchange
        number = max((exchange.number for exchange in exchanges), default=0)
        for more, missing in enumerate(self._missing, 1):
            yield self._without(judge, number + more, missing)

    def _with_step(
        self, judge: Judge, exchange: Exchange, scenario: Scenario, step: Step
    ) -> Exchange:
        told: list[Outcome] = list(exchange.step_outcomes)
        if exchange.request:
            told += expectations.of_message(judge, step, exchange.request)
        if exchange.answer:
            told += expectations.of_answer(judge, step, exchange.answer)
        return replace(exchange, scenario=scenario.scenario, step_outcomes=tuple(told))

    def _without(self, judge: Judge, number: int, missing: _Missing) -> Exchange:
        flow = self.profile.flow(missing.step.send)
        nothing = judge.broken(
            "STEP-MESSAGE", missing.reason, say("run.nothing"), verdict=Verdict.INCONCLUSIVE
        )
        return Exchange(
            number=number,
            scenario=missing.scenario.scenario,
            flow=flow.id,
            sender=flow.sender,
            receiver=flow.receiver,
            state="failed" if missing.failed else "not_run",
            step_outcomes=(nothing,) if missing.failed else (),
            reason=None if missing.failed else missing.reason,
            conversation=missing.step.of,
        )
