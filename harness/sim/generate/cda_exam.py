"""The imaging act section of a report: technique, products, sub-sections, DICOM catalogue.

Source: IMG-CR-IMG 2024.01; imaging body fact sheet, 1.4 and 1.6.
"""

from collections.abc import Iterator
from typing import Final

from harness.sim.case import Case, Code, Exam, Product
from harness.sim.generate.cda_added import comment
from harness.sim.generate.cda_dose import INTRAVENOUS, exposure, named_side
from harness.sim.generate.cda_parts import (
    DCM,
    Element,
    coded,
    el,
    ids,
    loinc,
    original,
    paragraphs,
    reference,
    rows,
    section,
    stamp,
    target_site,
    templates,
)

_MODALITY: Final = Code("121139", "Modalité d'imagerie", DCM, "DCM")
_STUDY: Final = Code("113014", "Examen", DCM, "DCM")
_SERIES: Final = Code("113015", "Série", DCM, "DCM")
_CATALOGUE: Final = Code("121181", "Catalogue d'objets DICOM", DCM, "DCM")


def imaging_act(case: Case, exam: Exam, number: int, link: str, uuids: Iterator[str]) -> Element:
    """The section of the examination of that number, counted from 1. `link`: URL of the images."""
    stem, main = f"acte-{number:02d}", exam is case.exam
    parameters = case.details.parameters if main else ""
    parts = [_technique(exam, stem, parameters, next(uuids))]
    parts += [_product(product, stem, next(uuids)) for product in exam.products]
    if main and case.details.complication:
        parts.append(_complications(case.details.complication, next(uuids)))
    if exam.doses:
        parts.append(exposure(case, exam, stem, uuids))
    parts.append(_catalogue(case, exam, stem, link, uuids))
    words = case.narrative.technique if main else f"{exam.act.label}, même séance."
    return section(
        next(uuids),
        ("1.2.840.10008.9.3", "1.2.250.1.213.1.1.2.206"),
        loinc("code", "55111-9", "Technique d'imagerie"),
        "Acte d'imagerie",
        el("text", rows(_lines(exam, words, parameters, stem))),
        *parts,
    )


def _lines(exam: Exam, words: str, parameters: str, stem: str) -> Iterator[tuple[str, str, str]]:
    site = exam.site.label + (f" ({exam.laterality.label})" if exam.laterality else "")
    yield "Acte", exam.act.label, stem
    yield "Description", words, f"{stem}-description"
    yield "Modalité", ", ".join(m.label for m in exam.modalities), f"{stem}-modalite"
    yield "Appareil", exam.device, f"{stem}-appareil"
    yield "Localisation", site, f"{stem}-localisation"
    if parameters:
        yield "Autres paramètres", parameters, f"{stem}-autres-parametres"
    for product in exam.products:
        yield "Produit administré", f"{product.name}, lot {product.lot}", f"{stem}-produit"
        yield "Dose", f"{product.volume} mL", f"{stem}-produit-dose"


def _technique(exam: Exam, stem: str, parameters: str, uuid: str) -> Element:
    act = coded(
        "code",
        exam.act,
        original(f"#{stem}"),
        coded("translation", exam.ccam) if exam.ccam else None,
    )
    return el(
        "entry",
        el(
            "procedure",
            *templates("1.2.840.10008.9.14", "1.2.250.1.213.1.1.3.153"),
            ids(uuid),
            act,
            el("text", reference(f"#{stem}-description")),
            el("statusCode", code="completed"),
            el("effectiveTime", value=stamp(exam.start)),
            *(coded("methodCode", modality) for modality in exam.modalities),
            target_site(exam.site, named_side(exam), f"#{stem}-localisation"),
            comment(f"{stem}-autres-parametres") if parameters else None,
            classCode="PROC",
            moodCode="EVN",
        ),
    )


def _product(product: Product, stem: str, uuid: str) -> Element:
    material = el(
        "manufacturedMaterial",
        el(
            "code",
            original(f"#{stem}-produit"),
            coded("translation", product.atc),
            coded("translation", product.cip),
        ),
        el("name", product.name),
        el("lotNumberText", product.lot),
    )
    dose = el("translation", original(f"#{stem}-produit-dose"))
    return el(
        "entry",
        el(
            "substanceAdministration",
            *templates("1.2.840.10008.9.13", "1.2.250.1.213.1.1.3.151"),
            ids(uuid),
            el("text", reference(f"#{stem}-produit")),
            el("statusCode", code="completed"),
            coded("routeCode", INTRAVENOUS),
            el("doseQuantity", el("low", dose, value=product.volume, unit="mL")),
            el("consumable", el("manufacturedProduct", material, classCode="MANU")),
            classCode="SBADM",
            moodCode="EVN",
        ),
    )


def _complications(words: str, uuid: str) -> Element:
    return section(
        uuid,
        ("2.16.840.1.113883.10.20.22.2.37", "1.2.250.1.213.1.1.2.214"),
        loinc("code", "55109-3", "Complications"),
        "Complications",
        paragraphs(words),
    )


# -- catalogue: study, one generic series, one generic instance that carries the link --------


def _catalogue(case: Case, exam: Exam, stem: str, link: str, uuids: Iterator[str]) -> Element:
    kept = f"Durée de conservation des images : {case.details.retention} jours"
    text = el(
        "text",
        el("paragraph", f"Study Instance UID : {exam.study_uid}"),
        el("paragraph", el("content", exam.modality.label, ID=f"{stem}-serie-01-modalite")),
        el("paragraph", el("linkHtml", "Lien vers les images", href=link)),
        el("paragraph", kept),
    )
    return section(
        next(uuids),
        ("2.16.840.1.113883.10.20.6.1.1", "1.2.250.1.213.1.1.2.217"),
        coded("code", _CATALOGUE),
        "Catalogue d'objets DICOM",
        text,
        el("entry", _study(exam, stem, link)),
    )


def _study(exam: Exam, stem: str, link: str) -> Element:
    return el(
        "act",
        *templates("1.2.840.10008.9.16", "1.2.250.1.213.1.1.3.155"),
        ids(exam.study_uid),
        coded("code", _STUDY),
        el("effectiveTime", value=stamp(exam.start)),
        el("entryRelationship", _series(exam, stem, link), typeCode="COMP"),
        classCode="ACT",
        moodCode="EVN",
    )


def _series(exam: Exam, stem: str, link: str) -> Element:
    modality = coded("value", exam.modality, original(f"#{stem}-serie-01-modalite"))
    return el(
        "act",
        *templates("1.2.840.10008.9.17", "1.2.250.1.213.1.1.3.156"),
        ids(exam.series_uid),
        coded("code", _SERIES, el("qualifier", coded("name", _MODALITY), modality)),
        el("effectiveTime", value=stamp(exam.start)),
        el("entryRelationship", _instance(exam, link), typeCode="COMP"),
        classCode="ACT",
        moodCode="EVN",
    )


def _instance(exam: Exam, link: str) -> Element:
    return el(
        "observation",
        *templates("1.2.840.10008.9.18", "1.2.250.1.213.1.1.3.157"),
        ids(exam.sop_uid),
        coded("code", exam.sop_class),
        el("text", reference(link), mediaType="application/dicom"),
        el("effectiveTime", value=stamp(exam.start)),
        classCode="DGIMG",
        moodCode="EVN",
    )
