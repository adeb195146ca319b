"""The sections of an imaging report of level 3, optional ones included.

Source: IMG-CR-IMG 2024.01; imaging body fact sheet, 1.2, 1.3 and 1.7.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from harness.sim.case import Case, Code, Device
from harness.sim.generate.cda_added import (
    added_documents,
    patient_information,
    prior_results,
    simple_observation,
)
from harness.sim.generate.cda_clinical import clinical_information
from harness.sim.generate.cda_exam import imaging_act
from harness.sim.generate.cda_parts import (
    LOINC,
    Element,
    author,
    coded,
    el,
    ids,
    loinc,
    paragraphs,
    reference,
    section,
    stamp,
    templates,
)

_TOLD: Final = Code("99622-3", "Informations pour le patient", LOINC, "LOINC")
_FINDINGS: Final = ("59776-5", "Résultats", "Résultats")
_COMPARISON: Final = (
    "18834-2",
    "Examen comparatif",
    "Comparaisons avec des résultats antérieurs",
)
_CONCLUSION: Final = ("19005-8", "Conclusion", "Conclusion")
_REMARK: Final = ("55112-7", "Commentaire", "Commentaire")


def sections(case: Case, links: Iterable[str]) -> Iterator[Element]:
    """The sections in order. `links`: the URL of the images of each examination."""
    uuids = iter(case.uuids)
    words, details = case.narrative, case.details
    if details.addendum:
        yield _addendum(case, next(uuids))
    yield clinical_information(case, uuids)
    for number, (exam, link) in enumerate(zip(case.exams, links, strict=True), 1):
        yield imaging_act(case, exam, number, link, uuids)
    if details.device:
        yield _devices(case, details.device, uuids)
    yield _words(next(uuids), "2.16.840.1.113883.10.20.6.1.2", "208", _FINDINGS, words.findings)
    if details.prior:
        yield prior_results(next(uuids), details.prior)
    yield _words(next(uuids), "1.2.840.10008.9.4", "207", _COMPARISON, words.comparison)
    yield _words(next(uuids), "1.2.840.10008.9.5", "209", _CONCLUSION, words.conclusion)
    if details.remark:
        yield _words(next(uuids), "", "73", _REMARK, details.remark)
    if details.attachment:
        yield added_documents(details.attachment, uuids)
    if details.told:
        yield _education(case, uuids)


def _words(uuid: str, model: str, french: str, code: tuple[str, str, str], words: str) -> Element:
    """A section of text alone."""
    models = [model] if model else []
    named = loinc("code", code[0], code[1])
    return section(
        uuid, (*models, f"1.2.250.1.213.1.1.2.{french}"), named, code[2], paragraphs(words)
    )


def _addendum(case: Case, uuid: str) -> Element:
    found = section(
        uuid,
        ("1.2.840.10008.9.6", "1.2.250.1.213.1.1.2.210"),
        loinc("code", "55107-7", "Addendum"),
        "Addendum",
        paragraphs(case.details.addendum),
    )
    found[0].append(author(case.radiologist, case.report_document.created))
    return found


def _education(case: Case, uuids: Iterator[str]) -> Element:
    text = el("text", el("content", case.details.told, ID="information-patient"))
    told = simple_observation(
        next(uuids), _TOLD, "information-patient", time=stamp(case.report_document.created)
    )
    return patient_information(next(uuids), "Information du patient", text, told)


def _devices(case: Case, device: Device, uuids: Iterator[str]) -> Element:
    words = f"{device.kind.label} [EMDN {device.kind.code}], IUD {device.udi}"
    role = el(
        "participantRole",
        ids(device.agency, device.udi),
        el(
            "playingDevice",
            coded("code", device.kind),
            classCode="DEV",
            determinerCode="INSTANCE",
        ),
        classCode="MANU",
    )
    supply = el(
        "supply",
        *templates("2.16.840.1.113883.10.20.1.34", "1.2.250.1.213.1.1.3.20"),
        ids(next(uuids)),
        el("text", reference("#dispositif-01")),
        el("effectiveTime", el("low", value=stamp(case.exam.start)), xsi_type="IVL_TS"),
        el("participant", role, typeCode="DEV"),
        classCode="SPLY",
        moodCode="EVN",
    )
    return section(
        next(uuids),
        (
            "2.16.840.1.113883.10.20.1.7",
            "1.3.6.1.4.1.19376.1.5.3.1.1.5.3.5",
            "1.2.250.1.213.1.1.2.1",
        ),
        loinc("code", "46264-8", "Dispositifs médicaux"),
        "Dispositifs médicaux",
        el("text", el("paragraph", el("content", words, ID="dispositif-01"))),
        el("entry", supply),
    )
