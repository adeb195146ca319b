"""The message against the documents that it carries: type, identifiers, action, stay.

Compared only where both sides hold something. The patient of both is `ins_document.py`.
Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, OBR-4, TXA-12, TXA-13, OBX-11, PV1;
transmission fact sheet, 3.1.
"""

from collections.abc import Iterator
from typing import Final

from harness.rules.checks.ins_traits import folded
from harness.rules.checks.transmission_metadata import to_dmp
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.rules.transmitted import document_in, document_nodes, document_numbers
from harness.text import Text, plain, say
from harness.wire.cda import Document
from harness.wire.er7 import Node

_ROOT: Final = "/cda:ClinicalDocument"
_CODE: Final = f"{_ROOT}/cda:code/@code"
_PARENT: Final = f"{_ROOT}/cda:relatedDocument[@typeCode='RPLC']/cda:parentDocument/cda:id"
_SYSTEMS: Final = {"LN": "2.16.840.1.113883.6.1", "TRE_A05": "1.2.250.1.213.1.1.4.12"}
_STAY: Final = f"{_ROOT}/cda:componentOf/cda:encompassingEncounter"
_GIVEN: Final = f"{_ROOT}/cda:recordTarget//cda:name/cda:given[@qualifier='BR']"
_SAME: Final = (  # what two forms of one document have in common
    ("code", _CODE),
    ("effectiveTime", f"{_ROOT}/cda:effectiveTime/@value"),
    ("recordTarget", f"{_ROOT}/cda:recordTarget/cda:patientRole/cda:id/@extension"),
    ("author", f"{_ROOT}/cda:author/cda:assignedAuthor/cda:id/@extension"),
)

Id = tuple[str, str]  # root in lower case and extension


def ids(document: Document, xpath: str) -> list[Id]:
    """The identifiers (II) that an XPath selects."""
    found = (node.element for node in document.at(xpath))
    return [(e.get("root", "").strip().lower(), e.get("extension", "").strip()) for e in found]


def id_of(document: Document) -> Id | None:
    """The identifier of the document; None when it has none."""
    return next(iter(ids(document, f"{_ROOT}/cda:id")), None)


def parents(document: Document) -> list[Id]:
    """The identifiers of the documents that it replaces."""
    return ids(document, _PARENT)


def shown(found: Id) -> str:
    """An identifier as it is read: extension and root, or root alone."""
    root, extension = found
    return f"{extension} ({root})" if extension else root


def carried(subject: Subject) -> Iterator[tuple[Node, Document]]:
    """The OBX-11 of each document that can be read, and the document."""
    message = subject.carried
    for number, node in zip(document_numbers(message), document_nodes(message), strict=True):
        document = document_in(node)
        if document and document.is_cda:
            yield message.node(f"OBX[{number}]-11"), document


def _text(values: list[str]) -> Text:
    return quoted(", ".join(values)) if values else say("value.absent")


# -- type -----------------------------------------------------------------------------------


@named("same-code-in-document")
def same_code(subject: Subject) -> Iterator[Problem]:
    node = subject.carried.node("OBR-4.1")
    for code in dict.fromkeys(document.first(_CODE) for _, document in carried(subject)):
        if code and node.present and node.value.strip() != code:
            expected = say("value.same", value=quoted(code), place="/ClinicalDocument/code")
            yield Problem(node.at, expected, quoted(node.value))


@named("same-system-in-document")
def same_system(subject: Subject) -> Iterator[Problem]:
    node = subject.carried.node("OBR-4.3")
    wanted = _SYSTEMS.get(node.value.strip(), "")
    for _, document in carried(subject):
        found = document.first(f"{_ROOT}/cda:code/@codeSystem").strip()
        if wanted and found and found != wanted:
            expected = say("transmission.system", oid=found)
            yield Problem(node.at, expected, quoted(node.value))


@named("same-label-in-document")
def same_label(subject: Subject) -> Iterator[Problem]:
    node = subject.carried.node("OBR-4.2")
    for _, document in carried(subject):
        label = document.first(f"{_ROOT}/cda:code/@displayName")
        if label and node.present and folded(node.value) != folded(label):
            yield Problem(node.at, quoted(label), quoted(node.value))


@named("txa-type-agrees")
def txa_type(subject: Subject) -> Iterator[Problem]:
    node, wanted = subject.carried.node("TXA-2"), subject.carried.node("OBR-4.1")
    if wanted.present and node.value.strip() != wanted.value.strip():
        expected = say("value.same", value=quoted(wanted.value), place="OBR-4.1")
        yield Problem(
            node.at, expected, quoted(node.value) if node.present else say("value.absent")
        )


# -- identifiers ----------------------------------------------------------------------------


def _entity(subject: Subject, field: str) -> Id | None:
    """An EI as an identifier: .3 is the root where it is there, .1 else."""
    number = subject.carried.first(f"{field}.1").strip()
    root = subject.carried.first(f"{field}.3").strip()
    if not number:
        return None
    return (root.lower(), number) if root else (number.lower(), "")


def _same_number(subject: Subject, field: str, wanted: Id | None) -> Iterator[Problem]:
    found = _entity(subject, field)
    if found and wanted and found != wanted:
        node = subject.carried.node(f"{field}.1")
        yield Problem(node.at, quoted(shown(wanted)), quoted(shown(found)))


@named("txa-document-number")
def document_number(subject: Subject) -> Iterator[Problem]:
    for _, document in carried(subject):
        yield from _same_number(subject, "TXA-12", id_of(document))


@named("txa-parent-number")
def parent_number(subject: Subject) -> Iterator[Problem]:
    for _, document in carried(subject):
        found = parents(document)
        yield from _same_number(subject, "TXA-13", found[0] if found else None)


