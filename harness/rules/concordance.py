"""Facts of one conversation: each business datum, everywhere it stands, and whether it agrees.

    facts:
      accession-number:
        says: {fr: "Accession Number", en: "Accession number"}
        compare: exact                       # or name, day: how two values are the same
        element: accession-number            # places in messages: an element's, unless …
        messages: {E: []}                    # … paths by flow say otherwise (`all`: every flow)
        documents: {CR: "…/@extension"}      # XPath by kind of document

The first message of a conversation that holds a fact says what it is; a later one that says
something else introduced the difference, and is the one that is blamed; whoever repeats it after
that is not. A fact that may `move`
(`moves: true`: who is responsible) is what the latest message of the flows in `from` says.
Source: white paper, 3.1, 3.2.1 and 3.3.1; imaging body fact sheet, 4.3 and 4.4.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness import yamlfile
from harness.rules.elements import Elements
from harness.rules.rule import Subject
from harness.text import Text
from harness.wire import er7path
from harness.wire.cda import Document
from harness.wire.er7 import Message
from harness.wire.location import Location
from harness.yamlfile import Item

_KEYS: Final = frozenset({"says", "compare", "element", "messages", "documents", "from", "moves"})


@dataclass(frozen=True, slots=True)
class Value:
    """What a message or its document says of a fact, and where."""

    text: str
    at: Location
    in_document: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A business datum of a conversation.

    `messages` are paths by flow, `documents` XPaths by kind of document. `since` are the flows
    whose value counts: empty for any. `moves`: the latest of them counts, not the first.
    """

    name: str
    says: Text
    compare: str
    element: str
    messages: Mapping[str, tuple[str, ...]]
    documents: Mapping[str, str]
    since: tuple[str, ...]
    moves: bool = False

    def values(self, subject: Subject, kind: str, document_kind: str) -> tuple[Value, ...]:
        """Everything that the message of flow `kind`, and then its document, says of it."""
        found: list[Value] = []
        if subject.message:
            found += self._in_message(subject.message, kind, subject.elements)
        xpath = self.documents.get(document_kind)
        if xpath and subject.document:
            found += _in_document(subject.document, xpath)
        return tuple(found)

    def _in_message(self, message: Message, kind: str, elements: Elements) -> Iterator[Value]:
        if kind not in self.messages and self.element:
            for node in elements[self.element].nodes(message):
                yield Value(node.value, node.at)
            return
        for path in self.messages.get(kind, self.messages.get("all", ())):
            found = [Value(node.value, node.at) for node in message.at(path) if node.present]
            if found:
                yield from found
                return

    def same(self, one: str, other: str) -> bool:
        """Two values are the same, in the way that this fact compares."""
        return _WAYS[self.compare](one) == _WAYS[self.compare](other)


Facts = Mapping[str, Fact]


def _in_document(document: Document, xpath: str) -> Iterator[Value]:
    for node in document.at(xpath):
        if node.value.strip():
            yield Value(node.value.strip(), node.at, in_document=True)


def _name(value: str) -> str:
    """Capitals, no accents, hyphen and apostrophe as a blank."""
    bare = "".join(c for c in unicodedata.normalize("NFD", value) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare.upper()).split())


_WAYS: Final[Mapping[str, Callable[[str], str]]] = {
    "exact": str.strip,
    "name": _name,
    "day": lambda value: value[:8],
}


# -- what each message of a conversation says ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """What one message says of a fact: itself, and in its document.

    `agrees` is None for the one that says it first. `differing` are the values that do not agree.
    """

    kind: str
    values: tuple[Value, ...]
    agrees: bool | None
    differing: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A fact along a conversation: one cell for each message, empty where it is silent."""

    fact: Fact
    cells: tuple[Cell, ...]

    @property
    def agrees(self) -> bool:
        """Nobody says anything else than the first."""
        return all(cell.agrees is not False for cell in self.cells)


def table(facts: Facts, subjects: Sequence[Subject], kinds: Mapping[str, str]) -> tuple[Row, ...]:
    """Every fact that somebody speaks of. `kinds` gives the kind of document of each flow."""
    rows = (_row(fact, subjects, kinds) for fact in facts.values())
    return tuple(row for row in rows if any(cell.values for cell in row.cells))


