"""Ids of published asserts: the same as long as pattern, context and test are the same.

`<PACK>-<SCHEMA>-<PATTERN>-<hash of context and test>`; of an assert in an abstract rule, the id of
that rule stands for the contexts.
"""

import re
from dataclasses import dataclass, field
from hashlib import sha256

from harness.rules.published.model import Assert, Schema


def ids_of(schema: Schema, prefix: str) -> dict[str, str]:
    """The ids of the published asserts, each with its test, in order."""
    found: dict[str, str] = {}
    for keys in groups(schema, prefix).values():
        found[keys.id] = keys.test
    return found


@dataclass(slots=True)
class Group:
    """A published assert: once in a file, at any number of contexts of a pattern."""

    id: str
    test: str
    numbers: list[int] = field(default_factory=list)


def groups(schema: Schema, prefix: str) -> dict[tuple[int, Assert], Group]:
    """The asserts as they were published: one for all contexts that `extends` puts it in."""
    found: dict[tuple[int, Assert], Group] = {}
    taken: dict[str, int] = {}
    number = 0
    for place, pattern in enumerate(schema.patterns):
        for context in pattern.contexts:
            for one in context.asserts:
                group = found.get((place, one))
                if group is None:
                    name = _unique(_id(prefix, pattern.id, one.home or context.context, one), taken)
                    group = found[place, one] = Group(name, one.test)
                group.numbers.append(number)
                number += 1
    return found


def _id(prefix: str, pattern: str, where: str, one: Assert) -> str:
    """The prefix, the pattern, and a hash of context and test: the same for the same assert."""
    text = f"{' '.join(where.split())}\0{' '.join(one.test.split())}\0{one.is_report}"
    short = re.sub(r"-\d{4}-\d\d-\d\dT\d{6}", "", pattern)
    short = re.sub(r"_?(IMG-(CR|DA)-IMG)$", "", short)
    middle = f"{slug(short)}-" if slug(short) else ""
    return f"{prefix}-{middle}{sha256(text.encode()).hexdigest()[:8].upper()}"


def _unique(name: str, taken: dict[str, int]) -> str:
    """The same assert published twice in one pattern: the second gets a number."""
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}.{taken[name]}"


def slug(text: str) -> str:
    """Capitals, digits, dots and hyphens."""
    return re.sub(r"[^A-Z0-9.]+", "-", text.upper()).strip("-.")
