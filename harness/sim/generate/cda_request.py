"""The imaging request (IMG-DA-IMG 2024.01) of a case, as flow B carries it.

Source: IMG-DA-IMG 2024.01, sections and requested acts; imaging body fact sheet, 2.
"""

from collections.abc import Iterator
from typing import Final

from harness.sim.case import Case, Code, Professional
from harness.sim.generate.cda_added import (
    CISIS,
    added_documents,
    patient_information,
    prior_results,
    simple_observation,
)
from harness.sim.generate.cda_clinical import clinical_information
from harness.sim.generate.cda_parts import (
    LOINC,
    PS,
    Element,
    addr,
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
    stamp,
    structure,
    telecom,
    to_bytes,
)
from harness.sim.generate.cda_report import screening
from harness.sim.generate.cda_requested import requested_acts

CODE: Final = ("55115-0", "Demande d'actes d'imagerie")
_TOLD: Final = Code("MED-1130", "Information du patient sur les risques", *CISIS)
_OTHER: Final = Code("99622-3", "Informations pour le patient", LOINC, "LOINC")
_URGENT_EXECUTION: Final = Code("MED-1095", "Exécution en urgence", *CISIS)
_CORRESPONDENT: Final = Code(
    "CORRE", "Correspondant", "1.2.250.1.213.1.1.4.2.280", "HL7:ParticipationFunction"
)
_MODEL: Final = ("1.2.840.10008.9.20", "1.2.250.1.213.1.1.1.47|2024.01")
_FROM: Final = 120  # spare identifiers before this one belong to the report


def request(case: Case) -> bytes:
    """The document as bytes. Author and legal authenticator are the requesting physician."""
    identity, details = case.request_document, case.details
    root = document(case, identity, _MODEL)
    title = f"Demande d'actes d'imagerie - {case.exam.act.label}"
    root.extend(identification(loinc("code", *CODE), title, identity))
    root.append(record_target(case.patient))
    root.append(author(case.requester, identity.created))
    root.append(custodian(case.requester.organization))
    root.append(legal_authenticator(case.requester, identity.created))
    root.extend(_correspondent(who) for who in details.correspondents)
    root.append(_event(case))
    if details.screening:
        root.append(screening())
    if details.contacted:
        root.append(_urgent_execution(case))
    root.extend(replaced(identity))
    root.append(encounter(case))
    root.append(el("component", el("structuredBody", *_body(case))))
    return to_bytes(root)


def _correspondent(who: Professional) -> Element:
    """Someone else who shall receive the report."""
    return el(
        "participant",
        coded("functionCode", _CORRESPONDENT),
        el("time", nullFlavor="UNK"),
        el(
            "associatedEntity",
            ids(PS, who.national_id),
            coded("code", who.specialty),
            addr(who.organization.address),
            telecom(who.phone),
            el("associatedPerson", person_name(who)),
            structure("scopingOrganization", who.organization),
            classCode="PROV",
        ),
        typeCode="CON",
    )


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


def _urgent_execution(case: Case) -> Element:
    """The marker of an urgent examination: why, and the radiologist who was called."""
    code = coded("code", _URGENT_EXECUTION, el("originalText", case.details.urgency))
    when = el("effectiveTime", el("low", value=stamp(case.order.placed)))
    return el("documentationOf", el("serviceEvent", code, when, performer(case.responsible)))


def _body(case: Case) -> Iterator[Element]:
    uuids, details = iter(case.uuids[_FROM:]), case.details
    yield clinical_information(case, uuids, with_care=True)
    yield _patient_information(case, uuids)
    yield requested_acts(case, uuids)
    if details.prior:
        yield prior_results(next(uuids), details.prior)
    if details.attachment:
        yield added_documents(details.attachment, uuids)


def _patient_information(case: Case, uuids: Iterator[str]) -> Element:
    at, told = stamp(case.order.placed), case.details.told
    yes = el("value", value="true", xsi_type="BL")
    entries = [simple_observation(next(uuids), _TOLD, "information-risques", yes, time=at)]
    if told:
        entries.append(simple_observation(next(uuids), _OTHER, "information-autre", time=at))
    risks = "Le patient a été informé des risques de l'examen."
    text = el(
        "text",
        el("paragraph", el("content", risks, ID="information-risques")),
        el("paragraph", el("content", told, ID="information-autre")) if told else None,
    )
    return patient_information(next(uuids), "Information du patient", text, *entries)
