"""Named defects: the ways in which a simulated system can be wrong on purpose.

Each names who is at fault, in which flow, and the rule that must find it. They teach, and they
prove that the rules see what they are for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from harness.errors import HarnessError
from harness.text import Text, plain, say
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

ChangeMessage = Callable[[Message], Message]
ChangeDocument = Callable[[bytes], bytes]
ChangeBytes = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One mistake of one side in one flow.

    `role` is who makes it. `flow` is the message concerned; for `answer` and `silent` the message
    that is answered wrongly, or not at all. `rule` is the id of the rule that must find it.
    """

    name: str
    role: str
    flow: str
    rule: str
    says: Text
    message: ChangeMessage | None = None
    document: ChangeDocument | None = None
    answer: ChangeMessage | None = None
    wire: ChangeBytes | None = None
    silent: bool = False


def _set(path: str, value: str) -> ChangeMessage:
    return lambda message: edit.apply(message, (Edit("set", path, value),))


def _without(path: str) -> ChangeMessage:
    return lambda message: edit.apply(message, (Edit("remove", path),))


def _bytes(name: str) -> ChangeMessage:
    return lambda message: edit.apply(message, (Edit("bytes", name),))


def _wrong_key(message: Message) -> Message:
    """The key of the INS number, one too high (or one too low)."""
    number = message.first("PID-3[5=INS].1")
    key = int(number[13:])
    return message.with_value("PID-3[5=INS].1", f"{number[:13]}{key % 97 + 1:02d}")


def _other_patient(message: Message) -> Message:
    """Somebody else's valid test number."""
    return message.with_value("PID-3[5=INS].1", "279035121518989")


def _drop(xpath: str) -> ChangeDocument:
    return lambda document: edit.apply_to_document(document, (Edit("remove", xpath),))


def _attribute(xpath: str, name: str, value: str) -> ChangeDocument:
    change = Edit("set", f"{xpath}/@{name}", value)
    return lambda document: edit.apply_to_document(document, (change,))


def _no_start_block(frame: bytes) -> bytes:
    """The block without its VT: a receiver sees bytes that belong to no message."""
    return frame.removeprefix(b"\x0b")


