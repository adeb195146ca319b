"""Paths of places in a message: `PID-3[2].4.2`, `OBX[3]-5`, `PID-3[5=INS].1`, `ORC`.

    path     = segment [ "[" pick "]" ] [ "-" field [ "[" pick "]" ] [ "." component [ "." sub ] ] ]
    pick     = number from 1 | one { "&" one }
    one      = place "=" value { "|" value }
    place    = component            (in a field: `PID-3[5=INS]`)
             | field "." component  (in a segment: `OBX[3.1=59776-5]`, `OBX[3.1=X&4=1.2]`)

Everything is counted from 1, as HL7 counts, to 999999: a place far behind what any message holds
would cost its separators when a value is written there.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from harness.errors import HarnessError
from harness.text import say

_N: Final = r"[1-9][0-9]{0,5}"
_PATH: Final = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})(?:\[(?P<seg_pick>[^\]]+)\])?"
    rf"(?:-(?P<field>{_N})(?:\[(?P<rep_pick>[^\]]+)\])?"
    rf"(?:\.(?P<component>{_N})(?:\.(?P<sub>{_N}))?)?)?"
)
_PICK: Final = re.compile(rf"(?P<n>{_N})|(?P<a>{_N})(?:\.(?P<b>{_N}))?=(?P<values>[^&]*)")


@dataclass(frozen=True, slots=True)
class Pick:
    """Which segment or repetition: the `number`-th, or those whose place holds one of `values`.

    `also` is what must be so as well.
    """

    number: int | None = None
    place: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    also: "Pick | None" = None


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. `field` None: the whole segment; `component` None: the whole repetition.

    `whole` is the path of the field alone, without picks; of the segment where there is no field.
    """

    segment: str
    segment_pick: Pick | None
    field: int | None
    repetition_pick: Pick | None
    component: int | None
    sub: int | None
    whole: str = ""


@lru_cache(maxsize=4096)
def parse(text: str) -> Path:
    """Read a path. Raises HarnessError when it is not one: paths come from tables and users."""
    found = _PATH.fullmatch(text)
    if not found:
        raise HarnessError(say("er7.path.wrong", path=text), hint="PID-3[1].4.2")
    return Path(
        found["segment"],
        _pick(found["seg_pick"], text),
        _number(found["field"]),
        _pick(found["rep_pick"], text),
        _number(found["component"]),
        _number(found["sub"]),
        f"{found['segment']}-{int(found['field'])}" if found["field"] else found["segment"],
    )


def is_path(text: str) -> bool:
    """True when `parse` would read it."""
    try:
        parse(text)
    except HarnessError:
        return False
    return True


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _pick(text: str | None, path: str) -> Pick | None:
    if text is None:
        return None
    one, _, others = text.partition("&")
    found = _PICK.fullmatch(one)
    if not found or (found["n"] and others):
        raise HarnessError(say("er7.path.wrong", path=path), hint="PID-3[5=INS].1")
    if found["n"]:
        return Pick(number=int(found["n"]))
    place = tuple(int(part) for part in (found["a"], found["b"]) if part)
    also = _pick(others, path) if others else None
    return Pick(place=place, values=tuple(found["values"].split("|")), also=also)
