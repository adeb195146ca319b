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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lxml import etree

from harness.errors import HarnessError
from harness.rules.elements_of import Select, selector
from harness.rules.rule import Check, Level, Problem, Rule, SpecRef, Subject, When
from harness.text import Text, plain, say
from harness.wire.cda import Document
from harness.wire.edit import Edit
from harness.wire.location import Location

_SCH: Final = "{http://purl.oclc.org/dsdl/schematron}"
_OURS: Final = "{urn:telerad:schematron}"
_LEVELS: Final = {"error": Level.MUST, "warning": Level.SHOULD, "info": Level.MAY}


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the expressions of a file share: prefixes, variables, texts of the diagnostics."""

    file: Path
    prefixes: Mapping[str, str]
    lets: tuple[tuple[str, etree.XPath], ...]
    english: Mapping[str, str]


class _Context:
    """A rule's context: its nodes are found once in a document, for all of its asserts.

    `taken` are the contexts before it in the same pattern: a node is for the first that matches.
    """

    def __init__(
        self,
        shown: str,
        select: Select,
        lets: tuple[tuple[str, etree.XPath], ...],
        taken: "tuple[_Context, ...]",
    ) -> None:
        self.shown = shown
        self.select = select
        self.lets = lets
        self.taken = taken

    def selected(self, subject: Subject) -> list[Any]:
        """Every node that the context matches, whether or not an earlier one took it."""
        return subject.once(self, self.select)

    def nodes(self, subject: Subject) -> "list[tuple[Any, dict[str, Any]]]":
        """The nodes that are this context's, each with the values of the variables."""
        return subject.once((self, "nodes"), self._nodes)

    def _nodes(self, subject: Subject) -> "list[tuple[Any, dict[str, Any]]]":
        nodes = self.selected(subject)
        if not nodes:
            return []
        earlier = {id(node) for other in self.taken for node in other.selected(subject)}
        return [(node, self._values(node)) for node in nodes if id(node) not in earlier]

    def _values(self, node: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, expression in self.lets:
            values[name] = expression(node, **values)
        return values


def load(file: Path, kinds: frozenset[str]) -> Iterator[Rule]:
    """The rules of a file, about documents of these kinds. Raises HarnessError with its place."""
    schema = _read(file)
    prefixes = {ns.get("prefix"): ns.get("uri") for ns in schema.iter(f"{_SCH}ns")}
    english = {d.get("id"): _words(d) for d in schema.iter(f"{_SCH}diagnostic")}
    bare = _Scope(file, prefixes, (), english)
    scope = _Scope(file, prefixes, _lets(schema, bare), english)
    for pattern in schema.iter(f"{_SCH}pattern"):
        taken: list[_Context] = []
        for rule in pattern.iter(f"{_SCH}rule"):
            shown = rule.get("context", "")
            context = _Context(
                shown, _selector(shown, rule, scope), scope.lets + _lets(rule, scope), tuple(taken)
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


def _xpath(expression: str, element: Any, scope: _Scope) -> etree.XPath:
    try:
        return etree.XPath(expression, namespaces=scope.prefixes, smart_strings=False)
    except etree.XPathSyntaxError as wrong:
        what = say("schematron.bad_xpath", expression=expression, reason=str(wrong))
        raise HarnessError(what, file=scope.file, line=element.sourceline) from None


def _lets(element: Any, scope: _Scope) -> tuple[tuple[str, etree.XPath], ...]:
    found = element.findall(f"{_SCH}let")
    return tuple((let.get("name"), _xpath(let.get("value"), let, scope)) for let in found)


def _asserts(rule: Any, context: _Context, scope: _Scope, kinds: frozenset[str]) -> Iterator[Rule]:
    for element in rule.findall(f"{_SCH}assert"):
        name = element.get("id") or ""
        document, _, section = element.get("see", "").partition("#")
        english = scope.english.get(f"{name}-en", "")
        if not (name and document and section and english):
            what = say("schematron.incomplete", id=name or "?")
            raise HarnessError(what, file=scope.file, line=element.sourceline)
        test = _xpath(element.get("test"), element, scope)
        found = element.get(f"{_OURS}actual")
        actual = _xpath(found, element, scope) if found else None
        yield Rule(
            id=name,
            level=_LEVELS[element.get("role", "error")],
            says=Text(_words(element), english),
            source=SpecRef(document, section),
            kinds=kinds,
            group=rule.getparent().get(f"{_OURS}group", "cda"),
            check=_check(context, test, actual, Text(_words(element), english)),
            when=_when(context),
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


def _when(context: _Context) -> When:
    absent = say("when.no_context", context=context.shown)

    def applies(subject: Subject) -> Text | None:
        document = subject.document
        if document is None or document.root is None:
            return say("when.no_document")
        return None if context.selected(subject) else absent

    return applies


def _check(context: _Context, test: etree.XPath, actual: etree.XPath | None, says: Text) -> Check:
    def check(subject: Subject) -> Iterator[Problem]:
        document = subject.document
        for node, values in context.nodes(subject) if document else ():
            if document and not test(node, **values):
                found = actual(node, **values) if actual else ""
                yield Problem(_place(document, node), says, _shown(found))

    return check


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
