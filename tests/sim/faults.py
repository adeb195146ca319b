"""Seeded faults of the white paper; see `seeded.py`."""

from seeded import Change, Taken, drops, faults, sets

D = "/cda:ClinicalDocument"
ORDER = f"{D}/cda:inFulfillmentOf/cda:order"
EVENT = f"{D}/cda:documentationOf/cda:serviceEvent"
PATIENT = f"{D}/cda:recordTarget/cda:patientRole"
PARENT = f"{D}/cda:relatedDocument/cda:parentDocument"
PERSON = "cda:assignedAuthor/cda:id/@extension"
NOMINAL, TWINS = "lb-nominal-ct-brain", "lb-doc-twins"
REPLACED, DELETED = "lb-doc-replacement", "lb-doc-deletion"
SUCCEEDED, REQUEST = "lb-doc-responsible-changed", "lb-doc-request-replaced"
SOMEBODY, ANOTHER = "810100000305", "279035121518989"


def _order(value: str) -> tuple[Change, ...]:
    return sets("ORC-2.1", value), sets("OBR-2.1", value)


FAULTS = faults(
    (
        # A: its own data
        (NOMINAL, 1, "INS-F03", sets("PID-3[5=INS].1", "279035121518988")),
        (NOMINAL, 1, "LB-A-PID-11-COG", sets("PID-11[7=BDL].9", "")),
        (TWINS, 2, "X-CONTROL-ID", Taken("MSH-10", 1, "MSH-10")),
        (TWINS, 2, "X-NUMBERS-ORDER",
         (Taken("ORC-2.1", 1, "ORC-2.1"), Taken("OBR-2.1", 1, "OBR-2.1"))),
        # B: the request document
        (NOMINAL, 2, "X-ORDER", _order("OPN-AUTRE")),
        (NOMINAL, 2, "X-ORDER-REQUEST",
         sets(f"{EVENT}[cda:code/@code='55115-0']/cda:id/@extension", "OPN-AUTRE")),
        (NOMINAL, 2, "TC-X-INS", sets("PID-3[5=INS].1", ANOTHER)),
        (NOMINAL, 2, "TC-X-INS", sets(f"{PATIENT}/cda:id[1]/@extension", ANOTHER)),
        (NOMINAL, 2, "X-CONTROL-ID", Taken("MSH-10", 1, "MSH-10")),
        (REQUEST, 3, "CDA-TLR-VER-001", sets(f"{D}/cda:setId/@root", "2.25.1")),
        (REQUEST, 3, "CDA-TLR-VER-005", sets(f"{PARENT}/cda:versionNumber/@value", "3")),
        (REQUEST, 4, "TC-DELETE-LAST", Taken(f"{D}/cda:id/@root", 2, f"{D}/cda:id/@root")),
        # C: the protocol
        (NOMINAL, 3, "X-ORDER", _order("OPN-AUTRE")),
        (NOMINAL, 3, "X-PATIENT", sets("PID-3[5=INS].1", ANOTHER)),
        (NOMINAL, 3, "X-LOCAL-ID", sets("PID-3[5=PI].1", "999999")),
        (NOMINAL, 3, "X-BIRTH-NAME", sets("PID-5[7=L].1", "AUTRE")),
        (TWINS, 6, "X-ORDER", (Taken("ORC-2.1", 1, "ORC-2.1"), Taken("OBR-2.1", 1, "OBR-2.1"))),
        (TWINS, 6, "X-PATIENT", Taken("PID-3[5=INS].1", 1, "PID-3[5=INS].1")),
        # D: the examination
        (NOMINAL, 4, "X-ORDER", _order("OPN-AUTRE")),
        (NOMINAL, 4, "X-PATIENT", sets("PID-3[5=INS].1", ANOTHER)),
        (NOMINAL, 4, "X-BIRTH-NAME", sets("PID-5[7=L].1", "AUTRE")),
        (NOMINAL, 4, "X-REQUESTER", sets("ORC-12.1", SOMEBODY)),
        (NOMINAL, 4, "LB-D-ACCESSION", sets("OBR-18", "")),
        (NOMINAL, 4, "LB-D-STUDY-UID", drops("ZDS")),
        (TWINS, 8, "X-NUMBERS", Taken("OBR-18", 7, "OBR-18")),
        (TWINS, 8, "X-NUMBERS", Taken("ZDS-1.1", 7, "ZDS-1.1")),
        # E: the report
        (NOMINAL, 5, "X-ORDER", _order("OPN-AUTRE")),
        (NOMINAL, 5, "X-ORDER-DOC", sets(f"{ORDER}/cda:id/@extension", "OPN-AUTRE")),
        (NOMINAL, 5, "X-ACCESSION", sets(f"{ORDER}/ps3-20:accessionNumber/@extension", "ACN-1")),
        (NOMINAL, 5, "X-STUDY-UID", sets(f"{EVENT}/cda:id/@root", "2.25.1")),
        (NOMINAL, 5, "X-MODALITY",
         sets(f"{EVENT}/cda:code/cda:translation[.//cda:name/@code='121139']/@code", "MR")),
        (NOMINAL, 5, "X-REGION",
         sets(f"{EVENT}/cda:code/cda:translation[.//cda:name/@code='39111-0']/@code", "67734004")),
        (NOMINAL, 5, "X-EXAM-DATE",
         sets(f"{EVENT}/cda:effectiveTime/cda:low/@value", "20251231110000+0100")),
        (NOMINAL, 5, "X-REQUESTER-DOC",
         sets(f"{D}/cda:participant[@typeCode='REF']/cda:associatedEntity/cda:id/@extension",
              SOMEBODY)),
        (NOMINAL, 5, "TC-X-INS", sets("PID-3[5=INS].1", ANOTHER)),
        (NOMINAL, 5, "TC-X-INS", sets(f"{PATIENT}/cda:id[1]/@extension", ANOTHER)),
        (NOMINAL, 5, "X-CONTROL-ID", Taken("MSH-10", 3, "MSH-10")),
        (TWINS, 9, "X-ACCESSION", Taken(f"{ORDER}/ps3-20:accessionNumber/@extension", 8, "OBR-18")),
        (TWINS, 9, "X-ORDER", (Taken("ORC-2.1", 1, "ORC-2.1"), Taken("OBR-2.1", 1, "OBR-2.1"))),
        # E: authors and the responsible physician, one document
        (NOMINAL, 5, "CDA-TLR-AUTH-001", drops(f"{D}/cda:author[2]")),
        (NOMINAL, 5, "CDA-TLR-AUTH-004", sets(f"{D}/cda:author[2]/{PERSON}", SOMEBODY)),
        (NOMINAL, 5, "CDA-TLR-AUTH-005",
         Taken(f"{D}/cda:author[1]/{PERSON}", 4, "PV1-7.1")),
        # E: versions, authors across versions
        (REPLACED, 5, "CDA-TLR-VER-001", sets(f"{D}/cda:setId/@root", "2.25.1")),
        (REPLACED, 5, "CDA-TLR-VER-003", sets(f"{D}/cda:versionNumber/@value", "1")),
        (REPLACED, 5, "CDA-TLR-VER-003B", sets(f"{D}/cda:versionNumber/@value", "3")),
        (REPLACED, 6, "CDA-TLR-VER-002", Taken(f"{D}/cda:id/@root", 4, f"{D}/cda:id/@root")),
        (REPLACED, 6, "CDA-TLR-VER-004",
         (Taken(f"{PARENT}/cda:id/@root", 4, f"{D}/cda:id/@root"),
          drops(f"{PARENT}/cda:versionNumber"))),
        (REPLACED, 6, "CDA-TLR-VER-005", sets(f"{PARENT}/cda:versionNumber/@value", "1")),
        (REPLACED, 5, "CDA-TLR-VER-007-CUSTODIAN",
         sets(f"{D}/cda:custodian//cda:representedCustodianOrganization/cda:id/@extension",
              "1920008059")),
        (REPLACED, 5, "CDA-TLR-VER-013", sets(f"{D}/cda:author[1]/{PERSON}", SOMEBODY)),
        (SUCCEEDED, 6, "CDA-TLR-VER-009", drops(f"{D}/cda:author[2]")),
        (SUCCEEDED, 6, "CDA-TLR-AUTH-004", drops(f"{D}/cda:author[3]")),
        (SUCCEEDED, 7, "CDA-TLR-VER-014", drops(f"{D}/cda:author[2]")),
        (DELETED, 6, "TC-DELETE-LAST", Taken(f"{D}/cda:id/@root", 4, f"{D}/cda:id/@root")),
        (DELETED, 6, "TC-DELETE-LAST", sets(f"{D}/cda:versionNumber/@value", "7")),
        (DELETED, 6, "TC-REPLACE-SENDER",
         (sets("PRT[4.1=SB]-5.1", SOMEBODY), sets("PRT[4.1=SB]-8.10", "1920008059"))),
    )
)  # fmt: skip
