"""The INS number (NIR or NIA): its parts, its shape, its key.

Shape first, key second: the key of a number that has not the shape means nothing.
Source: INS fact sheet, sections 2 and 3; INSEE, numéro d'inscription au répertoire (key).
"""

import re
from dataclasses import dataclass
from typing import Final

OIDS: Final = {
    "1.2.250.1.213.1.4.8": "ASIP-SANTE-INS-NIR",
    "1.2.250.1.213.1.4.9": "ASIP-SANTE-INS-NIA",
    "1.2.250.1.213.1.4.10": "ASIP-SANTE-INS-NIR",
    "1.2.250.1.213.1.4.11": "ASIP-SANTE-INS-NIR",
}
NIA: Final = "1.2.250.1.213.1.4.9"
TEST_OIDS: Final = frozenset({"1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"})
REAL_OIDS: Final = frozenset(OIDS) - TEST_OIDS
# INS-C, the computed number of old: production, test card, demonstration card
COMPUTED_OIDS: Final = frozenset(f"1.2.250.1.213.1.4.{last}" for last in (2, 6, 7))

_MONTH: Final = r"0[1-9]|1[0-2]|[2-9]\d"  # 20 to 99: unknown
_DEPARTMENT: Final = r"0[1-9]|[1-9]\d|2[AB]"
# sex (judged on its own), year, month, department and commune or country, order, key
_SHAPE: Final = re.compile(rf"\d\d{{2}}({_MONTH})({_DEPARTMENT})\d{{3}}\d{{3}}\d{{2}}", re.ASCII)
_CHARACTERS: Final = re.compile(r"\d{5}(\d{2}|2[AB])\d{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Number:
    """A 15-character number, cut as the standard cuts it. `place` has the form of a COG."""

    text: str

    @property
    def sex(self) -> str:
        """M, F, or empty for a digit that is not 1 or 2."""
        return {"1": "M", "2": "F"}.get(self.text[:1], "")

    @property
    def year(self) -> str:
        """Last two digits of the birth year."""
        return self.text[1:3]

    @property
    def month(self) -> str:
        """Birth month, or 20 to 99 when it is unknown."""
        return self.text[3:5]

    @property
    def place(self) -> str:
        """Department and commune, or 99 and country."""
        return self.text[5:10]

    @property
    def has_length(self) -> bool:
        """15 characters."""
        return len(self.text) == 15

    @property
    def has_sex_digit(self) -> bool:
        """Begins with 1 or 2."""
        return self.text[:1] in ("1", "2")

    @property
    def has_shape(self) -> bool:
        """All but the sex digit has the shape of a NIR."""
        return _SHAPE.fullmatch(self.text) is not None

    @property
    def shape_fault(self) -> str:
        """What spoils the shape of 15 characters: scripts, case, characters, month, department."""
        if any(char.isdigit() and not char.isascii() for char in self.text):
            return "scripts"
        if not _CHARACTERS.fullmatch(self.text):
            return "case" if _CHARACTERS.fullmatch(self.text.upper()) else "characters"
        return "department" if re.fullmatch(_MONTH, self.month) else "month"

    @property
    def knows_month(self) -> bool:
        """The month is one of the calendar, not a series for an unknown one."""
        return "01" <= self.month <= "12"

    @property
    def has_rare_series(self) -> bool:
        """The series of an unknown month is one that only the wide reading knows."""
        return "21" <= self.month <= "29" or "43" <= self.month <= "49"

    @property
    def expected_key(self) -> str:
        """The two digits that characters 14 and 15 should be. Only for a number with the shape."""
        digits = self.text[:13].replace("2A", "19").replace("2B", "18")
        return f"{97 - int(digits) % 97:02d}"

    @property
    def has_key(self) -> bool:
        """The key is right. Only for a number with the shape."""
        return self.text[13:] == self.expected_key
