"""The HL7 standard as data: what versions 2.3.1 to 2.6 say of messages, segments and data types.

The tables are those of hl7apy, read at run time and compiled, segment by segment, into `Slot`s the
first time that one is asked for. Nothing of hl7apy's parser or validator is used. What French and
IHE practice adds, and what the tables lack, is in `schemas/standard/*.yaml`.

    Version -> segment name -> Slots (fields) -> Slots (components) -> Slots (sub-components)
            -> structure name -> Part (see `structure.py`)

Source: HL7 v2.3.1, v2.4, v2.5, v2.5.1, v2.6; chapter 2.A of v2.5.1 for the data types.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Final

from harness import data, yamlfile
from harness.rules import hl7tables, types
from harness.rules.hl7tables import Field, Member
from harness.rules.structure import Part
from harness.yamlfile import Item

VERSIONS: Final = ("2.3.1", "2.4", "2.5", "2.5.1", "2.6")
_SHAPES: Final[Mapping[str, Callable[[str], bool]]] = {
    "DT": types.is_hl7_date,
    "TM": types.is_clock,
    "DTM": types.is_time,
    "NM": types.is_hl7_number,
    "SI": types.is_rank,
}
_SIMPLE: Final = frozenset({"ST", "ID", "IS", "NM", "SI", "DT", "TM", "DTM", "TX", "FT", "TN"})
_LEVELS: Final = 3  # field, component, sub-component


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A place for a value: a field, a component or a sub-component.

    `parts` are what the value divides into; none for a simple type. `judged` is False where nothing
    is known. `most`: how many repetitions, 0 for any number. `codes`: the values of its table, None
    when they are not judged. `longest`: in characters, 0 for any. `free`: a simple value that only
    must not divide. `heads`: the simple places that are not free among the first level of `parts`,
    with their index: all that has to be looked at in a value without sub-components.
    """

    name: str
    type: str
    parts: tuple["Slot", ...] = ()
    judged: bool = True
    table: str = ""
    codes: frozenset[bytes] | None = None
    shape: Callable[[str], bool] | None = None
    required: bool = False
    most: int = 1
    longest: int = 0
    free: bool = field(init=False)
    heads: tuple[tuple[int, "Slot"], ...] = field(init=False)

    def __post_init__(self) -> None:
        bound = self.codes is not None or self.shape is not None or self.longest > 0
        object.__setattr__(self, "free", not bound)
        leaves = ((i, part.parts[0] if part.parts else part) for i, part in enumerate(self.parts))
        heads = tuple((i, leaf) for i, leaf in leaves if leaf.judged and not leaf.free)
        object.__setattr__(self, "heads", heads)


