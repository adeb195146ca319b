"""The exchanges of a session that may go on for days: the latest, and those that failed. Pure.

All of them are in the journal; here are those that the report shows in full. Of the others it is
known how many there were, and their verdicts.
"""

from collections import Counter, deque
from collections.abc import Callable

from harness.rules.rule import Verdict
from harness.sim.record import Exchange


class Kept:
    """Exchanges by number. `most` of them at once, None for all; half of that room is for failures.

    `gone` hears of each that is left out; `left_out` counts them by verdict.
    """

    def __init__(
        self, most: int | None = None, gone: Callable[[Exchange], None] = lambda exchange: None
    ) -> None:
        self.most = most
        self.gone = gone
        self.left_out: Counter[Verdict] = Counter()
        self._by_number: dict[int, Exchange] = {}
        self._order: deque[int] = deque()
        self._failed: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._by_number)

    def get(self, number: int) -> Exchange | None:
        """The exchange of that number, while it is kept."""
        return self._by_number.get(number)

    def put(self, exchange: Exchange) -> None:
        """A new exchange, or what became of one."""
        if exchange.number not in self._by_number:
            self._order.append(exchange.number)
        self._by_number[exchange.number] = exchange
        while self.most is not None and len(self._by_number) > self.most:
            self._leave_out_one(self.most)

    def all(self) -> list[Exchange]:
        """Those that are kept, by number."""
        return [self._by_number[number] for number in sorted(self._by_number)]

    def _leave_out_one(self, most: int) -> None:
        oldest = self._order.popleft()
        if self._by_number[oldest].verdict >= Verdict.FAIL:
            self._failed.append(oldest)
            if len(self._failed) <= most // 2:
                return
            oldest = self._failed.popleft()
        exchange = self._by_number.pop(oldest)
        self.left_out[exchange.verdict] += 1
        self.gone(exchange)
