"""Who takes part in a transmission (PRT): sender of the request, recipients, reply address.

Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, segment PRT (pre-adopted from 2.9).
"""

from collections.abc import Iterator
from typing import Final

from harness.rules import nir
from harness.rules.checks.ins_traits import folded
from harness.rules.checks.transmission_metadata import to_dmp
from harness.rules.identified import active
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.rules.transmitted import document_numbers, is_asked, metadata, participants
from harness.text import Text, plain, say
from harness.wire.er7 import Message

_ROLES: Final = ("SB", "RCT", "REPLY")
_CITIZENS: Final = "@patient.mssante.fr"
_AUTHOR: Final = "/cda:ClinicalDocument/cda:author/cda:assignedAuthor"
_ORGANIZATIONS: Final = f"{_AUTHOR}/cda:representedOrganization/cda:id/@extension"
_PROFESSIONALS: Final = f"{_AUTHOR}/cda:id[@root='1.2.250.1.71.4.2.1']/@extension"
_TELECOM: Final = "/cda:ClinicalDocument/cda:recordTarget/cda:patientRole/cda:telecom/@value"


def is_patient(message: Message, path: str) -> bool:
    """The recipient is the patient: its number is an INS, or its mailbox that of a citizen."""
    mailbox = message.first(f"{path}-15.4").strip().lower()
    return message.first(f"{path}-5.13") == "INS" or mailbox.endswith(_CITIZENS)


def _patients(message: Message) -> tuple[str, ...]:
    return tuple(path for path in participants(message, "RCT") if is_patient(message, path))


def _others(message: Message) -> tuple[str, ...]:
    return tuple(path for path in participants(message, "RCT") if not is_patient(message, path))


@named("participant-there")
def there(subject: Subject) -> Iterator[Problem]:
    """Sender or recipient. Silent when some PRT has a role that is not one: that is told."""
    message = subject.carried
    roles = [node.value.strip() for node in message.at("PRT-4.1") if node.is_placed]
    documents = document_numbers(message)
    if documents and not any(role != "REPLY" for role in roles):
        at = message.node(f"OBX[{documents[0]}]").at
        yield Problem(at, say("participant.there"), say("value.absent"))


@named("participant-place")
def place(subject: Subject) -> Iterator[Problem]:
    """All stand behind the first document's OBX."""
    message, observation, number = subject.carried, 0, 0
    first = next(iter(document_numbers(message)), 0)
    for segment in message.segments:
        observation += segment.name == "OBX"
        number += segment.name == "PRT"
        if segment.name == "PRT" and first and observation != first:
            at = message.node(f"PRT[{number}]").at
            actual = say("participant.behind", number=observation)
            yield Problem(at, say("participant.place", number=first), actual)


# -- who must be named ----------------------------------------------------------------------


@named("dmp-has-sender", when=to_dmp)
def dmp_has_sender(subject: Subject) -> Iterator[Problem]:
    """Silent where no participant is named at all: that is told by itself."""
    named_at_all = subject.carried.named("PRT") and not any(True for _ in there(subject))
    if named_at_all and not participants(subject.carried, "SB"):
        at = metadata(subject.carried, "DESTDMP").at
        yield Problem(at, say("participant.sender"), say("value.absent"))


@named("dmp-sender-is-somebody", when=to_dmp)
def sender_is_somebody(subject: Subject) -> Iterator[Problem]:
    """A professional (PRT-5) or a device (PRT-10)."""
    for path in participants(subject.carried, "SB"):
        if not _names(subject.carried, path, "5.1", "10.1"):
            at = subject.carried.node(f"{path}-5").at
            yield Problem(at, say("participant.somebody"), say("value.absent"))


@named("recipient-is-somebody")
def recipient_is_somebody(subject: Subject) -> Iterator[Problem]:
    """A professional or the patient (PRT-5), an organisation (PRT-8) or an application (PRT-10)."""
    for path in participants(subject.carried, "RCT"):
        if not _names(subject.carried, path, "5.1", "8.10", "10.1"):
            at = subject.carried.node(f"{path}-5").at
            yield Problem(at, say("participant.recipient"), say("value.absent"))


def _names(message: Message, path: str, *places: str) -> bool:
    return any(message.has(f"{path}-{place}") for place in places)


@named("mailed-to-professionals")
def mailed_to_professionals(subject: Subject) -> Iterator[Problem]:
    yield from _mailed(subject, "DESTMSSANTEPS", _others(subject.carried))


