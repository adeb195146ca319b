"""A CDA document in an OBX: its event, its action, its bytes, and whether it is the right one.

One fault, one finding: what cannot be decoded is not also blamed for not being XML, and so on.
Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, sections on MSH-9, ORC-1 and OBX.
"""

from collections.abc import Iterator
from typing import Final

from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.rules.transmitted import document_node
from harness.text import Text, plain, say
from harness.wire import ed
from harness.wire.er7 import Node
from harness.wire.location import Location

_EVENTS: Final = ("ORU^R01^ORU_R01", "MDM^T02^MDM_T02", "MDM^T04^MDM_T02", "MDM^T10^MDM_T02")
_STATUS_OF: Final = {"NW": "F", "RO": "C", "CA": "D"}
_STATUSES: Final = frozenset(_STATUS_OF.values())
_SYSTEMS: Final = frozenset({"LN", "TRE_A05"})
_CONTROL_OF: Final = {"T02": "NW", "T10": "RO", "T04": "CA"}


def _part(subject: Subject, field: str) -> Node | None:
    """A field of the OBX that carries the document; None when there is no such OBX."""
    node = document_node(subject.carried)
    if node is None:
        return None
    segment = node.at.path.split("-")[0]
    return subject.carried.node(f"{segment}-{field}")


@named("transmission-event")
def event(subject: Subject) -> Iterator[Problem]:
    node = subject.carried.node("MSH-9")
    if node.value not in _EVENTS:
        yield Problem(node.at, plain(", ".join(f"`{e}`" for e in _EVENTS)), quoted(node.value))


@named("action-agrees")
def action_agrees(subject: Subject) -> Iterator[Problem]:
    """ORC-1, OBX-11 of the document, and for MDM the event. The first that differs is blamed."""
    control = subject.carried.node("ORC-1")
    wanted = _CONTROL_OF.get(subject.carried.first("MSH-9.2"), control.value)
    if control.value != wanted and control.value in _STATUS_OF:
        yield Problem(control.at, plain(f"`{wanted}`"), quoted(control.value))
    status = _part(subject, "11")
    expected = _STATUS_OF.get(wanted)
    if expected and status and status.value in _STATUSES and status.value != expected:
        words = say("transmission.action", status=expected, control=wanted)
        yield Problem(status.at, words, quoted(status.value))


@named("document-code-agrees")
def code_agrees(subject: Subject) -> Iterator[Problem]:
    for component in ("1", "3"):
        wanted = subject.carried.node(f"OBR-4.{component}")
        if component == "3" and wanted.value not in _SYSTEMS:
            return  # OBR-4 is blamed already
        found = _part(subject, f"3.{component}")
        if found and wanted.present and found.value.strip() != wanted.value.strip():
            expected = say("value.same", value=quoted(wanted.value), place=f"OBR-4.{component}")
            actual = quoted(found.value) if found.present else say("value.absent")
            yield Problem(found.at, expected, actual)


@named("has-document")
def has_document(subject: Subject) -> Iterator[Problem]:
    if document_node(subject.carried) is None:
        at = subject.carried.node("OBX-2").at
        yield Problem(at, plain("`ED`"), say("transmission.no_document"))


def _fixed(subject: Subject, field: str, wanted: str) -> Iterator[Problem]:
    node = _part(subject, field)
    if node and node.value != wanted:
        actual = quoted(node.value) if node.present else say("value.absent")
        yield Problem(node.at, plain(f"`{wanted}`"), actual)


@named("document-data-type")
def data_type(subject: Subject) -> Iterator[Problem]:
    """Read without regard to case: the guide itself writes it three ways."""
    node = _part(subject, "5.2")
    if node and node.value.upper() != "TEXT":
        yield from _fixed(subject, "5.2", "TEXT")


@named("document-subtype")
def subtype(subject: Subject) -> Iterator[Problem]:
    yield from _fixed(subject, "5.3", "XML")


@named("document-encoding")
def encoding(subject: Subject) -> Iterator[Problem]:
    yield from _fixed(subject, "5.4", "Base64")


@named("document-status")
def status(subject: Subject) -> Iterator[Problem]:
    node = _part(subject, "11")
    if node and node.value not in ("F", "C", "D"):
        actual = quoted(node.value) if node.present else say("value.absent")
        yield Problem(node.at, say("value.one_of", values="`F`, `C`, `D`"), actual)


# -- the bytes of the document --------------------------------------------------------------


