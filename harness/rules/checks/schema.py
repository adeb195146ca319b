"""A CDA document against the XML Schema: ours, or the one that the user brings.

Source: HL7 CDA R2 (2005), 1.2.2 (XML markup of documents).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from harness.rules import xsd
from harness.rules.named import named
from harness.rules.rule import Problem, Rule, Subject
from harness.text import Text, say


def _not_a_cda(subject: Subject) -> Text | None:
    """Other rules say so of what is no XML, or no CDA."""
    if subject.document is None or subject.document.root is None:
        return say("when.no_document")
    return None if subject.document.is_cda else say("xsd.no_cda")


@named("cda-schema", when=_not_a_cda)
def cda_schema(subject: Subject) -> Iterator[Problem]:
    yield from _judged(subject, xsd.own())


def _judged(subject: Subject, file: Path) -> Iterator[Problem]:
    if subject.document is not None:
        yield from xsd.judge(subject.document, file)


def against(rules: Iterable[Rule], file: Path) -> Iterator[Rule]:
    """The same rules, documents judged by this schema instead of ours. Raises HarnessError."""
    xsd.load(file)
    for rule in rules:
        swapped = rule.check is cda_schema
        yield replace(rule, check=lambda subject: _judged(subject, file)) if swapped else rule
