"""Values of XPath 2.0: what an item is, and how two of them compare.

A value is a list of items. An item is an element (lxml), the document node (`DocNode`), an
attribute or a text (a string of lxml that knows its parent), or an atomic value: `Untyped`, str,
bool, int, Decimal, float, `QName`, `DateTime`. What XPath calls a dynamic error is a
`DynamicError`: the expression gives no answer for this document.

Source: W3C XQuery 1.0 and XPath 2.0 Functions and Operators (Second Edition), 5, 6, 10, 17;
XML Schema 1.1 part 2 for the lexical forms; XPath 2.0, 2.4.3 (effective boolean value), 3.5.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from lxml import etree

Item = Any  # lxml publishes no types
Value = list[Item]


class DynamicError(Exception):
    """An error of evaluation, by its code, such as XPTY0004."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DocNode:
    """The document node above a root element."""

    __slots__ = ("root",)

    def __init__(self, root: Any) -> None:
        self.root = root

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DocNode) and other.root is self.root

    def __hash__(self) -> int:
        return hash(("document", id(self.root)))


class Untyped(str):
    """A text that has no type yet: what an attribute or an element gives."""

    __slots__ = ()


class QName(NamedTuple):
    """An expanded name."""

    uri: str
    local: str


@dataclass(frozen=True, slots=True, order=True)
class DateTime:
    """Days since 1 March of year 0, and seconds of the day, at Greenwich."""

    day: int
    second: Decimal


_STRING: Final = etree.XPath("string()", smart_strings=False)
_DOUBLE: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?INF|NaN", re.A)
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.A)
_INTEGER: Final = re.compile(r"[+-]?\d+", re.A)
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*", re.A)
_DATETIME: Final = re.compile(
    r"(-?(?:[1-9]\d{3,}|0\d{3}))-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)"
    r"(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?",
    re.A,
)
BLANKS: Final = " \t\r\n"


def is_node(item: Item) -> bool:
    """An element, a document node, an attribute or a text."""
    return isinstance(item, (etree._Element, DocNode, etree._ElementUnicodeResult))


def parent_of(item: Item) -> Any:
    """The element above a node; None for a root."""
    if isinstance(item, DocNode):
        return None
    parent = item.getparent()
    if getattr(item, "is_tail", False) and parent is not None:
        return parent.getparent()
    return parent


def atom(item: Item) -> Item:
    """The atomic value of an item."""
    if isinstance(item, etree._ElementUnicodeResult):
        return Untyped(item)
    if isinstance(item, etree._Element):
        return Untyped(_STRING(item))
    if isinstance(item, DocNode):
        return Untyped(_STRING(item.root))
    return item


def atoms(value: Value) -> Value:
    """The atomic values of a sequence."""
    return [atom(item) for item in value]


def at_most_one(value: Value) -> Item | None:
    """The atomic value of a sequence, or None for an empty one. More is an error."""
    if not value:
        return None
    if len(value) > 1:
        raise DynamicError("XPTY0004")
    return atom(value[0])


def truth(value: Value) -> bool:
    """The effective boolean value."""
    if not value:
        return False
    first = value[0]
    if is_node(first):
        return True
    if len(value) > 1:
        raise DynamicError("FORG0006")
    if isinstance(first, bool):
        return first
    if isinstance(first, (int, Decimal)):
        return first != 0
    if isinstance(first, float):
        return not (first == 0 or math.isnan(first))
    if isinstance(first, str):
        return first != ""
    raise DynamicError("FORG0006")


