"""A document with all that the common header allows: the self-check breaks it piece by piece.

The generators write what teleradiology needs. Optional parts, which have rules all the same, are
put in here: guardian, data enterer, informants, attesting professional, a second act, consent …
Source: Structuration minimale des documents de santé 1.16.
"""

from typing import Final

from harness.wire.edit import Edit, apply_to_document

_D: Final = "/cda:ClinicalDocument"
_ROLE: Final = f"{_D}/cda:recordTarget/cda:patientRole"
_EVENT: Final = f"{_D}/cda:documentationOf/cda:serviceEvent"
_ENCOUNTER: Final = f"{_D}/cda:componentOf/cda:encompassingEncounter"
_PS: Final = "1.2.250.1.71.4.2.1"
_STRUCTURE: Final = "1.2.250.1.71.4.2.2"
_NAME: Final = (
    "<name><prefix>MME</prefix><given>Sophie</given><family>ESSAI</family>"
    "<suffix>DR</suffix></name>"
)
_SPECIALTY: Final = (
    '<code code="G15_10/SM26" displayName="Médecin - Qualifié en Médecine Générale (SM)" '
    'codeSystem="1.2.250.1.213.1.1.4.5"/>'
)
_SETTING: Final = (
    '<standardIndustryClassCode code="AMBULATOIRE" displayName="Ambulatoire" '
    'codeSystem="1.2.250.1.213.1.1.4.9"/>'
)
_LINES: Final = (
    "<addr><streetAddressLine>1 rue des Essais</streetAddressLine>"
    "<streetAddressLine>48000 MENDE</streetAddressLine></addr>"
)
_SITE: Final = f'<id root="{_STRUCTURE}" extension="1480000009"/><name>CENTRE</name>'
_ENTITY: Final = (
    f'<assignedEntity><id root="{_PS}" extension="810100000107"/>{_SPECIALTY}{_LINES}'
    f'<telecom nullFlavor="UNK"/><assignedPerson>{_NAME}</assignedPerson>'
    f"<representedOrganization>{_SITE}{_SETTING}</representedOrganization></assignedEntity>"
)
_RELATED_NAME: Final = "<name><prefix>M</prefix><given>Jean</given><family>ESSAI</family></name>"

