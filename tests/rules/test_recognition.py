"""What a message is when nobody says it: the lines of each profile."""

import pytest

from harness.errors import HarnessError
from harness.rules import guess, recognition
from harness.rules import profile as profiles
from harness.wire.er7 import Message
from harness.yamlfile import load

HEAD = r"MSH|^~\&|A|B|C|D|20260105100000||{type}|1|T|2.5.1|||||FRA|UNICODE UTF-8|||{guide}"
TLR, LPS = "1.0^CISIS_TLR_HL7_V2", "1^CISIS_CDA_HL7_LPS"


def message(kind: str, *lines: str, guide: str = "") -> Message:
    text = "\r".join((HEAD.format(type=kind, guide=guide), "PID|1", *lines, ""))
    return Message(text.encode())


ORC_IPC = ("ORC|SR|1", "IPC|A|B|1.2.3")
WHITE_PAPER = [
    (message("ORM^O01", "ORC|NW|1"), None, "A", "ORC-1 = NW"),
    (message("ORM^O01", "ORC|NW|1"), "ris", "C", "from the receiver"),
    (message("ORM^O01", *ORC_IPC), None, "D", "Study Instance UID"),
    (message("ORM^O01", "ORC|CA|1"), "platform", "HL7", "ORC-1 = CA"),
    (message("ORM^O01", "ORC||1"), "platform", "A", "ORC-1 = -"),
    (message("ORM^O01", "ORC|SN|1"), "platform", "D", "ORC-1 = SN"),
    (message("ORM^O01", "ORC|XX|1", "NTE|||protocole"), None, "C", "protocol"),
    (message("ORM^O01", "ORC|XX|1"), None, "HL7", "ORC-1 = XX"),
    (message("ORU^R01", "OBX|1|ED|||^^^^"), "ris", "E", "from the receiver"),
    (message("ORU^R01", "OBR||||55115-0", "OBX|1|ED|||^^^^"), None, "B", "55115-0"),
    (message("ORU^R01", "OBR||||11502-2", "OBX|1|ED|||^^^^"), None, "DOC", "11502-2"),
    (message("ORU^R01", "OBX|1|ED|||^^^^", guide=LPS), "ris", "HL7", "CISIS_CDA_HL7_LPS"),
    (message("ADT^A01"), None, "HL7", "not a flow"),
    (message("ACK^O01", "MSA|AA|1"), None, "ACK", "ACK"),
    (message("", "MSA|AA|1"), None, "ACK", "MSA"),
]
GUIDE = [
    (message("ORM^O01", "ORC|NW|1"), None, "1", "ORC-1 = NW"),
    (message("OMG^O19", "ORC|NW|1"), None, "1", "ORC-1 = NW"),
    (message("ORM^O01", "ORC|CA|1"), None, "2", "ORC-1 = CA"),
    (message("ORU^R01", "ORC|OK|1", guide=TLR), None, "3", "CISIS_TLR_HL7_V2"),
    (message("ORU^R01", "OBR||||X^^TLR_OBR_PROCEDURE"), None, "3", "TLR_OBR_PROCEDURE"),
    (message("ORU^R01", "OBR||||18748-4", "OBX|1|ED|||^^^^"), None, "E", "18748-4"),
    (message("OMI^O23", "ORC|SR|1"), None, "4", "OMI"),
    (message("ORM^O01", *ORC_IPC), None, "4", "Study Instance UID"),
    (message("ORM^O01", "ORC|NW|1"), "ris", "3", "from the receiver"),
    (message("ORM^O01", "ORC|XX|1"), None, "HL7", "not a flow"),
]


@pytest.mark.parametrize(("given", "receiver", "kind", "told"), WHITE_PAPER)
def test_the_white_paper(given: Message, receiver: str | None, kind: str, told: str) -> None:
    found, why = guess.of_message(given, profiles.load(), receiver)
    assert found == kind
    assert told in why.en


@pytest.mark.parametrize(("given", "receiver", "kind", "told"), GUIDE)
def test_the_guide(given: Message, receiver: str | None, kind: str, told: str) -> None:
    found, why = guess.of_message(given, profiles.load("ans-tlr-2026"), receiver)
    assert found == kind
    assert told in why.en


@pytest.mark.parametrize(
    "line", ["{is: Z}", "{is: A, receiver: pacs}", "{is: A, element: nothing}", "{is: A, if: X}"]
)
def test_a_line_that_does_not_hold_is_refused(line: str, tmp_path) -> None:
    file = tmp_path / "profile.yaml"
    file.write_text(f"flows: {{A: {{}}}}\nrecognise:\n- {line}\n")
    with pytest.raises(HarnessError) as wrong:
        recognition.load(load(file), profiles.load().elements)
    assert wrong.value.line == 3