class Version:
    """One version of the standard. Segments and structures are compiled when first asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._tables = hl7tables.of(name)
        self._parts_of: dict[tuple[str | None, int], tuple[Slot, ...]] = {}
        self._segments: dict[str, tuple[Slot, ...] | None] = {}
        self._required: dict[str, tuple[int, ...]] = {}
        self._structures: dict[str, Part | None] = {}
        self._values: dict[str, Slot | None] = {}
        self._codes_of: dict[str, frozenset[bytes] | None] = {}

    def knows(self, segment: str) -> bool:
        """The version defines this segment, or a guide takes it from a later one."""
        return segment in self._tables.segments or segment in extensions().segments

    def segment(self, name: str) -> tuple[Slot, ...] | None:
        """The fields of a segment, from 1; None when the version does not define it."""
        if name not in self._segments:
            known = name in self._tables.segments and len(name) == 3
            self._segments[name] = self._compile_segment(name) if known else None
        return self._segments[name]

    def required(self, name: str) -> tuple[int, ...]:
        """The fields that a segment must have; none when the version does not define it."""
        if name not in self._required:
            slots = self.segment(name) or ()
            self._required[name] = tuple(i for i, slot in enumerate(slots, 1) if slot.required)
        return self._required[name]

    def structure(self, name: str) -> Part | None:
        """A message structure; None when the version does not define it in full."""
        if name not in self._structures:
            self._structures[name] = self._compile_structure(name)
        return self._structures[name]

    def structure_name(self, code: str, event: str, structure: str) -> str:
        """The structure that MSH-9 means: what MSH-9.3 says, or what table 0354 says of the event.

        Empty when the version knows none.
        """
        own = f"{code}_{event}" if event else code
        names = (structure,) if structure else (own, extensions().events.get(own, ""))
        if code == "ACK" and not structure:
            names = ("ACK",)
        return next((name for name in names if name in self._tables.messages), "")

    def value(self, data_type: str) -> Slot | None:
        """OBX-5 of that type; None when it is no data type of the standard."""
        if data_type not in self._values:
            self._values[data_type] = self._compile_value(data_type)
        return self._values[data_type]

    # -- compiling --------------------------------------------------------------------------

    def _compile_segment(self, name: str) -> tuple[Slot, ...]:
        rows = sorted(self._tables.segments[name], key=lambda row: int(row[0].split("_")[1]))
        found = {int(row[0].split("_")[1]): self._field(row) for row in rows}
        unknown = Slot("", "", judged=False, most=0)
        return tuple(found.get(number, unknown) for number in range(1, max(found, default=0) + 1))

    def _field(self, row: Field) -> Slot:
        place, data_type, table, low, high = row
        name = place.replace("_", "-")
        slot = replace(
            self._slot(name, data_type, table, 1),
            required=low > 0,
            most=max(high, 0),
            longest=extensions().longest.get((self.name, name), 0),
        )
        if name in ("MSH-1", "MSH-2") or high == 0:
            return replace(slot, judged=False, most=0)
        return _corrected(slot, self.name)

    def _slot(self, name: str, data_type: str | None, table: str | None, level: int) -> Slot:
        parts = self._parts(data_type, level) if level < _LEVELS else ()
        if data_type not in _SIMPLE and not parts:
            return Slot(name, data_type or "", judged=False)
        kind = str(data_type)
        number = (table or self._older_table(name, level)).removeprefix("HL7")
        codes = self._codes(number) if kind == "ID" and number else None
        return Slot(name, kind, parts, table=number, codes=codes, shape=_SHAPES.get(kind))

    def _older_table(self, name: str, level: int) -> str:
        """The table of a component in v2.5.1: our copy of v2.6 names none for components."""
        if self.name != "2.6" or level == 1:
            return ""
        return hl7tables.of("2.5.1").tables.get(name) or ""

    def _parts(self, data_type: str | None, level: int) -> tuple[Slot, ...]:
        """What a data type is made of: the same wherever it stands at that level."""
        if (data_type, level) not in self._parts_of:
            self._parts_of[data_type, level] = self._compile_parts(str(data_type), level)
        return self._parts_of[data_type, level]

    def _compile_parts(self, data_type: str, level: int) -> tuple[Slot, ...]:
        rows = self._tables.parts.get(data_type, ())
        rows = tuple(sorted(rows, key=lambda row: int(row[0].rsplit("_", 1)[1])))
        slots = [self._slot(name, kind, table, level + 1) for name, kind, table in rows]
        if data_type == "TS" and slots:  # before v2.5 its first component is called a string
            slots[0] = replace(slots[0], type="DTM", shape=_SHAPES["DTM"])
        more = extensions().components.get(data_type, 0) - len(slots)
        slots += [Slot("", "", judged=False)] * (more if slots else 0)
        return tuple(slots)

    def _codes(self, number: str) -> frozenset[bytes] | None:
        """The codes of an HL7 table; None when it is open, or too poor to judge by."""
        if number not in self._codes_of:
            self._codes_of[number] = self._compile_codes(number)
        return self._codes_of[number]

    def _compile_codes(self, number: str) -> frozenset[bytes] | None:
        codes = self._tables.codes.get(f"HL7{number}", ())
        if number in extensions().open or isinstance(codes, str) or len(codes) < 2:
            return None
        also = extensions().codes.get(number, frozenset())
        return frozenset(code.encode() for code in codes) | also

    def _compile_value(self, data_type: str) -> Slot | None:
        if data_type not in self._data_types:
            return None
        slot = self._slot("OBX-5", data_type, None, 1)
        return replace(slot, most=0)

    @cached_property
    def _data_types(self) -> frozenset[str]:
        listed, simple = self._tables.codes["HL70125"], self._tables.simple
        return frozenset((*listed, *self._tables.parts, *simple)) - {"WD"}

    def _compile_structure(self, name: str) -> Part | None:
        found = self._tables.messages.get(name)
        if found is None:
            return None
        part = Part(name, tuple(self._members(name, name, found)))
        return None if "ANYHL7SEGMENT" in part.names else part

    def _members(self, message: str, group: str, rows: Iterable[Member]) -> Iterator[Part]:
        for row in rows:
            yield self._member(message, row)
        for addition in extensions().additions:
            if addition.ending == group and addition.applies(message):
                yield Part(addition.segment, required=False, repeats=True)

    def _member(self, message: str, row: Member) -> Part:
        name, low, high, sort = row
        required, repeats = low > 0, high != 1
        if sort == "SEG":
            return _followed(Part(name, (), False, required, repeats), message)
        kind, rows = self._tables.groups[name]
        if kind == "choice":
            members = tuple(self._member(message, inner) for inner in rows)
            title = "|".join(inner.name for inner in members)
            return _followed(Part(title, members, True, required, repeats), message)
        return Part(name, tuple(self._members(message, name, rows)), False, required, repeats)


@cache
def version(name: str) -> Version | None:
    """The version of that name (MSH-12.1); None when there are no tables for it."""
    return Version(name) if name in VERSIONS else None


def _followed(part: Part, message: str) -> Part:
    """The segment, or the choice, with what may come behind it beside the standard's structure."""
    heads = {inner.name for inner in part.parts} if part.choice else {part.name}
    behind = tuple(
        Part(addition.segment, required=False, repeats=True)
        for addition in extensions().additions
        if addition.after in heads and addition.applies(message)
    )
    if not behind:
        return part
    head = replace(part, required=True, repeats=False)
    return Part(f"{part.name}_WITH", (head, *behind), False, part.required, part.repeats)


