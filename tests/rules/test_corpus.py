"""The official files: no error of ours, and the findings that a domain expert would agree with."""

from pathlib import Path

import pytest

from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.checking import Asked, check

pytestmark = pytest.mark.corpus

EVERYWHERE = {
    "HL7-CR-FILE",
    "INS-O05",
    "INS-O08",
    "INS-X04",
}  # LF files, test INS with P, CX-7, COG
# an authority of type M that is no FINESS; RPPS and FINESS with wrong keys; FINEG with 10 digits
AUTHORITY = {"TF-HD-FINESS"}
BIOLOGY = {"PS-KEY", "ST-KEY", "ST-DIGIT"}
MDM = EVERYWHERE | {
    "PS-KEY",
    "LB-E-ORU",
}
LEGACY = (EVERYWHERE - {"INS-O05"}) | {
    "INS-F03", "INS-T01-GIVEN-LIST", "INS-X01", "INS-X02", "INS-X03", "INS-X05",
    "TC-MSH-21-VERSION", "TC-BASE64-FORM", "TC-XML",
}  # fmt: skip
# the official report: dangling references, reused ids, a WADO link, no DRIMbox one, a third
# act that differs between header and body, a US root; the requests: a reference without #
BODY = {
    "CDA-IMG-NARR-002", "CDA-IMG-ID-001", "CDA-CR-TECH-013", "CDA-CR-EXPO-025", "CDA-DRIM-URL-009",
    *(f"CDA-DRIM-URL-00{n}" for n in range(1, 8)),
}  # fmt: skip
REQUEST = {"CDA-IMG-NARR-001", "CDA-IMG-ID-001"}
# headers of the transmission guide: RPPS with wrong keys, a COG that the INS does not have, a name
# of type SP; level 1: no set of versions, times without zone or with a fraction, a structure with
# the number of a person, no specialty, no LOINC act, one author who is responsible as well
HEADER = {"CDA-DT-PSID-002", "CDA-HDR-NAME-003", "CDA-HDR-INS-005"}
LEVEL_1 = HEADER | {
    "CDA-HDR-SETID-001", "CDA-DT-TS-003", "CDA-DT-TS-004", "CDA-DT-STRUCTID-001",
    "CDA-HDR-AUTHOR-007B", "CDA-CR-EVENT-005", "CDA-TLR-AUTH-001", "CDA-TLR-AUTH-005",
}  # fmt: skip
# not teleradiology: the only author is also the legal authenticator; an addendum of two days later,
# by somebody else
AUTHORS = {"CDA-TLR-AUTH-001", "CDA-TLR-AUTH-005", "CDA-TLR-AUTH-013", "CDA-TLR-AUTH-013B"}
MDM |= LEVEL_1
# a blank inside "ASIP-SANTE- PS", and mails that the guide's own matrix does not have
SHORT = {"TC-BLANKS", "TC-MAIL-MATRIX"}
# TXA-12.2 and -13.2 filled, a sender of another structure than the author's
MDM |= SHORT | {"TC-TXA-12-FORM", "TC-X-AUTHOR-PLACE"}
# a mail body of 93 characters, the OID of the patient who receives in PRT-5.9.1
ORU = {"TC-BLANKS", "TC-MAIL-BASE64", "TC-PRT-PAT-OID"}
EXPECTED = {
    "ack-aa.er7": {"HL7-CR-FILE"},
    "ack-ae.er7": {"HL7-CR-FILE"},
    "flux1-nw.er7": EVERYWHERE | AUTHORITY | {"PS-KEY", "LB-A-ATTENDING", "LB-A-FACILITY"},
    "flux2-ca.er7": EVERYWHERE | AUTHORITY,
    "flux3-ok.er7": EVERYWHERE | AUTHORITY | {"PS-KEY", "ST-KEY"},
    "flux4-sr.er7": EVERYWHERE | AUTHORITY,
    "mdm_t02_init_full.er7": MDM | {"ST-FORM"},  # non-breaking spaces behind the FINESS
    "mdm_t02_init_short.er7": EVERYWHERE | AUTHORITY | SHORT | {"PS-KEY", "LB-E-ORU", "TC-XML"},
    "mdm_t10_rplc_full.er7": MDM | AUTHORITY,
    "mdm_t04_del_full.er7": MDM | AUTHORITY | {"TC-BASE64-FORM"},
    "mdm_t10_rplc_ack.er7": {"HL7-CR-FILE"},
    "mdm_t04_del_ack.er7": {"HL7-CR-FILE"},
    # the mailbox of the patient is named by a number of 20 digits
    "oru_r01_init_full.hl7": EVERYWHERE
    | AUTHORITY
    | BIOLOGY
    | HEADER
    | ORU
    | {"INS-X06", "TC-X-PATIENT", "CDA-HDR-ID-002"},
    "oru_r01_rplc_full.hl7": EVERYWHERE | BIOLOGY | HEADER | ORU | {"TC-BASE64-FORM"},
    # the document of another patient: said once, by the number
    # and its first given name does not begin the list; level 1 with the model of level 3
    "oru_r01_del_full.hl7": (EVERYWHERE | AUTHORITY | BIOLOGY | HEADER | ORU | {"TC-X-INS"})
    - {"CDA-HDR-INS-005"}
    | {"TC-X-AUTHOR-PLACE", "CDA-HDR-INS-011", "CDA-HDR-TEMPLATE-004"},
    "v12_mdm_t02_short.hl7": LEGACY,
    "v12_mdm_t02_ack.hl7": {"HL7-CR-FILE"},
    "v12_oru_r01_short.hl7": LEGACY,
    "v12_oru_r01_ack.hl7": {"HL7-CR-FILE"},
    "oru_cda_n3_v1.xml": HEADER,
    "oru_cda_n3_v2.xml": HEADER,
    "mdm_cda_n1_v1.xml": LEVEL_1,
    "mdm_cda_n1_v2.xml": LEVEL_1,
    "IMG_CR_IMG_2024.01.xml": BODY | AUTHORS,
    "IMG-DA-IMG_2024.01_Scanner_Crane_ThoraxAbdomenPelvis.xml": REQUEST | {"CDA-DT-STRUCTID-001"},
    "IMG-DA-IMG_2024.01_Radiographie_IRM_Genou.xml": REQUEST | {"CDA-DT-STRUCTID-001"},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_official_file_gives_its_known_findings(
    name: str, corpus: Path, profile: Profile
) -> None:
    (file,) = corpus.rglob(name)
    (judged,) = check([file], Asked(profile)).files
    assert judged.verdict is not Verdict.ERROR
    assert {o.rule.id for o in judged.outcomes if o.verdict > Verdict.PASS} == EXPECTED[name]


def test_no_official_message_or_document_is_forgotten(corpus: Path) -> None:
    folders = ("ans-teleradiologie-2026", "ans-transmission-cda", "ans-cda-img")
    files = {f.name for folder in folders for f in (corpus / folder).iterdir() if f.suffix != ".md"}
    assert files == set(EXPECTED)


# what nobody need do anything about, and the guide's readers may want to know all the same
NOTED = {
    "oru_r01_init_full.hl7": {"TC-X-AUTHOR", "TC-X-PATIENT-MAIL", "TC-PID-11-COG"},
    "oru_r01_rplc_full.hl7": {"TC-X-AUTHOR", "TC-PID-11-COG"},
    "oru_r01_del_full.hl7": {"TC-X-AUTHOR", "TC-X-PATIENT-MAIL"},
    "mdm_t02_init_full.er7": set(),
}


@pytest.mark.parametrize("name", NOTED)
def test_an_official_transmission_gives_its_known_notes(
    name: str, corpus: Path, profile: Profile
) -> None:
    (file,) = corpus.rglob(name)
    (judged,) = check([file], Asked(profile)).files
    noted = {o.rule.id for o in judged.outcomes if o.findings and o.verdict is Verdict.PASS}
    assert {rule for rule in noted if rule.startswith("TC-")} == NOTED[name]


# of the official transmissions only these fail: no CDA inside, another patient's document
FAIL = {
    "mdm_t02_init_short.er7": {"TC-XML"},
    "oru_r01_del_full.hl7": {"TC-X-INS"},
}


def test_the_folder_of_transmissions_fails_only_where_it_is_known_to(
    corpus: Path, profile: Profile
) -> None:
    """Rules of the message: the documents, of before 2024, break newer rules of the header."""
    report = check([corpus / "ans-transmission-cda"], Asked(profile))
    failed = {
        Path(judged.file).name: {
            o.rule.id
            for o in judged.outcomes
            if o.verdict is Verdict.FAIL and not o.rule.id.startswith(("CDA-", "INS-"))
        }
        for judged in report.files
        if not Path(judged.file).name.startswith("v12_")
    }
    assert {name: rules for name, rules in failed.items() if rules} == FAIL
