"""Parts that the imaging report and the imaging request share: elements, people, header, sections.

Empty values are left out: an actor that has learnt only part of a case writes only that part.
Source: Structuration minimale des documents de santé 1.16; CDA R2 schema for the order of parts.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from lxml import etree

from harness.sim.case import (
    Address,
    Case,
    Code,
    DocumentIdentity,
    Organization,
    Patient,
    Professional,
)

Element = Any  # lxml publishes no types

CDA: Final = "urn:hl7-org:v3"
DICOM: Final = "urn:dicom-org:ps3-20"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
PS: Final = "1.2.250.1.71.4.2.1"
STRUCTURE: Final = "1.2.250.1.71.4.2.2"
LOINC: Final = "2.16.840.1.113883.6.1"
DCM: Final = "1.2.840.10008.2.16.4"
SNOMED: Final = "2.16.840.1.113883.6.96"
_NSMAP: Final = {None: CDA, "ps3-20": DICOM, "xsi": XSI}
_GENDER: Final = {"M": "Masculin", "F": "Féminin"}
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def xml_text(value: str) -> str:
    """Text that XML 1.0 can carry: control characters other than tab and line ends are dropped."""
    return _NOT_XML.sub("", value)


def el(tag: str, *inside: "Element | str | None", **attributes: str) -> Element:
    """An element of CDA with its attributes and content; None and empty attributes are left out.

    A trailing underscore of an attribute's name is dropped (`class_`), `xsi_type` is `xsi:type`.
    """
    namespace, _, local = tag.rpartition(":")
    uri = DICOM if namespace == "ps3-20" else CDA
    element = etree.Element(f"{{{uri}}}{local}", nsmap=_NSMAP)
    for name, value in attributes.items():
        if value:
            key = f"{{{XSI}}}type" if name == "xsi_type" else name.rstrip("_")
            element.set(key, xml_text(value))
    for part in inside:
        _append(element, part)
    return element


def _append(element: Element, part: "Element | str | None") -> None:
    if part is None:
        return
    if not isinstance(part, str):
        element.append(part)
    elif len(element):
        element[-1].tail = (element[-1].tail or "") + xml_text(part)
    else:
        element.text = (element.text or "") + xml_text(part)


def maybe(tag: str, text: str, **attributes: str) -> Element | None:
    """An element with that text, or nothing when the text is empty."""
    return el(tag, text, **attributes) if text else None


def to_bytes(root: Element) -> bytes:
    """The document as bytes: UTF-8, declared, indented outside the narrative."""
    etree.indent(root, "  ")
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def stamp(at: datetime) -> str:
    """`YYYYMMDDHHMMSS+ZZZZ`."""
    return at.strftime("%Y%m%d%H%M%S%z")


def ids(root: str, extension: str = "") -> Element:
    """An identifier; unknown when there is nothing to say."""
    return el("id", root=root, extension=extension) if root else el("id", nullFlavor="UNK")


def templates(*roots: str) -> list[Element]:
    """TemplateId elements; `root|extension` for those with an extension."""
    pairs = (root.partition("|") for root in roots)
    return [el("templateId", root=root, extension=extension) for root, _, extension in pairs]


def coded(tag: str, code: Code, *inside: Element | None, **attributes: str) -> Element:
    """A coded element."""
    return el(
        tag,
        *inside,
        **attributes,
        code=code.code,
        displayName=code.label,
        codeSystem=code.system,
        codeSystemName=code.system_name,
    )


def loinc(tag: str, code: str, label: str, *inside: Element | None) -> Element:
    """A LOINC code."""
    return coded(tag, Code(code, label, LOINC, "LOINC"), *inside)


def reference(value: str) -> Element:
    """A pointer to the narrative: `#id`, or a URL."""
    return el("reference", value=value)


def original(value: str) -> Element:
    """OriginalText that points to the narrative."""
    return el("originalText", reference(value))


# -- people and structures ------------------------------------------------------------------


def addr(where: Address) -> Element:
    """A postal address."""
    return el(
        "addr",
        maybe("houseNumber", where.number),
        maybe("streetName", where.street),
        maybe("postalCode", where.postal_code),
        maybe("city", where.city),
        maybe("country", where.country),
    )


def telecom(phone: str, use: str = "WP") -> Element:
    """A telephone number, or the fact that none is known."""
    digits = "".join(c for c in phone if c.isdigit() or c == "+")
    if not digits:
        return el("telecom", nullFlavor="NASK")
    return el("telecom", value=f"tel:{digits}", use=use)


def person_name(who: Professional) -> Element:
    """Name of a professional."""
    return el(
        "name",
        maybe("prefix", who.civility),
        maybe("given", who.given),
        el("family", who.family),
        maybe("suffix", who.title),
    )


def structure(tag: str, what: Organization, *, setting: bool = True) -> Element:
    """A structure: identifier, name, telecom, address, practice setting."""
    return el(
        tag,
        ids(STRUCTURE, what.national_id),
        maybe("name", what.name),
        telecom(what.phone),
        addr(what.address),
        coded("standardIndustryClassCode", what.practice_setting) if setting else None,
    )


def entity(tag: str, who: Professional) -> Element:
    """AssignedEntity or assignedAuthor of a professional."""
    return el(
        tag,
        ids(PS, who.national_id),
        coded("code", who.specialty),
        addr(who.organization.address),
        telecom(who.phone),
        el("assignedPerson", person_name(who)),
        structure("representedOrganization", who.organization),
    )


def author(who: Professional, at: datetime) -> Element:
    """An author and the time of his participation."""
    return el("author", el("time", value=stamp(at)), entity("assignedAuthor", who))


def legal_authenticator(who: Professional, at: datetime) -> Element:
    """The professional responsible for the document, who signs."""
    return el(
        "legalAuthenticator",
        el("time", value=stamp(at)),
        el("signatureCode", code="S"),
        entity("assignedEntity", who),
    )


def requesting_participant(who: Professional, at: datetime) -> Element:
    """The requesting physician (participant REF)."""
    return el(
        "participant",
        el("time", el("low", value=stamp(at))),
        el(
            "associatedEntity",
            ids(PS, who.national_id) if who.national_id else None,
            coded("code", who.specialty),
            addr(who.organization.address),
            telecom(who.phone),
            el("associatedPerson", person_name(who)),
            structure("scopingOrganization", who.organization, setting=False),
            classCode="PROV",
        ),
        typeCode="REF",
    )


def performer(who: Professional) -> Element:
    """The professional who performs the act."""
    return el("performer", entity("assignedEntity", who), typeCode="PRF")


# -- header ---------------------------------------------------------------------------------


def document(case: Case, identity: DocumentIdentity, model: Iterable[str]) -> Element:
    """ClinicalDocument with what comes before `id`."""
    root = el("ClinicalDocument")
    _extend(root, [el("realmCode", code="FR")])
    _extend(root, [el("typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")])
    _extend(root, templates("2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", *model))
    _extend(root, [named("id", identity.id)])
    return root


def _extend(root: Element, parts: Iterable[Element | None]) -> None:
    root.extend([part for part in parts if part is not None])


def identification(code: Element, title: str, identity: DocumentIdentity) -> Iterator[Element]:
    """From the code to the version number."""
    yield code
    yield el("title", title)
    yield el("effectiveTime", value=stamp(identity.created))
    yield el(
        "confidentialityCode", code="N", displayName="Normal", codeSystem="2.16.840.1.113883.5.25"
    )
    yield el("languageCode", code="fr-FR")
    yield named("setId", identity.set_id)
    yield el("versionNumber", value=str(identity.version))


def named(tag: str, identifier: str) -> Element:
    """An identifier written `root` or `root|extension`."""
    root, _, extension = identifier.partition("|")
    return el(tag, root=root, extension=extension)


def replaced(identity: DocumentIdentity) -> Iterator[Element]:
    """The document that this version replaces, if any. Its setId is not foreseen (header, 5.3)."""
    if identity.replaces:
        version = el("versionNumber", value=str(identity.version - 1))
        parent = el("parentDocument", named("id", identity.replaces), version)
        yield el("relatedDocument", parent, typeCode="RPLC")


def record_target(patient: Patient) -> Element:
    """The patient: INS first, local number second, names with their qualifiers."""
    role = el(
        "patientRole",
        ids(patient.ins_oid, patient.shared_ins) if patient.shared_ins else None,
        *(ids(one.oid, one.value) for one in (patient.ipp, *patient.others) if one.oid),
        addr(patient.address),
        telecom(patient.phone, "MC"),
        el("patient", _name(patient), *_traits(patient)),
    )
    return el("recordTarget", role)


def _name(patient: Patient) -> Element:
    return el(
        "name",
        el("family", patient.birth_name, qualifier="BR"),
        maybe("family", patient.used_name, qualifier="CL"),
        el("given", " ".join(patient.birth_given_names)),
        el("given", patient.first_given_name, qualifier="BR"),
        maybe("given", patient.used_given_name, qualifier="CL"),
    )


def _traits(patient: Patient) -> Iterator[Element]:
    yield el(
        "administrativeGenderCode",
        code=patient.sex,
        displayName=_GENDER.get(patient.sex, patient.sex),
        codeSystem="2.16.840.1.113883.5.1",
    )
    yield el("birthTime", value=f"{patient.birth_date:%Y%m%d}")
    place = el("addr", maybe("county", patient.birth_cog), maybe("city", patient.birth_city))
    yield el("birthplace", el("place", place))


def custodian(site: Organization) -> Element:
    """The structure that keeps the document."""
    kept = structure("representedCustodianOrganization", site, setting=False)
    return el("custodian", el("assignedCustodian", kept))


def encounter(case: Case) -> Element:
    """The encounter at the imaging site."""
    site = case.site
    place = el("location", maybe("name", site.name), addr(site.address))
    facility = el(
        "healthCareFacility",
        ids(STRUCTURE, site.national_id),
        coded("code", site.facility_type),
        place,
    )
    return el(
        "componentOf",
        el(
            "encompassingEncounter",
            ids(case.visit.number.oid, case.visit.number.value) if case.visit.number.oid else None,
            el(
                "code",
                code="AMB",
                displayName="Ambulatoire (hors établissement)",
                codeSystem="2.16.840.1.113883.5.4",
            ),
            el("effectiveTime", el("low", value=stamp(case.visit.start))),
            el("location", facility),
        ),
    )


# -- sections -------------------------------------------------------------------------------


def section(
    uuid: str, model: Iterable[str], code: Element, title: str, text: Element, *parts: Element
) -> Element:
    """A section in its `component`. `parts` are entries and sub-sections."""
    return el(
        "component",
        el("section", *templates(*model), ids(uuid), code, el("title", title), text, *parts),
    )


def paragraphs(*texts: str) -> Element:
    """A narrative of plain paragraphs."""
    return el("text", *(el("paragraph", text) for text in texts if text))


def rows(pairs: Iterable[tuple[str, Element | str, str]]) -> Element:
    """A narrative table of label and value; the value's cell has an ID when one is given."""
    lines = [
        el("tr", el("td", label), el("td", el("content", value, ID=name)))
        for label, value, name in pairs
    ]
    return el("table", el("tbody", *lines))


def observation(
    uuid: str, code: Element, value: Element, site: Element, at: datetime, words: str
) -> Element:
    """FR-DICOM-Observation in its `entry`."""
    return el(
        "entry",
        el(
            "observation",
            *templates("2.16.840.1.113883.10.20.6.2.13", "1.2.250.1.213.1.1.3.150"),
            ids(uuid),
            code,
            el("text", reference(words)),
            el("statusCode", code="completed"),
            el("effectiveTime", value=stamp(at)),
            value,
            site,
            classCode="OBS",
            moodCode="EVN",
        ),
    )


def target_site(site: Code, laterality: Code | None, words: str) -> Element:
    """The anatomic site, with its side when it has one."""
    side = None
    if laterality:
        name = Code("106233006", "modificateur topographique", SNOMED, "SNOMED CT")
        side = el("qualifier", coded("name", name), coded("value", laterality))
    return coded("targetSiteCode", site, original(words), side)
