"""National identifiers of professionals (PS_IdNat) and structures (Struct_IdNat): form and key.

The national form is a type digit and the number (`8` + RPPS, `1` + FINESS); under the type of the
number itself (RPPS, FINEG …) the guides print it with and without the digit, so both are read.
Source: Interop'Santé, types de données HL7 v2.5, 1.8.2 (XCN, XON); INS fact sheet, section 9.1.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

PERSONS: Final = "1.2.250.1.71.4.2.1"
STRUCTURES: Final = "1.2.250.1.71.4.2.2"

_FINESS: Final = r"(?:\d\d|2[AB])\d{7}"
_ADELI: Final = r"(?:\d\d|2[AB])\d{7}"

# type of the number -> kind -> its forms; the group is the number without the type digit
_PERSON: Final = {
    "IDNPS": {
        "rpps": r"8(\d{11})",
        "adeli": rf"0({_ADELI})",
        "mail": r"10([^@\s]+@[^@\s]+)",
        "internal": rf"(?:1.{{11}}|3{_FINESS}|4\d{{9}}|5\d{{14}}|6\d{{14}})(.+)",
    },
    "RPPS": {"rpps": r"8?(\d{11})"},
    "ADELI": {"adeli": rf"0?({_ADELI})"},
}
_STRUCTURE: Final = {
    "IDNST": {
        "adeli": r"0(\w{11})",
        "finess": rf"1({_FINESS})",
        "siren": r"2(\d{9})",
        "siret": r"3(\d{14})",
        "rank": r"4(\d{14})",
    },
    "FINEG": {"finess": rf"1?({_FINESS})"},
    "FINEJ": {"finess": rf"1?({_FINESS})"},
    "FINESS": {"finess": rf"1?({_FINESS})"},
    "SIREN": {"siren": r"2?(\d{9})"},
    "SIRET": {"siret": r"3?(\d{14})"},
}
PERSON_TYPES: Final = frozenset(_PERSON)
STRUCTURE_TYPES: Final = frozenset(_STRUCTURE)


@dataclass(frozen=True, slots=True)
class National:
    """A number that has the form of its `kind` (rpps, adeli, finess, siren, siret, rank …)."""

    kind: str
    number: str

    @property
    def has_key(self) -> bool:
        """Its key is right, or it has none that is documented (ADELI, FINESS of Corsica)."""
        from stdnum import luhn  # brings half of the standard library: only for who has a number
        from stdnum.fr import siren, siret

        if self.kind == "siret":
            return bool(siret.is_valid(self.number))
        if self.kind == "siren":
            return bool(siren.is_valid(self.number))
        if self.kind in ("rpps", "rank", "finess") and self.number.isdigit():
            return bool(luhn.is_valid(self.number))
        return True


def read_person(kind: str, text: str) -> National | None:
    """A professional's number under a type of XCN-13; None when the form is not one of that type.

    Trailing blanks mean nothing in HL7's ST. An empty type is read as any.
    """
    return _read(_PERSON, kind, text)


def read_structure(kind: str, text: str) -> National | None:
    """The same for a structure's number under a type of XON-7."""
    return _read(_STRUCTURE, kind, text)


def _read(forms: dict[str, dict[str, str]], kind: str, text: str) -> National | None:
    text = text.rstrip(" ")
    for name, patterns in forms.items():
        for meaning, pattern in patterns.items() if kind in ("", name) else ():
            found = _compiled(pattern).fullmatch(text)
            if found:
                return National(meaning, found[1])
    return None


@cache
def _compiled(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern, re.ASCII)
