"""Look-ups in documents of a pack: what is compared with attributes of an element, as a dict.

`doc('f')//Concept[@code = $a and @codeSystem = $b]` reads the document once; then it is a key.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from lxml import etree

from harness.rules.published import values
from harness.rules.published.syntax import Binary, Call, Expr, Literal, Path, Step, Var
from harness.rules.published.values import DynamicError, Item, Value


def keys(predicate: Expr) -> Iterator[tuple[str, Expr] | None]:
    """The attributes that a predicate compares with what is known outside; None for the rest."""
    match predicate:
        case Binary("and", left, right):
            yield from keys(left)
            yield from keys(right)
        case Binary("=", Path(False, (Step(),)) as place, sought) if _outside(sought):
            yield _key(place, sought)
        case Binary("=", sought, Path(False, (Step(),)) as place) if _outside(sought):
            yield _key(place, sought)
        case _:
            yield None


def _key(place: Path, sought: Expr) -> tuple[str, Expr] | None:
    """An attribute without a prefix, or the texts of the element."""
    match place.steps:
        case (Step("attribute", name, ()),) if ":" not in name and name != "*":
            return name, sought
        case (Step("child", "text()", ()),):
            return "text()", sought
    return None


def _outside(expr: Expr) -> bool:
    """A variable or a text."""
    match expr:
        case Var() | Literal(str()):
            return True
        case Call("string", (Var(),)):
            return True
    return False


def part(name: str) -> Callable[[Any], list[str]]:
    """What a key of an element is read from."""
    if name == "text()":
        texts = etree.XPath("text()", smart_strings=False)
        return lambda node: list(texts(node))
    return lambda node: [node.get(name)] if name in node.attrib else []


def indexed(
    nodes: Value, parts_of: list[Callable[[Any], list[str]]]
) -> dict[tuple[str, ...], Value]:
    """The nodes by their keys."""
    index: dict[tuple[str, ...], Value] = {}
    for node in nodes:
        for key in product(*(read(node) for read in parts_of)):
            index.setdefault(key, []).append(node)
    return index


def key_text(item: Item) -> str:
    """What is sought, as text. Raises DynamicError."""
    found = values.atom(item)
    if not isinstance(found, str):
        raise DynamicError("XPTY0004")
    return str(found)
