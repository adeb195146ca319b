"""A published schema as plain data (`model.py`): includes, abstract patterns, the phase.

Includes stay inside the publication and are bounded; abstract patterns are written out with their
parameters, `extends` with the rule that it names; only the patterns of the default phase are kept.

Source: ISO/IEC 19757-3:2016, 5.4 and 6.3; reference implementation for `extends` and for the
attributes that take parameters.
"""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

from lxml import etree

from harness.errors import HarnessError
from harness.rules.published import safety
from harness.rules.published.model import Assert, Context, Let, Pattern, Schema
from harness.rules.published.repair import Publication, Refused
from harness.rules.published.safety import Asked, Place
from harness.text import say

SCH: Final = "{http://purl.oclc.org/dsdl/schematron}"
MOST_INCLUDES: Final = 5_000
MOST_ELEMENTS: Final = 400_000
DEEPEST: Final = 30
_BINDINGS: Final = frozenset({"xslt", "xslt1", "xslt2", "xslt3", "xpath2", "xpath3"})
_EXPANDED: Final = ("test", "context", "select", "value")
_FILE: Final = "telerad-file"


def read(publication: Publication, path: str) -> Schema:
    """The schema of a publication. Raises HarnessError with file and line."""
    root = _Includer(publication).whole(path)
    if root.tag != f"{SCH}schema":
        raise HarnessError(say("pack.no_schema"), file=path)
    binding = root.get("queryBinding", "xslt")
    if binding not in _BINDINGS:
        raise HarnessError(say("pack.binding", name=binding), file=path, line=root.sourceline)
    _write_out(root, path)
    schema = _Reader(root, path, binding).schema()
    for asked in check(schema, root, path):
        if asked.is_whole:
            publication.document(path, asked.href)
        else:
            publication.folder(path, asked.href)
    return schema