def _corrected(slot: Slot, version_name: str) -> Slot:
    row = extensions().corrections.get((version_name, slot.name))
    if row is None:
        return slot
    repeats = row.get("repeats")
    most = slot.most if repeats is None else 0 if repeats.text == "*" else int(repeats.text)
    return replace(slot, required=slot.required and row.get("usage") is None, most=most)


# -- what practice adds ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Addition:
    """A segment that may stand behind another one (`after`), or end a group (`ending`)."""

    segment: str
    after: str
    ending: str
    messages: tuple[str, ...]

    def applies(self, message: str) -> bool:
        """True for a structure that it is about; all of them when it names none."""
        return not self.messages or message in self.messages


@dataclass(frozen=True, slots=True)
class Extensions:
    """`schemas/standard/*.yaml`, read. Keys of `longest`, `corrections`: version and field."""

    codes: Mapping[str, frozenset[bytes]]
    open: frozenset[str]
    local: frozenset[str]
    components: Mapping[str, int]
    segments: frozenset[str]
    additions: tuple[Addition, ...]
    corrections: Mapping[tuple[str, str], Item]
    longest: Mapping[tuple[str, str], int]
    events: Mapping[str, str]


@cache
def extensions() -> Extensions:
    """What practice adds. Raises HarnessError when one of the files does not hold."""
    folder = data.path("schemas", "standard")
    content = yamlfile.load(folder / "extensions.yaml")
    structures = yamlfile.load(folder / "events.yaml").need("structures").fields
    lengths = yamlfile.load(folder / "lengths.yaml").need("lengths").items
    return Extensions(
        codes=_added_codes(content.need("codes").items),
        open=frozenset(content.need("open").fields),
        local=frozenset(content.need("local").texts),
        components={
            row.need("type").text: int(row.need("count").text)
            for row in content.need("components").items
        },
        segments=frozenset(row.need("name").text for row in content.need("segments").items),
        additions=tuple(map(_addition, content.need("structures").items)),
        corrections={
            (row.need("version").text, row.need("field").text): row
            for row in content.need("corrections").items
        },
        longest=dict(_longest(lengths)),
        events={event: name for name, item in structures.items() for event in item.texts},
    )


def _added_codes(rows: Iterable[Item]) -> Mapping[str, frozenset[bytes]]:
    found: dict[str, frozenset[bytes]] = {}
    for row in rows:
        row.only(frozenset({"table", "source", "add"}))
        added = frozenset(code.encode() for code in row.need("add").texts)
        table = row.need("table").text
        found[table] = found.get(table, frozenset()) | added
    return found


def _addition(row: Item) -> Addition:
    row.only(frozenset({"segment", "after", "ending", "in", "source"}))
    after, ending, messages = row.get("after"), row.get("ending"), row.get("in")
    return Addition(
        row.need("segment").text,
        after.text if after else "",
        ending.text if ending else "",
        messages.texts if messages else (),
    )


def _longest(rows: Iterable[Item]) -> Iterator[tuple[tuple[str, str], int]]:
    for row in rows:
        row.only(frozenset({"fields", "versions", "longest"}))
        for name in row.need("fields").texts:
            for version_name in row.need("versions").texts:
                yield (version_name, name), int(row.need("longest").text)
