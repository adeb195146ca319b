"""What judging an exam of a load gives: few words for each, summed up over all. Pure.

A worker process judges whole conversations, in the order in which their messages passed, and hands
back counts and findings; the messages stay where they are.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Finding, Level, Subject, Verdict
from harness.sim.judging import Judge
from harness.sim.load.exam import Said
from harness.text import Text
from harness.wire.er7 import Message

KEPT: Final = 200  # findings with an example


@dataclass(frozen=True, slots=True)
class Found:
    """A finding. `ours`: about what we sent; `said` is the place of its message in the exam."""

    rule: str
    level: Level
    verdict: Verdict
    flow: str
    ours: bool
    place: str
    expected: Text
    actual: Text
    said: int
    answer: bool


@dataclass(frozen=True, slots=True)
class Sifted:
    """One exam, judged: how many messages and answers got which verdict, and the findings."""

    verdicts: Counter[tuple[str, bool, Verdict]]
    found: tuple[Found, ...]

    @property
    def judged(self) -> int:
        """Messages and acknowledgements."""
        return self.verdicts.total()


def sift(profile: Profile, conversation: Sequence[Said]) -> Sifted:
    """Judge a conversation: each message after those before it, and each acknowledgement."""
    judge, earlier = Judge(profile), tuple[Subject, ...]()
    verdicts: Counter[tuple[str, bool, Verdict]] = Counter()
    found: list[Found] = []
    for place, said in enumerate(conversation):
        message = Message(said.raw)
        judged, subject = judge.message(said.flow, message, "", earlier=earlier)
        earlier += (subject,)
        verdicts[said.flow, said.ours, judged.verdict] += 1
        findings = [f for outcome in judged.outcomes for f in outcome.findings]
        found += _of(findings, said.flow, said.ours, place, answer=False)
        if said.answer:
            answer = Message(said.answer)
            acked = judge.answer(answer, message, "")
            verdicts["ACK", not said.ours, acked.verdict] += 1
            findings = [f for outcome in acked.outcomes for f in outcome.findings]
            found += _of(findings, f"ACK({said.flow})", not said.ours, place, answer=True)
            earlier = judge.taken_in(earlier, message, answer)
    return Sifted(verdicts, tuple(found))


def _of(
    findings: Sequence[Finding], flow: str, ours: bool, place: int, *, answer: bool
) -> Iterator[Found]:
    for finding in findings:
        if finding.verdict.needs_attention:
            at, problem = finding.problem.at, finding.problem
            where = at.path or at.xpath or ""
            rule, verdict = finding.rule, finding.verdict
            expected, actual = problem.expected, problem.actual
            yield Found(
                rule.id, rule.level, verdict, flow, ours, where, expected, actual, place, answer
            )


@dataclass
class Group:
    """All findings of one rule in one flow: how often, in how many exams, and the first of them.

    `example` is the number of its exam, None when the message was of none.
    """

    first: Found
    example: int | None
    count: int = 0
    exams: int = 0


@dataclass
class Sum:
    """What judging gave so far. Findings beyond `KEPT` groups are counted, not kept."""

    messages: int = 0
    exams: int = 0
    verdicts: Counter[tuple[str, bool, Verdict]] = field(default_factory=Counter)
    groups: dict[tuple[str, str, bool], Group] = field(default_factory=dict)
    beyond: int = 0

    def add(self, exam: int | None, sifted: Sifted) -> list[Found]:
        """One more exam; gives the findings that are the first of their kind."""
        self.messages += sifted.judged
        self.exams += 1
        self.verdicts += sifted.verdicts
        new: list[Found] = []
        met: set[tuple[str, str, bool]] = set()
        for found in sifted.found:
            key = (found.rule, found.flow, found.ours)
            if key not in self.groups and len(self.groups) >= KEPT:
                self.beyond += 1
                continue
            if key not in self.groups:
                self.groups[key] = Group(found, exam)
                new.append(found)
            self.groups[key].count += 1
            self.groups[key].exams += key not in met
            met.add(key)
        return new

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of what the peer said; INCONCLUSIVE when it said nothing."""
        theirs = [v for (_, ours, v), n in self.verdicts.items() if n and not ours]
        told = [verdict for verdict in theirs if verdict > Verdict.NOT_TESTED]
        return max(told, default=Verdict.INCONCLUSIVE)

    @property
    def own_mistakes(self) -> int:
        """Messages of ours that break a MUST: our fault, never the peer's."""
        return sum(n for (_, ours, v), n in self.verdicts.items() if ours and v >= Verdict.FAIL)
