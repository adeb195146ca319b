"""Operators written by hand: the `break` of a row or an assert.

Where a rule speaks is what its row says that it is about (`at`), or what the edits touch. For those
few that speak of a third place, `schemas/mutants/places.yaml` names it.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from harness import data, yamlfile
from harness.rules.rule import Rule, Subject
from harness.sim.mutants.asserts import from_root
from harness.sim.mutants.attempt import Attempt
from harness.wire import er7path
from harness.wire.cda import path_of
from harness.wire.edit import Edit

WAY: Final = "break"
_ATTRIBUTE: Final = re.compile(r"(?P<owner>.*[^/])/@[\w:-]+", re.DOTALL)


@cache
def elsewhere() -> Mapping[str, tuple[str, ...]]:
    """By rule: where it speaks, when that is not what its `break` touches.

    Raises HarnessError with file, line and column.
    """
    content = yamlfile.load(data.path("schemas", "mutants", "places.yaml"))
    content.only(frozenset({"places"}))
    return {name: item.texts for name, item in content.need("places").fields.items()}


def attempts(rule: Rule, subject: Subject) -> Iterator[Attempt]:
    """What the rule says itself of how it is broken."""
    for number, edits in enumerate(rule.mutants, 1):
        name = WAY if len(rule.mutants) == 1 else f"{WAY} {number}"
        named = elsewhere().get(rule.id, ())
        found = (
            (one for place in named for one in (place, *_concrete(place, subject)))
            if named
            else _places(rule, edits, subject)
        )
        yield Attempt(name, edits, tuple(dict.fromkeys(found)), by_hand=True)


def _places(rule: Rule, edits: tuple[Edit, ...], subject: Subject) -> Iterator[str]:
    """Where the row says that it is about, and what the edits touch."""
    whole = "/" in rule.at or "cda:" in rule.at
    for place in (from_root(rule.at),) if whole else rule.at.split(", "):
        yield from _concrete(place, subject)
    for edit in edits:
        if edit.verb == "add":
            yield edit.place[:3]
        elif edit.verb not in ("bytes", "forget", "came"):
            found = tuple(_concrete(edit.place, subject))
            yield from found
            if edit.verb == "repeat":
                yield from map(_next, found)


def _next(path: str) -> str:
    """The place of the copy behind what stands at a path: a segment's, or an element's."""
    head, slash, last = path.rpartition("/")
    name, _, number = last.partition("[")
    after = int(number.rstrip("]")) + 1 if number.rstrip("]").isdigit() else 2
    return f"{head}{slash}{name}[{after}]"


def _concrete(place: str, subject: Subject) -> Iterator[str]:
    """Every place of the subject that a path or an XPath names, with its numbers."""
    if place.startswith("/") and subject.document and subject.document.root is not None:
        nodes = list(subject.document.at(place))
        added = _ATTRIBUTE.fullmatch(place)
        if not nodes and added:  # an attribute that is not there yet
            nodes = list(subject.document.at(added["owner"]))
        yield from (path_of(node.element) for node in nodes)
    elif er7path.is_path(place) and subject.message:
        yield from (node.at.path for node in subject.message.at(place))
