"""The tree of an XPath 2.0 expression: what its parser gives and its translators take.

Source: W3C XML Path Language (XPath) 2.0 (Second Edition), appendix A.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

NODE: Final = "node()"


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, an integer, a decimal or a double."""

    value: str | int | Decimal | float


@dataclass(frozen=True, slots=True)
class Var:
    """`$name`."""

    name: str


@dataclass(frozen=True, slots=True)
class ContextItem:
    """`.`."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function, named as it is written."""

    name: str
    arguments: "tuple[Expr, ...]"


@dataclass(frozen=True, slots=True)
class Step:
    """`axis::test[predicate]…`; `test` is a name test or a kind test as written."""

    axis: str
    test: str
    predicates: "tuple[Expr, ...]" = ()


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the context item, or from the root of its tree when `absolute`."""

    absolute: bool
    steps: "tuple[Expr, ...]"


@dataclass(frozen=True, slots=True)
class Filter:
    """A primary expression with predicates that count over the whole of it."""

    base: "Expr"
    predicates: "tuple[Expr, ...]"


@dataclass(frozen=True, slots=True)
class Binary:
    """`or and = != < … eq … to + - * div idiv mod | intersect except is`."""

    operator: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus."""

    operand: "Expr"


@dataclass(frozen=True, slots=True)
class Sequence:
    """`(a, b)`; empty for `()`."""

    items: "tuple[Expr, ...]"


@dataclass(frozen=True, slots=True)
class If:
    """`if (test) then yes else no`."""

    test: "Expr"
    yes: "Expr"
    no: "Expr"


@dataclass(frozen=True, slots=True)
class Loop:
    """`for`, `some` or `every`: one variable each, nested when there are more."""

    kind: str
    name: str
    source: "Expr"
    body: "Expr"


@dataclass(frozen=True, slots=True)
class Cast:
    """`castable as` or `cast as` an atomic type; `optional` with a question mark."""

    kind: str
    operand: "Expr"
    type: str
    optional: bool


Expr = (
    Literal
    | Var
    | ContextItem
    | Call
    | Step
    | Path
    | Filter
    | Binary
    | Negative
    | Sequence
    | If
    | Loop
    | Cast
)


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside one."""
    match expr:
        case Call(_, arguments):
            return arguments
        case Step(_, _, predicates):
            return predicates
        case Path(_, steps):
            return steps
        case Filter(base, predicates):
            return (base, *predicates)
        case Binary(_, left, right):
            return (left, right)
        case Negative(operand) | Cast(_, operand):
            return (operand,)
        case Sequence(items):
            return items
        case If(test, yes, no):
            return (test, yes, no)
        case Loop(_, _, source, body):
            return (source, body)
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything inside it."""
    yield expr
    for part in parts(expr):
        yield from walk(part)


def variables(expr: Expr) -> frozenset[str]:
    """The names of the variables it takes from outside."""
    match expr:
        case Var(name):
            return frozenset({name})
        case Loop(_, name, source, body):
            return variables(source) | (variables(body) - {name})
    return frozenset().union(*(variables(part) for part in parts(expr)))


def renamed(expr: Expr, names: Mapping[str, str]) -> Expr:
    """The expression with its free variables under other names."""
    match expr:
        case Var(name):
            return Var(names.get(name, name))
        case Call(name, arguments):
            return Call(name, _all_renamed(arguments, names))
        case Step(axis, test, predicates):
            return Step(axis, test, _all_renamed(predicates, names))
        case Path(absolute, steps):
            return Path(absolute, _all_renamed(steps, names))
        case Filter(base, predicates):
            return Filter(renamed(base, names), _all_renamed(predicates, names))
        case Binary(operator, left, right):
            return Binary(operator, renamed(left, names), renamed(right, names))
        case Negative(operand):
            return Negative(renamed(operand, names))
        case Sequence(items):
            return Sequence(_all_renamed(items, names))
        case If(test, yes, no):
            return If(renamed(test, names), renamed(yes, names), renamed(no, names))
        case Loop(kind, name, source, body):
            inside = {key: new for key, new in names.items() if key != name}
            return Loop(kind, name, renamed(source, names), renamed(body, inside))
        case Cast(kind, operand, type_, optional):
            return Cast(kind, renamed(operand, names), type_, optional)
    return expr


def _all_renamed(exprs: tuple[Expr, ...], names: Mapping[str, str]) -> tuple[Expr, ...]:
    return tuple(renamed(one, names) for one in exprs)


CONTEXT_CALLS: Final = frozenset(
    {"position", "last", "string", "string-length", "normalize-space", "number", "name"}
    | {"local-name", "namespace-uri", "current", "root"}
)


def depends_on_context(expr: Expr) -> bool:
    """It asks for the context item that it is evaluated with."""
    match expr:
        case ContextItem() | Step():
            return True
        case Path(absolute, steps):
            return absolute or depends_on_context(steps[0])
        case Filter(base):
            return depends_on_context(base)
        case Call(name, ()):
            return name.rpartition(":")[2] in CONTEXT_CALLS
        case Call("resolve-QName"):
            return True
    return any(depends_on_context(part) for part in parts(expr))
