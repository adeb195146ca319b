"""The folder of a run while it goes on, and when it goes on after a break.

The journal is all that a break leaves. A run that is resumed writes on in it; what it told before
the break is read back for the report, under the numbers that it had.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from harness.errors import HarnessError, NotMeasured
from harness.rules.profile import Profile
from harness.show.report import Report, concordance_of
from harness.show.runs import rejournal, unfinished
from harness.show.runs.recording import Recorded, Run
from harness.show.runs.rejournal import Pair
from harness.show.runs.rejudging import judge_again
from harness.show.runs.unfinished import Played
from harness.sim.network.store import Store
from harness.sim.proxy import Proxy
from harness.sim.record import Exchange
from harness.sim.repeats import Given, Repeats
from harness.sim.simulation import Simulation
from harness.text import Text, say
from harness.wire import transcript
from harness.wire.er7 import Message
from harness.wire.transcript import Journal, Record


@dataclass(frozen=True, slots=True)
class Begun:
    """What a reader of a run's journal must know of it.

    `seed` is None where nothing is made; `arguments` are those of the command line, its verb first.
    """

    command: str
    profile: str
    sut: str
    seed: int | None
    sync: bool = True
    arguments: tuple[str, ...] = ()

    def record(self, at: datetime, kind: str = "run") -> Record:
        """The first record of a run, or of its going on ("resume")."""
        facts = {"command": self.command, "profile": self.profile, "sut": self.sut}
        facts["seed"] = "" if self.seed is None else str(self.seed)
        facts["sync"] = "yes" if self.sync else "no"
        facts["arguments"] = json.dumps(self.arguments, ensure_ascii=False)
        return Record(at.isoformat(), kind, facts=facts)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run before its break: what crossed the wire, and what was played.

    `breaks` counts the times that it was resumed before.
    """

    run: Run | None = None
    pairs: tuple[Pair, ...] = ()
    plays: tuple[Played, ...] = ()
    breaks: int = 0
    arguments: tuple[str, ...] = field(default=())

    @property
    def first_number(self) -> int:
        """Number of the next exchange."""
        exchanges = self.run.exchanges if self.run else ()
        return max((one.frame.number for one in exchanges), default=0) + 1


def earlier(folder: Path) -> Earlier:
    """The latest run of a folder, to be resumed. Raises HarnessError when there is none."""
    journal = folder / transcript.NAME
    if not journal.is_file():
        raise HarnessError(say("recorded.no_run"), file=folder)
    records = rejournal.last_run(transcript.read(journal))
    if not records or records[0].kind != "run":
        raise HarnessError(say("recorded.no_run"), file=folder)
    return Earlier(
        unfinished.of_journal(folder, records),
        tuple(rejournal.pairs(records)),
        unfinished.plays(records),
        sum(record.kind == "resume" for record in records),
        _arguments([r for r in records if r.kind in ("run", "resume")][-1], journal),
    )


def _arguments(begun: Record, file: Path) -> tuple[str, ...]:
    try:
        return tuple(str(word) for word in json.loads(begun.facts.get("arguments", "[]")))
    except (ValueError, TypeError):
        what = say("wire.journal.bad_line", reason="arguments")
        raise HarnessError(what, file=file, line=1) from None


def agree(was: Earlier, profile: Profile, sut: str) -> None:
    """Raises HarnessError when a run cannot go on like this: its report would mix two things."""
    for before, now in ((was.run.profile, profile.id), (was.run.sut, sut)) if was.run else ():
        if before != now:
            raise HarnessError(say("resume.other", before=before, now=now))


def opened(
    folder: Path,
    begun: Begun,
    at: datetime,
    says: Callable[[Text], None],
    *,
    onward: bool = False,
    patience: float | None = None,
) -> Store:
    """The journal of a folder, begun or gone on with. What a killed process left torn is told.

    A result that lies there is taken away: it does not tell of what comes now.
    Raises HarnessError.
    """
    journal = Journal(folder / transcript.NAME, sync=begun.sync)
    store = Store(journal, says) if patience is None else Store(journal, says, patience=patience)
    try:
        (folder / "result.json").unlink(missing_ok=True)
        if journal.torn:
            store.note(Record(at.isoformat(), "torn", data=journal.torn))
            says(say("recorded.torn", size=len(journal.torn)))
        store.note(begun.record(at, "resume" if onward else "run"))
    except BaseException:
        journal.close()
        raise
    return store


def left_torn(folder: Path) -> tuple[Text, ...]:
    """What is to be said of the end of a folder's journal."""
    journal = folder / transcript.NAME
    rest = transcript.torn(journal) if journal.is_file() else b""
    return (say("recorded.torn", size=len(rest)),) if rest else ()


def recall_into_simulation(machine: Simulation, was: Earlier) -> None:
    """What a simulated system did before the break."""
    for pair in was.pairs:
        message = Message(pair.message.data)
        answer = Message(pair.ack.data) if pair.ack else None
        if pair.message.direction == "in":
            machine.recall_received(pair.message.flow, message, answer)
        else:
            machine.recall_sent(pair.message.flow, message, answered=answer is not None)


def recall_into_proxy(machine: Proxy, was: Earlier) -> None:
    """What had passed before the break."""
    for pair in was.pairs:
        answer = Message(pair.ack.data) if pair.ack else None
        machine.recall(pair.message.flow or "HL7", Message(pair.message.data), answer)


def recall_answers(repeats: Repeats, was: Earlier) -> None:
    """What was answered before the break is answered again."""
    for pair in was.pairs:
        if pair.ack and pair.message.direction == "in":
            repeats.keep(Message(pair.message.data), Given(pair.ack.data, 0))


def whole(report: Report, was: Earlier, profile: Profile, *, replayed: bool = False) -> Report:
    """The report of a run with what was before its break, judged again from the journal.

    `replayed`: what was cut off has been played again, so that its end is missing says nothing.
    """
    if was.run is None:
        return report
    since = {exchange.number for exchange in report.exchanges}
    before = _before(report, since)
    if not before:
        return report
    if replayed:
        before = tuple(map(_without_its_end, before))
    first = judge_again(replace(was.run, exchanges=before), profile, report.command)
    exchanges = _in_order((*first.exchanges, *report.exchanges))
    titles = dict(was.run.titles) | dict(report.scenario_titles)
    return replace(
        report,
        started=was.run.started,
        seconds=was.run.seconds + report.seconds,
        exchanges=exchanges,
        concordance=tuple(concordance_of(profile, exchanges)),
        scenario_titles=tuple(titles.items()),
        unsynced=report.unsynced or was.run.unsynced,
    )


def _before(report: Report, since: set[int]) -> tuple[Recorded, ...]:
    """Read anew: what waited for its answer at the break may have got it since."""
    folder = report.folder
    if folder is None:
        return ()
    records = rejournal.last_run(transcript.read(folder / transcript.NAME))
    try:
        run = unfinished.of_journal(folder, records)
    except NotMeasured:
        return ()
    return tuple(one for one in run.exchanges if one.frame.number not in since)


def _without_its_end(one: Recorded) -> Recorded:
    if not unfinished.is_cut_off(one):
        return one
    return replace(one, frame=replace(one.frame, reason=say("resume.replayed")), observed=())


def _in_order(exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
    return tuple(sorted(exchanges, key=lambda exchange: exchange.number))
