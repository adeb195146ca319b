"""The header of a document: one fault in a good document, and exactly the rules that it breaks.

`CR` and `DA` are documents of the generators, `CR+` and `DA+` hold every optional part as well.
Source: CDA header fact sheet; the section of each table is that of the sheet.
"""

from functools import cache
from pathlib import Path

import pytest

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.sim.selfcheck.bases import bases
from harness.wire.cda import Document
from harness.wire.edit import Edit, apply_to_document

D = "/cda:ClinicalDocument"
ROLE = f"{D}/cda:recordTarget/cda:patientRole"
PATIENT = f"{ROLE}/cda:patient"
NAME = f"{PATIENT}/cda:name"
AUTHOR = f"{D}/cda:author[1]"
ASSIGNED = f"{AUTHOR}/cda:assignedAuthor"
LEGAL = f"{D}/cda:legalAuthenticator"
KEEPER = f"{D}/cda:custodian/cda:assignedCustodian/cda:representedCustodianOrganization"
PARTICIPANT = f"{D}/cda:participant[1]"
RELATED = f"{D}/cda:informant/cda:relatedEntity"
ORDER = f"{D}/cda:inFulfillmentOf/cda:order"
EVENT = f"{D}/cda:documentationOf[1]/cda:serviceEvent"
SECOND = f"{D}/cda:documentationOf[2]/cda:serviceEvent"
PERFORMER = f"{EVENT}/cda:performer/cda:assignedEntity"
PARENT = f"{D}/cda:relatedDocument/cda:parentDocument"
ENCOUNTER = f"{D}/cda:componentOf/cda:encompassingEncounter"
FACILITY = f"{ENCOUNTER}/cda:location/cda:healthCareFacility"
ADDENDUM = "//cda:section[cda:templateId/@root='1.2.250.1.213.1.1.2.210']"
UUID = "90e1c8ec-f951-4b26-a305-a34848818dd6"
STRUCTURED = f"{D}/cda:component/cda:structuredBody"


@cache
def _good(base: str) -> bytes:
    kind, rich = base.rstrip("+"), base.endswith("+")
    found = bases(profiles.load())[kind]
    (wanted,) = (one for one in found if one.name == f"ct-brain/{kind}" + (" rich" if rich else ""))
    assert wanted.subject.document is not None
    return wanted.subject.document.raw


def _edit(text: str) -> Edit:
    verb, _, rest = text.partition(" ")
    place, _, value = (
        rest.rpartition(" = ") if verb in ("set", "insert", "append") else (rest, "", "")
    )
    return Edit(verb, place, value)


def _broken(profile: Profile, base: str, *edits: str) -> set[str]:
    """Ids of the header's own rules that the changed document breaks."""
    raw = apply_to_document(_good(base), [_edit(text) for text in edits]) if edits else _good(base)
    outcomes = profile.judge(Subject(base.rstrip("+"), document=Document.parse(raw)))
    return {one.rule.id for one in outcomes if one.findings and _is_ours(one.rule.origin)}


def _is_ours(origin: str) -> bool:
    return origin.startswith(("cda-header", "cda-authorship", "header.yaml"))


def _check(profile: Profile, base: str, edits: str, expected: str) -> None:
    wanted = {f"CDA-{name}" for name in expected.split()}
    assert _broken(profile, base, *edits.split("; ")) == wanted


@pytest.mark.parametrize("base", ["CR", "DA", "CR+", "DA+"])
def test_good_documents_break_nothing(base: str, profile: Profile) -> None:
    known = {"CDA-DT-PSID-002"} if base.endswith("+") else set()
    assert _broken(profile, base) - known == set()


