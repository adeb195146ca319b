"""The identity status (PID-32) and the five strict traits that go with an INS.

Source: PAM.FR 2.11.2, PID-5, PID-7, PID-11, PID-32; RNIV; INS fact sheet, sections 1, 4, 5 and 7.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from harness import data, yamlfile
from harness.rules.agreement import COG, is_after
from harness.rules.identified import NULL, active
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.rules.types import is_date
from harness.text import Text, plain, say
from harness.wire.er7 import Message, Node

# statuses of the RNIV that the French list of PID-32 does not have, and what it has instead
_OTHER_WORDS: Final = {"QUAL": "VALI", "RECUP": "PROV"}
_ONLY_PROVISIONAL: Final = ("DOUT", "FICT")


# -- status ---------------------------------------------------------------------------------


def _statuses(message: Message) -> list[Node]:
    return [node for node in message.at("PID-32") if node.present and node.value != NULL]


def _is_qualified(message: Message) -> bool:
    return "VALI" in {_OTHER_WORDS.get(node.value, node.value) for node in _statuses(message)}


@named("ins-qualified")
def qualified(subject: Subject) -> Iterator[Problem]:
    """Silent about what the attributes contradict already."""
    message = subject.carried
    if active(message) is None or _is_qualified(message) or _contradiction(message):
        return
    found = [node.value for node in _statuses(message)]
    actual = quoted(", ".join(found)) if found else say("value.absent")
    yield Problem(message.node("PID-32").at, plain("`VALI`"), actual, say("ins.not_qualified"))


@named("ins-status-attributes")
def attributes(subject: Subject) -> Iterator[Problem]:
    """Doubtful and fictitious go with a provisional identity only, and not with one another."""
    found = _contradiction(subject.carried)
    if found:
        node, wanted = found
        statuses = ", ".join(one.value for one in _statuses(subject.carried))
        yield Problem(node.at, wanted, quoted(statuses))


def _contradiction(message: Message) -> tuple[Node, Text] | None:
    by_code = {node.value: node for node in _statuses(message)}
    for code in _ONLY_PROVISIONAL:
        if code in by_code and "VALI" in by_code:
            return by_code[code], say("ins.only_provisional", code=code)
        if code in by_code and active(message):
            return by_code[code], say("ins.no_number_with", code=code)
    if "FICT" in by_code and not {"DOUT", "HOMA", "HOMD"}.isdisjoint(by_code):
        return by_code["FICT"], say("ins.fictitious_alone")
    return None


@named("ins-status-listed")
def listed(subject: Subject) -> Iterator[Problem]:
    """Silent when the identity is not qualified and an INS is there: that is said already."""
    message = subject.carried
    if active(message) and not _is_qualified(message):
        return
    for node in _statuses(message):
        if node.value not in _french_statuses():
            instead = _OTHER_WORDS.get(node.value)
            advice = say("ins.write_instead", code=instead) if instead else None
            words = say("value.of_set", name="hl7-0445-fr")
            yield Problem(node.at, words, quoted(node.value), advice)


@cache
def _french_statuses() -> frozenset[str]:
    sets = yamlfile.load(data.path("schemas", "valuesets", "hl7.yaml")).need("sets")
    return frozenset(sets.need("hl7-0445-fr").need("codes").fields)


@named("ins-expected")
def expected(subject: Subject) -> Iterator[Problem]:
    """A validated identity, and no INS."""
    message = subject.carried
    if not message.has("PID-3[5=INS].1") and _is_qualified(message):
        yield Problem(message.node("PID-3").at, say("ins.wanted"), say("ins.validated_only"))


@named("ins-not-yet")
def not_yet(subject: Subject) -> Iterator[Problem]:
    """Neither INS nor a validated identity."""
    message = subject.carried
    if not message.has("PID-3[5=INS].1") and not _is_qualified(message):
        found = ", ".join(node.value for node in _statuses(message))
        actual = quoted(found) if found else say("value.absent")
        yield Problem(message.node("PID-32").at, say("ins.qualified_wanted"), actual)


@named("ins-corrected-date")
def corrected_date(subject: Subject) -> Iterator[Problem]:
    """ZFD-4: an exceptional birth date was corrected, so INSi cannot have qualified it."""
    message = subject.carried
    node = message.node("ZFD-4")
    if node.value == "Y" and active(message):
        yield Problem(node.at, plain("`N`"), quoted(node.value), say("ins.corrected"))


# -- traits ---------------------------------------------------------------------------------


def _missing(subject: Subject, path: str, advice: Text | None = None) -> Iterator[Problem]:
    """Nothing, or HL7's null, where a trait is wanted; asked only with a number."""
    node = subject.carried.node(path)
    if active(subject.carried) and (not node.present or node.value == NULL):
        yield Problem(node.at, say("value.some"), say("value.absent"), advice)


