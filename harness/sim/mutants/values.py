"""Ways to write a value wrongly: near misses that people make, and values of nowhere."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

_TIME: Final = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?P<rest>.*)", re.ASCII)
_DIGIT: Final = re.compile(r"\d")


def misspelt(value: str) -> Iterator[tuple[str, str]]:
    """Each way by its name, with what it makes of the value; some leave it right for a rule.

    The value is text: what it becomes is to be escaped before it stands in a message.
    """
    yield "foreign", "ZZ9"
    yield "shapeless", "?"
    yield "other-case", value.swapcase()
    yield "cut", value[:-1]
    yield "longer", value + value[-1:]
    yield "padded", f" {value}"
    yield "letter-for-digit", _DIGIT.sub("O", value, count=1)
    yield "swapped", _swapped(value)
    yield "spoken", "douze"
    yield from _dates(value)


def _swapped(value: str) -> str:
    """The first two neighbours that differ, the wrong way round."""
    for place, (one, other) in enumerate(pairwise(value)):
        if one != other:
            return value[:place] + other + one + value[place + 2 :]
    return value


def _dates(value: str) -> Iterator[tuple[str, str]]:
    found = _TIME.fullmatch(value)
    if not found:
        return
    year, month, day, rest = found.groups()
    yield "month-13", f"{year}13{day}{rest}"
    yield "february-30", f"{year}0230{rest}"
    yield "day-first", f"{day}{month}{year}{rest}"
    yield "dashes", f"{year}-{month}-{day}{rest}"
    yield "hour-25", f"{year}{month}{day}25{rest[2:]}"
