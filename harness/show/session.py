"""A run from end to end: plays scenarios, keeps everything on disk, gives the Report."""

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.show.report import Concordance, Report
from harness.sim import net
from harness.sim.defect import Defect
from harness.sim.events import Action, Event
from harness.sim.net import Address, Wiring
from harness.sim.play import ACK_TIMEOUT, Play, Setting, cases_of
from harness.sim.record import Exchange
from harness.sim.scenario import Scenario
from harness.sim.store import Store
from harness.sim.tls import Tls
from harness.text import Text, say
from harness.wire import transcript
from harness.wire.transcript import Journal, Record

ROLES: Final = ("ris", "platform")
PATIENCE: Final = 60.0  # seconds that a run waits for room on the disk
_OTHER: Final = {"ris": "platform", "platform": "ris"}


def tool_version() -> str:
    """The version of this program."""
    try:
        return version("telerad-harness")
    except PackageNotFoundError:
        return "0+unknown"


def environment() -> tuple[tuple[str, str], ...]:
    """What the report says of the machine: nothing that names it."""
    return (
        ("telerad", tool_version()),
        ("python", platform.python_version()),
        ("system", f"{platform.system()} {platform.machine()}"),
    )


@dataclass(frozen=True)
class Options:
    """What a run is told. `sut` is the real side ("ris", "platform") or "none".

    `clock` freezes the time written into messages; None takes the real one. `peer` is where the
    system under test listens, `listen` where we do. `told` hears of every exchange, `waits` of
    every wait, `listening` of every listener. `sync`: what is acknowledged is on disk; `says` hears
    of a full disk. `pause`: see `Setting`. `within`: seconds to wait for each message of the system
    under test, in the place of what the scenarios say.
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
    ack_timeout: float = ACK_TIMEOUT
    pause: float = 0.0
    within: float | None = None
    tls: Tls | None = None
    signals: bool = True
    sync: bool = True
    says: Callable[[Text], None] = lambda text: None
    told: Callable[[Exchange], None] = lambda exchange: None
    waits: Callable[[str, str, float], None] = lambda flow, role, seconds: None
    listening: Callable[[str, Address], None] = lambda role, address: None
    before: Callable[[Scenario], None] = field(default=lambda scenario: None)


def now() -> datetime:
    """The present time with the local zone, to the second."""
    return datetime.now().astimezone().replace(microsecond=0)


def run(scenarios: Sequence[Scenario], options: Options) -> Report:
    """Play the scenarios one after the other and write what crossed the wire.

    Raises HarnessError for a wrong option, a port that cannot be used, or nothing to play.
    """
    if not scenarios:
        raise HarnessError(say("scenario.none"))
    started, clock = now(), options.clock
    begin = time.monotonic()
    wiring = _wiring(options)
    journal = Journal(options.folder / transcript.NAME, sync=options.sync)
    with Store(journal, options.says, patience=PATIENCE) as store:
        wiring.store = store
        facts = Begun(options.command, options.profile.id, options.sut, options.seed, options.sync)
        store.note(facts.record(started))
        plays = _play_all(scenarios, options, store, wiring)
        store.note(Record(now().isoformat(), "end"))
    exchanges = tuple(exchange for play in plays for exchange in play.exchanges)
    keep_files(exchanges, options.folder)
    return Report(
        tool=tool_version(),
        profile=options.profile.id,
        profile_title=options.profile.title,
        rules_hash=options.profile.hash,
        command=options.command,
        started=clock or started,
        seconds=time.monotonic() - begin,
        rules=options.profile.rules,
        flows=tuple(options.profile.flows),
        concordance=tuple(concordance_of(options.profile, exchanges)),
        exchanges=exchanges,
        sut=options.sut,
        seed=options.seed,
        scenario_titles=tuple((s.scenario, s.title.text) for s in scenarios),
        environment=environment(),
        guide=options.profile,
        folder=options.folder,
        interrupted=wiring.stopped,
        unsynced=not options.sync,
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """What a reader of a run's journal must know of it. `seed` is None where nothing is made."""

    command: str
    profile: str
    sut: str
    seed: int | None
    sync: bool

    def record(self, at: datetime) -> Record:
        """The first record of a run."""
        facts = {"command": self.command, "profile": self.profile, "sut": self.sut}
        facts["seed"] = "" if self.seed is None else str(self.seed)
        facts["sync"] = "yes" if self.sync else "no"
        return Record(at.isoformat(), "run", facts=facts)


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
        if rows:
            yield Concordance(name, tuple(x.number for x in met), rows, of)


def _wiring(options: Options) -> Wiring:
    simulated = [role for role in ROLES if role != options.sut]
    peers: dict[str, Address] = {}
    if options.sut != "none":
        if options.peer:
            peers[simulated[0]] = options.peer
        listen = {simulated[0]: options.listen}
        return Wiring(
            listen,
            peers,
            listening=options.listening,
            signals=options.signals,
            tls=options.tls,
        )

    def listening(role: str, address: Address) -> None:
        peers[_OTHER[role]] = address
        options.listening(role, address)

    here = dict.fromkeys(ROLES, ("127.0.0.1", 0))
    return Wiring(here, peers, listening=listening, signals=options.signals, tls=options.tls)


def _play_all(
    scenarios: Sequence[Scenario], options: Options, store: Store, wiring: Wiring
) -> list[Play]:
    """One play for each scenario; each begins when the one before is over."""
    plays: list[Play] = []
    numbers = iter(range(len(scenarios)))

    def make() -> Play:
        position = next(numbers)
        done = sum(len(play.exchanges) for play in plays)
        play = _play(scenarios[position], options, store, done + 1, position)
        plays.append(play)
        return play

    net.run([_Later(make, options, scenario) for scenario in scenarios], wiring)
    return plays


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


def _play(scenario: Scenario, options: Options, store: Store, number: int, position: int) -> Play:
    base = options.clock or now()
    if options.within:
        steps = (step.model_copy(update={"within": options.within}) for step in scenario.steps)
        scenario = scenario.model_copy(update={"steps": tuple(steps)})
    several = cases_of(scenario, options.seed + position, base)
    simulated = frozenset(role for role in ROLES if role != options.sut)
    setting = Setting(
        profile=options.profile,
        case=next(iter(several.values())),
        simulated=simulated,
        wall=(lambda: base) if options.clock else now,
        note=store.note,
        defect=options.defect,
        ack_timeout=options.ack_timeout,
        first_number=number,
        told=options.told,
        waits=options.waits,
        cases=several,
        pause=options.pause,
    )
    return Play(scenario, setting)


def keep_files(exchanges: Sequence[Exchange], folder: Path) -> None:
    """The messages and documents of a run, as they crossed the wire."""
    (folder / "messages").mkdir(parents=True, exist_ok=True)
    for exchange in exchanges:
        for judged in (exchange.request, exchange.answer):
            if judged and judged.message:
                (folder / judged.file).write_bytes(judged.message.raw)
            if judged and judged.document:
                (folder / "documents").mkdir(exist_ok=True)
                (folder / judged.document_file).write_bytes(judged.document.raw)


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
