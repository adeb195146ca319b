"""The guide's own printed messages: exactly the oddities that are known of them."""

from pathlib import Path

import pytest

from harness.rules import guess
from harness.rules import profile as profiles
from harness.rules.rule import Verdict
from harness.wire.er7 import Message

pytestmark = pytest.mark.corpus

# oddity of the guide -> the rule that tells it
RULE = {
    "A7": "INS-O05",  # a test INS in production
    "B1": "INS-X04",  # COG against the number
    "B2": "INS-O08",  # CX-7 with an INS
    "B3": "TF-HD-FINESS",  # ten digits under type M
    "B4": "TLR-FINESS-KEY",
    "B8": "TLR-PV1-45-FUTURE",
    "C3": "PS-KEY",
    "C5": "ST-KEY",
    "C13": "TLR-ORC-14-NUMBER",
    "E25": "TLR-3-PROTOCOL-BASE64",
    "E26": "TLR-4-URL-FORM",
    "G1": "TLR-ACK-EVENT",
}
WARN, FAIL, CONTESTED = Verdict.WARNING, Verdict.FAIL, Verdict.CONTESTED
ALL_FLOWS = dict.fromkeys(("A7", "B1", "B2", "B3"), WARN)
EXPECTED = {
    "flux1-nw.er7": ("1", {**ALL_FLOWS, "B4": WARN, "C3": WARN, "C13": WARN}),
    "flux2-ca.er7": ("2", {**ALL_FLOWS, "B4": WARN}),
    "flux3-ok.er7": ("3", {**ALL_FLOWS, "C3": WARN, "C5": WARN, "E25": FAIL}),
    "flux4-sr.er7": ("4", {**ALL_FLOWS, "B4": WARN, "B8": WARN, "E26": WARN}),
    "ack-aa.er7": ("ACK", {"G1": CONTESTED}),
    "ack-ae.er7": ("ACK", {"G1": CONTESTED}),
}
REQUEST = (
    rb"MSH|^~\&|StructureApp|StructureFacility|TLRapp|TLRfacility|20260106134418||ORM^O01^ORM_O01"
    rb"|12345|P|2.5.1|||||FRA|UNICODE UTF-8|||1.0^CISIS_TLR_HL7_V2"
)


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("reading", [(), (("G1", "rule"),), (("G1", "sample"),)])
def test_a_sample_has_its_known_oddities(
    name: str, reading: tuple[tuple[str, str], ...], corpus: Path
) -> None:
    profile = profiles.load("ans-tlr-2026", readings=reading)
    raw = (corpus / "ans-teleradiologie-2026" / name).read_bytes().replace(b"\n", b"\r")
    message = Message(raw)
    flow, oddities = EXPECTED[name]
    kind, _ = guess.of_message(message, profile)
    request = Message(REQUEST) if kind == "ACK" else None
    outcomes = profile.judge(profile.subject(kind, message, request=request))
    found = {o.rule.id: o.verdict for o in outcomes if o.verdict.needs_attention}
    wanted = {RULE[oddity]: verdict for oddity, verdict in oddities.items()}
    if "G1" in oddities and reading:
        wanted = {"TLR-ACK-EVENT": FAIL} if reading == (("G1", "rule"),) else {}
    assert kind == flow
    assert found == wanted
