"""Shapes of HL7 v2 data types, as far as rows ask for them with `type:`.

Source: HL7 v2.5.1, chapter 2.A.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

_TS = re.compile(
    r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2}(?:\.\d{1,4})?)?([+-]\d{4})?", re.ASCII
)
_LAYOUT: Final = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M"}


def is_time(value: str) -> bool:
    """`YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`, and a time that exists."""
    if not _TS.fullmatch(value):
        return False
    digits = re.split(r"[+.-]", value)[0]
    try:
        datetime.strptime(digits, _LAYOUT.get(len(digits), "%Y%m%d%H%M%S"))  # noqa: DTZ007  only the shape is asked
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


SHAPES: Final[dict[str, Callable[[str], bool]]] = {
    "TS": is_time,
    "DT": is_date,
    "NM": is_number,
    "SI": is_sequence,
    "OID": is_oid,
}
