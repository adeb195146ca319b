"""Radiation exposure of a report: authorisation, pregnancy status, quantities, radiopharmaceutical.

Source: IMG-CR-IMG 2024.01; imaging body fact sheet, 1.5.
"""

from collections.abc import Iterator
from typing import Final

from harness.sim.case import NOT_PREGNANT, Case, Code, Dose, Exam, Tracer
from harness.sim.generate.cda_added import comment
from harness.sim.generate.cda_parts import (
    DCM,
    SNOMED,
    Element,
    coded,
    el,
    ids,
    loinc,
    observation,
    original,
    reference,
    rows,
    section,
    stamp,
    target_site,
    templates,
)

INTRAVENOUS: Final = Code("20045000", "Voie intraveineuse", "0.4.0.127.0.16.1.1.2.1", "EDQM")
_NUCLEAR: Final = frozenset({"PT", "NM"})
_EXPOSURE: Final = Code("121290", "Exposition du patient aux rayonnements", DCM, "DCM")
_AUTHORISED: Final = Code("113850", "Autorisation d'irradiation", DCM, "DCM")
_PREGNANCY: Final = Code("364320009", "statut de la grossesse", SNOMED, "SNOMED CT")
_TRACER: Final = Code(
    "440252007", "administration de produits radiopharmaceutiques", SNOMED, "SNOMED CT"
)


def named_side(exam: Exam) -> Code | None:
    """The side to write with the site: none when the act's own label tells it.

    The official schematron of the report admits neither right nor left as modifier (fact sheet,
    O-02), so an act that is lateralised by itself is not lateralised twice.
    """
    words = exam.act.label.lower()
    return None if any(side in words for side in ("droit", "gauche")) else exam.laterality


def exposure(case: Case, exam: Exam, stem: str, uuids: Iterator[str]) -> Element:
    """The sub-section of an ionising examination. `stem` begins the names of the narrative."""
    tracers = case.details.tracers if _is_nuclear(exam) else ()
    pregnancy = _pregnancy(case)
    lines = [("Autorisation", f"Dr {case.radiologist.family}", f"{stem}-irradiation")]
    lines.append(("Grossesse", pregnancy.label, f"{stem}-grossesse"))
    lines += [
        (dose.code.label, f"{dose.value} {dose.unit}", f"{stem}-mesure-{number}")
        for number, dose in enumerate(exam.doses, 1)
    ]
    if exam.doses:
        lines.append(("Localisation", exam.site.label, f"{stem}-localisation-dose"))
    for number, tracer in enumerate(tracers, 1):
        lines += _of_tracer(tracer, _stem(stem, number))
    entries = [_authorisation(case, stem), _status(exam, pregnancy, stem, next(uuids))]
    entries += [
        _quantity(exam, dose, f"{stem}-mesure-{number}", stem, next(uuids))
        for number, dose in enumerate(exam.doses, 1)
    ]
    if tracers:  # the section has one entry at most; the others are told in its text
        entries.append(_administration(tracers[0], stem))
    return section(
        next(uuids),
        ("1.2.840.10008.9.8", "1.2.250.1.213.1.1.2.215"),
        loinc("code", "73569-6", "Exposition aux rayonnements"),
        "Exposition aux rayonnements et informations de radioprotection",
        el("text", rows(lines)),
        *entries,
    )


def _is_nuclear(exam: Exam) -> bool:
    return any(modality.code in _NUCLEAR for modality in exam.modalities)


def _pregnancy(case: Case) -> Code:
    return case.details.pregnancy if case.patient.sex == "F" else NOT_PREGNANT


def _status(exam: Exam, pregnancy: Code, stem: str, uuid: str) -> Element:
    return observation(
        uuid,
        coded("code", _PREGNANCY),
        coded("value", pregnancy, original(f"#{stem}-grossesse"), xsi_type="CD"),
        el("targetSiteCode", nullFlavor="NA"),
        exam.start,
        f"#{stem}-grossesse",
    )


def _authorisation(case: Case, stem: str) -> Element:
    who = case.radiologist
    role = el(
        "participantRole",
        ids("1.2.250.1.71.4.2.1", who.national_id),
        coded("code", _AUTHORISED),
        el("playingEntity", el("name", f"{who.given} {who.family}")),
    )
    return el(
        "entry",
        el(
            "procedure",
            *templates("1.2.250.1.213.1.1.3.165"),
            coded("code", _EXPOSURE, original(f"#{stem}-irradiation")),
            el("participant", role, typeCode="RESP"),
            classCode="PROC",
            moodCode="EVN",
        ),
    )


def _quantity(exam: Exam, dose: Dose, name: str, stem: str, uuid: str) -> Element:
    return el(
        "entry",
        el(
            "observation",
            *templates("2.16.840.1.113883.10.20.6.2.14", "1.2.250.1.213.1.1.3.154"),
            ids(uuid),
            coded("code", dose.code, original(f"#{name}")),
            el("text", reference(f"#{name}")),
            el("statusCode", code="completed"),
            el("effectiveTime", value=stamp(exam.start)),
            el("value", value=dose.value, unit=dose.unit, xsi_type="PQ"),
            target_site(exam.site, named_side(exam), f"#{stem}-localisation-dose"),
            classCode="OBS",
            moodCode="EVN",
        ),
    )


def _stem(stem: str, number: int) -> str:
    """What the names of a tracer begin with; the first has those of the examination."""
    return stem if number == 1 else f"{stem}-{number}"


def _of_tracer(tracer: Tracer, stem: str) -> Iterator[tuple[str, str, str]]:
    yield "Radiopharmaceutique", f"{tracer.name}, lot {tracer.lot}", f"{stem}-traceur"
    yield "Activité injectée", f"{tracer.activity} MBq", f"{stem}-activite"
    yield "Remarque", "Injection au repos, attente de 60 minutes.", f"{stem}-traceur-remarque"


def _administration(tracer: Tracer, stem: str) -> Element:
    """FR-DICOM-Administration-radiopharmaceutique: an activity, a product without own code."""
    activity = el("translation", original(f"#{stem}-activite"))
    material = el(
        "manufacturedMaterial",
        el("code", original(f"#{stem}-traceur"), coded("translation", tracer.atc)),
        el("name", tracer.name),
        el("lotNumberText", tracer.lot),
    )
    return el(
        "entry",
        el(
            "substanceAdministration",
            *templates("1.2.250.1.213.1.1.3.173"),
            coded("code", _TRACER),
            coded("routeCode", INTRAVENOUS),
            el("doseQuantity", activity, value=tracer.activity, unit="MBq"),
            el(
                "consumable",
                el("manufacturedProduct", material, classCode="MANU"),
                typeCode="CSM",
            ),
            comment(f"{stem}-traceur-remarque"),
            classCode="SBADM",
            moodCode="EVN",
        ),
    )
