"""The elements of a document by name and by template, so that a context needs no search of all.

A path such as `//cda:section[cda:templateId/@root='X']/cda:code` asks for elements of one name:
they are looked up, and only the rest of the path is evaluated, once from all of them. What cannot
be cut so (a position, a path from the root that is not one of `_REGIONS`) is evaluated whole.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from lxml import etree

from harness.rules.rule import Subject
from harness.wire.cda import NAMESPACES, XmlNode, node_of

HEADER: Final = "/cda:ClinicalDocument/*[not(self::cda:component)]"
BODY: Final = "/cda:ClinicalDocument/cda:component/cda:structuredBody"
_COMPONENT: Final = "{urn:hl7-org:v3}component"
_BODY: Final = "{urn:hl7-org:v3}structuredBody"
_ENTRY: Final = "{urn:hl7-org:v3}entry"
_TEMPLATE_ID: Final = "{urn:hl7-org:v3}templateId"
_STEP: Final = re.compile(
    r"(?P<any>\*)(?P<filter>\[@[\w:]+(?: or @[\w:]+)*\])(?P<behind>(?:/.*)?)"
    r"|(?P<prefix>[\w-]+):(?P<name>[\w.-]+)(?P<rest>(?:[\[/].*)?)",
    re.S,
)
_TEMPLATE: Final = re.compile(
    r"\[cda:templateId/@root *= *['\"](?P<root>[\d.]+)['\"](?: and (?P<more>[^\[\]]+))?\]"
    r"(?P<rest>.*)",
    re.S,
)
_HOLDING: Final = re.compile(
    r"/cda:ClinicalDocument\[cda:component/descendant::"
    r"(?P<held>cda:\w+(?:\[[^\[\]]*\])?)\](?P<rest>(?:/.*)?)",
    re.S,
)
_ATTRIBUTE: Final = re.compile(r"@([\w:-]+)")
_COUNTED: Final = re.compile(r"\[\s*\d+\s*\]|\b(position|last)\s*\(")

Select = Callable[[Subject], list[Any]]
Templated = dict[tuple[str, str], list[Any]]


_WANTED: Final[set[str]] = {_TEMPLATE_ID, _ENTRY}  # names that some path or check will ask for


def wanted(*tags: str) -> tuple[str, ...]:
    """The same names, kept in mind for the pass that finds all names at once."""
    _WANTED.update(tags)
    return tags


@dataclass(slots=True)
class Region:
    """What is inside some elements: found by name, or by name and template, in document order.

    Only elements of the names that paths ask for are looked at: all in one pass, or when `lone`, of
    which few names are asked, each when it is.
    """

    tops: list[Any]
    lone: bool = False
    _named: dict[str, list[Any]] | None = None
    _templated: Templated | None = None
    _carrying: list[tuple[Any, frozenset[str]]] | None = None

    def carrying(self, attributes: frozenset[str]) -> list[Any]:
        """Elements that have one of these attributes."""
        if self._carrying is None:
            inside = [part for top in self.tops for part in top.iterdescendants(etree.Element)]
            self._carrying = [(part, frozenset(part.keys())) for part in inside if part.attrib]
        return [one for one, names in self._carrying if not names.isdisjoint(attributes)]

    def named(self, tag: str) -> list[Any]:
        """Elements of that name."""
        if self._named is None:
            self._named = {name: [] for name in (() if self.lone else _WANTED)}
            for top in self.tops if self._named else ():
                for element in top.iterdescendants(*self._named):
                    self._named[element.tag].append(element)
        if tag not in self._named:
            found = [element for top in self.tops for element in top.iterdescendants(tag)]
            self._named[tag] = found
        return self._named[tag]

    def templated(self, tag: str, root: str) -> list[Any]:
        """Elements of that name with that template."""
        return self.templates().get((tag, root), [])

    def templates(self) -> Templated:
        """Elements by name and template."""
        if self._templated is None:
            self._templated = {}
            for template in self.named(_TEMPLATE_ID):
                owner = template.getparent()
                mine = self._templated.setdefault((owner.tag, template.get("root", "")), [])
                if not mine or mine[-1] is not owner:
                    mine.append(owner)
        return self._templated

    def searched(self, expression: etree.XPath) -> list[Any]:
        """What the expression selects from `$tops`."""
        found: list[Any] = expression(self.tops[0], tops=self.tops) if self.tops else []
        return found


@dataclass(slots=True)
class _Whole:
    """The whole document: some elements at the top, and the regions under them."""

    tops: list[Any]
    regions: tuple[Region, ...]
    _templated: Templated | None = None

    def named(self, tag: str) -> list[Any]:
        found = [element for element in self.tops if element.tag == tag]
        for region in self.regions:
            inside = region.named(tag)
            found = found + inside if found else inside
        return found

    def templated(self, tag: str, root: str) -> list[Any]:
        if self._templated is None:
            self._templated = self._find_templates()
        return self._templated.get((tag, root), [])

    def _find_templates(self) -> Templated:
        found: Templated = {}
        for one in self.tops:
            for root in {own.get("root", "") for own in one.iterchildren(_TEMPLATE_ID)}:
                found.setdefault((one.tag, root), []).append(one)
        for region in self.regions:
            for key, inside in region.templates().items():
                found[key] = found[key] + inside if key in found else inside
        return found

    def searched(self, expression: etree.XPath) -> list[Any]:
        found: list[Any] = expression(self.tops[0], tops=self.tops[:1]) if self.tops else []
        return found


Held = Region | _Whole


@dataclass(slots=True)
class Index:
    """A document in parts: `all` of it, what is inside the `header`, what is inside the `body`.

    The children of the root and the body itself are in `all` alone. `strict`: one body, with
    nothing beside it, so that what is inside the component is inside the body.
    """

    all: _Whole
    header: Region
    body: Region
    strict: bool
    _entries: Region | None = None

    @property
    def entries(self) -> Region:
        """What is inside an entry of the body."""
        if self._entries is None:
            entries = self.body.named(_ENTRY)
            outer = [one for one in entries if next(one.iterancestors(_ENTRY), None) is None]
            self._entries = Region(outer, lone=True)
        return self._entries


def index(subject: Subject) -> Index:
    """The index of the subject's document, made once."""
    return subject.once("index", _index)