@named("txa-number-form")
def number_form(subject: Subject) -> Iterator[Problem]:
    """The identifier's root alone, or extension, nothing, root and ISO."""
    for field in ("TXA-12", "TXA-13"):
        whole = subject.carried.node(field)
        name, root, kind = whole.part(2), whole.part(3), whole.part(4)
        if name.present:
            yield Problem(name.at, say("value.none"), quoted(name.value))
        if root.present and kind.value != "ISO":
            actual = quoted(kind.value) if kind.present else say("value.absent")
            yield Problem(kind.at, plain("`ISO`"), actual)


@named("dmp-id-without-extension", when=to_dmp)
def dmp_id(subject: Subject) -> Iterator[Problem]:
    for _, document in carried(subject):
        found = id_of(document)
        at = next(document.at(f"{_ROOT}/cda:id"), None)
        if at and found and found[1]:
            yield Problem(at.at, say("transmission.root_only"), quoted(shown(found)))


@named("patient-ids-in-document")
def patient_ids(subject: Subject) -> Iterator[Problem]:
    """A number of PID-3 whose authority the document does not know; the INS has its own rules."""
    roles = "/cda:ClinicalDocument/cda:recordTarget/cda:patientRole/cda:id"
    known = {root for _, d in carried(subject) for root, _ in ids(d, roles)}
    for whole in subject.carried.at("PID-3") if known else ():
        number, oid = whole.part(1), whole.part(4, 2)
        local = whole.part(5).value != "INS" and whole.part(4, 3).value == "ISO"
        if number.present and oid.present and local and oid.value.strip() not in known:
            expected = say("transmission.patient_id", oid=oid.value)
            yield Problem(number.at, expected, say("value.absent"))


@named("first-given-name-in-document")
def first_given_name(subject: Subject) -> Iterator[Problem]:
    """Where the list of given names is the same: another one is told by itself."""
    node, whole = subject.carried.node("PID-5[7=L].2"), subject.carried.first("PID-5[7=L].3")
    for _, document in carried(subject):
        theirs = document.first(_GIVEN)
        others = document.select("//cda:recordTarget//cda:name/cda:given[not(@qualifier)]")
        listed = " ".join("".join(one.itertext()) for one in others)
        same_list = folded(whole) == folded(listed)
        if node.present and theirs and same_list and folded(node.value) != folded(theirs):
            yield Problem(node.at, quoted(theirs), quoted(node.value))


# -- action ---------------------------------------------------------------------------------


@named("replacement-has-parent")
def has_parent(subject: Subject) -> Iterator[Problem]:
    """One document is replaced, and not itself."""
    for status, document in carried(subject):
        if status.value != "C":
            continue
        found = parents(document)
        if len(found) != 1:
            actual = _text([shown(one) for one in found])
            yield Problem(status.at, say("transmission.one_parent"), actual)
        elif found[0] == id_of(document):
            yield Problem(status.at, say("transmission.other_parent"), quoted(shown(found[0])))


@named("initial-is-first")
def initial_is_first(subject: Subject) -> Iterator[Problem]:
    for status, document in carried(subject):
        found = parents(document)
        if status.value == "F" and found:
            actual = _text([shown(one) for one in found])
            yield Problem(status.at, say("transmission.no_parent"), actual)


# -- two forms of one document --------------------------------------------------------------


@named("two-forms")
def two_forms(subject: Subject) -> Iterator[Problem]:
    """Level 1 and level 3, each with its own identifier, of one content."""
    found = list(carried(subject))
    if len(found) != 2:
        return
    (_, one), (status, other) = found
    if id_of(one) and id_of(one) == id_of(other):
        yield Problem(status.at, say("transmission.own_id"), quoted(shown(id_of(one) or ("", ""))))
    for name, xpath in _SAME:
        ours, theirs = (sorted(node.value for node in d.at(xpath)) for d in (one, other))
        if ours != theirs:
            expected = say("value.same", value=_text(ours), place=f"{name}, OBX[1]")
            yield Problem(status.at, expected, _text(theirs))
    if _is_level_1(one) == _is_level_1(other):
        level = "1" if _is_level_1(one) else "3"
        yield Problem(status.at, say("transmission.two_levels"), say("transmission.level", n=level))


def _is_level_1(document: Document) -> bool:
    return bool(document.select(f"{_ROOT}/cda:component/cda:nonXMLBody"))


# -- confidentiality and stay ---------------------------------------------------------------


@named("dmp-not-restricted", when=to_dmp)
def not_restricted(subject: Subject) -> Iterator[Problem]:
    for _, document in carried(subject):
        for node in document.at(f"{_ROOT}/cda:confidentialityCode[@code='R' or @code='V']"):
            yield Problem(node.at, plain("`N`"), quoted(node.element.get("code", "")))


@named("same-visit-in-document")
def same_visit(subject: Subject) -> Iterator[Problem]:
    """Where the authority of PV1-19 is that of the document."""
    number, oid = subject.carried.node("PV1-19.1"), subject.carried.first("PV1-19.4.2").lower()
    for _, document in carried(subject):
        known = [extension for root, extension in ids(document, f"{_STAY}/cda:id") if root == oid]
        if number.present and oid and known and number.value not in known:
            yield Problem(number.at, _text(known), quoted(number.value))


@named("same-stay-in-document")
def same_stay(subject: Subject) -> Iterator[Problem]:
    """Admission and discharge, to the day."""
    for path, edge in (("PV1-44", "low"), ("PV1-45", "high")):
        node = subject.carried.node(path)
        for _, document in carried(subject):
            theirs = document.first(f"{_STAY}/cda:effectiveTime/cda:{edge}/@value")
            if node.present and theirs and node.value[:8] != theirs[:8]:
                yield Problem(node.at, quoted(theirs), quoted(node.value))
