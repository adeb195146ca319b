"""HL7 v2 messages of flows 1 to 4 of the ANS guide, made from a case.

What the receiver needs of a case has one place each: see `schemas/profiles/ans-tlr-2026`.
Source: Volet Téléradiologie 0.1.0-ballot, volume 2, segments and observations of each flow.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pybase64

from harness.sim.case import Case, Code, Exam, Professional, Reason, Region
from harness.sim.generate.cda_report import partial_link
from harness.sim.generate.exam_codes import DCM
from harness.sim.generate.pdf import page
from harness.sim.generate.segments import (
    Header,
    components,
    cx,
    ei,
    message,
    msh,
    pid,
    segment,
    stamp,
    xcn,
    xon,
    xtn,
)
from harness.wire.er7 import escape

GUIDE: Final = "1.0^CISIS_TLR_HL7_V2"
CODED_PRODUCTS: Final = ("V09", "V10")  # the only ATC groups that flow 4 can name
_LOINC_OID: Final = "2.16.840.1.113883.6.1"
_OBSERVATIONS: Final[Mapping[str, str]] = {
    "MODALITE_IMAGERIE": "Modalité d'imagerie",
    "REGION_ANATOMIQUE": "Région anatomique",
    "PROTOCOLE_IMAGERIE": "Protocole d'imagerie",
    "URL_PARTIELLE_VIEWER": "URL partielle de la visionneuse",
    "CODE_ACTE_IMAGERIE": "Acte d'imagerie",
    "PRODUIT_ADMINISTRE": "Produit administré",
    "APPAREIL_IMAGERIE": "Appareil d'imagerie",
}
_PROCEDURES: Final[Mapping[str, str]] = {
    "TRANSMISSION_DEMANDE": "Demande d'examen",
    "ANNULATION_DEMANDE": "Annulation de la demande",
    "REPONSE_DEMANDE": "Réponse à la demande",
    "COMPLEMENT_POST_ACTE": "Complément après l'examen",
}
# The modalities that the value set of requests has under their DICOM codes, and how it has others:
# without contrast, with contrast.
_UNDER_DICOM: Final = ("MG", "CT", "MR", "OT", "NM", "PT")
_X_RAY: Final = (
    ("MED-1126", "Radiographie sans contraste"),
    ("MED-1127", "Radiographie avec contraste"),
)
_SOUND: Final = (
    ("MED-1128", "Échographie sans contraste"),
    ("MED-1129", "Échographie avec contraste"),
)
_UNDER_CISIS: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "US": _SOUND,
    **dict.fromkeys(("CR", "DX", "RF", "XA"), _X_RAY),
}
_CISIS: Final = "terminologie-cisis-fr"
_PREGNANCY: Final[Mapping[str, str]] = {"77386006": "Y", "60001007": "N"}


# -- flow 1 ---------------------------------------------------------------------------------


def request(case: Case, header: Header) -> bytes:
    """Flow 1: ORM^O01, new order, with what is asked and what is known of the patient."""
    order = {
        9: stamp(case.order.placed),
        11: xcn(case.radiologist),
        12: xcn(case.responsible),
        14: xtn(case.site.phone),
        17: _organization("STRUCTURE_IMAGERIE"),
        21: xon(case.site),
    }
    asked = {13: escape(case.order.justification), 16: xcn(case.responsible)}
    return message(
        [
            *_opening(case, header, "ORM^O01^ORM_O01"),
            _orc(case, "NW", order),
            _obr(case, "TRANSMISSION_DEMANDE", asked),
            *_comments(case.order.purpose, "FINALITE_EXAMEN"),
            *_numbered(_wanted(case), "O"),
        ],
        header.charset,
    )


def _wanted(case: Case) -> Iterator[dict[int, str] | str]:
    """The observations of flow 1, each followed by its comments."""
    order = case.order
    yield _coded("MODALITE_IMAGERIE", _modality(order.requested_modality, with_contrast=False))
    yield from _comments(order.technique, "MODALITE_IMAGERIE")
    yield from _regions(order.regions)
    yield from _histories(case)
    if order.height:
        yield {2: "NM", 3: "8302-2^Body height^LN", 5: order.height, 6: "cm"}
    if order.weight:
        yield {2: "NM", 3: "29463-7^Body weight^LN", 5: order.weight, 6: "kg"}
    status = _PREGNANCY.get(case.details.pregnancy.code)
    if status and case.patient.sex == "F":
        value = f"{status}^^expandedYes-NoIndicator"
        yield {2: "CE", 3: "82810-3^Pregnancy status^LN", 5: value}


def _histories(case: Case) -> Iterator[dict[int, str]]:
    texts = (case.order.medical_history, case.order.surgical_history)
    told = list(zip(texts, case.order.relevance, strict=False))
    for number, (text, relevance) in enumerate(told, 1):
        sub = f"{number}.1" if len(told) > 1 else ""
        what = "11322-5^History of General health Narrative^LN"
        yield {2: "FT", 3: what, 4: sub, 5: escape(text), 8: relevance}


# -- flow 2 ---------------------------------------------------------------------------------


def cancellation(case: Case, header: Header) -> bytes:
    """Flow 2: ORM^O01, the order is cancelled."""
    order = {
        9: stamp(header.at),
        12: xcn(case.responsible),
        14: xtn(case.site.phone),
        16: _reason(case.cancellation),
        17: _organization("STRUCTURE_IMAGERIE"),
        21: xon(case.site),
    }
    return message(
        [
            *_opening(case, header, "ORM^O01^ORM_O01"),
            _orc(case, "CA", order),
            _obr(case, "ANNULATION_DEMANDE", {16: xcn(case.responsible)}),
        ],
        header.charset,
    )


# -- flow 3 ---------------------------------------------------------------------------------


def answer(case: Case, header: Header) -> bytes:
    """Flow 3: ORU^R01, accepted with the protocols, or refused with the reason."""
    accepted = case.answer.accepted
    by: Professional = case.radiologist
    order = {
        12: xcn(by),
        16: "" if accepted else _reason(case.answer.reason),
        17: _organization("PLATEFORME_TLR"),
        21: xon(case.platform),
    }
    return message(
        [
            *_opening(case, header, "ORU^R01^ORU_R01"),
            _orc(case, "OK" if accepted else "OC", order),
            _obr(case, "REPONSE_DEMANDE", {16: xcn(by)}),
            *_numbered(_protocols(case) if accepted else (), "F"),
        ],
        header.charset,
    )


def _protocols(case: Case) -> Iterator[dict[int, str]]:
    texts = (case.narrative.protocol, *case.answer.protocols)
    for number, text in enumerate(texts, 1):
        sub = f"{number}.1" if len(texts) > 1 else ""
        if case.answer.encapsulated:
            content = page(("Protocole d'imagerie", *text.splitlines()))
            value = {2: "ED", 5: _encapsulated(content, "PDF")}
        else:
            value = {2: "FT", 5: escape(text)}
        yield {3: _named("PROTOCOLE_IMAGERIE"), 4: sub, **value}


# -- flow 4 ---------------------------------------------------------------------------------


def complement(case: Case, header: Header) -> bytes:
    """Flow 4: OMI^O23, one ORDER group for each examination that was done."""
    groups = (line for exam in case.exams for line in _done(case, exam))
    return message([*_opening(case, header, "OMI^O23^OMI_O23"), *groups], header.charset)


def _done(case: Case, exam: Exam) -> Iterator[str]:
    act = components({1: exam.act.code, 3: _LOINC_OID, 4: "ISO"})
    yield _orc(case, "SR", {})
    yield segment("TQ1", {6: f"{case.details.retention}^jours", 7: stamp(exam.start)})
    yield _obr(case, "COMPLEMENT_POST_ACTE", {})
    yield from _numbered(_performed(case, exam), "F")
    yield segment("IPC", {1: ei(exam.accession_number), 2: act, 3: exam.study_uid, 4: act})


def _performed(case: Case, exam: Exam) -> Iterator[dict[int, str]]:
    """The observations of flow 4."""
    url = partial_link(case, exam).encode()
    yield {2: "ED", 3: _named("URL_PARTIELLE_VIEWER"), 5: _encapsulated(url)}
    yield _coded("CODE_ACTE_IMAGERIE", exam.act)
    yield _coded("MODALITE_IMAGERIE", _modality(exam.modality, with_contrast=bool(exam.products)))
    yield from _regions(exam.regions)
    if exam is case.exam:
        yield from _products(case)
    yield from _device(exam)


def _products(case: Case) -> Iterator[dict[int, str]]:
    """Type, lot and quantity of what ATC groups V09 and V10 hold: no other can be coded."""
    coded = [t for t in case.details.tracers if t.atc.code[:3] in CODED_PRODUCTS]
    what = _named("PRODUIT_ADMINISTRE")
    for number, tracer in enumerate(coded, 1):
        yield {2: "CE", 3: what, 4: f"{number}.1", 5: f"{tracer.atc.code[:3]}^^ATC"}
        yield {2: "NM", 3: what, 4: f"{number}.2", 5: escape(tracer.lot)}
        if tracer.activity:
            yield {2: "NM", 3: what, 4: f"{number}.3", 5: tracer.activity, 6: "MBq"}


def _device(exam: Exam) -> Iterator[dict[int, str]]:
    what = _named("APPAREIL_IMAGERIE")
    if exam.udi:
        yield {2: "TX", 3: what, 4: "1.1", 5: escape(exam.udi)}
        yield {2: "TX", 3: what, 4: "1.2", 5: escape(exam.device)}


# -- parts ----------------------------------------------------------------------------------


def _opening(case: Case, header: Header, kind: str) -> list[str]:
    """MSH, PID and PV1, whose PV1-19 is the appointment."""
    visit = case.visit
    number = visit.appointment if visit.appointment.value else visit.number
    fields = {2: visit.patient_class, 19: cx(number, "VN"), 44: stamp(visit.start)}
    return [
        msh(header, kind, "2.5.1", GUIDE),
        pid(case.patient, visit.account),
        segment("PV1", fields),
    ]


def _orc(case: Case, control: str, fields: dict[int, str]) -> str:
    return segment("ORC", {1: control, 2: ei(case.order.placer_number), **_valued(fields)})


def _obr(case: Case, procedure: str, fields: dict[int, str]) -> str:
    what = f"{procedure}^{escape(_PROCEDURES[procedure])}^TLR_OBR_PROCEDURE"
    return segment("OBR", {2: ei(case.order.placer_number), 4: what, **_valued(fields)})


def _valued(fields: dict[int, str]) -> dict[int, str]:
    return {number: value for number, value in fields.items() if value}


def _organization(kind: str) -> str:
    return f"{kind}^^TLR_TYPE_ORGANISATION"


def _reason(reason: Reason) -> str:
    parts = {1: reason.code, 2: reason.words, 3: reason.system}
    return components({number: escape(text) for number, text in parts.items() if text})


def _comments(text: str, kind: str) -> list[str]:
    return [segment("NTE", {1: "1", 3: escape(text), 4: f"{kind}^^HL70364"})] if text else []


def _numbered(lines: Iterable[dict[int, str] | str], status: str) -> Iterator[str]:
    """OBX-1 and OBX-11 for the observations among these; the segments between stay."""
    number = 0
    for line in lines:
        if isinstance(line, str):
            yield line
            continue
        number += 1
        yield segment("OBX", {1: str(number), **_valued(line), 11: status})


def _named(code: str) -> str:
    return f"{code}^{escape(_OBSERVATIONS[code])}^TLR_OBSERVATION"


def _coded(what: str, value: Code, sub: str = "") -> dict[int, str]:
    written = components({1: escape(value.code), 2: escape(value.label), 3: value.hl7})
    return {2: "CE", 3: _named(what), 4: sub, 5: written}


def _regions(regions: Iterable[Region]) -> Iterator[dict[int, str]]:
    for number, region in enumerate(regions, 1):
        yield _coded("REGION_ANATOMIQUE", region.code, f"{number}.1")
        if region.precision:
            yield _coded("REGION_ANATOMIQUE", region.precision, f"{number}.2")


def _encapsulated(content: bytes, subtype: str = "") -> str:
    return f"^TEXT^{subtype}^Base64^{pybase64.b64encode_as_string(content)}"


def _modality(modality: Code, *, with_contrast: bool) -> Code:
    """As the value set of requested modalities has it; what it does not have is another one."""
    if modality.hl7 == _CISIS or (modality.hl7 == DCM[2] and modality.code in _UNDER_DICOM):
        return modality
    found = _UNDER_CISIS.get(modality.code)
    if found:
        code, label = found[with_contrast]
        return Code(code, label, "1.2.250.1.213.1.1.4.322", "TA_ASIP", _CISIS)
    return Code("OT", "Autre technique d'imagerie", *DCM)