def _index(subject: Subject) -> Index:
    root = subject.document.root if subject.document else None
    parts = list(root.iterchildren(etree.Element)) if root is not None else []
    components = [part for part in parts if part.tag == _COMPONENT]
    bodies = [body for part in components for body in part.iterchildren(etree.Element)]
    header = Region([part for part in parts if part.tag != _COMPONENT])
    strict = len(components) == 1 and [body.tag for body in bodies] == [_BODY]
    body = Region(bodies)
    whole = _Whole([root, *parts, *bodies] if root is not None else [], (header, body))
    return Index(whole, header, body, strict)


def _header(held: Index) -> Held:
    return held.header


# What a path may begin with, and where the elements are that it speaks of. A part of a document is
# only taken for the path's own where the path cannot mean more.
_REGIONS: Final[tuple[tuple[str, Callable[[Index], Held | None]], ...]] = (
    (f"{HEADER}//", _header),
    (f"{BODY}//cda:entry//", lambda held: held.entries if held.strict else None),
    (f"{BODY}//", lambda held: held.body if held.strict else None),
    ("/cda:ClinicalDocument/cda:component//", lambda held: held.body if held.strict else None),
    ("//", lambda held: held.all),
)


def select(subject: Subject, xpath: str) -> list[Any]:
    """What an XPath with the prefixes of `NAMESPACES` selects, found once for a subject.

    Attributes are strings that know their element (`getparent()`).
    """
    return subject.once(("xpath", xpath), _smart(xpath))


def nodes(subject: Subject, xpath: str) -> Iterator[XmlNode]:
    """What an XPath selects, each with its string value and its place."""
    return map(node_of, select(subject, xpath))


@cache
def _smart(xpath: str) -> Select:
    return selector(xpath, NAMESPACES, smart=True)


