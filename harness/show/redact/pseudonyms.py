"""What stands for a name, a number, an address, a date: same length, same shape.

`Pseudonyms` remembers what it replaced, so that free text and addresses of documents are searched
for the same values afterwards. It is filled by a first pass over everything, and used in a second.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

from stdnum import luhn
from stdnum.fr import nir, siren, siret

from harness.rules import national
from harness.rules.agreement import COG
from harness.rules.national import National

LEARNT_RUN: Final = 5  # characters of a number from which on it is looked for everywhere
LEARNT_WORD: Final = 3  # the same for a name
_VOWELS: Final = "AEIOU"
_CONSONANTS: Final = "BDFGHJKLMPQRSTVWXYZ"
_MARKED: Final = {"C": "ç", "N": "ñ"}  # consonants that may bear a mark: one for the other
_LIGATURES: Final = {"Œ": "OE", "œ": "OE", "Æ": "AE", "æ": "AE"}
_RUN: Final = re.compile(r"[^\W_]+")


def words(text: str) -> frozenset[str]:
    """The words of a text between blanks."""
    return frozenset(text.split())


# Words of addresses and of names of structures that tell nobody from anybody.
_GENERAL: Final = words(
    """AGENCE ALLEE AVENUE BOULEVARD CABINET CENTRE CENTER CHEMIN CHU CLINIQUE COURS DE DEPARTEMENT
    DES DU ESPLANADE ET GROUPE GROUPEMENT HOPITAL HOSPITALIER IMAGERIE IMPASSE INSTITUT LA LE
    LES MEDICAL MEDICALE MEDICALES MEDICAUX PASSAGE PLACE PLATEFORME POLE QUAI RADIOLOGIE
    RADIOLOGIQUE REGIONAL ROUTE RUE SANTE SERVICE SITE SQUARE TELERADIOLOGIE UNIVERSITAIRE VOIE"""
)
_DOMAINS: Final = words(
    """mssante patient pro formation test medical fr com org net eu asso gouv example"""
)
_UID: Final = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


def folded(word: str) -> str:
    """Capitals without accents, ligatures as two letters."""
    plain = "".join(_LIGATURES.get(char, char) for char in word)
    bare = unicodedata.normalize("NFD", plain.upper())
    return "".join(char for char in bare if not unicodedata.combining(char))


class Pseudonyms:
    """Pseudonyms under one key. `runs` are the numbers replaced so far, `words` the names."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.runs: dict[str, str] = {}
        self.words: dict[str, str] = {}
        self.phrases: dict[str, str] = {}
        self.births: dict[str, str] = {}
        self._taken: set[tuple[str, str]] = set()
        self._short: dict[tuple[str, str], str] = {}
        self._keyed: dict[str, str] = {}  # numbers with a key: they win over plain runs of digits
        self.years = 2 + self._draw("years", "")[0] % 4
        self.shift = timedelta(weeks=-(4 + self._draw("weeks", "")[0] % 22))
        self._months = self._shuffled(range(1, 13), "months")
        self._turn = self._draw("days", "")[0] % 28

    def _draw(self, kind: str, text: str, attempt: int = 0) -> bytes:
        """64 bytes that depend on the key and the text only."""
        asked = f"{kind}\0{attempt}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, asked, hashlib.sha512).digest()

    def _bytes(self, kind: str, text: str, attempt: int = 0) -> Iterator[int]:
        block = 0
        while True:
            yield from self._draw(f"{kind}/{block}", text, attempt)
            block += 1

    def _shuffled(self, items: range, kind: str) -> dict[int, int]:
        order = sorted(items, key=lambda item: self._draw(kind, str(item)))
        return dict(zip(items, order, strict=True))

    def _unique(self, kind: str, text: str, found: str, attempt: int) -> bool:
        """Nobody else has this pseudonym, and it is not the value itself."""
        if attempt < 50 and (found == text or (kind, found) in self._taken):
            return False
        self._taken.add((kind, found))
        return True

    # -- names ------------------------------------------------------------------------------

    def word(self, word: str) -> str:
        """A name with the case and the accents of the one given; a single letter stays."""
        whole = folded(word)
        if len(whole) < 2 or not any("A" <= char <= "Z" for char in whole):
            return word
        if whole not in self.words:
            self.words[whole] = self._new_word(whole)
        return _dressed(word, self.words[whole])

    def _new_word(self, whole: str) -> str:
        for attempt in range(51):
            drawn = self._bytes("word", whole, attempt)
            found = "".join(_letter(char, next(drawn)) for char in whole)
            for pair in ("OE", "AE"):  # they may be written as one letter
                for at in _places(whole, pair):
                    found = found[:at] + pair + found[at + 2 :]
            if self._unique("word", whole, found, attempt):
                break
        return found

    def name(self, text: str) -> str:
        """Every word of a person's name."""
        return _each_run(text, lambda run: self.word(run) if run.isalpha() else self.run(run))

    def place(self, text: str) -> str:
        """A street, a town: words that say what kind of street stay."""
        return _each_run(text, self._of_place)

    def structure(self, text: str) -> str:
        """The name of a structure; remembered as a whole."""
        found = self.place(text)
        if len(text) >= 8 and found != text:
            self.phrases[text] = found
        return found

    def _of_place(self, run: str) -> str:
        if run.isdigit():
            return self._short_run("place", run)
        whole = folded(run)
        if whole in _GENERAL or len(whole) < 3:
            return run
        return _dressed(run, self._word_of_place(whole)) if run.isalpha() else self.run(run)

    def _word_of_place(self, whole: str) -> str:
        """The same word as for a name, but free text is not searched for it."""
        known = self.words.get(whole) or self._short.get(("word", whole))
        if known is None:
            known = self._short["word", whole] = self._new_word(whole)
        return known

    # -- numbers ----------------------------------------------------------------------------

    def identifier(self, text: str) -> str:
        """A number of an order, a patient, a study, an object: letters stay, long digits change.

        What stands beside a long run (`-2` behind an accession number) stays: it would not be found
        again elsewhere. A number of short runs only is remembered as a whole.
        """
        if _UID.fullmatch(text):
            arcs = (self.run(arc, keep=4) if len(arc) > 7 else arc for arc in text.split("."))
            return ".".join(arcs)
        least = LEARNT_RUN if any(map(_is_long, _RUN.findall(text))) else 1
        found = _each_run(text, lambda run: self.run(run) if _has_digit(run, least) else run)
        if least == 1 and len(text) > LEARNT_RUN and found != text:
            self.phrases[text] = found
        return found

    def run(self, run: str, keep: int = 1) -> str:
        """One run of letters and digits: other digits, the first `keep` of them stay."""
        if len(run) < LEARNT_RUN:
            return self._short_run("run", run)
        if run not in self.runs:
            for attempt in range(51):
                found = self._digits(run, keep, attempt)
                if self._unique("run", run, found, attempt):
                    break
            self.runs[run] = found
        return self.runs[run]

    def _short_run(self, kind: str, run: str) -> str:
        """A short number: too common to be looked for elsewhere."""
        if (kind, run) not in self._short:
            for attempt in range(51):
                found = self._digits(run, 0 if len(run) < 3 else 1, attempt)
                if self._unique(f"{kind}{len(run)}", run, found, attempt):
                    break
            self._short[kind, run] = found
        return self._short[kind, run]

    def _digits(self, run: str, keep: int, attempt: int = 0) -> str:
        drawn, out, seen = self._bytes("digits", run, attempt), [], 0
        for char in run:
            if not ("0" <= char <= "9"):
                out.append(char)
                continue
            seen += 1
            put = str(next(drawn) % 10) if seen > keep else char
            first = seen == 1 and char != "0" and len(run) > 1
            out.append(str(1 + int(put) % 9) if first and put == "0" else put)
        return "".join(out)

    def ins(self, text: str) -> str:
        """An INS number: born two to five years earlier, in another commune of the department, with
        an order number that nobody has, and the key that follows; a wrong key stays wrong.
        """
        if len(text) < 13 or not text.isalnum() or not text.isascii():
            return self.identifier(text)
        if text not in self._keyed:
            self._keyed[text] = self._new_ins(text)
            self.runs[text] = self._keyed[text]
            self.runs[text[:13]] = self._keyed[text][:13]
        return self._keyed[text]

    def _new_ins(self, text: str) -> str:
        """The 13 characters are those of the person, whatever key was written."""
        body = self._short.get(("ins", text[:13]))
        if body is None:
            body = self._short["ins", text[:13]] = self._new_body(text)
        return body + _same_fault(text, body)

    def _new_body(self, text: str) -> str:
        year, month, place = text[1:3], text[3:5], text[5:10]
        if year.isdigit():
            year = f"{(int(year) - self.years) % 100:02d}"
        if month.isdigit() and 1 <= int(month) <= 12:
            month = f"{self._months[int(month)]:02d}"
        head = text[0] + year + month + self.commune(place)
        for attempt in range(51):
            order = f"{987 + self._draw('order', text[:13], attempt)[0] % 13:03d}"
            body = head + (order if text[10:13].isdigit() else text[10:13])
            if self._unique("ins", text[:13], body, attempt):
                break
        return body

    def commune(self, code: str) -> str:
        """A commune (COG) of the same department; a country stays."""
        fixed = 5 if code[:2] == "99" else 3 if code[:2] in ("97", "98") else 2
        return code[:fixed] + "".join(
            str((int(char) + 1 + self._draw("commune", str(at))[0] % 9) % 10)
            if char.isdigit() and char.isascii()
            else char
            for at, char in enumerate(code[fixed:], fixed)
        )

    def person(self, kind: str, text: str) -> str:
        """The national number of a professional (RPPS, ADELI), with its key; else an identifier."""
        return self._national(
            national.read_person(kind, text) or national.read_person("", text), text
        )

    def organization(self, kind: str, text: str) -> str:
        """The national number of a structure (FINESS, SIREN, SIRET), with its key."""
        found = national.read_structure(kind, text) or national.read_structure("", text)
        return self._national(found, text)

    def _national(self, found: National | None, text: str) -> str:
        if found is None:
            return self.identifier(text)
        if found.kind == "mail":
            return text.replace(found.number, self.mail(found.number))
        put = self._number(found)
        at = text.index(found.number)
        whole = text[:at] + put + text[at + len(found.number) :]
        if text.isalnum() and len(text) >= LEARNT_RUN:
            self.runs[text] = whole
        return whole

    def _number(self, found: National) -> str:
        number = found.number
        if number in self._keyed:
            return self._keyed[number]
        for attempt in range(51):
            put = self._digits(number, 3 if found.kind == "rpps" else 2, attempt)
            put = _with_key(found.kind, number, put)
            if self._unique("national", number, put, attempt):
                break
        self._keyed[number] = put
        if len(number) >= LEARNT_RUN:
            self.runs[number] = put
        return put

    # -- addresses --------------------------------------------------------------------------

    def postal_code(self, text: str) -> str:
        """Another one of the department."""
        return _each_run(text, lambda run: run[:2] + self._short_run("postal", run)[2:])

    def telecom(self, text: str) -> str:
        """A telephone number, a mail address, with or without its scheme."""
        scheme, mark, rest = text.rpartition(":")
        return f"{scheme}{mark}{self.mail(rest) if '@' in rest else self.phone(rest)}"

    def phone(self, text: str) -> str:
        """The last nine digits but the first change, however they are written."""
        digits = "".join(char for char in text if char.isdigit())
        if len(digits) < 6:
            return text
        core = digits[-9:]
        if core not in self.runs:
            self.runs[core] = self._digits(core, 1)
        put = digits[: -len(core)] + self.runs[core]
        if len(digits) > len(core):
            self.runs[digits] = put
        drawn = iter(put)
        return "".join(next(drawn) if char.isdigit() else char for char in text)

    def mail(self, text: str) -> str:
        """A mail address; the domains of MSSanté and of countries stay."""
        local, _, domain = text.rpartition("@")
        labels = (
            label if label.lower() in _DOMAINS else _each_run(label, self._of_mail)
            for label in domain.split(".")
        )
        return f"{_each_run(local, self._of_mail)}@{'.'.join(labels)}"

    def _of_mail(self, run: str) -> str:
        if run in self.runs:
            return self.runs[run]
        if run.isalpha():
            return _dressed(run, self._word_of_place(folded(run))) if len(run) > 1 else run
        return self.ins(run) if len(run) == 15 else self.run(run)

    # -- dates ------------------------------------------------------------------------------

    def birth(self, text: str) -> str:
        """A birth date in HL7's form, exact or not: another day, month and year."""
        if len(text) < 4 or not text[:4].isdigit():
            return text
        year, month, day = int(text[:4]) - self.years, text[4:6], text[6:8]
        if _is_day(text[:8]):
            new = self._months[int(month)]
            put = f"{year:04d}{new:02d}{self._day(int(day), year, new):02d}{text[8:]}"
        elif month.isdigit() and 1 <= int(month) <= 12 and day in ("", "00"):
            put = f"{year:04d}{self._months[int(month)]:02d}{text[6:]}"
        else:
            put = f"{year:04d}{text[4:]}"
        if _is_day(text[:8]):
            self.births[text[:8]] = put[:8]
        return put

    def _day(self, day: int, year: int, month: int) -> int:
        if day > 28:
            return day if _is_day(f"{year:04d}{month:02d}{day:02d}") else 28
        return (day - 1 + self._turn) % 28 + 1

    def moment(self, text: str) -> str:
        """A date or a time in HL7's form that is no birth: all of a run move by the same weeks."""
        if not _is_day(text[:8]):
            return text
        return self.day(text[:8]) + text[8:]

    def day(self, text: str) -> str:
        """Eight digits of a day that is no birth."""
        moved = date(int(text[:4]), int(text[4:6]), int(text[6:8])) + self.shift
        return f"{moved:%Y%m%d}".rjust(8, "0")


