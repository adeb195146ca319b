"""The CDA document inside a message: OBX with value type ED, base64 in OBX-5.5.

Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, segment OBX of the document.
"""

from functools import lru_cache
from typing import Final

from harness.wire import ed
from harness.wire.cda import Document
from harness.wire.er7 import Message, Node

# Coding systems (OBX-3.3) of what is ED as well and no CDA document: mail bodies of a transmission,
# and the protocol of the ANS teleradiology guide.
_OTHER_SYSTEMS: Final = frozenset({"MetaDMPMSS", "TLR_OBSERVATION"})


def document_numbers(message: Message) -> tuple[int, ...]:
    """Which OBX, counted from 1, carry documents."""
    return tuple(
        number
        for number, segment in enumerate(message.named("OBX"), 1)
        if segment.field(2) == b"ED" and message.first(f"OBX[{number}]-3.3") not in _OTHER_SYSTEMS
    )


def document_node(message: Message) -> Node | None:
    """The OBX-5.5 of the first document of a message; None when it carries none."""
    numbers = document_numbers(message)
    return message.node(f"OBX[{numbers[0]}]-5.5") if numbers else None


def document_of(message: Message) -> Document | None:
    """The document, decoded as tolerantly as possible; None when there is none to read.

    What does not look like XML is not a document: the rules about OBX-5.5 say so.
    """
    node = document_node(message)
    return _document(node.data) if node and node.present else None


@lru_cache(maxsize=16)
def _document(encoded: bytes) -> Document | None:
    decoded = ed.decode(encoded).data
    if not decoded or ed.looks_like(decoded) != "xml":
        return None
    return Document.parse(decoded)
