"""A condition on one place: `PATH`, `not PATH`, `PATH = A, B` (one of), `PATH != A, B` (none of).

Tables say with it when a row applies, profiles what a message should be.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from harness.wire import er7path
from harness.wire.er7 import Node
from harness.yamlfile import Item

_FORM: Final = re.compile(
    r"(?P<no>not )?(?P<path>[A-Z]\S{2,}?)(?: +(?P<how>!=|=) +(?P<values>.+))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Condition:
    """`how` is "=", "!=" or empty, when only presence is asked; `no` turns that round."""

    text: str
    path: str
    how: str
    values: frozenset[str]
    no: bool

    def holds(self, nodes: Iterable[Node]) -> bool:
        """True when it is so for what stands at the path."""
        if not self.how:
            return any(node.present for node in nodes) is not self.no
        there = {node.value for node in nodes}
        return bool(there & self.values) is (self.how == "=")

    def holds_for(self, value: str) -> bool:
        """The same for one value, blanks around it set aside; empty is nothing there."""
        value = value.strip()
        return (value in self.values) is (self.how == "=") if self.how else bool(value) != self.no


def read(item: Item) -> Condition:
    """The condition of a file. Raises HarnessError with its place."""
    found = _FORM.fullmatch(item.text)
    if not found or not er7path.is_path(found["path"]):
        raise item.error("table.bad_when", text=item.text)
    values = frozenset(part.strip() for part in (found["values"] or "").split(","))
    return Condition(item.text, found["path"], found["how"] or "", values, bool(found["no"]))
