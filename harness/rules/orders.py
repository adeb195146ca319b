"""The ORDER groups of a message: each ORC, and everything up to the next one.

A message without ORC is one group, so that rules about observations still have something to say.
Source: HL7 v2.5.1, chapters 4 and 7 (ORM^O01, OMI^O23, ORU^R01).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from harness.wire.er7 import Message, Node


@dataclass(frozen=True, slots=True)
class Order:
    """One group. `numbers` are the positions of its segments among all of their name, from 1."""

    message: Message
    numbers: Mapping[str, tuple[int, ...]]

    def places(self, name: str) -> tuple[str, ...]:
        """Paths of its segments of a name, such as `OBX[4]`."""
        return tuple(f"{name}[{number}]" for number in self.numbers.get(name, ()))

    def nodes(self, path: str) -> Iterator[Node]:
        """What stands at a path (without a pick of the segment) in this group."""
        name, _, inside = path.partition("-")
        for place in self.places(name):
            yield from self.message.at(f"{place}-{inside}" if inside else place)

    def first(self, path: str) -> str:
        """The first value that is present at a path; empty when there is none."""
        return next((node.value for node in self.nodes(path) if node.present), "")

    def node(self, path: str) -> Node:
        """The first place of a path in this group, or in the message where it has no such one."""
        return next(self.nodes(path), None) or self.message.node(path)

    @property
    def key(self) -> tuple[str, str]:
        """Its number and the authority of that: ORC-2.1 and ORC-2.3."""
        return self.first("ORC-2.1"), self.first("ORC-2.3")


@lru_cache(maxsize=32)
def orders(message: Message) -> tuple[Order, ...]:
    """The groups, in their order."""
    counted: dict[str, int] = {}
    groups: list[dict[str, tuple[int, ...]]] = [{}]
    for segment in message.segments:
        name = segment.name
        counted[name] = counted.get(name, 0) + 1
        if name == "ORC" and counted[name] > 1:
            groups.append({})
        groups[-1][name] = (*groups[-1].get(name, ()), counted[name])
    return tuple(Order(message, numbers) for numbers in groups)
