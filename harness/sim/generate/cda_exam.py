"""The imaging act section of a report: technique, products, dose, catalogue of DICOM objects.

Source: IMG-CR-IMG 2024.01; imaging body fact sheet, 1.4 to 1.6.
"""

from collections.abc import Iterator
from typing import Final

from harness.sim.case import Case, Code, Dose, Product
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

_EXPOSURE: Final = Code("121290", "Exposition du patient aux rayonnements", DCM, "DCM")
_AUTHORISED: Final = Code("113850", "Autorisation d'irradiation", DCM, "DCM")
_PREGNANCY: Final = Code("364320009", "statut de la grossesse", SNOMED, "SNOMED CT")
_NOT_PREGNANT: Final = Code("60001007", "absence de grossesse", SNOMED, "SNOMED CT")
_INTRAVENOUS: Final = Code("20045000", "Voie intraveineuse", "0.4.0.127.0.16.1.1.2.1", "EDQM")
_MODALITY: Final = Code("121139", "Modalité d'imagerie", DCM, "DCM")
_STUDY: Final = Code("113014", "Examen", DCM, "DCM")
_SERIES: Final = Code("113015", "Série", DCM, "DCM")
_CATALOGUE: Final = Code("121181", "Catalogue d'objets DICOM", DCM, "DCM")


def imaging_act(case: Case, link: str, uuids: Iterator[str]) -> Element:
    """The section with its entries and sub-sections. `link` is the URL of the images."""
    parts = [_technique(case, next(uuids))]
    parts += [_product(case, product, next(uuids)) for product in case.exam.products]
    if case.exam.doses:
        parts.append(_exposure(case, uuids))
    parts.append(_catalogue(case, link, uuids))
    return section(
        next(uuids),
        ("1.2.840.10008.9.3", "1.2.250.1.213.1.1.2.206"),
        loinc("code", "55111-9", "Technique d'imagerie"),
        "Acte d'imagerie",
        el("text", rows(_lines(case))),
        *parts,
    )


def _lines(case: Case) -> Iterator[tuple[str, str, str]]:
    exam = case.exam
    site = exam.site.label + (f" ({exam.laterality.label})" if exam.laterality else "")
    yield "Acte", exam.act.label, "acte-01"
    yield "Description", case.narrative.technique, "acte-01-description"
    yield "Modalité", ", ".join(m.label for m in exam.modalities), "acte-01-modalite"
    yield "Appareil", exam.device, "acte-01-appareil"
    yield "Localisation", site, "acte-01-localisation"
    for product in exam.products:
        words = f"{product.name}, {product.volume} mL, lot {product.lot}"
        yield "Produit administré", words, "acte-01-produit"


def _technique(case: Case, uuid: str) -> Element:
    exam = case.exam
    return el(
        "entry",
        el(
            "procedure",
            *templates("1.2.840.10008.9.14", "1.2.250.1.213.1.1.3.153"),
            ids(uuid),
            coded(
                "code",
                exam.act,
                original("#acte-01"),
                coded("translation", exam.ccam) if exam.ccam else None,
            ),
            el("text", reference("#acte-01-description")),
            el("statusCode", code="completed"),
            el("effectiveTime", value=stamp(exam.start)),
            *(coded("methodCode", modality) for modality in exam.modalities),
            target_site(exam.site, exam.laterality, "#acte-01-localisation"),
            classCode="PROC",
            moodCode="EVN",
        ),
    )


def _product(case: Case, product: Product, uuid: str) -> Element:
    material = el(
        "manufacturedMaterial",
        el(
            "code",
            original("#acte-01-produit"),
            coded("translation", product.atc),
            coded("translation", product.cip),
        ),
        el("name", product.name),
        el("lotNumberText", product.lot),
    )
    return el(
        "entry",
        el(
            "substanceAdministration",
            *templates("1.2.840.10008.9.13", "1.2.250.1.213.1.1.3.151"),
            ids(uuid),
            el("text", reference("#acte-01-produit")),
            el("statusCode", code="completed"),
            coded("routeCode", _INTRAVENOUS),
            el("doseQuantity", el("low", value=product.volume, unit="mL")),
            el("consumable", el("manufacturedProduct", material, classCode="MANU")),
            classCode="SBADM",
            moodCode="EVN",
        ),
    )


