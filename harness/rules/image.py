"""A profile as it was compiled, written to be read by another process (see `kept.py`).

Our own records only: what is read may name no other class, and nothing in it is code. The functions
of rules are left out (see `deferred.py`).
"""

import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.rules import named
from harness.rules.deferred import PARTS, Asserts, Deferred, Home, Rows, row_in_bytes
from harness.rules.rule import Rule
from harness.yamlfile import Item

if TYPE_CHECKING:
    from harness.rules.table import Context

_OURS: Final = frozenset(
    {
        ("harness.rules.concordance", "Fact"),
        ("harness.rules.conditions", "Condition"),
        ("harness.rules.contested", "Point"),
        ("harness.rules.contested", "Reading"),
        ("harness.rules.deferred", "Asserts"),
        ("harness.rules.deferred", "Deferred"),
        ("harness.rules.deferred", "Rows"),
        ("harness.rules.elements", "Element"),
        ("harness.rules.image", "rule_of"),
        ("harness.rules.profile", "Flow"),
        ("harness.rules.profile", "Profile"),
        ("harness.rules.recognition", "Line"),
        ("harness.rules.rule", "Dispute"),
        ("harness.rules.rule", "Level"),
        ("harness.rules.rule", "SpecRef"),
        ("harness.rules.table", "Context"),
        ("harness.text", "Text"),
        ("harness.wire.edit", "Edit"),
        ("pathlib", "PosixPath"),
        ("pathlib", "WindowsPath"),
    }
)
_NAMES: Final = tuple(one.name for one in fields(Rule))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a rule comes from."""

    home: Home
    number: int


Origins = Mapping[str, Origin]  # by id of the rule


def rule_of(*values: Any) -> Rule:
    """The rule of which these are the fields, in their order."""
    return Rule(**dict(zip(_NAMES, values, strict=True)))


def write(value: Any, origins: Origins | None = None) -> bytes:
    """Records as bytes. Raises KeyError for a rule without an origin."""
    target = BytesIO()
    _Writer(target, origins or {}).dump(value)
    return target.getvalue()


def read(content: bytes) -> Any:
    """What `write` was given. Raises pickle.UnpicklingError for anything but our own records."""
    return _Reader(BytesIO(content)).load()


class _Writer(pickle.Pickler):
    def __init__(self, target: BytesIO, origins: Origins) -> None:
        super().__init__(target, protocol=5)
        self._origins = origins
        self._settles: dict[int, Deferred] = {}  # neighbours that share one share it afterwards

    def reducer_override(self, obj: Any) -> Any:
        """Records by their fields, which is quicker to read than what a record writes itself."""
        if isinstance(obj, Rule):
            return rule_of, tuple(self._of(obj, name) for name in _NAMES)
        if is_dataclass(obj) and not isinstance(obj, type):
            kind = type(obj)
            return kind, tuple(getattr(obj, name) for name in _given(kind))
        return NotImplemented

    def _of(self, rule: Rule, name: str) -> Any:
        value = getattr(rule, name)
        if name not in PARTS or value is None or isinstance(value, Deferred):
            return value
        origin = self._origins[rule.id]
        deferred = Deferred(origin.home, origin.number, name)
        return self._settles.setdefault(id(value), deferred) if name == "settle" else deferred


@cache
def _given(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if one.init)


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Only what we write."""
        if (module, name) not in _OURS:
            raise pickle.UnpicklingError(f"{module}.{name} is none of our records")
        return getattr(import_module(module), name)


class Recorder:
    """Notes where rules come from while a profile is compiled."""

    def __init__(self) -> None:
        self._context: Context | None = None
        self._rows: list[bytes] = []
        self._numbers: dict[str, int] = {}
        self._asserts: dict[str, Origin] = {}

    def begin(self, context: "Context") -> None:
        """What the rows of every table refer to."""
        self._context = context

    def row(self, rule: Rule, block: Item, row: Item) -> None:
        """A rule of a table."""
        self._numbers[rule.id] = len(self._rows)
        self._rows.append(row_in_bytes(block, row))

    def asserts(self, file: Path, kinds: frozenset[str], rules: Iterable[Rule]) -> None:
        """The rules of a Schematron file."""
        home = Asserts(file, kinds)
        self._asserts |= {rule.id: Origin(home, number) for number, rule in enumerate(rules)}

    def image(self, profile: Any) -> bytes:
        """The profile that was compiled, as bytes."""
        home = Rows(self._context, named.homes(), tuple(self._rows))
        rows = {name: Origin(home, number) for name, number in self._numbers.items()}
        return write(profile, {**rows, **self._asserts})
