"""Every file that a user writes, damaged at each of its keys and values in turn.

Unlike `yamlmutator.py` nothing is drawn: each damage is one mistake that people make, at a known
place, and what the reader says of it can be compared with that place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import yamlfile
from harness.yamlfile import Item


@dataclass(frozen=True, slots=True)
class Damage:
    """One mistake, and the place (from 1) where it is."""

    what: str
    text: str
    line: int
    column: int


def damages(text: str, scratch: Path) -> Iterator[Damage]:
    """Every damage of a right YAML file."""
    scratch.write_text(text, encoding="utf-8")
    lines = text.split("\n")
    for item in yamlfile.load_all(scratch):
        yield from _of_item(item, lines)
    yield from _of_lines(lines)


def _of_item(item: Item, lines: list[str]) -> Iterator[Damage]:
    if isinstance(item.value, str):
        yield from _of_scalar(item, lines)
    elif isinstance(item.value, tuple):
        for inner in item.value:
            yield from _of_item(inner, lines)
    else:
        for key, inner in item.value.items():
            yield from _of_key(key, inner, lines)
            yield from _of_item(inner, lines)


def _of_key(key: str, item: Item, lines: list[str]) -> Iterator[Damage]:
    line, column = item.key_at or (item.line, item.column)
    if len(key) > 2 and lines[line - 1][column - 1 :].startswith(key):
        swapped = key[0] + key[2] + key[1] + key[3:]
        if swapped != key:
            yield _put("key misspelt", lines, line, column, len(key), swapped)
        yield _put("key with a tag", lines, line, column, 0, "!x ")


def _of_scalar(item: Item, lines: list[str]) -> Iterator[Damage]:
    """In the place of a plain word, where it stands on one line."""
    text = str(item.value)
    if not text or not lines[item.line - 1][item.column - 1 :].startswith(text):
        return
    for what, by in (
        ("a list of lists", "[[x]]"),
        ("an alias", "*a"),
        ("a tag", "!!python/name:os.system x"),
        ("a mapping", "{zzz: y}"),
        ("a control character", "\x07"),
    ):
        yield _put(what, lines, item.line, item.column, len(text), by)


def _of_lines(lines: list[str]) -> Iterator[Damage]:
    for number, line in enumerate(lines, 1):
        if line.startswith(" "):
            yield _put("a tab", lines, number, 1, 1, "\t")
            yield _put("a brace too many", lines, number, len(line) + 1, 0, " }")


def _put(what: str, lines: list[str], line: int, column: int, size: int, by: str) -> Damage:
    old = lines[line - 1]
    new = [*lines]
    new[line - 1] = old[: column - 1] + by + old[column - 1 + size :]
    return Damage(what, "\n".join(new), line, column)
