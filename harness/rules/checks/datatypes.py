"""Data types whose components depend on one another: HD, CX, XCN, EI, CE.

Source: Interop'Santé, Contraintes sur les types de données HL7 v2.5, 1.8.2.
"""

import re
from collections.abc import Iterator
from typing import Final

from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import plain, say
from harness.wire.er7 import Node

_TYPES: Final = ("ISO", "DNS", "UUID", "L", "M", "N")
_PEOPLE: Final = ("PV1-7", "PV1-8", "ORC-10", "ORC-11", "ORC-12", "OBR-16")
_NUMBERS: Final = ("ORC-2", "ORC-3", "OBR-2", "OBR-3")
_CODES: Final = ("OBR-4", "OBX-3")
_OID: Final = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)
_FINESS: Final = re.compile(r"\d[\dAB]\d{7}", re.ASCII)


def _parts(subject: Subject, path: str, *numbers: int) -> Iterator[tuple[Node, ...]]:
    """Each repetition that the path names, cut into the components asked for."""
    message = subject.carried
    segment, _, field = path.partition("-")
    if not message.holds(segment, int(field)):
        return
    for whole in message.at(path):
        if whole.present:
            yield tuple(map(whole.part, numbers))


def _authorities(subject: Subject, *numbers: int) -> Iterator[tuple[Node, ...]]:
    """Sub-components of CX-4 of patient, account and visit numbers; the INS has its own rules."""
    for path in ("PID-3", "PID-18", "PV1-19"):
        for whole in subject.carried.at(path):
            if whole.present and whole.part(5).value != "INS":
                yield tuple(whole.part(4, number) for number in numbers)


@named("identifier-has-authority")
def has_authority(subject: Subject) -> Iterator[Problem]:
    for path in ("PID-18", "PV1-19"):
        for number, authority in _parts(subject, path, 1, 4):
            if number.present and not authority.present:
                yield Problem(authority.at, say("value.some"), say("value.absent"))


@named("authority-is-typed")
def authority_is_typed(subject: Subject) -> Iterator[Problem]:
    for identifier, kind in _authorities(subject, 2, 3):
        if identifier.present != kind.present:
            missing = kind if identifier.present else identifier
            yield Problem(missing.at, say("value.some"), say("value.absent"))


@named("authority-type")
def authority_type(subject: Subject) -> Iterator[Problem]:
    for kind, _ in _authorities(subject, 3, 2):
        if kind.present and kind.value not in _TYPES:
            words = ", ".join(f"`{name}`" for name in _TYPES)
            yield Problem(kind.at, say("value.one_of", values=words), quoted(kind.value))


@named("authority-finess")
def authority_finess(subject: Subject) -> Iterator[Problem]:
    for identifier, kind in _authorities(subject, 2, 3):
        wrong = identifier.present and not _FINESS.fullmatch(identifier.value)
        if kind.value in ("M", "N") and wrong:
            yield Problem(identifier.at, say("types.finess"), quoted(identifier.value))


@named("authority-oid")
def authority_oid(subject: Subject) -> Iterator[Problem]:
    for identifier, kind in _authorities(subject, 2, 3):
        wrong = identifier.present and not _OID.fullmatch(identifier.value)
        if kind.value == "ISO" and wrong:
            yield Problem(identifier.at, say("types.oid"), quoted(identifier.value))


@named("name-type-of-person")
def name_type(subject: Subject) -> Iterator[Problem]:
    for path in _PEOPLE:
        for family, kind in _parts(subject, path, 2, 10):
            if family.present and kind.value not in ("D", "L"):
                actual = quoted(kind.value) if kind.present else say("value.absent")
                yield Problem(kind.at, plain("`D` / `L`"), actual)


@named("identifier-type-of-person")
def identifier_type(subject: Subject) -> Iterator[Problem]:
    for path in _PEOPLE:
        for number, kind in _parts(subject, path, 1, 13):
            if number.present and not kind.present:
                yield Problem(kind.at, say("types.person"), say("value.absent"))


@named("entity-identifier-form")
def entity_identifier(subject: Subject) -> Iterator[Problem]:
    """EI-1 with EI-2, or with EI-3 and EI-4."""
    for path in _NUMBERS:
        for number, name, identifier, kind in _parts(subject, path, 1, 2, 3, 4):
            typed = identifier.present and kind.present
            if number.present and not (name.present or typed):
                missing = kind if identifier.present else identifier
                yield Problem(missing.at, say("types.authority"), say("value.absent"))


@named("code-has-system")
def code_has_system(subject: Subject) -> Iterator[Problem]:
    for path in _CODES:
        for code, system in _parts(subject, path, 1, 3):
            if code.present and not system.present:
                yield Problem(system.at, say("value.some"), say("value.absent"))
