"""Clinical information: the request, the history, contraindications and care information.

The report and the request share it. A contraindication is always among what is told: the official
schematron refuses a report without one, though its model makes it optional.
Source: IMG-CR-IMG and IMG-DA-IMG 2024.01; imaging body fact sheet, 1.3 and 6 (O-01).
"""

from collections.abc import Iterator
from typing import Final

from harness.sim.case import Case, Code
from harness.sim.generate.cda_parts import (
    LOINC,
    Element,
    coded,
    el,
    loinc,
    observation,
    original,
    paragraphs,
    rows,
    section,
)

_CISIS: Final = ("1.2.250.1.213.1.1.4.322", "TA_ASIP")
_CONTRAINDICATION: Final = Code("64100-1", "Contre-indication", LOINC, "LOINC")
_CARE: Final = Code("ORG-192", "Informations pour la prise en charge", *_CISIS)


def clinical_information(case: Case, uuids: Iterator[str], *, with_care: bool = False) -> Element:
    """The section with its two sub-sections. `with_care`: a request also tells care information."""
    return section(
        next(uuids),
        ("1.2.840.10008.9.2", "1.2.250.1.213.1.1.2.205"),
        loinc("code", "55752-0", "Informations cliniques"),
        "Informations cliniques",
        el("text"),
        _request(case, uuids),
        _history(case, uuids, case.details.care if with_care else ()),
    )


def _request(case: Case, uuids: Iterator[str]) -> Element:
    return section(
        next(uuids),
        ("1.2.840.10008.9.7", "1.2.250.1.213.1.1.2.211"),
        loinc("code", "55115-0", "Demande d'imagerie"),
        "Demande d'examen",
        paragraphs(case.order.justification, case.order.purpose),
    )


def _history(case: Case, uuids: Iterator[str], care: tuple[Code, ...]) -> Element:
    order = case.order
    past = (
        ("11348-0", "Antécédents médicaux", order.medical_history, "antecedents-m"),
        ("47519-4", "Antécédents chirurgicaux", order.surgical_history, "antecedents-c"),
    )
    told = [
        *(
            (_CONTRAINDICATION, code, "contre-indication")
            for code in case.details.contraindications
        ),
        *((_CARE, code, "prise-en-charge") for code in care),
    ]
    named = [(kind, code, f"{stem}-{n:02d}") for n, (kind, code, stem) in enumerate(told, 1)]
    lines = [(label, words or "Non connus", name) for _, label, words, name in past]
    lines += [(kind.label, code.label, name) for kind, code, name in named]
    return section(
        next(uuids),
        ("2.16.840.1.113883.10.20.22.2.39", "1.2.250.1.213.1.1.2.213"),
        loinc("code", "11329-0", "Historique médical"),
        "Historique médical",
        el("text", rows(lines)),
        *(_past(next(uuids), code, label, name, case) for code, label, _, name in past),
        *(_told(next(uuids), kind, code, name, case) for kind, code, name in named),
    )


def _past(uuid: str, code: str, label: str, name: str, case: Case) -> Element:
    """FR-DICOM-Observation of the history: no code for the value, no site."""
    value = el("value", original(f"#{name}"), xsi_type="CD")
    return _observation(uuid, loinc("code", code, label), value, name, case)


def _told(uuid: str, kind: Code, code: Code, name: str, case: Case) -> Element:
    """FR-DICOM-Observation with a coded value."""
    value = coded("value", code, original(f"#{name}"), xsi_type="CD")
    return _observation(uuid, coded("code", kind), value, name, case)


def _observation(uuid: str, code: Element, value: Element, name: str, case: Case) -> Element:
    site = el("targetSiteCode", nullFlavor="MSK")
    return observation(uuid, code, value, site, case.order.placed, f"#{name}")
