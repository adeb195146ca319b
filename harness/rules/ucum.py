"""Whether a unit is UCUM, case sensitive: grammar of the terms, and the atoms that medicine uses.

A term is atoms with prefixes and exponents, joined by `.` or `/`, with parentheses and annotations
in braces. Of the atoms only those of the base system and of clinical use are known; that is enough
for doses, activities, volumes, masses, times and counts.
Source: The Unified Code for Units of Measure 2.1, sections 2 and 4.
"""

import re
from functools import lru_cache
from typing import Final


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_PREFIXES: Final = _set("Y Z E P T G M k h da d c m u n p f a z y")
_METRIC: Final = _set(
    "m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV",
    "pc kat U Ci R RAD REM B cal g% osm eq dyn P G st [iU] [IU] [arb'U] b",
)
_PLAIN: Final = _set(
    "% [ppth] [ppm] [ppb] [pi] 10* 10^ min h d wk mo a deg ' '' gon [in_i] [ft_i] [lb_av] [oz_av]",
    "[degF] [HU] [pH] m[Hg] mm[Hg] m[H2O] cm[H2O] [drp] [cfu] [pfu] [hpf] [lpf] dpt [diop]",
)
_ATOMS: Final = _PLAIN | _METRIC
_WITH_PREFIX: Final = frozenset(prefix + atom for prefix in _PREFIXES for atom in _METRIC)
_COMPONENT: Final = re.compile(
    r"(?P<atom>(?:\[[^\]\s]+\]|10[*^]|[A-Za-z%'])(?:[A-Za-z%']|\[[^\]\s]+\])*)(?P<exponent>[+-]?\d+)?"
    r"|(?P<number>\d+)"
)
_ANNOTATION: Final = re.compile(r"\{[\x21-\x7a\x7c\x7e]*\}")
_LONGEST: Final = 80


@lru_cache(256)  # a document has few units, many times
def is_unit(text: str) -> bool:
    """True for a term of UCUM made of atoms that are known here. Empty is none."""
    if not text or len(text) > _LONGEST or not text.isascii():
        return False
    bare = _ANNOTATION.sub("", text)
    if not bare:
        return True  # an annotation alone stands for 1
    return _is_term(bare)


def _is_term(text: str) -> bool:
    depth, want = 0, True
    position = 1 if text[0] == "/" else 0
    while position < len(text):
        char = text[position]
        if want and char == "(":
            depth, position = depth + 1, position + 1
        elif not want and char == ")" and depth:
            depth, position = depth - 1, position + 1
        elif not want and char in "./":
            want, position = True, position + 1
        else:
            end = _component(text, position) if want else 0
            if not end:
                return False
            want, position = False, end
    return not want and depth == 0


def _component(text: str, start: int) -> int:
    """Where the component ends that begins there; 0 when it is none."""
    found = _COMPONENT.match(text, start)
    if not found:
        return 0
    atom = found["atom"]
    known = atom is None or atom in _ATOMS or atom in _WITH_PREFIX
    return found.end() if known else 0
