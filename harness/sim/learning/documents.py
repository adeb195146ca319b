"""What a simulated actor learns of a document that it received: which one, and who answers for it.

A replacement or a deletion that follows then names the right one. What the document does not say
keeps the value that the case had.
Source: Structuration minimale des documents de santé 1.16; white paper, chapter 2.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from harness.rules.transmitted import document_numbers
from harness.sim.case import Case, Code, DocumentIdentity, Organization, Professional, Signature
from harness.sim.form import CONTROLS
from harness.sim.generate.documents import Version
from harness.sim.learning.learn import time_of
from harness.wire import ed
from harness.wire.cda import Document
from harness.wire.er7 import Message

_ROOT: Final = "/cda:ClinicalDocument"
_PARENT: Final = f"{_ROOT}/cda:relatedDocument[@typeCode='RPLC']/cda:parentDocument"
_REQUESTED: Final = f"{_ROOT}/cda:documentationOf/cda:serviceEvent[cda:code/@code='55115-0']"
_SIGNED: Final = f"{_ROOT}/cda:legalAuthenticator"
_ACTIONS: Final = {control: action for action, control in CONTROLS.items()}


def learn_document(case: Case, kind: str, message: Message) -> tuple[Case, Version] | None:
    """The case and the version after a message of a document; None when none can be read.

    `kind` is "DA" or "CR". Never raises: what cannot be read is left as it was.
    """
    documents = tuple(_documents(message))
    if not documents:
        return None
    first = documents[0]
    known = case.request_document if kind == "DA" else case.report_document
    responsible = _person(first, f"{_SIGNED}/cda:assignedEntity", case.responsible)
    version = Version(
        action=_ACTIONS.get(message.first("ORC-1"), "initial"),
        identities=tuple(_identity(document, known) for document in documents),
        documents=tuple(document.raw for document in documents),
        signatures=tuple(_signatures(first, responsible, case, known.created)),
        responsible=responsible,
        level=_level(documents),
    )
    return _with_people(case, kind, first, version), version


def versions_of(message: Message) -> tuple[str, ...]:
    """What tells that a document is a version of another: its set, its id, the id it replaces."""
    paths = (f"{_ROOT}/cda:setId", f"{_ROOT}/cda:id", f"{_PARENT}/cda:id")
    found = (_written(document, path) for document in _documents(message) for path in paths)
    return tuple(name for name in found if name)


def order_of(message: Message) -> str:
    """The placer order number as the document of a message has it; empty when it has none."""
    for document in _documents(message):
        for path in (f"{_ROOT}/cda:inFulfillmentOf/cda:order", _REQUESTED):
            if number := document.first(f"{path}/cda:id/@extension"):
                return number
    return ""


def _documents(message: Message) -> Iterator[Document]:
    """Every document of a message that is a CDA."""
    for number in document_numbers(message):
        decoded = ed.decode(message.node(f"OBX[{number}]-5.5").data).data
        document = Document.parse(decoded) if decoded else None
        if document and document.is_cda:
            yield document


def _identity(document: Document, known: DocumentIdentity) -> DocumentIdentity:
    number = document.first(f"{_ROOT}/cda:versionNumber/@value")
    return DocumentIdentity(
        id=_written(document, f"{_ROOT}/cda:id") or known.id,
        set_id=_written(document, f"{_ROOT}/cda:setId") or known.set_id,
        version=int(number) if number.isdecimal() else 1,
        created=time_of(document.first(f"{_ROOT}/cda:effectiveTime/@value")) or known.created,
        replaces=_written(document, f"{_PARENT}/cda:id"),
    )


def _written(document: Document, path: str) -> str:
    """An identifier as `root` or `root|extension`."""
    root, extension = document.first(f"{path}/@root"), document.first(f"{path}/@extension")
    return f"{root}|{extension}" if extension else root


def _level(documents: tuple[Document, ...]) -> str:
    if len(documents) > 1:
        return "both"
    return "1" if documents[0].first(f"{_ROOT}/cda:component/cda:nonXMLBody/cda:text") else "3"


def _signatures(
    document: Document, responsible: Professional, case: Case, known: datetime
) -> Iterator[Signature]:
    """The authors behind the first one, and who signs when he is none of them."""
    met = set()
    for number in range(2, len(document.select(f"{_ROOT}/cda:author")) + 1):
        path = f"{_ROOT}/cda:author[{number}]"
        who = _person(document, f"{path}/cda:assignedAuthor", case.responsible)
        met.add(who.national_id)
        yield Signature(who, time_of(document.first(f"{path}/cda:time/@value")) or known)
    if responsible.national_id not in met:
        at = time_of(document.first(f"{_SIGNED}/cda:time/@value"))
        yield Signature(responsible, at or known)


def _with_people(case: Case, kind: str, document: Document, version: Version) -> Case:
    """The first author, and for a report who signs."""
    author = f"{_ROOT}/cda:author[1]/cda:assignedAuthor"
    if kind == "DA":
        return replace(case, requester=_person(document, author, case.requester))
    return replace(
        case,
        radiologist=_person(document, author, case.radiologist),
        responsible=version.responsible,
    )


def _person(document: Document, path: str, known: Professional) -> Professional:
    """Who is named there; the one that was known when nobody is."""
    number = document.first(f"{path}/cda:id[@root='1.2.250.1.71.4.2.1']/@extension")
    name = f"{path}/cda:assignedPerson/cda:name"
    family = document.first(f"{name}/cda:family").strip()
    if not (number or family):
        return known
    return replace(
        known,
        national_id=number,
        family=family,
        given=document.first(f"{name}/cda:given").strip(),
        civility=document.first(f"{name}/cda:prefix").strip(),
        title=document.first(f"{name}/cda:suffix").strip(),
        specialty=_code(document, f"{path}/cda:code", known.specialty),
        organization=_structure(
            document, f"{path}/cda:representedOrganization", known.organization
        ),
    )


def _code(document: Document, path: str, known: Code) -> Code:
    code = document.first(f"{path}/@code")
    if not code:
        return known
    return replace(
        known,
        code=code,
        label=document.first(f"{path}/@displayName") or code,
        system=document.first(f"{path}/@codeSystem") or known.system,
    )


def _structure(document: Document, path: str, known: Organization) -> Organization:
    number = document.first(f"{path}/cda:id[@root='1.2.250.1.71.4.2.2']/@extension")
    name = document.first(f"{path}/cda:name").strip()
    if not number:
        return known
    return replace(known, national_id=number, name=name or known.name)