_HEADER: Final = (
    Edit("set", f"{_D}/@classCode", "DOCCLIN"),
    Edit("set", f"{_D}/@moodCode", "EVN"),
    Edit("set", f"{_D}/cda:versionNumber/@value", "2"),
    Edit(
        "insert",
        f"{_ROLE}/cda:patient/cda:birthTime",
        '<sdtc:deceasedInd value="false"/><sdtc:multipleBirthInd value="true"/>'
        '<sdtc:multipleBirthOrderNumber value="2"/>'
        f'<guardian><addr nullFlavor="NAV"/><guardianPerson>'
        '<name><family qualifier="BR">ESSAI</family><given>Anne</given></name>'
        "</guardianPerson></guardian>"
        f"<guardian><guardianOrganization>{_SITE}</guardianOrganization></guardian>",
    ),
    Edit(
        "insert",
        f"{_D}/cda:author[1]/cda:time",
        '<functionCode code="ATTPHYS" displayName="Référent" codeSystem="2.16.840.1.113883.5.88"/>'
        '<time value="20260105110000+0100"/>',
    ),
    Edit("remove", f"{_D}/cda:author[1]/cda:time[1]"),
    Edit(
        "insert",
        f"{_D}/cda:author[last()]",
        f'<dataEnterer><time value="20260105100000+0100"/>{_ENTITY}</dataEnterer>'
        f"<informant>{_ENTITY}</informant>"
        '<informant><relatedEntity classCode="ECON"><code code="SIS" displayName="Soeur" '
        'codeSystem="2.16.840.1.113883.5.111"/><addr nullFlavor="NAV"/>'
        '<telecom value="tel:0600000000" use="MC"/>'
        f"<relatedPerson>{_RELATED_NAME}</relatedPerson></relatedEntity></informant>",
    ),
    Edit(
        "insert",
        f"{_D}/cda:legalAuthenticator",
        f'<authenticator><time value="20260105110000+0100"/><signatureCode code="S"/>{_ENTITY}'
        "</authenticator>"
        '<participant typeCode="INF"><functionCode code="PCP" displayName="Médecin traitant" '
        'codeSystem="2.16.840.1.113883.5.88"/><time><low value="20250101"/>'
        f'<high value="20260105"/></time><associatedEntity classCode="PROV"><id root="{_PS}" '
        f'extension="810100000107"/>{_SPECIALTY}<associatedPerson>{_NAME}</associatedPerson>'
        f"<scopingOrganization>{_SITE}{_SETTING}</scopingOrganization></associatedEntity>"
        "</participant>"
        '<participant typeCode="CON"><functionCode code="CORRE" displayName="Correspondant" '
        'codeSystem="1.2.250.1.213.1.1.4.2.280"/><time nullFlavor="NA"/>'
        f'<associatedEntity classCode="PROV"><associatedPerson>{_NAME}</associatedPerson>'
        "</associatedEntity></participant>",
    ),
    Edit(
        "insert",
        f"{_D}/cda:documentationOf[last()]",
        '<documentationOf><serviceEvent><code code="Z13.9" '
        'displayName="Examen spécial de dépistage, sans précision" '
        'codeSystem="2.16.840.1.113883.6.3"/></serviceEvent></documentationOf>'
        '<relatedDocument typeCode="RPLC"><parentDocument>'
        '<id root="90E1C8EC-F951-4B26-A305-A34848818DD6"/><versionNumber value="1"/>'
        "</parentDocument></relatedDocument>"
        '<authorization><consent><code code="C1" displayName="Consentement" '
        'codeSystem="1.2.250.1.213.99.1.5"/><statusCode code="completed"/></consent>'
        "</authorization>",
    ),
    Edit(
        "insert",
        f"{_EVENT}[1]/cda:performer/cda:assignedEntity/cda:representedOrganization"
        "/cda:standardIndustryClassCode",
        f"<asOrganizationPartOf><wholeOrganization>{_SITE}</wholeOrganization>"
        "</asOrganizationPartOf>",
    ),
    Edit(
        "insert",
        f"{_ENCOUNTER}/cda:effectiveTime",
        '<dischargeDispositionCode code="ORG-074" displayName="Domicile" '
        'codeSystem="1.2.250.1.213.2.14"/>'
        f"<responsibleParty>{_ENTITY}</responsibleParty>"
        '<encounterParticipant typeCode="CON"><time><low value="20260105100000+0100"/>'
        f'<high value="20260105103000+0100"/></time>{_ENTITY}</encounterParticipant>',
    ),
    Edit(
        "append",
        f"{_ENCOUNTER}/cda:location/cda:healthCareFacility/cda:code",
        '<translation code="C1" displayName="Cabinet" codeSystem="1.2.250.1.213.99.1.6"/>',
    ),
)
_FIRST: Final = "810100000206"
_ADDENDUM: Final = (
    '<component><section><templateId root="1.2.250.1.213.1.1.2.210"/>'
    '<id root="3FDCAEC2-8441-11EC-A8A3-0242AC100001"/><code code="55107-7" '
    'displayName="Addendum" codeSystem="2.16.840.1.113883.6.1"/><title>Addendum</title>'
    "<text>Complément.</text>"
    f'<author><time value="20260105110000+0100"/><assignedAuthor><id root="{_PS}" '
    f'extension="{_FIRST}"/><assignedPerson>{_NAME}</assignedPerson></assignedAuthor></author>'
    "</section></component>"
)
# a second act of the same study, an addendum by the first author
_REPORT: Final = (
    Edit("set", f"{_D}/cda:author[1]/cda:assignedAuthor/cda:id/@extension", _FIRST),
    Edit("insert", f"{_D}/cda:component/cda:structuredBody/cda:component[1]", _ADDENDUM),
    Edit("repeat", f"{_D}/cda:documentationOf[1]"),
    Edit("set", f"{_D}/cda:documentationOf[2]/cda:serviceEvent/cda:code/@code", "36235-0"),
    Edit(
        "insert",
        f"{_D}/cda:documentationOf[2]/cda:serviceEvent/cda:code",
        '<lab:statusCode code="completed"/>',
    ),
    Edit("repeat", f"{_D}/cda:code/cda:translation"),
    Edit("set", f"{_D}/cda:code/cda:translation[2]/@code", "36235-0"),
    Edit(
        "insert",
        f"{_D}/cda:inFulfillmentOf/cda:order/cda:id",
        '<code code="24727-0" displayName="CT" codeSystem="2.16.840.1.113883.6.1"/>',
    ),
)
# an author that is a device
_REQUEST: Final = (
    Edit(
        "insert",
        f"{_D}/cda:author[last()]",
        '<author><time value="20260105100000+0100"/><assignedAuthor>'
        '<id root="1.2.250.1.213.99.1.50" extension="RIS"/><assignedAuthoringDevice>'
        "<manufacturerModelName>RIS</manufacturerModelName><softwareName>RIS</softwareName>"
        "</assignedAuthoringDevice></assignedAuthor></author>",
    ),
)


def enriched(document: bytes, kind: str) -> bytes:
    """A report ("CR") or a request ("DA") of the generators, with every optional part."""
    own = _REPORT if kind == "CR" else _REQUEST
    return apply_to_document(document, own + _HEADER)
