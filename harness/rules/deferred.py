"""Parts of a rule that are compiled when they are first asked: of a profile that was kept.

A rule is data and three functions (`check`, `when`, `settle`). The data are kept from one process
to the next; the functions are made again, of the row or the Schematron file that the rule came
from, and only for rules that judge something. A check of one message needs a tenth of them.
"""

import marshal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from harness.yamlfile import Item, as_plain, from_plain

if TYPE_CHECKING:
    from harness.rules.table import Context

Functions = Mapping[str, Callable[..., Any] | None]  # by the name of the part
PARTS: Final = ("check", "when", "settle")


class Home(Protocol):
    """Where rules come from."""

    def functions(self, number: int) -> Functions:
        """The functions of the rule of that number, the same each time."""


class Deferred:
    """A function of a rule, made when it is first called."""

    __slots__ = ("_made", "home", "number", "part")

    def __init__(self, home: Home, number: int, part: str) -> None:
        self.home = home
        self.number = number
        self.part = part
        self._made: Callable[..., Any] | None = None

    def __call__(self, subject: Any) -> Any:
        return self.made(subject)

    @property
    def made(self) -> Callable[..., Any]:
        """The function itself."""
        if self._made is None:
            found = self.home.functions(self.number)[self.part]
            if found is None:
                raise TypeError(f"no {self.part} where there was one")
            self._made = found
        return self._made

    def __reduce__(self) -> tuple[Any, ...]:
        return Deferred, (self.home, self.number, self.part)


def made(function: Any) -> Any:
    """The function itself, of one that may have been deferred."""
    return function.made if isinstance(function, Deferred) else function


@dataclass(slots=True, eq=False)
class Rows:
    """Rows of tables. `rows` holds each, with what its block says of all, in bytes.

    `modules` tells which module of `harness.rules.checks` a named check is in.
    """

    context: "Context | None"
    modules: Mapping[str, str]
    rows: tuple[bytes, ...] = field(repr=False)
    _known: dict[int, Functions] = field(default_factory=dict, init=False, repr=False)

    def functions(self, number: int) -> Functions:
        """What a row amounts to."""
        if number not in self._known:
            self._known[number] = self._made(number)
        return self._known[number]

    def _made(self, number: int) -> Functions:
        from harness.rules import named, table

        if self.context is None:
            raise TypeError("rows are compiled in the light of a profile")
        if not self._known:
            named.learn(self.modules)
        check, when = table.functions(*row_of(self.rows[number]), self.context)
        return {"check": check, "when": when}


def row_in_bytes(block: Item, row: Item) -> bytes:
    """A row with what its block says."""
    return marshal.dumps((str(row.file), as_plain(block), as_plain(row)))


def row_of(content: bytes) -> tuple[Item, Item]:
    """What `row_in_bytes` was given."""
    name, block, row = marshal.loads(content)  # noqa: S302  written by us, and whole
    file = Path(name)
    return from_plain(block, file), from_plain(row, file)


@dataclass(slots=True, eq=False)
class Asserts:
    """Rules of one Schematron file, about documents of these kinds."""

    file: Path
    kinds: frozenset[str]
    _known: tuple[Functions, ...] = field(default=(), init=False, repr=False)

    def functions(self, number: int) -> Functions:
        """What an assert amounts to, counted from 0."""
        if not self._known:
            from harness.rules import schematron

            rules = schematron.load(self.file, self.kinds, sound=True)
            self._known = tuple({name: getattr(rule, name) for name in PARTS} for rule in rules)
        return self._known[number]