def _has_digit(run: str, least: int) -> bool:
    return len(run) >= least and any(map(str.isdigit, run))


def _is_long(run: str) -> bool:
    return _has_digit(run, LEARNT_RUN)


def is_commune(text: str) -> bool:
    """The whole text has the form of a COG."""
    return COG.fullmatch(text) is not None


def _is_day(text: str) -> bool:
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return False
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])).year >= 100
    except ValueError:
        return False


def _each_run(text: str, put: Callable[[str], str]) -> str:
    """The text with each run of letters and digits replaced; HL7's escape sequences stay."""
    parts = re.split(r"(\\[^\\\s]{1,40}\\)", text)
    return "".join(
        part if at % 2 else _RUN.sub(lambda found: put(found[0]), part)
        for at, part in enumerate(parts)
    )


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _letter(char: str, drawn: int) -> str:
    if char in _VOWELS:
        return _VOWELS[drawn % len(_VOWELS)]
    if char in _MARKED:
        return "CN"[drawn % 2]
    if "A" <= char <= "Z":
        return _CONSONANTS[drawn % len(_CONSONANTS)]
    return char


def _dressed(word: str, put: str) -> str:
    """The letters of `put` with the case and the accents of `word`."""
    out, at = [], 0
    for char in word:
        if char in _LIGATURES:
            out.append(char)
            at += 2
            continue
        width = len(folded(char))
        letters = put[at : at + width]
        at += width
        out.append(_one(char, letters) if width == 1 else char)
    return "".join(out)


