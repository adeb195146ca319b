"""The documents of a transmission: the OBX around each, its bytes, and whether it is a CDA.

One fault, one finding: what cannot be decoded is not also blamed for not being XML, and so on.
Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, segment OBX of the document.
"""

from collections.abc import Iterator

from harness.rules.checks.transmission import parts, unlike
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.rules.transmitted import document_in, document_nodes, document_numbers
from harness.text import Text, plain, say
from harness.wire import ed
from harness.wire.cda import Document
from harness.wire.er7 import Node
from harness.wire.location import Location

_CODE = "/cda:ClinicalDocument/cda:code/@code"


@named("has-document")
def has_document(subject: Subject) -> Iterator[Problem]:
    if not document_numbers(subject.carried):
        at = subject.carried.node("OBX-2").at
        yield Problem(at, plain("`ED`"), say("transmission.no_document"))


@named("document-count")
def count(subject: Subject) -> Iterator[Problem]:
    """One in MDM; in ORU one, or the same in two forms."""
    most = 1 if subject.carried.first("MSH-9.1") == "MDM" else 2
    found = document_numbers(subject.carried)
    if len(found) > most:
        at = subject.carried.node(f"OBX[{found[most]}]-2").at
        yield Problem(at, say("value.count", count=f"1..{most}"), plain(str(len(found))))


@named("document-data-type")
def data_type(subject: Subject) -> Iterator[Problem]:
    """Read without regard to case: the guide itself writes it three ways."""
    for node in parts(subject, "5.2"):
        if node.value.upper() != "TEXT":
            yield unlike(node, _data_type(subject))


@named("document-data-type-case")
def data_type_case(subject: Subject) -> Iterator[Problem]:
    for node in parts(subject, "5.2"):
        if node.value.upper() == "TEXT" and node.value != _data_type(subject):
            yield unlike(node, _data_type(subject))


def _data_type(subject: Subject) -> str:
    return "text" if subject.carried.first("MSH-9.1") == "MDM" else "TEXT"


@named("document-subtype")
def subtype(subject: Subject) -> Iterator[Problem]:
    yield from (unlike(node, "XML") for node in parts(subject, "5.3") if node.value != "XML")


@named("document-encoding")
def encoding(subject: Subject) -> Iterator[Problem]:
    yield from (unlike(node, "Base64") for node in parts(subject, "5.4") if node.value != "Base64")


@named("document-status")
def status(subject: Subject) -> Iterator[Problem]:
    for node in parts(subject, "11"):
        if node.value not in ("F", "C", "D"):
            actual = quoted(node.value) if node.present else say("value.absent")
            yield Problem(node.at, say("value.one_of", values="`F`, `C`, `D`"), actual)


# -- the bytes ------------------------------------------------------------------------------


def inside(node: Node, offset: int | None) -> Location:
    """The place of a byte of OBX-5.5, or of its beginning."""
    start, end = node.at.span or (0, 0)
    first = start + (offset or 0)
    return Location(node.at.path, None, node.at.line, (first, min(first + 1, end)))


@named("document-base64")
def base64(subject: Subject) -> Iterator[Problem]:
    """Nothing there, or bytes that even a tolerant reader cannot decode without loss."""
    for node in document_nodes(subject.carried):
        lost = [one for one in ed.decode(node.data).problems if one.loses_data]
        for problem in lost[:1]:
            actual = say(problem.key, detail=problem.detail)
            yield Problem(inside(node, problem.offset), say("transmission.base64"), actual)


@named("document-base64-form")
def base64_form(subject: Subject) -> Iterator[Problem]:
    for node in document_nodes(subject.carried):
        problems = ed.decode(node.data).problems
        if problems and not any(problem.loses_data for problem in problems):
            first = problems[0]
            actual = say(first.key, detail=first.detail)
            yield Problem(inside(node, first.offset), say("transmission.base64"), actual)


def _decoded(subject: Subject) -> Iterator[tuple[Node, bytes]]:
    for node in document_nodes(subject.carried):
        decoded = ed.decode(node.data)
        if decoded.data and not any(problem.loses_data for problem in decoded.problems):
            yield node, decoded.data


@named("document-xml")
def xml(subject: Subject) -> Iterator[Problem]:
    for node, content in _decoded(subject):
        document = document_in(node)
        if document is None:
            kind = ed.looks_like(content)
            yield Problem(inside(node, 0), say("transmission.xml"), say(f"content.{kind}"))
        elif document.refusal:
            yield Problem(inside(node, 0), say("transmission.xml"), _refusal(document))


def _refusal(document: Document) -> Text:
    refusal = document.refusal
    if refusal is None:
        return say("value.absent")
    if refusal.line is None:
        return refusal.text
    return say("transmission.refused", line=refusal.line, reason=refusal.text)


@named("document-cda")
def cda(subject: Subject) -> Iterator[Problem]:
    for node in document_nodes(subject.carried):
        document = document_in(node)
        if document and document.root is not None and not document.is_cda:
            found = quoted(str(document.root.tag))
            yield Problem(inside(node, 0), plain("`{urn:hl7-org:v3}ClinicalDocument`"), found)


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
    found = document.first(_CODE)
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
