"""What kinds of examination are made of: code systems, modalities, the record of a kind.

Codes and labels are those of the French value sets; the clinical texts are invented.
Source: imaging body fact sheet, 5.4 and 5.5.
"""

from dataclasses import dataclass
from typing import Final

from harness.sim.case import Code, Details, Narrative, Region

LOINC: Final = ("2.16.840.1.113883.6.1", "LOINC", "LN")
DCM: Final = ("1.2.840.10008.2.16.4", "DCM", "DCM")
SNOMED: Final = ("2.16.840.1.113883.6.96", "SNOMED CT", "SCT")
CCAM: Final = ("1.2.250.1.215.300.1", "CCAM", "CCAM")
CISIS: Final = ("1.2.250.1.213.1.1.4.322", "TA_ASIP", "terminologie-cisis-fr")
ATC: Final = ("2.16.840.1.113883.6.73", "ATC", "ATC")
ICD: Final = ("2.16.840.1.113883.6.3", "CIM-10", "I10")
EMDN: Final = ("1.2.250.1.213.2.68", "EMDN", "EMDN")
CIP: Final = ("1.2.250.1.213.2.3.2", "CIP", "CIP")


def code_of(system: tuple[str, str, str], code: str, label: str) -> Code:
    """A code of one of the systems above."""
    return Code(code, label, *system)


NOTHING: Final = Details()


@dataclass(frozen=True, slots=True)
class Kind:
    """What an examination of this kind is made of. Doses: code, label, low, high, unit.

    `other_words` are those of every second seed: normal where `words` tell a finding, or the other
    way round. `sex` of the patient where it matters. `tracers`: name, ATC code and label, activity
    from and to, in MBq. `more` are further acts of the same report; with an `addendum` the report
    replaces another one. Told in flows 1 and 4 of the ANS guide only: `precision` of the region
    where it is not the side, `more_regions`, `relevance` of the histories, `technique` wanted.
    """

    act: Code
    ccam: Code
    modalities: tuple[Code, ...]
    requested: Code
    region: Code
    site: Code
    sop_class: str
    justification: str
    purpose: str
    words: Narrative
    doses: tuple[tuple[str, str, float, float, str], ...] = ()
    product: tuple[str, str, str, str, int] | None = None
    laterality: Code | None = None
    other_words: Narrative | None = None
    sex: str = ""
    tracers: tuple[tuple[str, str, str, int, int], ...] = ()
    more: "tuple[Kind, ...]" = ()
    addendum: str = ""
    correspondent: bool = False
    details: Details = NOTHING
    precision: Code | None = None
    more_regions: tuple[Region, ...] = ()
    relevance: tuple[str, ...] = ("PERTINENT",)
    technique: str = ""


CT: Final = code_of(DCM, "CT", "Tomodensitométrie")
MR: Final = code_of(DCM, "MR", "Résonance magnétique")
DX: Final = code_of(DCM, "DX", "Radiographie numérique")
ARM: Final = code_of(SNOMED, "53120007", "membre supérieur")
US: Final = code_of(DCM, "US", "Échographie")
MG: Final = code_of(DCM, "MG", "Mammographie")
PT: Final = code_of(DCM, "PT", "Tomographie par émission de positons")
HEAD: Final = code_of(SNOMED, "774007", "tête et cou")
THORAX: Final = code_of(SNOMED, "67734004", "segment thoracique du tronc")
SOP: Final = "1.2.840.10008.5.1.4.1.1."

CT_DOSES: Final = (
    ("113813", "PDL Total : Produit Dose Longueur Total", 280.0, 450.0, "mGy.cm"),
    ("113830", "IDSV Moyen : Indice de Dose Scanographique Volumique", 7.0, 10.0, "mGy"),
)
NM: Final = code_of(DCM, "NM", "Médecine nucléaire")
XA: Final = code_of(DCM, "XA", "Angiographie X-Ray")
ABDOMEN: Final = code_of(SNOMED, "63337009", "segment abdominopelvien du tronc")
LEG: Final = code_of(SNOMED, "61685007", "membre inférieur")
WHOLE: Final = code_of(SNOMED, "38266002", "corps entier")
RIGHT: Final = code_of(SNOMED, "24028007", "droit")
LEFT: Final = code_of(SNOMED, "7771000", "gauche")
BILATERAL: Final = code_of(SNOMED, "51440002", "bilatéral")

CONTRAST: Final = ("XENETIX 350", "V08AB11", "iobitridol", "3400936915657", 90)


def dose_code(code: str, label: str) -> Code:
    """A quantity of radiation, from the DICOM dictionary."""
    return code_of(DCM, code, label)


def atc_code(code: str, label: str) -> Code:
    """A product, in the ATC classification."""
    return code_of(ATC, code, label)


def cip_code(code: str, label: str) -> Code:
    """A product, by its French presentation code."""
    return code_of(CIP, code, label)


def sop_class(uid: str) -> Code:
    """A DICOM SOP class."""
    return Code(uid, uid, "1.2.840.10008.2.6.1", "DCMUID", "DCMUID")