TYPES = [  # section 1
    ("CR", f"set {AUTHOR}/cda:time/@value = 2025-12-31", "DT-TS-001"),
    ("CR", f"set {AUTHOR}/cda:time/@value = 20251", "DT-TS-002"),
    ("CR", f"set {AUTHOR}/cda:time/@value = 20250230110000+0100", "DT-TS-002"),
    ("CR", f"set {AUTHOR}/cda:time/@value = 20251231250000+0100", "DT-TS-002"),
    ("CR", f"set {AUTHOR}/cda:time/@value = 202512311100+01", "DT-TS-003"),
    ("CR", f"set {AUTHOR}/cda:time/@value = 20251231110000", "DT-TS-003"),
    ("CR", f"set {AUTHOR}/cda:time/@value = 20251231110000.5+0100", "DT-TS-004"),
    ("CR", f"set {AUTHOR}/cda:time/@value = 20251231", ""),
    ("CR", f"set {ENCOUNTER}/cda:effectiveTime/@nullFlavor = UNK", "DT-IVL-001 DT-NULL-001"),
    ("CR", f"insert {ENCOUNTER}/cda:effectiveTime/cda:low = <high value='2020'/>", "DT-IVL-001"),
    ("CR+", f"set {PARTICIPANT}/cda:time/cda:high/@value = 20240101", "DT-IVL-001"),
    ("CR+", f"set {PARTICIPANT}/cda:time/cda:high/@value = 20250101", "DT-IVL-001"),
    ("CR", f"set {EVENT}/cda:effectiveTime/cda:high/@value = 2020", "DT-IVL-002"),
    ("CR", f"set {ENCOUNTER}/cda:effectiveTime/@xsi:type = IVL_TS", ""),
    ("CR", f"set {ENCOUNTER}/cda:effectiveTime/@xsi:type = SXCM_TS", "DT-TYPE-001"),
    ("CR", f"set {ROLE}/cda:telecom/@value = 0647151010", "DT-TEL-001"),
    ("CR", f"set {ROLE}/cda:telecom/@value = https://example.org", "DT-TEL-001"),
    ("CR", f"set {ROLE}/cda:telecom/@value = tel:", "DT-TEL-001"),
    ("CR", f"set {ROLE}/cda:telecom/@nullFlavor = UNK", "DT-TEL-002"),
    ("CR", f"set {ROLE}/cda:telecom/@use = BAD", "DT-TEL-003"),
    ("CR", f"set {ROLE}/cda:telecom/@value = tel:06 47 15 10 10", "DT-TEL-004"),
    ("CR", f"set {ROLE}/cda:telecom/@value = mailto:rené@example.org", "DT-TEL-004"),
    ("CR", f"repeat {ROLE}/cda:telecom", "DT-TEL-005"),
    ("CR", f"insert {ROLE}/cda:telecom = <telecom nullFlavor='UNK'/>", "DT-TEL-005"),
    ("CR", f"set {ROLE}/cda:addr/@use = H WP", "DT-AD-001"),
    ("CR", f"repeat {ROLE}/cda:addr/cda:city", "DT-AD-002"),
    ("CR", f"append {ROLE}/cda:addr = <direction>nord</direction>", "DT-AD-004"),
    ("CR", f"append {ROLE}/cda:addr = <unitID/>", "DT-AD-005"),
    ("CR", f"insert {ROLE}/cda:addr = <addr nullFlavor='NAV'/>", "DT-AD-006"),
    ("CR", f"repeat {ROLE}/cda:addr", "DT-AD-006"),
    ("CR", f"set {ROLE}/cda:id[2]/@nullFlavor = UNK", "DT-II-001"),
    ("CR", f"set {ROLE}/cda:id[2]/@root = 1.2.03", "DT-II-002"),
    ("CR", f"set {D}/cda:templateId[3]/@root = ans", "DT-II-002 CR-TEMPLATE-002"),
    ("CR", f"repeat {ROLE}/cda:id[2]", "DT-II-005"),
    ("CR", f"set {D}/cda:setId/@root = {UUID}", "DT-II-004"),
    ("CR", f"set {D}/cda:setId/@root = {UUID.upper()}", ""),
    ("CR", f"remove {PERFORMER}/cda:code/@codeSystem", "DT-CD-001"),
    ("CR", f"set {PERFORMER}/cda:code/@codeSystem = TRE_A01", "DT-CD-005"),
    ("CR", f"remove {PERFORMER}/cda:code/@code", "DT-CD-002"),
    ("CR", f"repeat {EVENT}/cda:code/cda:translation[3]", "DT-CD-003"),
    ("CR", f"set {D}/cda:languageCode/@codeSystem = 1.2.3", "DT-CS-001"),
    ("CR", f"set {ASSIGNED}/cda:assignedPerson/cda:name = Docteur", "DT-PN-001"),
    ("CR", f"set {ASSIGNED}/cda:assignedPerson/cda:name/cda:given = ", "DT-PN-002"),
    ("CR", f"append {KEEPER}/cda:name = <prefix>Dr</prefix>", "DT-ON-001 DT-PREFIX-001"),
    ("CR", f"set {ASSIGNED}/cda:assignedPerson/cda:name/cda:prefix = MLLE", "DT-PREFIX-001"),
    ("CR", f"set {ASSIGNED}/cda:assignedPerson/cda:name/cda:suffix = Dr", "DT-SUFFIX-001"),
    ("CR", f"set {PERFORMER}/cda:id/@extension = 10100000107", "DT-PSID-001"),
    ("CR", f"set {PERFORMER}/cda:id/@extension = 810100000108", "DT-PSID-002"),
    ("CR", f"set {FACILITY}/cda:id/@extension = 480000009", "DT-STRUCTID-001 TLR-AUTH-009"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "edits", "expected"), TYPES)
