"""The elements of a document by name and by template, so that a context needs no search of all.

A context such as `//cda:section[cda:templateId/@root='X']/cda:code` asks for elements of one name:
they are looked up, and only the rest of the expression is evaluated, from each of them. What cannot
be cut so (a position, a path from the root, any element) is evaluated whole.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from harness.rules.rule import Subject

_STEP: Final = re.compile(
    r"(?://)?(?P<prefix>[\w-]+):(?P<name>[\w.-]+)(?P<rest>(?:[\[/].*)?)", re.S
)
_TEMPLATE: Final = re.compile(
    r"\[cda:templateId/@root *= *['\"](?P<root>[\d.]+)['\"]\](?P<rest>.*)", re.S
)
_POSITION: Final = re.compile(r"^\[\s*(\d+\s*\]|[^\]]*\b(position|last)\s*\()")

Select = Callable[[Subject], list[Any]]


@dataclass(frozen=True, slots=True)
class Index:
    """Elements in document order: by qualified name, and by (name, templateId root)."""

    named: Mapping[str, list[Any]]
    templated: Mapping[tuple[str, str], list[Any]]


def index(subject: Subject) -> Index:
    """The index of the subject's document, made once."""
    return subject.once("index", _index)


def _index(subject: Subject) -> Index:
    named: dict[str, list[Any]] = {}
    templated: dict[tuple[str, str], list[Any]] = {}
    root = subject.document.root if subject.document else None
    for element in root.iter(etree.Element) if root is not None else ():
        named.setdefault(element.tag, []).append(element)
    for template in named.get("{urn:hl7-org:v3}templateId", ()):
        owner = template.getparent()
        if owner is not None:
            mine = templated.setdefault((owner.tag, template.get("root", "")), [])
            if not mine or mine[-1] is not owner:
                mine.append(owner)
    return Index(named, templated)


def selector(context: str, prefixes: Mapping[str, str]) -> Select:
    """What selects the nodes of a context. Raises `etree.XPathSyntaxError` when it is none."""
    parts = [_part(part.strip(), prefixes) for part in context.split(" | ")]
    if len(parts) == 1:
        return parts[0]
    return lambda subject: list(dict.fromkeys(node for part in parts for node in part(subject)))


def _part(text: str, prefixes: Mapping[str, str]) -> Select:
    found = _STEP.fullmatch(text)
    if found is None or _POSITION.match(found["rest"]) or found["prefix"] not in prefixes:
        return _whole(text if text.startswith("/") else f"//{text}", prefixes)
    tag = f"{{{prefixes[found['prefix']]}}}{found['name']}"
    template = _TEMPLATE.fullmatch(found["rest"])
    if template:
        key = (tag, template["root"])
        return _from(lambda held: held.templated.get(key, []), template["rest"], prefixes)
    return _from(lambda held: held.named.get(tag, []), found["rest"], prefixes)


def _whole(text: str, prefixes: Mapping[str, str]) -> Select:
    expression = _compile(text, prefixes)

    def select(subject: Subject) -> list[Any]:
        root = subject.document.root if subject.document else None
        found = expression(root.getroottree()) if root is not None else []
        return found if isinstance(found, list) else []

    return select


def _from(start: Callable[[Index], list[Any]], rest: str, prefixes: Mapping[str, str]) -> Select:
    if not rest:
        return lambda subject: start(index(subject))
    expression = _compile(f"self::*{rest}", prefixes)

    def select(subject: Subject) -> list[Any]:
        return [node for element in start(index(subject)) for node in expression(element)]

    return select


def _compile(text: str, prefixes: Mapping[str, str]) -> etree.XPath:
    return etree.XPath(text, namespaces=dict(prefixes), smart_strings=False)