def _row(fact: Fact, subjects: Sequence[Subject], kinds: Mapping[str, str]) -> Row:
    cells: list[Cell] = []
    said: list[tuple[Value, ...]] = []  # what counts so far: the first, then what others made of it
    for subject in subjects:
        values = fact.values(subject, subject.kind, kinds.get(subject.kind, ""))
        counts = bool(values) and _counts(fact, subject)
        first = counts and (fact.moves or not said)
        cells.append(
            Cell(subject.kind, values, None) if first else _cell(fact, subject, values, said)
        )
        if counts:
            said = [values] if fact.moves else [*said, values]
    return Row(fact, tuple(cells))


def _cell(
    fact: Fact, subject: Subject, values: tuple[Value, ...], said: Sequence[tuple[Value, ...]]
) -> Cell:
    """Message and document each have to agree: one that is right does not hide the other.

    What repeats a difference agrees with whoever introduced it.
    """
    if not values or not said:
        return Cell(subject.kind, values, None)
    parts = ([v for v in values if v.in_document is inside] for inside in (False, True))
    found = [v for part in parts if part for v in _nowhere(fact, said, part)]
    return Cell(subject.kind, values, not found, tuple(found))


def _nowhere(
    fact: Fact, said: Sequence[tuple[Value, ...]], values: Sequence[Value]
) -> Sequence[Value]:
    """What differs from the first, unless all of it agrees with somebody."""
    found = [differing(fact, reference, values) for reference in said]
    return found[0] if all(found) else ()


def _counts(fact: Fact, subject: Subject) -> bool:
    return not fact.since or subject.kind in fact.since


def differing(fact: Fact, reference: Sequence[Value], values: Sequence[Value]) -> list[Value]:
    """The values that stand in the place of what the reference says; none when all of it is there.

    More than the reference says is no difference: a report may be about several examinations.
    """
    missing = [r for r in reference if not any(fact.same(r.text, v.text) for v in values)]
    if not missing:
        return []
    other = [v for v in values if not any(fact.same(v.text, r.text) for r in reference)]
    return other or list(values)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a fact is in a conversation: the flow that said it, what it said, what came after it."""

    kind: str
    values: tuple[Value, ...]
    after: tuple[Subject, ...]


def reference_of(fact: Fact, subject: Subject, kinds: Mapping[str, str]) -> Reference | None:
    """What was said of the fact before this subject: first, or latest for a fact that moves."""
    places = range(len(subject.earlier))
    for place in reversed(places) if fact.moves else places:
        past = subject.earlier[place]
        if _counts(fact, past):
            values = fact.values(past, past.kind, kinds.get(past.kind, ""))
            if values:
                return Reference(past.kind, values, subject.earlier[place + 1 :])
    return None


def introduced(
    fact: Fact, reference: Reference, values: Sequence[Value], kinds: Mapping[str, str]
) -> list[Value]:
    """The values that differ and that nobody said since: a difference is told where it began."""
    found = differing(fact, reference.values, values)
    if not found:
        return []
    since = [
        said.text
        for past in reference.after
        for said in fact.values(past, past.kind, kinds.get(past.kind, ""))
        if not any(fact.same(said.text, right.text) for right in reference.values)
    ]
    return [value for value in found if not any(fact.same(value.text, said) for said in since)]


# -- reading ---------------------------------------------------------------------------------


def load(file: Path, elements: Elements) -> Facts:
    """The facts of a file. Raises HarnessError with file, line and column."""
    content = yamlfile.load(file)
    content.only(frozenset({"facts"}))
    return {
        name: _fact(name, item, elements) for name, item in content.need("facts").fields.items()
    }


def _fact(name: str, item: Item, elements: Elements) -> Fact:
    item.only(_KEYS)
    compare, element = item.get("compare"), item.get("element")
    if compare and compare.text not in _WAYS:
        raise compare.error("yaml.unknown_value", hint=", ".join(_WAYS), value=compare.text)
    if element and element.text not in elements:
        raise element.error("yaml.unknown_value", value=element.text)
    messages, documents, since = item.get("messages"), item.get("documents"), item.get("from")
    moves = item.get("moves")
    return Fact(
        name=name,
        says=item.need("says").both(),
        compare=compare.text if compare else "exact",
        element=element.text if element else "",
        messages={k: _paths(v) for k, v in messages.fields.items()} if messages else {},
        documents={k: v.text for k, v in documents.fields.items()} if documents else {},
        since=since.texts if since else (),
        moves=moves is not None and moves.text == "true",
    )


def _paths(item: Item) -> tuple[str, ...]:
    for path in item.items:
        if not er7path.is_path(path.text):
            raise path.error("er7.path.wrong", path=path.text)
    return item.texts
