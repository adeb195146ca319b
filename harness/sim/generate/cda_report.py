"""The imaging report (IMG-CR-IMG 2024.01) of a case, as flow E carries it.

The remote radiologist is the first author; the physician responsible for the imaging site is the
second author and the legal authenticator.
Source: white paper, chapter 2; IMG-CR-IMG 2024.01; imaging body fact sheet, 1 and 4.1.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from harness.sim.case import Case, Code
from harness.sim.generate.cda_exam import imaging_act
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
    history,
    identification,
    ids,
    legal_authenticator,
    loinc,
    paragraphs,
    performer,
    person_name,
    record_target,
    requesting_participant,
    section,
    stamp,
    structure,
    to_bytes,
)

CODE: Final = ("18748-4", "CR d'imagerie médicale")
_MODEL: Final = (
    "1.2.840.10008.9.1",
    "1.2.840.10008.9.20",
    "1.2.840.10008.9.21",
    "1.2.250.1.213.1.1.1.45|2024.01",
)
_MODALITY: Final = Code("121139", "Modalité d'imagerie", DCM, "DCM")
_REGION: Final = Code("39111-0", "localisation anatomique", LOINC, "LOINC")


def report(case: Case) -> bytes:
    """The document as bytes."""
    identity = case.report_document
    root = document(case, identity, _MODEL)
    act = coded("translation", case.exam.act)
    title = f"CR d'imagerie médicale - {case.exam.act.label}"
    root.extend(identification(loinc("code", *CODE, act), title, identity))
    root.extend(_people(case))
    root.append(_order(case))
    root.append(_event(case))
    if identity.replaces:
        parent = el("parentDocument", ids(identity.replaces))
        root.append(el("relatedDocument", parent, typeCode="RPLC"))
    root.append(encounter(case))
    root.append(el("component", el("structuredBody", *_body(case))))
    return to_bytes(root)


def link(case: Case) -> str:
    """The URL of the images in the DRIMbox, made of what was received."""
    accession = case.exam.accession_number
    number = f"{accession.oid}.{accession.value}" if accession.oid else accession.value
    query = {
        "requestType": "STUDY",
        "studyUID": case.exam.study_uid,
        "accessionNumber": number,
        "idCDA": case.report_document.id,
    }
    return f"{case.viewer}?{urlencode(query)}"


def _people(case: Case) -> Iterator[Element]:
    created = case.report_document.created
    yield record_target(case.patient)
    yield author(case.radiologist, created)
    yield author(case.responsible, created)
    yield custodian(case.site)
    yield _recipient(case)
    yield legal_authenticator(case.responsible, created)
    yield requesting_participant(case.requester, case.order.placed)


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


def _order(case: Case) -> Element:
    number, accession = case.order.placer_number, case.exam.accession_number
    return el(
        "inFulfillmentOf",
        el(
            "order",
            ids(number.oid, number.value),
            el("ps3-20:accessionNumber", root=accession.oid, extension=accession.value),
        ),
    )


def _event(case: Case) -> Element:
    """The documented act: Study Instance UID, act, modality, region."""
    exam = case.exam
    translations = [coded("translation", exam.ccam)] if exam.ccam else []
    translations += [
        coded("translation", modality, el("qualifier", coded("name", _MODALITY)))
        for modality in exam.modalities
    ]
    translations.append(coded("translation", exam.region, el("qualifier", coded("name", _REGION))))
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


def _body(case: Case) -> Iterator[Element]:
    uuids = iter(case.uuids)
    words = case.narrative
    yield history(case, uuids)
    yield imaging_act(case, link(case), uuids)
    yield section(
        next(uuids),
        ("2.16.840.1.113883.10.20.6.1.2", "1.2.250.1.213.1.1.2.208"),
        loinc("code", "59776-5", "Résultats"),
        "Résultats",
        paragraphs(words.findings),
    )
    yield section(
        next(uuids),
        ("1.2.840.10008.9.4", "1.2.250.1.213.1.1.2.207"),
        loinc("code", "18834-2", "Examen comparatif"),
        "Comparaisons avec des résultats antérieurs",
        paragraphs(words.comparison),
    )
    yield section(
        next(uuids),
        ("1.2.840.10008.9.5", "1.2.250.1.213.1.1.2.209"),
        loinc("code", "19005-8", "Conclusion"),
        "Conclusion",
        paragraphs(words.conclusion),
    )
