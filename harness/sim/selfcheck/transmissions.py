"""Good transmissions of the rarer kinds, for the self-check.

MDM, replacement, deletion, a document in two forms, one that goes by mail, and the business
acknowledgements that come back.

Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.sim.actor import Actor, Conversation
from harness.sim.form import Form
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

_CLOCK: Final = datetime.fromisoformat("2026-01-05T12:00:00+01:00")
_ACTIONS: Final = {"again": "initial", "replaced": "replace", "deleted": "delete"}
_BOTH: Final = Form(level="both")
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
_MAILED: Final = ("DESTDMP", "DESTMSSANTEPS", "DESTMSSANTEPAT")


def transmissions(
    profile: Profile, subject: Subject, actor: Actor
) -> Iterator[tuple[str, Subject]]:
    """Everything that can become of a transmission, by name."""
    yield "mailed", mailed(profile, subject)
    yield "to a PFI", mailed(profile, subject, towards="pfi")
    yield from _asked(profile, subject, actor, "ORU")
    for word, made in _asked(profile, subject, actor, "MDM"):
        yield (
            f"{word} as MDM".removeprefix("again "),
            replace(made, kind="DOC", earlier=(), recorded=False),
        )
    if subject.kind == "E":
        yield "in two forms", _sent(profile, subject, actor, Conversation(actor.case), _BOTH)
    for event in ("Z01", "Z02", "Z03"):
        for status in ("Y", "N"):
            yield f"ZAM {event} {status}", zam(profile, subject, event, status)


def _asked(
    profile: Profile, first: Subject, actor: Actor, message: str
) -> Iterator[tuple[str, Subject]]:
    """A document that is sent once more, then replaced, then deleted."""
    talk, before = Conversation(actor.case), first
    for word, action in _ACTIONS.items():
        form = Form(action=action, message=message)
        before = _sent(profile, before, actor, talk, form)
        yield word, before


def _sent(
    profile: Profile, before: Subject, actor: Actor, talk: Conversation, form: Form
) -> Subject:
    """The next message of a conversation; what stood before the document stays before it."""
    message = actor.compose_in(talk, before.kind, _CLOCK, form)
    earlier = before.earlier if form.action == "initial" else (*before.earlier, before)
    made = profile.subject(before.kind, message, earlier=earlier)
    return replace(made, recorded=before.recorded)


def mailed(profile: Profile, subject: Subject, towards: str = "") -> Subject:
    """To the DMP, to a professional and to the patient, with mail bodies."""
    edits = (
        *(Edit("set", f"OBX[3.1={code}]-5.1", "Y") for code in _MAILED),
        *(Edit("add", text, "PRT") for text in _PARTICIPANTS),
        *(Edit("add", text, "OBX") for text in _BODIES),
    )
    message = edit.apply(subject.carried, edits)
    made = profile.subject(subject.kind, message, earlier=subject.earlier, towards=towards)
    return replace(made, recorded=subject.recorded)


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
