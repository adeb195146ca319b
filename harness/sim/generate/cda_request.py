"""The imaging request (IMG-DA-IMG 2024.01) of a case, as flow B carries it.

Source: IMG-DA-IMG 2024.01, sections and requested acts; imaging body fact sheet, 2.
"""

from collections.abc import Iterator
from typing import Final

from harness.sim.case import Case, Code
from harness.sim.generate.cda_parts import (
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
    original,
    performer,
    record_target,
    reference,
    section,
    stamp,
    target_site,
    templates,
    to_bytes,
)

CODE: Final = ("55115-0", "Demande d'actes d'imagerie")
_CISIS: Final = ("1.2.250.1.213.1.1.4.322", "TA_ASIP")


def request(case: Case) -> bytes:
    """The document as bytes. Author and legal authenticator are the requesting physician."""
    identity = case.request_document
    root = document(case, identity, ("1.2.840.10008.9.20", "1.2.250.1.213.1.1.1.47|2024.01"))
    title = f"Demande d'actes d'imagerie - {case.exam.act.label}"
    root.extend(identification(loinc("code", *CODE), title, identity))
    root.append(record_target(case.patient))
    root.append(author(case.requester, identity.created))
    root.append(custodian(case.requester.organization))
    root.append(legal_authenticator(case.requester, identity.created))
    root.append(_event(case))
    root.append(encounter(case))
    root.append(el("component", el("structuredBody", *_body(case))))
    return to_bytes(root)


def _event(case: Case) -> Element:
    """The request as the documented act: its id is the placer order number."""
    number = case.order.placer_number
    placed = stamp(case.order.placed)
    return el(
        "documentationOf",
        el(
            "serviceEvent",
            ids(number.oid, number.value),
            loinc("code", *CODE),
            el("effectiveTime", el("low", value=placed)),
            performer(case.requester),
        ),
    )


def _body(case: Case) -> Iterator[Element]:
    uuids = iter(case.uuids[30:])
    yield history(case, uuids)
    yield _patient_information(case, uuids)
    yield _requested_acts(case, uuids)


def _patient_information(case: Case, uuids: Iterator[str]) -> Element:
    told = Code("MED-1130", "Information du patient sur les risques", *_CISIS)
    entry = el(
        "entry",
        el(
            "observation",
            *templates("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48"),
            ids(next(uuids)),
            coded("code", told),
            el("text", reference("#information")),
            el("statusCode", code="completed"),
            el("effectiveTime", value=stamp(case.order.placed)),
            el("value", value="true", xsi_type="BL"),
            classCode="OBS",
            moodCode="EVN",
        ),
    )
    words = el("content", "Le patient a été informé des risques de l'examen.", ID="information")
    return section(
        next(uuids),
        (
            "1.3.6.1.4.1.19376.1.5.3.1.1.9.38",
            "1.3.6.1.4.1.19376.1.5.3.1.1.9.39",
            "1.2.250.1.213.1.1.2.107",
        ),
        loinc("code", "34895-3", "Education du patient"),
        "Information du patient",
        el("text", words),
        entry,
    )


def _requested_acts(case: Case, uuids: Iterator[str]) -> Element:
    order = case.order
    place = order.site.label + (f" ({order.laterality.label})" if order.laterality else "")
    text = el(
        "text",
        el("paragraph", el("content", order.requested_modality.label, ID="demande-01-modalite")),
        el("paragraph", el("content", place, ID="demande-01-localisation")),
        el("paragraph", el("content", order.purpose, ID="demande-01")),
    )
    entry = el(
        "entry",
        el(
            "observation",
            *templates(
                "1.3.6.1.4.1.19376.1.5.3.1.1.20.3.1",
                "2.16.840.1.113883.10.20.1.25",
                "1.2.250.1.213.1.1.3.27",
                "1.2.250.1.213.1.1.3.27.3",
            ),
            ids(next(uuids)),
            coded("code", order.requested_modality, original("#demande-01-modalite")),
            el("text", reference("#demande-01")),
            el("statusCode", code="active"),
            el("effectiveTime", nullFlavor="UNK"),
            target_site(order.site, order.laterality, "#demande-01-localisation"),
            classCode="OBS",
            moodCode="INT",
        ),
    )
    return section(
        next(uuids),
        (
            "2.16.840.1.113883.10.20.1.10",
            "1.3.6.1.4.1.19376.1.5.3.1.3.36",
            "1.2.250.1.213.1.1.2.158",
            "1.2.250.1.213.1.1.2.158.3",
        ),
        loinc("code", "18776-5", "Plan de soins"),
        "Acte(s) d'imagerie demandé(s)",
        text,
        entry,
    )
