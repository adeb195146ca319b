"""Sides that take turns in one process, so that a slow moment of the machine hits all of them.

Every round gives each side's CPU time for one call; what is told of a side is the median, and of
two sides the median of their ratios, round by round, with its quartiles. Absolute times are only of
the machine; the ratios are the result.
"""

import gc
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Job = Callable[[int], object]  # called with a number that is new every time


@dataclass(frozen=True)
class Effort:
    """How much is measured: rounds, and seconds of CPU that a side gets at least in each."""

    rounds: int
    seconds: float
    quick: bool


FULL = Effort(15, 0.02, quick=False)
QUICK = Effort(5, 0.008, quick=True)


@dataclass(frozen=True)
class Ratio:
    """How many times one side's CPU another one takes: median of rounds, with quartiles."""

    median: float
    low: float
    high: float


@dataclass
class Times:
    """Milliseconds of CPU of one call, of each side in each round."""

    rounds: dict[str, list[float]] = field(default_factory=dict)

    def ms(self, side: str) -> float:
        """The median of a side."""
        return statistics.median(self.rounds[side])

    def ratio(self, side: str, to: str) -> Ratio:
        """Of a side to another one."""
        pairs = zip(self.rounds[side], self.rounds[to], strict=True)
        found = [one / other for one, other in pairs if other > 0]
        low, middle, high = statistics.quantiles(found, n=4)
        return Ratio(middle, low, high)


def compare(sides: Mapping[str, Job], effort: Effort) -> Times:
    """CPU time of each side, in turns."""
    calls = {name: _calls(job, effort) for name, job in sides.items()}
    found = Times({name: [] for name in sides})
    number = 1000
    gc.collect()
    gc.freeze()  # what is compiled is never garbage; `telerad check` does the same
    for _ in range(effort.rounds):
        for name, job in sides.items():
            begin = time.process_time()
            for _ in range(calls[name]):
                number += 1
                job(number)
            found.rounds[name].append((time.process_time() - begin) * 1000 / calls[name])
    gc.unfreeze()
    return found


def _calls(job: Job, effort: Effort) -> int:
    """How many calls fill a round; what is paid once is paid here."""
    job(0)
    job(1)
    begin = time.process_time()
    job(2)
    one = max(time.process_time() - begin, 1e-6)
    return max(1, round(effort.seconds / one))


def processes(commands: Mapping[str, Sequence[str]], effort: Effort) -> Times:
    """CPU time, user and system, of whole processes in turns; the first round is thrown away."""
    found = Times({name: [] for name in commands})
    for turn in range(effort.rounds + 1):
        for name, command in commands.items():
            spent = _process(command)
            if turn:
                found.rounds[name].append(spent * 1000)
    return found


def _process(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
