"""A transmission of documents as a whole: its event, its action, what it announces.

Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, sections on MSH-9, ORC-1, OBR-4, OBX.
"""

from collections.abc import Iterator
from typing import Final

from harness.rules import valuesets
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.rules.transmitted import document_numbers
from harness.text import plain, say
from harness.wire.er7 import Node

_EVENTS: Final = ("ORU^R01^ORU_R01", "MDM^T02^MDM_T02", "MDM^T04^MDM_T02", "MDM^T10^MDM_T02")
_STATUS_OF: Final = {"NW": "F", "RO": "C", "CA": "D"}
_STATUSES: Final = frozenset(_STATUS_OF.values())
_SYSTEMS: Final = frozenset({"LN", "TRE_A05"})
_CONTROL_OF: Final = {"T02": "NW", "T10": "RO", "T04": "CA"}


def parts(subject: Subject, field: str) -> Iterator[Node]:
    """A field or component of every OBX that carries a document."""
    for number in document_numbers(subject.carried):
        yield subject.carried.node(f"OBX[{number}]-{field}")


def unlike(node: Node, expected: str) -> Problem:
    """The node does not hold the one value that it must hold."""
    actual = quoted(node.value) if node.present else say("value.absent")
    return Problem(node.at, plain(f"`{expected}`"), actual)


@named("transmission-event")
def event(subject: Subject) -> Iterator[Problem]:
    node = subject.carried.node("MSH-9")
    if node.value not in _EVENTS:
        yield Problem(node.at, plain(", ".join(f"`{e}`" for e in _EVENTS)), quoted(node.value))


@named("action-agrees")
def action_agrees(subject: Subject) -> Iterator[Problem]:
    """ORC-1, OBX-11 of each document, and for MDM the event. The first that differs is blamed."""
    control = subject.carried.node("ORC-1")
    wanted = _CONTROL_OF.get(subject.carried.first("MSH-9.2"), control.value)
    if control.value != wanted and control.value in _STATUS_OF:
        yield Problem(control.at, plain(f"`{wanted}`"), quoted(control.value))
    expected = _STATUS_OF.get(wanted)
    if expected is None:
        return
    for status in parts(subject, "11"):
        if status.value in _STATUSES and status.value != expected:
            words = say("transmission.action", status=expected, control=wanted)
            yield Problem(status.at, words, quoted(status.value))


@named("document-code-agrees")
def code_agrees(subject: Subject) -> Iterator[Problem]:
    for component in ("1", "3"):
        wanted = subject.carried.node(f"OBR-4.{component}")
        if component == "3" and wanted.value not in _SYSTEMS:
            return  # OBR-4 is blamed already
        for found in parts(subject, f"3.{component}"):
            if wanted.present and found.value.strip() != wanted.value.strip():
                expected = say("value.same", value=quoted(wanted.value), place="OBR-4." + component)
                actual = quoted(found.value) if found.present else say("value.absent")
                yield Problem(found.at, expected, actual)


@named("document-type-known")
def type_known(subject: Subject) -> Iterator[Problem]:
    """Where a document is there, its own code is judged, and OBR-4 must be the same."""
    node = subject.carried.node("OBR-4.1")
    document = subject.document
    if not node.present or (document and document.first("/cda:ClinicalDocument/cda:code/@code")):
        return
    known = valuesets.load("jdv-xds-type-code")
    if node.value.strip() not in known.codes:
        expected = say("value.in_set", name=known.name, oid=known.oid)
        yield Problem(node.at, expected, quoted(node.value))


@named("codes-are-labelled")
def labelled(subject: Subject) -> Iterator[Problem]:
    """OBR-4 and OBX-3: where they differ, OBX-3 is told by itself."""
    for path in ("OBR-4", "OBX-3"):
        for whole in subject.carried.at(path):
            code, label = whole.part(1), whole.part(2)
            if code.present and not label.present:
                yield Problem(label.at, say("value.some"), say("value.absent"))


@named("codes-without-blanks")
def no_blanks(subject: Subject) -> Iterator[Problem]:
    """Around a coded component; in the name of an authority, anywhere."""
    for path in ("MSH-21", "OBR-4", "OBX-3", "PRT-4"):
        for whole in subject.carried.at(path):
            for number in (1, 2, 3) if whole.is_placed else ():
                yield from _blank(whole.part(number), inside=False)
    for name in subject.carried.at("PRT-5.9.1"):
        yield from _blank(name, inside=True)


def _blank(node: Node, *, inside: bool) -> Iterator[Problem]:
    value = node.value
    if value != value.strip() or (inside and " " in value):
        tidy = value.replace(" ", "") if inside else value.strip()
        yield Problem(node.at, quoted(tidy), quoted(value))


@named("observations-are-numbered")
def numbered(subject: Subject) -> Iterator[Problem]:
    """Each number is larger than the one before: the numbering runs over all OBX."""
    last = 0
    for node in subject.carried.at("OBX-1"):
        if not node.value.isdigit():
            continue
        if int(node.value) <= last:
            yield Problem(node.at, say("transmission.larger", number=last), quoted(node.value))
        last = int(node.value)