def test_data_types(base: str, edits: str, expected: str, profile: Profile) -> None:
    _check(profile, base, edits, expected)


IDENTIFICATION = [  # section 2
    ("CR+", f"set {D}/@moodCode = INT", "HDR-ROOT-002"),
    ("CR", f"set {D}/cda:realmCode/@code = FX", "HDR-REALM-001"),
    ("CR", f"repeat {D}/cda:realmCode", "HDR-REALM-001"),
    ("CR", f"set {D}/cda:typeId/@extension = POCD_HD000041", "HDR-TYPEID-001"),
    ("CR", f"remove {D}/cda:templateId[1]", "HDR-TEMPLATE-001"),
    ("CR", f"repeat {D}/cda:templateId[2]", "HDR-TEMPLATE-002"),
    ("CR", f"remove {D}/cda:templateId[6]/@extension", "CR-TEMPLATE-005"),
    ("CR", f"remove {D}/cda:templateId[6]", "CR-TEMPLATE-001"),
    ("DA", f"remove {D}/cda:templateId[3]", "DA-TEMPLATE-002"),
    ("DA", f"set {D}/cda:templateId[4]/@extension = 2022.01", "DA-TEMPLATE-003"),
    ("CR", f"remove {D}/cda:id", "HDR-ID-001"),
    ("CR", f"set {D}/cda:id/@nullFlavor = UNK", "HDR-ID-001"),
    ("CR", f"set {D}/cda:id/@root = 1.2.7; set {D}/cda:setId/@root = 1.2.7", "HDR-ID-002"),
    ("CR", f"remove {D}/cda:code/@displayName", "HDR-CODE-001"),
    ("CR", f"set {D}/cda:code/@codeSystem = 2.16.840.1.113883.6.96", "CR-CODE-001"),
    ("DA", f"set {D}/cda:code/@code = 18748-4", "DA-CODE-001"),
    ("CR", f"remove {D}/cda:code/cda:translation", "CR-CODE-002"),
    ("CR", f"set {D}/cda:code/cda:translation/@code = 24979-7", "CR-CODE-003"),
    ("CR", f"set {D}/cda:title =  ", "HDR-TITLE-001"),
    ("CR", f"remove {D}/cda:effectiveTime/@value", "HDR-TIME-001"),
    ("CR", f"set {D}/cda:effectiveTime/@value = 20260105", "HDR-TIME-002"),
    ("CR", f"set {D}/cda:confidentialityCode/@code = X", "HDR-CONF-002"),
    ("CR", f"set {D}/cda:confidentialityCode/@code = L", "HDR-CONF-003"),
    ("CR", f"remove {D}/cda:confidentialityCode/@displayName", "HDR-CONF-001"),
    ("CR", f"set {D}/cda:languageCode/@code = xxfr-FRyy", "HDR-LANG-001"),
    ("CR", f"set {D}/cda:languageCode/@code = fr", "HDR-LANG-001"),
    ("CR", f"set {D}/cda:languageCode/@code = en-US", ""),
    ("CR", f"remove {D}/cda:setId", "HDR-SETID-001"),
    ("CR", f"set {D}/cda:versionNumber/@value = un", "HDR-VERSION-001"),
    ("CR", f"set {D}/cda:versionNumber/@value = -1", "HDR-VERSION-002"),
    ("CR", f"insert {D}/cda:versionNumber = <copyTime value='2026'/>", "HDR-CLOSED-001"),
    (
        "CR",
        f"insert {STRUCTURED} = <nonXMLBody><text/></nonXMLBody>; remove {STRUCTURED}; "
        f"remove {D}/cda:code/cda:translation",
        "HDR-TEMPLATE-004",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("base", "edits", "expected"), IDENTIFICATION)
def test_identification(base: str, edits: str, expected: str, profile: Profile) -> None:
    _check(profile, base, edits, expected)


IDENTITY = [  # section 3
    ("CR", f"remove {ROLE}/cda:id[1]/@extension", "HDR-INS-001"),
    ("CR", f"remove {NAME}/cda:family[@qualifier='BR']", "HDR-INS-002A"),
    ("CR", f"remove {NAME}/cda:given[@qualifier='BR']", "HDR-INS-002B"),
    ("CR", f"remove {NAME}/cda:given[not(@qualifier)]", "HDR-INS-002C"),
    ("CR", f"remove {PATIENT}/cda:birthTime", "HDR-INS-002D"),
    ("CR", f"remove {PATIENT}/cda:birthplace", "HDR-INS-002E"),
    ("CR", f"remove {PATIENT}/cda:administrativeGenderCode", "HDR-INS-002F"),
    ("CR", f"set {ROLE}/cda:id[1]/@extension = 18505480959874", "HDR-INS-003"),
    ("CR", f"set {ROLE}/cda:id[1]/@extension = 1 85 05 48 095 98", "HDR-INS-003"),
    ("CR", f"set {ROLE}/cda:id[1]/@extension = 185054809598745", "HDR-INS-004"),
    ("CR", f"set {PATIENT}/cda:birthTime/@value = 19860520", "HDR-INS-005"),
    ("CR", f"set {PATIENT}/cda:birthplace//cda:county = 48096", "HDR-INS-005"),
    ("DA", f"insert {ROLE}/cda:id[2] = <id root='1.2.250.1.213.1.4.10' "
           f"extension='185054809598744'/>; remove {ROLE}/cda:id[1]", "HDR-INS-006"),
    ("CR", f"insert {ROLE}/cda:id[2] = <id root='1.2.250.1.213.1.4.10' "
           f"extension='185054809598744'/>; remove {ROLE}/cda:id[1]", "DRIM-PATIENT-001"),
    ("CR", f"repeat {ROLE}/cda:id[1]; set {ROLE}/cda:id[2]/@root = 1.2.250.1.213.1.4.8",
     "HDR-INS-007"),
    ("CR", f"set {PATIENT}/cda:birthplace//cda:county = MENDE", "HDR-INS-009"),
    ("CR", f"set {NAME}/cda:family[1] = Essai", "HDR-INS-010"),
    ("CR", f"set {NAME}/cda:given[@qualifier='BR'] = ALIX", "HDR-INS-011"),
    ("CR", f"repeat {D}/cda:recordTarget", "HDR-PATIENT-001"),
    ("CR", f"insert {PATIENT} = <providerOrganization/>", "HDR-PATIENT-003"),
    ("CR", f"insert {PATIENT}/cda:birthTime = <raceCode nullFlavor='UNK'/>", "HDR-PATIENT-004"),
    ("CR", f"repeat {NAME}", "HDR-NAME-001"),
    ("CR", f"remove {NAME}/cda:family[2]/@qualifier", "HDR-NAME-002"),
    ("CR", f"set {NAME}/cda:family[2]/@qualifier = SP", "HDR-NAME-003"),
    ("CR", f"set {NAME}/cda:given[3]/@qualifier = AC", "HDR-NAME-004"),
    ("CR", f"append {NAME} = <suffix>a</suffix><suffix>b</suffix>", "HDR-NAME-005"),
    ("CR", f"repeat {NAME}/cda:given[3]", "HDR-NAME-006"),
    ("CR", f"set {PATIENT}/cda:administrativeGenderCode/@code = U", "HDR-GENDER-001"),
    ("CR", f"repeat {PATIENT}/cda:birthTime", "HDR-BIRTH-001"),
    ("CR", f"set {PATIENT}/cda:birthTime/@value = 198505", "HDR-BIRTH-002"),
    ("CR", f"repeat {PATIENT}/cda:birthplace", "HDR-BIRTHPLACE-001"),
    ("CR+", f"set {PATIENT}/sdtc:multipleBirthOrderNumber/@value = 0", "HDR-SDTC-001"),
    ("CR+", f"remove {PATIENT}/cda:guardian/cda:guardianPerson", "HDR-GUARDIAN-001"),
    ("CR+", f"remove {PATIENT}//cda:guardianPerson/cda:name/cda:family", "HDR-GUARDIAN-002"),
    ("CR+", f"set {PATIENT}//cda:guardianPerson/cda:name/cda:family/@qualifier = AC",
     "HDR-GUARDIAN-003"),
    ("CR+", f"remove {PATIENT}//cda:guardianOrganization/cda:id/@extension", "HDR-GUARDIAN-004"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "edits", "expected"), IDENTITY)
def test_patient_and_ins(base: str, edits: str, expected: str, profile: Profile) -> None:
    _check(profile, base, edits, expected)


PEOPLE = [  # section 4
    ("DA", f"remove {D}/cda:author", "HDR-AUTHOR-001"),
    ("CR+", f"remove {AUTHOR}/cda:functionCode/@code", "HDR-AUTHOR-002"),
    ("CR", f"remove {AUTHOR}/cda:time", "HDR-AUTHOR-003"),
    ("CR", f"repeat {ASSIGNED}", "HDR-AUTHOR-004"),
    ("CR", f"remove {ASSIGNED}/cda:id/@extension", "HDR-AUTHOR-005"),
    ("DA", f"set {ASSIGNED}/cda:id/@root = 1.2.250.1.213.99.9", "HDR-AUTHOR-006"),
    ("CR", f"set {ASSIGNED}/cda:id/@root = 1.2.250.1.213.99.9", "TLR-AUTH-002"),
    ("CR", f"remove {ASSIGNED}/cda:code/@displayName", "HDR-AUTHOR-007"),
    ("DA", f"remove {ASSIGNED}/cda:code", "HDR-AUTHOR-007B"),
    ("CR", f"remove {ASSIGNED}//cda:family", "HDR-AUTHOR-009"),
    ("DA+", f"remove {D}//cda:assignedAuthoringDevice/cda:softwareName", "HDR-AUTHOR-010"),
    ("DA", f"remove {ASSIGNED}/cda:representedOrganization/cda:id/@extension", "HDR-AUTHOR-011"),
    ("DA", f"set {ASSIGNED}/cda:representedOrganization/cda:id/@root = 1.2.9", "HDR-AUTHOR-012"),
    ("DA", f"remove {ASSIGNED}//cda:standardIndustryClassCode/@code", "HDR-AUTHOR-013"),
    ("DA", f"repeat {AUTHOR}", "HDR-AUTHOR-014"),
    ("CR+", f"repeat {D}/cda:dataEnterer", "HDR-ENTERER-001"),
    ("CR+", f"remove {RELATED}/@classCode", "HDR-INFORMANT-001"),
    ("CR+", f"set {RELATED}/@classCode = PRS", "HDR-INFORMANT-002"),
    ("CR+", f"remove {RELATED}/cda:code/@displayName", "HDR-INFORMANT-003"),
    ("CR+", f"remove {RELATED}/cda:relatedPerson/cda:name/cda:family", "HDR-INFORMANT-004"),
    ("CR+", f"remove {D}/cda:informant/cda:assignedEntity/cda:id", "HDR-INFORMANT-005"),
    ("CR+", f"remove {D}/cda:informant/cda:assignedEntity//cda:family", "HDR-INFORMANT-006"),
    ("CR", f"remove {D}/cda:custodian", "HDR-CUSTODIAN-001"),
    ("CR", f"set {KEEPER}/cda:id/@root = 1.2.250.1.213.99.9", "HDR-CUSTODIAN-002"),
    ("CR", f"remove {KEEPER}/cda:id/@extension", "HDR-CUSTODIAN-003"),
    ("CR", f"repeat {KEEPER}/cda:name", "HDR-CUSTODIAN-004"),
    ("CR", f"remove {D}/cda:informationRecipient/cda:intendedRecipient", "HDR-RECIPIENT-001"),
    ("CR", f"remove {D}//cda:intendedRecipient/cda:id/@extension", "HDR-RECIPIENT-002"),
    ("CR", f"set {D}//cda:intendedRecipient/cda:id/@root = 1.2.9", "HDR-RECIPIENT-002B"),
    ("CR", f"remove {D}//cda:informationRecipient/cda:name/cda:family", "HDR-RECIPIENT-003"),
    ("CR", f"set {LEGAL}/cda:signatureCode/@code = I", "HDR-LEGALAUTH-001"),
    ("CR", f"remove {LEGAL}/cda:time/@value", "HDR-LEGALAUTH-002"),
    ("DA", f"remove {LEGAL}/cda:assignedEntity/cda:id", "HDR-LEGALAUTH-003"),
    ("DA", f"set {LEGAL}/cda:assignedEntity/cda:id/@root = 1.2.9", "HDR-LEGALAUTH-004"),
    ("CR", f"remove {LEGAL}/cda:assignedEntity/cda:code/@code", "HDR-LEGALAUTH-005"),
    ("CR", f"repeat {LEGAL}//cda:assignedPerson/cda:name", "HDR-LEGALAUTH-006"),
    ("CR", f"repeat {LEGAL}//cda:representedOrganization/cda:name", "HDR-LEGALAUTH-007"),
    ("CR+", f"set {D}/cda:authenticator/cda:signatureCode/@code = X", "HDR-AUTHENT-001"),
    ("CR+", f"remove {D}/cda:authenticator/cda:time", "HDR-AUTHENT-002"),
    ("CR+", f"set {D}/cda:authenticator/cda:assignedEntity/cda:id/@root = 1.2.9",
     "HDR-AUTHENT-003"),
    ("CR+", f"remove {D}/cda:authenticator//cda:assignedPerson/cda:name", "HDR-AUTHENT-004"),
    ("CR", f"set {PARTICIPANT}/@typeCode = AUT", "HDR-PARTICIPANT-001"),
    ("CR", f"remove {PARTICIPANT}/cda:time", "HDR-PARTICIPANT-003"),
    ("CR", f"set {PARTICIPANT}/cda:associatedEntity/@classCode = PAT", "HDR-PARTICIPANT-004"),
    ("CR", f"insert {PARTICIPANT}/cda:associatedEntity/cda:id = <id nullFlavor='UNK'/>; "
           f"remove {PARTICIPANT}/cda:associatedEntity/cda:id[1]", "HDR-PARTICIPANT-005"),
    ("CR", f"remove {PARTICIPANT}//cda:associatedEntity/cda:code/@displayName",
     "HDR-PARTICIPANT-006"),
    ("CR", f"repeat {PARTICIPANT}//cda:associatedPerson/cda:name/cda:given",
     "HDR-PARTICIPANT-007"),
    ("CR", f"repeat {PARTICIPANT}//cda:scopingOrganization/cda:name", "HDR-PARTICIPANT-008"),
    ("DA+", f"set {PARTICIPANT}/@typeCode = REF", "HDR-PARTICIPANT-009"),
    ("DA+", f"set {D}/cda:participant[2]/@typeCode = REF", "DA-PARTICIPANT-001"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "edits", "expected"), PEOPLE)
def test_people(base: str, edits: str, expected: str, profile: Profile) -> None:
    _check(profile, base, edits, expected)


ACTS = [  # sections 5 and 6
    ("CR", f"remove {ORDER}", "HDR-ORDER-001"),
    ("CR", f"insert {ORDER}/cda:id = <id root='1.2.9' extension='2'/>", "HDR-ORDER-002"),
    ("CR", f"insert {ORDER}/cda:id = <code code='1' codeSystem='1.2'/><code code='2' "
           "codeSystem='1.2'/>", "HDR-ORDER-003"),
    ("CR", f"insert {ORDER}/cda:id = <priorityCode code='R' codeSystem='1.2'/>",
     "HDR-ORDER-003B"),
    ("CR", f"remove {ORDER}/ps3-20:accessionNumber", "CR-ORDER-002"),
    ("CR", f"remove {ORDER}/ps3-20:accessionNumber/@extension", "DRIM-ACC-001"),
    ("CR", f"remove //cda:linkHtml/@href; remove {ORDER}/ps3-20:accessionNumber/@extension",
     "CR-ORDER-003"),
    ("CR", f"remove {ORDER}/cda:id/@extension", "DRIM-ORDER-001"),
    ("CR", f"remove {D}/cda:inFulfillmentOf", "DRIM-ACC-001"),
    ("CR", f"remove //cda:linkHtml/@href; remove {D}/cda:inFulfillmentOf", "CR-ORDER-004"),
    ("CR", f"remove {EVENT}/cda:performer", "HDR-EVENT-002"),
    ("CR", f"remove {EVENT}/cda:effectiveTime", "HDR-EVENT-003"),
    ("CR", f"remove {EVENT}/cda:effectiveTime/cda:low/@value", "HDR-EVENT-006"),
    ("CR", f"remove {EVENT}/cda:effectiveTime/cda:high", "DRIM-TIME-001"),
    ("CR+", f"repeat {SECOND}/cda:performer", "HDR-EVENT-007"),
    ("CR", f"set {EVENT}/cda:performer/@typeCode = SPRF", "HDR-EVENT-007B"),
    ("CR", f"remove {PERFORMER}/cda:id", "HDR-EVENT-008"),
    ("CR", f"remove {PERFORMER}/cda:assignedPerson/cda:name", "HDR-EVENT-008B"),
    ("CR", f"remove {PERFORMER}//cda:standardIndustryClassCode", "HDR-EVENT-009"),
    ("CR", f"remove {PERFORMER}/cda:representedOrganization/cda:id/@extension", "HDR-EVENT-010"),
    ("CR", f"remove {PERFORMER}/cda:representedOrganization/cda:id", "DRIM-STRUCT-001"),
    ("CR+", f"repeat {SECOND}/lab:statusCode", "HDR-EVENT-011"),
    ("CR", f"remove {EVENT}/cda:code/cda:translation", "CR-EVENT-002"),
    ("CR", f"remove {EVENT}/cda:code/cda:translation[cda:qualifier/cda:name/@code='121139']",
     "CR-EVENT-003"),
    ("CR", f"remove {EVENT}/cda:code/cda:translation[cda:qualifier/cda:name/@code='39111-0']",
     "DRIM-REGION-001"),
    ("CR", f"set {EVENT}/cda:code/@codeSystem = 1.2.250.1.215.300.1", "CR-EVENT-005"),
    ("CR", f"set {EVENT}/cda:id/@extension = 1", "DRIM-STUDY-001"),
    ("CR", f"remove //cda:linkHtml/@href; set {EVENT}/cda:id/@extension = 1", "CR-EVENT-008"),
    ("CR", f"set {EVENT}/cda:id/@root = 2.25.9", "CR-EVENT-009"),
    ("CR+", f"remove {SECOND}/cda:performer", "CR-EVENT-010"),
    ("CR", f"set {EVENT}//cda:name[@code='39111-0']/@codeSystem = 1.2.9", "CR-EVENT-012B"),
    ("DA", f"set {EVENT}/cda:code/@code = 24727-0", "DA-EVENT-001"),
    ("DA", f"remove {EVENT}/cda:id/@extension", "DA-EVENT-003"),
    ("CR", f"set {D}/cda:versionNumber/@value = 2", "HDR-RELATED-007"),
    ("CR+", f"set {D}/cda:versionNumber/@value = 1", "HDR-RELATED-007B"),
    ("CR+", f"repeat {D}/cda:relatedDocument", "HDR-RELATED-001"),
    ("CR+", f"repeat {PARENT}", "HDR-RELATED-003"),
    ("CR+", f"remove {PARENT}/cda:id", "HDR-RELATED-004"),
    ("CR+", f"set {PARENT}/cda:versionNumber/@value = un", "HDR-RELATED-005"),
    ("CR+", f"insert {PARENT}/cda:id = <setId root='1.2.9'/>", "HDR-RELATED-006"),
    ("CR+", f"set {PARENT}/cda:id/@root = 1.2.9; set {D}/cda:id/@root = 1.2.9", "HDR-RELATED-008"),
    ("CR+", f"set {D}/cda:authorization//cda:statusCode/@code = active", "HDR-CONSENT-001"),
    ("CR+", f"remove {D}/cda:authorization/cda:consent/cda:code", "HDR-CONSENT-002"),
    ("CR", f"remove {ENCOUNTER}/cda:location", "HDR-ENCOUNTER-001"),
    ("CR", f"set {ENCOUNTER}/cda:code/@code = ACUTE", "HDR-ENCOUNTER-003"),
    ("CR", f"remove {ENCOUNTER}/cda:effectiveTime", "HDR-ENCOUNTER-004"),
    ("CR+", f"remove {ENCOUNTER}/cda:dischargeDispositionCode/@code", "HDR-ENCOUNTER-005"),
    ("CR+", f"set {ENCOUNTER}/cda:responsibleParty/cda:assignedEntity/cda:id/@root = 1.2.9",
     "HDR-ENCOUNTER-006"),
    ("CR+", f"set {ENCOUNTER}/cda:encounterParticipant/@typeCode = PRF", "HDR-ENCOUNTER-007C"),
    ("CR", f"remove {FACILITY}", "HDR-ENCOUNTER-008"),
    ("CR", f"remove {FACILITY}/cda:code/@displayName", "HDR-ENCOUNTER-009"),
    ("CR", f"repeat {FACILITY}/cda:location", "HDR-ENCOUNTER-010"),
    ("CR", f"set {FACILITY}/cda:id/@root = 1.2.9", "HDR-ENCOUNTER-011"),
    ("CR", f"insert {FACILITY}/cda:location = <serviceProviderOrganization/>",
     "HDR-ENCOUNTER-012"),
    ("CR", f"remove {D}/cda:component", "HDR-BODY-001"),
    ("CR", f"remove {ASSIGNED}/cda:representedOrganization/cda:name", "DRIM-AUTHOR-001"),
    ("CR", f"remove {ASSIGNED}/cda:assignedPerson/cda:name/cda:given", "DRIM-AUTHOR-002"),
    ("CR", f"remove {ROLE}/cda:id[2]", "DRIM-PATIENT-001"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "edits", "expected"), ACTS)
def test_acts_versions_encounter(base: str, edits: str, expected: str, profile: Profile) -> None:
    _check(profile, base, edits, expected)


OTHER = "810100000107"
AUTHORSHIP = [  # section 7.2, with its worked case
    ("CR", f"remove {D}/cda:author[2]", "TLR-AUTH-001"),
    ("CR", f"remove {D}/cda:author[1]", "TLR-AUTH-001 TLR-AUTH-005"),
    ("CR", f"repeat {D}/cda:author[2]", "TLR-AUTH-003"),
    ("CR", f"set {LEGAL}/cda:assignedEntity/cda:id/@extension = {OTHER}", "TLR-AUTH-004"),
    ("CR", f"repeat {D}/cda:author[1]; set {D}/cda:author[2]/cda:assignedAuthor/cda:id/@extension "
           f"= {OTHER}", "TLR-AUTH-006"),
    ("CR+", f"repeat {D}/cda:author[1]; set {D}/cda:author[2]/cda:assignedAuthor/cda:id/@extension "
            f"= {OTHER}", ""),
    ("CR", f"remove {ASSIGNED}/cda:assignedPerson", "TLR-AUTH-002"),
    ("CR", f"set {ASSIGNED}/cda:code/@code = G15_10/SM26", "TLR-AUTH-007"),
    ("CR", f"remove {LEGAL}/cda:assignedEntity/cda:assignedPerson", "TLR-AUTH-008"),
    ("CR", f"set {KEEPER}/cda:id/@extension = 2801234567", "TLR-AUTH-009"),
    ("CR", f"set {AUTHOR}/cda:time/@value = 20270101110000+0100", "TLR-AUTH-011 TLR-AUTH-012"),
    ("CR", f"set {LEGAL}/cda:time/@value = 20270101110000+0100", "TLR-AUTH-012"),
    ("CR", f"set {LEGAL}/cda:time/@value = 20270101", "TLR-AUTH-012"),
    ("CR+", f"set {ADDENDUM}/cda:author/cda:assignedAuthor/cda:id/@extension = {OTHER}",
     "TLR-AUTH-013"),
    ("CR+", f"set {ADDENDUM}/cda:author/cda:time/@value = 20270101", "TLR-AUTH-013B"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "edits", "expected"), AUTHORSHIP)
def test_authorship(base: str, edits: str, expected: str, profile: Profile) -> None:
    _check(profile, base, edits, expected)


def test_a_real_number_is_not_shown(profile: Profile) -> None:
    """The authority is that of production: the finding hides the number."""
    edits = (
        f"set {ROLE}/cda:id[1]/@root = 1.2.250.1.213.1.4.8",
        f"set {ROLE}/cda:id[1]/@extension = 185054809598745",
    )
    raw = apply_to_document(_good("CR"), [_edit(text) for text in edits])
    outcomes = profile.judge(Subject("CR", document=Document.parse(raw)))
    (found,) = (one for one in outcomes if one.rule.id == "CDA-HDR-INS-004")
    assert "185054809598" not in found.findings[0].problem.expected.en


@pytest.mark.corpus
def test_a_level_1_report_needs_no_model_of_its_own(profile: Profile, corpus: Path) -> None:
    raw = next(corpus.rglob("mdm_cda_n1_v1.xml")).read_bytes()
    outcomes = profile.judge(Subject("CR", document=Document.parse(raw)))
    ids = {one.rule.id for one in outcomes if one.findings}
    assert not {name for name in ids if "TEMPLATE" in name}
