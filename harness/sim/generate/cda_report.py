"""The imaging report (IMG-CR-IMG 2024.01) of a case, as flow E carries it.

The remote radiologist is the first author; the physician responsible for the imaging site is the
second author and the legal authenticator. Level 3 has a structured body, level 1 a PDF.
Source: white paper, chapter 2; IMG-CR-IMG 2024.01; imaging body fact sheet, 1 and 4.1.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

import pybase64

from harness.sim.case import Case, Code, Exam, Signature
from harness.sim.generate.cda_body import sections
from harness.sim.generate.cda_parts import (
    DCM,
    LOINC,
    PS,
    Element,
    author,
    coded,
    custodian,
    document,
    el,
    encounter,
    identification,
    ids,
    legal_authenticator,
    loinc,
    performer,
    person_name,
    record_target,
    replaced,
    requesting_participant,
    stamp,
    structure,
    to_bytes,
)
from harness.sim.generate.pdf import page

CODE: Final = ("18748-4", "CR d'imagerie médicale")
_MODEL: Final = (
    "1.2.840.10008.9.1",
    "1.2.840.10008.9.20",
    "1.2.840.10008.9.21",
    "1.2.250.1.213.1.1.1.45|2024.01",
)
_UNSTRUCTURED: Final = ("1.3.6.1.4.1.19376.1.2.20",)
_MODALITY: Final = Code("121139", "Modalité d'imagerie", DCM, "DCM")
_REGION: Final = Code("39111-0", "localisation anatomique", LOINC, "LOINC")
_SCREENING: Final = Code(
    "Z13.9", "Examen spécial de dépistage, sans précision", "2.16.840.1.113883.6.3", "CIM-10"
)


def report(case: Case, *, level: int = 3) -> bytes:
    """The document as bytes, of level 3 or 1."""
    identity = case.report_document
    root = document(case, identity, _MODEL if level == 3 else _UNSTRUCTURED)
    acts = (coded("translation", act) for act in dict.fromkeys(exam.act for exam in case.exams))
    title = f"CR d'imagerie médicale - {case.exam.act.label}"
    root.extend(identification(loinc("code", *CODE, *acts), title, identity))
    root.extend(_people(case))
    root.extend(_order(case, exam) for exam in case.exams)
    root.extend(_event(case, exam) for exam in case.exams)
    if case.details.screening:
        root.append(screening())
    root.extend(replaced(identity))
    root.append(encounter(case))
    links = (link(case, exam) for exam in case.exams)
    body = el("structuredBody", *sections(case, links)) if level == 3 else _pdf(case)
    root.append(el("component", body))
    return to_bytes(root)


def link(case: Case, exam: Exam | None = None) -> str:
    """The URL of an examination's images in the DRIMbox, made of what was received."""
    exam = exam or case.exam
    return f"{partial_link(case, exam)}&{urlencode({'idCDA': _identifier(case)})}"


def partial_link(case: Case, exam: Exam) -> str:
    """The same without the report, as flow 4 of the ANS guide gives it: theirs, or made as ours."""
    if exam.partial_url:
        return exam.partial_url
    accession = exam.accession_number
    number = f"{accession.oid}.{accession.value}" if accession.oid else accession.value
    query = {
        "requestType": "STUDY",
        "studyUID": exam.study_uid,
        "accessionNumber": number,
    }
    return f"{case.viewer}?{urlencode(query)}"


def _identifier(case: Case) -> str:
    return case.report_document.id.replace("|", "_")


def screening() -> Element:
    """The marker of an examination made in a screening programme."""
    return el("documentationOf", el("serviceEvent", coded("code", _SCREENING)))


def _people(case: Case) -> Iterator[Element]:
    created = case.report_document.created
    yield record_target(case.patient)
    yield author(case.radiologist, created)
    for signature in signatures(case):
        yield author(signature.who, signature.at)
    yield custodian(case.site)
    yield _recipient(case)
    yield legal_authenticator(case.responsible, created)
    yield requesting_participant(case.requester, case.order.placed)


def signatures(case: Case) -> tuple[Signature, ...]:
    """Who answered for the versions up to this one, each once, in the order of their coming.

    Whoever was responsible before stays an author when another one takes over (white paper, 2).
    """
    found: dict[tuple[str, str, str], Signature] = {}
    for signature in (*case.former, Signature(case.responsible, case.report_document.created)):
        who = signature.who
        found[who.national_id, who.family, who.given] = signature
    return tuple(found.values())


def _recipient(case: Case) -> Element:
    who = case.requester
    return el(
        "informationRecipient",
        el(
            "intendedRecipient",
            ids(PS, who.national_id) if who.national_id else None,
            el("informationRecipient", person_name(who)),
            structure("receivedOrganization", who.organization, setting=False),
        ),
    )


def _order(case: Case, exam: Exam) -> Element:
    number, accession = case.order.placer_number, exam.accession_number
    return el(
        "inFulfillmentOf",
        el(
            "order",
            ids(number.oid, number.value),
            el("ps3-20:accessionNumber", root=accession.oid, extension=accession.value),
        ),
    )


def _event(case: Case, exam: Exam) -> Element:
    """The documented act: Study Instance UID, act, modality, region."""
    translations = [coded("translation", exam.ccam)] if exam.ccam else []
    translations += [
        coded("translation", modality, el("qualifier", coded("name", _MODALITY)))
        for modality in exam.modalities
    ]
    translations += [
        coded("translation", region.code, el("qualifier", coded("name", _REGION)))
        for region in exam.regions
    ]
    return el(
        "documentationOf",
        el(
            "serviceEvent",
            ids(exam.study_uid),
            coded("code", exam.act, *translations),
            el(
                "effectiveTime",
                el("low", value=stamp(exam.start)),
                el("high", value=stamp(exam.end)),
            ),
            performer(case.radiologist),
        ),
    )


# -- level 1 --------------------------------------------------------------------------------


def _pdf(case: Case) -> Element:
    """The body as a PDF that tells the same, link and retention of the images included.

    It is as large as what would be attached to a structured one.
    """
    added = case.details.attachment
    content = pybase64.b64encode_as_string(page(_page(case), size=added.size if added else 0))
    text = el("text", content, mediaType="application/pdf", representation="B64")
    return el("nonXMLBody", text)


def _page(case: Case) -> Iterator[str]:
    words = case.narrative
    yield f"Compte rendu : {case.exam.act.label}"
    yield f"Indication : {case.order.justification}"
    yield f"Technique : {words.technique}"
    yield f"Résultats : {words.findings}"
    yield f"Conclusion : {words.conclusion}"
    for exam in case.exams:
        yield f"Lien vers les images : {link(case, exam)}"
    yield f"Durée de conservation des images : {case.details.retention} jours"
