"""HL7 v2 messages of flows A to E, and acknowledgements, made from a case.

Data without a field in the white paper go to the first place of their element, so that what is
generated, what is learnt and what is checked agree.
Source: white paper, 3.2.2 to 3.3.1; Transmission de documents CDA en HL7v2 2.1, sections on MSH,
ORC, OBR, OBX and PRT; PAM.FR 2.11.2 for PID and PV1.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pybase64

from harness.sim.case import (
    Case,
    DocumentIdentity,
    Identifier,
    Organization,
    Patient,
    Professional,
)
from harness.sim.form import CONTROLS
from harness.wire.er7 import Message, escape

RIS: Final = ("RIS", "SITE-IMAGERIE")
PLATFORM: Final = ("TLR", "PLATEFORME-TLR")
METADATA: Final = (
    ("MASQUE_PS", "Masqué aux professionnels de Santé"),
    ("INVISIBLE_PATIENT", "Document Non Visible par le patient"),
    ("INVISIBLE_REP_LEGAUX", "Non visible par les représentants Légaux du patient"),
    ("CONNEXION_SECRETE", "Connexion Secrete"),
    ("MODIF_CONF_CODE", "Modification Confidentiality Code"),
    ("DESTDMP", "Destinataire DMP"),
    ("DESTMSSANTEPS", "Destinataire (Professionnel de Santé, organisation ou BAL applicative)"),
    ("DESTMSSANTEPAT", "Destinataire Patient"),
    ("ACK_RECEPTION", "Accusé de réception"),
    ("ACK_LECTURE_MSS", "Accusé de lecture"),
)
_VOLET: Final = "2.1^CISIS_CDA_HL7_V2"
_BIRTH_LIST: Final = " "
_PLACE: Final = re.compile(
    r"(\w{3})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?)?"
)


@dataclass(frozen=True, slots=True)
class Header:
    """Who speaks to whom, when, under which number. `at` is the time of MSH-7."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    at: datetime
    control_id: str
    charset: str = "UNICODE UTF-8"
    mode: str = "T"


def stamp(at: datetime) -> str:
    """`YYYYMMDDHHMMSS+ZZZZ`."""
    return at.strftime("%Y%m%d%H%M%S%z")


def _segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields, default=0) + 1))])


def _message(segments: Sequence[str], charset: str = "UNICODE UTF-8") -> bytes:
    codec = {"8859/15": "iso8859-15", "8859/1": "iso8859-1"}.get(charset, "utf-8")
    return ("\r".join(segments) + "\r").encode(codec, "replace")


def _components(parts: dict[int, str], mark: str = "^") -> str:
    return mark.join(parts.get(n, "") for n in range(1, max(parts, default=0) + 1))


def _msh(header: Header, kind: str, version: str, profile: str = "") -> str:
    fields = {
        2: "^~\\&",
        3: escape(header.sender[0]),
        4: escape(header.sender[1]),
        5: escape(header.receiver[0]),
        6: escape(header.receiver[1]),
        7: stamp(header.at),
        9: kind,
        10: escape(header.control_id),
        11: header.mode,
        12: version,
        17: "FRA",
        18: header.charset,
    }
    if profile:
        fields[21] = profile
    return _segment("MSH", fields).replace("MSH||", "MSH|", 1)


def _ei(number: Identifier) -> str:
    """Entity identifier: as the peer wrote it; else number, and the authority's OID."""
    if number.written:
        return number.written
    parts = {1: escape(number.value)}
    if number.oid:
        parts |= {3: number.oid, 4: "ISO"}
    return _components(parts)


def _cx(number: Identifier, kind: str) -> str:
    authority = f"{escape(number.authority)}&{number.oid}&ISO" if number.oid else number.authority
    return _components({1: escape(number.value), 4: authority, 5: kind})


def _xcn(who: Professional) -> str:
    if not who.national_id:
        return _components({2: escape(who.family), 3: escape(who.given)})
    return _components(
        {
            1: escape(who.national_id),
            2: escape(who.family),
            3: escape(who.given),
            6: who.title,
            9: "ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO",
            10: "D",
            13: "IDNPS",
        }
    )