def _one(char: str, letter: str) -> str:
    taken = unicodedata.normalize("NFD", char)
    base, marks = taken[0], taken[1:]
    if char.lower() in _MARKED.values():
        made = _MARKED[letter.upper()]
        return made.upper() if base.isupper() else made
    if marks and base.upper() not in _VOWELS:
        return char
    letter = letter if base.isupper() else letter.lower()
    made = unicodedata.normalize("NFC", letter + marks)
    return made if len(made) == 1 else char


def _same_fault(text: str, body: str) -> str:
    """The key of `body`; as wrong as the one of `text` was."""
    key, own = text[13:], _ins_key(text[:13])
    right = _ins_key(body)
    if not (len(key) == 2 and key.isdigit() and own and right):
        return key
    return f"{(int(key) - int(own) + int(right)) % 97 or 97:02d}" if key != own else right


def _ins_key(body: str) -> str:
    try:
        return str(nir.calc_check_digits(body))
    except ValueError:
        return ""


def _with_key(kind: str, number: str, put: str) -> str:
    """The number with a key that is right where that of `number` was, and wrong where it was."""
    if kind not in ("rpps", "rank", "finess", "siren", "siret") or not put.isdigit():
        return put
    if kind == "siret":  # the key of the SIREN inside comes first
        put = put[:8] + luhn.calc_check_digit(put[:8]) + put[9:]
    right = put[:-1] + luhn.calc_check_digit(put[:-1])
    valid = {"siren": siren.is_valid, "siret": siret.is_valid}.get(kind, luhn.is_valid)
    if valid(number):
        return right
    return right[:-1] + str((int(right[-1]) + 1) % 10)
