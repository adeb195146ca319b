"""Optional parts that the report and the request share: simple observations, comments, patient
information, prior results, added documents.

Source: IMG-CR-IMG and IMG-DA-IMG 2024.01; imaging body fact sheet, 1.4, 1.7, 2.3 and 2.4.
"""

from collections.abc import Iterator
from typing import Final

import pybase64

from harness.sim.case import Attachment, Code
from harness.sim.generate.cda_parts import (
    Element,
    coded,
    el,
    ids,
    loinc,
    original,
    paragraphs,
    reference,
    section,
    templates,
)
from harness.sim.generate.pdf import page

CISIS: Final = ("1.2.250.1.213.1.1.4.322", "TA_ASIP")
_SIMPLE: Final = ("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48")


def simple_observation(
    uuid: str, code: Code, name: str, *value: Element, time: str = "", model: str = ""
) -> Element:
    """FR-Simple-Observation, its text at `name` of the narrative. No `time` is written NA."""
    when = el("effectiveTime", value=time) if time else el("effectiveTime", nullFlavor="NA")
    return el(
        "observation",
        *templates(*_SIMPLE, *([model] if model else [])),
        ids(uuid),
        coded("code", code),
        el("text", reference(f"#{name}")),
        el("statusCode", code="completed"),
        when,
        *value,
        classCode="OBS",
        moodCode="EVN",
    )


def comment(name: str) -> Element:
    """FR-Commentaire-ER with its relationship, its text at `name` of the narrative."""
    act = el(
        "act",
        *templates(
            "2.16.840.1.113883.10.20.1.40",
            "1.3.6.1.4.1.19376.1.5.3.1.4.2",
            "1.2.250.1.213.1.1.3.32",
        ),
        loinc("code", "48767-8", "Commentaire"),
        el("text", reference(f"#{name}")),
        el("statusCode", code="completed"),
        classCode="ACT",
        moodCode="EVN",
    )
    return el("entryRelationship", act, typeCode="SUBJ", inversionInd="true")


def patient_information(uuid: str, title: str, text: Element, *entries: Element) -> Element:
    """The section, with its observations."""
    return section(
        uuid,
        (
            "1.3.6.1.4.1.19376.1.5.3.1.1.9.38",
            "1.3.6.1.4.1.19376.1.5.3.1.1.9.39",
            "1.2.250.1.213.1.1.2.107",
        ),
        loinc("code", "34895-3", "Education du patient"),
        title,
        text,
        *(el("entry", entry) for entry in entries),
    )


def prior_results(uuid: str, words: str) -> Element:
    """Results of earlier examinations, as text alone."""
    return section(
        uuid,
        ("1.3.6.1.4.1.19376.1.5.3.1.3.27", "1.2.250.1.213.1.1.2.150"),
        loinc("code", "30954-2", "Résultats d'examens"),
        "Résultats d'examens antérieurs",
        paragraphs(words),
    )


def added_documents(attachment: Attachment, uuids: Iterator[str]) -> Element:
    """One attached document, a PDF, which the narrative shows."""
    title = el("paragraph", el("content", attachment.title, ID="document-01-titre"))
    text = el("text", title, el("renderMultiMedia", referencedObject="document-01"))
    return section(
        next(uuids),
        ("1.2.250.1.213.1.1.2.37",),
        loinc("code", "55107-7", "Documents ajoutés"),
        "Documents liés",
        text,
        el("entry", _attached(attachment, uuids)),
    )


def _attached(attachment: Attachment, uuids: Iterator[str]) -> Element:
    kind = simple_observation(
        next(uuids),
        Code("69764-9", "Type de document", "2.16.840.1.113883.6.1", "LOINC"),
        "document-01-titre",
        el("value", original("#document-01-titre"), xsi_type="CD"),
        model="1.2.250.1.213.1.1.3.48.18",
    )
    content = pybase64.b64encode_as_string(
        page((attachment.title, *attachment.lines), size=attachment.size)
    )
    media = el(
        "observationMedia",
        el("value", content, mediaType="application/pdf", representation="B64"),
        classCode="OBS",
        moodCode="EVN",
        ID="document-01",
    )
    return el(
        "organizer",
        *templates("1.2.250.1.213.1.1.3.18"),
        ids(next(uuids)),
        loinc("code", "55107-7", "Document attaché"),
        el("statusCode", code="completed"),
        el("component", kind, typeCode="COMP"),
        el("component", media),
        classCode="CLUSTER",
        moodCode="EVN",
    )
