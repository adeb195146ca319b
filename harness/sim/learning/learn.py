"""What a simulated actor learns: the parts of its case that a received message replaces.

Everything is read from the elements' places and the fields of the guides; what a message does not
say keeps the value that the case had.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from harness.rules.elements import Elements
from harness.sim.case import (
    Address,
    Case,
    Code,
    Details,
    Dose,
    Identifier,
    Order,
    Organization,
    Patient,
    Professional,
    Visit,
)
from harness.sim.generate.exam_codes import DCM, LOINC, dose_code, sop_class
from harness.sim.generate.exams import KINDS
from harness.wire.er7 import STANDARD, Message

_OF_DOCUMENTS: Final = ("ORU", "MDM")  # their OBR-4 is the type of a document, not an act
NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


def learn(case: Case, message: Message, elements: Elements) -> Case:
    """The case with the patient, visit, order, exam and people that the message names."""
    case = learn_context(case, message)
    if message.first("MSH-9.1") not in _OF_DOCUMENTS:
        case = _act(case, message)
    if elements["study-uid"].find(message) or elements["accession-number"].find(message):
        case = _examination(case, message, elements)
    return case


def learn_context(case: Case, message: Message) -> Case:
    """The case with the patient, visit and order that the message names."""
    return replace(
        case,
        patient=_patient(case.patient, message),
        visit=_visit(case, message),
        order=_order(case, message),
    )


def _patient(known: Patient, message: Message) -> Patient:
    ins = message.first("PID-3[5=INS].1")
    if not (ins or message.has("PID-3")):
        return known
    names = message.first("PID-5[7=L].3") or message.first("PID-5.2")
    return replace(
        known,
        ins=ins,
        ins_oid=message.first("PID-3[5=INS].4.2"),
        birth_name=message.first("PID-5[7=L].1") or message.first("PID-5.1"),
        birth_given_names=tuple(names.split()),
        sex=message.first("PID-8"),
        birth_date=_date(message.first("PID-7")) or known.birth_date,
        birth_cog=message.first("PID-11[7=BDL].9"),
        birth_city=message.first("PID-11[7=BDL].3"),
        used_name=message.first("PID-5[7=D].1"),
        used_given_name=message.first("PID-5[7=D].2"),
        ipp=_number(message, "PID-3[5=PI]") or known.ipp,
        others=tuple(_other_numbers(message)),
        address=_address(message, "PID-11[7=H]") or known.address,
    )


def _date(value: str) -> date | None:
    try:
        return datetime.strptime(value[:8], "%Y%m%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None


def time_of(value: str) -> datetime | None:
    """A time to the minute or the second with its zone; None when it is not one."""
    for layout in ("%Y%m%d%H%M%S%z", "%Y%m%d%H%M%z"):
        try:
            return datetime.strptime(value, layout)  # noqa: DTZ007  the layout has it
        except ValueError:
            continue
    return None


def _number(message: Message, place: str) -> Identifier | None:
    """A CX as number, authority and OID."""
    value = message.first(f"{place}.1")
    if not value:
        return None
    return Identifier(value, message.first(f"{place}.4.1"), message.first(f"{place}.4.2"))


def _other_numbers(message: Message) -> Iterator[Identifier]:
    """More local numbers of PID-3, as written; none where the delimiters are not ours."""
    if message.delimiters == STANDARD:
        for place in [node.at.path for node in message.at("PID-3[5=PI]")][1:]:
            number = _number(message, place)
            if number:
                yield replace(number, written=message.text(message.node(place).data))


def _entity(message: Message, place: str) -> Identifier | None:
    """An EI as number, authority and OID, kept as written when our delimiters are the same."""
    value = message.first(f"{place}.1")
    if not value:
        return None
    same = message.delimiters == STANDARD
    written = message.text(message.node(place).data) if same else ""
    return Identifier(
        value, message.first(f"{place}.2"), message.first(f"{place}.3"), written=written
    )


def _address(message: Message, place: str) -> Address | None:
    if not message.has(place):
        return None
    return Address(
        number="",
        street=message.first(f"{place}.1"),
        postal_code=message.first(f"{place}.5"),
        city=message.first(f"{place}.3"),
        country=message.first(f"{place}.6") or "FRA",
    )


def _visit(case: Case, message: Message) -> Visit:
    return replace(
        case.visit,
        patient_class=message.first("PV1-2") or case.visit.patient_class,
        number=_number(message, "PV1-19") or case.visit.number,
        account=_number(message, "PID-18") or case.visit.account,
        start=time_of(message.first("PV1-44")) or case.visit.start,
    )


def _order(case: Case, message: Message) -> Order:
    return replace(
        case.order,
        placer_number=_entity(message, "ORC-2") or case.order.placer_number,
        placed=time_of(message.first("ORC-9")) or case.order.placed,
        justification=message.first("OBR-13") or case.order.justification,
    )


def _act(case: Case, message: Message) -> Case:
    """The act of OBR-4 in LOINC."""
    code = message.first("OBR-4.1")
    if not code or message.first("OBR-4.3") != LOINC[2]:
        return case
    return learn_act(case, Code(code, message.first("OBR-4.2") or code, *LOINC))


def learn_act(case: Case, act: Code) -> Case:
    """The case with another act; one that we know brings its words and its codes with it.

    What was special about the act of before goes with it.
    """
    if act.code == case.exam.act.code:
        return case
    exam = replace(case.exam, act=act, ccam=None, laterality=None, products=())
    kind = next((kind for kind in KINDS.values() if kind.act.code == act.code), None)
    details = Details(contraindications=case.details.contraindications)
    if kind is None:
        return replace(case, exam=exam, details=details)
    exam = replace(
        exam,
        ccam=kind.ccam,
        site=kind.site,
        laterality=kind.laterality,
        sop_class=sop_class(kind.sop_class),
    )
    return replace(case, exam=exam, narrative=kind.words, details=kind.details)


def _examination(case: Case, message: Message, elements: Elements) -> Case:
    exam = case.exam
    accession = elements["accession-number"].value(message)
    modality = elements["modality"].value(message)
    region = elements["region"].value(message)
    exam = replace(
        exam,
        study_uid=elements["study-uid"].value(message) or exam.study_uid,
        accession_number=Identifier(
            accession or exam.accession_number.value,
            exam.accession_number.authority,
            message.first("OBR-19") or exam.accession_number.oid,
        ),
        start=time_of(message.first("OBR-7")) or exam.start,
        end=time_of(message.first("OBR-8")) or exam.end,
        doses=_doses(case, message),
        modalities=_first_code(exam.modalities, modality),
        region=replace(exam.region, code=region or exam.region.code),
    )
    return replace(
        case.alone(),
        exam=exam,
        requester=learn_person(case.requester, message, "ORC-12"),
        responsible=_responsible(case, message),
        site=learn_site(case.site, message),
    )


def _first_code(known: tuple[Code, ...], code: str) -> tuple[Code, ...]:
    if not code or code == known[0].code:
        return known
    return (replace(known[0], code=code, label=code),)


def _doses(case: Case, message: Message) -> tuple[Dose, ...]:
    """Numbers coded in the DICOM dictionary; the unit as said, else as our own case has it."""
    known = {dose.code.code: dose.unit for dose in case.exam.doses}
    found = []
    for number in range(1, len(message.named("OBX")) + 1):
        obx = f"OBX[{number}]"
        code, value = message.first(f"{obx}-3.1"), message.first(f"{obx}-5")
        unit = message.first(f"{obx}-6.1") or known.get(code, "")
        if message.first(f"{obx}-3.3") == DCM[2] and unit and NUMBER.fullmatch(value):
            label = message.first(f"{obx}-3.2") or code
            found.append(Dose(dose_code(code, label), value, unit))
    return tuple(found)


def learn_person(known: Professional, message: Message, place: str) -> Professional:
    """Who stands at the place of an XCN; the one that was known when nobody does."""
    if not message.has(place):
        return known
    return replace(
        known,
        national_id=message.first(f"{place}.1"),
        family=message.first(f"{place}.2"),
        given=message.first(f"{place}.3"),
    )


def _responsible(case: Case, message: Message) -> Professional:
    place = "PV1-7" if message.has("PV1-7") else "ORC-11"
    known = learn_person(case.responsible, message, place)
    return replace(known, organization=learn_site(case.site, message))


def learn_site(known: Organization, message: Message) -> Organization:
    """The structure of ORC-21 to ORC-23; what is not said there stays as it was known."""
    identifier = message.first("ORC-21.10")
    return replace(
        known,
        national_id=identifier or known.national_id,
        name=message.first("ORC-21.1") or known.name,
        address=_address(message, "ORC-22") or known.address,
        phone=message.first("ORC-23.12") or known.phone,
    )
