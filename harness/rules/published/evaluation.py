"""Where an expression is evaluated, and how values pass to libxml2 and back."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from lxml import etree

from harness.rules.published import values
from harness.rules.published.plain import Type
from harness.rules.published.values import DocNode, Item, Value


class NotTranslated(Exception):
    """Neither libxml2 nor our Python can evaluate it; the text says what is in the way."""


class Documents(Protocol):
    """The documents of a pack."""

    def document(self, href: str) -> Any:
        """The root element of one. Raises DynamicError when there is none."""


@dataclass(slots=True)
class Evaluation:
    """Where an expression is evaluated: context item, its place, variables, documents."""

    item: Item
    documents: Documents
    variables: Mapping[str, Value] = field(default_factory=dict)
    position: int = 1
    size: int = 1

    def document(self, href: str) -> Any:
        """The root of a document of the pack. Raises DynamicError."""
        return self.documents.document(href)

    def at(self, item: Item, position: int, size: int) -> "Evaluation":
        """The same with another context item."""
        return Evaluation(item, self.documents, self.variables, position, size)

    def binding(self, name: str, value: Value) -> "Evaluation":
        """The same with one more variable."""
        bound = _Bound(self.variables, name, value)
        return Evaluation(self.item, self.documents, bound, self.position, self.size)


class _Bound(dict[str, Value]):
    """Variables with one more in front."""

    def __init__(self, outer: Mapping[str, Value], name: str, value: Value) -> None:
        super().__init__({name: value})
        self.outer = outer

    def __missing__(self, name: str) -> Value:
        return self.outer[name]


Run = Callable[[Evaluation], Value]
Test = Callable[[Evaluation], bool]


def context_node(item: Item) -> Any:
    """What libxml2 is given as its context node."""
    if isinstance(item, etree._Element):
        return item
    if isinstance(item, DocNode):
        return item.root
    return values.parent_of(item) if values.is_node(item) else _NOWHERE


_NOWHERE: Final = etree.Element("nowhere")


def passed(around: Evaluation, names: tuple[str, ...]) -> dict[str, Any]:
    """Variables as libxml2 takes them."""
    return {name: _for_libxml2(around.variables[name]) for name in names}


def _for_libxml2(value: Value) -> Any:
    if not value or isinstance(value[0], etree._Element):
        return value
    (only,) = value  # the type promised at most one
    if isinstance(only, bool):
        return only
    return float(only) if not isinstance(only, str) else str(only)


def shaper(type_: Type) -> Callable[[Any], Value]:
    """What libxml2 gives as a sequence."""
    if type_.is_node:
        return lambda found: found
    if type_.kind == "int":
        return lambda found: [int(found) if math.isfinite(found) else found]
    return lambda found: [found]
