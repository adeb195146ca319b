"""The INS number against the traits: sex, year, month and place of birth are in both.

A difference is never a proof: the civil record may have been corrected, and places have changed
their codes. Only INSi can tell.
Source: INS fact sheet, sections 2 and 7 (legal and historical reasons).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from harness.rules.nir import Number
from harness.rules.types import is_date
from harness.wire.er7 import Message, Node

COG: Final = re.compile(
    r"(0[1-9]|[1-8]\d|9[0-5]|2[AB])\d{3}|97[1-8]\d{2}|98[4-9]\d{2}|99\d{3}", re.ASCII
)
_SEINE: Final = ("75", "77", "78", "91", "92", "93", "94", "95")

# departments of the number, beginnings of the birth place, last birth year, reason
_MOVED: Final = (
    (("75", "78"), _SEINE, 1967, "seine"),
    (("91", "92", "93", "94"), ("99352",), 1962, "algeria"),
    (("95",), ("99350",), 1956, "morocco"),
    (("96",), ("99351",), 1956, "tunisia"),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A trait (sex, year, month or place) that is not what the number says (`wanted`)."""

    trait: str
    node: Node
    wanted: str


def is_after(day: str, message: Message) -> bool:
    """A day later than the message (MSH-7); False when the message does not tell its own."""
    today = message.first("MSH-7.1")[:8]
    return is_date(today) and day > today


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits that can be compared; empty where they are missing or malformed.

    `sex` is M or F, `born` eight digits (never after the message itself), `place` a COG.
    """

    sex: str
    born: str
    place: str


@lru_cache(maxsize=8)
def traits_of(message: Message) -> Traits:
    """The traits of a message, as far as they have the right form."""
    sex, born = message.first("PID-8"), message.first("PID-7")
    place = message.first("PID-11[7=BDL].9")
    return Traits(
        sex if sex in ("M", "F") else "",
        born if is_date(born) and not is_after(born, message) else "",
        place if COG.fullmatch(place) else "",
    )


@lru_cache(maxsize=8)
def gaps(message: Message, number: Number) -> tuple[Gap, ...]:
    """What differs. Nothing for a number whose digits are no birth data, or are mistyped."""
    if not (number.has_shape and number.has_sex_digit):
        return ()
    if not number.has_key and slip(message, number):
        return ()
    return tuple(_gaps(message, number))


def _gaps(message: Message, number: Number) -> Iterator[Gap]:
    traits = traits_of(message)
    if traits.sex and traits.sex != number.sex:
        yield Gap("sex", message.node("PID-8"), number.sex)
    if traits.born and traits.born[2:4] != number.year:
        yield Gap("year", message.node("PID-7"), number.year)
    if traits.born and number.knows_month and traits.born[4:6] != number.month:
        yield Gap("month", message.node("PID-7"), number.month)
    if traits.place not in ("", number.place) and not history(message, number):
        yield Gap("place", message.node("PID-11[7=BDL].9"), number.place)


def slip(message: Message, number: Number) -> int:
    """The character (1 to 10) where one slip of the hand explains the difference; 0 for none.

    One character wrong, or two neighbours exchanged.
    """
    wanted = _beginning(message, number)
    wrong = [at for at in range(10) if number.text[at] != wanted[at]]
    if len(wrong) == 1:
        return wrong[0] + 1
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        first, second = wrong
        exchanged = number.text[first] == wanted[second] and number.text[second] == wanted[first]
        return first + 1 if exchanged else 0
    return 0


def _beginning(message: Message, number: Number) -> str:
    """The first ten characters that the traits ask for; the number's own where they say nothing."""
    traits = traits_of(message)
    sex = {"M": "1", "F": "2"}.get(traits.sex, number.text[:1])
    year = traits.born[2:4] or number.year
    month = traits.born[4:6] if traits.born and number.knows_month else number.month
    place = number.place if not traits.place or history(message, number) else traits.place
    return sex + year + month + place


def history(message: Message, number: Number) -> str:
    """Why the place may differ: corsica, seine, algeria, morocco, tunisia, country; else empty."""
    traits = traits_of(message)
    here, there = number.place, traits.place
    if not there or here == there:
        return ""
    if here[:2] == there[:2] == "99":
        return "country"
    year = int(traits.born[:4]) if traits.born else 0
    if here[:2] == "20" and there in (f"2A{here[2:]}", f"2B{here[2:]}") and year < 1976:
        return "corsica"
    return _moved(here, there, year)


def _moved(here: str, there: str, year: int) -> str:
    for departments, places, last, reason in _MOVED:
        if here[:2] in departments and there.startswith(places) and year <= last:
            return reason if here[:2] != there[:2] else ""
    return ""