def string(item: Item) -> str:
    """An atomic value as text."""
    if isinstance(item, str):
        return str(item)
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, Decimal):
        text = format(item, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(item, float):
        return _double_text(item)
    if isinstance(item, QName):
        return item.local
    raise DynamicError("XPTY0004")


def _double_text(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "INF" if number > 0 else "-INF"
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    if 1e-6 <= abs(number) < 1e6:
        return string(Decimal(repr(number)))
    mantissa, _, exponent = f"{Decimal(repr(number)):E}".partition("E")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def double(text: str) -> float:
    """A text as xs:double. Raises DynamicError."""
    text = text.strip(BLANKS)
    if not _DOUBLE.fullmatch(text):
        raise DynamicError("FORG0001")
    return float(text)


def number(item: Item | None) -> float:
    """What `number()` gives: NaN for what is none."""
    if item is None:
        return math.nan
    if isinstance(item, str):
        try:
            return double(item)
        except DynamicError:
            return math.nan
    if isinstance(item, (bool, int, float, Decimal)):
        return float(item)
    return math.nan


def boolean(text: str) -> bool:
    """A text as xs:boolean. Raises DynamicError."""
    text = text.strip(BLANKS)
    if text not in ("true", "false", "1", "0"):
        raise DynamicError("FORG0001")
    return text in ("true", "1")


def date_time(text: str) -> DateTime:
    """A text as xs:dateTime; without a zone, Greenwich is meant. Raises DynamicError."""
    found = _DATETIME.fullmatch(text.strip(BLANKS))
    if found is None:
        raise DynamicError("FORG0001")
    year, month, day, hour, minute = (int(found[group]) for group in range(1, 6))
    second = Decimal(found[6])
    if not 1 <= month <= 12 or not 1 <= day <= _days_of(year, month):
        raise DynamicError("FORG0001")
    late = hour == 24 and minute == 0 and second == 0
    if not (late or hour < 24) or minute > 59 or second >= 60:
        raise DynamicError("FORG0001")
    seconds = hour * 3600 + minute * 60 + second - _zone(found[7]) * 60
    return DateTime(_day_number(year, month, day) + int(seconds // 86400), seconds % 86400)


def _days_of(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _day_number(year: int, month: int, day: int) -> int:
    shifted = (month + 9) % 12
    year -= shifted // 10
    return 365 * year + year // 4 - year // 100 + year // 400 + (shifted * 306 + 5) // 10 + day - 1


def _zone(text: str | None) -> int:
    """Minutes east of Greenwich."""
    if text in (None, "Z"):
        return 0
    sign = -1 if str(text)[0] == "-" else 1
    return sign * (int(str(text)[1:3]) * 60 + int(str(text)[4:6]))


def cast(item: Item, name: str) -> Item:
    """`item cast as xs:name`. Raises DynamicError."""
    caster = CASTS.get(name)
    if caster is None:
        raise DynamicError("XPST0051")
    return caster(item)


def _to_string(item: Item) -> Item:
    return string(item)


def _to_integer(item: Item) -> Item:
    if isinstance(item, str):
        text = item.strip(BLANKS)
        if not _INTEGER.fullmatch(text):
            raise DynamicError("FORG0001")
        return int(text)
    return int(_finite(item))


def _to_decimal(item: Item) -> Item:
    if isinstance(item, str):
        text = item.strip(BLANKS)
        if not _DECIMAL.fullmatch(text):
            raise DynamicError("FORG0001")
        return Decimal(text)
    found = _finite(item)
    return Decimal(repr(found)) if isinstance(found, float) else Decimal(found)


def _finite(item: Item) -> Any:
    if not isinstance(item, (bool, int, float, Decimal)):
        raise DynamicError("XPTY0004")
    if isinstance(item, float) and not math.isfinite(item):
        raise DynamicError("FOCA0002")
    return item


def _to_double(item: Item) -> Item:
    if isinstance(item, str):
        return double(item)
    if isinstance(item, (bool, int, float, Decimal)):
        return float(item)
    raise DynamicError("XPTY0004")


def _to_boolean(item: Item) -> Item:
    if isinstance(item, str):
        return boolean(item)
    if isinstance(item, (bool, int, float, Decimal)):
        return truth([item])
    raise DynamicError("XPTY0004")


def _to_date_time(item: Item) -> Item:
    if isinstance(item, DateTime):
        return item
    if isinstance(item, str):
        return date_time(item)
    raise DynamicError("XPTY0004")


def _to_language(item: Item) -> Item:
    text = string(item).strip(BLANKS)
    if not _LANGUAGE.fullmatch(text):
        raise DynamicError("FORG0001")
    return text


CASTS: Final[dict[str, Callable[[Item], Item]]] = {
    "string": _to_string,
    "anyURI": _to_string,
    "untypedAtomic": lambda item: Untyped(string(item)),
    "integer": _to_integer,
    "decimal": _to_decimal,
    "double": _to_double,
    "boolean": _to_boolean,
    "dateTime": _to_date_time,
    "language": _to_language,
}

_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
SINGLE: Final = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def any_compares(operator: str, left: Value, right: Value) -> bool:
    """A general comparison: true when one pair of items compares so."""
    one, other = atoms(left), atoms(right)
    return any(_pair(operator, a, b) for a in one for b in other)


def one_compares(operator: str, left: Value, right: Value) -> Value:
    """A value comparison: empty when a side is."""
    one, other = at_most_one(left), at_most_one(right)
    if one is None or other is None:
        return []
    one, other = (str(item) if isinstance(item, Untyped) else item for item in (one, other))
    return [_pair(SINGLE[operator], one, other)]


def _pair(operator: str, left: Item, right: Item) -> bool:
    if isinstance(left, Untyped):
        left = _typed_like(left, right)
    if isinstance(right, Untyped):
        right = _typed_like(right, left)
    if isinstance(left, str) and isinstance(right, str):
        return _ORDER[operator](str(left), str(right))
    if isinstance(left, bool) or isinstance(right, bool):
        fits = isinstance(left, bool) and isinstance(right, bool)
    elif isinstance(left, (int, float, Decimal)):
        fits = isinstance(right, (int, float, Decimal))
        if isinstance(left, float) or isinstance(right, float):
            left, right = (float(side) if fits else side for side in (left, right))
    elif isinstance(left, QName):
        fits = isinstance(right, QName) and operator in ("=", "!=")
    else:
        fits = isinstance(left, DateTime) and isinstance(right, DateTime)
    if not fits:
        raise DynamicError("XPTY0004")
    return _ORDER[operator](left, right)


def _typed_like(text: str, other: Item) -> Item:
    """An untyped text as the type of what it is compared with."""
    if isinstance(other, bool):
        return boolean(text)
    if isinstance(other, (int, float, Decimal)):
        return double(text)
    if isinstance(other, DateTime):
        return date_time(text)
    if isinstance(other, str):
        return str(text)
    raise DynamicError("XPTY0004")


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """`+ - * div idiv mod`: empty when a side is."""
    one, other = at_most_one(left), at_most_one(right)
    if one is None or other is None:
        return []
    a, b = (_operand(item) for item in (one, other))
    if isinstance(a, float) or isinstance(b, float):
        return [_doubles(operator, float(a), float(b))]
    if operator in ("div", "idiv", "mod") and b == 0:
        raise DynamicError("FOAR0001")
    return [_exact(operator, a, b)]


def _operand(item: Item) -> Any:
    if isinstance(item, Untyped):
        return double(item)
    if isinstance(item, bool) or not isinstance(item, (int, float, Decimal)):
        raise DynamicError("XPTY0004")
    return item


def _exact(operator: str, a: Any, b: Any) -> Item:
    if operator in ("+", "-", "*"):
        return a + b if operator == "+" else a - b if operator == "-" else a * b
    if operator == "div":
        return Decimal(a) / Decimal(b)
    if operator == "idiv":
        return int(Decimal(a) / Decimal(b))
    rest = Decimal(a) % Decimal(b)  # the sign of the dividend, as XPath has it
    return int(rest) if isinstance(a, int) and isinstance(b, int) else rest


def _doubles(operator: str, a: float, b: float) -> Item:
    if operator in ("+", "-", "*"):
        return a + b if operator == "+" else a - b if operator == "-" else a * b
    if operator == "div":
        if b == 0:
            sign = math.copysign(1, a) * math.copysign(1, b)
            return math.nan if a == 0 or math.isnan(a) else sign * math.inf
        return a / b
    if operator == "idiv":
        if b == 0 or not math.isfinite(a) or math.isnan(b):
            raise DynamicError("FOAR0001")
        return int(a / b)
    return math.nan if b == 0 or math.isinf(a) else math.fmod(a, b)
