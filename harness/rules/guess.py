"""What a message should be, when nobody has said it: a convenience, always shown as a guess.

The scenario step or `--flow` decides where there is one; a rule never depends on the field that it
checks.
"""

from collections.abc import Mapping
from typing import Final

from harness.rules.elements import Elements
from harness.rules.transmitted import document_node, document_of
from harness.text import Text, say
from harness.wire.cda import Document
from harness.wire.er7 import Message

_DOCUMENT_FLOWS: Final[Mapping[str, str]] = {"55115-0": "B", "18748-4": "E"}
# carries documents as well, from a mailbox to a RIS, by rules of its own
_OTHER_GUIDES: Final = ("CISIS_CDA_HL7_LPS",)
_DOCUMENT_KINDS: Final[Mapping[str, str]] = {"55115-0": "DA", "18748-4": "CR"}


def of_message(
    message: Message, elements: Elements, receiver: str | None = None
) -> tuple[str, Text]:
    """The kind of a message ("A" … "E", "DOC", "ZAM", "ACK", "HL7") and what told it.

    `receiver` is the role that it came to, where that is known.
    """
    kind = message.first("MSH-9.1")
    if kind == "ACK" or (message.named("MSA") and not kind):
        return "ACK", say("guess.type", type=kind or "MSA")
    if kind == "ZAM":
        return "ZAM", say("guess.type", type=kind)
    if message.first("MSH-21.2").strip() in _OTHER_GUIDES:
        return "HL7", say("guess.guide", guide=message.first("MSH-21.2"))
    if kind in ("ORU", "MDM") and document_node(message):
        return _of_document(message, receiver)
    if kind == "ORM":
        return _of_order(message, elements, receiver)
    return "HL7", say("guess.other", type=message.first("MSH-9") or "-")


def _of_document(message: Message, receiver: str | None) -> tuple[str, Text]:
    code = message.first("OBR-4.1")
    document = document_of(message)
    if document and code not in _DOCUMENT_FLOWS:
        code = document.first("/cda:ClinicalDocument/cda:code/@code") or code
    if receiver:
        flow = "B" if receiver == "platform" else "E"
        return flow, say("guess.receiver", receiver=say(f"role.{receiver}"))
    return _DOCUMENT_FLOWS.get(code, "DOC"), say("guess.code", code=code or "-")


def _of_order(message: Message, elements: Elements, receiver: str | None) -> tuple[str, Text]:
    if receiver == "ris":
        return "C", say("guess.receiver", receiver=say("role.ris"))
    control = message.first("ORC-1")
    if elements["study-uid"].find(message):
        return "D", say("guess.element", element=elements["study-uid"].says)
    if control == "NW":
        return "A", say("guess.control", control=control)
    if control in ("CA", "OC", "DC"):
        return "HL7", say("guess.control", control=control)
    if receiver == "platform":
        return ("A" if not control else "D"), say("guess.control", control=control or "-")
    if elements["protocol"].find(message):
        return "C", say("guess.element", element=elements["protocol"].says)
    return "HL7", say("guess.control", control=control or "-")


def of_document(document: Document) -> tuple[str, Text]:
    """The kind of a document on its own: "CR", "DA" or "CDA"."""
    code = document.first("/cda:ClinicalDocument/cda:code/@code")
    return _DOCUMENT_KINDS.get(code, "CDA"), say("guess.code", code=code or "-")
