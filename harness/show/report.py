"""The one record that every report is written from. Writers are pure functions of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from harness.rules.concordance import Row
from harness.rules.profile import Profile
from harness.rules.rule import Rule, Subject, Verdict
from harness.show.runs.surroundings import environment, tool_version
from harness.sim import truth
from harness.sim.record import Exchange, Judged
from harness.sim.truth import Truth
from harness.text import Text, say

__all__ = [
    "Concordance",
    "Exchange",
    "Judged",
    "Outdated",
    "Part",
    "Report",
    "UsedBaseline",
    "blank",
    "concordance_of",
    "exit_code",
]


@dataclass(frozen=True, slots=True)
class Concordance:
    """The facts of one conversation; `exchanges` are the numbers of its messages, one a column.

    `conversation` tells several of one scenario apart, empty when there is only one.
    """

    scenario: str
    exchanges: tuple[int, ...]
    rows: tuple[Row, ...]
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One run of several in a report; `numbers` are those of its exchanges."""

    name: str
    sut: str
    seed: int | None
    started: datetime
    seconds: float
    interrupted: bool
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outdated:
    """A known failure to look at again: its entry matches nothing ("stale"), or "expired"."""

    file: str
    line: int
    rule: str
    place: str
    why: str

    @property
    def says(self) -> Text:
        """What is to be done about it."""
        return say(f"baseline.{self.why}", rule=self.rule, place=self.place)


@dataclass(frozen=True, slots=True)
class UsedBaseline:
    """The file of known failures that was used, and how many findings it knows."""

    file: str
    known: int
    outdated: tuple[Outdated, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run, or a check of files.

    `files` are the judged files of `telerad check` (empty for a run); `exchanges` those of a
    run. `rules` are all rules of the profile; `rules_hash` is the hash of their tables. `flows`
    are those of the profile, met or not. `command` is what the user typed. `sut` is the role
    judged: "ris", "platform", "both", "none". `concordance` is the table of facts of each
    conversation. `runs` are those that were merged, empty for one run. `left_out`: exchanges of
    a long session that are in the journal only, by verdict. `unsynced`: what was acknowledged
    was received, but not made sure to be on disk. `baseline`: the known failures that were
    asked for. `guide` is the profile that judged, None when it is not at hand.
    """

    tool: str
    profile: str
    profile_title: Text
    rules_hash: str
    command: str
    started: datetime
    seconds: float
    rules: tuple[Rule, ...]
    exchanges: tuple[Exchange, ...] = ()
    files: tuple[Judged, ...] = ()
    sut: str = "both"
    seed: int | None = None
    scenario_titles: tuple[tuple[str, Text], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    folder: Path | None = None
    interrupted: bool = False
    unsynced: bool = False
    left_out: Mapping[Verdict, int] = field(default_factory=dict)
    flows: tuple[str, ...] = ()
    concordance: tuple[Concordance, ...] = ()
    runs: tuple[Part, ...] = ()
    baseline: UsedBaseline | None = None
    guide: Profile | None = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:
        """The worst of all parts; INCONCLUSIVE when nothing was judged."""
        parts = [exchange.verdict for exchange in self.exchanges]
        parts += [judged.verdict for judged in self.files]
        parts += [verdict for verdict, count in self.left_out.items() if count]
        judged = [part for part in parts if part > Verdict.NOT_TESTED]
        return max(judged, default=Verdict.INCONCLUSIVE)

    @property
    def truth(self) -> Truth | None:
        """Whether acknowledgements tell the truth; None when nothing was wrong on purpose."""
        return truth.of(self.exchanges, self.sut)

    @property
    def absent_flows(self) -> tuple[str, ...]:
        """Flows of the profile of which no message was judged, nor planned."""
        met = {exchange.flow for exchange in self.exchanges} | {file.kind for file in self.files}
        return tuple(flow for flow in self.flows if flow not in met)

    @property
    def outdated(self) -> tuple[Outdated, ...]:
        """The entries of the known failures to look at again."""
        return self.baseline.outdated if self.baseline else ()

    def scenarios_of(self, run: Part) -> dict[str, Verdict]:
        """The verdict of each scenario of one of the runs, in the order played."""
        found: dict[str, Verdict] = {}
        numbers = frozenset(run.numbers)
        for exchange in self.exchanges:
            if exchange.number in numbers:
                worst = max(found.get(exchange.scenario, exchange.verdict), exchange.verdict)
                found[exchange.scenario] = worst
        return found

    @property
    def judged(self) -> tuple[Judged, ...]:
        """Everything that was judged, in the order it happened."""
        from_exchanges = (
            part for x in self.exchanges for part in (x.request, x.answer) if part is not None
        )
        return (*from_exchanges, *self.files)


def blank(profile: Profile, command: str, started: datetime, seconds: float) -> Report:
    """A report by the rules of a profile, made here, of nothing yet: `replace` fills it."""
    return Report(
        tool=tool_version(),
        profile=profile.id,
        profile_title=profile.title,
        rules_hash=profile.hash,
        command=command,
        started=started,
        seconds=seconds,
        rules=profile.rules,
        flows=tuple(profile.flows),
        environment=environment(),
        guide=profile,
    )


def exit_code(report: Report) -> int:
    """0 conforms, 1 does not, 3 not measured, 4 known failures outdated, 130 interrupted."""
    if report.interrupted:
        return 130
    if report.verdict is Verdict.FAIL:
        return 1
    if report.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE):
        return 3
    return 4 if report.outdated else 0


def concordance_of(profile: Profile, exchanges: Sequence[Exchange]) -> Iterator[Concordance]:
    """The facts of each conversation that was played."""
    for key in dict.fromkeys((x.play, x.scenario, x.conversation) for x in exchanges):
        _, name, of = key
        met = [x for x in exchanges if (x.play, x.scenario, x.conversation) == key and x.request]
        subjects = [
            Subject(x.flow, x.request.message, x.request.document, elements=profile.elements)
            for x in met
            if x.request
        ]
        rows = profile.concordance(subjects)
        for x in met:
            x.let_go()
        if rows:
            yield Concordance(name, tuple(x.number for x in met), rows, of)
