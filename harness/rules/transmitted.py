"""The CDA document inside a message: OBX with value type ED, base64 in OBX-5.5.

Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, segment OBX of the document.
"""

from functools import lru_cache

from harness.wire import ed
from harness.wire.cda import Document
from harness.wire.er7 import Message, Node


def document_node(message: Message) -> Node | None:
    """The OBX-5.5 of the first document of a message; None when it carries none.

    The metadata of the same transmission (mail bodies) are ED as well: they have a coding system
    of their own, `MetaDMPMSS`.
    """
    for number, segment in enumerate(message.named("OBX"), 1):
        if segment.field(2) != b"ED":
            continue
        if message.first(f"OBX[{number}]-3.3") != "MetaDMPMSS":
            return message.node(f"OBX[{number}]-5.5")
    return None


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
