"""Operators that follow from the row of a table: what it asks of a place, and how that goes wrong.

usage R, RE     the value, the segment or the observation is left out
usage X         something stands there
is in set like type     the value is misspelt, in every way that leaves it wrong (`values.py`)
card            once too often
structure       a segment is missing, comes twice, is of another kind
element         it stands at none of its places
"""

from collections.abc import Iterator, Mapping

from harness.errors import HarnessError
from harness.rules import observation, structure, table
from harness.rules.compiling import value_sets
from harness.rules.elements import Elements
from harness.rules.observation import Asked, Observed
from harness.rules.orders import Order, orders
from harness.rules.rule import Subject
from harness.rules.structure import Part
from harness.rules.table import Demand
from harness.sim.mutants.attempt import Attempt
from harness.sim.mutants.values import misspelt
from harness.wire.edit import Edit
from harness.wire.er7 import Message, Node, escape
from harness.yamlfile import Item

_DEMANDS = frozenset({"is", "in", "set", "like", "type"})


def attempts(row: Item, subject: Subject, elements: Elements) -> Iterator[Attempt]:
    """Every way in which a message breaks the row."""
    message = subject.message
    if message is None:
        return
    usage = item.text if (item := row.get("usage")) else ""
    if item := row.get("structure"):
        yield from _of_structure(structure.parse(item.text), message)
    if item := row.get("element"):
        yield from _of_element(row, message, elements[item.text].places)
        return
    if row.get("observation") and not row.get("at"):
        yield from _of_observation(row, subject, usage)
        return
    for node in _nodes(row, subject):
        yield from _of_node(row, node, message, usage)
    if row.get("card") and "[2]" not in row.need("at").text:
        yield from _twice(_nodes(row, subject), message)


def _nodes(row: Item, subject: Subject) -> Iterator[Node]:
    """Every place that the row is about."""
    message = subject.carried
    if row.get("observation"):
        asked = observation.read(row)
        for path in observation.paths(row, subject, asked):
            yield from message.at(path)
    elif at := row.get("at"):
        for path in at.texts:
            yield from message.at(path)


def _of_node(row: Item, node: Node, message: Message, usage: str) -> Iterator[Attempt]:
    path = node.at.path
    if not node.present:
        if node.is_placed and "-" in path and (usage == "X" or _DEMANDS & set(row.fields)):
            way = "forbidden" if usage == "X" else "foreign"
            yield Attempt(way, (Edit("set", path, "ZZ9"),), (path,))
        return
    if usage in ("R", "RE"):
        gone = path if _is_part(path) else whole_field(path)
        yield Attempt("missing", (Edit("remove", gone),), (gone,))
    if _DEMANDS & set(row.fields):
        yield from _misspelt(table.demands(row, value_sets()), node, message)


def _is_part(path: str) -> bool:
    """A component: only this one is taken away; of a field, every repetition."""
    return "." in path.partition("-")[2]


def whole_field(path: str) -> str:
    """The field of a repetition."""
    segment, dash, field = path.partition("-")
    return segment + dash + field.partition("[")[0]


def _twice(nodes: Iterator[Node], message: Message) -> Iterator[Attempt]:
    """The last of them once more: a segment, numbered as it should be, or a repetition."""
    there = [node.at.path for node in nodes if node.present]
    if not there:
        return
    place = there[-1]
    if "-" in place:
        yield Attempt("twice", (Edit("repeat", place),), (whole_field(place),))
    else:
        yield from _segment_twice(place, message)


def _segment_twice(place: str, message: Message) -> Iterator[Attempt]:
    name, number = place[:3], int(place[4:-1]) if "[" in place else 1
    edits = [Edit("repeat", f"{name}[{number}]")]
    if name == "OBX":
        later = range(number + 1, len(message.named(name)) + 2)
        edits += [Edit("set", f"OBX[{one}]-1", str(one)) for one in later]
    yield Attempt("twice", tuple(edits), (place, f"{name}[{number + 1}]"))


def _misspelt(demands: tuple[Demand, ...], node: Node, message: Message) -> Iterator[Attempt]:
    seen = {node.value}
    for way, value in misspelt(node.value):
        if value in seen or not value or all(demand.holds(value) for demand in demands):
            continue
        seen.add(value)
        written = escape(value, message.delimiters)
        yield Attempt(way, (Edit("set", node.at.path, written),), (node.at.path,))


def _of_element(row: Item, message: Message, places: tuple[str, ...]) -> Iterator[Attempt]:
    if not _DEMANDS & set(row.fields):
        edits = tuple(Edit("remove", place) for place in places if _is_there(message, place))
        where = next((place for place in places if message.named(place[:3])), places[0])
        if edits:
            yield Attempt("nowhere", edits, (message.node(where).at.path,))
        return
    demands = table.demands(row, value_sets())
    for place in places:
        found = [node for node in message.at(place) if node.present]
        for node in found:
            yield from _misspelt(demands, node, message)
        if found:
            return


def _is_there(message: Message, place: str) -> bool:
    try:
        return message.has(place)
    except HarnessError:
        return False


# -- observations ---------------------------------------------------------------------------


def _of_observation(row: Item, subject: Subject, usage: str) -> Iterator[Attempt]:
    asked = observation.read(row)
    for order in orders(subject.carried):
        found = list(asked.of(order))
        if not found:
            continue
        where = (order.node("OBR").at.path, *(f"{one.place}-4" for one in found))
        if usage in ("R", "RE"):
            edits = tuple(Edit("remove", one.place) for one in reversed(found))
            yield Attempt("missing", edits, where)
        if row.get("card"):
            yield from _segment_twice(found[-1].place, order.message)
        if asked.needs:
            yield from _alone(asked, order, found[0])


def _alone(asked: Asked, order: Order, one: Observed) -> Iterator[Attempt]:
    """What it needs is taken away; those before it count no more."""
    partners = [
        other
        for other in observation.observed(order)
        if other.code in asked.codes and other.m == asked.needs and other.n == one.n
    ]
    edits = tuple(Edit("remove", other.place) for other in reversed(partners))
    number = _number(one) - sum(_number(o) < _number(one) for o in partners)
    if edits:
        yield Attempt("alone", edits, (f"OBX[{number}]-4",))


def _number(one: Observed) -> int:
    return int(one.place[4:-1])


# -- structures -----------------------------------------------------------------------------


def _of_structure(whole: Part, message: Message) -> Iterator[Attempt]:
    counts: Mapping[str, int] = {name: len(message.named(name)) for name in whole.names}
    for name in _required(whole):
        if counts.get(name) == 1 and name != "MSH":
            yield Attempt(f"no {name}", (Edit("remove", name),), (name,))
    names = list(_single(whole))
    for name in names:
        if names.count(name) == 1 and counts.get(name) == 1 and name != "MSH":
            yield Attempt(f"{name} twice", (Edit("repeat", name),), (name,))
    last = message.segments[-1].name
    yield Attempt("another segment", (Edit("add", "ACC|20260105", last),), ("ACC",))


def _required(part: Part) -> Iterator[str]:
    for inner in part.parts:
        if not inner.required or inner.choice:
            continue
        if inner.parts:
            yield from _required(inner)
        else:
            yield inner.name


def _single(part: Part) -> Iterator[str]:
    """Segments that do not repeat, outside of groups that do; twice what has two places."""
    for inner in part.parts:
        if inner.repeats:
            yield from (name for name in inner.names for _ in range(2))
        elif inner.parts:
            yield from _single(inner)
        else:
            yield inner.name
