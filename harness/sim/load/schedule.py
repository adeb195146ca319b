"""When each exam of a load begins. Pure.

The schedule is open: it is fixed before the first exam and does not slow when the peer does, as
patients do not. Rates are exams a second, times are seconds since the start.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from harness.errors import HarnessError
from harness.text import say

_RATE: Final = re.compile(r"(\d+(?:\.\d+)?)(?:/(s|min|h))?")
_TIME: Final = re.compile(r"(\d+(?:\.\d+)?)(s|min|m|h)?")
_SECONDS: Final = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, None: 1.0}
MOST: Final = 1000.0  # exams a second


@dataclass(frozen=True, slots=True)
class Schedule:
    """`rate` exams a second for `seconds`; over the first `ramp` seconds it grows from nothing."""

    rate: float
    seconds: float
    ramp: float = 0.0

    @property
    def count(self) -> int:
        """How many exams begin."""
        ramp = min(self.ramp, self.seconds)
        grown = self.rate * ramp * ramp / (2 * self.ramp) if self.ramp else 0.0
        return max(1, math.floor(grown + self.rate * (self.seconds - ramp) + 1e-9))

    def due(self, number: int) -> float:
        """When exam `number` begins, counted from 0."""
        grown = self.rate * self.ramp / 2
        if number < grown:
            return math.sqrt(2 * number * self.ramp / self.rate)
        return self.ramp + (number - grown) / self.rate


def parse_rate(text: str) -> float:
    """`20/s`, `600/min`, `20`: exams a second. Raises HarnessError."""
    found = _RATE.fullmatch(text.strip())
    rate = float(found[1]) / _SECONDS[found[2]] if found else 0.0
    if not 0 < rate <= MOST:
        raise HarnessError(say("load.bad_rate", text=text, most=f"{MOST:g}"), hint="20/s")
    return rate


def parse_time(text: str) -> float:
    """`90`, `90s`, `5m`, `2h`: seconds. Raises HarnessError."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise HarnessError(say("load.bad_time", text=text), hint="5m")
    return float(found[1]) * _SECONDS[found[2]]
