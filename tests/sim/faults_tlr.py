"""Seeded faults of the ANS guide; see `seeded.py`."""

from base64 import b64encode

from seeded import Change, Taken, drops, faults, sets

D = "/cda:ClinicalDocument"
ORDER = f"{D}/cda:inFulfillmentOf/cda:order"
EVENT = f"{D}/cda:documentationOf/cda:serviceEvent"
PATIENT = f"{D}/cda:recordTarget/cda:patientRole"
PERSON = "cda:assignedAuthor/cda:id/@extension"
NOMINAL, CANCELLED, TWINS = "tlr-nominal-ct-brain", "tlr-cancellation", "tlr-twins"
ENCAPSULATED, ACTS = "tlr-protocol-encapsulated", "tlr-exams-two-acts"
REGIONS, PRODUCTS = "tlr-regions", "tlr-products"
REPLACED, REQUEST, MDM = "tlr-doc-replacement", "tlr-doc-request", "tlr-doc-mdm"
SOMEBODY, ANOTHER = "810100000305", "279035121518989"
OTHER_LINK = b64encode(
    b"https://drimbox.example/IHEInvokeImageDisplay?requestType=STUDY&studyUID=2.25.1"
).decode()
INS = "PID-3[5=INS].1"
MODALITY, ACT = "OBX[3.1=MODALITE_IMAGERIE]", "OBX[3.1=CODE_ACTE_IMAGERIE]"
REGION, URL = "OBX[3.1=REGION_ANATOMIQUE&4=1.1]", "OBX[3.1=URL_PARTIELLE_VIEWER]"
PROTOCOL, PRODUCT = "OBX[3.1=PROTOCOLE_IMAGERIE]", "OBX[3.1=PRODUIT_ADMINISTRE"


def _order(value: str) -> tuple[Change, ...]:
    return sets("ORC-2.1", value), sets("OBR-2.1", value)


def _order_of(step: int) -> tuple[Change, ...]:
    return Taken("ORC-2.1", step, "ORC-2.1"), Taken("OBR-2.1", step, "OBR-2.1")


def _authority(oid: str) -> tuple[Change, ...]:
    return sets("ORC-2.3", oid), sets("OBR-2.3", oid)