@named("ins-birth-name")
def birth_name(subject: Subject) -> Iterator[Problem]:
    shifted = any(node.value == "L" for node in subject.carried.at("PID-5.8"))
    advice = say("ins.shifted_type") if shifted else None
    yield from _missing(subject, "PID-5[7=L].1", advice)


@named("ins-given")
def given(subject: Subject) -> Iterator[Problem]:
    yield from _missing(subject, "PID-5[7=L].2")


@named("ins-given-list")
def given_list(subject: Subject) -> Iterator[Problem]:
    yield from _missing(subject, "PID-5[7=L].3")


@named("ins-date")
def date(subject: Subject) -> Iterator[Problem]:
    yield from _missing_plain(subject, "PID-7")


@named("ins-sex")
def sex(subject: Subject) -> Iterator[Problem]:
    yield from _missing_plain(subject, "PID-8")


@named("ins-place")
def place(subject: Subject) -> Iterator[Problem]:
    """The advice says where a code of that form stands instead."""
    message = subject.carried
    near = [*message.at("PID-11[7=BDL].5"), *message.at("PID-11.9"), *message.at("PID-23")]
    elsewhere = next((node for node in near if COG.fullmatch(node.value)), None)
    advice = say("ins.place_elsewhere", place=elsewhere.at.path or "") if elsewhere else None
    yield from _missing_plain(subject, "PID-11[7=BDL].9", advice)


def _missing_plain(subject: Subject, path: str, advice: Text | None = None) -> Iterator[Problem]:
    """The same, where the rule on the value speaks of the null."""
    if not subject.carried.has(path):
        yield from _missing(subject, path, advice)


@named("ins-real-date")
def real_date(subject: Subject) -> Iterator[Problem]:
    """A day of the calendar, not after the message itself (MSH-7)."""
    message, node = subject.carried, subject.carried.node("PID-7")
    if not node.present or active(message) is None:
        return
    if not is_date(node.value):
        yield Problem(node.at, say("type.DT"), quoted(node.value), _why_no_date(message))
    elif is_after(node.value, message):
        today = message.first("MSH-7.1")[:8]
        yield Problem(node.at, say("ins.not_future", date=today), quoted(node.value))


def _why_no_date(message: Message) -> Text | None:
    value = message.first("PID-7")
    if not (value.isascii() and value.isdigit()):
        return None
    if len(value) == 8:
        return say("ins.lunar")
    return say("ins.incomplete_date") if len(value) < 8 else say("ins.date_only")


@named("ins-first-given-name")
def first_given_name(subject: Subject) -> Iterator[Problem]:
    """Capitals, no accents, hyphen and apostrophe read as a space; a whole-word beginning."""
    message = subject.carried
    if active(message) is None:
        return
    names = list(message.at("PID-5[7=L].3"))
    for first, whole in zip(message.at("PID-5[7=L].2"), names, strict=True):
        if first.present and whole.present and not _begins(first.value, whole.value):
            wanted = say("ins.begins", list=quoted(whole.value))
            advice = say("ins.list_separator") if {",", ";"} & set(whole.value) else None
            yield Problem(first.at, wanted, quoted(first.value), advice)


def _begins(first: str, whole: str) -> bool:
    begin, full = folded(first), folded(whole)
    return full == begin or full.startswith(begin + " ")


def folded(name: str) -> str:
    """Capitals without accents; hyphen and apostrophe are spaces, and spaces are single."""
    bare = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return " ".join(bare.upper().replace("-", " ").replace("'", " ").replace("’", " ").split())


@named("ins-capitals")
def capitals(subject: Subject) -> Iterator[Problem]:
    message = subject.carried
    for number in (1, 2, 3):
        for node in message.at(f"PID-5[7=L].{number}") if active(message) else ():
            if any(char.isalpha() and not "A" <= char <= "Z" for char in node.value):
                yield Problem(node.at, say("ins.capitals"), quoted(node.value))


@named("ins-used-name")
def used_name(subject: Subject) -> Iterator[Problem]:
    """A repetition of type D holds a name or a given name; HL7's null erases the former one."""
    message = subject.carried
    for whole in message.at("PID-5[7=D]"):
        parts = [message.node(f"{whole.at.path}.{number}") for number in (1, 2)]
        if whole.present and not any(part.present for part in parts):
            yield Problem(parts[0].at, say("ins.used_name"), say("value.absent"))