def _xon(structure: Organization) -> str:
    return _components(
        {
            1: escape(structure.name),
            6: "ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO",
            7: "IDNST",
            10: escape(structure.national_id),
        }
    )


def _address(structure: Organization) -> str:
    where = structure.address
    street = f"{where.number} {where.street}".strip()
    parts = {1: street, 3: where.city, 5: where.postal_code, 6: where.country, 7: "O"}
    return _components({number: escape(text) for number, text in parts.items()})


def _phone(number: str) -> str:
    return _components({2: "WPN", 3: "PH", 12: escape(number)}) if number else ""


def _pid(patient: Patient, account: Identifier) -> str:
    names = [
        _components(
            {
                1: escape(patient.birth_name),
                2: escape(patient.first_given_name),
                3: escape(_BIRTH_LIST.join(patient.birth_given_names)),
                7: "L",
            }
        )
    ]
    if patient.used_name or patient.used_given_name:
        used = {1: escape(patient.used_name), 2: escape(patient.used_given_name), 7: "D"}
        names.append(_components(used))
    home = patient.address
    street = f"{home.number} {home.street}".strip()
    lives = {1: street, 3: home.city, 5: home.postal_code, 6: home.country, 7: "H"}
    born = {3: patient.birth_city, 7: "BDL", 9: patient.birth_cog}
    addresses = [_components({k: escape(v) for k, v in part.items()}) for part in (lives, born)]
    return _segment(
        "PID",
        {
            3: "~".join(_identifiers(patient)),
            5: "~".join(names),
            7: f"{patient.birth_date:%Y%m%d}",
            8: patient.sex,
            11: "~".join(addresses),
            18: _cx(account, "AN") if account.value else "",
            32: "VALI" if patient.ins else "PROV",
        },
    )


def _identifiers(patient: Patient) -> list[str]:
    found = []
    if patient.ins:
        authority = f"ASIP-SANTE-INS-NIR&{patient.ins_oid}&ISO"
        found.append(_components({1: patient.ins, 4: authority, 5: "INS"}))
    if patient.ipp.value:
        found.append(_cx(patient.ipp, "PI"))
    return found


def _pv1(case: Case) -> str:
    fields = {
        2: case.visit.patient_class,
        3: _components({1: "IMAGERIE", 4: f"{escape(case.site.name)}&{case.site.finess}&N"}),
        7: _xcn(case.responsible),
        19: _cx(case.visit.number, "VN"),
        44: stamp(case.visit.start),
    }
    return _segment("PV1", fields)


def _orc(case: Case, control: str, status: str, by: Professional, site: Organization) -> str:
    return _segment(
        "ORC",
        {
            1: control,
            2: _ei(case.order.placer_number),
            5: status,
            9: stamp(case.order.placed),
            12: _xcn(by),
            14: _phone(site.phone),
            21: _xon(site),
            22: _address(site),
            23: _phone(site.phone),
        },
    )


def request(case: Case, header: Header) -> bytes:
    """Flow A: ORM^O01, new order, with the clinical information in OBR-13."""
    obr = {
        1: "1",
        2: _ei(case.order.placer_number),
        4: _act(case),
        13: escape(case.order.justification),
        16: _xcn(case.requester),
        31: f"^{escape(case.order.purpose)}",
    }
    return _message(
        [
            _msh(header, "ORM^O01^ORM_O01", "2.5.1"),
            _pid(case.patient, case.visit.account),
            _pv1(case),
            _orc(case, "NW", "", case.requester, case.site),
            _segment("OBR", obr),
            _segment("NTE", {1: "1", 3: escape(case.order.purpose)}),
        ],
        header.charset,
    )


def _act(case: Case) -> str:
    act = case.exam.act
    return _components({1: escape(act.code), 2: escape(act.label), 3: act.hl7})


