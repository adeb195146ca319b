"""A run from end to end: plays scenarios, keeps everything on disk, gives the Report."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.show.report import Report, blank, concordance_of
from harness.show.runs import keeping, unfinished
from harness.show.runs.keeping import Begun, Earlier
from harness.show.runs.surroundings import now
from harness.show.runs.unfinished import Played
from harness.sim.actor import Name
from harness.sim.defects.defect import Defect
from harness.sim.events import Action, Event
from harness.sim.network import net
from harness.sim.network.net import WAYS, Address, Wiring
from harness.sim.network.store import Store
from harness.sim.network.tls import Tls
from harness.sim.play import ACK_TIMEOUT, Play, Setting, cases_of
from harness.sim.record import Exchange
from harness.sim.repeats import Repeats
from harness.sim.scenario import Scenario
from harness.text import Text, say
from harness.wire import files
from harness.wire.transcript import Record

__all__ = [
    "Begun",
    "Options",
    "concordance_of",
    "keep_files",
    "new_folder",
    "run",
]

GRACE: Final = 0.2  # seconds for what a real system still sends when all was said
ROLES: Final = ("ris", "platform")
PATIENCE: Final = 60.0  # seconds that a run waits for room on the disk
FRESH: Final = 1000  # added to the seed of what is played again; MSH-10 has 20 characters
_OTHER: Final = {"ris": "platform", "platform": "ris"}


@dataclass(frozen=True)
class Options:
    """What a run is told. `sut` is the real side ("ris", "platform") or "none".

    `clock` freezes the time written into messages; None takes the real one. `peer` is where the
    system under test listens, `listen` where we do. `told` hears of every exchange, `waits` of
    every wait, `listening` of every listener. `sync`: what is acknowledged is on disk; `says` hears
    of a full disk. `resume`: the run in the folder goes on; what was played to its end is not
    played again. `hears`: we listen. `arguments` of the command line, its verb first. `pause`: see
    `Setting`. `within`: seconds to wait for each message of the system under test, in the place of
    what the scenarios say. `way` and `watching`: see `Wiring`; `names`, `strange`, `came`: see
    `Setting`.
    """

    profile: Profile
    folder: Path
    command: str
    sut: str = "none"
    seed: int = 1
    clock: datetime | None = None
    defect: Defect | None = None
    peer: Address | None = None
    listen: Address = ("127.0.0.1", 0)
    hears: bool = True
    ack_timeout: float = ACK_TIMEOUT
    pause: float = 0.0
    within: float | None = None
    way: str = WAYS[0]
    names: Mapping[str, Name] = field(default_factory=dict)
    strange: Callable[[str, str], None] = lambda flow, order: None
    came: Callable[[str], None] = lambda peer: None
    watching: Callable[[float], None] = lambda left: None
    tls: Tls | None = None
    signals: bool = True
    sync: bool = True
    resume: bool = False
    arguments: tuple[str, ...] = ()
    says: Callable[[Text], None] = lambda text: None
    told: Callable[[Exchange], None] = lambda exchange: None
    waits: Callable[[str, str, float], None] = lambda flow, role, seconds: None
    listening: Callable[[str, Address], None] = lambda role, address: None
    before: Callable[[Scenario], None] = field(default=lambda scenario: None)


def run(scenarios: Sequence[Scenario], options: Options) -> Report:
    """Play the scenarios one after the other and write what crossed the wire.

    Raises HarnessError for a wrong option, a port that cannot be used, or nothing to play.
    """
    if not scenarios:
        raise HarnessError(say("scenario.none"))
    started, clock = now(), options.clock
    begin = time.monotonic()
    was = keeping.earlier(options.folder) if options.resume else Earlier()
    keeping.agree(was, options.profile, options.sut)
    wiring = _wiring(options)
    with _opened(options, started) as store:
        wiring.store = store
        plays = _Plays(scenarios, options, store, was)
        net.run(plays.machines(wiring), wiring)
        store.note(Record(now().isoformat(), "end"))
    report = replace(
        blank(options.profile, options.command, clock or started, time.monotonic() - begin),
        concordance=tuple(concordance_of(options.profile, plays.exchanges)),
        exchanges=plays.exchanges,
        sut=options.sut,
        seed=options.seed,
        scenario_titles=tuple((s.scenario, s.title.text) for s in scenarios),
        folder=options.folder,
        interrupted=wiring.stopped,
        unsynced=not options.sync,
    )
    report = keeping.whole(report, was, options.profile, replayed=True)
    keep_files(report.exchanges, options.folder)
    return report


def _opened(options: Options, at: datetime) -> Store:
    begun = Begun(
        options.command,
        options.profile.id,
        options.sut,
        options.seed,
        options.sync,
        options.arguments,
    )
    return keeping.opened(
        options.folder, begun, at, options.says, onward=options.resume, patience=PATIENCE
    )


def _wiring(options: Options) -> Wiring:
    simulated = [role for role in ROLES if role != options.sut]
    peers: dict[str, Address] = {}
    if options.sut != "none":
        if options.peer:
            peers[simulated[0]] = options.peer
        listen = {simulated[0]: options.listen} if options.hears else {}
        return Wiring(
            listen,
            peers,
            listening=options.listening,
            signals=options.signals,
            tls=options.tls,
            grace=GRACE,
            way=options.way,
            watching=options.watching,
        )

    def listening(role: str, address: Address) -> None:
        peers[_OTHER[role]] = address
        options.listening(role, address)

    here = dict.fromkeys(ROLES, ("127.0.0.1", 0))
    return Wiring(here, peers, listening=listening, signals=options.signals, tls=options.tls)


@dataclass
class _Plays:
    """One play for each scenario; each is made when the one before is over, so that its numbers
    follow. Of a run that is resumed what was over is left out; what was cut off is played again
    from its beginning, with another patient and other numbers than those that the system under
    test has seen.
    """

    scenarios: Sequence[Scenario]
    options: Options
    store: Store
    was: Earlier
    done: list[Play] = field(default_factory=list)
    repeats: Repeats = field(default_factory=Repeats)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All exchanges in their order."""
        return tuple(exchange for play in self.done for exchange in play.exchanges)

    def machines(self, wiring: Wiring) -> list["_Later"]:
        """What is to be played. The end of each play is noted."""
        keeping.recall_answers(self.repeats, self.was)
        over = {play.position for play in self.was.plays if play.over}
        left = [position for position in range(len(self.scenarios)) if position not in over]
        positions = iter(left)

        def after() -> None:
            position = next(positions)
            if not wiring.stopped and not self.store.lost:
                self.store.note(unfinished.ends(now(), self._played(position)))

        wiring.after = after
        return [
            _Later(lambda at=position: self._make(at), self.options, self.scenarios[position])  # type: ignore[misc]
            for position in left
        ]

    def _played(self, position: int) -> Played:
        scenario = self.scenarios[position]
        return Played(scenario.scenario, position, scenario.title.text)

    def _make(self, position: int) -> Play:
        number = self.was.first_number + len(self.exchanges)
        self.store.note(unfinished.begins(now(), self._played(position)))
        begun = position in {play.position for play in self.was.plays}
        fresh = FRESH * (self.was.breaks + 1) if begun else 0
        play = self._play(self.scenarios[position], number, self.options.seed + position + fresh)
        self.done.append(play)
        return play

    def _play(self, scenario: Scenario, number: int, seed: int) -> Play:
        options = self.options
        base = options.clock or now()
        if options.within:
            steps = (step.model_copy(update={"within": options.within}) for step in scenario.steps)
            scenario = scenario.model_copy(update={"steps": tuple(steps)})
        several = cases_of(scenario, seed, base)
        setting = Setting(
            profile=options.profile,
            case=next(iter(several.values())),
            simulated=frozenset(role for role in ROLES if role != options.sut),
            wall=(lambda: base) if options.clock else now,
            note=self.store.note,
            defect=options.defect,
            ack_timeout=options.ack_timeout,
            first_number=number,
            told=self._told,
            waits=options.waits,
            cases=several,
            pause=options.pause,
            strange=options.strange,
            came=options.came,
            names=options.names,
            repeats=self.repeats,
        )
        return Play(scenario, setting)

    def _told(self, exchange: Exchange) -> None:
        self.store.note(unfinished.told(now(), exchange))
        self.options.told(exchange)


