"""A simulated system inside a test of yours: it listens, answers, judges, and tells what it saw.

It runs beside the test in a thread of its own, on a free port of this machine.
"""

import io
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from harness.errors import HarnessError
from harness.rules.rule import Verdict
from harness.show.runs.surroundings import now
from harness.show.words import visible
from harness.sim.events import Action, Event, Tick
from harness.sim.generate import cases
from harness.sim.network import net
from harness.sim.network.net import Address, Wiring
from harness.sim.play import Setting
from harness.sim.record import Exchange
from harness.sim.simulation import Simulation
from harness.text import say

if TYPE_CHECKING:
    from harness.rules.profile import Profile
    from harness.show.ranking import Placed
    from harness.show.report import Report

ROUND: Final = 0.05  # seconds after which the thread looks whether it is to stop
PATIENCE: Final = 10.0
_OTHER: Final = {"ris": "platform", "platform": "ris"}


class Partner:
    """A simulated `role` ("ris" or "platform"), the partner of the system under test.

    It listens as soon as its address is asked for; after `talk_to` it also sends what its role
    sends. `exchanges` are those so far. Errors of the port are HarnessErrors.
    """

    def __init__(self, role: str, profile: "Profile", seed: int = 1) -> None:
        self.role = role
        self.profile = profile
        self.exchanges: list[Exchange] = []
        self.lang = "en"
        self._seed = seed
        self._peer: Address | None = None
        self._address: Address | None = None
        self._wrong: BaseException | None = None
        self._changed = threading.Condition()
        self._machine: _Stoppable | None = None
        self._thread: threading.Thread | None = None
        self._begun = time.monotonic()
        self._started = now()

    @property
    def address(self) -> Address:
        """Host and port where it listens."""
        self._start()
        with self._changed:
            self._changed.wait_for(lambda: self._address or self._wrong, PATIENCE)
        self._raise_what_went_wrong()
        if self._address is None:
            raise HarnessError(say("partner.no_listener"))
        return self._address

    @property
    def host(self) -> str:
        """Where it listens."""
        return self.address[0]

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.address[1]

    def talk_to(self, host: str, port: int) -> None:
        """Send to that address what the role sends: as the RIS from A on, as the platform C and E.

        Call it before the address is asked for: the partner starts with it.
        """
        if self._thread is not None:
            raise HarnessError(say("partner.late"))
        self._peer = (host, port)
        self._start()

    def wait(self, flow: str, within: float = PATIENCE) -> Exchange:
        """The first exchange of a flow, when it is over; HarnessError after `within` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._of(flow) or self._wrong, within)
            found = self._of(flow)
        self._raise_what_went_wrong()
        if found is None:
            met = ", ".join(x.flow for x in self.exchanges) or "–"
            raise HarnessError(say("partner.nothing", flow=flow, seconds=f"{within:g}", met=met))
        return found

    def _of(self, flow: str) -> Exchange | None:
        return next((x for x in self.exchanges if x.flow == flow), None)

    @property
    def report(self) -> "Report":
        """What was judged so far."""
        from harness.show.report import blank

        return replace(
            blank(self.profile, "pytest", self._started, time.monotonic() - self._begun),
            exchanges=tuple(self.exchanges),
            sut=_OTHER[self.role],
            seed=self._seed,
        )

    def assert_conforms(self) -> None:
        """Fail the test, with the findings, when what the other side sent does not conform."""
        check_conformance(self.report, self.lang)

    def stop(self) -> None:
        """Stop listening. May be called twice."""
        if self._machine:
            self._machine.stopping = True
        if self._thread:
            self._thread.join(PATIENCE)

    # -- the thread -------------------------------------------------------------------------

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"telerad {self.role}")
            self._thread.daemon = True
            self._thread.start()

    def _run(self) -> None:
        try:
            case = cases.make_case(cases.DEFAULT, self._seed, now())
            roles = frozenset({self.role})
            setting = Setting(self.profile, case, roles, now, lambda record: None, told=self._told)
            simulation = Simulation(self.role, setting, talks=self._peer is not None)
            self._machine = _Stoppable(simulation)
            peers = {self.role: self._peer} if self._peer else {}
            here = {self.role: ("127.0.0.1", 0)}
            net.run([self._machine], Wiring(here, peers, listening=self._listening))
        except BaseException as wrong:  # told to the test, which waits in another thread
            with self._changed:
                self._wrong = wrong
                self._changed.notify_all()

    def _listening(self, role: str, address: Address) -> None:
        with self._changed:
            self._address = address
            self._changed.notify_all()

    def _told(self, exchange: Exchange) -> None:
        with self._changed:
            self.exchanges.append(exchange)
            self._changed.notify_all()

    def _raise_what_went_wrong(self) -> None:
        if self._wrong is not None:
            raise self._wrong


class _Stoppable:
    """A machine that another thread may end: it looks every `ROUND` seconds."""

    def __init__(self, machine: Simulation) -> None:
        self.machine = machine
        self.stopping = False

    @property
    def done(self) -> bool:
        return self.machine.done

    @property
    def deadline(self) -> float | None:
        soon = time.monotonic() + ROUND
        wanted = self.machine.deadline
        return soon if wanted is None else min(soon, wanted)

    def start(self, now: float) -> list[Action]:
        return self.machine.start(now)

    def handle(self, event: Event, now: float) -> list[Action]:
        if isinstance(event, Tick) and self.stopping:
            self.interrupt()
            return []
        return self.machine.handle(event, now)

    def interrupt(self) -> None:
        self.machine.interrupt()


def told(report: "Report", lang: str, numbers: Iterable[int] | None = None) -> str:
    """The findings as the terminal shows them, of all exchanges or of those with these numbers."""
    from rich.console import Console

    from harness.show.ranking import findings_in_order
    from harness.show.terminal import Terminal

    wanted = None if numbers is None else frozenset(numbers)
    out = io.StringIO()
    terminal = Terminal(lang, Console(file=out, width=120, highlight=False, soft_wrap=True))
    for placed in findings_in_order(report):
        if wanted is None or (placed.exchange and placed.exchange.number in wanted):
            terminal.finding(placed)
    return out.getvalue()


def check_conformance(report: "Report", lang: str) -> None:
    """Raise AssertionError with the findings, unless something was judged and nothing failed."""
    if report.verdict >= Verdict.INCONCLUSIVE:
        head = say(f"head.{report.verdict.word}").in_(lang)
        raise AssertionError(f"{head}\n{told(report, lang)}")


def as_table(report: "Report", lang: str) -> str:
    """The findings as a table of HTML, everything escaped; empty when there are none."""
    from harness.show.ranking import findings_in_order

    cell = Markup("<td>{}</td>")
    rows = [
        Markup("<tr>{}</tr>").format(Markup().join(cell.format(visible(text)) for text in row))
        for row in (_row(placed, lang) for placed in findings_in_order(report))
    ]
    return str(Markup("<table>{}</table>").format(Markup().join(rows))) if rows else ""


def _row(placed: "Placed", lang: str) -> tuple[str, ...]:
    finding = placed.finding
    at = finding.problem.at
    return (
        say(f"verdict.{finding.verdict.word}").in_(lang),
        finding.rule.id,
        finding.rule.says.in_(lang),
        f"{placed.flow} {at.path or at.xpath or ''}",
        finding.problem.expected.in_(lang),
        finding.problem.actual.in_(lang),
    )
