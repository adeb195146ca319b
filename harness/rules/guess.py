"""What a message should be, when nobody has said it: a convenience, always shown as a guess.

The scenario step or `--flow` decides where there is one; a rule never depends on the field that it
checks. How a profile tells its flows is its own `recognise:` (see `recognition.py`);
acknowledgements, and documents on their own, are the same everywhere.
"""

from collections.abc import Mapping
from typing import Final

from harness.rules import recognition
from harness.rules.profile import Profile
from harness.rules.recognition import Asked
from harness.text import Text, say
from harness.wire.cda import Document
from harness.wire.er7 import Message

_DOCUMENT_KINDS: Final[Mapping[str, str]] = {"55115-0": "DA", "18748-4": "CR"}


def of_message(message: Message, profile: Profile, receiver: str | None = None) -> tuple[str, Text]:
    """The kind of a message (a flow, "DOC", "ZAM", "ACK", "HL7") and what told it.

    `receiver` is the role that it came to, where that is known.
    """
    kind = message.first("MSH-9.1")
    if kind == "ACK" or (message.named("MSA") and not kind):
        return "ACK", say("guess.type", type=kind or "MSA")
    if kind == "ZAM":
        return "ZAM", say("guess.type", type=kind)
    codes = frozenset(line.document for line in profile.recognise if line.document)
    asked = Asked(message, receiver or "", profile.elements, codes)
    told = recognition.recognised(profile.recognise, asked)
    return told or ("HL7", say("guess.other", type=message.first("MSH-9") or "-"))


def of_document(document: Document) -> tuple[str, Text]:
    """The kind of a document on its own: "CR", "DA" or "CDA"."""
    code = document.first("/cda:ClinicalDocument/cda:code/@code")
    return _DOCUMENT_KINDS.get(code, "CDA"), say("guess.code", code=code or "-")
