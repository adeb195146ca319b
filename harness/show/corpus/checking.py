"""A check of a corpus from beginning to end: read, judged, written, told."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Final

from harness.errors import HarnessError, NotMeasured
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.corpus import parquet, ruleset
from harness.show.corpus.children import Limits
from harness.show.corpus.pieces import Piece
from harness.show.corpus.results import KINDS, Made, Results
from harness.show.corpus.ruleset import Choice, Refused, RuleSet
from harness.show.corpus.sources import Corpus
from harness.show.corpus.summary import Summary
from harness.show.corpus.work import Engine, Interrupted, Local, judged
from harness.show.runs.surroundings import now
from harness.text import say

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `scheduler` is the address of a Dask cluster, empty for this machine.

    `results`: the file of the rows, None for the summary alone. `command` is what the user typed.
    """

    paths: Sequence[Path]
    choice: Choice
    jobs: int = 1
    scheduler: str = ""
    results: Path | None = None
    resume: bool = False
    limits: Limits = field(default_factory=Limits)
    command: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A corpus that was checked, all of it or up to an interruption.

    `aside` are the files left aside, `resumed` how many messages were judged by an earlier run.
    """

    summary: Summary
    profile: Profile
    rules: RuleSet
    wanted: Wanted
    started: datetime
    seconds: float
    aside: int
    resumed: int
    interrupted: bool

    @property
    def verdict(self) -> Verdict:
        """The worst of all messages."""
        return self.summary.verdict

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 does not, 3 not measured, 130 interrupted."""
        if self.interrupted:
            return 130
        if self.verdict is Verdict.FAIL:
            return 1
        return 3 if self.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE) else 0


Watch = Callable[[Corpus, Summary], None]


def check(wanted: Wanted, watch: Watch) -> Checked:
    """Judge a corpus; `watch` is called after each message.

    Raises HarnessError for what the user or our files have wrong, NotMeasured when there is nobody
    to judge. What was judged until then can be resumed.
    """
    begin, started = time.monotonic(), now()
    profile = ruleset.load(wanted.choice)
    rules = ruleset.pack(wanted.choice, profile)
    corpus, summary = Corpus(wanted.paths), Summary()
    results = _results(wanted, corpus.identity(), rules)
    resumed = results.judged if results else 0
    interrupted = False
    with _closing(results):
        try:
            _judge(corpus, rules, wanted, results, lambda: watch(corpus, summary), summary)
        except Interrupted:
            interrupted = True
        if not summary.messages and not interrupted:
            shown = ", ".join(map(str, wanted.paths))
            raise HarnessError(say("cli.nothing", paths=shown))
        if results:
            results.finish(whole=not interrupted)
    seconds, aside = time.monotonic() - begin, corpus.aside.total()
    return Checked(summary, profile, rules, wanted, started, seconds, aside, resumed, interrupted)


def _results(wanted: Wanted, identity: str, rules: RuleSet) -> Results | None:
    file = wanted.results
    if file is None:
        if wanted.resume:
            raise HarnessError(say("corpus.resume_what"), hint="--results")
        return None
    if file.suffix not in KINDS:
        raise HarnessError(say("corpus.bad_results"), file=file, hint=", ".join(KINDS))
    if file.suffix == ".parquet":
        parquet.check()
    found = Results(file, Made(identity, rules.id, rules.tool, rules.profile))
    found.open(resume=wanted.resume)
    return found


def _judge(
    corpus: Corpus,
    rules: RuleSet,
    wanted: Wanted,
    results: Results | None,
    watch: Callable[[], None],
    summary: Summary,
) -> None:
    pieces = corpus.pieces()
    with _asked_to_stop() as stop:
        if results:
            _take_up(pieces, results, summary, stop)
        with _engine(rules, wanted) as engine:
            try:
                for piece, rows in judged(pieces, engine, stop):
                    if results:
                        results.add(piece, rows)
                    summary.add(rows)
                    watch()
            except Refused as why:
                raise NotMeasured(say("corpus.refused", reason=str(why))) from None


def _take_up(
    pieces: Iterator[Piece], results: Results, summary: Summary, stop: Callable[[], bool]
) -> None:
    """Go past what an earlier run judged, by what it wrote down."""
    for rows in results.rows():
        summary.add(rows)
        if stop():
            raise Interrupted
    for piece in islice(pieces, results.judged):
        results.recognise(piece)
        if stop():
            raise Interrupted
    results.all_recognised()


@contextmanager
def _engine(rules: RuleSet, wanted: Wanted) -> Iterator[Engine]:
    engine: Engine
    if wanted.scheduler:
        from harness.show.corpus.cluster import Cluster

        engine = Cluster(wanted.scheduler, rules, wanted.limits)
    else:
        engine = Local(rules, wanted.jobs, wanted.limits)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def _closing(results: Results | None) -> Iterator[None]:
    try:
        yield
    finally:
        if results:
            results.close()


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM came; the second time it acts at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop.is_set
        return

    def told(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, told) for number in _SIGNALS}
    try:
        yield stop.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
