"""What a message is, as a profile tells it: the first line of `recognise:` that fits.

    recognise:
    - {is: "3", message: ORU, when: "MSH-21.2 = CISIS_TLR_HL7_V2"}
    - {is: C, message: ORM, receiver: ris}
    - {is: D, message: ORM, element: study-uid}
    - {is: B, message: [ORU, MDM], document: 55115-0}

| word | the line fits when |
|---|---|
| message | MSH-9.1 is that, or one of those |
| receiver | the message came to that role (where it is known) |
| element | that business datum is there |
| document | the message carries a document of that type (LOINC); `any`: of whatever type |
| when | a condition on one place holds for the first value that stands there |

All words of a line must fit. A document's type is OBR-4, or what the document says of itself where
no line knows the code of OBR-4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.rules import conditions
from harness.rules.conditions import Condition
from harness.rules.transmitted import document_node, document_of
from harness.text import Text, say
from harness.wire.er7 import Message
from harness.yamlfile import Item

if TYPE_CHECKING:
    from harness.rules.elements import Elements

_WORDS: Final = frozenset({"is", "message", "receiver", "element", "document", "when"})
_KINDS: Final = ("DOC", "HL7", "ACK", "ZAM")  # what is no flow
_ANY: Final = "any"
_ROLES: Final = ("ris", "platform")


@dataclass(frozen=True, slots=True)
class Line:
    """One line; empty words ask nothing."""

    kind: str
    messages: tuple[str, ...]
    receiver: str
    element: str
    document: str
    when: Condition | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A message of which somebody asks what it is. `codes` are the types of documents known."""

    message: Message
    receiver: str
    elements: "Elements"
    codes: frozenset[str]

    @property
    def document(self) -> str:
        """The type of the document that it carries; `-` when that is not told, empty for none."""
        if not document_node(self.message):
            return ""
        code = self.message.first("OBR-4.1")
        document = document_of(self.message) if code not in self.codes else None
        own = document.first("/cda:ClinicalDocument/cda:code/@code") if document else ""
        return own or code or "-"


def load(content: Item, elements: "Elements") -> tuple[Line, ...]:
    """The lines of a profile. Raises HarnessError with file, line and column."""
    lines, flows = content.get("recognise"), content.need("flows").fields
    return tuple(_line(item, (*flows, *_KINDS), elements) for item in lines.items) if lines else ()


def _line(item: Item, kinds: tuple[str, ...], elements: "Elements") -> Line:
    item.only(_WORDS)
    kind, message, when = item.need("is"), item.get("message"), item.get("when")
    known = (
        (kind, kinds),
        (item.get("receiver"), _ROLES),
        (item.get("element"), tuple(elements)),
    )
    for word, values in known:
        if word and word.text not in values:
            raise word.error("yaml.unknown_value", hint=", ".join(values), value=word.text)
    return Line(
        kind.text,
        message.texts if message else (),
        _text(item, "receiver"),
        _text(item, "element"),
        _text(item, "document"),
        conditions.read(when) if when else None,
    )


def _text(item: Item, key: str) -> str:
    found = item.get(key)
    return found.text if found else ""


def recognised(lines: tuple[Line, ...], asked: Asked) -> tuple[str, Text] | None:
    """The kind of the first line that fits, and what told it; None when none does."""
    kind = asked.message.first("MSH-9.1")
    for line in lines:
        if line.messages and kind not in line.messages:
            continue
        told = list(_told(line, asked))
        if None not in told:
            words = [text for text in told if text]
            return line.kind, words[-1] if words else say("guess.type", type=kind or "-")
    return None


def _told(line: Line, asked: Asked) -> Iterator[Text | None]:
    """What each word of the line tells, the most telling last; None for one that does not fit."""
    if line.receiver:
        fits = asked.receiver == line.receiver
        yield say("guess.receiver", receiver=say(f"role.{line.receiver}")) if fits else None
    if line.document:
        yield _of_document(line, asked)
    if line.element:
        element = asked.elements[line.element]
        there = element.find(asked.message) is not None
        yield say("guess.element", element=element.says) if there else None
    if line.when:
        yield _of_place(line.when, asked.message)


def _of_document(line: Line, asked: Asked) -> Text | None:
    code = asked.document
    if not code or line.document not in (_ANY, code):
        return None
    if line.receiver:
        return say("guess.receiver", receiver=say(f"role.{line.receiver}"))
    return say("guess.code", code=code)


def _of_place(condition: Condition, message: Message) -> Text | None:
    value = message.first(condition.path)
    if not condition.holds_for(value):
        return None
    if condition.path == "ORC-1":
        return say("guess.control", control=value or "-")
    if condition.path == "MSH-21.2":
        return say("guess.guide", guide=value)
    return say("guess.place", place=condition.path, value=value or "-")
