"""Our Schematron files as rules: every assert becomes a `Rule` of its own.

The files are valid ISO Schematron with XPath 1.0, so `lxml.isoschematron` runs them as they stand.
Here each context and test is compiled once into a libxml2 XPath object and evaluated on the tree,
which is faster and keeps the place of every failure.

What our files carry beyond the standard's own words: `id`, `role` (error, warning), `see`
(`document#section`) on every assert, a diagnostic `<id>-en` with the English text, and in the
namespace `urn:telerad:schematron` an `actual` (XPath of what was found instead), a `group`, and
`given` and `break`: edits of a good document, for the self-check where it finds none by itself
(`set XPATH = VALUE`, `remove XPATH`, `repeat XPATH`, and for what must not be there
`insert XPATH = ELEMENTS` behind the selected element or `append XPATH = ELEMENTS` inside it;
several parted by `;`).

Source: ISO/IEC 19757-3:2016, 5.4 (a node is for the first rule of a pattern that matches it).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lxml import etree

from harness.errors import HarnessError
from harness.rules.elements_of import Select, selector
from harness.rules.rule import Check, Level, Problem, Rule, SpecRef, Subject
from harness.text import Text, plain, say
from harness.wire.cda import Document
from harness.wire.edit import Edit
from harness.wire.location import Location

_SCH: Final = "{http://purl.oclc.org/dsdl/schematron}"
_OURS: Final = "{urn:telerad:schematron}"
_Let = tuple[str, Any, Select | None]  # name, value, and what finds it from the root
Broken = Callable[[Subject], "list[tuple[Any, dict[str, Any]]]"]
_VARIABLE: Final = re.compile(r"\$[A-Za-z_]")
_PLACED: Final = re.compile(r"\b(position|last)\(\)")
_LEVELS: Final = {"error": Level.MUST, "warning": Level.SHOULD, "info": Level.MAY}


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the expressions of a file share: prefixes, variables, texts of the diagnostics."""

    file: Path
    prefixes: Mapping[str, str]
    lets: tuple[_Let, ...]
    english: Mapping[str, str]
    sound: bool = False  # its expressions have been compiled before: each when it is first needed


@dataclass(frozen=True, slots=True)
class _Matched:
    """What a context matches in a document.

    `all` are its nodes; `own` those that no context before it in the pattern took; `wrong` those
    of them that break some test that uses no variable.
    """

    all: list[Any]
    own: list[Any]
    wrong: list[Any]