MESSAGES = faults(
    (
        # 1: the request
        (NOMINAL, 1, "INS-F03", sets(INS, "279035121518988")),
        (NOMINAL, 1, "TLR-PID-3-INS", drops("PID-3[5=INS]")),
        (NOMINAL, 1, "TLR-MSH-17", sets("MSH-17", "FR")),
        (NOMINAL, 1, "TLR-MSH-21-NAME", sets("MSH-21.2", "CISIS_CDA_HL7_V2")),
        (NOMINAL, 1, "TLR-1-OBR-4", sets("OBR-4.1", "COMPLEMENT_POST_ACTE")),
        (NOMINAL, 1, "TLR-1-ORC-17-CODE", sets("ORC-17.1", "PLATEFORME_TLR")),
        (NOMINAL, 1, "TLR-OBR-16-SAME", sets("OBR-16.1", SOMEBODY)),
        (NOMINAL, 1, "TLR-REGION-CODE", sets(f"{REGION}-5.1", "77407")),
        (NOMINAL, 1, "TLR-1-OBX-11", sets(f"{MODALITY}-11", "F")),
        (NOMINAL, 1, "TLR-1-STRUCTURE", drops("PV1")),
        (REGIONS, 1, "TLR-REGION-ALONE", drops(REGION)),
        (TWINS, 2, "TLR-X-CONTROL-ID", Taken("MSH-10", 1, "MSH-10")),
        (TWINS, 2, "TLR-X-NUMBERS-ORDER", _order_of(1)),
        # 2: the cancellation
        (CANCELLED, 2, "TLR-X-ORDER", _order("OPN-AUTRE")),
        (CANCELLED, 2, "TLR-X-ORDER-AUTHORITY", _authority("1.2.3.4")),
        (CANCELLED, 2, "TLR-X-PATIENT", sets(INS, ANOTHER)),
        (CANCELLED, 2, "TLR-X-BIRTH-NAME", sets("PID-5[7=L].1", "AUTRE")),
        (CANCELLED, 2, "TLR-X-LOCAL-ID", sets("PID-3[5=PI].1", "999999")),
        (CANCELLED, 2, "TLR-2-OBR-4", sets("OBR-4.1", "TRANSMISSION_DEMANDE")),
        (CANCELLED, 2, "TLR-ORC-16-SYSTEM", sets("ORC-16", "ABSENT^Absent")),
        # 3: the answer
        (NOMINAL, 3, "TLR-X-ORDER", _order("OPN-AUTRE")),
        (NOMINAL, 3, "TLR-X-PATIENT", sets(INS, ANOTHER)),
        (NOMINAL, 3, "TLR-X-ROUTE", sets("MSH-5", "AUTRE")),
        (NOMINAL, 3, "TLR-3-ORC-1", sets("ORC-1", "UA")),
        (NOMINAL, 3, "TLR-3-ORC-17-CODE", sets("ORC-17.1", "STRUCTURE_IMAGERIE")),
        (NOMINAL, 3, "TLR-3-PROTOCOL", drops(PROTOCOL)),
        (NOMINAL, 3, "TLR-3-PROTOCOL-REFUSED", sets("ORC-1", "OC")),
        (ENCAPSULATED, 2, "TLR-3-PROTOCOL-BASE64", sets(f"{PROTOCOL}-5.5", "JVBERi0x*")),
        (TWINS, 3, "TLR-X-ORDER", _order_of(1)),
        (TWINS, 3, "TLR-X-PATIENT", Taken(INS, 1, INS)),
        # 4: the complement
        (NOMINAL, 4, "TLR-X-ORDER", _order("OPN-AUTRE")),
        (NOMINAL, 4, "TLR-X-PATIENT", sets(INS, ANOTHER)),
        (NOMINAL, 4, "TLR-4-ACT-IPC", sets("IPC-2.1", "24725-4")),
        (NOMINAL, 4, "TLR-4-TQ1-7", sets("TQ1-7", "")),
        (NOMINAL, 4, "TLR-4-URL-BASE64", sets(f"{URL}-5.5", "aHR0cHM6*")),
        (NOMINAL, 4, "TLR-4-URL-STUDY", sets(f"{URL}-5.5", OTHER_LINK)),
        (ACTS, 3, "TLR-4-ORDERS",
         (sets("ORC[2]-2.1", "OPN-AUTRE"), sets("OBR[2]-2.1", "OPN-AUTRE"))),
        (PRODUCTS, 3, "TLR-4-LOT-MISSING", drops(f"{PRODUCT}&4=1.2]")),
        (PRODUCTS, 3, "TLR-4-LOT-ALONE", drops(f"{PRODUCT}&4=2.1]")),
        (PRODUCTS, 3, "TLR-OBX-4-TWICE", sets(f"{PRODUCT}&4=2.3]-4", "1.3")),
        (PRODUCTS, 3, "TLR-4-QUANTITY-UNIT", sets(f"{PRODUCT}&4=1.3]-6", "")),
        (TWINS, 6, "TLR-X-NUMBERS", Taken("IPC[1]-1.1", 5, "IPC[1]-1.1")),
        (TWINS, 6, "TLR-X-NUMBERS", Taken("IPC[1]-3.1", 5, "IPC[1]-3.1")),
        # B: the request document
        (NOMINAL, 2, "TLR-X-ORDER", _order("OPN-AUTRE")),
        (NOMINAL, 2, "TLR-X-ORDER-REQUEST",
         sets(f"{EVENT}[cda:code/@code='55115-0']/cda:id/@extension", "OPN-AUTRE")),
        (NOMINAL, 2, "TLR-X-PATIENT-DOC", sets(INS, ANOTHER)),
        (NOMINAL, 2, "TC-X-INS", sets(f"{PATIENT}/cda:id[1]/@extension", ANOTHER)),
        (REQUEST, 3, "CDA-TLR-VER-001", sets(f"{D}/cda:setId/@root", "2.25.1")),
        # E: the report
        (NOMINAL, 5, "TLR-X-ORDER", _order("OPN-AUTRE")),
        (NOMINAL, 5, "TLR-X-ORDER-DOC", sets(f"{ORDER}/cda:id/@extension", "OPN-AUTRE")),
        (NOMINAL, 5, "TLR-X-ACCESSION", sets(f"{ORDER}/ps3-20:accessionNumber/@extension", "A-1")),
        (NOMINAL, 5, "TLR-X-STUDY-UID", sets(f"{EVENT}/cda:id/@root", "2.25.1")),
        (NOMINAL, 5, "TLR-X-REGION",
         sets(f"{EVENT}/cda:code/cda:translation[.//cda:name/@code='39111-0']/@code", "67734004")),
        (NOMINAL, 5, "TLR-X-EXAM-DATE",
         sets(f"{EVENT}/cda:effectiveTime/cda:low/@value", "20251231110000+0100")),
        (NOMINAL, 5, "TLR-X-PATIENT-DOC", sets(INS, ANOTHER)),
        (NOMINAL, 5, "CDA-TLR-AUTH-001", drops(f"{D}/cda:author[2]")),
        (NOMINAL, 5, "CDA-TLR-AUTH-004", sets(f"{D}/cda:author[2]/{PERSON}", SOMEBODY)),
        (TWINS, 7, "TLR-X-ACCESSION",
         Taken(f"{ORDER}/ps3-20:accessionNumber/@extension", 5, "IPC[1]-1.1")),
        (TWINS, 7, "TLR-X-ORDER", _order_of(1)),
        (MDM, 5, "CDA-TLR-VER-003", sets(f"{D}/cda:versionNumber/@value", "1")),
        (REPLACED, 6, "TC-DELETE-LAST", Taken(f"{D}/cda:id/@root", 4, f"{D}/cda:id/@root")),
    )
)  # fmt: skip
ANSWERS = faults(
    (
        (NOMINAL, 1, "ACK-MSA-2", sets("MSA-2", "AUTRE-1")),
        (NOMINAL, 1, "TLR-ACK-MSH-12", sets("MSH-12", "2.5")),
        (CANCELLED, 2, "ACK-ROUTE", sets("MSH-5", "AUTRE")),
        (CANCELLED, 2, "ACK-MSA-1", sets("MSA-1", "CA")),
        (NOMINAL, 3, "TLR-ACK-EVENT", sets("MSH-9.2", "O01")),
        (NOMINAL, 3, "TLR-ACK-MSH-18", sets("MSH-18", "8859/1")),
        (NOMINAL, 4, "ACK-STRUCTURE", drops("MSA")),
        (NOMINAL, 4, "ACK-ERR", sets("MSA-1", "AE")),
        (NOMINAL, 2, "TC-ACK-MSH-9", sets("MSH-9", "ACK")),
        (NOMINAL, 5, "TC-ACK-MSH-11", sets("MSH-11", "P")),
    ),
    answered=True,
)
FAULTS = MESSAGES + ANSWERS
