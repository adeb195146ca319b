"""Kinds of examination of several regions, or with several products.

Source: Volet Téléradiologie 0.1.0-ballot, sub-ids of observations; imaging body fact sheet, 5.4.
"""

from typing import Final

from harness.sim.case import Details, Narrative, Region
from harness.sim.generate.exam_codes import (
    ARM,
    CCAM,
    CISIS,
    HEAD,
    LEFT,
    LEG,
    LOINC,
    NM,
    RIGHT,
    SNOMED,
    SOP,
    US,
    Kind,
    code_of,
)

_OTHER: Final = code_of(CISIS, "GEN-092.01.20", "Autre contre-indication connue")

SEVERAL: Final[dict[str, Kind]] = {
    "us-limbs": Kind(
        act=code_of(LOINC, "24693-4", "échographie membre"),
        ccam=code_of(CCAM, "PCQM001", "Échographie de muscle ou de tendon"),
        modalities=(US,),
        requested=code_of(CISIS, "MED-1128", "Échographie sans contraste"),
        region=LEG,
        site=code_of(SNOMED, "182281004", "membre inférieur entier"),
        sop_class=SOP + "6.1",
        justification="Chute d'un escabeau : hématomes de la cuisse droite et du bras gauche.",
        purpose="Mesurer les collections, rechercher une rupture musculaire.",
        words=Narrative(
            protocol="Cuisse droite, puis bras gauche.\nComparer avec le côté opposé (± 2 mm).",
            technique="Exploration transcutanée, sonde linéaire.",
            comparison="Aucun examen antérieur disponible.",
            findings="Hématome de 4 cm du vaste latéral droit. Bras gauche : infiltration "
            "sous-cutanée sans collection.",
            conclusion="Hématome de la cuisse droite, sans rupture musculaire.",
        ),
        details=Details(contraindications=(_OTHER,)),
        precision=RIGHT,
        more_regions=(Region(ARM, LEFT),),
        relevance=("MAJEUR", "SANS_IMPACT"),
        technique="Sonde linéaire, en décubitus.",
    ),
    "nm-parathyroid": Kind(
        act=code_of(
            LOINC,
            "24751-0",
            "MN glande parathyroïde ; incidences avec soustraction du Tc-99m du TI-201 IV",
        ),
        ccam=code_of(CCAM, "KDQL001", "Scintigraphie des glandes parathyroïdes"),
        modalities=(NM,),
        requested=NM,
        region=HEAD,
        site=code_of(SNOMED, "181121007", "glande parathyroïde entière"),
        sop_class=SOP + "20",
        justification="Hypercalcémie avec PTH élevée.",
        purpose="Localiser un adénome parathyroïdien.",
        words=Narrative(
            protocol="Double isotope, soustraction d'images, centrage cervical et médiastinal.",
            technique="Acquisition planaire à deux fenêtres d'énergie.",
            comparison="Échographie cervicale du mois dernier.",
            findings="Foyer de fixation rétro-thyroïdien inférieur droit après soustraction.",
            conclusion="Adénome parathyroïdien inférieur droit probable.",
        ),
        doses=(("113507", "Activité administrée", 60.0e6, 180.0e6, "Bq"),),
        tracers=(
            ("PERTECHNETATE D'ESSAI", "V09FX01", "pertechnétate de technétium (99mTc)", 60, 110),
            ("THALLIUM D'ESSAI", "V09GX01", "chlorure de thallium (201Tl)", 60, 90),
        ),
        details=Details(
            contraindications=(_OTHER,),
            function=code_of(CISIS, "MED-1145", "Endocrinienne"),
        ),
    ),
}
