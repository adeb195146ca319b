"""Where the contexts of a schema are in a document, without walking it for each.

A document is indexed once, by element name and by the templateId that an element carries. A context
that needs a name or a templateId that the document lacks is skipped: that much is plain data, known
before anything is compiled. One that begins with an element anywhere is evaluated from the elements
of that name, or from those that carry its templateId.

Source: ISO/IEC 19757-3:2016, 5.4.8 (rule); W3C XSLT 3.0, 5.5 (what a pattern matches).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from harness.rules.published import plain
from harness.rules.published.evaluation import Evaluation, NotTranslated, Run
from harness.rules.published.parse import parse
from harness.rules.published.plain import Scope
from harness.rules.published.syntax import NODE, Binary, Expr, Literal, Path, Step
from harness.rules.published.translate import Translator
from harness.rules.published.values import Value

_DOWN: Final = ("child", "descendant", "descendant-or-self")


class Index:
    """The elements of a document by name, and by the templateId they carry."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.names = {element.tag for element in root.iter(etree.Element)}
        self.by_template: dict[str, list[Any]] = {}
        self._by_name: dict[str, list[Any]] = {}
        for element in root.iter("{*}templateId"):
            owners = self.by_template.setdefault(element.get("root"), [])
            owner = element.getparent()
            if owner is not None and (not owners or owners[-1] is not owner):
                owners.append(owner)

    def named(self, name: str) -> list[Any]:
        """The elements of that name."""
        if name not in self._by_name:
            self._by_name[name] = list(self.root.iter(name))
        return self._by_name[name]


@dataclass(frozen=True, slots=True)
class Need:
    """What a document must have for a place of a context: element names and templateIds."""

    names: tuple[str, ...]
    templates: tuple[str, ...]

    def is_met(self, index: Index) -> bool:
        """The document has all of it."""
        return all(name in index.names for name in self.names) and all(
            root in index.by_template for root in self.templates
        )


def needs(context: str, prefixes: Mapping[str, str]) -> tuple[Need, ...]:
    """One for each place that a context names. Raises NotXPath, NotTranslated."""
    found = []
    for member in members(parse(context)):
        if not isinstance(member, Path):
            raise NotTranslated("a context that is no path")
        names = dict.fromkeys(_names(member, prefixes))
        templates = dict.fromkeys(root for step in member.steps for root in _roots(step))
        found.append(Need(tuple(names), tuple(templates)))
    return tuple(found)


class Place:
    """One of the places that a context names, compiled. Raises NotTranslated."""

    def __init__(self, path: Expr, scope: Scope) -> None:
        if not isinstance(path, Path):
            raise NotTranslated("a context that is no path")
        whole = path
        if not path.absolute:
            whole = Path(True, (Step("descendant-or-self", NODE), *path.steps))
        self.first = ""
        self.owner = ""
        self.from_elements = self._from_elements(whole, scope)
        self.anywhere: Run | None = None
        if self.from_elements is None:
            at_top = Scope(scope.prefixes, scope.variables, scope.constants, "doc")
            self.anywhere = Translator(at_top).value(whole) if whole.steps else _itself

    def _from_elements(self, path: Path, scope: Scope) -> Run | None:
        """When the path begins with an element anywhere: from those that there are."""
        match path.steps:
            case (Step("descendant-or-self", "node()", ()), Step("child") as step, *rest):
                tag = _tag(step.test, scope.prefixes)
                owners = list(_roots(step))
                if not (tag or owners) or any(map(plain.is_positional, step.predicates)):
                    return None
                self.first, self.owner = tag, owners[0] if owners else ""
                itself = Step("self", step.test, step.predicates)
                inside = Scope(scope.prefixes, scope.variables, scope.constants)
                return Translator(inside).value(Path(False, (itself, *rest)))
        return None

    def nodes(self, index: Index, top: Evaluation) -> Value:
        """The nodes; one that several elements lead to comes several times."""
        if self.from_elements is None:
            return self.anywhere(top) if self.anywhere else []
        starts = index.by_template[self.owner] if self.owner else index.named(self.first)
        found: Value = []
        for start in starts:
            found += self.from_elements(top.at(start, 1, 1))
        return found


def _itself(around: Evaluation) -> Value:
    return [around.item]


def members(expr: Expr) -> list[Expr]:
    """The sides of a union."""
    if isinstance(expr, Binary) and expr.operator == "|":
        return members(expr.left) + members(expr.right)
    return [expr]


def kind_of(context: str) -> str:
    """What the nodes of a context are."""
    kinds = set()
    for member in members(parse(context)):
        last = member.steps[-1] if isinstance(member, Path) and member.steps else None
        kinds.add(plain.of_step(last).kind if isinstance(last, Step) else "doc")
    return kinds.pop() if len(kinds) == 1 else "atomic"


def _tag(test: str, prefixes: Mapping[str, str]) -> str:
    """A name test as lxml writes the name; empty for a wildcard."""
    prefix, colon, local = test.partition(":")
    if not colon:
        return "" if test == "*" or test.endswith("()") else test
    if prefix == "*" or local == "*" or prefix not in prefixes:
        return ""
    return f"{{{prefixes[prefix]}}}{local}"


def _names(path: Path, prefixes: Mapping[str, str]) -> Iterator[str]:
    """The element names that every match needs."""
    for step in path.steps:
        if isinstance(step, Step) and step.axis in _DOWN:
            tag = _tag(step.test, prefixes)
            if tag:
                yield tag


def _roots(step: Expr) -> Iterator[str]:
    """The templateIds that the element of a step must carry."""
    if isinstance(step, Step) and step.axis == "child":
        for predicate in step.predicates:
            yield from _required(predicate)


def _required(predicate: Expr) -> Iterator[str]:
    match predicate:
        case Binary("and", left, right):
            yield from _required(left)
            yield from _required(right)
        case Binary("=", Path(False, (Step("child", test), Step("attribute", "root", ()))), found):
            if _is_template(test) and isinstance(found, Literal) and isinstance(found.value, str):
                yield found.value
        case Path(False, (Step("child", test, predicates),)) if _is_template(test):
            for one in predicates:
                match one:
                    case Binary(
                        "=", Path(False, (Step("attribute", "root", ()),)), Literal(str() as root)
                    ):
                        yield root


def _is_template(test: str) -> bool:
    return test.rpartition(":")[2] == "templateId" and ":" in test
