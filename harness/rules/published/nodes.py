"""Nodes: which are the same, and in which order they stand in a document.

Source: W3C XPath 2.0, 2.4.1 (document order), 3.3.3 (union, intersection, difference).
"""

from typing import Any

from lxml import etree

from harness.rules.published import values
from harness.rules.published.values import DocNode, DynamicError, Item, Value


def identity(item: Item) -> Any:
    """What tells one node from another; it keeps the node, and so its identity, alive."""
    if isinstance(item, etree._ElementUnicodeResult):
        return (item.getparent(), item.attrname or ("tail" if item.is_tail else "text"))
    return item


def combined(operator: str, left: Value, right: Value) -> Value:
    """`| intersect except`."""
    if not all(values.is_node(item) for item in (*left, *right)):
        raise DynamicError("XPTY0004")
    if operator == "|":
        return in_order([*left, *right])
    taken = {identity(item) for item in right}
    return in_order([item for item in left if (identity(item) in taken) is (operator != "except")])


def in_order(nodes: Value) -> Value:
    """Nodes in document order, each once."""
    if not all(values.is_node(item) for item in nodes):
        return nodes
    once = list({identity(item): item for item in nodes}.values())
    if len(once) < 2:
        return once
    order: dict[int, dict[Any, int]] = {}
    return sorted(once, key=lambda item: _place(item, order))


def _place(item: Item, order: dict[int, dict[Any, int]]) -> tuple[int, int, int, int]:
    """Which tree, which element, behind it or not, which attribute."""
    if isinstance(item, DocNode):
        return (id(item.root), -1, 0, 0)
    owner = item if isinstance(item, etree._Element) else item.getparent()
    root = owner.getroottree().getroot()
    numbers = order.setdefault(id(root), {})
    if not numbers:
        numbers.update((node, number) for number, node in enumerate(root.iter()))
    if isinstance(item, etree._Element):
        return (id(root), numbers[item], 0, 0)
    if item.is_tail:
        last = list(owner.iter())[-1]
        return (id(root), numbers[last], 2, 0)
    if item.is_attribute:
        return (id(root), numbers[owner], 1, list(owner.attrib).index(item.attrname))
    return (id(root), numbers[owner], 1, len(owner.attrib))