def protocol(case: Case, header: Header) -> bytes:
    """Flow C: ORM^O01, status changed to scheduled, the protocol as formatted text."""
    obr = {1: "1", 2: _ei(case.order.placer_number), 4: _act(case), 16: _xcn(case.radiologist)}
    obx = {
        1: "1",
        2: "FT",
        3: "PROTOCOLE_IMAGERIE^Protocole d'imagerie^L",
        5: escape(case.narrative.protocol),
        11: "F",
    }
    return _message(
        [
            _msh(header, "ORM^O01^ORM_O01", "2.5.1"),
            _pid(case.patient, case.visit.account),
            _pv1(case),
            _orc(case, "SC", "SC", case.radiologist, case.platform),
            _segment("OBR", obr),
            _segment("OBX", obx),
        ],
        header.charset,
    )


def examination(case: Case, header: Header) -> bytes:
    """Flow D: ORM^O01, status changed to complete, examination data in OBR, OBX and ZDS."""
    exam = case.exam
    region = _components({1: exam.region.code, 2: escape(exam.region.label), 3: exam.region.hl7})
    obr = {
        1: "1",
        2: _ei(case.order.placer_number),
        4: _act(case),
        7: stamp(exam.start),
        8: stamp(exam.end),
        15: _components({4: region.replace("^", "&")}),
        16: _xcn(case.requester),
        18: escape(exam.accession_number.value),
        19: escape(exam.accession_number.oid),
        24: exam.modality.code,
    }
    return _message(
        [
            _msh(header, "ORM^O01^ORM_O01", "2.5.1"),
            _pid(case.patient, case.visit.account),
            _pv1(case),
            _orc(case, "SC", "CM", case.requester, case.site),
            _segment("OBR", obr),
            *_doses(case),
            _segment("ZDS", {1: f"{exam.study_uid}^RIS^Application^DICOM"}),
        ],
        header.charset,
    )


