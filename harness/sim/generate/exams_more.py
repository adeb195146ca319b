"""Kinds of examination that show the rarer parts of the documents.

PET-CT, scintigraphy, several acts with sides, an interventional act, a corrected report, and one
with everything that the two models allow beside it.
Source: imaging body fact sheet, 1.9, 2.5 and 5.4.
"""

from typing import Final

from harness.sim.case import Attachment, Details, Device, Narrative, Requested
from harness.sim.generate.exam_codes import (
    ABDOMEN,
    CCAM,
    CISIS,
    CONTRAST,
    CT,
    CT_DOSES,
    DCM,
    DX,
    EMDN,
    HEAD,
    ICD,
    LEFT,
    LEG,
    LOINC,
    MR,
    NM,
    PT,
    RIGHT,
    SNOMED,
    SOP,
    THORAX,
    WHOLE,
    XA,
    Kind,
    code_of,
)

HEART_FAILURE: Final = code_of(ICD, "I50.9", "Insuffisance cardiaque, sans précision")
KIDNEY_FAILURE: Final = code_of(ICD, "N18.9", "Maladie rénale chronique, sans précision")
CLAUSTROPHOBIA: Final = code_of(CISIS, "MED-1109", "Patient claustrophobe")
PACEMAKER: Final = code_of(CISIS, "MED-1117", "Patient porteur de Pacemaker")
OTHER_CONTRAINDICATION: Final = code_of(CISIS, "GEN-092.01.20", "Autre contre-indication connue")
PREGNANT: Final = code_of(SNOMED, "77386006", "enceinte")
_KERMA: Final = "Dose dans l'air à l'entrée du patient (Kerma dans l'air)"
_DLP: Final = "PDL Total : Produit Dose Longueur Total"
_KNEE: Final = code_of(SNOMED, "361291001", "région entière du genou")
_NEEDS_HELP: Final = code_of(
    CISIS, "MED-1124", "Patient nécessitant un accompagnement par un tiers"
)
_PRIOR: Final = "Scanner du 12 mars de l'an passé : nodule pulmonaire de 4 mm, stable depuis."
_LETTER: Final = Attachment(
    "Courrier du médecin traitant", ("Cher confrère,", "merci de voir ce patient (suite du bilan).")
)

_CHEST_PART: Final = Kind(
    act=code_of(LOINC, "24628-0", "CT thorax avec contraste IV"),
    ccam=code_of(CCAM, "ZBQH001", "Scanographie du thorax, avec injection"),
    modalities=(CT,),
    requested=CT,
    region=THORAX,
    site=code_of(SNOMED, "302551006", "thorax entier"),
    sop_class=SOP + "2",
    justification="",
    purpose="",
    words=Narrative("", "", "", "", ""),
    doses=CT_DOSES,
)
_ANKLE_PART: Final = Kind(
    act=code_of(LOINC, "24540-7", "RX cheville ; 2 incidences"),
    ccam=code_of(CCAM, "NGQK001", "Radiographie de la cheville selon 1 à 3 incidences"),
    modalities=(DX,),
    requested=code_of(CISIS, "MED-1126", "Radiographie sans contraste"),
    region=LEG,
    site=code_of(SNOMED, "361292008", "région entière de la cheville"),
    sop_class=SOP + "1.1",
    justification="",
    purpose="",
    words=Narrative("", "", "", "", ""),
    doses=(("111636", _KERMA, 0.1, 0.4, "mGy"),),
    laterality=code_of(SNOMED, "66459002", "unilatéral"),
)

