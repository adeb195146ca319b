"""A document (CDA) with pseudonyms, in the text as it is written: nothing else moves.

Tags are read one by one and the open elements kept on a stack; a document that is not well formed
is treated all the same. What an element means is told by its name and those around it.
Source: HL7 CDA R2, header; CI-SIS, Structuration minimale des documents de santé.
"""

import re
from typing import Final

from harness.rules import national, nir
from harness.show.redact import content, freetext
from harness.show.redact.content import Redact
from harness.show.redact.pseudonyms import Pseudonyms, is_commune, words

_PIECE: Final = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<[^>]*>|[^<]+|<", re.DOTALL)
_NAME: Final = re.compile(r"</?(?:[\w.-]+:)?([\w.-]+)")
_ATTRIBUTE: Final = re.compile(r"([\w.:-]+)(\s*=\s*)(\"[^\"]*\"|'[^']*')")
_REFERENCE: Final = re.compile(r"&#(x[0-9A-Fa-f]+|\d+);")
_DECLARED: Final = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.-]+)")
_MOMENT: Final = re.compile(r"\d{8}(\d{2}){0,3}(\.\d{1,4})?([+-]\d{4})?")
_ORGANIZATIONS: Final = ("rganization",)
_TEMPLATES: Final = frozenset({"templateId", "typeId"})
_INS: Final = frozenset(nir.OIDS) | nir.COMPUTED_OIDS
_STREETS: Final = words(
    """streetName streetNameBase streetAddressLine houseNumber houseNumberNumeric additionalLocator
    unitID city county precinct deliveryAddressLine careOf"""
)
_CODES: Final = words(
    """code codeSystem codeSystemName displayName codeSystemVersion xmlns classCode moodCode
    typeCode xsi:type xsi:schemaLocation schemaLocation qualifier use mediaType representation
    nullFlavor unit ID styleCode"""
)


def redact(raw: bytes, known: Pseudonyms, readers: dict[str, Redact]) -> bytes:
    """The document with pseudonyms; bytes that are no text in its character set stay."""
    codec = _codec(raw)
    try:
        text = raw.decode(codec)
    except (UnicodeDecodeError, LookupError):
        codec, text = "latin-1", raw.decode("latin-1")
    return _Scribe(known, readers).write(text).encode(codec, "xmlcharrefreplace")


def _codec(raw: bytes) -> str:
    for mark, codec in (
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"\xef\xbb\xbf", "utf-8"),
    ):
        if raw.startswith(mark):
            return codec
    declared = _DECLARED.search(raw[:200])
    return declared[1].decode("ascii") if declared else "utf-8"


class _Scribe:
    """Writes a document anew. `_open` are the open elements, each with its representation."""

    def __init__(self, known: Pseudonyms, readers: dict[str, Redact]) -> None:
        self._known = known
        self._readers = readers
        self._open: list[tuple[str, str]] = []

    def write(self, text: str) -> str:
        return "".join(self._piece(found[0]) for found in _PIECE.finditer(text))

    def _piece(self, piece: str) -> str:
        if not piece.startswith("<"):
            return self._text(piece)
        if piece.startswith(("<!--", "<![CDATA[")):
            return freetext.replaced(piece, self._known)
        if piece.startswith(("<?", "<!")) or piece == "<":
            return piece
        return self._tag(piece)

    def _tag(self, tag: str) -> str:
        name = _NAME.match(tag)
        if name is None:
            return freetext.replaced(tag, self._known)
        if tag.startswith("</"):
            self._close(name[1])
            return tag
        pairs = {found[1]: found[3][1:-1] for found in _ATTRIBUTE.finditer(tag)}
        self._open.append((name[1], pairs.get("representation", "")))
        put = _ATTRIBUTE.sub(lambda found: self._attribute(found, name[1], pairs), tag)
        if tag.endswith("/>"):
            self._open.pop()
        return put

    def _close(self, name: str) -> None:
        """The element of that name, and what was left open in it."""
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at][0] == name:
                del self._open[at:]
                return

    def _inside(self, *names: str) -> bool:
        return any(name in names for name, _ in self._open)

    # -- attributes -------------------------------------------------------------------------

    def _attribute(self, found: "re.Match[str]", element: str, pairs: dict[str, str]) -> str:
        name, equals, quoted = found.groups()
        if name in _CODES or name.startswith("xmlns"):
            return found[0]
        mark, value = quoted[0], quoted[1:-1]
        return f"{name}{equals}{mark}{self._value(name, value, element, pairs)}{mark}"

    def _value(self, name: str, value: str, element: str, pairs: dict[str, str]) -> str:
        known = self._known
        if name == "extension" and element not in _TEMPLATES:
            return self._extension(pairs.get("root", ""), value)
        if name == "root":
            own = value.startswith("2.25.") or "extension" not in pairs
            whole = own and element not in _TEMPLATES
            return known.identifier(value) if whole else freetext.replaced(value, known)
        if name == "value" and element == "birthTime":
            return known.birth(value)
        if name == "value" and element == "telecom":
            return known.telecom(value)
        if name == "value" and _MOMENT.fullmatch(value):
            return known.moment(value)
        return value if name == "extension" else freetext.replaced(value, known)

    def _extension(self, root: str, value: str) -> str:
        known = self._known
        if root in _INS:
            return known.ins(value)
        if root == national.PERSONS:
            return known.person("IDNPS", value)
        if root == national.STRUCTURES:
            return known.organization("IDNST", value)
        return known.identifier(value)

    # -- texts ------------------------------------------------------------------------------

    def _text(self, text: str) -> str:
        if not text.strip():
            return text
        element, representation = self._open[-1] if self._open else ("", "")
        if representation == "B64":
            return content.in_base64(text.encode("utf-8"), self._readers).decode("utf-8", "replace")
        if "&#" in text:
            text = _REFERENCE.sub(_character, text)
        return self._named(element, text)

    def _named(self, element: str, text: str) -> str:
        known = self._known
        if element == "postalCode":
            return known.postal_code(text)
        if element == "county" and is_commune(text.strip()):
            return text.replace(text.strip(), known.commune(text.strip()))
        if element in _STREETS or (element == "addr" and self._inside("addr")):
            return known.place(text)
        if element in ("family", "given"):
            return known.name(text)
        if element == "name":
            owner = self._open[-2][0] if len(self._open) > 1 else ""
            if owner.endswith(_ORGANIZATIONS) or owner in ("location", "healthCareFacility"):
                return known.structure(text)
            return known.name(text) if owner in _PEOPLE else freetext.replaced(text, known)
        return freetext.replaced(text, known)


_PEOPLE: Final = words(
    """patient assignedPerson informationRecipient associatedPerson guardianPerson relatedPerson
    subject playingEntity maintainingPerson"""
)


def _character(found: "re.Match[str]") -> str:
    """A numbered character as itself, but for those that are markup."""
    number = int(found[1][1:], 16) if found[1].startswith("x") else int(found[1])
    shown = chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
    return shown if shown.isalnum() else found[0]
