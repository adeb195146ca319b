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
MDM = EVERYWHERE | {"LB-E-ORU", "CDA-HDR-SETID-001", "CDA-TLR-AUTH-001", "CDA-TLR-AUTH-005"}
LEGACY = (EVERYWHERE - {"INS-O05"}) | {
    "INS-F03", "INS-T01-GIVEN-LIST", "INS-X01", "INS-X02", "INS-X03",
    "TC-MSH-21-VERSION", "TC-BASE64-FORM", "TC-XML",
}  # fmt: skip
EXPECTED = {
    "ack-aa.er7": {"HL7-CR-FILE"},
    "ack-ae.er7": {"HL7-CR-FILE"},
    "flux1-nw.er7": EVERYWHERE,
    "flux2-ca.er7": EVERYWHERE,
    "flux3-ok.er7": EVERYWHERE,
    "flux4-sr.er7": EVERYWHERE,
    "mdm_t02_init_full.er7": MDM,
    "mdm_t02_init_short.er7": EVERYWHERE | {"LB-E-ORU", "TC-XML"},
    "mdm_t10_rplc_full.er7": MDM,
    "mdm_t04_del_full.er7": MDM | {"TC-BASE64-FORM"},
    "mdm_t10_rplc_ack.er7": {"HL7-CR-FILE"},
    "mdm_t04_del_ack.er7": {"HL7-CR-FILE"},
    "oru_r01_init_full.hl7": EVERYWHERE,
    "oru_r01_rplc_full.hl7": EVERYWHERE | {"TC-BASE64-FORM"},
    "oru_r01_del_full.hl7": EVERYWHERE | {"TC-X-INS"},
    "v12_mdm_t02_short.hl7": LEGACY,
    "v12_mdm_t02_ack.hl7": {"HL7-CR-FILE"},
    "v12_oru_r01_short.hl7": LEGACY,
    "v12_oru_r01_ack.hl7": {"HL7-CR-FILE"},
    "oru_cda_n3_v1.xml": set(),
    "oru_cda_n3_v2.xml": set(),
    "mdm_cda_n1_v1.xml": {"CDA-HDR-SETID-001", "CDA-TLR-AUTH-001", "CDA-TLR-AUTH-005"},
    "mdm_cda_n1_v2.xml": {"CDA-HDR-SETID-001", "CDA-TLR-AUTH-001", "CDA-TLR-AUTH-005"},
    # not teleradiology: the only author is also the legal authenticator
    "IMG_CR_IMG_2024.01.xml": {"CDA-TLR-AUTH-001", "CDA-TLR-AUTH-005"},
    "IMG-DA-IMG_2024.01_Scanner_Crane_ThoraxAbdomenPelvis.xml": set(),
    "IMG-DA-IMG_2024.01_Radiographie_IRM_Genou.xml": set(),
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