def selector(context: str, prefixes: Mapping[str, str], *, smart: bool = False) -> Select:
    """What selects the nodes of a context. Raises `etree.XPathSyntaxError` when it is none."""
    compile_ = _Compiler(prefixes, smart)
    parts = [compile_.part(part.strip()) for part in context.split(" | ")]
    if len(parts) == 1:
        return parts[0]
    return lambda subject: list(dict.fromkeys(node for part in parts for node in part(subject)))


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Paths become functions; `smart` as in lxml: strings that know where they come from."""

    prefixes: Mapping[str, str]
    smart: bool

    def part(self, text: str) -> Select:
        """One path, without `|`."""
        text = text if text.startswith("/") else f"//{text}"
        if holding := _HOLDING.fullmatch(text):
            return self._where_held(holding["held"], holding["rest"])
        for start, region in _REGIONS:
            found = _STEP.fullmatch(text, len(start)) if text.startswith(start) else None
            if found and (found["any"] or found["prefix"] in self.prefixes):
                return self._in_region(region, found, self._whole(text))
        return self._whole(text)

    def _where_held(self, held: str, rest: str) -> Select:
        """A path of the root, in a document whose body holds something: that is found once."""
        there = self.part(f"/cda:ClinicalDocument/cda:component//{held}")
        then = self.part(f"/cda:ClinicalDocument{rest}")
        return lambda subject: then(subject) if subject.once(("held", held), there) else []

    def _in_region(
        self, region: Callable[[Index], Held | None], found: "re.Match[str]", whole: Select
    ) -> Select:
        if found["any"]:
            names = _ATTRIBUTE.findall(found["filter"])
            known = all(name.rpartition(":")[0] in ("", *self.prefixes) for name in names)
            if region is _header and known and not found["behind"]:
                attributes = frozenset(map(self._name, names))
                return lambda subject: index(subject).header.carrying(attributes)
            path = f"descendant::*{found['filter']}{found['behind']}"
            inside = self._xpath(f"$tops/{path}")
            return lambda subject: _or_whole(
                subject, region, whole, lambda held: held.searched(inside)
            )
        tag, rest = self._name(f"{found['prefix']}:{found['name']}"), found["rest"]
        if _COUNTED.search(_leading(rest)):
            return whole
        _WANTED.add(tag)
        template = _TEMPLATE.fullmatch(rest)
        if template:
            root, more = template["root"], f"[{template['more']}]" if template["more"] else ""
            find = self._rest(lambda held: held.templated(tag, root), more + template["rest"])
        else:
            find = self._rest(lambda held: held.named(tag), rest)
        return lambda subject: _or_whole(subject, region, whole, find)

    def _name(self, prefixed: str) -> str:
        """A name as lxml writes it."""
        prefix, _, local = prefixed.rpartition(":")
        return f"{{{self.prefixes[prefix]}}}{local}" if prefix else local

    def _rest(self, start: Callable[[Held], list[Any]], rest: str) -> Callable[[Held], list[Any]]:
        if not rest:
            return start
        expression = self._xpath(f"$elements{rest}")

        def find(held: Held) -> list[Any]:
            elements = start(held)
            return expression(elements[0], elements=elements) if elements else []

        return find

    def _whole(self, text: str) -> Select:
        expression = self._xpath(text)

        def find(subject: Subject) -> list[Any]:
            root = subject.document.root if subject.document else None
            found = expression(root) if root is not None else []
            return found if isinstance(found, list) else []

        return find

    def _xpath(self, text: str) -> etree.XPath:
        return etree.XPath(
            text, namespaces=dict(self.prefixes), smart_strings=self.smart, regexp=False
        )


def _or_whole(
    subject: Subject,
    region: Callable[[Index], Held | None],
    whole: Select,
    find: Callable[[Held], list[Any]],
) -> list[Any]:
    held = region(index(subject))
    return whole(subject) if held is None else find(held)


def _leading(rest: str) -> str:
    """The predicates that stand right behind the name, without what is nested in them."""
    depth, kept = 0, ""
    for char in rest:
        depth += char == "["
        if depth == 0 and char == "/":
            break
        if depth == 1:
            kept += char
        depth -= char == "]"
    return kept
