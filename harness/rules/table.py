"""A table row becomes a rule. The table is the specification; this is how it is read.

A file holds blocks (`---` parts them); a block says what its rows have in common:

    document: livre-blanc-2024        # key in schemas/documents.yaml
    section: 3.2.2
    kinds: [A, D]                     # flows, or a set of kinds that the profile names
    group: patient                    # column of the report's matrix
    rows:
    - {id: LB-PID-8, at: PID-8, usage: R, in: [M, F], says: {fr: …, en: …}}

| word | meaning |
|---|---|
| at | the place, or a list of places (see `wire/er7path.py`); the row is about every node named |
| usage | R must be there, X must not, O or RE need not; level MUST for R and X, SHOULD for RE |
| type is in like set | what a value must be: shape, one value, a list, a pattern, a value set |
|      | of `schemas/valuesets` (codes without their system) |
| form | what `like` asks, in words: `{fr: …, en: …}` |
| card | how many: `1..1`, `0..*` |
| element | a business datum that must stand at one of its places (see `elements.py`); with one of |
|      | the words above, what it must be where it stands |
| structure | the abstract message (see `structure.py`) |
| when | one condition: `PATH`, `not PATH`, `PATH = A, B` (one of), `PATH != A, B` (none of), |
|      | `after D` (a message of that kind came before), `towards pfi` (the receiver is an |
|      | intermediation platform), `answers transmission` (what is acknowledged is one of |
|      | documents), each with `not` before it; a block's and a row's both count |
| pfi | the level towards an intermediation platform, where it is not the row's own |
| by | the name of a check written in Python (`rules/checks/`) |
| fact | a business datum that must be what an earlier message said (see `concordance.py`); |
|      | `where: document` looks only into the document that the message carries |
| observation | the code of OBX that the row is about, or several; with `at`, what they hold; |
|      | without, that there is one in each order (`usage`), how many (`card`), or with another |
|      | (`needs: n.1`); `sub: n.2` picks by sub-id, `order:` and `holding:` are conditions on |
|      | the order and on the OBX, `per: code` counts each code (see `observation.py`) |
| contested | the point of `contested.yaml` that the row is about; `reading`: in which reading it |
|      | is asked, where not in the default one (see `contested.py`) |
| error | the code of HL7 table 0357 for what breaks the row, where it does not follow from the |
|      | row itself: 103 for `is`, `in` and `set`, 100 for `structure` |
| xpath | the place in a document; with `set` its codes must be in a value set (see `coded.py`) |
| null | the nullFlavors that such a place may have instead |
| observed | `yes`: judged while an exchange is played, not from one message |
| untested | why nothing outside can tell |
| given | edits that make an ordinary message one that the row applies to (`wire/edit.py`) |
| break | edits that break this row and no other, where they do not follow from the row itself |

Everything else describes the rule: id, level, says, document, section, kinds, group, note, mistake.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar

from harness import yamlfile
from harness.rules import (
    coded,
    concordance,
    conditions,
    ledger,
    named,
    observation,
    structure,
    valuesets,
    vectors,
)
from harness.rules.concordance import Facts
from harness.rules.elements import Element, Elements
from harness.rules.rule import Check, Level, Problem, Rule, SpecRef, Subject, When
from harness.rules.transmitted import answers_one
from harness.rules.types import SHAPES
from harness.text import Text, plain, say
from harness.wire import er7path
from harness.wire.er7 import Message, Node
from harness.wire.location import Location
from harness.yamlfile import Item

T = TypeVar("T")
_BLOCK: Final = frozenset({"document", "section", "kinds", "group", "rows", "when"})
_PREDICATES: Final = frozenset(
    {"usage", "type", "is", "in", "like", "set", "card", "element", "structure", "by", "untested"}
    | {"observed", "xpath", "fact", "observation", "needs"}
)
_ROW: Final = (
    _PREDICATES
    | observation.WORDS
    | frozenset(
        {"id", "at", "level", "says", "document", "section", "kinds", "group", "when", "note"}
        | {"mistake", "form", "null", "where", "given", "break", "pfi", "contested", "reading"}
        | {"error"}
    )
)
# HL7 v2.5.1, table 0357
_ERRORS: Final = (
    *("100", "101", "102", "103"),
    *("200", "201", "202", "203", "204", "205", "206", "207"),
)
_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9.]+)+")


@dataclass(frozen=True, slots=True)
class Context:
    """What rows may refer to: the profile's sets of kinds, its elements, the value sets, facts.

    `document_of` gives the kind of document that each flow carries.
    """

    kinds: Mapping[str, tuple[str, ...]]
    elements: Elements
    sets: Mapping[str, frozenset[str]]
    documents: frozenset[str]
    facts: Facts = field(default_factory=dict)
    document_of: Mapping[str, str] = field(default_factory=dict)


def load(file: Path, context: Context) -> Iterator[Rule]:
    """The rules of a table. Raises HarnessError with file, line, column and what was wanted."""
    return (rule(block, row, context) for block, row in rows(file))


def rows(file: Path) -> Iterator[tuple[Item, Item]]:
    """Each row of a table, behind what its block says of all. Raises HarnessError."""
    for block in yamlfile.load_some(file):
        block.only(_BLOCK)
        for key in ("document", "section", "group"):  # a value, though every row may have its own
            _word(block, key)
        found = block.need("rows").items
        head = {key: item for key, item in block.fields.items() if key != "rows"}
        for row in found:
            yield replace(block, value=head), row


def rule(block: Item, row: Item, context: Context) -> Rule:
    """The rule of a row. Raises HarnessError."""
    row.only(_ROW)
    name = row.need("id")
    if not _ID.fullmatch(name.text):
        raise name.error("table.bad_id", id=name.text)
    if not _PREDICATES & set(row.fields):
        raise row.error("table.no_predicate", id=name.text)
    untested, xpath = row.get("untested"), row.get("xpath")
    check, when = functions(block, row, context)
    return Rule(
        id=name.text,
        level=_level(row),
        pfi=_named_level(pfi) if (pfi := row.get("pfi")) else None,
        says=row.need("says").both(),
        source=_source(block, row, context),
        kinds=_kinds(row.get("kinds") or block.need("kinds"), context),
        group=(row.get("group") or block.need("group")).text,
        check=check,
        when=when,
        at=xpath.text if xpath else _shown_place(row),
        untested=untested.both() if untested else None,
        note=_optional(row, "note"),
        mistake=_optional(row, "mistake"),
        given=vectors.given(row, block),
        mutants=vectors.mutants(row, context.elements),
        contested=_word(row, "contested"),
        reading=_word(row, "reading"),
        error=_error(row),
        origin=f"{row.file.name}:{row.line}",
    )


def functions(block: Item, row: Item, context: Context) -> tuple[Check | None, When | None]:
    """The check of a row, and when it applies. Raises HarnessError."""
    asked = [item for item in (block.get("when"), row.get("when")) if item]
    never = row.get("untested") or row.get("observed")
    check = None if never else _check(row, context)
    if row.get("xpath"):
        return check, coded.when(coded.place(row))
    return check, _when(asked, _places(row), _own_condition(row))


def _own_condition(row: Item) -> When | None:
    if row.get("observation"):
        return observation.when(row)
    return named.condition(_word(row, "by"))


def _shown_place(row: Item) -> str:
    """The place as the guide names it; of an observation, with its code and sub-id."""
    places = _places(row)
    if not row.get("observation"):
        return ", ".join(places)
    asked = observation.read(row)
    sub = f" {_word(row, 'sub')}" if asked.m else ""
    shown = f"OBX {' / '.join(asked.codes)}{sub}"
    return f"{shown}, {', '.join(places)}" if places else shown


def _error(row: Item) -> str:
    """What a receiver answers to what breaks the row; empty where the problem tells."""
    if item := row.get("error"):
        if item.text not in _ERRORS:
            raise item.error("yaml.unknown_value", hint=", ".join(_ERRORS), value=item.text)
        return item.text
    if row.get("structure"):
        return "100"
    return "103" if {"is", "in", "set"} & set(row.fields) else ""


def _optional(row: Item, key: str) -> Text | None:
    item = row.get(key)
    return item.both() if item else None


def _word(row: Item, key: str) -> str:
    item = row.get(key)
    return item.text if item else ""


def _places(row: Item) -> tuple[str, ...]:
    item = row.get("at")
    for place in item.some if item else ():
        if not er7path.is_path(place.text):
            raise place.error("er7.path.wrong", path=place.text)
    return item.texts if item else ()


def _level(row: Item) -> Level:
    item = row.get("level")
    if item is None:
        return Level.SHOULD if _word(row, "usage") == "RE" else Level.MUST
    return _named_level(item)


def _named_level(item: Item) -> Level:
    if item.text not in Level.__members__:
        raise item.error("yaml.unknown_value", hint="MUST, SHOULD, MAY", value=item.text)
    return Level[item.text]


def _source(block: Item, row: Item, context: Context) -> SpecRef:
    document = row.get("document") or block.need("document")
    if document.text not in context.documents:
        raise document.error("yaml.unknown_value", value=document.text)
    return SpecRef(document.text, (row.get("section") or block.need("section")).text)


def _kinds(item: Item, context: Context) -> frozenset[str]:
    kinds: set[str] = set()
    for word in item.items:
        kinds.update(_known(word, context.kinds))
    return frozenset(kinds)


# -- conditions -----------------------------------------------------------------------------


def _when(items: list[Item], places: tuple[str, ...], own: When | None) -> When | None:
    """The row's conditions, the check's own, and: where the segments are all missing, the structure
    says so.
    """
    asked = [_condition(item) for item in items]
    if own:
        asked.append(own)
    segments = {place.partition("[")[0].partition("-")[0] for place in places if "-" in place}
    if segments:
        asked.append(_has_segment(frozenset(segments)))
    if not asked:
        return None

    if len(asked) == 1:
        return asked[0]

    def applies(subject: Subject) -> Text | None:
        for condition in asked:
            reason = condition(subject)
            if reason:
                return reason
        return None

    return applies


def _has_segment(names: frozenset[str]) -> When:
    reason = say("when.no_segment", name=", ".join(sorted(names)))
    if len(names) == 1:
        (only,) = names
        return lambda subject: None if subject.carried.named(only) else reason
    return lambda subject: None if any(map(subject.carried.named, names)) else reason


def _condition(item: Item) -> When:
    if item.text.startswith("after "):
        return _after(item.text.removeprefix("after ").strip())
    if item.text in _FACTS:
        return _of_fact(item.text)
    found, reason = conditions.read(item), say("when.not_so", condition=item.text)
    return lambda subject: None if found.holds(subject.carried.at(found.path)) else reason


def _of_fact(text: str) -> When:
    fact, reason = _FACTS[text], say("when.not_so", condition=text)
    return lambda subject: None if fact(subject) else reason


def _after(kind: str) -> When:
    reason = say("when.not_after", kind=kind)
    return lambda subject: None if subject.before(kind) else reason


_FACTS: Final[Mapping[str, Callable[[Subject], bool]]] = {
    "towards pfi": lambda subject: subject.towards == "pfi",
    "not towards pfi": lambda subject: subject.towards != "pfi",
    "answers transmission": lambda subject: answers_one(subject.request),
    "not answers transmission": lambda subject: not answers_one(subject.request),
}


# -- predicates -----------------------------------------------------------------------------


def _check(row: Item, context: Context) -> Check:
    if by := row.get("by"):
        return _by_name(by)
    if row.get("xpath"):
        return coded.check(row)
    if item := row.get("fact"):
        return _fact(item, context, in_document=_word(row, "where") == "document")
    if item := row.get("element"):
        wanted = demands(row, context.sets)
        return _element_value(item, wanted, context) if wanted else _element(item, context)
    if item := row.get("structure"):
        return _structure(item)
    if row.get("observation"):
        return _observation(row, context)
    return _value_check(row, context)


def _observation(row: Item, context: Context) -> Check:
    """What each observation holds at a place, or that there is one."""
    if not row.get("at"):
        return observation.presence(row, _card(row.get("card")))
    asked, wanted = observation.read(row), demands(row, context.sets)
    usage = _word(row, "usage")
    expected = wanted[0].words if wanted else say("value.some")

    def check(subject: Subject) -> Iterator[Problem]:
        for path in observation.paths(row, subject, asked):
            for node in subject.carried.at(path):
                yield from _of_node(node, usage, wanted, expected)

    return check


def _by_name(item: Item) -> Check:
    check = named.find(item.text)
    if check is None:
        near = get_close_matches(item.text, named.names(), n=1)
        hint = say("yaml.did_you_mean", word=near[0]) if near else None
        raise item.error("table.unknown_check", hint=hint, name=item.text)
    return check


def _fact(item: Item, context: Context, *, in_document: bool) -> Check:
    """The first value that differs. Where the message itself differs, its document is not asked."""
    fact = _known(item, context.facts)

    def check(subject: Subject) -> Iterator[Problem]:
        reference = concordance.reference_of(fact, subject, context.document_of)
        if reference is None:
            return
        found = fact.values(subject, subject.kind, context.document_of.get(subject.kind, ""))
        own = [value for value in found if value.in_document is in_document]
        before = [value for value in found if not value.in_document] if in_document else []
        if concordance.differing(fact, reference.values, before):
            return
        for value in concordance.introduced(fact, reference, own, context.document_of)[:1]:
            words = quoted(", ".join(dict.fromkeys(v.text for v in reference.values)))
            expected = say("conversation.as_in", value=words, place=fact.says, kind=reference.kind)
            whose = ledger.somebody_else(subject, fact.name, value.text)
            advice = say("conversation.somebody_else", kind=whose.kind) if whose else None
            yield Problem(value.at, expected, quoted(value.text), advice)

    return check


def _structure(item: Item) -> Check:
    try:
        whole = structure.parse(item.text)
    except ValueError as wrong:
        raise item.error("table.bad_structure", reason=str(wrong)) from None
    return lambda subject: structure.check(whole, subject.carried)


def _known(item: Item, names: Mapping[str, T]) -> T:
    """What the item names. Raises HarnessError with the nearest name."""
    found = names.get(item.text)
    if found is None:
        near = get_close_matches(item.text, names, n=1)
        hint = say("yaml.did_you_mean", word=near[0]) if near else None
        raise item.error("yaml.unknown_value", hint=hint, value=item.text)
    return found


def _element_value(item: Item, wanted: "tuple[Demand, ...]", context: Context) -> Check:
    element = _known(item, context.elements)

    def check(subject: Subject) -> Iterator[Problem]:
        for node in element.nodes(subject.carried):
            yield from _of_node(node, "", wanted, wanted[0].words)

    return check


def _element(item: Item, context: Context) -> Check:
    element = _known(item, context.elements)

    def check(subject: Subject) -> Iterable[Problem]:
        if element.find(subject.carried) is None:
            yield missing_element(element, subject.carried)

    return check


def missing_element(element: Element, message: Message) -> Problem:
    """Problem of an element that stands nowhere: at its first place, telling where it looked."""
    where = next((place for place in element.places if message.named(place[:3])), element.places[0])
    return Problem(
        message.node(where).at,
        say("element.expected", element=element.says, places=", ".join(element.places)),
        say("value.absent"),
    )


@dataclass(frozen=True, slots=True)
class Demand:
    """What a value must be, in words, and the test of it."""

    words: Text
    accepts: "Mapping[str, object] | frozenset[str] | re.Pattern[str] | None" = None
    shape: str = ""

    def holds(self, value: str) -> bool:
        if isinstance(self.accepts, re.Pattern):
            return self.accepts.fullmatch(value) is not None
        if self.shape:
            return SHAPES[self.shape](value)
        return self.accepts is None or value in self.accepts


def demands(row: Item, sets: Mapping[str, frozenset[str]]) -> tuple[Demand, ...]:
    """Every demand that the row makes on a value, the most telling first."""
    found: list[Demand] = []
    if item := row.get("is"):
        found.append(Demand(plain(f"`{item.text}`"), frozenset((item.text,))))
    if item := row.get("in"):
        values = item.texts
        found.append(Demand(_one_of(values), frozenset(values)))
    if item := row.get("set"):
        found.append(_from_set(item, sets))
    if item := row.get("like"):
        form = row.get("form")
        words = form.both() if form else say("value.like", pattern=item.text)
        found.append(Demand(words, _pattern(item)))
    if item := row.get("type"):
        if item.text not in SHAPES:
            raise item.error("yaml.unknown_value", hint=", ".join(SHAPES), value=item.text)
        found.append(Demand(say(f"type.{item.text}"), shape=item.text))
    return tuple(found)


def _one_of(values: Iterable[str]) -> Text:
    return say("value.one_of", values=", ".join(f"`{value}`" for value in values))


def _from_set(item: Item, sets: Mapping[str, frozenset[str]]) -> Demand:
    values = sets.get(item.text)
    if values is None and item.text in valuesets.names():
        values = valuesets.load(item.text).codes
    if values is None:
        raise item.error("yaml.unknown_value", hint=", ".join(sets), value=item.text)
    few = len(values) <= 8
    words = _one_of(sorted(values)) if few else say("value.of_set", name=item.text)
    return Demand(words, values)


def _pattern(item: Item) -> re.Pattern[str]:
    try:
        return re.compile(item.text, re.ASCII)
    except re.error as wrong:
        raise item.error("table.bad_pattern", reason=str(wrong)) from None


def _value_check(row: Item, context: Context) -> Check:
    row.need("at")
    places, usage = _places(row), _word(row, "usage")
    if usage and usage not in ("R", "RE", "O", "X", "C"):
        raise row.need("usage").error("yaml.unknown_value", hint="R, RE, O, X, C", value=usage)
    wanted = demands(row, context.sets)
    card = _card(row.get("card"))
    expected = wanted[0].words if wanted else say("value.some")
    asks_for_it = usage in ("R", "RE") or card is not None
    fields = [(place, place[:3], er7path.parse(place).field or 0) for place in places]

    def check(subject: Subject) -> Iterator[Problem]:
        message = subject.carried
        for place, segment, number in fields:
            if len(places) > 1 and not message.named(segment):
                continue
            if number and not asks_for_it and not message.holds(segment, number):
                continue  # an empty field breaks nothing
            nodes = list(message.at(place))
            if card:
                yield from _count(nodes, card)
            for node in nodes:
                yield from _of_node(node, usage, wanted, expected)

    return check


def _of_node(
    node: Node, usage: str, wanted: tuple[Demand, ...], expected: Text
) -> Iterator[Problem]:
    if not node.present:
        if usage in ("R", "RE"):
            yield Problem(node.at, expected, say("value.absent"))
        return
    if usage == "X":
        yield Problem(node.at, say("value.none"), quoted(node.value))
        return
    for demand in wanted:
        if not demand.holds(node.value):
            yield Problem(node.at, demand.words, quoted(node.value))
            return


def quoted(value: str) -> Text:
    """A received value for a finding: shortened to 80 characters, line ends shown."""
    shown = value if len(value) <= 80 else value[:77] + "…"
    return plain("`" + shown.replace("\r", "\\r").replace("\n", "\\n") + "`")


def _card(item: Item | None) -> tuple[int, int | None] | None:
    if item is None:
        return None
    found = re.fullmatch(r"(\d+)\.\.(\d+|\*)", item.text)
    if not found:
        raise item.error("table.bad_card", text=item.text)
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _count(nodes: list[Node], card: tuple[int, int | None]) -> Iterator[Problem]:
    there = [node for node in nodes if node.present]
    low, high = card
    at = there[-1].at if there else nodes[0].at if nodes else Location()
    if len(there) < low or (high is not None and len(there) > high):
        words = f"{low}..{'*' if high is None else high}"
        yield Problem(at, say("value.count", count=words), plain(str(len(there))))
