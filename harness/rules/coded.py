"""A table row about coded elements of a document: `xpath`, `set`, and the nullFlavors allowed.

    - {id: CDA-VS-MODALITY, xpath: …/cda:methodCode, set: jdv-modalite-acquisition, null: [NA], …}

An element is judged by its `@code` and `@codeSystem`, an attribute by its value alone.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from harness.rules import valuesets
from harness.rules.elements_of import select
from harness.rules.rule import Check, Problem, Subject, When
from harness.text import Text, plain, say
from harness.wire.cda import compiled
from harness.wire.edit import Edit
from harness.wire.location import Location
from harness.yamlfile import Item


def place(row: Item) -> str:
    """The row's XPath. Raises HarnessError when it is not XPath 1.0."""
    item = row.need("xpath")
    try:
        compiled(item.text)
    except ValueError as wrong:
        raise item.error("schematron.bad_xpath", expression=item.text, reason=str(wrong)) from None
    return item.text


def check(row: Item) -> Check:
    """Every node that the XPath selects has a code of the set."""
    xpath, item = place(row), row.need("set")
    if item.text not in valuesets.names():
        raise item.error("yaml.unknown_value", hint=", ".join(valuesets.names()), value=item.text)
    null, item_set = row.get("null"), item.text
    allowed = frozenset(null.texts if null else ())

    def judge(subject: Subject) -> Iterator[Problem]:
        document = subject.document
        for item in select(subject, xpath):
            actual = _wrong(item, valuesets.load(item_set), allowed)
            if actual and document:
                element = item if isinstance(item, etree._Element) else item.getparent()
                yield _problem(document.place(element), valuesets.load(item_set), actual)

    return judge


def _wrong(item: Any, found: valuesets.ValueSet, allowed: frozenset[str]) -> Text | None:
    """What is there instead of a code of the set; None when it is one."""
    if not isinstance(item, etree._Element):
        return None if item in found.codes else plain(f"`{item}`")
    code, system = item.get("code", ""), item.get("codeSystem", "")
    flavor = item.get("nullFlavor")
    if flavor in allowed or found.has(system, code):
        return None
    if flavor:
        return plain(f"nullFlavor `{flavor}`")
    return say("value.code", code=code or "-", system=system or "-")


def _problem(at: Location, found: valuesets.ValueSet, actual: Text) -> Problem:
    return Problem(at, say("value.in_set", name=found.source, oid=found.oid), actual)


def when(xpath: str) -> When:
    """The document has such a node."""
    absent = say("when.no_context", context=xpath)

    def applies(subject: Subject) -> Text | None:
        if subject.document is None or subject.document.root is None:
            return say("when.no_document")
        return None if select(subject, xpath) else absent

    return applies


def mutant(xpath: str) -> tuple[Edit, ...]:
    """A code of no set."""
    attribute = re.search(r"/@[\w:-]+$", xpath)
    return (Edit("set", xpath if attribute else f"{xpath}/@code", "ZZ9"),)
