"""Operators that follow from the test of an assert: what it asks of a node, and what breaks that.

Every small change around a node of the assert's context is tried on the tree; it is an operator of
the assert when libxml2 alone, without any of our rules, finds the test false at that node, and the
node is still one of the context. The rule must then speak at that node.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from lxml import etree

from harness import data
from harness.rules import xsd
from harness.rules.rule import Rule, Subject
from harness.sim.mutants import changes
from harness.sim.mutants.attempt import Attempt
from harness.sim.mutants.changes import Wanted
from harness.wire.cda import NAMESPACES, path_of

_SCH: Final = "{http://purl.oclc.org/dsdl/schematron}"
NODES: Final = 3  # nodes of one context that are changed
_PREFIXES: Final = dict(NAMESPACES)
DEPTHS: Final = 2, 4  # how far below a node changes are tried, and how far when none is found


@dataclass(frozen=True, slots=True)
class Asked:
    """An assert as it is written: its context and its test, both XPath 1.0.

    `taken` are the contexts before it in its pattern: a node is for the first that matches. `lets`
    are its variables, each of which may use those before it.
    """

    context: str
    test: str
    taken: tuple[str, ...]
    lets: tuple[tuple[str, str], ...]

    def holds(self, node: Any) -> bool:
        """The test is true at a node."""
        values: dict[str, Any] = {}
        for name, value in self.lets:
            values[name] = _compiled(value)(node, **values)
        return bool(_compiled(f"boolean({self.test})")(node, **values))


@cache
def asserts() -> Mapping[str, Asked]:
    """The asserts of our Schematron files, by id."""
    found = {}
    for file in sorted(data.path("schematron").glob("*.sch")):
        schema = etree.parse(str(file)).getroot()
        for pattern in schema.iter(f"{_SCH}pattern"):
            taken: tuple[str, ...] = ()
            for rule in pattern.iter(f"{_SCH}rule"):
                context, lets = rule.get("context"), (*_lets(schema), *_lets(rule))
                for one in rule.findall(f"{_SCH}assert"):
                    found[one.get("id")] = Asked(context, one.get("test"), taken, lets)
                taken = (*taken, context)
    return found


def _lets(element: Any) -> tuple[tuple[str, str], ...]:
    return tuple((one.get("name"), one.get("value")) for one in element.findall(f"{_SCH}let"))


@cache
def _compiled(expression: str) -> etree.XPath:
    return etree.XPath(expression, namespaces=_PREFIXES)


def from_root(context: str) -> str:
    """A context, which matches wherever it stands, as an XPath from the root."""
    parts = (part.strip() for part in context.split(" | "))
    return " | ".join(part if part.startswith("/") else f"//{part}" for part in parts)


def own(asked: Asked, tree: Any) -> list[Any]:
    """The elements of the context that no context before it takes."""
    taken = {node for one in asked.taken for node in _compiled(from_root(one))(tree)}
    found = _compiled(from_root(asked.context))(tree)
    return [node for node in found if isinstance(node, etree._Element) and node not in taken]


def attempts(rule: Rule, subject: Subject, wanted: Wanted) -> Iterator[Attempt]:
    """Every small change that makes the test false at a node of the context.

    `wanted` tells of a way whether it is to be tried.
    """
    asked = asserts().get(rule.id)
    document = subject.document
    if asked is None or document is None or document.root is None:
        return
    tree = etree.fromstring(etree.tostring(document.root)).getroottree()
    nodes = [node for node in own(asked, tree)[:NODES] if asked.holds(node)]
    for depth in DEPTHS:
        found = False
        for node in nodes:
            for change in changes.around(node, depth, wanted):
                attempt = _tried(change, node, asked, tree)
                if attempt:
                    found = True
                    yield attempt
        if found:
            return


def _tried(change: changes.Change, node: Any, asked: Asked, tree: Any) -> Attempt | None:
    """The attempt, when the test is false at the node once the change is made."""
    change.make()
    try:
        node = node.getnext() if change.way == changes.ITSELF else node
        if asked.holds(node) or node not in own(asked, tree):
            return None
        raw = etree.tostring(tree, encoding="UTF-8", xml_declaration=True)
        valid = xsd.load(xsd.own()).validate(tree)
        return Attempt(change.way, (change.edit,), (path_of(node),), raw, valid=valid)
    finally:
        change.undo()
