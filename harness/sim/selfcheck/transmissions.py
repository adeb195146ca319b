"""Good transmissions of the rarer kinds, for the self-check.

MDM, replacement, deletion, a document in two forms, one that goes by mail, and the business
acknowledgements that come back.

Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pybase64

from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.rules.transmitted import METADATA
from harness.sim.case import Case
from harness.sim.generate import cda_report
from harness.wire import edit
from harness.wire.edit import Edit, apply_to_document
from harness.wire.er7 import Message

_ROOT: Final = "/cda:ClinicalDocument"
_IDS: Final = tuple(f"1.2.250.1.213.99.90.{number}" for number in (1, 2, 4))  # of versions
_OTHER_FORM: Final = "1.2.250.1.213.99.90.3"
_INS: Final = "185054809598744"
_XCN: Final = "^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
_OF_PATIENT: Final = "^^^^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^L^^^INS"
_PARTICIPANTS: Final = (
    f"PRT||UC||RCT^Result Copies To^participation|801234567897^ESSAI^Anne{_XCN}"
    "||||||||||^^X.400^anne.essai@essai.mssante.fr",
    f"PRT||UC||RCT^Result Copies To^participation|{_INS}^ESSAI^CLAUDE{_OF_PATIENT}"
    f"||||||||||^^X.400^{_INS}@patient.mssante.fr",
    "PRT||UC||REPLY^Reply To^participation|||||||||||^^X.400^reponse@essai.mssante.fr",
)
_BODY: Final = "^TEXT^^Base64^Qm9uam91cg==||||||F"
_BODIES: Final = (
    f"OBX|12|ED|CORPSMAIL_PS^Corps du mail pour un PS^MetaDMPMSS||{_BODY}",
    f"OBX|13|ED|CORPSMAIL_PATIENT^Corps du mail pour le patient^MetaDMPMSS||{_BODY}",
)
_RELATED: Final = f"{_ROOT}/cda:relatedDocument"
_PARENT: Final = (
    '<relatedDocument typeCode="RPLC"><parentDocument><id root="{}"/></parentDocument>'
    "</relatedDocument>"
)
_MAILED: Final = ("DESTDMP", "DESTMSSANTEPS", "DESTMSSANTEPAT")


def transmissions(profile: Profile, subject: Subject, case: Case) -> Iterator[tuple[str, Subject]]:
    """Everything that can become of a transmission, by name."""
    yield "mailed", mailed(profile, subject)
    yield "to a PFI", mailed(profile, subject, towards="pfi")
    yield "replaced", replaced(profile, subject)
    yield "replaced twice", replaced(profile, subject, 3)
    yield "deleted", deleted(profile, subject)
    yield "replaced, as DOC", _as_doc(replaced(profile, subject))
    yield "replaced, as MDM", as_mdm(profile, replaced(profile, subject))
    if subject.kind == "E":
        yield "in two forms", two_forms(profile, subject, case)
    for event in ("Z01", "Z02", "Z03"):
        for status in ("Y", "N"):
            yield f"ZAM {event} {status}", zam(profile, subject, event, status)


def as_mdm(profile: Profile, subject: Subject) -> Subject:
    """The document in an MDM message, as the transmission guide allows."""
    message, document = subject.carried, subject.document
    event = {"RO": "T10", "CA": "T04"}.get(message.first("ORC-1"), "T02")
    xpaths = ("cda:id/@root", "cda:relatedDocument/cda:parentDocument/cda:id/@root")
    number, parent = (document.first(f"{_ROOT}/{x}") if document else "" for x in xpaths)
    kind = message.first("OBR-4.1")
    edits = (
        Edit("set", "MSH-9", f"MDM^{event}^MDM_T02"),
        Edit("set", "MSH-12", "2.6"),
        Edit("add", "EVN||20260105100000+0100", "MSH"),
        Edit("add", f"TXA|1|{kind}|TEXT|||||||||{number}|{parent}||||AU", "OBR"),
        Edit("set", "OBX[1]-5.2", "text"),
        *(Edit("set", f"OBX[{n}]-2", "CWE") for n in range(2, len(METADATA) + 2)),
    )
    return replace(
        profile.subject("DOC", edit.apply(message, edits), towards=subject.towards),
        recorded=subject.recorded,
    )


def mailed(profile: Profile, subject: Subject, towards: str = "") -> Subject:
    """To the DMP, to a professional and to the patient, with mail bodies."""
    edits = (
        *(Edit("set", f"OBX[3.1={code}]-5.1", "Y") for code in _MAILED),
        *(Edit("add", text, "PRT") for text in _PARTICIPANTS),
        *(Edit("add", text, "OBX") for text in _BODIES),
    )
    return _changed(profile, subject, edits, towards=towards)


def replaced(profile: Profile, subject: Subject, version: int = 2) -> Subject:
    """The document at a version, after those before it."""
    if version == 1:
        return _changed(profile, replace(subject, message=_renamed(subject, _IDS[0])), ())
    before = replaced(profile, subject, version - 1)
    edits = (
        Edit("set", "MSH-10", f"NEXT-{version}"),
        Edit("set", "ORC-1", "RO"),
        Edit("set", "OBX[1]-11", "C"),
        Edit("set", f"{_ROOT}/cda:versionNumber/@value", str(version)),
        *([Edit("remove", _RELATED)] if version > 2 else []),
        Edit("insert", f"{_ROOT}/cda:documentationOf[last()]", _PARENT.format(_IDS[version - 2])),
    )
    renamed = _renamed(before, _IDS[version - 1])
    return _changed(profile, replace(before, message=renamed), edits, past=before)


def _renamed(subject: Subject, number: str) -> Message:
    """The message with another identifier of its document, links to it included."""
    document = subject.document
    old = document.first(f"{_ROOT}/cda:id/@root") if document else ""
    return edit.in_document(subject.carried, lambda raw: raw.replace(old.encode(), number.encode()))


def deleted(profile: Profile, subject: Subject) -> Subject:
    """The same version again, to be deleted."""
    edits = (
        Edit("set", "MSH-10", "NEXT-2"),
        Edit("set", "ORC-1", "CA"),
        Edit("set", "OBX[1]-11", "D"),
    )
    return _changed(profile, subject, edits, past=subject)


def two_forms(profile: Profile, subject: Subject, case: Case) -> Subject:
    """The report at level 3, and the same one at level 1."""
    plain = cda_report.report(case, level=1)
    plain = apply_to_document(plain, (Edit("set", f"{_ROOT}/cda:id/@root", _OTHER_FORM),))
    content = pybase64.b64encode_as_string(plain)
    kind = subject.carried.node("OBR-4").data.decode()
    edits = (
        Edit("add", f"OBX|2|ED|{kind}||^TEXT^XML^Base64^{content}||||||F", "PRT"),
        *(Edit("set", f"OBX[{n}]-1", str(n)) for n in range(3, len(METADATA) + 3)),
    )
    return _changed(profile, subject, edits)


def _changed(
    profile: Profile,
    subject: Subject,
    edits: tuple[Edit, ...],
    *,
    towards: str = "",
    past: Subject | None = None,
) -> Subject:
    """`past`: a message that came before."""
    earlier = (*subject.earlier, past) if past else subject.earlier
    message = edit.apply(subject.carried, edits)
    made = profile.subject(subject.kind, message, earlier=earlier, towards=towards)
    return replace(made, recorded=subject.recorded)


def _as_doc(subject: Subject) -> Subject:
    """The same, and what came before, as documents of no flow."""
    earlier = tuple(replace(past, kind="DOC") for past in subject.earlier[-1:])
    return replace(subject, kind="DOC", earlier=earlier)


# -- business acknowledgements --------------------------------------------------------------

_STATUS: Final = {
    "Z01": "ACK_RECEPTION_DMP^Accusé de réception DMP",
    "Z02": "ACK_RECEPTION_MSS^Accusé de réception MSSanté",
    "Z03": "ACK_LECTURE_MSS^Accusé de lecture",
}
_DETAIL: Final = {
    "Z02": "DESTINATAIRE_MSS^Destinataire MSSanté",
    "Z03": "LECTEUR_MSS^Lecteur du courriel MSSanté",
}
_ERROR: Final = {
    "Z01": "DMPClosed^DMP fermé^DMP_ERROR_CODE",
    "Z02": "550^Boîte absente^SMTPERRORCODE",
    "Z03": "900^Version ancienne^applicationErrorCondition",
}


def zam(profile: Profile, subject: Subject, event: str, status: str) -> Subject:
    """What an intermediation platform says later of a transmission; `status` is Y or N."""
    number = subject.carried.first("MSH-10")
    value = f"{status}^^expandedYes-NoIndicator||||||F"
    lines = [
        "MSH|^~\\&|PFI|SITE|RIS|SITE|20260105101700+0100||"
        f"ZAM^{event}^ZAM_Z01|Z-{event}|T|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2",
        "EVN||20260105101630+0100",
        f"OBX|1|CWE|{_STATUS[event]}^AckMetierZAM|{number}|{value}",
    ]
    if event in _DETAIL:
        mail = "^^X.400^anne.essai@essai.mssante.fr||||||F"
        lines.append(f"OBX|2|XTN|{_DETAIL[event]}^AckMetierZAM||{mail}")
    if status == "N":
        error = "207^Application error^messageErrorCondition"
        lines.append(f"ERR|||{error}|E|{_ERROR[event]}")
    raw = "".join(f"{line}\r" for line in lines).encode()
    made = profile.subject("ZAM", Message(raw), earlier=(*subject.earlier, subject))
    return replace(made, recorded=subject.recorded)
