"""What a message owes to those before it in the same conversation.

The message that differs from an earlier one is blamed: it introduced the difference.
Source: white paper, 3.1, 3.2.1 and 3.3.1 (activity diagrams, flows D and E).
"""

from collections.abc import Iterator

from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import say
from harness.wire.cda import Document
from harness.wire.er7 import Message
from harness.wire.location import Location

_ORDER = "/cda:ClinicalDocument/cda:inFulfillmentOf/cda:order"
_EVENT = "/cda:ClinicalDocument/cda:documentationOf/cda:serviceEvent"


@named("control-id-unique")
def control_id_unique(subject: Subject) -> Iterator[Problem]:
    node = subject.carried.node("MSH-10")
    for past in subject.earlier:
        if past.message and node.present and past.message.first("MSH-10") == node.value:
            actual = say("conversation.used", value=quoted(node.value), kind=past.kind)
            yield Problem(node.at, say("conversation.new_id"), actual)
            return


def _request(subject: Subject) -> Message | None:
    past = subject.before("A")
    return past.message if past else None


@named("answers-a-known-order")
def answers_a_known_order(subject: Subject) -> Iterator[Problem]:
    """ORC-2 of the message is that of request A."""
    request, node = _request(subject), subject.carried.node("ORC-2.1")
    wanted = request.first("ORC-2.1") if request else ""
    if wanted and node.present and node.value != wanted:
        expected = say("conversation.as_in", value=quoted(wanted), place="ORC-2.1", kind="A")
        yield Problem(node.at, expected, quoted(node.value))


@named("same-patient")
def same_patient(subject: Subject) -> Iterator[Problem]:
    """The INS of request A, or its first identifier where A has no INS."""
    request = _request(subject)
    path = "PID-3[5=INS].1" if request and request.has("PID-3[5=INS].1") else "PID-3.1"
    wanted = request.first(path) if request else ""
    node = subject.carried.node(path)
    if wanted and node.present and node.value != wanted:
        expected = say("conversation.as_in", value=quoted(wanted), place=path, kind="A")
        yield Problem(node.at, expected, quoted(node.value))


@named("document-names-the-order")
def names_the_order(subject: Subject) -> Iterator[Problem]:
    request = _request(subject)
    wanted = request.first("ORC-2.1") if request else ""
    place = f"{_ORDER}/cda:id/@extension"
    if subject.kind == "B":
        place = f"{_EVENT}[cda:code/@code='55115-0']/cda:id/@extension"
    yield from _in_document(subject, place, {wanted}, "ORC-2.1", "A")


def _element(subject: Subject, name: str) -> set[str]:
    """The values of an element in the latest message D."""
    past = subject.before("D")
    return set(subject.elements[name].values(past.message)) if past and past.message else set()


@named("document-names-the-accession")
def names_the_accession(subject: Subject) -> Iterator[Problem]:
    wanted = _element(subject, "accession-number")
    place = f"{_ORDER}/ps3-20:accessionNumber/@extension"
    yield from _in_document(subject, place, wanted, "Accession Number", "D")


@named("document-names-the-study")
def names_the_study(subject: Subject) -> Iterator[Problem]:
    wanted = _element(subject, "study-uid")
    yield from _in_document(subject, f"{_EVENT}/cda:id/@root", wanted, "Study Instance UID", "D")


@named("document-names-the-modality")
def names_the_modality(subject: Subject) -> Iterator[Problem]:
    place = f"{_EVENT}/cda:code/cda:translation[cda:qualifier/cda:name/@code='121139']/@code"
    yield from _in_document(subject, place, _element(subject, "modality"), "modality", "D")


@named("document-names-the-region")
def names_the_region(subject: Subject) -> Iterator[Problem]:
    place = f"{_EVENT}/cda:code/cda:translation[cda:qualifier/cda:name/@code='39111-0']/@code"
    yield from _in_document(subject, place, _element(subject, "region"), "region", "D")


def _in_document(
    subject: Subject, xpath: str, wanted: set[str], what: str, kind: str
) -> Iterator[Problem]:
    """Every wanted value stands at the XPath; those that do not are one problem."""
    document = subject.document
    if document is None or document.root is None or not document.is_cda:
        return
    nodes = list(document.at(xpath))
    missing = wanted - {""} - {node.value for node in nodes}
    if missing:
        shown = ", ".join(sorted(missing))
        found = ", ".join(node.value for node in nodes)
        expected = say("conversation.as_in", value=quoted(shown), place=what, kind=kind)
        at = nodes[0].at if nodes else _nearest(document, xpath)
        yield Problem(at, expected, quoted(found) if found else say("value.absent"))


def _nearest(document: Document, xpath: str) -> Location:
    """The deepest part of the path that the document has."""
    steps = xpath.split("/")
    for end in range(len(steps) - 1, 1, -1):
        for node in document.at("/".join(steps[:end])):
            return node.at
    return Location(xpath="/ClinicalDocument", line=1)