def _exposure(case: Case, uuids: Iterator[str]) -> Element:
    doses = case.exam.doses
    lines = [("Autorisation", "Dr " + case.radiologist.family, "irradiation")]
    lines.append(("Grossesse", "absence de grossesse", "grossesse"))
    lines += [
        (dose.code.label, f"{dose.value} {dose.unit}", f"mesure-{number}")
        for number, dose in enumerate(doses, 1)
    ]
    pregnancy = observation(
        next(uuids),
        coded("code", _PREGNANCY),
        coded("value", _NOT_PREGNANT, original("#grossesse"), xsi_type="CD"),
        el("targetSiteCode", nullFlavor="NA"),
        case.exam.start,
        "#grossesse",
    )
    return section(
        next(uuids),
        ("1.2.840.10008.9.8", "1.2.250.1.213.1.1.2.215"),
        loinc("code", "73569-6", "Exposition aux rayonnements"),
        "Exposition aux rayonnements et informations de radioprotection",
        el("text", rows(lines)),
        _authorisation(case),
        pregnancy,
        *(_quantity(case, dose, n, next(uuids)) for n, dose in enumerate(doses, 1)),
    )


def _authorisation(case: Case) -> Element:
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
            coded("code", _EXPOSURE, original("#irradiation")),
            el("participant", role, typeCode="RESP"),
            classCode="PROC",
            moodCode="EVN",
        ),
    )


def _quantity(case: Case, dose: Dose, number: int, uuid: str) -> Element:
    words = f"#mesure-{number}"
    return el(
        "entry",
        el(
            "observation",
            *templates("2.16.840.1.113883.10.20.6.2.14", "1.2.250.1.213.1.1.3.154"),
            ids(uuid),
            coded("code", dose.code, original(words)),
            el("text", reference(words)),
            el("statusCode", code="completed"),
            el("effectiveTime", value=stamp(case.exam.start)),
            el("value", value=dose.value, unit=dose.unit, xsi_type="PQ"),
            target_site(case.exam.site, case.exam.laterality, "#acte-01-localisation"),
            classCode="OBS",
            moodCode="EVN",
        ),
    )


# -- catalogue: study, one generic series, one generic instance that carries the link --------


def _catalogue(case: Case, link: str, uuids: Iterator[str]) -> Element:
    text = el(
        "text",
        el("paragraph", f"Study Instance UID : {case.exam.study_uid}"),
        el("paragraph", el("content", case.exam.modality.label, ID="serie-01-modalite")),
        el("paragraph", el("linkHtml", "Lien vers les images", href=link)),
    )
    return section(
        next(uuids),
        ("2.16.840.1.113883.10.20.6.1.1", "1.2.250.1.213.1.1.2.217"),
        coded("code", _CATALOGUE),
        "Catalogue d'objets DICOM",
        text,
        el("entry", _study(case, link)),
    )


def _study(case: Case, link: str) -> Element:
    return el(
        "act",
        *templates("1.2.840.10008.9.16", "1.2.250.1.213.1.1.3.155"),
        ids(case.exam.study_uid),
        coded("code", _STUDY),
        el("effectiveTime", value=stamp(case.exam.start)),
        el("entryRelationship", _series(case, link), typeCode="COMP"),
        classCode="ACT",
        moodCode="EVN",
    )


def _series(case: Case, link: str) -> Element:
    modality = coded("value", case.exam.modality, original("#serie-01-modalite"))
    return el(
        "act",
        *templates("1.2.840.10008.9.17", "1.2.250.1.213.1.1.3.156"),
        ids(case.exam.series_uid),
        coded("code", _SERIES, el("qualifier", coded("name", _MODALITY), modality)),
        el("effectiveTime", value=stamp(case.exam.start)),
        el("entryRelationship", _instance(case, link), typeCode="COMP"),
        classCode="ACT",
        moodCode="EVN",
    )


def _instance(case: Case, link: str) -> Element:
    return el(
        "observation",
        *templates("1.2.840.10008.9.18", "1.2.250.1.213.1.1.3.157"),
        ids(case.exam.sop_uid),
        coded("code", case.exam.sop_class),
        el("text", reference(link), mediaType="application/dicom"),
        el("effectiveTime", value=stamp(case.exam.start)),
        classCode="DGIMG",
        moodCode="EVN",
    )
