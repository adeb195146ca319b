"""National identifiers of professionals (XCN) and structures (XON), wherever they stand.

Authority or type tells that a number is national. One fault, one finding: form, then key.
Source: Interop'Santé, types de données HL7 v2.5, 1.8.2; INS fact sheet, section 9.1;
ANS teleradiology fact sheet, C2 to C7.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.rules import national
from harness.rules.named import named
from harness.rules.national import National
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import Text, plain, say
from harness.wire.er7 import Node

_XCN: Final = (
    *("EVN-5", "PD1-4", "PV1-7", "PV1-8", "PV1-9", "PV1-17", "ORC-10", "ORC-11", "ORC-12"),
    *("ORC-19", "OBR-10", "OBR-16", "OBR-28", "OBX-16", "PRT-5", "TXA-5", "TXA-9", "TXA-10"),
    *("TXA-11", "TXA-22"),
)
_NDL: Final = ("OBR-32", "OBR-33", "OBR-34", "OBR-35")
_XON: Final = ("PD1-3", "ORC-21", "OBX-23", "PRT-8")
_TYPED: Final = ("IDNPS", "IDNST")  # types whose numbers always begin with a type digit


Place = tuple[int] | tuple[int, int]  # a component, or a sub-component of it


@dataclass(frozen=True, slots=True)
class _Held:
    """A number with its authority's OID and its type. `kind` is None where there is no place."""

    number: Node
    oid: Node
    kind: Node | None

    @property
    def type(self) -> str:
        return self.kind.value if self.kind else ""


def _at(
    subject: Subject, path: str, number: Place, oid: Place, kind: Place | None
) -> Iterator[_Held]:
    message = subject.carried
    segment, _, field = path.partition("-")
    if not message.holds(segment, int(field)):
        return
    for whole in message.at(path):
        node = whole.part(*number)
        if node.present:
            typed = whole.part(*kind) if kind else None
            yield _Held(node, whole.part(*oid), typed)


def _persons(subject: Subject) -> tuple[_Held, ...]:
    """Numbers of professionals that are national, by their authority or by their type."""
    return subject.once("persons", lambda asked: tuple(_find_persons(asked)))


def _find_persons(subject: Subject) -> Iterator[_Held]:
    xcn = (held for path in _XCN for held in _at(subject, path, (1,), (9, 2), (13,)))
    ndl = (held for path in _NDL for held in _at(subject, path, (1, 1), (1, 10), None))
    for found in (xcn, ndl):
        for held in found:
            if held.oid.value == national.PERSONS or held.type in national.PERSON_TYPES:
                yield held


def _structures(subject: Subject) -> tuple[_Held, ...]:
    return subject.once("structures", lambda asked: tuple(_find_structures(asked)))


def _find_structures(subject: Subject) -> Iterator[_Held]:
    for path in _XON:
        for held in _at(subject, path, (10,), (6, 2), (7,)):
            if held.oid.value == national.STRUCTURES or held.type in national.STRUCTURE_TYPES:
                yield held


def _read_person(held: _Held) -> National | None:
    return national.read_person(held.type, held.number.value)


def _read_structure(held: _Held) -> National | None:
    return national.read_structure(held.type, held.number.value)


def _form(held: _Held, words: str) -> Problem:
    blanks = any(char.isspace() for char in held.number.value.rstrip(" "))
    advice = say("national.blanks") if blanks else None
    return Problem(held.number.at, say(words), quoted(held.number.value), advice)


def _key(held: _Held, found: National) -> Problem:
    return Problem(held.number.at, say(f"national.key.{found.kind}"), quoted(found.number))


def _authority(held: _Held, oid: str) -> Iterator[Problem]:
    if held.oid.value != oid:
        actual = quoted(held.oid.value) if held.oid.present else say("value.absent")
        yield Problem(held.oid.at, plain(f"`{oid}`"), actual)


