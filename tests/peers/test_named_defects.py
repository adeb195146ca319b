"""Each named defect of an independent system is found, by its rule, and laid at its door."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from system import HL7APY, NOMINAL, PYTHON_HL7, Program, node, play

from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.ranking import blamed, findings_in_order

pytestmark = pytest.mark.net


@dataclass(frozen=True)
class Known:
    """A defect of a system in a role, the rule that finds it, and the flow where it shows.

    `first`: no other failure is listed before it.
    """

    library: str
    role: str
    defect: str
    rule: str
    flow: str
    first: bool = True
    name: str = NOMINAL
    ack_timeout: float = 10.0
    pause: float = 0.0
    within: float | None = None

    @property
    def id(self) -> str:
        return f"{self.library}-{self.role}-{self.defect}"


IMPATIENT = {"ack_timeout": 1.0}
KNOWN = (
    # what a RIS says
    Known("python-hl7", "ris", "wrong-ins-key", "INS-F03", "A"),
    Known("python-hl7", "ris", "missing-pv1", "LB-A-STRUCTURE", "A"),
    Known("python-hl7", "ris", "wrong-charset", "HL7-CHARSET-BYTES", "A"),
    Known("python-hl7", "ris", "lf-separators", "HL7-CR", "A"),
    Known("python-hl7", "ris", "no-birth-place", "LB-A-PID-11-COG", "A"),
    Known("python-hl7", "ris", "no-start-block", "MLLP-BLOCK", "A", within=1.0),
    Known("simple-hl7", "ris", "no-sex", "LB-A-PID-8", "A"),
    Known("simple-hl7", "ris", "order-number-missing", "LB-ORC-2", "A"),
    Known("simple-hl7", "ris", "unknown-version", "HL7-MSH-12", "A"),
    Known("simple-hl7", "ris", "lf-after-block", "MLLP-JUNK", "B"),
    Known("hl7apy", "ris", "truncated-request", "TC-BASE64", "B"),
    Known("hl7apy", "ris", "other-order-in-d", "X-ORDER", "D"),
    Known("hl7apy", "ris", "other-patient-in-d", "X-PATIENT", "D"),
    Known("hl7apy", "ris", "missing-zds", "LB-D-STUDY-UID", "D"),
    Known("hl7apy", "ris", "no-accession-number", "LB-D-ACCESSION", "D"),
    Known("hl7apy", "ris", "same-control-id", "X-CONTROL-ID", "D"),
    Known("simple-hl7", "ris", "study-uid-of-nobody", "LB-D-STUDY-UID-FORM", "D"),
    Known("python-hl7", "ris", "d-before-c", "STEP-EARLY", "D", pause=0.4),
    # what a platform says
    Known("hl7apy", "platform", "order-changed", "X-ORDER", "C"),
    Known("python-hl7", "platform", "wrong-ins-key-in-c", "INS-F03", "C"),
    Known("hl7apy", "platform", "missing-pid-in-c", "LB-C-STRUCTURE", "C"),
    Known("simple-hl7", "platform", "birth-name-changed-in-c", "X-BIRTH-NAME", "C"),
    Known("python-hl7", "platform", "c-twice", "STEP-AGAIN", "C"),
    Known("python-hl7", "platform", "other-patient-in-e", "TC-X-INS", "E"),
    Known("python-hl7", "platform", "report-of-other-order", "X-ORDER", "E"),
    Known("hl7apy", "platform", "truncated-report", "TC-BASE64", "E"),
    Known("hl7apy", "platform", "report-type-unknown", "TC-X-CODE", "E"),
    Known("simple-hl7", "platform", "wrong-event-in-e", "TC-MSH-9", "E"),
    Known("simple-hl7", "platform", "no-sender-of-document", "TC-PRT", "E"),
    Known("python-hl7", "platform", "no-set-id", "CDA-HDR-SETID-001", "E"),
    Known("python-hl7", "platform", "no-authors", "CDA-HDR-AUTHOR-001", "E", first=False),
    Known("python-hl7", "platform", "one-author", "CDA-TLR-AUTH-001", "E"),
    Known("python-hl7", "platform", "other-accession", "X-ACCESSION", "E"),
    Known("python-hl7", "platform", "other-study", "X-STUDY-UID", "E"),
    Known("simple-hl7", "platform", "other-patient-in-report", "TC-X-INS", "E"),
    Known("simple-hl7", "platform", "no-legal-authenticator", "CDA-HDR-LEGALAUTH-001", "E"),
    Known("simple-hl7", "platform", "report-not-xml", "TC-XML", "E"),
    # how either acknowledges
    Known("simple-hl7", "ris", "ack-never", "ACK-NONE", "C", **IMPATIENT),
    Known("python-hl7", "ris", "ack-late", "ACK-LATE", "C", **IMPATIENT),
    Known("simple-hl7", "ris", "ack-twice", "ACK-STRAY", "C"),
    Known("python-hl7", "ris", "ack-unframed", "MLLP-BLOCK", "C", **IMPATIENT),
    Known("simple-hl7", "ris", "closes-before-ack", "ACK-NONE", "C"),
    Known("hl7apy", "ris", "ack-of-another", "ACK-MSA-2", "C"),
    Known("hl7apy", "ris", "ack-without-msa", "ACK-STRUCTURE", "C"),
    Known("hl7apy", "ris", "ack-unknown-code", "ACK-MSA-1", "C"),
    Known("python-hl7", "ris", "refuses-without-err", "ACK-ERR", "C", first=False),
    Known("simple-hl7", "ris", "ack-as-orm", "ACK-MSH-9", "C", first=False),
    Known("python-hl7", "platform", "ack-never", "ACK-NONE", "A", **IMPATIENT),
    Known("hl7apy", "platform", "ack-late", "ACK-LATE", "A", **IMPATIENT),
    Known("hl7apy", "platform", "ack-twice", "ACK-STRAY", "A"),
    Known("hl7apy", "platform", "ack-unframed", "MLLP-BLOCK", "A", **IMPATIENT),
    Known("hl7apy", "platform", "closes-before-ack", "ACK-NONE", "A"),
    Known("simple-hl7", "platform", "ack-of-another", "ACK-MSA-2", "A"),
    Known("python-hl7", "platform", "ack-without-msa", "ACK-STRUCTURE", "A"),
    Known("python-hl7", "platform", "ack-unknown-code", "ACK-MSA-1", "A"),
    Known("hl7apy", "platform", "refuses-without-err", "ACK-ERR", "A", first=False),
    Known("python-hl7", "platform", "always-accepts", "STEP-ACK", "A", name="lb-neg-ins-key"),
    Known("hl7apy", "ris", "always-accepts", "STEP-ACK", "E", name="lb-neg-document"),
)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.id)
def test_a_named_defect_is_found_and_laid_at_its_door(
    known: Known, profile: Profile, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    report = play(
        _program(known.library, request),
        known.role,
        profile,
        tmp_path,
        defect=known.defect,
        name=known.name,
        ack_timeout=known.ack_timeout,
        pause=known.pause,
        within=known.within,
    )
    listed = findings_in_order(report)
    found = [placed for placed in listed if placed.finding.rule.id == known.rule]
    assert found, [(placed.finding.rule.id, placed.flow) for placed in listed]
    assert found[0].flow == known.flow
    assert {blamed(p) for p in listed if p.finding.verdict is not Verdict.PASS} == {known.role}
    assert report.verdict in (Verdict.FAIL, Verdict.WARNING)
    assert not known.first or listed[0] is found[0]


def test_there_are_enough_of_them() -> None:
    assert len({known.defect for known in KNOWN}) >= 25
    assert len({known.id for known in KNOWN}) == len(KNOWN)


def _program(library: str, request: pytest.FixtureRequest) -> Program:
    known = {"python-hl7": PYTHON_HL7, "hl7apy": HL7APY}
    return known.get(library) or node(request.config.cache)
