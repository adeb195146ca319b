"""HL7 v2 messages of flows A to E, and acknowledgements, made from a case.

Data without a field in the white paper go to the first place of their element, so that what is
generated, what is learnt and what is checked agree.
Source: white paper, 3.2.2 to 3.3.1; Transmission de documents CDA en HL7v2 2.1, sections on MSH,
ORC, OBR, OBX and PRT.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pybase64

from harness.rules.checks.acknowledgement import MODES, VERSION
from harness.sim.case import Case, DocumentIdentity, Organization, Professional
from harness.sim.form import CONTROLS
from harness.sim.generate.segments import (
    Header,
    components,
    ei,
    message,
    msh,
    pid,
    pv1,
    segment,
    stamp,
    xad,
    xcn,
    xon,
    xtn,
)
from harness.wire.er7 import STANDARD, Message, escape

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
_PLACE: Final = re.compile(
    r"(\w{3})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?)?"
)


def _orc(case: Case, control: str, status: str, by: Professional, site: Organization) -> str:
    return segment(
        "ORC",
        {
            1: control,
            2: ei(case.order.placer_number),
            5: status,
            9: stamp(case.order.placed),
            12: xcn(by),
            14: xtn(site.phone),
            21: xon(site),
            22: xad(site),
            23: xtn(site.phone),
        },
    )


def request(case: Case, header: Header) -> bytes:
    """Flow A: ORM^O01, new order, with the clinical information in OBR-13."""
    obr = {
        1: "1",
        2: ei(case.order.placer_number),
        4: _act(case),
        13: escape(case.order.justification),
        16: xcn(case.requester),
        31: f"^{escape(case.order.purpose)}",
    }
    return message(
        [
            msh(header, "ORM^O01^ORM_O01", "2.5.1"),
            pid(case.patient, case.visit.account),
            pv1(case),
            _orc(case, "NW", "", case.requester, case.site),
            segment("OBR", obr),
            segment("NTE", {1: "1", 3: escape(case.order.purpose)}),
        ],
        header.charset,
    )


def _act(case: Case) -> str:
    act = case.exam.act
    return components({1: escape(act.code), 2: escape(act.label), 3: act.hl7})


def protocol(case: Case, header: Header) -> bytes:
    """Flow C: ORM^O01, status changed to scheduled, the protocol as formatted text."""
    obr = {1: "1", 2: ei(case.order.placer_number), 4: _act(case), 16: xcn(case.radiologist)}
    obx = {
        1: "1",
        2: "FT",
        3: "PROTOCOLE_IMAGERIE^Protocole d'imagerie^L",
        5: escape(case.narrative.protocol),
        11: "F",
    }
    return message(
        [
            msh(header, "ORM^O01^ORM_O01", "2.5.1"),
            pid(case.patient, case.visit.account),
            pv1(case),
            _orc(case, "SC", "SC", case.radiologist, case.platform),
            segment("OBR", obr),
            segment("OBX", obx),
        ],
        header.charset,
    )


def examination(case: Case, header: Header) -> bytes:
    """Flow D: ORM^O01, status changed to complete, examination data in OBR, OBX and ZDS."""
    exam = case.exam
    region = components({1: exam.region.code, 2: escape(exam.region.label), 3: exam.region.hl7})
    obr = {
        1: "1",
        2: ei(case.order.placer_number),
        4: _act(case),
        7: stamp(exam.start),
        8: stamp(exam.end),
        15: components({4: region.replace("^", "&")}),
        16: xcn(case.requester),
        18: escape(exam.accession_number.value),
        19: escape(exam.accession_number.oid),
        24: exam.modality.code,
    }
    return message(
        [
            msh(header, "ORM^O01^ORM_O01", "2.5.1"),
            pid(case.patient, case.visit.account),
            pv1(case),
            _orc(case, "SC", "CM", case.requester, case.site),
            segment("OBR", obr),
            *_doses(case),
            segment("ZDS", {1: f"{exam.study_uid}^RIS^Application^DICOM"}),
        ],
        header.charset,
    )


def _doses(case: Case) -> list[str]:
    return [
        segment(
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
    return message(
        [
            msh(header, "ORU^R01^ORU_R01", "2.5", _VOLET),
            pid(case.patient, case.visit.account),
            pv1(case),
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
    return message(
        [
            msh(header, f"MDM^{event}^MDM_T02", "2.6", _VOLET),
            segment("EVN", {2: stamp(header.at)}),
            pid(case.patient, case.visit.account),
            pv1(case),
            *_ordered(case, what),
            segment("TXA", txa),
            *_observations(case, header, what, "text", "CWE"),
        ],
        header.charset,
    )


def _ordered(case: Case, what: Transmission) -> list[str]:
    number = ei(case.order.placer_number)
    return [
        segment("ORC", {1: CONTROLS[what.action], 2: number}),
        segment("OBR", {1: "1", 2: number, 4: what.kind}),
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
    return segment("OBX", {1: str(number), 2: "ED", 3: what.kind, 5: value, 11: status})


def _sender(case: Case, header: Header) -> str:
    """Who asks for the transmission: the requester from the site, the radiologist from afar."""
    from_site = header.role == "ris"
    by = case.requester if from_site else case.radiologist
    structure = case.site if from_site else case.radiologist.organization
    return segment("PRT", {2: "UC", 4: "SB^Send by^participation", 5: xcn(by), 8: xon(structure)})


def _metadata(what: Transmission, coded: str) -> list[str]:
    return [
        segment(
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
    received: Message,
    at: datetime,
    control_id: str,
    code: str,
    refusals: Sequence[Refusal] = (),
    *,
    version: str = "",
) -> bytes:
    """An ACK in original mode: MSH swapped, MSA-2 as received, one ERR for each refusal.

    `version` is MSH-12, that of the message when empty; what is of no table is not echoed. Whatever
    was received, even without MSH, is answered. Written in the message's delimiters' own standard
    form and its character set.
    """
    charset = received.declared_charset or "UNICODE UTF-8"
    event, mode = received.first("MSH-9.2"), received.first("MSH-11.1")
    theirs = received.first("MSH-12.1")
    fields = {
        2: "^~\\&",
        3: as_written(received, "MSH-5"),
        4: as_written(received, "MSH-6"),
        5: as_written(received, "MSH-3"),
        6: as_written(received, "MSH-4"),
        7: stamp(at),
        9: f"ACK^{event}^ACK" if event else "ACK",
        10: control_id,
        11: mode if mode in MODES else "T",
        12: version or (theirs if VERSION.fullmatch(theirs) else "2.5.1"),
        17: "FRA",
        18: charset,
    }
    header = segment("MSH", fields).replace("MSH||", "MSH|", 1)
    answer = segment("MSA", {1: code, 2: ""})
    raw = message([header, answer, *(_err(refusal) for refusal in refusals)], charset)
    return Message(raw).with_value("MSA-2", received.node("MSH-10").data).raw


def as_written(message: Message, place: str) -> str:
    """A field to be echoed: as it stands where our delimiters are the same, else its value."""
    if message.delimiters == STANDARD:
        return message.text(message.node(place).data)
    return escape(message.first(place))


def _err(refusal: Refusal) -> str:
    return segment(
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