DEFECTS: Final = tuple(
    sorted(
        (
            Defect(
                name="wrong-ins-key",
                role="ris",
                flow="A",
                rule="INS-F03",
                says=Text("clé du matricule INS fausse", "wrong key of the INS number"),
                message=_wrong_key,
            ),
            Defect(
                name="missing-pid",
                role="ris",
                flow="A",
                rule="LB-A-STRUCTURE",
                says=Text("segment PID absent de la demande", "no PID segment in the request"),
                message=_without("PID"),
            ),
            Defect(
                name="missing-birth-place",
                role="ris",
                flow="A",
                rule="LB-A-PID-11-COG",
                says=Text("lieu de naissance absent", "no birth place"),
                message=_set("PID-11[7=BDL].9", ""),
            ),
            Defect(
                name="unknown-message-type",
                role="ris",
                flow="A",
                rule="LB-MSH-9-TYPE",
                says=Text("type de message inconnu", "unknown message type"),
                message=_set("MSH-9", "XYZ^Z99"),
            ),
            Defect(
                name="line-feeds",
                role="ris",
                flow="A",
                rule="HL7-CR",
                says=Text("segments terminés par LF", "segments ended by LF"),
                message=_bytes("lf"),
            ),
            Defect(
                name="wrong-charset",
                role="ris",
                flow="A",
                rule="HL7-CHARSET-BYTES",
                says=Text("UTF-8 déclaré, 8859-15 envoyé", "UTF-8 declared, 8859-15 sent"),
                message=_bytes("latin"),
            ),
            Defect(
                name="missing-accession",
                role="ris",
                flow="D",
                rule="LB-D-ACCESSION",
                says=Text("Accession Number absent de D", "no accession number in D"),
                message=_set("OBR-18", ""),
            ),
            Defect(
                name="request-not-decodable",
                role="ris",
                flow="B",
                rule="TC-BASE64",
                says=Text("document B indécodable", "document B cannot be decoded"),
                message=_bytes("truncated-base64"),
            ),
            Defect(
                name="protocol-other-order",
                role="platform",
                flow="C",
                rule="X-ORDER",
                says=Text("protocole d'une autre demande", "protocol of another order"),
                message=_set("ORC-2.1", "OPN-AUTRE"),
            ),
            Defect(
                name="report-other-patient",
                role="platform",
                flow="E",
                rule="TC-X-INS",
                says=Text("PID d'un autre patient sur le compte rendu", "another patient's PID"),
                message=_other_patient,
            ),
            Defect(
                name="accession-changed",
                role="platform",
                flow="E",
                rule="X-ACCESSION",
                says=Text("Accession Number changé entre D et E", "accession number changed"),
                document=_attribute("//ps3-20:accessionNumber", "extension", "ACN-AUTRE"),
            ),
            Defect(
                name="study-uid-changed",
                role="platform",
                flow="E",
                rule="X-STUDY-UID",
                says=Text("Study Instance UID changé entre D et E", "Study Instance UID changed"),
                document=_attribute(
                    "//cda:documentationOf/cda:serviceEvent/cda:id", "root", "2.25.1"
                ),
            ),
            Defect(
                name="missing-legal-authenticator",
                role="platform",
                flow="E",
                rule="CDA-HDR-LEGALAUTH-001",
                says=Text("legalAuthenticator absent", "no legalAuthenticator"),
                document=_drop("/cda:ClinicalDocument/cda:legalAuthenticator"),
            ),
            Defect(
                name="missing-second-author",
                role="platform",
                flow="E",
                rule="CDA-TLR-AUTH-001",
                says=Text("second auteur absent", "second author missing"),
                document=_drop("/cda:ClinicalDocument/cda:author[2]"),
            ),
            Defect(
                name="report-not-decodable",
                role="platform",
                flow="E",
                rule="TC-BASE64",
                says=Text("compte rendu indécodable", "report cannot be decoded"),
                message=_bytes("truncated-base64"),
            ),
            Defect(
                name="wrong-msa-2",
                role="platform",
                flow="A",
                rule="ACK-MSA-2",
                says=Text("MSA-2 d'un autre message", "MSA-2 of another message"),
                answer=_set("MSA-2", "AUTRE-1"),
            ),
            Defect(
                name="unknown-ack-code",
                role="platform",
                flow="D",
                rule="ACK-MSA-1",
                says=Text("code d'acquittement inconnu", "unknown acknowledgement code"),
                answer=_set("MSA-1", "OK"),
            ),
            Defect(
                name="no-ack",
                role="platform",
                flow="D",
                rule="ACK-NONE",
                says=Text("aucun acquittement", "no acknowledgement"),
                silent=True,
            ),
            Defect(
                name="ris-no-ack",
                role="ris",
                flow="E",
                rule="ACK-NONE",
                says=Text(
                    "le RIS n'acquitte pas le compte rendu", "the RIS does not acknowledge E"
                ),
                silent=True,
            ),
            Defect(
                name="no-start-block",
                role="ris",
                flow="A",
                rule="MLLP-BLOCK",
                says=Text("message sans l'octet VT", "message without its VT byte"),
                wire=_no_start_block,
            ),
        ),
        key=lambda defect: (defect.flow, defect.name),
    )
)


def find(name: str) -> Defect:
    """The defect of that name. Raises HarnessError with the nearest one."""
    for defect in DEFECTS:
        if defect.name == name:
            return defect
    names = [defect.name for defect in DEFECTS]
    near = get_close_matches(name, names, n=1)
    hint = say("yaml.did_you_mean", word=near[0]) if near else plain(", ".join(names))
    raise HarnessError(say("defect.unknown", name=name), hint=hint)
