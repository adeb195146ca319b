"""The tables of HL7 v2.3.1 to 2.6 that we use, out of those of hl7apy, kept small.

hl7apy's own modules hold every message with every field inside it; importing one takes longer than
judging a message. What is asked of them is written down once, and kept (see `harness/kept.py`).
"""

import marshal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from harness import kept

Place = tuple[str, str | None, str | None]  # name (`PID_3`, `CX_4`), data type, table
Field = tuple[str, str | None, str | None, int, int]  # the same, least and most repetitions
Member = tuple[str, int, int, str]  # segment or group, least, most, "SEG" or another word
_PACKAGE: Final = "hl7apy"


@dataclass(frozen=True, slots=True)
class Tables:
    """One version. `parts` are the components of a data type; `tables` the table of each component.

    `codes` of an HL7 table (`HL70001`) are text where the table has none of its own. A group is a
    "sequence" or a "choice" of its members.
    """

    segments: Mapping[str, tuple[Field, ...]]
    parts: Mapping[str, tuple[Place, ...]]
    tables: Mapping[str, str | None]
    codes: Mapping[str, tuple[str, ...] | str]
    simple: frozenset[str]
    messages: Mapping[str, tuple[Member, ...]]
    groups: Mapping[str, tuple[str, tuple[Member, ...]]]


@cache
def of(version: str) -> Tables:
    """The tables of a version, `2.5.1`."""
    module = "v" + version.replace(".", "_")
    name, key = f"hl7-{version}", kept.key((), _PACKAGE, *_state(module))
    content = kept.read(name, key)
    found: tuple[Any, ...] = marshal.loads(content) if content else _read(module)  # noqa: S302
    if not content:
        kept.write(name, key, marshal.dumps(found))
    return Tables(*found)


def _state(module: str) -> Iterator[str]:
    """Which hl7apy is installed, as Python tells whether a module has changed."""
    found = find_spec(_PACKAGE)
    folders = found.submodule_search_locations if found else None
    for folder in folders or ():
        for file in sorted(Path(folder, module).glob("*.py")):
            stat = file.stat()
            yield f"{file} {stat.st_size} {stat.st_mtime_ns}"


def _read(module: str) -> tuple[Any, ...]:
    tables: Any = import_module(f"{_PACKAGE}.{module}")
    return (
        {name: tuple(_fields(entry[1])) for name, entry in tables.SEGMENTS.items()},
        {name: tuple(map(_place, rows)) for name, rows in tables.DATATYPES_STRUCTS.items()},
        {name: entry[4] for name, entry in tables.DATATYPES.items()},
        {name: _codes(entry[1]) for name, entry in tables.TABLES.items()},
        frozenset(tables.BASE_DATATYPES),
        {name: tuple(map(_member, entry[1])) for name, entry in tables.MESSAGES.items()},
        {name: (entry[0], tuple(map(_member, entry[1]))) for name, entry in tables.GROUPS.items()},
    )


def _place(row: Any) -> Place:
    return row[0], row[1][2], row[1][4]


def _fields(rows: Any) -> Iterator[Field]:
    """None of the segment that stands for any."""
    for row in rows:
        if row[1] is not None:
            yield (*_place(row), *row[2])


def _member(row: Any) -> Member:
    return row[0], *row[2], row[3]


def _codes(found: Any) -> tuple[str, ...] | str:
    return found if isinstance(found, str) else tuple(found)
