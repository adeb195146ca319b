"""What a simulated actor learns of flows 1 to 4 of the ANS guide.

The platform learns patient, request and site from flow 1 and the examinations from flow 4; the RIS
learns decision and protocols from flow 3. What a message does not say keeps the value it had.
Source: Volet Téléradiologie 0.1.0-ballot, volume 2, segments and observations of each flow.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from harness.rules.orders import Order as Group
from harness.rules.orders import orders
from harness.sim.case import (
    Answer,
    Case,
    Code,
    Dose,
    Exam,
    Identifier,
    Order,
    Reason,
    Region,
    Tracer,
)
from harness.sim.generate.cases import drawn_dose
from harness.sim.generate.exam_codes import ATC, CISIS, DCM, DX, LOINC, SNOMED, US, Kind
from harness.sim.generate.exams import KINDS, kind_of
from harness.sim.learning.learn import (
    NUMBER,
    learn_act,
    learn_context,
    learn_person,
    learn_site,
    time_of,
)
from harness.wire import ed
from harness.wire.er7 import Message

_PREGNANCY: Final[Mapping[str, str]] = {"Y": "77386006", "N": "60001007"}
_MODALITIES: Final[Mapping[str, Code]] = {
    **dict.fromkeys(("MED-1126", "MED-1127"), DX),
    **dict.fromkeys(("MED-1128", "MED-1129"), US),
}
_SYSTEMS: Final = {system[2]: system for system in (DCM, LOINC, SNOMED, CISIS)}
_SIDES: Final = ("66459002", "51440002")  # those that a report may give an act
_URL: Final = re.compile(r"https?://\S+")
_DAYS: Final = re.compile(r"[0-9]{1,5}")
_FILE: Final = "Protocole transmis sous forme de fichier."


def _context(case: Case, message: Message) -> Case:
    """Patient, visit and order; PV1-19 is the appointment."""
    known = case.visit.number
    case = learn_context(case, message)
    visit = replace(case.visit, number=known)
    if case.visit.number != known:
        visit = replace(visit, appointment=case.visit.number)
    return replace(case, visit=visit)


# -- flows 1 and 2 --------------------------------------------------------------------------


def of_request(case: Case, message: Message) -> Case:
    """What is asked, by which site."""
    case = _context(case, message)
    site = learn_site(case.site, message)
    site = replace(site, phone=message.first("ORC-14.12") or site.phone)
    responsible = learn_person(case.responsible, message, "ORC-12")
    case = replace(
        case,
        order=_order(case.order, message),
        site=site,
        responsible=replace(responsible, organization=site),
        radiologist=learn_person(case.radiologist, message, "ORC-11"),
    )
    return _pregnant(_as_asked(case), message)


def _order(known: Order, message: Message) -> Order:
    group = orders(message)[0]
    histories = [*(node.value for node in message.at("OBX[3.1=11322-5]-5")), "", ""]
    return replace(
        known,
        purpose=message.first("NTE[4.1=FINALITE_EXAMEN]-3") or known.purpose,
        technique=message.first("NTE[4.1=MODALITE_IMAGERIE]-3"),
        requested_modality=_code(group, "MODALITE_IMAGERIE") or known.requested_modality,
        regions=tuple(_regions(group)) or known.regions,
        medical_history=histories[0] or known.medical_history,
        surgical_history=histories[1] or known.surgical_history,
        relevance=tuple(node.value for node in message.at("OBX[3.1=11322-5]-8")),
        height=message.first("OBX[3.1=8302-2]-5"),
        weight=message.first("OBX[3.1=29463-7]-5"),
    )


def _as_asked(case: Case) -> Case:
    """The words of an examination that we know of that modality and region, else general ones."""
    order, region = case.order, case.order.regions[0].code
    for kind in KINDS.values():
        if (kind.requested.code, kind.region.code) == (order.requested_modality.code, region.code):
            case = learn_act(case, kind.act)
            return replace(case, narrative=kind.words)
    protocol = f"{order.requested_modality.label} ({region.label}), protocole habituel du site."
    return replace(case, narrative=replace(case.narrative, protocol=protocol))


def _pregnant(case: Case, message: Message) -> Case:
    code = _PREGNANCY.get(message.first("OBX[3.1=82810-3]-5.1"))
    if code is None:
        return case
    status = replace(case.details.pregnancy, code=code)
    if code == _PREGNANCY["Y"]:
        status = replace(status, label="enceinte")
    return replace(case, details=replace(case.details, pregnancy=status))


def of_cancellation(case: Case, message: Message) -> Case:
    """Why the request is given up."""
    return replace(_context(case, message), cancellation=_reason(message))


# -- flow 3 ---------------------------------------------------------------------------------


def of_answer(case: Case, message: Message) -> Case:
    """The decision, the protocols, who decided."""
    case = _context(case, message)
    protocols = [
        _text(message, number)
        for number in range(1, len(message.named("OBX")) + 1)
        if message.first(f"OBX[{number}]-3.1") == "PROTOCOLE_IMAGERIE"
    ]
    platform = learn_site(case.platform, message)
    radiologist = learn_person(case.radiologist, message, "ORC-12")
    first = protocols[0] if protocols else case.narrative.protocol
    return replace(
        case,
        answer=Answer(
            accepted=message.first("ORC-1") != "OC",
            reason=_reason(message),
            protocols=tuple(protocols[1:]),
            encapsulated=message.first("OBX[3.1=PROTOCOLE_IMAGERIE]-2") == "ED",
        ),
        narrative=replace(case.narrative, protocol=first),
        platform=platform,
        radiologist=replace(radiologist, organization=platform),
    )


def _text(message: Message, number: int) -> str:
    """The protocol of an OBX; a file is not read."""
    return _FILE if message.first(f"OBX[{number}]-2") == "ED" else message.first(f"OBX[{number}]-5")


def _reason(message: Message) -> Reason:
    return Reason(message.first("ORC-16.2"), message.first("ORC-16.1"), message.first("ORC-16.3"))


# -- flow 4 ---------------------------------------------------------------------------------


def of_complement(case: Case, message: Message) -> Case:
    """The examinations that were done: the first is the main one."""
    case = _context(case, message)
    groups = orders(message)
    act = _act(groups[0])
    case = learn_act(case, act) if act else case
    made = [_exam(case, group, number) for number, group in enumerate(groups)]
    kept = groups[0].first("TQ1-6.1")
    details = replace(
        case.details,
        further=tuple(made[1:]),
        tracers=tuple(tracer for group in groups for tracer in _tracers(group)),
        retention=int(kept) if _DAYS.fullmatch(kept) else case.details.retention,
    )
    return replace(case, exam=made[0], details=details)


def _act(group: Group) -> Code | None:
    return _code(group, "CODE_ACTE_IMAGERIE") or _of_loinc(group.first("IPC-2.1"))


def _of_loinc(code: str) -> Code | None:
    return Code(code, code, *LOINC) if code else None


def _exam(case: Case, group: Group, number: int) -> Exam:
    """One examination; those after the first have series of their own, named after the study."""
    known, act = case.exam, _act(group) or case.exam.act
    study, kind = group.first("IPC-3.1") or known.study_uid, kind_of(act.code)
    start = time_of(group.first("TQ1-7")) or known.start
    modality = _performed(group)
    regions = [*_regions(group)] or list(case.order.regions) or list(known.regions)
    first = regions[0]
    exam = replace(
        known,
        act=act,
        accession_number=Identifier(
            group.first("IPC-1.1") or known.accession_number.value,
            known.accession_number.authority,
            group.first("IPC-1.3") or known.accession_number.oid,
        ),
        study_uid=study,
        start=start,
        end=start + (known.end - known.start),
        modalities=(modality,) if modality else known.modalities,
        region=first.code,
        precision=first.precision,
        more_regions=tuple(regions[1:]),
        laterality=_side(first.precision),
        doses=_read_in_images(kind, study),
        device=_sub(group, "APPAREIL_IMAGERIE", "1.2") or known.device,
        udi=_sub(group, "APPAREIL_IMAGERIE", "1.1"),
        partial_url=_url(group),
    )
    if number:
        site = kind.site if kind else exam.site
        exam = replace(exam, ccam=None, site=site, series_uid=f"{study}.1", sop_uid=f"{study}.1.1")
    return exam


def _read_in_images(kind: Kind | None, study: str) -> tuple[Dose, ...]:
    """Doses, to which the guide gives no field: a reader finds them beside the images."""
    chance = random.Random(study)  # noqa: S311  fictitious data, no secret
    return tuple(drawn_dose(chance, dose) for dose in kind.doses) if kind else ()


def _performed(group: Group) -> Code | None:
    """The modality under its DICOM code, which a report asks for."""
    found = _code(group, "MODALITE_IMAGERIE")
    return _MODALITIES.get(found.code, found) if found else None


def _side(precision: Code | None) -> Code | None:
    return precision if precision and precision.code in _SIDES else None


def _tracers(group: Group) -> Iterator[Tracer]:
    for sub in _occurrences(group, "PRODUIT_ADMINISTRE"):
        code = _sub(group, "PRODUIT_ADMINISTRE", f"{sub}.1", component=1)
        label = _sub(group, "PRODUIT_ADMINISTRE", f"{sub}.1", component=2) or code
        quantity = _sub(group, "PRODUIT_ADMINISTRE", f"{sub}.3")
        lot = _sub(group, "PRODUIT_ADMINISTRE", f"{sub}.2")
        if code and NUMBER.fullmatch(quantity):
            yield Tracer(label, Code(code, label, *ATC), quantity, lot)


def _url(group: Group) -> str:
    """The partial URL; empty when what is there is not one."""
    for place in _of(group, "URL_PARTIELLE_VIEWER"):
        data = ed.decode(group.message.node(f"{place}-5.5").data).data or b""
        text = data.decode("utf-8", "replace").strip()
        if _URL.fullmatch(text):
            return text
    return ""


# -- observations ---------------------------------------------------------------------------


def _of(group: Group, code: str) -> list[str]:
    """Paths of the OBX of a code in a group."""
    return [place for place in group.places("OBX") if group.message.first(f"{place}-3.1") == code]


def _sub(group: Group, code: str, sub: str, *, component: int = 1) -> str:
    for place in _of(group, code):
        if group.message.first(f"{place}-4") == sub:
            return group.message.first(f"{place}-5.{component}")
    return ""


def _occurrences(group: Group, code: str) -> list[str]:
    """The `n` of the sub-ids `n.m` of a code, in order."""
    subs = (group.message.first(f"{place}-4").partition(".")[0] for place in _of(group, code))
    return list(dict.fromkeys(subs))


def _code(group: Group, what: str) -> Code | None:
    """The first value of an observation, as a code of the system that it names."""
    for place in _of(group, what):
        code, label, system = (group.message.first(f"{place}-5.{n}") for n in (1, 2, 3))
        if code:
            return Code(code, label or code, *_SYSTEMS.get(system, ("", system, system)))
    return None


def _regions(group: Group) -> Iterator[Region]:
    for sub in _occurrences(group, "REGION_ANATOMIQUE"):
        main, precise = (_region(group, f"{sub}.{number}") for number in (1, 2))
        if main:
            yield Region(main, precise)


def _region(group: Group, sub: str) -> Code | None:
    code = _sub(group, "REGION_ANATOMIQUE", sub)
    label = _sub(group, "REGION_ANATOMIQUE", sub, component=2) or code
    return Code(code, label, *SNOMED) if code else None


LEARNERS: Final[Mapping[str, Callable[[Case, Message], Case]]] = {
    "tlr-request": of_request,
    "tlr-cancellation": of_cancellation,
    "tlr-answer": of_answer,
    "tlr-complement": of_complement,
}
