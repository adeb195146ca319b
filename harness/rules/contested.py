"""Contested points: where the texts of a guide can be read in more than one way.

`contested.yaml` of a profile says each point once, with its readings:

    points:
      G1:
        says: {fr: …, en: …}              # what the texts disagree about
        places: [MSH-9.2]
        kinds: [ACK]                       # the first one is where it is tried out
        level: MUST                        # how much a message weighs that no reading accepts
        default: rule
        given: [ … ]                       # edits that make an ordinary message one it is about
        readings:
          rule:   {says: {…}, section: …, accepts: [ … ]}
          sample: {says: {…}, section: …, accepts: [ … ]}

`accepts` are the edits of a message that this reading accepts and the others refuse; a reading with
`within: OTHER` asks for more than the other one, so what it accepts the other accepts too.

A row says `contested: G1`, and `reading: sample` when it is not of the default reading. As long as
nobody chooses, the default reading judges: what breaks it and keeps another reading is `contested`,
what keeps none is a failure like any other. A chosen reading judges alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from harness import yamlfile
from harness.errors import HarnessError
from harness.rules import profile_file
from harness.rules.rule import Dispute, Level, Rule, SpecRef
from harness.text import Text, plain, say
from harness.wire import edit
from harness.wire.edit import Edit
from harness.yamlfile import Item

Readings = tuple[tuple[str, str], ...]  # chosen: point, reading

_FILE: Final = "contested.yaml"
_POINT: Final = frozenset(
    {"says", "places", "kinds", "level", "default", "readings", "given", "question"}
)
_READING: Final = frozenset({"says", "section", "document", "accepts", "within"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a point. `accepts`: edits of a message that only this reading accepts.

    `within` names a reading that accepts all of that as well.
    """

    name: str
    says: Text
    source: SpecRef
    accepts: tuple[Edit, ...]
    within: str


@dataclass(frozen=True, slots=True)
class Point:
    """A contested point. `question` is what its authors are asked."""

    id: str
    says: Text
    question: Text
    places: tuple[str, ...]
    kinds: tuple[str, ...]
    level: Level
    default: str
    given: tuple[Edit, ...]
    readings: Mapping[str, Reading]

    @property
    def words(self) -> Text:
        """The point and its readings, in one paragraph."""
        fr = " ; ".join(f"{one.name} : {one.says.fr}" for one in self.readings.values())
        en = "; ".join(f"{one.name}: {one.says.en}" for one in self.readings.values())
        return Text(f"{self.id}, {self.says.fr} ({fr})", f"{self.id}, {self.says.en} ({en})")


Points = Mapping[str, Point]


def load(folders: Iterable[Path], document: str) -> Points:
    """The points of a profile's folders, a later folder's in the place of an earlier one's.

    Raises HarnessError with file, line and column.
    """
    found: dict[str, Point] = {}
    for folder in folders:
        file = folder / _FILE
        if file.is_file():
            content = yamlfile.load(file)
            content.only(frozenset({"points"}))
            for name, item in content.need("points").fields.items():
                found[name] = _point(name, item, document)
    return found


def _point(name: str, item: Item, document: str) -> Point:
    item.only(_POINT)
    readings = {
        key: _reading(key, inner, document) for key, inner in item.need("readings").fields.items()
    }
    default, level = item.need("default"), item.need("level")
    for word, known in ((default, tuple(readings)), (level, tuple(Level.__members__))):
        if word.text not in known:
            raise word.error("yaml.unknown_value", hint=", ".join(known), value=word.text)
    return Point(
        id=name,
        says=item.need("says").both(),
        question=item.need("question").both(),
        places=item.need("places").texts,
        kinds=item.need("kinds").texts,
        level=Level[level.text],
        default=default.text,
        given=_edits(item.get("given")),
        readings=readings,
    )


def _reading(name: str, item: Item, document: str) -> Reading:
    item.only(_READING)
    other, within = item.get("document"), item.get("within")
    return Reading(
        name=name,
        says=item.need("says").both(),
        source=SpecRef(other.text if other else document, item.need("section").text),
        accepts=_edits(item.get("accepts")),
        within=within.text if within else "",
    )


def _edits(item: Item | None) -> tuple[Edit, ...]:
    return tuple(edit.read(one) for one in item.items) if item else ()


# -- which rows judge -------------------------------------------------------------------------


def settled(rules: Iterable[Rule], points: Points, chosen: Readings = ()) -> Iterator[Rule]:
    """The rules that judge, in their order; those of readings that do not are left out.

    Raises HarnessError for a point or a reading that does not exist.
    """
    picked = _checked(points, chosen)
    every = tuple(rules)
    for rule in every:
        if not rule.contested:
            yield rule
            continue
        point = _known(rule, points)
        reading = rule.reading or point.default
        if reading != picked.get(point.id, point.default):
            continue
        open_ = point.id not in picked
        yield replace(rule, dispute=_dispute(point, every) if open_ else None)


def elsewhere() -> Text:
    """The option that chooses a profile which has contested points."""
    return plain(" | ".join(f"--profile {name}" for name in profile_file.with_file(_FILE)))


def _dispute(point: Point, rules: Iterable[Rule]) -> Dispute:
    others = (name for name in point.readings if name != point.default)
    of_point = tuple(rule for rule in rules if rule.contested == point.id)
    return Dispute(
        point.words,
        tuple(tuple(rule for rule in of_point if rule.reading == name) for name in others),
    )


def _known(rule: Rule, points: Points) -> Point:
    point = points.get(rule.contested)
    if point is None or (rule.reading and rule.reading not in point.readings):
        where = f"{rule.contested} {rule.reading}".strip()
        raise HarnessError(say("contested.row", id=rule.id, point=where, where=rule.origin))
    return point


def _checked(points: Points, chosen: Readings) -> Mapping[str, str]:
    for name, reading in chosen:
        if name not in points:
            near = get_close_matches(name, points, n=1) or list(points)
            hint = plain(", ".join(near)) if near else elsewhere()
            raise HarnessError(say("contested.no_point", point=name), hint=hint)
        if reading not in points[name].readings:
            known = ", ".join(points[name].readings)
            raise HarnessError(
                say("contested.no_reading", point=name, reading=reading),
                hint=say("yaml.one_of", values=known),
            )
    return dict(chosen)


def parse(words: Iterable[str]) -> Readings:
    """`G1=table` as the command line has it. Raises HarnessError when it is not that."""
    found = []
    for word in words:
        point, mark, reading = word.partition("=")
        if not mark or not point or not reading:
            raise HarnessError(say("contested.bad_choice", text=word), hint="G1=rule")
        found.append((point.strip(), reading.strip()))
    return tuple(found)
