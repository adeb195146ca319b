"""Fictitious professionals and structures, with national identifiers whose keys are right.

Source: INS fact sheet, section 9.1 (PS_IdNat, Struct_IdNat, Luhn keys of RPPS and FINESS).
"""

import random
from typing import Final

from stdnum import luhn

from harness.sim.case import Address, Code, Organization, Professional
from harness.sim.generate.names import fake as faker

_SPECIALTIES: Final = "1.2.250.1.213.1.1.4.5"
GENERAL_PRACTICE: Final = Code(
    "G15_10/SM26",
    "Médecin - Qualifié en Médecine Générale (SM)",
    _SPECIALTIES,
    "TRE_A01-CadreExercice",
)
RADIOLOGY: Final = Code(
    "G15_10/SM44", "Médecin - Radio-diagnostic (SM)", _SPECIALTIES, "TRE_A01-CadreExercice"
)
_AMBULATORY: Final = Code(
    "AMBULATOIRE", "Ambulatoire", "1.2.250.1.213.1.1.4.9", "TRE_A01-CadreExercice"
)
_GROUP_PRACTICE: Final = Code(
    "SA08", "Cabinet de groupe", "1.2.250.1.71.4.2.4", "TRE_R02-SecteurActivite"
)


def _with_key(body: str) -> str:
    return body + str(luhn.calc_check_digit(body))


def organization(chance: random.Random, name: str, city: tuple[str, str]) -> Organization:
    """A structure in a town, given as postal code and name."""
    finess = _with_key(f"{city[0][:2]}0{chance.randrange(99000, 100000)}")
    number = str(chance.randrange(1, 99))
    return Organization(
        national_id="1" + finess,
        name=name,
        address=Address(number, "rue des Essais", city[0], city[1]),
        phone=f"01{chance.randrange(10**8):08d}",
        practice_setting=_AMBULATORY,
        facility_type=_GROUP_PRACTICE,
    )


def professional(
    chance: random.Random, specialty: Code, organization: Organization
) -> Professional:
    """A physician of a structure."""
    fake = faker()
    fake.seed_instance(chance.randrange(2**32))
    woman = chance.random() < 0.5
    return Professional(
        national_id="8" + _with_key(f"101{chance.randrange(10**7):07d}"),
        family=fake.last_name().upper(),
        given=fake.first_name_female() if woman else fake.first_name_male(),
        civility="MME" if woman else "M",
        title="DR",
        specialty=specialty,
        organization=organization,
        phone=organization.phone,
    )
