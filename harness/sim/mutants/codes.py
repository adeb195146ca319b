"""Operators that follow from a row about coded elements of a document (`xpath` and `set`)."""

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from harness.rules.elements_of import select
from harness.rules.rule import Subject
from harness.sim.mutants import changes
from harness.sim.mutants.attempt import Attempt
from harness.wire.cda import path_of
from harness.wire.edit import Edit
from harness.yamlfile import Item

_FOREIGN: Final = "1.2.250.1.213.99.66"


def attempts(row: Item, subject: Subject) -> Iterator[Attempt]:
    """A code of no set, and a system that is not the code's."""
    if subject.document is None or subject.document.root is None:
        return
    xpath = row.need("xpath").text
    for node in select(subject, xpath):
        if not isinstance(node, etree._Element):
            owner = node.getparent()
            place = f"{changes.xpath(owner)}/@{node.attrname}"
            yield Attempt("other code", (Edit("set", place, "ZZ9"),), (path_of(owner),))
        elif node.get("code"):
            yield from _of_element(node, xpath)


def _of_element(node: Any, xpath: str) -> Iterator[Attempt]:
    """What the XPath itself asks for is left as it is: the row would be about it no more."""
    where, place = changes.xpath(node), path_of(node)
    for name, value in (("code", "ZZ9"), ("codeSystem", _FOREIGN)):
        if not re.search(rf"\[(?:[^\[\]/]* )?@{name}\b", xpath):
            edits = (Edit("set", f"{where}/@{name}", value),)
            yield Attempt(f"other {name}", edits, (place,))
