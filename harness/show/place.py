"""What is known of a place in a message: its name in the standard, the data, the rules about it.

Names and data types come from hl7apy's tables of HL7 v2.5.1, and of later versions for segments
that are younger; French names from our catalogue.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any, Final

from harness.errors import HarnessError
from harness.rules.elements import Element
from harness.rules.profile import Profile
from harness.rules.rule import Rule
from harness.text import Text, catalogue, plain, say
from harness.wire import er7path
from harness.wire.edit import Edit
from harness.wire.er7 import Message, Node
from harness.wire.er7path import Path

_VERSIONS: Final = ("v2_5_1", "v2_6", "v2_7", "v2_8_2")
_OWN: Final[Mapping[str, tuple[str, str]]] = {"ZDS-1": ("STUDY_INSTANCE_UID", "RP")}
_IN_ID: Final = re.compile(r"-([A-Z][A-Z0-9]{2}-\d+)(?:-|$)")
_NO_MESSAGE: Final = frozenset({"CR", "DA", "CDA", "STEP"})
_INITIALS: Final = {"Id": "ID", "Ssn": "SSN", "Pid": "PID", "Hl7": "HL7", "Uid": "UID"}


@dataclass(frozen=True, slots=True)
class Standard:
    """A segment, field or component as the standard has it. `version` is HL7's, empty for ours.

    `type` is empty for a segment, `table` when no table belongs to it. `parts` are what it is made
    of, by place.
    """

    place: str
    name: Text
    version: str
    type: str = ""
    table: str = ""
    repeats: bool = False
    parts: tuple["Standard", ...] = ()


# -- the standard ---------------------------------------------------------------------------


def standard(path: Path) -> Standard:
    """What the standard says of a place. Raises HarnessError when it has no such place."""
    found = _segment(path.segment)
    if found is None:
        near = get_close_matches(path.segment, _segments(), n=1, cutoff=0.5)
        raise HarnessError(say("place.no_segment", name=path.segment), hint=_did_you_mean(near))
    for number in (path.field, path.component, path.sub):
        if number is None:
            break
        found = _part(found, number)
    return found


def _part(whole: Standard, number: int) -> Standard:
    mark = "." if "-" in whole.place else "-"
    place = f"{whole.place}{mark}{number}"
    found = next((part for part in whole.parts if part.place == place), None)
    if found is None and _open(whole):
        return Standard(place, plain("-"), whole.version)
    if found is None:
        last = whole.parts[-1].place if whole.parts else whole.place
        raise HarnessError(say("place.no_part", place=place, whole=whole.place, last=last))
    return found


def _open(whole: Standard) -> bool:
    """What it is made of depends on the message (OBX-5), or a site decides (Z segments)."""
    return whole.type == "varies" or whole.place[0] == "Z" or whole.name == plain("-")


def _did_you_mean(near: list[str]) -> Text | None:
    return say("yaml.did_you_mean", word=near[0]) if near else None


@cache
def _tables(version: str) -> Any:
    return import_module(f"hl7apy.{version}")


@cache
def _segments() -> tuple[str, ...]:
    known = {name for version in _VERSIONS for name in _tables(version).SEGMENTS}
    return tuple(sorted(known | {place[:3] for place in _OWN}))


@cache
def _segment(name: str) -> Standard | None:
    title = catalogue().get(f"segment.{name}", plain(name))
    for version in _VERSIONS:
        entry = _tables(version).SEGMENTS.get(name)
        if entry:
            told = version.removeprefix("v").replace("_", ".")
            fields = tuple(_field(name, place, told) for place in entry[1])
            return Standard(name, title, told, parts=fields)
    own = [place for place in _OWN if place.startswith(f"{name}-")]
    parts = tuple(_of_ours(place) for place in own)
    return Standard(name, title, "", parts=parts) if parts else None


def _of_ours(place: str) -> Standard:
    title, kind = _OWN[place]
    parts = _children(place, _tables("v2_5_1").DATATYPES_STRUCTS[kind], "")
    return Standard(place, _named(place, title), "", kind, parts=parts)


def _field(segment: str, entry: Any, version: str) -> Standard:
    place = f"{segment}-{entry[0].rpartition('_')[2]}"
    return _described(place, entry[1], version, repeats=entry[2][1] != 1)


def _described(place: str, entry: Any, version: str, *, repeats: bool = False) -> Standard:
    _, children, kind, title, table, _ = entry
    name, number = _named(place, title), str(table or "").removeprefix("HL7")
    parts = _children(place, children or (), version)
    return Standard(place, name, version, kind or "", number, repeats, parts)


def _children(place: str, children: Any, version: str) -> tuple[Standard, ...]:
    return tuple(
        _described(f"{place}.{number}", child[1], version)
        for number, child in enumerate(children, 1)
    )


def _named(place: str, title: str) -> Text:
    said = catalogue().get(f"field.{place}")
    words = (title or "-").replace("_S_", "'s_").replace("_", " ").title().split()
    english = " ".join(_INITIALS.get(word, word) for word in words).replace("'S", "'s")
    return Text(said.fr if said else english, english)


# -- the rules and the data -----------------------------------------------------------------


def places_of(rule: Rule) -> tuple[str, ...]:
    """The places in a message that a rule is about: those it names, those that break it.

    A rule that says neither is about the place in its section, or in its own id. Rules about
    documents are about no such place.
    """
    if rule.kinds <= _NO_MESSAGE:
        return ()
    places = [place for place in rule.at.split(", ") if er7path.is_path(place)]
    places = places or [p for edits in rule.mutants for p in _changed(edits) if _exists(p)]
    if not places and er7path.is_path(rule.source.section):
        places = [rule.source.section]
    in_id = _IN_ID.search(rule.id)
    if not places and in_id and _exists(in_id[1]):
        places = [in_id[1]]
    return tuple(dict.fromkeys(places))


def _exists(place: str) -> bool:
    try:
        standard(er7path.parse(place))
    except HarnessError:
        return False
    return True


def _changed(edits: tuple[Edit, ...]) -> list[str]:
    """The first place changed; where all are removed, a datum stood at any of them."""
    every = all(edit.verb == "remove" for edit in edits)
    places = [edit.place for edit in edits if edit.verb in ("set", "remove", "repeat")]
    return [place for place in (places if every else places[:1]) if er7path.is_path(place)]


def overlaps(one: Path, other: Path) -> bool:
    """One place is the other, or inside it. What picks a repetition is ignored."""
    pairs = zip(_steps(one), _steps(other), strict=True)
    return all(a == b or a is None or b is None for a, b in pairs)


def _steps(path: Path) -> tuple[str | int | None, ...]:
    return path.segment, path.field, path.component, path.sub


def rules_about(profile: Profile, path: Path, kind: str | None) -> tuple[Rule, ...]:
    """The rules about a place, of one kind of message when it is given."""
    return tuple(
        rule
        for rule in profile.rules
        if (kind is None or kind in rule.kinds)
        and any(overlaps(path, er7path.parse(place)) for place in places_of(rule))
    )


def elements_at(profile: Profile, path: Path) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """The business data that may stand at a place, and where exactly."""
    for element in profile.elements.values():
        places = [p for p in element.places if overlaps(path, er7path.parse(p))]
        if places:
            yield element, tuple(places)


def values(message: Message, path: Path, limit: int = 3) -> tuple[Node, ...]:
    """What stands at a place of a message; of a whole segment, its lines."""
    field = f"-{path.field}" if path.field else ""
    inner = "".join(f".{part}" for part in (path.component, path.sub) if part)
    nodes = (node for node in message.at(path.segment + field + inner) if node.present)
    return tuple(node for node, _ in zip(nodes, range(limit), strict=False))
