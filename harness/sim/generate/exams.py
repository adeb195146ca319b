"""Kinds of examination: codes, doses, products and the words of the radiologist.

Codes and labels are those of the French value sets; the clinical texts are invented.
Source: imaging body fact sheet, 5.4 and 5.5.
"""

from dataclasses import dataclass
from typing import Final

from harness.sim.case import Code, Narrative

LOINC: Final = ("2.16.840.1.113883.6.1", "LOINC", "LN")
DCM: Final = ("1.2.840.10008.2.16.4", "DCM", "DCM")
SNOMED: Final = ("2.16.840.1.113883.6.96", "SNOMED CT", "SCT")
CCAM: Final = ("1.2.250.1.215.300.1", "CCAM", "CCAM")
CISIS: Final = ("1.2.250.1.213.1.1.4.322", "TA_ASIP", "terminologie-cisis-fr")
ATC: Final = ("2.16.840.1.113883.6.73", "ATC", "ATC")
CIP: Final = ("1.2.250.1.213.2.3.2", "CIP", "CIP")


def _code(system: tuple[str, str, str], code: str, label: str) -> Code:
    return Code(code, label, *system)


@dataclass(frozen=True, slots=True)
class Kind:
    """What an examination of this kind is made of. Doses: code, label, low, high, unit."""

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


CT: Final = _code(DCM, "CT", "Tomodensitométrie")
MR: Final = _code(DCM, "MR", "Résonance magnétique")
DX: Final = _code(DCM, "DX", "Radiographie numérique")
US: Final = _code(DCM, "US", "Échographie")
MG: Final = _code(DCM, "MG", "Mammographie")
PT: Final = _code(DCM, "PT", "Tomographie par émission de positons")
HEAD: Final = _code(SNOMED, "774007", "tête et cou")
THORAX: Final = _code(SNOMED, "67734004", "segment thoracique du tronc")
_SOP: Final = "1.2.840.10008.5.1.4.1.1."

_CT_DOSES: Final = (
    ("113813", "PDL total", 280.0, 450.0, "mGy.cm"),
    ("113830", "IDSV moyen", 7.0, 10.0, "mGy"),
)
_CONTRAST: Final = ("XENETIX 350", "V08AB11", "iobitridol", "3400936915657", 90)

