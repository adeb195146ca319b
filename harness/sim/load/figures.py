"""How long answers took, by flow and over time, in little memory however long it goes on. Pure.

Times are in seconds. What is kept of them are sketches whose quantiles are within half a percent of
the true value; the time of the run is divided into slots, which double when there are too many.

Source: DDSketch (Masson, Rim, Lee, VLDB 2019).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ddsketch import DDSketch

ACCURACY: Final = 0.005
SLOTS: Final = 120
QUANTILES: Final = (0.5, 0.95, 0.99)


class Times:
    """Many times. `highest` is exact, quantiles nearly so."""

    def __init__(self) -> None:
        self._sketch = DDSketch(ACCURACY)
        self.highest = 0.0

    @property
    def count(self) -> int:
        """How many."""
        return int(self._sketch.count)

    def add(self, seconds: float) -> None:
        """One more."""
        self._sketch.add(max(seconds, 0.0))
        self.highest = max(self.highest, seconds)

    def merge(self, other: "Times") -> None:
        """Those of another, too."""
        self._sketch.merge(other._sketch)
        self.highest = max(self.highest, other.highest)

    def quantile(self, part: float) -> float:
        """The time that so large a part of them does not exceed; 0 when there is none."""
        found = self._sketch.get_quantile_value(part) if self.count else 0.0
        return min(float(found or 0.0), self.highest)


@dataclass
class Slot:
    """What happened in a part of the run's time."""

    counts: Counter[str] = field(default_factory=Counter)  # "exams", "messages", "problems"
    times: dict[str, Times] = field(default_factory=lambda: defaultdict(Times))

    def merge(self, other: "Slot") -> None:
        """Two parts as one."""
        self.counts += other.counts
        for name, times in other.times.items():
            self.times[name].merge(times)


class Figures:
    """Times by name, such as "A" for the acknowledgement of A, in all and over time."""

    def __init__(self) -> None:
        self.width = 1.0  # seconds of a slot
        self.total = Slot()
        self.slots: list[Slot] = [Slot()]

    def time(self, name: str, at: float, seconds: float) -> None:
        """Something took so long; `at` is when it was over, counted from the start."""
        for slot in (self.total, self._slot(at)):
            slot.times[name].add(seconds)

    def count(self, name: str, at: float) -> None:
        """Something happened."""
        for slot in (self.total, self._slot(at)):
            slot.counts[name] += 1

    def over_time(self) -> Iterator[tuple[float, Slot]]:
        """When each slot begins, and what it holds."""
        for place, slot in enumerate(self.slots):
            yield place * self.width, slot

    def _slot(self, at: float) -> Slot:
        while at >= self.width * SLOTS:
            self._double()
        place = max(0, int(at / self.width))
        while len(self.slots) <= place:
            self.slots.append(Slot())
        return self.slots[place]

    def _double(self) -> None:
        for even, odd in zip(self.slots[::2], self.slots[1::2], strict=False):
            even.merge(odd)
        self.slots, self.width = self.slots[::2], self.width * 2
