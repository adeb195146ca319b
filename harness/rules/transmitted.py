"""What a transmission of CDA documents holds: the documents, who takes part, the metadata.

A document is an OBX with value type ED and base64 in OBX-5.5; the PRT behind the first one name
sender, recipients and reply address; the OBX that follow carry the metadata of DMP and MSSanté.

Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, segments OBX, PRT and NTE.
"""

from functools import lru_cache
from typing import Final

from harness.wire import ed
from harness.wire.cda import Document
from harness.wire.er7 import Message, Node

METADATA: Final = (
    "MASQUE_PS",
    "INVISIBLE_PATIENT",
    "INVISIBLE_REP_LEGAUX",
    "CONNEXION_SECRETE",
    "MODIF_CONF_CODE",
    "DESTDMP",
    "DESTMSSANTEPS",
    "DESTMSSANTEPAT",
    "ACK_RECEPTION",
    "ACK_LECTURE_MSS",
)
MAILS: Final = ("CORPSMAIL_PS", "CORPSMAIL_PATIENT")
SYSTEM: Final = "MetaDMPMSS"
GUIDES: Final = ("CISIS_CDA_HL7_V1", "CISIS_CDA_HL7_V2")  # MSH-21.2
LEGACY: Final = ("1.2", "2.0")  # MSH-21.1

# Coding systems (OBX-3.3) of what is ED as well and no CDA document: mail bodies of a transmission,
# and the protocol of the ANS teleradiology guide.
_OTHER_SYSTEMS: Final = frozenset({SYSTEM, "TLR_OBSERVATION"})


def document_numbers(message: Message) -> tuple[int, ...]:
    """Which OBX, counted from 1, carry documents."""
    return tuple(
        number
        for number, segment in enumerate(message.named("OBX"), 1)
        if segment.field(2) == b"ED"
        and message.first(f"OBX[{number}]-3.3") not in _OTHER_SYSTEMS
        and message.first(f"OBX[{number}]-3.1") not in MAILS
    )


def document_nodes(message: Message) -> tuple[Node, ...]:
    """The OBX-5.5 of every document of a message, in order."""
    return tuple(message.node(f"OBX[{number}]-5.5") for number in document_numbers(message))


def document_node(message: Message) -> Node | None:
    """The OBX-5.5 of the first document of a message; None when it carries none."""
    return next(iter(document_nodes(message)), None)


def document_of(message: Message) -> Document | None:
    """The first document, decoded as tolerantly as possible; None when there is none to read.

    What does not look like XML is not a document: the rules about OBX-5.5 say so.
    """
    node = document_node(message)
    return document_in(node) if node else None


def document_in(node: Node) -> Document | None:
    """The document of an OBX-5.5, in the same way."""
    return _document(node.data) if node.present else None


@lru_cache(maxsize=16)
def _document(encoded: bytes) -> Document | None:
    decoded = ed.decode(encoded).data
    if not decoded or ed.looks_like(decoded) != "xml":
        return None
    return Document.parse(decoded)


def metadata(message: Message, code: str) -> Node:
    """The value (OBX-5.1) of a metadata OBX, present or not."""
    return message.node(f"OBX[3.1={code}]-5.1")


def is_asked(message: Message, code: str) -> bool:
    """The metadata OBX of that code says yes."""
    return metadata(message, code).value.strip() == "Y"


def answers_one(request: Message | None) -> bool:
    """What is acknowledged is a transmission, or speaks of one, of today's guide."""
    if request is None or request.first("MSH-21.1").strip() in LEGACY:
        return False
    kind = request.first("MSH-9.1")
    return kind == "ZAM" or (kind in ("ORU", "MDM") and request.first("MSH-21.2").strip() in GUIDES)


def participants(message: Message, role: str) -> tuple[str, ...]:
    """Paths (`PRT[2]`) of the participants of a role: SB, RCT or REPLY (PRT-4.1)."""
    return tuple(
        f"PRT[{number}]"
        for number in range(1, len(message.named("PRT")) + 1)
        if message.first(f"PRT[{number}]-4.1").strip() == role
    )