class _Later:
    """A play that is made when its turn comes, so that its numbers follow the one before."""

    def __init__(self, make: Callable[[], Play], options: Options, scenario: Scenario) -> None:
        self._make = make
        self._options = options
        self._scenario = scenario
        self._play: Play | None = None

    @property
    def play(self) -> Play:
        if self._play is None:
            self._options.before(self._scenario)
            self._play = self._make()
        return self._play

    @property
    def done(self) -> bool:
        return self.play.done

    @property
    def deadline(self) -> float | None:
        return self.play.deadline

    def start(self, now: float) -> list[Action]:
        return self.play.start(now)

    def handle(self, event: Event, now: float) -> list[Action]:
        return self.play.handle(event, now)

    def interrupt(self) -> None:
        self.play.interrupt()


def keep_files(exchanges: Sequence[Exchange], folder: Path) -> None:
    """The messages and documents of a run, as they crossed the wire. Raises HarnessError."""
    for exchange in exchanges:
        for judged in (exchange.request, exchange.answer):
            if judged and judged.message:
                files.write(folder / judged.file, judged.message.raw)
            if judged and judged.document:
                files.write(folder / judged.document_file, judged.document.raw)


def new_folder(name: str, parent: Path | None = None) -> Path:
    """A folder for a run that does not exist yet: `reports/runs/<time>-<name>`."""
    parent = parent or Path("reports", "runs")
    stamp = now()
    for _ in range(600):
        folder = parent / f"{stamp:%Y%m%d-%H%M%S}-{name}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            stamp += timedelta(seconds=1)
            continue
        except OSError as wrong:
            reason = wrong.strerror or str(wrong)
            raise HarnessError(say("session.no_folder", reason=reason), file=folder) from None
        return folder
    raise HarnessError(say("session.no_folder", reason=str(folder)), file=parent)
