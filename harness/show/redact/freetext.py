"""Free text: what was replaced elsewhere is looked for and replaced here too; dates are moved."""

import re
from typing import Final

from harness.show.redact.pseudonyms import LEARNT_WORD, Pseudonyms, folded, words

_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE: Final = re.compile(r"(?<![\w.])(?:\+33[ .-]?|0033[ .-]?|0)[1-9](?:[ .-]?\d{2}){4}(?![\w])")
_FRENCH: Final = re.compile(r"(?<!\d)(\d{2})([/.-])(\d{2})\2(\d{4})(?!\d)")
_ISO: Final = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_RUN: Final = re.compile(r"[^\W_]+")
_MONTHS: Final = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_IN_WORDS: Final = re.compile(
    rf"(?<!\d)(\d{{1,2}}|1er) ({'|'.join(_MONTHS)}) (\d{{4}})(?!\d)", re.IGNORECASE
)
_COMMON: Final = words(
    """AUX AVEC CES DANS DES ELLE EST ETE ETRE IL LES LEUR MAIS NON NOUS OUI PAR PAS PLUS POUR QUE
    QUI SANS SES SON SOUS SUR TEL TES TON UNE VOUS THE AND FOR DOCTEUR MADAME MONSIEUR"""
)


def replaced(text: str, known: Pseudonyms) -> str:
    """The text with names, numbers, addresses and dates replaced by what stands for them."""
    for phrase, put in known.phrases.items():
        if phrase in text:
            text = text.replace(phrase, put)
    text = _MAIL.sub(lambda found: known.mail(found[0]), text)
    text = _PHONE.sub(lambda found: known.phone(found[0]), text)
    text = _FRENCH.sub(lambda found: _french(found, known), text)
    text = _ISO.sub(lambda found: _iso(found, known), text)
    text = _IN_WORDS.sub(lambda found: _in_words(found, known), text)
    return _RUN.sub(lambda found: run(found[0], known), text)


def run(text: str, known: Pseudonyms) -> str:
    """One run of letters and digits, replaced when it is known."""
    if text in known.runs:
        return known.runs[text]
    if text in known.births:
        return known.births[text]
    whole = folded(text)
    if len(whole) >= LEARNT_WORD and whole in known.words and whole not in _COMMON:
        return known.word(text)
    return text


def _day(day: str, known: Pseudonyms) -> str:
    """Eight digits moved: a birth date as such, any other day with all others."""
    return known.births.get(day) or known.moment(day)


def _french(found: "re.Match[str]", known: Pseudonyms) -> str:
    day, mark, month, year = found.groups()
    put = _day(f"{year}{month}{day}", known)
    return f"{put[6:]}{mark}{put[4:6]}{mark}{put[:4]}"


def _iso(found: "re.Match[str]", known: Pseudonyms) -> str:
    put = _day("".join(found.groups()), known)
    return f"{put[:4]}-{put[4:6]}-{put[6:]}"


def _in_words(found: "re.Match[str]", known: Pseudonyms) -> str:
    day, month, year = found.groups()
    number = _MONTHS.index(month.lower()) + 1
    put = _day(f"{year}{number:02d}{int(day.removesuffix('er')):02d}", known)
    written = f"{put[6:]}/{put[4:6]}/{put[:4]}"  # months have names of all lengths
    return written.ljust(len(written) + len(found[0].encode()) - len(written.encode()))
