"""The patient of the envelope (PID) against the patient of the document inside (recordTarget).

Compared only where both sides hold something of the right form: what is missing or malformed is
said by its own rule. Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, PID-3;
INS fact sheet, section 6.1.
"""

from collections.abc import Iterator
from typing import Final

from harness.rules import agreement, nir
from harness.rules.checks.ins_traits import folded
from harness.rules.identified import active
from harness.rules.named import named
from harness.rules.rule import Check, Problem, Subject
from harness.rules.table import quoted
from harness.rules.types import is_date
from harness.text import say
from harness.wire.er7 import Node

_ROLE: Final = "/cda:ClinicalDocument/cda:recordTarget/cda:patientRole"
_PATIENT: Final = f"{_ROLE}/cda:patient"
_FAMILY: Final = f"{_PATIENT}/cda:name/cda:family[@qualifier='BR']"
_GIVEN: Final = f"{_PATIENT}/cda:name/cda:given[not(@qualifier)]"
_BORN: Final = f"{_PATIENT}/cda:birthTime/@value"
_SEX: Final = f"{_PATIENT}/cda:administrativeGenderCode/@code"
_COUNTY: Final = f"{_PATIENT}/cda:birthplace/cda:place/cda:addr/cda:county"


def _values(subject: Subject, xpath: str) -> list[str]:
    document = subject.document
    return [node.value.strip() for node in document.at(xpath)] if document else []


def _first(subject: Subject, xpath: str) -> str:
    return next(iter(_values(subject, xpath)), "")


def _differs(node: Node, wanted: str, place: str) -> Problem:
    shown = place.replace("cda:", "").removeprefix("/ClinicalDocument/")
    expected = say("value.same", value=quoted(wanted), place=shown)
    return Problem(node.at, expected, quoted(node.value), say("ins.other_patient"))


@named("same-ins-in-document")
def same_ins(subject: Subject) -> Iterator[Problem]:
    """The NIR, where the message holds a NIA as well: a document has one INS only."""
    ours, theirs = active(subject.carried), _numbers_of_document(subject)
    if ours and _is_other(subject):
        oid, number = theirs[0]
        shown = "•" * 15 if {oid, ours.oid} & nir.REAL_OIDS else number
        found = ours.shown(f"{ours.number.text} ({ours.oid})")
        differ = any(True for compare in _TRAITS for _ in compare(subject))
        advice = say("ins.other_patient" if differ else "ins.same_traits")
        yield Problem(ours.node.at, say("transmission.ins", number=shown, oid=oid), found, advice)


def _is_other(subject: Subject) -> bool:
    """Both sides have an INS, and not the same: that is said once, the traits keep quiet."""
    ours, theirs = active(subject.carried), _numbers_of_document(subject)
    return bool(ours and theirs and (ours.oid, ours.number.text) not in theirs)


def _numbers_of_document(subject: Subject) -> list[tuple[str, str]]:
    document = subject.document
    ids = document.at(f"{_ROLE}/cda:id") if document else ()
    pairs = ((node.element.get("root", ""), node.element.get("extension", "")) for node in ids)
    return [pair for pair in pairs if pair[0] in nir.OIDS]


@named("ins-in-document")
def ins_in_document(subject: Subject) -> Iterator[Problem]:
    """The message has an INS, the document has identifiers of the patient and none is an INS."""
    ids = _values(subject, f"{_ROLE}/cda:id/@root")
    if active(subject.carried) and ids and not set(ids) & set(nir.OIDS):
        node = subject.carried.node("PID-3[5=INS].1")
        yield Problem(node.at, say("ins.in_document"), say("ins.document_ids", count=len(ids)))


@named("same-ipp-in-document")
def same_ipp(subject: Subject) -> Iterator[Problem]:
    """The site's own number, where the document has one of the same authority."""
    message = subject.carried
    for oid in message.at("PID-3[5=PI].4.2"):
        node = message.node(oid.at.path.removesuffix(".4.2") + ".1")
        known = _values(subject, f"{_ROLE}/cda:id[@root='{_plain_oid(oid.value)}']/@extension")
        if node.present and known and node.value not in known:
            yield _differs(node, known[0], "recordTarget/patientRole/id")


def _plain_oid(text: str) -> str:
    """Safe inside an XPath: anything else than an OID matches nothing."""
    return text if all(char in "0123456789." for char in text) else "-"


# -- traits ---------------------------------------------------------------------------------


def _birth_name(subject: Subject) -> Iterator[Problem]:
    yield from _same_name(subject, "PID-5[7=L].1", _FAMILY)


def _given_names(subject: Subject) -> Iterator[Problem]:
    yield from _same_name(subject, "PID-5[7=L].3", _GIVEN)


def _same_name(subject: Subject, path: str, xpath: str) -> Iterator[Problem]:
    node, theirs = subject.carried.node(path), " ".join(_values(subject, xpath))
    if node.present and theirs and folded(node.value) != folded(theirs):
        yield _differs(node, theirs, xpath)


def _birth_date(subject: Subject) -> Iterator[Problem]:
    node, theirs = subject.carried.node("PID-7"), _first(subject, _BORN)
    if is_date(node.value[:8]) and theirs and node.value[:8] != theirs[:8]:
        yield _differs(node, theirs, _BORN)


def _sex(subject: Subject) -> Iterator[Problem]:
    node, theirs = subject.carried.node("PID-8"), _first(subject, _SEX)
    ours = {"M": "M", "F": "F", "U": "UN"}.get(node.value, "")
    if ours and theirs and ours != theirs:
        yield _differs(node, theirs, _SEX)


def _birth_place(subject: Subject) -> Iterator[Problem]:
    node, theirs = subject.carried.node("PID-11[7=BDL].9"), _first(subject, _COUNTY)
    if agreement.COG.fullmatch(node.value) and theirs and node.value != theirs:
        yield _differs(node, theirs, _COUNTY)


_TRAITS: Final = (_birth_name, _given_names, _birth_date, _sex, _birth_place)


def _unless_other(compare: Check) -> Check:
    return lambda subject: () if _is_other(subject) else compare(subject)


named("same-birth-name-in-document")(_unless_other(_birth_name))
named("same-given-names-in-document")(_unless_other(_given_names))
named("same-birth-date-in-document")(_unless_other(_birth_date))
named("same-sex-in-document")(_unless_other(_sex))
named("same-birth-place-in-document")(_unless_other(_birth_place))