KINDS: Final[dict[str, Kind]] = {
    "ct-brain": Kind(
        act=_code(LOINC, "24727-0", "CT tête avec contraste IV"),
        ccam=_code(CCAM, "ACQH003", "Scanographie du crâne et de son contenu, avec injection"),
        modalities=(CT,),
        requested=CT,
        region=HEAD,
        site=_code(SNOMED, "258335003", "encéphale entier"),
        sop_class=_SOP + "2",
        justification="Céphalée brutale inhabituelle depuis ce matin, sans fièvre.",
        purpose="Éliminer une hémorragie méningée.",
        words=Narrative(
            protocol="Scanner cérébral sans injection puis temps artériel après 90 mL de produit "
            "de contraste iodé, coupes fines de la base au vertex.",
            technique="Acquisition hélicoïdale sans puis avec injection de produit de contraste.",
            comparison="Aucun examen antérieur disponible.",
            findings="Pas d'hyperdensité spontanée des espaces sous-arachnoïdiens. Pas d'anévrisme "
            "visible. Structures médianes en place.",
            conclusion="Scanner cérébral normal, sans hémorragie méningée.",
        ),
        doses=_CT_DOSES,
        product=_CONTRAST,
    ),
    "ct-chest": Kind(
        act=_code(LOINC, "24628-0", "CT thorax avec contraste IV"),
        ccam=_code(CCAM, "ZBQH001", "Scanographie du thorax, avec injection"),
        modalities=(CT,),
        requested=CT,
        region=THORAX,
        site=_code(SNOMED, "302551006", "thorax entier"),
        sop_class=_SOP + "2",
        justification="Dyspnée et douleur thoracique, D-dimères élevés.",
        purpose="Éliminer une embolie pulmonaire.",
        words=Narrative(
            protocol="Angioscanner thoracique, déclenchement sur l'artère pulmonaire.",
            technique="Acquisition hélicoïdale au temps artériel pulmonaire.",
            comparison="Radiographie thoracique de la veille.",
            findings="Bonne opacification artérielle. Pas de défaut endoluminal. Foyer de "
            "condensation du lobe inférieur gauche. Pas d'épanchement.",
            conclusion="Pas d'embolie pulmonaire. Pneumopathie lobaire inférieure gauche.",
        ),
        doses=_CT_DOSES,
        product=_CONTRAST,
    ),
    "mr-brain": Kind(
        act=_code(LOINC, "24590-2", "RM cerveau"),
        ccam=_code(CCAM, "ACQN001", "Remnographie du crâne et de son contenu, sans injection"),
        modalities=(MR,),
        requested=MR,
        region=HEAD,
        site=_code(SNOMED, "258335003", "encéphale entier"),
        sop_class=_SOP + "4",
        justification="Céphalées inhabituelles depuis trois semaines, examen neurologique normal.",
        purpose="Rechercher une lésion expansive.",
        words=Narrative(
            protocol="IRM cérébrale sans injection : diffusion, FLAIR, T2*, 3D T1.",
            technique="Séquences de diffusion, FLAIR, T2 écho de gradient et 3D T1.",
            comparison="Aucun examen antérieur disponible.",
            findings="Pas d'anomalie de signal du parenchyme. Système ventriculaire de taille "
            "normale. Fosse postérieure sans particularité.",
            conclusion="IRM cérébrale normale.",
        ),
    ),
    "dx-knee": Kind(
        act=_code(LOINC, "26396-2", "RX genou - droit ; 2 incidences"),
        ccam=_code(CCAM, "NFQK001", "Radiographie du genou selon 1 ou 2 incidences"),
        modalities=(DX,),
        requested=_code(CISIS, "MED-1126", "Radiographie"),
        region=_code(SNOMED, "61685007", "membre inférieur"),
        site=_code(SNOMED, "361291001", "région entière du genou"),
        sop_class=_SOP + "1.1",
        justification="Chute sur le genou droit, douleur et impotence.",
        purpose="Rechercher une fracture.",
        words=Narrative(
            protocol="Genou droit de face et de profil.",
            technique="Deux incidences, face et profil.",
            comparison="Aucun examen antérieur disponible.",
            findings="Pas de fracture visible. Interlignes conservés. Épanchement modéré.",
            conclusion="Pas de lésion osseuse traumatique. Épanchement articulaire.",
        ),
        doses=(("113722", "PDS total", 2.0, 10.0, "cGy.cm2"),),
        laterality=_code(SNOMED, "24028007", "côté droit"),
    ),
    "us-abdomen": Kind(
        act=_code(LOINC, "24558-9", "échographie abdomen"),
        ccam=_code(CCAM, "ZCQM008", "Échographie transcutanée de l'abdomen"),
        modalities=(US,),
        requested=_code(CISIS, "MED-1128", "Échographie"),
        region=_code(SNOMED, "63337009", "segment abdominopelvien du tronc"),
        site=_code(SNOMED, "302553009", "abdomen entier"),
        sop_class=_SOP + "6.1",
        justification="Douleurs de l'hypochondre droit après les repas.",
        purpose="Rechercher une lithiase vésiculaire.",
        words=Narrative(
            protocol="Échographie abdominale à jeun.",
            technique="Exploration transcutanée, sonde convexe.",
            comparison="Aucun examen antérieur disponible.",
            findings="Vésicule à paroi fine contenant plusieurs calculs centimétriques. Voies "
            "biliaires fines. Foie, rate, reins et pancréas sans anomalie.",
            conclusion="Lithiase vésiculaire non compliquée.",
        ),
    ),
    "mg-screening": Kind(
        act=_code(LOINC, "26175-0", "MG sein bilatéral ; incidences pour dépistage"),
        ccam=_code(CCAM, "QEQK004", "Mammographie de dépistage"),
        modalities=(MG,),
        requested=MG,
        region=_code(SNOMED, "76752008", "sein"),
        site=_code(SNOMED, "181131000", "sein entier"),
        sop_class=_SOP + "1.2",
        justification="Dépistage organisé, sans antécédent familial.",
        purpose="Mammographie de dépistage.",
        words=Narrative(
            protocol="Deux incidences par sein.",
            technique="Face et oblique externe des deux côtés.",
            comparison="Mammographie d'il y a deux ans.",
            findings="Densité de type B. Pas de masse, pas de foyer de microcalcifications.",
            conclusion="Mammographie normale, ACR 1 des deux côtés.",
        ),
        doses=(("111637", "DGM totale", 2.0, 6.0, "mGy"),),
        laterality=_code(SNOMED, "51440002", "bilatéral"),
    ),
}


def dose_code(code: str, label: str) -> Code:
    """A quantity of radiation, from the DICOM dictionary."""
    return _code(DCM, code, label)


def atc_code(code: str, label: str) -> Code:
    """A product, in the ATC classification."""
    return _code(ATC, code, label)


def cip_code(code: str, label: str) -> Code:
    """A product, by its French presentation code."""
    return _code(CIP, code, label)


def sop_class(uid: str) -> Code:
    """A DICOM SOP class."""
    return Code(uid, uid, "1.2.840.10008.2.6.1", "DCMUID", "DCMUID")
