"""A transmission against those before it: what is replaced or deleted is the latest version.

Asked only where an earlier version of the same document is known: by its set (setId) or, where one
of the two has none, by its type.
Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, replacement and deletion; transmission
fact sheet, 3.2.
"""

from collections.abc import Iterator
from typing import Final

from harness.rules.checks.transmission_content import id_of, ids, parents, shown
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.rules.transmitted import document_numbers, participants
from harness.text import Text, plain, say
from harness.wire.cda import Document
from harness.wire.er7 import Node

_ROOT: Final = "/cda:ClinicalDocument"
_AUTHOR: Final = f"{_ROOT}/cda:author/cda:assignedAuthor"
_PATIENT: Final = f"{_ROOT}/cda:recordTarget/cda:patientRole/cda:id"


def _status(subject: Subject) -> Node:
    numbers = document_numbers(subject.carried)
    return subject.carried.node(f"OBX[{numbers[0]}]-11" if numbers else "OBX-11")


def _sent(subject: Subject) -> list[tuple[Subject, Document]]:
    """Every transmission of the same kind before this one, with a document that can be read."""
    past = ((one, one.document) for one in subject.earlier if one.kind == subject.kind)
    return [(one, document) for one, document in past if document and document.is_cda]


def _latest(subject: Subject) -> tuple[Subject, Document] | None:
    """The last version of this document that was sent before."""
    document = subject.document
    if document is None or not document.is_cda:
        return None
    for same in (_same_set, _replaced, _same_type):
        found = [pair for pair in _sent(subject) if same(document, pair[1])]
        if found:
            return found[-1]
    return None


def _same_set(one: Document, other: Document) -> bool:
    sets = [ids(document, f"{_ROOT}/cda:setId") for document in (one, other)]
    return all(sets) and sets[0] == sets[1]


def _replaced(one: Document, other: Document) -> bool:
    return id_of(other) in parents(one)


def _same_type(one: Document, other: Document) -> bool:
    """Only where one of the two belongs to no set."""
    sets = [ids(document, f"{_ROOT}/cda:setId") for document in (one, other)]
    codes = [document.first(f"{_ROOT}/cda:code/@code") for document in (one, other)]
    return not all(sets) and codes[0] == codes[1]


def _of_action(subject: Subject, *statuses: str) -> Text | None:
    """None when the action is one of these and an earlier version is known; else the reason."""
    if _status(subject).value not in statuses:
        return say("when.not_so", condition=f"OBX-11 = {', '.join(statuses)}")
    return None if _latest(subject) else say("when.no_version")


def _replaces(subject: Subject) -> Text | None:
    return _of_action(subject, "C")


def _deletes(subject: Subject) -> Text | None:
    return _of_action(subject, "D")


def _changes(subject: Subject) -> Text | None:
    return _of_action(subject, "C", "D")


@named("replaces-the-latest", when=_replaces)
def replaces_the_latest(subject: Subject) -> Iterator[Problem]:
    latest, document = _latest(subject), subject.document
    found = parents(document) if document else []
    wanted = id_of(latest[1]) if latest else None
    if wanted and len(found) == 1 and found[0] != wanted:
        yield Problem(_status(subject).at, quoted(shown(wanted)), quoted(shown(found[0])))


@named("replacement-id-is-new", when=_replaces)
def id_is_new(subject: Subject) -> Iterator[Problem]:
    own = id_of(subject.document) if subject.document else None
    if own and own in [id_of(document) for _, document in _sent(subject)]:
        yield Problem(_status(subject).at, say("transmission.new_id"), quoted(shown(own)))


@named("versions-of-one-set", when=_replaces)
def one_set(subject: Subject) -> Iterator[Problem]:
    """The same set, and a number that grows."""
    latest, document = _latest(subject), subject.document
    if latest is None or document is None:
        return
    before, now = (ids(d, f"{_ROOT}/cda:setId") for d in (latest[1], document))
    if before and now and before != now:
        yield Problem(_status(subject).at, quoted(shown(before[0])), quoted(shown(now[0])))
    old, new = (d.first(f"{_ROOT}/cda:versionNumber/@value") for d in (latest[1], document))
    if old.isdigit() and new.isdigit() and int(new) <= int(old):
        expected = say("transmission.version", number=f"> {old}")
        yield Problem(_status(subject).at, expected, plain(new))


@named("deletes-the-latest", when=_deletes)
def deletes_the_latest(subject: Subject) -> Iterator[Problem]:
    latest = _latest(subject)
    wanted = id_of(latest[1]) if latest else None
    own = id_of(subject.document) if subject.document else None
    if wanted and own and own != wanted:
        yield Problem(_status(subject).at, quoted(shown(wanted)), quoted(shown(own)))


@named("same-patient-as-before", when=_changes)
def same_patient(subject: Subject) -> Iterator[Problem]:
    latest, document = _latest(subject), subject.document
    before, now = (set(ids(d, _PATIENT)) if d else set() for d in (latest and latest[1], document))
    if before and now and not before & now:
        expected = say("transmission.patient_before")
        yield Problem(_status(subject).at, expected, say("transmission.patient_other"))


@named("changed-by-its-author", when=_changes)
def changed_by_its_author(subject: Subject) -> Iterator[Problem]:
    """The sender is an author of the latest version, of an author's organisation, or its sender."""
    latest = _latest(subject)
    if latest is None:
        return
    people, structures = _allowed(*latest)
    for path in participants(subject.carried, "SB"):
        person, structure = (subject.carried.node(f"{path}-{n}") for n in ("5.1", "8.10"))
        known = person.value.strip() in people or structure.value.strip() in structures
        if (person.present or structure.present) and not known:
            yield Problem(person.at, say("participant.same_author"), quoted(person.value))


def _allowed(past: Subject, document: Document) -> tuple[set[str], set[str]]:
    people = {extension for _, extension in ids(document, f"{_AUTHOR}/cda:id")}
    places = ids(document, f"{_AUTHOR}/cda:representedOrganization/cda:id")
    structures = {extension for _, extension in places}
    for path in participants(past.carried, "SB"):
        people.add(past.carried.first(f"{path}-5.1").strip())
        structures.add(past.carried.first(f"{path}-8.10").strip())
    return people - {""}, structures - {""}
