"""What the timeline draws: a lane for each system, bars of its runs along the time. Pure.

Places are in units of the drawing: `WIDTH` of them are the whole window. Times are seconds since
1970.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.show.board.store.reviews import Review
from harness.show.board.store.rooms import System
from harness.show.board.store.runs import Event, Run
from harness.show.board.store.slots import Told

WIDTH: Final = 1200
LEAST: Final = 3.0  # of a bar, so that a short run is seen
_MINUTE: Final = 60
_STEPS: Final = tuple(_MINUTE * count for count in (1, 5, 10, 15, 30, 60, 120, 240, 720, 1440))
_TICKS: Final = 9  # at most


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is shown, and where in it we are."""

    begin: float
    end: float
    now: float

    def x(self, at: float) -> float:
        """The place of a time, within the drawing."""
        share = (at - self.begin) / (self.end - self.begin)
        return round(min(1.0, max(0.0, share)) * WIDTH, 1)

    @property
    def scale(self) -> float:
        """Units of the drawing in a second."""
        return WIDTH / (self.end - self.begin)

    def span(self, begin: float, end: float | None) -> tuple[float, float]:
        """Place and width of what lasts; it goes on when `end` is None."""
        left = self.x(begin)
        return left, round(max(LEAST, self.x(self.now if end is None else end) - left), 1)

    def shows(self, begin: float, end: float | None) -> bool:
        """Some of it is in the window."""
        return begin <= self.end and (end is None or end >= self.begin)

    @property
    def ticks(self) -> tuple[float, ...]:
        """Round times, a few."""
        whole = self.end - self.begin
        step = next((one for one in _STEPS if whole / one <= _TICKS), _STEPS[-1])
        first = int(self.begin // step + 1) * step
        return tuple(float(at) for at in range(first, int(self.end) + 1, step))


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasts. `run` is None for a slot; it goes on when `open`."""

    x: float
    width: float
    run: Run | None
    open: bool = False
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What a monitor said, at its time."""

    x: float
    review: Review


@dataclass(frozen=True, slots=True)
class Lane:
    """A system: when it was to play, when its runs stood in the queue, were played, waited."""

    system: System
    planned: tuple[Bar, ...]
    queued: tuple[Bar, ...]
    played: tuple[Bar, ...]
    waits: tuple[Bar, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """A run waits for a message; `end` is None as long as it does."""

    run: Run
    event: Event
    end: float | None


def waits_of(runs: Sequence[Run], events: Iterable[Event]) -> tuple[Wait, ...]:
    """Waits, each until the next event of its run, or until the run is over."""
    known = {run.id: run for run in runs}
    last: dict[int, Event] = {}
    found: list[Wait] = []
    for event in events:
        if event.run not in known:
            continue
        if before := last.pop(event.run, None):
            found.append(Wait(known[event.run], before, event.at))
        if event.kind == "waits":
            last[event.run] = event
    left = [Wait(known[of], event, known[of].ended) for of, event in last.items()]
    return tuple(sorted((*found, *left), key=lambda one: one.event.id))


def lanes(
    window: Window,
    systems: Sequence[System],
    runs: Sequence[Run],
    waits: Sequence[Wait],
    reviews: Sequence[Review],
    slots: Sequence[Told],
) -> tuple[Lane, ...]:
    """A lane for each system, in their order."""
    return tuple(_lane(window, one, runs, waits, reviews, slots) for one in systems)


def _lane(
    window: Window,
    system: System,
    runs: Sequence[Run],
    waits: Sequence[Wait],
    reviews: Sequence[Review],
    slots: Sequence[Told],
) -> Lane:
    own = {run.id: run for run in runs if system.id in run.systems}
    return Lane(
        system,
        tuple(
            Bar(*window.span(one.slot.starts, one.slot.ends), None, told=one)
            for one in slots
            if system.id in one.slot.systems and window.shows(one.slot.starts, one.slot.ends)
        ),
        tuple(_bar(window, run, run.asked, run.started or run.ended) for run in own.values()),
        tuple(_bar(window, run, run.started, run.ended) for run in own.values() if run.started),
        tuple(_bar(window, one.run, one.event.at, one.end) for one in waits if one.run.id in own),
        tuple(Mark(window.x(one.at), one) for one in reviews if one.run in own),
    )


def _bar(window: Window, run: Run, begin: float, end: float | None) -> Bar:
    return Bar(*window.span(begin, end), run, open=end is None)