def _doses(case: Case) -> list[str]:
    return [
        _segment(
            "OBX",
            {
                1: str(number),
                2: "NM",
                3: f"{dose.code.code}^{escape(dose.code.label)}^DCM",
                5: dose.value,
                6: dose.unit,
                11: "F",
            },
        )
        for number, dose in enumerate(case.exam.doses, 1)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    """A document to carry: its bytes in one or two levels, its type, what is asked for it.

    `code` and `label` are the document's LOINC type. `action` is "initial", "replace" or "delete".
    `metadata` are the codes that are Y. Every destination is N: the white paper gives these
    metadata no meaning between a site and a platform.
    """

    documents: tuple[bytes, ...]
    identity: DocumentIdentity
    code: str
    label: str
    action: str = "initial"
    metadata: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """The type as OBR-4 and OBX-3 write it."""
        return f"{self.code}^{escape(self.label)}^LN"


# OBX-11 and the event of MDM for each action
_ACTIONS: Final = {"initial": ("F", "T02"), "replace": ("C", "T10"), "delete": ("D", "T04")}


def transmission(case: Case, header: Header, what: Transmission) -> bytes:
    """Flows B and E as ORU^R01: the CDA in base64, sender and metadata."""
    return _message(
        [
            _msh(header, "ORU^R01^ORU_R01", "2.5", _VOLET),
            _pid(case.patient, case.visit.account),
            _pv1(case),
            *_ordered(case, what),
            *_observations(case, header, what, "TEXT", "CE"),
        ],
        header.charset,
    )


def notification(case: Case, header: Header, what: Transmission) -> bytes:
    """Flows B and E as MDM^T02, T10 or T04, which carries one document."""
    event = _ACTIONS[what.action][1]
    parent = _document_number(what.identity.replaces) if event == "T10" else ""
    txa = {
        1: "1",
        2: what.code,
        3: "TEXT",
        12: _document_number(what.identity.id),
        13: parent,
        17: "AU",
    }
    return _message(
        [
            _msh(header, f"MDM^{event}^MDM_T02", "2.6", _VOLET),
            _segment("EVN", {2: stamp(header.at)}),
            _pid(case.patient, case.visit.account),
            _pv1(case),
            *_ordered(case, what),
            _segment("TXA", txa),
            *_observations(case, header, what, "text", "CWE"),
        ],
        header.charset,
    )


def _ordered(case: Case, what: Transmission) -> list[str]:
    number = _ei(case.order.placer_number)
    return [
        _segment("ORC", {1: CONTROLS[what.action], 2: number}),
        _segment("OBR", {1: "1", 2: number, 4: what.kind}),
    ]


def _document_number(identifier: str) -> str:
    """The id of a CDA as EI: its root alone, or its extension under its root."""
    root, _, extension = identifier.partition("|")
    return f"{escape(extension)}^^{root}^ISO" if extension else root


def _observations(
    case: Case, header: Header, what: Transmission, data: str, coded: str
) -> list[str]:
    """The documents, the sender behind the first one, the metadata."""
    carried = [_carried(number, what, data) for number in range(1, len(what.documents) + 1)]
    return [carried[0], _sender(case, header), *carried[1:], *_metadata(what, coded)]


def _carried(number: int, what: Transmission, data: str) -> str:
    content = pybase64.b64encode_as_string(what.documents[number - 1])
    value = f"^{data}^XML^Base64^{content}"
    status = _ACTIONS[what.action][0]
    return _segment("OBX", {1: str(number), 2: "ED", 3: what.kind, 5: value, 11: status})


def _sender(case: Case, header: Header) -> str:
    """Who asks for the transmission: the requester from the site, the radiologist from afar."""
    from_site = header.sender == RIS
    by = case.requester if from_site else case.radiologist
    structure = case.site if from_site else case.radiologist.organization
    return _segment(
        "PRT", {2: "UC", 4: "SB^Send by^participation", 5: _xcn(by), 8: _xon(structure)}
    )


def _metadata(what: Transmission, coded: str) -> list[str]:
    return [
        _segment(
            "OBX",
            {
                1: str(number),
                2: coded,
                3: f"{code}^{escape(label)}^MetaDMPMSS",
                5: f"{'Y' if code in what.metadata else 'N'}^^expandedYes-NoIndicator",
                11: "F",
            },
        )
        for number, (code, label) in enumerate(METADATA, len(what.documents) + 1)
    ]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is refused. `place` is a path such as `PID-3[1].1`, `code` of table 0357."""

    place: str
    code: str
    text: str


def acknowledgement(
    received: Message, at: datetime, control_id: str, code: str, refusals: Sequence[Refusal] = ()
) -> bytes:
    """An ACK in original mode: MSH swapped, MSA-2 as received, one ERR for each refusal.

    Whatever was received, even without MSH, is answered. Written in the message's delimiters' own
    standard form and its character set.
    """
    charset = received.declared_charset or "UNICODE UTF-8"
    event = received.first("MSH-9.2")
    fields = {
        2: "^~\\&",
        3: escape(received.first("MSH-5")),
        4: escape(received.first("MSH-6")),
        5: escape(received.first("MSH-3")),
        6: escape(received.first("MSH-4")),
        7: stamp(at),
        9: f"ACK^{event}^ACK" if event else "ACK",
        10: control_id,
        11: escape(received.first("MSH-11.1")) or "T",
        12: escape(received.first("MSH-12.1")) or "2.5.1",
        17: "FRA",
        18: charset,
    }
    header = _segment("MSH", fields).replace("MSH||", "MSH|", 1)
    answer = _segment("MSA", {1: code, 2: ""})
    raw = _message([header, answer, *(_err(refusal) for refusal in refusals)], charset)
    return Message(raw).with_value("MSA-2", received.node("MSH-10").data).raw


def _err(refusal: Refusal) -> str:
    return _segment(
        "ERR",
        {
            2: _location(refusal.place),
            3: f"{refusal.code}^^messageErrorCondition",
            4: "E",
            8: escape(refusal.text),
        },
    )


def _location(place: str) -> str:
    """A path as ERL: segment, sequence, field, repetition, component, sub-component."""
    found = _PLACE.fullmatch(place)
    if not found:
        return ""
    segment, sequence, field, repetition, component, sub = found.groups()
    parts = [segment, sequence or "1", field, repetition or ("1" if field else None)]
    parts += [component, sub]
    return "^".join(part or "" for part in parts).rstrip("^")