MORE: Final[dict[str, Kind]] = {
    "pt-lung": Kind(
        act=code_of(
            LOINC,
            "81555-5",
            "PET+CT corps entier ; guidage pour localisation de tumeur avec 18F-FDG IV",
        ),
        ccam=code_of(CCAM, "ZZQL016", "Tomoscintigraphie du corps entier par émission de positons"),
        modalities=(PT, CT),
        requested=code_of(DCM, "PT", "TEP : Tomographie par émission de positons"),
        region=WHOLE,
        site=code_of(SNOMED, "38266002", "corps entier"),
        sop_class=SOP + "2",
        justification="Bilan d'extension d'une lésion pulmonaire du lobe supérieur droit.",
        purpose="Rechercher des localisations à distance.",
        words=Narrative(
            protocol="TEP au 18F-FDG, de la base du crâne à mi-cuisses, après une heure.",
            technique="Acquisition TEP couplée à un scanner de faible dose sans injection.",
            comparison="Scanner thoracique du mois dernier.",
            findings="Nodule hypermétabolique du lobe supérieur droit (SUVmax 8,2). Ganglion "
            "hilaire homolatéral modérément fixant. Pas de fixation à distance.",
            conclusion="Lésion pulmonaire hypermétabolique avec atteinte hilaire probable, sans "
            "métastase décelable.",
        ),
        other_words=Narrative(
            protocol="TEP au 18F-FDG, de la base du crâne à mi-cuisses, après une heure.",
            technique="Acquisition TEP couplée à un scanner de faible dose sans injection.",
            comparison="TEP d'il y a six mois.",
            findings="Pas de fixation pathologique. Fixation physiologique cérébrale et urinaire.",
            conclusion="Pas d'argument métabolique pour une lésion évolutive.",
        ),
        doses=(
            ("113507", "Activité administrée", 200.0e6, 280.0e6, "Bq"),
            ("113813", _DLP, 350.0, 600.0, "mGy.cm"),
        ),
        tracers=(("GLUSCAN", "V09IX04", "fludésoxyglucose (18F)", 200, 280),),
        details=Details(
            contraindications=(KIDNEY_FAILURE,),
            function=code_of(CISIS, "MED-1133", "FDG Oncologie /Infectieux/inflammatoire"),
            wish=code_of(CISIS, "MED-1154", "sans injection de produit de contraste"),
            prior=_PRIOR,
        ),
    ),
    "nm-bone": Kind(
        act=code_of(LOINC, "39818-0", "MN os du corps entier ; incidences avec radionucléide IV"),
        ccam=code_of(CCAM, "PAQL003", "Scintigraphie osseuse du corps entier"),
        modalities=(NM,),
        requested=code_of(DCM, "NM", "Scintigraphie"),
        region=WHOLE,
        site=code_of(SNOMED, "361378004", "squelette entier"),
        sop_class=SOP + "20",
        justification="Douleurs osseuses diffuses, cancer de prostate traité.",
        purpose="Rechercher des métastases osseuses.",
        words=Narrative(
            protocol="Balayage du corps entier trois heures après injection.",
            technique="Balayage antérieur et postérieur, clichés centrés sur le bassin.",
            comparison="Aucun examen antérieur disponible.",
            findings="Hyperfixation de la troisième vertèbre lombaire et de l'aile iliaque gauche.",
            conclusion="Foyers vertébral et iliaque suspects, à confronter à une IRM.",
        ),
        other_words=Narrative(
            protocol="Balayage du corps entier trois heures après injection.",
            technique="Balayage antérieur et postérieur.",
            comparison="Scintigraphie de l'an passé.",
            findings="Fixation homogène du squelette, remaniements dégénératifs des genoux.",
            conclusion="Pas de foyer suspect.",
        ),
        doses=(("113507", "Activité administrée", 500.0e6, 700.0e6, "Bq"),),
        tracers=(("TECHNESCAN HDP", "V09BA01", "oxidronate de technétium (99mTc)", 500, 700),),
        details=Details(
            contraindications=(OTHER_CONTRAINDICATION,),
            function=code_of(CISIS, "MED-1143", "Osseuse"),
        ),
    ),
    "dx-limbs": Kind(
        act=code_of(LOINC, "26396-2", "RX genou - droit ; 2 incidences"),
        ccam=code_of(CCAM, "NFQK001", "Radiographie du genou selon 1 ou 2 incidences"),
        modalities=(DX,),
        requested=code_of(CISIS, "MED-1126", "Radiographie sans contraste"),
        region=LEG,
        site=_KNEE,
        sop_class=SOP + "1.1",
        justification="Chute de vélo : genou droit et cheville gauche douloureux.",
        purpose="Rechercher une fracture.",
        words=Narrative(
            protocol="Genou droit et cheville gauche, face et profil.",
            technique="Deux incidences par article.",
            comparison="Aucun examen antérieur disponible.",
            findings="Fracture de la malléole latérale gauche, non déplacée. Genou droit normal.",
            conclusion="Fracture de la malléole latérale gauche.",
        ),
        doses=(("111636", _KERMA, 0.2, 0.8, "mGy"),),
        laterality=RIGHT,
        more=(_ANKLE_PART,),
        details=Details(
            contraindications=(PACEMAKER,),
            requests=(
                Requested(
                    code_of(CISIS, "MED-1126", "Radiographie sans contraste"),
                    code_of(SNOMED, "361292008", "région entière de la cheville"),
                    LEFT,
                ),
            ),
        ),
    ),
    "xa-biopsy": Kind(
        act=code_of(
            LOINC, "24718-9", "RF foie ; guidage pour biopsie transjugulaire avec contraste IV"
        ),
        ccam=code_of(CCAM, "HLHH007", "Biopsie du foie par voie transjugulaire"),
        modalities=(XA,),
        requested=code_of(
            ("2.16.840.1.113883.3.26.1.1", "NCIt", "NCIT"), "C63334", "Radiologie interventionnelle"
        ),
        region=ABDOMEN,
        site=code_of(SNOMED, "181268008", "foie entier"),
        sop_class=SOP + "12.1",
        justification="Hépatopathie chronique avec troubles de l'hémostase.",
        purpose="Biopsie hépatique par voie transjugulaire.",
        words=Narrative(
            protocol="Biopsie transjugulaire sous contrôle scopique.",
            technique="Ponction jugulaire droite, trois prélèvements.",
            comparison="Aucun examen antérieur disponible.",
            findings="Prélèvements de bonne taille. Pas d'extravasation au contrôle.",
            conclusion="Biopsie hépatique transjugulaire sans incident.",
        ),
        doses=(
            ("111636", _KERMA, 20.0, 60.0, "mGy"),
            ("113730", "Temps total de scopie", 200.0, 500.0, "s"),
        ),
        product=CONTRAST,
        details=Details(
            contraindications=(KIDNEY_FAILURE,),
            comment="Biopsie hépatique par voie transjugulaire, à jeun depuis six heures.",
        ),
    ),
    "mr-brain-addendum": Kind(
        act=code_of(LOINC, "24590-2", "RM cerveau"),
        ccam=code_of(CCAM, "ACQN001", "Remnographie du crâne et de son contenu, sans injection"),
        modalities=(MR,),
        requested=code_of(DCM, "MR", "IRM"),
        region=HEAD,
        site=code_of(SNOMED, "258335003", "encéphale entier"),
        sop_class=SOP + "4",
        justification="Céphalées inhabituelles depuis trois semaines.",
        purpose="Rechercher une lésion expansive.",
        words=Narrative(
            protocol="IRM cérébrale sans injection : diffusion, FLAIR, T2*, 3D T1.",
            technique="Séquences de diffusion, FLAIR, T2 écho de gradient et 3D T1.",
            comparison="IRM cérébrale d'il y a un an, reçue après la première lecture.",
            findings="Kyste arachnoïdien temporal gauche de 15 mm, stable.",
            conclusion="Kyste arachnoïdien stable. IRM cérébrale par ailleurs normale.",
        ),
        addendum="Relecture avec l'examen antérieur : le kyste arachnoïdien est connu et stable.",
        details=Details(contraindications=(CLAUSTROPHOBIA,)),
    ),
    "ct-body": Kind(
        act=code_of(LOINC, "24727-0", "CT tête avec contraste IV"),
        ccam=code_of(CCAM, "ACQH003", "Scanographie du crâne et de son contenu, avec injection"),
        modalities=(CT,),
        requested=code_of(DCM, "CT", "Scanner/TDM"),
        region=HEAD,
        site=code_of(SNOMED, "258335003", "encéphale entier"),
        sop_class=SOP + "2",
        justification="Accident de la route à cinétique élevée, trauma crânien et thoracique.",
        purpose="Rechercher une lésion hémorragique ou pulmonaire.",
        words=Narrative(
            protocol="Scanner du crâne puis du thorax après injection.",
            technique="Acquisition hélicoïdale avec injection de produit de contraste.",
            comparison="Scanner thoracique de l'an passé.",
            findings="Pas de saignement intracrânien. Fractures des 5e et 6e côtes gauches. "
            "Lame de pneumothorax gauche < 1 cm.",
            conclusion="Pneumothorax gauche minime, deux fractures costales. Pas de lésion "
            "intracrânienne.",
        ),
        doses=CT_DOSES,
        product=CONTRAST,
        more=(_CHEST_PART,),
        correspondent=True,
        details=Details(
            contraindications=(HEART_FAILURE, KIDNEY_FAILURE),
            care=(_NEEDS_HELP,),
            prior=_PRIOR,
            attachment=_LETTER,
            told="Boire abondamment dans les 24 heures. Conserver ce compte rendu.",
            urgency="Trauma à cinétique élevée, patient stable.",
            contacted=True,
            event="Avant le transfert du patient, prévu ce soir.",
            comment="Patient perfusé, sous minerve.",
            requests=(
                Requested(
                    code_of(DCM, "CT", "Scanner/TDM"),
                    code_of(SNOMED, "302551006", "thorax entier"),
                ),
            ),
            complication="Extravasation de 10 mL au point d'injection, sans conséquence.",
            parameters="Appareil d'essai TR-1, n° de série TR-1-0042, mis en service en 2021.",
            device=Device(
                code_of(EMDN, "Z11039014", "INJECTEURS DE PRODUITS DE CONTRASTE"),
                "(01)00844588003288(17)301120(10)7654321D(21)10987654D321",
                "2.51",
            ),
            remark="Images transmises au centre de traumatologie.",
        ),
    ),
}
