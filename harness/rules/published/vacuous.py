"""Tests that hold for every document: published, listed, and worth nothing.

Found from the expression alone: `count(a) >= 0`, `true()`, a number that is not 0, the text of a
truth value (`string(a castable as b)` is never empty), and what `and` and `or` make of these.
"""

from harness.rules.published.parse import NotXPath, parse
from harness.rules.published.syntax import Binary, Call, Cast, Expr, Literal, Negative


def is_vacuous(test: str) -> bool:
    """The test cannot fail."""
    try:
        return _always(parse(test))
    except NotXPath:
        return False


def _always(expr: Expr) -> bool:
    match expr:
        case Literal(value):
            return bool(value)
        case Call("true" | "fn:true", ()):
            return True
        case Call("not", (argument,)):
            return _never(argument)
        case Call("boolean", (argument,)):
            return _always(argument)
        case Call("string", (Cast("castable") | Binary("=" | "!=" | "and" | "or"),)):
            return True
        case Binary("or", left, right):
            return _always(left) or _always(right)
        case Binary("and", left, right):
            return _always(left) and _always(right)
        case Binary(">=" | "ge", Call("count" | "string-length"), bound):
            return _at_most(bound, 0)
        case Binary(">" | "gt", Call("count" | "string-length"), bound):
            return _at_most(bound, -1)
        case Binary("<=" | "le", bound, Call("count" | "string-length")):
            return _at_most(bound, 0)
    return False


def _never(expr: Expr) -> bool:
    match expr:
        case Literal(value):
            return not value
        case Call("false" | "fn:false", ()):
            return True
        case Call("not", (argument,)):
            return _always(argument)
        case Binary("and", left, right):
            return _never(left) or _never(right)
        case Binary("or", left, right):
            return _never(left) and _never(right)
        case Binary("<" | "lt", Call("count" | "string-length"), bound):
            return _at_most(bound, 0)
    return False


def _at_most(expr: Expr, most: int) -> bool:
    match expr:
        case Literal(int() as value):
            return value <= most
        case Negative(Literal(int() as value)):
            return -value <= most
    return False