class _Includer:
    """Puts what is included in the place of each include."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication
        self.includes = 0
        self.elements = 0

    def whole(self, path: str) -> Any:
        return self._copied(path, (path,))

    def _copied(self, path: str, trail: tuple[str, ...]) -> Any:
        source = self.publication.parsed(path)
        self.elements += sum(1 for _ in source.iter())
        if self.elements > MOST_ELEMENTS or len(trail) > DEEPEST:
            raise Refused(say("pack.too_many", limit=MOST_ELEMENTS), file=trail[0])
        root = deepcopy(source)
        for one, original in zip(root.iter(etree.Element), source.iter(etree.Element), strict=True):
            one.set(_FILE, f"{path}:{original.sourceline}")
        for include in list(root.iter(f"{SCH}include")):
            self._replace(include, path, trail)
        return root

    def _replace(self, include: Any, path: str, trail: tuple[str, ...]) -> None:
        self.includes += 1
        if self.includes > MOST_INCLUDES:
            raise Refused(say("pack.too_many_includes", limit=MOST_INCLUDES), file=path)
        href = include.get("href", "")
        target = self.publication.include(path, href)
        if target in trail:
            raise HarnessError(say("pack.loop", href=href), file=path)
        found = self._copied(target, (*trail, target))
        fragment = href.partition("#")[2]
        if fragment:
            named = [one for one in found.iter() if one.get("id") == fragment]
            if not named:
                raise HarnessError(say("pack.no_include", href=href), file=path)
            found = named[0]
        found.tail = include.tail
        include.getparent().replace(include, found)


def _write_out(root: Any, path: str) -> None:
    """Patterns made from abstract ones."""
    abstract = {
        one.get("id"): one for one in root.iter(f"{SCH}pattern") if one.get("abstract") == "true"
    }
    for pattern in [one for one in root.iter(f"{SCH}pattern") if one.get("is-a")]:
        source = abstract.get(pattern.get("is-a"))
        if source is None:
            file, line = place_of(pattern)
            raise HarnessError(
                say("pack.no_abstract", name=pattern.get("is-a")), file=file, line=line
            )
        params = {one.get("name"): one.get("value", "") for one in pattern.iter(f"{SCH}param")}
        copy = deepcopy(source)
        _fill(copy, params)
        copy.attrib.pop("abstract")
        copy.set("id", pattern.get("id") or source.get("id") or "")
        copy.tail = None
        pattern.getparent().replace(pattern, copy)


def _fill(pattern: Any, params: dict[str, str]) -> None:
    if not params:
        return
    names = "|".join(re.escape(name) for name in sorted(params, key=len, reverse=True))
    hole = re.compile(rf"\$({names})(?![\w.\-])")
    for one in pattern.iter(etree.Element):
        for name in _EXPANDED:
            if one.get(name):
                one.set(name, hole.sub(lambda found: params[found[1]], one.get(name)))
        if one.text:
            one.text = hole.sub(lambda found: params[found[1]], one.text)


def place_of(element: Any) -> tuple[str, int | None]:
    """The file and line that an element came from."""
    file, _, line = (element.get(_FILE) or "").rpartition(":")
    return file, int(line) if line.isdigit() else None


@dataclass(slots=True)
class _Reader:
    """Reads the schema whose includes and abstract patterns are written out."""

    root: Any
    path: str
    binding: str

    def schema(self) -> Schema:
        title = self.root.find(f"{SCH}title")
        return Schema(
            file=self.path,
            title=" ".join("".join(title.itertext()).split()) if title is not None else "",
            binding=self.binding,
            prefixes=tuple(self._prefixes()),
            lets=(*_lets(self.root), *self._phase_lets()),
            patterns=tuple(self._patterns()),
            foreign=tuple(_text(one) for one in _foreign(self.root)),
        )

    def _prefixes(self) -> Iterator[tuple[str, str]]:
        yield "xsi", "http://www.w3.org/2001/XMLSchema-instance"
        for one in self.root.iter(f"{SCH}ns"):
            yield one.get("prefix", ""), one.get("uri", "")

    def _phase(self) -> Any:
        name = self.root.get("defaultPhase")
        if not name or name == "#ALL":
            return None
        found = [one for one in self.root.iter(f"{SCH}phase") if one.get("id") == name]
        if not found:
            raise HarnessError(say("pack.no_phase", name=name), file=self.path)
        return found[0]

    def _phase_lets(self) -> Iterator[Let]:
        phase = self._phase()
        return _lets(phase) if phase is not None else iter(())

    def _patterns(self) -> Iterator[Pattern]:
        phase = self._phase()
        active = {one.get("pattern") for one in phase} if phase is not None else None
        for pattern in self.root.iter(f"{SCH}pattern"):
            if pattern.get("abstract") == "true":
                continue
            if active is not None and pattern.get("id") not in active:
                continue
            yield Pattern(pattern.get("id") or "", tuple(_lets(pattern)), self._contexts(pattern))

    def _contexts(self, pattern: Any) -> tuple[Context, ...]:
        return tuple(
            Context(" ".join(rule.get("context").split()), tuple(self._items(rule, ())))
            for rule in pattern.findall(f"{SCH}rule")
            if rule.get("abstract") != "true" and rule.get("context")
        )

    def _items(self, rule: Any, trail: tuple[str, ...]) -> Iterator[Let | Assert]:
        for one in rule:
            if one.tag == f"{SCH}let":
                yield Let(one.get("name", ""), _value(one))
            elif one.tag in (f"{SCH}assert", f"{SCH}report"):
                yield _assert(one, trail[-1] if trail else "")
            elif one.tag == f"{SCH}extends":
                yield from self._extended(one, trail)

    def _extended(self, extends: Any, trail: tuple[str, ...]) -> Iterator[Let | Assert]:
        name = extends.get("rule") or ""
        file, line = place_of(extends)
        if name in trail:
            raise HarnessError(say("pack.loop", href=name), file=file, line=line)
        pattern = next(extends.iterancestors(f"{SCH}pattern"))
        for within in (pattern, self.root):
            found = [
                one
                for one in within.iter(f"{SCH}rule")
                if one.get("id") == name and one.get("abstract") == "true"
            ]
            if found:
                yield from self._items(found[0], (*trail, name))
                return
        raise HarnessError(say("pack.no_abstract", name=name), file=file, line=line)


def _lets(element: Any) -> Iterator[Let]:
    return (Let(one.get("name", ""), _value(one)) for one in element.findall(f"{SCH}let"))


def _value(let: Any) -> str:
    return str(let.get("value") or "")


def _assert(element: Any, home: str) -> Assert:
    file, line = place_of(element)
    return Assert(
        test=element.get("test", ""),
        role=element.get("role") or element.get("flag") or "",
        message=tuple(_pieces(element)),
        is_report=element.tag == f"{SCH}report",
        name=element.get("id") or "",
        see=element.get("see") or "",
        origin=f"{file}:{line}",
        home=home,
    )


def _pieces(element: Any) -> Iterator[tuple[str, str]]:
    if element.text:
        yield "text", " ".join(re.split(r"\s+", element.text))
    for one in element:
        if one.tag == f"{SCH}value-of":
            yield "value-of", one.get("select", "")
        elif one.tag == f"{SCH}name":
            yield "value-of", f"name({one.get('path', '')})"
        elif isinstance(one.tag, str):
            yield from _pieces(one)
        if one.tail:
            yield "text", " ".join(re.split(r"\s+", one.tail))


def _foreign(root: Any) -> Iterable[Any]:
    return [
        one for one in root if isinstance(one.tag, str) and one.tag.startswith(f"{{{safety.XSL}}}")
    ]


def _text(element: Any) -> str:
    copy = deepcopy(element)
    copy.tail = None
    for one in copy.iter(etree.Element):
        one.attrib.pop(_FILE, None)
    return str(etree.tostring(copy, encoding="unicode"))


def check(schema: Schema, root: Any, path: str) -> Iterator[Asked]:
    """The documents that a schema reads. Raises HarnessError for what it may not ask for."""
    functions = frozenset(
        f"{{{root.nsmap.get(one.get('name', '').partition(':')[0], '')}}}"
        f"{one.get('name', '').partition(':')[2]}"
        for one in _foreign(root)
    )
    prefixes = {
        **{prefix or "": uri for prefix, uri in root.nsmap.items()},
        **dict(schema.prefixes),
    }
    outer = safety.constants_of(schema.variables.items())
    bare = Place(path, None, prefixes, outer, frozenset(schema.variables), functions)
    for element in _foreign(root):
        yield from safety.check_foreign(element, bare)
    for value in schema.variables.values():
        yield from safety.check(value, bare)
    for pattern in schema.patterns:
        for context in pattern.contexts:
            yield from _check_context(context, replace(bare))


def _check_context(context: Context, place: Place) -> Iterator[Asked]:
    constants, names = dict(place.constants), place.names
    file, line = place.file, None
    for one in context.asserts:
        file, _, number = one.origin.rpartition(":")
        line = int(number) if number.isdigit() else None
        break
    yield from safety.check(context.context, replace(place, file=file, line=line))
    for item in context.items:
        here = replace(place, file=file, line=line, constants=constants, names=names)
        if isinstance(item, Let):
            yield from safety.check(item.value, here)
            names |= {item.name}
            constants.pop(item.name, None)
            constants.update(safety.constants_of([(item.name, item.value)]))
            continue
        file, _, number = item.origin.rpartition(":")
        here = replace(here, file=file, line=int(number) if number.isdigit() else None)
        yield from safety.check(item.test, here)
        for kind, text in item.message:
            if kind == "value-of":
                yield from safety.check(text, here)
