"""Kinds of examination by name: codes, doses, products and the words of the radiologist.

Each has two wordings, one with a finding and one without: the second is that of every second seed.
Codes and labels are those of the French value sets; the clinical texts are invented.
Source: imaging body fact sheet, 5.4 and 5.5.
"""

from typing import Final

from harness.sim.case import Details, Narrative
from harness.sim.generate.exam_codes import (
    ABDOMEN,
    BILATERAL,
    CCAM,
    CISIS,
    CONTRAST,
    CT,
    CT_DOSES,
    DX,
    HEAD,
    LEG,
    LOINC,
    MG,
    MR,
    RIGHT,
    SNOMED,
    SOP,
    THORAX,
    US,
    Kind,
    code_of,
)
from harness.sim.generate.exams_more import (
    CLAUSTROPHOBIA,
    HEART_FAILURE,
    KIDNEY_FAILURE,
    MORE,
    OTHER_CONTRAINDICATION,
    PACEMAKER,
    PREGNANT,
)
from harness.sim.generate.exams_several import SEVERAL

KINDS: Final[dict[str, Kind]] = {
    "ct-brain": Kind(
        act=code_of(LOINC, "24727-0", "CT tête avec contraste IV"),
        ccam=code_of(CCAM, "ACQH003", "Scanographie du crâne et de son contenu, avec injection"),
        modalities=(CT,),
        requested=CT,
        region=HEAD,
        site=code_of(SNOMED, "258335003", "encéphale entier"),
        sop_class=SOP + "2",
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
        doses=CT_DOSES,
        product=CONTRAST,
        details=Details(contraindications=(HEART_FAILURE,)),
        other_words=Narrative(
            protocol="Scanner cérébral sans injection puis temps artériel après 90 mL de produit "
            "de contraste iodé, coupes fines de la base au vertex.",
            technique="Acquisition hélicoïdale sans puis avec injection de produit de contraste.",
            comparison="Scanner cérébral d'il y a un an.",
            findings="Hyperdensité spontanée des citernes de la base et de la vallée sylvienne "
            "droite. Anévrisme de 6 mm de la bifurcation sylvienne droite.",
            conclusion="Hémorragie méningée par rupture d'un anévrisme sylvien droit. Avis "
            "neurochirurgical à prendre en urgence.",
        ),
    ),
    "ct-chest": Kind(
        act=code_of(LOINC, "24628-0", "CT thorax avec contraste IV"),
        ccam=code_of(CCAM, "ZBQH001", "Scanographie du thorax, avec injection"),
        modalities=(CT,),
        requested=CT,
        region=THORAX,
        site=code_of(SNOMED, "302551006", "thorax entier"),
        sop_class=SOP + "2",
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
        doses=CT_DOSES,
        product=CONTRAST,
        details=Details(contraindications=(KIDNEY_FAILURE,), pregnancy=PREGNANT),
        other_words=Narrative(
            protocol="Angioscanner thoracique, déclenchement sur l'artère pulmonaire.",
            technique="Acquisition hélicoïdale au temps artériel pulmonaire.",
            comparison="Aucun examen antérieur disponible.",
            findings="Défauts endoluminaux lobaires inférieurs des deux côtés. Rapport du "
            "ventricule droit au gauche < 1. Pas d'infarctus pulmonaire.",
            conclusion="Embolie pulmonaire bilatérale, sans signe de gravité.",
        ),
    ),
    "mr-brain": Kind(
        act=code_of(LOINC, "24590-2", "RM cerveau"),
        ccam=code_of(CCAM, "ACQN001", "Remnographie du crâne et de son contenu, sans injection"),
        modalities=(MR,),
        requested=MR,
        region=HEAD,
        site=code_of(SNOMED, "258335003", "encéphale entier"),
        sop_class=SOP + "4",
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
        details=Details(contraindications=(CLAUSTROPHOBIA,)),
        other_words=Narrative(
            protocol="IRM cérébrale sans injection : diffusion, FLAIR, T2*, 3D T1.",
            technique="Séquences de diffusion, FLAIR, T2 écho de gradient et 3D T1.",
            comparison="IRM cérébrale d'il y a deux ans.",
            findings="Six hypersignaux FLAIR périventriculaires et juxtacorticaux, dont deux "
            "nouveaux. Pas d'effet de masse & pas de saignement.",
            conclusion="Lésions de la substance blanche disséminées dans l'espace et le temps, "
            "évocatrices d'une maladie démyélinisante.",
        ),
    ),
    "dx-knee": Kind(
        act=code_of(LOINC, "26396-2", "RX genou - droit ; 2 incidences"),
        ccam=code_of(CCAM, "NFQK001", "Radiographie du genou selon 1 ou 2 incidences"),
        modalities=(DX,),
        requested=code_of(CISIS, "MED-1126", "Radiographie sans contraste"),
        region=LEG,
        site=code_of(SNOMED, "361291001", "région entière du genou"),
        sop_class=SOP + "1.1",
        justification="Chute sur le genou droit, douleur et impotence.",
        purpose="Rechercher une fracture.",
        words=Narrative(
            protocol="Genou droit de face et de profil.",
            technique="Deux incidences, face et profil.",
            comparison="Aucun examen antérieur disponible.",
            findings="Pas de fracture visible. Interlignes conservés. Épanchement modéré.",
            conclusion="Pas de lésion osseuse traumatique. Épanchement articulaire.",
        ),
        doses=(
            ("111636", "Dose dans l'air à l'entrée du patient (Kerma dans l'air)", 0.2, 0.8, "mGy"),
        ),
        laterality=RIGHT,
        details=Details(contraindications=(PACEMAKER,)),
        other_words=Narrative(
            protocol="Genou droit de face et de profil.",
            technique="Deux incidences, face et profil.",
            comparison="Aucun examen antérieur disponible.",
            findings="Fracture non déplacée du plateau tibial latéral. Hémarthrose.",
            conclusion="Fracture du plateau tibial latéral droit. Scanner à prévoir.",
        ),
    ),
    "us-abdomen": Kind(
        act=code_of(LOINC, "24558-9", "échographie abdomen"),
        ccam=code_of(CCAM, "ZCQM008", "Échographie transcutanée de l'abdomen"),
        modalities=(US,),
        requested=code_of(CISIS, "MED-1128", "Échographie sans contraste"),
        region=ABDOMEN,
        site=code_of(SNOMED, "302553009", "abdomen entier"),
        sop_class=SOP + "6.1",
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
        details=Details(contraindications=(OTHER_CONTRAINDICATION,)),
        other_words=Narrative(
            protocol="Échographie abdominale à jeun.",
            technique="Exploration transcutanée, sonde convexe.",
            comparison="Échographie abdominale d'il y a six mois.",
            findings="Vésicule alithiasique à paroi fine. Foie, rate, reins et pancréas sans "
            "anomalie. Pas d'épanchement.",
            conclusion="Échographie abdominale normale.",
        ),
    ),
    "mg-screening": Kind(
        act=code_of(LOINC, "26175-0", "MG sein bilatéral ; incidences pour dépistage"),
        ccam=code_of(CCAM, "QEQK004", "Mammographie de dépistage"),
        modalities=(MG,),
        requested=MG,
        region=code_of(SNOMED, "76752008", "sein"),
        site=code_of(SNOMED, "181131000", "sein entier"),
        sop_class=SOP + "1.2",
        justification="Dépistage organisé, sans antécédent familial.",
        purpose="Mammographie de dépistage.",
        words=Narrative(
            protocol="Deux incidences par sein.",
            technique="Face et oblique externe des deux côtés.",
            comparison="Mammographie d'il y a deux ans.",
            findings="Densité de type B. Pas de masse, pas de foyer de microcalcifications.",
            conclusion="Mammographie normale, ACR 1 des deux côtés.",
        ),
        doses=(("111637", "DGM total : Dose Glandulaire Moyenne Total", 2.0, 6.0, "mGy"),),
        laterality=BILATERAL,
        sex="F",
        details=Details(contraindications=(OTHER_CONTRAINDICATION,), screening=True),
        other_words=Narrative(
            protocol="Deux incidences par sein.",
            technique="Face et oblique externe des deux côtés.",
            comparison="Mammographie d'il y a deux ans.",
            findings="Opacité spiculée de 9 mm du quadrant supéro-externe gauche, nouvelle. Pas de "
            "microcalcification. Sein droit sans anomalie.",
            conclusion="Opacité suspecte du sein gauche, ACR 5 à gauche, ACR 1 à droite. Biopsie à "
            "prévoir.",
        ),
    ),
    **MORE,
    **SEVERAL,
}


def kind_of(act: str) -> Kind | None:
    """The first kind of that act (LOINC), also as a further act of another; None for others."""
    every = (part for kind in KINDS.values() for part in (kind, *kind.more))
    return next((kind for kind in every if kind.act.code == act), None)
