"""A table row about coded elements of a document: `xpath`, `set`, and the nullFlavors allowed.

    - {id: CDA-VS-MODALITY, xpath: …/cda:methodCode, set: jdv-modalite-acquisition, null: [NA], …}

An element is judged by its `@code` and `@codeSystem`, an attribute by its value alone.
"""

from collections.abc import Iterator

from harness.rules import valuesets
from harness.rules.rule import Check, Problem, Subject, When
from harness.text import Text, plain, say
from harness.wire.cda import XmlNode, compiled
from harness.wire.edit import Edit
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
    null = row.get("null")
    allowed = frozenset(null.texts if null else ())

    def judge(subject: Subject) -> Iterator[Problem]:
        for node in subject.document.at(xpath) if subject.document else ():
            problem = _of_node(node, valuesets.load(item.text), allowed)
            if problem:
                yield problem

    return judge


def _of_node(node: XmlNode, found: valuesets.ValueSet, allowed: frozenset[str]) -> Problem | None:
    if node.at.xpath and "/@" in node.at.xpath:
        return (
            None if node.value in found.codes else _problem(node, found, plain(f"`{node.value}`"))
        )
    code, system = node.element.get("code", ""), node.element.get("codeSystem", "")
    flavor = node.element.get("nullFlavor")
    if flavor in allowed or found.has(system, code):
        return None
    if flavor:
        return _problem(node, found, plain(f"nullFlavor `{flavor}`"))
    actual = say("value.code", code=code or "-", system=system or "-")
    return _problem(node, found, actual)


def _problem(node: XmlNode, found: valuesets.ValueSet, actual: Text) -> Problem:
    return Problem(node.at, say("value.in_set", name=found.source, oid=found.oid), actual)


def when(xpath: str) -> When:
    """The document has such a node."""

    def applies(subject: Subject) -> Text | None:
        if subject.document is None or subject.document.root is None:
            return say("when.no_document")
        there = next(subject.document.at(xpath), None)
        return None if there else say("when.no_context", context=xpath)

    return applies


def mutant(xpath: str) -> tuple[Edit, ...]:
    """A code of no set."""
    attribute = xpath.rpartition("/")[2].startswith("@")
    return (Edit("set", xpath if attribute else f"{xpath}/@code", "ZZ9"),)