@named("mailed-to-patient")
def mailed_to_patient(subject: Subject) -> Iterator[Problem]:
    yield from _mailed(subject, "DESTMSSANTEPAT", _patients(subject.carried))


def _mailed(subject: Subject, code: str, found: tuple[str, ...]) -> Iterator[Problem]:
    named_at_all = not any(True for _ in there(subject))
    if named_at_all and is_asked(subject.carried, code) and not found:
        at = metadata(subject.carried, code).at
        yield Problem(at, say(f"participant.{code}"), say("value.absent"))


@named("recipient-is-asked")
def recipient_is_asked(subject: Subject) -> Iterator[Problem]:
    """Nobody is named to whom no mail is to go."""
    message = subject.carried
    for code, found in (
        ("DESTMSSANTEPS", _others(message)),
        ("DESTMSSANTEPAT", _patients(message)),
    ):
        if found and metadata(message, code).value.strip() == "N":
            at = metadata(message, code).at
            yield Problem(at, plain("`Y`"), say("participant.unasked", place=found[0]))


# -- the patient as a recipient -------------------------------------------------------------


def _has_patient(subject: Subject) -> Text | None:
    return None if _patients(subject.carried) else say("when.no_patient_recipient")


@named("patient-authority", when=_has_patient)
def patient_authority(subject: Subject) -> Iterator[Problem]:
    for path in _patients(subject.carried):
        node = subject.carried.node(f"{path}-5.9.2")
        if subject.carried.has(f"{path}-5.1") and node.value not in nir.OIDS:
            actual = quoted(node.value) if node.present else say("value.absent")
            yield Problem(node.at, say("participant.ins"), actual)


@named("patient-mailbox", when=_has_patient)
def patient_mailbox(subject: Subject) -> Iterator[Problem]:
    """The number in it is told by the rules of the INS."""
    for path in _patients(subject.carried):
        node = subject.carried.node(f"{path}-15.4")
        if node.present and not node.value.strip().lower().endswith(_CITIZENS):
            yield Problem(node.at, say("participant.citizen"), quoted(node.value))


@named("patient-is-the-patient", when=_has_patient)
def same_patient(subject: Subject) -> Iterator[Problem]:
    """Number and names of PRT-5, where they are there, are those of PID."""
    message, ins = subject.carried, active(subject.carried)
    for path in _patients(message):
        number = message.node(f"{path}-5.1")
        if ins and number.present and number.value.strip() != ins.number.text:
            expected = say("value.same", value=quoted(ins.masked(ins.number.text)), place="PID-3")
            yield Problem(number.at, expected, ins.shown(number.value))
        for component, trait in (("2", "1"), ("3", "2")):
            node, wanted = message.node(f"{path}-5.{component}"), _names_of(message, trait)
            if node.present and wanted and folded(node.value) not in wanted:
                expected = say("participant.name", names=", ".join(sorted(wanted)))
                yield Problem(node.at, expected, quoted(node.value))


def _names_of(message: Message, component: str) -> frozenset[str]:
    return frozenset(folded(n.value) for n in message.at(f"PID-5.{component}") if n.present)


@named("patient-mailbox-in-document", when=_has_patient)
def mailbox_in_document(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    known = {n.value.strip().lower() for n in document.at(_TELECOM)} if document else set()
    mails = {value.removeprefix("mailto:") for value in known if value.startswith("mailto:")}
    for path in _patients(subject.carried) if mails else ():
        node = subject.carried.node(f"{path}-15.4")
        if node.present and node.value.strip().lower() not in mails:
            yield Problem(node.at, quoted(", ".join(sorted(mails))), quoted(node.value))


# -- the sender and the document's authors --------------------------------------------------


@named("sender-is-author")
def sender_is_author(subject: Subject) -> Iterator[Problem]:
    yield from _among_authors(subject, "5.1", _PROFESSIONALS)


@named("sender-organisation")
def sender_organisation(subject: Subject) -> Iterator[Problem]:
    yield from _among_authors(subject, "8.10", _ORGANIZATIONS)


def _among_authors(subject: Subject, place: str, xpath: str) -> Iterator[Problem]:
    document = subject.document
    known = {node.value.strip() for node in document.at(xpath)} if document else set()
    for path in participants(subject.carried, "SB") if known else ():
        node = subject.carried.node(f"{path}-{place}")
        if node.present and node.value.strip() not in known:
            expected = say("participant.author", values=", ".join(sorted(known)))
            yield Problem(node.at, expected, quoted(node.value.strip()))
