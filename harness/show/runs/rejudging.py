"""A recorded run judged again: by the rules of today, or by those of another guide.

The bytes are judged anew, each message with those before it in its conversation. What only playing
could tell (an answer that was late, a code that a scenario did not expect) is taken over as it was
seen then, at the level that the rule has now.
"""

from dataclasses import dataclass, field, replace

from harness.rules.counterpart import SHARED, counterpart
from harness.rules.profile import Profile
from harness.rules.rule import Finding, Outcome, Subject, Verdict
from harness.show.report import Report, blank, concordance_of
from harness.show.runs.recorded import Bytes, Observed, Recorded, Run
from harness.sim.judging import Judge
from harness.sim.record import Exchange
from harness.text import Text, say
from harness.wire.er7 import Message


def judge_again(run: Run, profile: Profile, command: str) -> Report:
    """The report of the run under `profile`. A flow that the guide does not have is judged as an
    HL7 message that is none of its flows.
    """
    bench = _Bench(run, profile)
    exchanges = tuple(bench.exchange(one) for one in run.exchanges)
    return replace(
        blank(profile, command, run.started, run.seconds),
        concordance=tuple(concordance_of(profile, exchanges)),
        exchanges=exchanges,
        sut=run.sut,
        seed=run.seed,
        scenario_titles=run.titles,
        folder=run.folder,
        interrupted=run.interrupted,
        runs=run.parts,
        unsynced=run.unsynced,
    )


@dataclass
class _Bench:
    """Judges the exchanges of a run in their order.

    Each play has its judge, with the ledger of what it saw; each conversation what it has so far.
    """

    run: Run
    profile: Profile
    judges: dict[int, Judge] = field(default_factory=dict)
    talks: dict[tuple[int, str], tuple[Subject, ...]] = field(default_factory=dict)

    def exchange(self, one: Recorded) -> Exchange:
        frame = one.frame
        flow = counterpart(frame.flow, self.run.profile, self.profile)
        request = answer = None
        judge = self.judges.setdefault(frame.play, Judge(self.profile, frame.towards))
        if one.request:
            kind, why = self._kind(frame.flow, flow, one.request)
            message, key = Message(one.request.raw), (frame.play, frame.conversation)
            request, subject = judge.message(
                kind,
                message,
                one.request.file,
                earlier=self.talks.get(key, ()),
                guessed=why,
                deliberate=one.request.deliberate,
            )
            self.talks[key] = (*self.talks.get(key, ()), subject)
            if one.answer:
                reply = Message(one.answer.raw)
                purpose = one.answer.deliberate
                answer = judge.answer(reply, message, one.answer.file, deliberate=purpose)
                self.talks[key] = judge.taken_in(self.talks[key], message, reply)
        observed = (self._outcome(step) for step in one.observed)
        return replace(
            frame,
            flow=flow or frame.flow,
            request=request,
            answer=answer,
            step_outcomes=tuple(outcome for outcome in observed if outcome),
        )

    def _kind(self, was: str, flow: str | None, request: Bytes) -> tuple[str, Text | None]:
        if flow is not None and (flow in self.profile.flows or flow in SHARED):
            return flow, request.guessed
        return "HL7", say("recorded.no_flow", flow=was, profile=self.profile.id)

    def _outcome(self, step: Observed) -> Outcome | None:
        """A rule that the guide does not have asks nothing."""
        rule = self.profile.rule(step.rule)
        if rule is None:
            return None
        broken = step.verdict in (Verdict.FAIL, Verdict.WARNING)
        verdict = rule.level.when_broken if broken else step.verdict
        found = tuple(Finding(rule, verdict, problem, "STEP") for problem in step.problems)
        return Outcome(rule, verdict, found)