def _inside(node: Node, offset: int | None) -> Location:
    """The place of a byte of OBX-5.5, or of its beginning."""
    start, end = node.at.span or (0, 0)
    first = start + (offset or 0)
    return Location(node.at.path, None, node.at.line, (first, min(first + 1, end)))


@named("document-base64")
def base64(subject: Subject) -> Iterator[Problem]:
    """Nothing there, or bytes that even a tolerant reader cannot decode without loss."""
    node = document_node(subject.carried)
    if node is None:
        return
    for problem in ed.decode(node.data).problems:
        if problem.loses_data:
            actual = say(problem.key, detail=problem.detail)
            yield Problem(_inside(node, problem.offset), say("transmission.base64"), actual)
            return


@named("document-base64-form")
def base64_form(subject: Subject) -> Iterator[Problem]:
    node = document_node(subject.carried)
    problems = ed.decode(node.data).problems if node else ()
    if node and problems and not any(problem.loses_data for problem in problems):
        first = problems[0]
        actual = say(first.key, detail=first.detail)
        yield Problem(_inside(node, first.offset), say("transmission.base64"), actual)


def _decoded(subject: Subject) -> tuple[Node, bytes] | None:
    node = document_node(subject.carried)
    decoded = ed.decode(node.data) if node else None
    if node is None or decoded is None or not decoded.data:
        return None
    if any(problem.loses_data for problem in decoded.problems):
        return None
    return node, decoded.data


@named("document-xml")
def xml(subject: Subject) -> Iterator[Problem]:
    found = _decoded(subject)
    if found is None:
        return
    node, content = found
    document = subject.document
    if document is None:
        kind = ed.looks_like(content)
        yield Problem(_inside(node, 0), say("transmission.xml"), say(f"content.{kind}"))
    elif document.refusal:
        where = Location(node.at.path, None, node.at.line, _inside(node, 0).span)
        yield Problem(where, say("transmission.xml"), _refusal(subject))


def _refusal(subject: Subject) -> Text:
    refusal = subject.document.refusal if subject.document else None
    if refusal is None:
        return say("value.absent")
    if refusal.line is None:
        return refusal.text
    return say("transmission.refused", line=refusal.line, reason=refusal.text)


@named("document-cda")
def cda(subject: Subject) -> Iterator[Problem]:
    node, document = document_node(subject.carried), subject.document
    if node and document and document.root is not None and not document.is_cda:
        found = quoted(str(document.root.tag))
        yield Problem(_inside(node, 0), plain("`{urn:hl7-org:v3}ClinicalDocument`"), found)


@named("xml-readable")
def xml_readable(subject: Subject) -> Iterator[Problem]:
    """A document on its own, not in a message."""
    document = subject.document
    if document and document.refusal and subject.message is None:
        at = Location(line=document.refusal.line)
        yield Problem(at, say("transmission.xml"), document.refusal.text)


@named("cda-root")
def cda_root(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    alone = subject.message is None
    if alone and document and document.root is not None and not document.is_cda:
        at = Location(xpath=document.path_of(document.root), line=document.root.sourceline)
        found = quoted(str(document.root.tag))
        yield Problem(at, plain("`{urn:hl7-org:v3}ClinicalDocument`"), found)


# -- the right document ---------------------------------------------------------------------


def _of_type(subject: Subject, code: str) -> Iterator[Problem]:
    document = subject.document
    if document is None or document.root is None or not document.is_cda:
        return
    found = document.first("/cda:ClinicalDocument/cda:code/@code")
    if found != code:
        at = next(document.at("/cda:ClinicalDocument/cda:code"), None)
        place = at.at if at else Location(xpath="/ClinicalDocument")
        yield Problem(place, plain(f"`{code}`"), quoted(found) if found else say("value.absent"))


@named("carries-request")
def carries_request(subject: Subject) -> Iterator[Problem]:
    yield from _of_type(subject, "55115-0")


@named("carries-report")
def carries_report(subject: Subject) -> Iterator[Problem]:
    yield from _of_type(subject, "18748-4")


@named("same-code-in-document")
def same_code(subject: Subject) -> Iterator[Problem]:
    document, node = subject.document, subject.carried.node("OBR-4.1")
    code = document.first("/cda:ClinicalDocument/cda:code/@code") if document else ""
    if code and node.present and node.value.strip() != code:
        expected = say("value.same", value=quoted(code), place="/ClinicalDocument/code")
        yield Problem(node.at, expected, quoted(node.value))