class _Context:
    """A rule's context: its nodes are found once in a document, for all of its asserts.

    `taken` are the contexts before it in the same pattern: a node is for the first that matches.
    Tests that use no variable are first asked all together of all nodes: most documents keep them.
    """

    def __init__(
        self,
        shown: str,
        select: Select,
        lets: tuple[_Let, ...],
        taken: "tuple[_Context, ...]",
        prefixes: Mapping[str, str],
    ) -> None:
        self.shown = shown
        self.select = select
        self.lets = lets
        self.taken = taken
        self.prefixes = prefixes
        self.tests: list[str] = []  # without variables
        self._absent = say("when.no_context", context=shown)
        self._broken: etree.XPath | None = None

    def matched(self, subject: Subject) -> _Matched:
        """The context's nodes, found and asked once."""
        return subject.once(self, self._match)

    def _match(self, subject: Subject) -> _Matched:
        nodes = self.select(subject)
        own = nodes
        if nodes and self.taken:
            earlier = {node for other in self.taken for node in other.matched(subject).all}
            own = [node for node in nodes if node not in earlier]
        return _Matched(nodes, own, self._wrong(own))

    def _wrong(self, nodes: list[Any]) -> list[Any]:
        if not nodes or not self.tests:
            return []
        if self._broken is None:
            broken = " or ".join(f"not({test})" for test in self.tests)
            self._broken = _compile(f"$nodes[{broken}]", self.prefixes)
        wrong: list[Any] = self._broken(nodes[0], nodes=nodes)
        return wrong

    def settle(self, subject: Subject) -> Text | bool:
        """For asserts without variables."""
        found = self.matched(subject)
        return not found.wrong if found.all else self.absent(subject)

    def settle_absent(self, subject: Subject) -> Text | bool:
        """For asserts with variables: each node is to be asked."""
        return False if self.matched(subject).all else self.absent(subject)

    def applies(self, subject: Subject) -> Text | None:
        """Why no rule of this context applies; None when they do."""
        return None if self.matched(subject).all else self.absent(subject)

    def absent(self, subject: Subject) -> Text:
        """Why nothing matches."""
        document = subject.document
        there = document is not None and document.root is not None
        return self._absent if there else say("when.no_document")

    def valued(self, subject: Subject) -> "list[tuple[Any, dict[str, Any]]]":
        """The context's own nodes, each with the values of the variables."""
        return subject.once((self, "values"), self._valued)

    def _valued(self, subject: Subject) -> "list[tuple[Any, dict[str, Any]]]":
        return [(node, self._values(subject, node)) for node in self.matched(subject).own]

    def alike(self, subject: Subject) -> "list[tuple[list[Any], dict[str, Any]]]":
        """The context's own nodes, those next to each other with the same values together."""
        return subject.once((self, "alike"), self._alike)

    def _alike(self, subject: Subject) -> "list[tuple[list[Any], dict[str, Any]]]":
        found: list[tuple[list[Any], dict[str, Any]]] = []
        for node, values in self.valued(subject):
            if found and _same(found[-1][1], values):
                found[-1][0].append(node)
            else:
                found.append(([node], values))
        return found

    def _values(self, subject: Subject, node: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, expression, select in self.lets:
            if select:  # the same from every node
                values[name] = subject.once(("let", expression.path), select)
            else:
                values[name] = expression(node, **values)
        return values


def _same(some: dict[str, Any], others: dict[str, Any]) -> bool:
    """Strings, numbers and truth by value; nodes when it is the very list that was found once."""
    return all(
        value is others[name] or (not isinstance(value, list) and value == others[name])
        for name, value in some.items()
    )


def load(file: Path, kinds: frozenset[str], *, sound: bool = False) -> Iterator[Rule]:
    """The rules of a file, about documents of these kinds. `sound`: it has been loaded before as it
    is. Raises HarnessError with its place.
    """
    schema = _read(file)
    prefixes = {ns.get("prefix"): ns.get("uri") for ns in schema.iter(f"{_SCH}ns")}
    english = {d.get("id"): _words(d) for d in schema.iter(f"{_SCH}diagnostic")}
    bare = _Scope(file, prefixes, (), english)
    scope = _Scope(file, prefixes, _lets(schema, bare), english, sound)
    for pattern in schema.iter(f"{_SCH}pattern"):
        taken: list[_Context] = []
        for rule in pattern.iter(f"{_SCH}rule"):
            shown = rule.get("context", "")
            context = _Context(
                shown,
                _selector(shown, rule, scope),
                scope.lets + _lets(rule, scope),
                tuple(taken),
                scope.prefixes,
            )
            yield from _asserts(rule, context, scope, kinds)
            taken.append(context)


def _read(file: Path) -> Any:
    try:
        return etree.parse(str(file), etree.XMLParser(remove_comments=True)).getroot()
    except (OSError, etree.XMLSyntaxError) as wrong:
        line = getattr(wrong, "lineno", None)
        raise HarnessError(plain(str(wrong)), file=file, line=line) from None


def _words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _selector(context: str, element: Any, scope: _Scope) -> Select:
    try:
        return selector(context, scope.prefixes)
    except etree.XPathSyntaxError as wrong:
        what = say("schematron.bad_xpath", expression=context, reason=str(wrong))
        raise HarnessError(what, file=scope.file, line=element.sourceline) from None


def _compile(expression: str, prefixes: Mapping[str, str]) -> etree.XPath:
    return etree.XPath(expression, namespaces=dict(prefixes), smart_strings=False, regexp=False)


class _Later:
    """An expression that is compiled when it is first evaluated."""

    __slots__ = ("_made", "_prefixes", "path")

    def __init__(self, expression: str, prefixes: Mapping[str, str]) -> None:
        self.path = expression
        self._prefixes = prefixes
        self._made: etree.XPath | None = None

    def __call__(self, node: Any, **values: Any) -> Any:
        if self._made is None:
            self._made = _compile(self.path, self._prefixes)
        return self._made(node, **values)


def _xpath(expression: str, element: Any, scope: _Scope) -> etree.XPath | _Later:
    if scope.sound:
        return _Later(expression, scope.prefixes)
    try:
        return _compile(expression, scope.prefixes)
    except etree.XPathSyntaxError as wrong:
        what = say("schematron.bad_xpath", expression=expression, reason=str(wrong))
        raise HarnessError(what, file=scope.file, line=element.sourceline) from None


def _lets(element: Any, scope: _Scope) -> tuple[_Let, ...]:
    return tuple(_let(found, scope) for found in element.findall(f"{_SCH}let"))


def _let(element: Any, scope: _Scope) -> _Let:
    value = element.get("value")
    select = _selector(value, element, scope) if value.startswith("/") else None
    return element.get("name"), _xpath(value, element, scope), select


def _asserts(rule: Any, context: _Context, scope: _Scope, kinds: frozenset[str]) -> Iterator[Rule]:
    alone, together = context.settle_absent, context.settle  # one object each, for all
    for element in rule.findall(f"{_SCH}assert"):
        name = element.get("id") or ""
        document, _, section = element.get("see", "").partition("#")
        english = scope.english.get(f"{name}-en", "")
        if not (name and document and section and english):
            what = say("schematron.incomplete", id=name or "?")
            raise HarnessError(what, file=scope.file, line=element.sourceline)
        found = element.get(f"{_OURS}actual")
        actual = _xpath(found, element, scope) if found else None
        yield Rule(
            id=name,
            level=_LEVELS[element.get("role", "error")],
            says=Text(_words(element), english),
            source=SpecRef(document, section),
            kinds=kinds,
            group=rule.getparent().get(f"{_OURS}group", "cda"),
            check=_check(_broken(context, element, scope), actual, Text(_words(element), english)),
            when=context.applies,
            settle=alone if _is_single(element.get("test")) else together,
            at=context.shown,
            given=_edits(element.get(f"{_OURS}given", "")),
            mutants=_mutants(element.get(f"{_OURS}break", "")),
            origin=f"{scope.file.name}:{element.sourceline}",
        )


def _edits(text: str) -> tuple[Edit, ...]:
    return tuple(_edit(part.strip()) for part in text.split(";") if part.strip())


def _edit(text: str) -> Edit:
    verb, _, rest = text.partition(" ")
    if verb not in ("set", "insert", "append"):
        return Edit(verb, rest.strip())
    place, _, value = rest.rpartition(" = ")
    return Edit(verb, place.strip(), value.strip())


def _mutants(text: str) -> tuple[tuple[Edit, ...], ...]:
    edits = _edits(text)
    return (edits,) if edits else ()


def _is_single(test: str) -> bool:
    """Must be asked of one node at a time: it has variables, or counts its own place."""
    return bool(_VARIABLE.search(test) or _PLACED.search(test))


def _broken(context: _Context, element: Any, scope: _Scope) -> Broken:
    """What gives the nodes that break a test, each with the values of the variables."""
    test = element.get("test")
    single = _xpath(test, element, scope)
    if _is_single(test):
        if _PLACED.search(test):
            return lambda subject: [
                (node, values)
                for node, values in context.valued(subject)
                if not single(node, **values)
            ]
        several = _Later(f"$nodes[not({test})]", scope.prefixes)

        def wrong_of(nodes: list[Any], values: dict[str, Any]) -> list[Any]:
            if len(nodes) == 1:
                return [] if single(nodes[0], **values) else nodes
            found: list[Any] = several(nodes[0], nodes=nodes, **values)
            return found

        return lambda subject: [
            (node, values)
            for nodes, values in context.alike(subject)
            for node in wrong_of(nodes, values)
        ]
    context.tests.append(test)
    together = _Later(f"$nodes[not({test})]", scope.prefixes)

    def broken(subject: Subject) -> "list[tuple[Any, dict[str, Any]]]":
        suspects = context.matched(subject).wrong
        wrong = set(together(suspects[0], nodes=suspects)) if suspects else ()
        return [pair for pair in context.valued(subject) if pair[0] in wrong] if wrong else []

    return broken


def _check(broken: Broken, actual: etree.XPath | _Later | None, says: Text) -> Check:
    def check(subject: Subject) -> Iterable[Problem]:
        wrong = broken(subject)
        return _problems(subject, wrong, actual, says) if wrong else ()

    return check


def _problems(
    subject: Subject,
    wrong: "list[tuple[Any, dict[str, Any]]]",
    actual: etree.XPath | _Later | None,
    says: Text,
) -> Iterator[Problem]:
    for node, values in wrong:
        if subject.document:
            found = actual(node, **values) if actual else ""
            yield Problem(_place(subject.document, node), says, _shown(found))


def _place(document: Document, node: Any) -> Location:
    element = node if isinstance(node, etree._Element) else node.getparent()
    return Location(xpath=document.path_of(element), line=element.sourceline)


def _shown(found: Any) -> Text:
    if isinstance(found, list):
        texts = [item if isinstance(item, str) else _words(item) or item.tag for item in found]
        return plain(", ".join(f"`{text}`" for text in texts)) if texts else say("value.absent")
    if isinstance(found, float):
        return plain(f"{found:g}")
    return plain(f"`{found}`") if found != "" else say("value.absent")