def _type(held: _Held, types: tuple[str, ...]) -> Iterator[Problem]:
    """Only a type that is there: a missing one is said by the rule on the data type."""
    if held.kind and held.kind.present and held.kind.value not in types:
        yield Problem(held.kind.at, _listed(types), quoted(held.kind.value))


def _listed(types: tuple[str, ...]) -> Text:
    return say("value.one_of", values=", ".join(f"`{one}`" for one in types))


# -- professionals --------------------------------------------------------------------------


@named("person-prefix")
def person_prefix(subject: Subject) -> Iterator[Problem]:
    for held in _persons(subject):
        if held.type in _TYPED and _read_person(held) is None:
            yield _form(held, "national.person")


@named("person-form")
def person_form(subject: Subject) -> Iterator[Problem]:
    for held in _persons(subject):
        known = held.type in ("", "RPPS", "ADELI")
        if known and _read_person(held) is None:
            yield _form(held, f"national.form.{held.type or 'person'}")


@named("person-bare")
def person_bare(subject: Subject) -> Iterator[Problem]:
    """RPPS or ADELI without the type digit: the guides print both, so information only."""
    for held in _persons(subject):
        found = _read_person(held)
        bare = found and found.number == held.number.value.rstrip(" ")
        if bare and held.type in ("RPPS", "ADELI"):
            yield _form(held, f"national.prefixed.{held.type}")


@named("person-key")
def person_key(subject: Subject) -> Iterator[Problem]:
    for held in _persons(subject):
        found = _read_person(held)
        if found and not found.has_key:
            yield _key(held, found)


@named("person-authority")
def person_authority(subject: Subject) -> Iterator[Problem]:
    for held in _persons(subject):
        yield from _authority(held, national.PERSONS)


@named("person-type")
def person_type(subject: Subject) -> Iterator[Problem]:
    for held in _persons(subject):
        yield from _type(held, ("IDNPS", "RPPS", "ADELI"))


# -- structures -----------------------------------------------------------------------------


@named("structure-prefix")
def structure_prefix(subject: Subject) -> Iterator[Problem]:
    for held in _structures(subject):
        if held.type in _TYPED and _read_structure(held) is None:
            yield _form(held, "national.structure")


@named("structure-form")
def structure_form(subject: Subject) -> Iterator[Problem]:
    for held in _structures(subject):
        known = held.type in (*national.STRUCTURE_TYPES, "") and held.type not in _TYPED
        if known and _read_structure(held) is None:
            yield _form(held, f"national.form.{_family(held.type)}")


def _family(kind: str) -> str:
    return {"SIREN": "SIREN", "SIRET": "SIRET", "": "structure"}.get(kind, "FINESS")


@named("structure-prefixed")
def structure_prefixed(subject: Subject) -> Iterator[Problem]:
    """A type digit in front of a FINESS, a SIREN or a SIRET whose type says the bare number."""
    for held in _structures(subject):
        found = _read_structure(held)
        digit = found and found.number != held.number.value.rstrip(" ")
        if digit and held.type and held.type not in _TYPED:
            yield _form(held, f"national.form.{_family(held.type)}")


@named("structure-key")
def structure_key(subject: Subject) -> Iterator[Problem]:
    for held in _structures(subject):
        found = _read_structure(held)
        if found and not found.has_key:
            yield _key(held, found)


@named("structure-authority")
def structure_authority(subject: Subject) -> Iterator[Problem]:
    for held in _structures(subject):
        yield from _authority(held, national.STRUCTURES)


@named("structure-type")
def structure_type(subject: Subject) -> Iterator[Problem]:
    for held in _structures(subject):
        if not held.type:
            yield Problem((held.kind or held.number).at, _wanted_types(), say("value.absent"))
        yield from _type(held, ("IDNST", "FINEG", "FINEJ", "FINESS", "SIREN", "SIRET"))


def _wanted_types() -> Text:
    return _listed(("IDNST", "FINEG", "FINEJ", "FINESS", "SIREN", "SIRET"))
