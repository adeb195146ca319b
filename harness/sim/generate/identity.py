"""Fictitious patients with a coherent INS: number, key, traits and test authority.

Every number is under the test OID and has an order number from 987 up in its commune, so that it
belongs to nobody. Communes and countries are those of the COG (facts of INSEE).
Source: INS fact sheet, sections 1 to 3 and 8.
"""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from stdnum.fr import nir

from harness.sim.case import Address, Identifier, Patient
from harness.sim.generate.hard import hard_identities
from harness.sim.generate.names import fake as faker

TEST_OID: Final = "1.2.250.1.213.1.4.10"

# COG, name, first five digits of a postal code of the same town (empty abroad)
PLACES: Final = (
    ("01004", "AMBERIEU-EN-BUGEY"),
    ("13055", "MARSEILLE"),
    ("21231", "DIJON"),
    ("29019", "BREST"),
    ("31555", "TOULOUSE"),
    ("33063", "BORDEAUX"),
    ("35238", "RENNES"),
    ("38185", "GRENOBLE"),
    ("44109", "NANTES"),
    ("48095", "MENDE"),
    ("51454", "REIMS"),
    ("54395", "NANCY"),
    ("59350", "LILLE"),
    ("63113", "CLERMONT-FERRAND"),
    ("67482", "STRASBOURG"),
    ("69123", "LYON"),
    ("76540", "ROUEN"),
    ("87085", "LIMOGES"),
    ("2A004", "AJACCIO"),
    ("2B033", "BASTIA"),
    ("97105", "BASSE-TERRE"),
    ("97209", "FORT-DE-FRANCE"),
    ("97411", "SAINT-DENIS"),
    ("99109", "ALLEMAGNE"),
    ("99134", "ESPAGNE"),
    ("99139", "PORTUGAL"),
)
_TOWNS: Final = (
    ("75007", "PARIS"),
    ("69003", "LYON"),
    ("44000", "NANTES"),
    ("31000", "TOULOUSE"),
    ("35000", "RENNES"),
    ("48000", "MENDE"),
)
_SITE_OID: Final = "1.2.250.1.213.99.1"


def strict(name: str) -> str:
    """A name as a strict trait: capitals, no accents, ligatures cut; hyphen and apostrophe stay."""
    plain = name.upper().replace("’", "'").replace("Œ", "OE").replace("Æ", "AE")
    bare = unicodedata.normalize("NFD", plain)
    return "".join(char for char in bare if not unicodedata.combining(char))


def ins_number(sex: str, born: date, place: str, order: int) -> str:
    """15 characters: 13 of the number and its key. `place` is a COG, `order` 1 to 999."""
    digit = "1" if sex == "M" else "2"
    body = f"{digit}{born:%y%m}{place}{order:03d}"
    return body + str(nir.calc_check_digits(body))


def twin(of: Patient, own: Patient) -> Patient:
    """Somebody who is nearly `of`: born the same day in the same place under the same name.

    The first given name differs by one letter; numbers and telephone are those of `own`.
    """
    first = _other_letter(of.first_given_name)
    names = (first, *of.birth_given_names[1:])
    order = int(of.ins[10:13]) if of.ins[10:13].isdigit() else 0
    same = of.used_given_name == of.first_given_name
    return replace(
        of,
        ins=ins_number(of.sex, of.birth_date, of.birth_cog, 987 + (order - 986) % 13),
        birth_given_names=names,
        used_given_name=first if same else of.used_given_name,
        ipp=own.ipp,
        phone=own.phone,
    )


def _other_letter(name: str) -> str:
    """The name with another last letter."""
    return name[:-1] + ("E" if name.endswith("A") else "A")


def identities(count: int, seed: int, *, hard: bool = False) -> Iterator[Patient]:
    """That many patients, always the same for a seed; `hard` ones are of the kinds of `hard.py`."""
    if hard:
        yield from (who for _, who in hard_identities(count, seed, patient))
        return
    for number in range(count):
        yield patient(random.Random(f"{seed}/{number}"))  # noqa: S311  no secret


def patient(chance: random.Random) -> Patient:
    """One patient drawn from `chance`."""
    fake = faker()
    fake.seed_instance(chance.randrange(2**32))
    sex = chance.choice("MF")
    born = date(1930, 1, 1) + timedelta(days=chance.randrange(365 * 90))
    cog, town = chance.choice(PLACES)
    given = fake.first_name_male if sex == "M" else fake.first_name_female
    names = tuple(dict.fromkeys(strict(given()) for _ in range(chance.choice((1, 2, 2, 3)))))
    postal_code, city = chance.choice(_TOWNS)
    married = chance.random() < 0.3
    return Patient(
        ins=ins_number(sex, born, cog, chance.randrange(987, 1000)),
        ins_oid=TEST_OID,
        birth_name=strict(fake.last_name()),
        birth_given_names=names,
        sex=sex,
        birth_date=born,
        birth_cog=cog,
        birth_city=town,
        ipp=Identifier(str(chance.randrange(10**6, 10**7)), "SITE-IMAGERIE", _SITE_OID),
        address=Address(str(chance.randrange(1, 200)), fake.street_name(), postal_code, city),
        phone=f"06{chance.randrange(10**8):08d}",
        used_name=strict(fake.last_name()) if married else "",
        used_given_name=names[0] if married else "",
    )
