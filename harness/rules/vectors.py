"""How a row is broken: the smallest edits of a good message that trip it, made from the row itself.

What does not follow from the row (a check written in Python) the row says with `break:`; what an
ordinary message lacks for the row to apply, with `given:`. The self-check proves both.
"""

import re
from collections.abc import Iterator
from typing import Final

from harness.rules import coded, observation
from harness.rules.elements import Elements
from harness.rules.structure import Part, parse
from harness.wire import edit
from harness.wire.edit import Edit
from harness.yamlfile import Item

FOREIGN: Final = "ZZ9"  # a value of no table
_NO_SHAPE: Final = "?"  # a value of no shape and no pattern
_DEMANDS: Final = ("is", "in", "set", "like", "type")
_EQUALS: Final = re.compile(r"(?P<path>[A-Z]\S+) += +(?P<value>[^,]+)(,.*)?")


def given(row: Item, block: Item) -> tuple[Edit, ...]:
    """The edits of `given:`; without one, what the conditions ask of single fields."""
    own = row.get("given")
    if own:
        return tuple(edit.read(item) for item in own.items)
    conditions = [item.text for item in (block.get("when"), row.get("when")) if item]
    return tuple(found for text in conditions for found in _met(text))


def _met(condition: str) -> Iterator[Edit]:
    equal = _EQUALS.fullmatch(condition)
    if equal and not condition.startswith("not "):
        yield Edit("set", equal["path"], equal["value"].strip())


def mutants(row: Item, elements: Elements) -> tuple[tuple[Edit, ...], ...]:
    """Each is one way to break the row."""
    own = row.get("break")
    if own:
        return (tuple(edit.read(item) for item in own.items),)
    return tuple(_derived(row, elements))


def _derived(row: Item, elements: Elements) -> Iterator[tuple[Edit, ...]]:
    if item := row.get("xpath"):
        yield coded.mutant(item.text)
    if item := row.get("structure"):
        needed = last_required(parse(item.text))
        if needed:
            yield (Edit("remove", needed),)
    if item := row.get("element"):
        places = elements[item.text].places
        if any(row.get(word) for word in _DEMANDS):
            yield from _of_place(row, places[0])
        else:
            yield tuple(Edit("remove", place) for place in places)
    at = row.get("at")
    if row.get("observation"):
        yield from _of_observation(row)
    elif at:
        yield from _of_place(row, at.items[0].text)


def _of_observation(row: Item) -> Iterator[tuple[Edit, ...]]:
    at = row.get("at")
    if at is None:
        yield from observation.mutants(row)
        return
    place = observation.place_of(row) + at.items[0].text.removeprefix("OBX")
    yield from _of_place(row, place)


def _of_place(row: Item, place: str) -> Iterator[tuple[Edit, ...]]:
    usage = row.get("usage")
    if usage and usage.text in ("R", "RE"):
        yield (Edit("remove", place),)
    if usage and usage.text == "X":
        yield (Edit("set", place, FOREIGN),)
    if any(row.get(word) for word in ("is", "in", "set")):
        yield (Edit("set", place, FOREIGN),)
    if any(row.get(word) for word in ("like", "type")):
        yield (Edit("set", place, _NO_SHAPE),)
    if row.get("card"):
        yield (Edit("repeat", place),)


def last_required(part: Part) -> str:
    """The last segment that a structure cannot do without; empty when it can do without any."""
    required = [inner for inner in part.parts if inner.required]
    if not required:
        return ""
    last = required[-1]
    return last_required(last) if last.parts and not last.choice else last.name
