"""What is remembered of what is over, for a while. Pure."""

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class Remembered(Generic[V]):
    """Values by name, each for so many `seconds`, at most `most` of them."""

    def __init__(self, seconds: float, most: int) -> None:
        self.seconds = seconds
        self.most = most
        self._known: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def get(self, name: str) -> V | None:
        """What is remembered under that name."""
        found = self._known.get(name)
        return found[1] if found else None

    def put(self, name: str, value: V, now: float) -> None:
        """Remember a value; the oldest ones go."""
        self._known.pop(name, None)
        self._known[name] = (now, value)
        while len(self._known) > self.most or self._oldest() < now - self.seconds:
            self._known.popitem(last=False)

    def pop(self, name: str) -> None:
        """Forget a value."""
        self._known.pop(name, None)

    def _oldest(self) -> float:
        return next(iter(self._known.values()))[0]
