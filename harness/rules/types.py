"""Shapes of HL7 v2 data types, as far as rows ask for them with `type:`.

Source: HL7 v2.5.1, chapter 2.A.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

_TS = re.compile(
    r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:(\d{2})(?:\.\d{1,4})?)?(?:[+-](\d{2})(\d{2}))?",
    re.ASCII,
)
_TM = re.compile(
    r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,4})?)?)?([+-](0\d|1[0-4])[0-5]\d)?", re.ASCII
)
_NM = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


def is_time(value: str) -> bool:
    """`YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`, and a time that exists."""
    found = _TS.fullmatch(value)
    if not found:
        return False
    year, month, day, hour, minute, second, zone, part = found.groups()
    if zone and (zone > "14" or part > "59"):
        return False
    try:
        datetime(  # noqa: DTZ001  only asked whether there is such a time
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
        )
    except ValueError:
        return False
    return True


def is_date(value: str) -> bool:
    """`YYYYMMDD`, and a day that exists."""
    return len(value) == 8 and is_time(value)


def is_number(value: str) -> bool:
    """An optional sign, digits, optional decimals."""
    return re.fullmatch(r"[+-]?\d+(\.\d*)?", value, re.ASCII) is not None


def is_sequence(value: str) -> bool:
    """A set id: a whole number from 1."""
    return re.fullmatch(r"[1-9]\d{0,3}", value, re.ASCII) is not None


def is_oid(value: str) -> bool:
    """An ISO object identifier."""
    return re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", value, re.ASCII) is not None


# -- as the standard itself has them, before any guide narrows them -----------------------------


def is_hl7_date(value: str) -> bool:
    """DT: `YYYY[MM[DD]]`, and a day that exists."""
    return len(value) in (4, 6, 8) and is_time(value)


def is_clock(value: str) -> bool:
    """TM: `HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]`."""
    return _TM.fullmatch(value) is not None


def is_hl7_number(value: str) -> bool:
    """NM: an optional sign, digits and an optional decimal point."""
    return _NM.fullmatch(value) is not None


def is_rank(value: str) -> bool:
    """SI: a whole number of four digits at most."""
    return 0 < len(value) <= 4 and value.isascii() and value.isdigit()


SHAPES: Final[dict[str, Callable[[str], bool]]] = {
    "TS": is_time,
    "DT": is_date,
    "NM": is_number,
    "SI": is_sequence,
    "OID": is_oid,
}
