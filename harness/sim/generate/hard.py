"""Hard identities: right ones that naive software refuses, cuts, or takes for wrong.

Every number is under the test OID, with an order number from 987 up, like those of `identity`; a
NIA has no OID for tests, so it is written under the same one. Where a number carries an old code of
a place (Corsica, Algeria), the bench tells so for information and nothing else.
Source: INS fact sheet, sections 1.2 (dates), 2 (number) and 7 (historical codes).
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import count as count_from
from itertools import islice
from typing import Final

from stdnum.fr import nir

from harness.sim.case import Patient

Kind = Callable[[random.Random, Patient], tuple[Patient, ...]]

_OVERSEAS: Final = (
    ("97105", "BASSE-TERRE"),
    ("97411", "SAINT-DENIS"),
    ("97611", "MAMOUDZOU"),
    ("98735", "PAPEETE"),
    ("98818", "NOUMEA"),
)
_ABROAD: Final = (("99109", "ALLEMAGNE"), ("99134", "ESPAGNE"), ("99216", "CHINE"))
_CORSICA: Final = (("2A004", "AJACCIO"), ("2B033", "BASTIA"))
_UNKNOWN_MONTHS: Final = ("20", *map(str, range(30, 43)), *map(str, range(50, 100)))
_MANY: Final = (
    *("MARIE", "ANNE", "CLAUDE", "CAMILLE", "DOMINIQUE", "MAXENCE", "CHARLIE", "SACHA"),
    *("ALIX", "EDEN", "MORGAN", "STEPHANE", "PASCALE", "GWENAEL"),
)


def hard_identities(
    count: int, seed: int, draw: Callable[[random.Random], Patient]
) -> Iterator[tuple[str, Patient]]:
    """That many patients with the name of their kind, always the same for a seed.

    Each is an ordinary patient (`draw`) made hard. The kinds follow one another; twins are two
    patients in a row.
    """
    return islice(_turns(seed, draw), count)


def _turns(seed: int, draw: Callable[[random.Random], Patient]) -> Iterator[tuple[str, Patient]]:
    for turn in count_from(0):
        for name, make in KINDS.items():
            chance = random.Random(f"{seed}/{turn}/{name}")  # noqa: S311  no secret
            yield from ((name, one) for one in make(chance, draw(chance)))


# -- pieces ---------------------------------------------------------------------------------


def _with_number(who: Patient, month: str = "", place: str = "", order: int = 0) -> Patient:
    """The patient with the number of his traits, or with another month, place or order in it."""
    digit = "1" if who.sex == "M" else "2"
    born = f"{who.birth_date:%y}{month or f'{who.birth_date:%m}'}"
    body = f"{digit}{born}{place or who.birth_cog}{order or int(who.ins[10:13]):03d}"
    return replace(who, ins=body + str(nir.calc_check_digits(body)))


def _called(who: Patient, family: str, *given: str) -> Patient:
    names = given or who.birth_given_names
    who = replace(who, used_name="", used_given_name="")
    return replace(who, birth_name=family, birth_given_names=names)


def _from(chance: random.Random, who: Patient, places: tuple[tuple[str, str], ...]) -> Patient:
    cog, town = chance.choice(places)
    return _with_number(replace(who, birth_cog=cog, birth_city=town))


def _born(chance: random.Random, who: Patient, first: int, last: int) -> Patient:
    year = chance.randrange(first, last + 1)
    day = date(year, chance.randrange(1, 13), chance.randrange(1, 29))
    return _with_number(replace(who, birth_date=day))


# -- kinds ----------------------------------------------------------------------------------


def _apostrophe(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    return (_called(who, chance.choice(("D'ESSAI", "L'EPREUVE", "N'TEST")), "MARC'ANTOINE"),)


def _compound(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    """The first given name is compound, written with its hyphen, and the list goes on."""
    return (_called(who, "ESSAI-EPREUVE DUTEST", "MARIE-CLAUDE", chance.choice(_MANY)),)


def _particle(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    return (_called(who, chance.choice(("DE LA EPREUVE", "LE ESSAI", "VAN DEN TEST"))),)


def _single_letter(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    return (_called(who, chance.choice("OUY"), chance.choice("AJY")),)


def _many_names(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    return (_called(who, "ESSAI", *chance.sample(_MANY, len(_MANY))),)


def _used_given_name_only(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    names = ("MARIE", "CECILE", "CLAUDE")
    used = chance.choice(("CECILE", "MARIE-CECILE"))
    return (replace(_called(who, who.birth_name, *names), used_given_name=used),)


def _unknown_day(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    return (_with_number(replace(who, birth_date=who.birth_date.replace(day=1))),)


def _unknown_month(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    """Month 01 in the trait, a series in the number."""
    day = who.birth_date.replace(month=1)
    return (_with_number(replace(who, birth_date=day), month=chance.choice(_UNKNOWN_MONTHS)),)


def _unknown_day_and_month(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    day = who.birth_date.replace(month=12, day=31)
    return (_with_number(replace(who, birth_date=day), month=chance.choice(_UNKNOWN_MONTHS)),)


def _centenarian(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    """The two digits of the year are those of a child as well."""
    return (_born(chance, who, 1916, 1924),)


def _corsica(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    return (_born(chance, _from(chance, who, _CORSICA), 1976, 2019),)


def _corsica_before_1976(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    """Department 20 in the number, 2A or 2B in the birth place."""
    born = _born(chance, _from(chance, who, _CORSICA), 1930, 1975)
    return (_with_number(born, place=f"20{born.birth_cog[2:]}"),)


def _overseas(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    return (_from(chance, who, _OVERSEAS),)


def _abroad(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    return (_from(chance, who, _ABROAD),)


def _algeria(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    """A department of 91 to 94 in the number, the country in the birth place."""
    born = _born(chance, replace(who, birth_cog="99352", birth_city="ALGERIE"), 1930, 1961)
    return (_with_number(born, place=f"{chance.choice(('91', '92', '93', '94'))}352"),)


def _nia(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    """A waiting number looks like a NIR, of somebody born abroad."""
    return (_from(chance, who, _ABROAD),)


def _twins(chance: random.Random, who: Patient) -> tuple[Patient, ...]:
    """Same name, day and place of birth, same sex; two numbers and two given names."""
    first, second = chance.sample(_MANY, 2)
    order = chance.randrange(987, 999)
    elder = _with_number(_called(who, who.birth_name, first), order=order)
    younger = _with_number(_called(who, who.birth_name, second), order=order + 1)
    ipp = replace(who.ipp, value=str(int(who.ipp.value) + 1))
    return elder, replace(younger, ipp=ipp)


KINDS: Final[dict[str, Kind]] = {
    "apostrophe": _apostrophe,
    "compound": _compound,
    "particle": _particle,
    "single-letter": _single_letter,
    "many-names": _many_names,
    "used-given-name-only": _used_given_name_only,
    "unknown-day": _unknown_day,
    "unknown-month": _unknown_month,
    "unknown-day-and-month": _unknown_day_and_month,
    "centenarian": _centenarian,
    "corsica": _corsica,
    "corsica-before-1976": _corsica_before_1976,
    "overseas": _overseas,
    "abroad": _abroad,
    "algeria-before-1962": _algeria,
    "nia": _nia,
    "twins": _twins,
}
