"""Fields and segments of HL7 v2 messages, made from the parts of a case.

Source: PAM.FR 2.11.2 for PID and PV1; Contraintes sur les types de données HL7 v2.5 1.8.2 for the
data types; Transmission de documents CDA en HL7v2 2.1 for MSH.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harness.sim.case import Case, Identifier, Organization, Patient, Professional
from harness.wire.er7 import escape

_BIRTH_LIST: Final = " "


@dataclass(frozen=True, slots=True)
class Header:
    """Who speaks to whom, when, under which number. `at` is the time of MSH-7.

    `sender` and `receiver` are application and facility as MSH writes them; `role` is the sender's.
    """

    sender: tuple[str, str]
    receiver: tuple[str, str]
    at: datetime
    control_id: str
    charset: str = "UNICODE UTF-8"
    mode: str = "T"
    role: str = "ris"


def stamp(at: datetime) -> str:
    """`YYYYMMDDHHMMSS+ZZZZ`."""
    return at.strftime("%Y%m%d%H%M%S%z")


def segment(name: str, fields: dict[int, str]) -> str:
    """A segment of these fields, counted from 1; those between are empty."""
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields, default=0) + 1))])


def message(segments: Sequence[str], charset: str = "UNICODE UTF-8") -> bytes:
    """The segments as bytes in the character set of MSH-18, CR at the end of each."""
    codec = {"8859/15": "iso8859-15", "8859/1": "iso8859-1"}.get(charset, "utf-8")
    return ("\r".join(segments) + "\r").encode(codec, "replace")


def components(parts: dict[int, str], mark: str = "^") -> str:
    """Components, or sub-components with the mark `&`, counted from 1."""
    return mark.join(parts.get(n, "") for n in range(1, max(parts, default=0) + 1))


def msh(header: Header, kind: str, version: str, profile: str = "") -> str:
    """MSH of a message. `profile` is MSH-21."""
    fields = {
        2: "^~\\&",
        3: header.sender[0],
        4: header.sender[1],
        5: header.receiver[0],
        6: header.receiver[1],
        7: stamp(header.at),
        9: kind,
        10: escape(header.control_id),
        11: header.mode,
        12: version,
        17: "FRA",
        18: header.charset,
    }
    if profile:
        fields[21] = profile
    return segment("MSH", fields).replace("MSH||", "MSH|", 1)


def ei(number: Identifier) -> str:
    """Entity identifier: as the peer wrote it; else number, and the authority's OID."""
    if number.written:
        return number.written
    parts = {1: escape(number.value)}
    if number.oid:
        parts |= {3: number.oid, 4: "ISO"}
    return components(parts)


def cx(number: Identifier, kind: str) -> str:
    """Identifier with its authority, whole when the OID is known, and its type of table 0203."""
    authority = f"{escape(number.authority)}&{number.oid}&ISO" if number.oid else number.authority
    return components({1: escape(number.value), 4: authority, 5: kind})


def xcn(who: Professional) -> str:
    """Professional under the national number (PS_IdNat); by the name alone without one."""
    if not who.national_id:
        return components({2: escape(who.family), 3: escape(who.given)})
    return components(
        {
            1: escape(who.national_id),
            2: escape(who.family),
            3: escape(who.given),
            6: who.title,
            9: "ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO",
            10: "D",
            13: "IDNPS",
        }
    )


def xon(structure: Organization) -> str:
    """Structure under its national number (Struct_IdNat)."""
    return components(
        {
            1: escape(structure.name),
            6: "ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO",
            7: "IDNST",
            10: escape(structure.national_id),
        }
    )


def xad(structure: Organization) -> str:
    """Address of a structure."""
    where = structure.address
    street = f"{where.number} {where.street}".strip()
    parts = {1: street, 3: where.city, 5: where.postal_code, 6: where.country, 7: "O"}
    return components({number: escape(text) for number, text in parts.items()})


def xtn(number: str) -> str:
    """Telephone number at work; empty when there is none."""
    return components({2: "WPN", 3: "PH", 12: escape(number)}) if number else ""


def pid(patient: Patient, account: Identifier) -> str:
    """PID of PAM.FR: INS and local number, birth and used names, home and place of birth."""
    names = [
        components(
            {
                1: escape(patient.birth_name),
                2: escape(patient.first_given_name),
                3: escape(_BIRTH_LIST.join(patient.birth_given_names)),
                7: "L",
            }
        )
    ]
    if patient.used_name or patient.used_given_name:
        used = {1: escape(patient.used_name), 2: escape(patient.used_given_name), 7: "D"}
        names.append(components(used))
    home = patient.address
    street = f"{home.number} {home.street}".strip()
    lives = {1: street, 3: home.city, 5: home.postal_code, 6: home.country, 7: "H"}
    born = {3: patient.birth_city, 7: "BDL", 9: patient.birth_cog}
    addresses = [components({k: escape(v) for k, v in part.items()}) for part in (lives, born)]
    return segment(
        "PID",
        {
            3: "~".join(_identifiers(patient)),
            5: "~".join(names),
            7: f"{patient.birth_date:%Y%m%d}",
            8: patient.sex,
            11: "~".join(addresses),
            18: cx(account, "AN") if account.value else "",
            32: "VALI" if patient.shared_ins else "PROV",
        },
    )


def _identifiers(patient: Patient) -> list[str]:
    found = []
    if patient.shared_ins:
        authority = f"ASIP-SANTE-INS-NIR&{patient.ins_oid}&ISO"
        found.append(components({1: patient.shared_ins, 4: authority, 5: "INS"}))
    if patient.ipp.value:
        found.append(cx(patient.ipp, "PI"))
    found += [other.written for other in patient.others]
    return found


def pv1(case: Case) -> str:
    """PV1 with unit, attending physician, visit number."""
    fields = {
        2: case.visit.patient_class,
        3: components({1: "IMAGERIE", 4: f"{escape(case.site.name)}&{case.site.finess}&N"}),
        7: xcn(case.responsible),
        19: cx(case.visit.number, "VN"),
        44: stamp(case.visit.start),
    }
    return segment("PV1", fields)
