"""INS identity in PID: what needs two fields, or arithmetic.

One fault, one finding: length, then shape, then sex digit, then key; each keeps quiet when an
earlier one has spoken. Source: PAM.FR 2.11.2 (PID-3, PID-5, PID-32), RNIV; INS fact sheet, 7.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator

from harness.rules import nir
from harness.rules.named import named
from harness.rules.nir import Number
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import Text, plain, say
from harness.wire.er7 import Message, Node


def _numbers(subject: Subject) -> Iterator[tuple[Node, Number]]:
    """The INS numbers of PID-3. HL7's null (deletion) and empty ones are not numbers."""
    for node in subject.carried.at("PID-3[5=INS].1"):
        if node.present and node.value != '""':
            yield node, Number(node.value)


@named("ins-present")
def present(subject: Subject) -> Iterator[Problem]:
    """An identifier of type INS; what is there instead is counted."""
    message = subject.carried
    if not any(node.present for node in message.at("PID-3[5=INS].1")):
        node = message.node("PID-3[5=INS].1")
        yield Problem(node.at, say("ins.wanted"), _what_is_there(message))


def _what_is_there(message: Message) -> Text:
    types = [node.value for node in message.at("PID-3.5") if node.present]
    if not message.has("PID-3"):
        return say("value.absent")
    return say("ins.types", count=len(types), types=", ".join(types) or "-")


@named("ins-length")
def length(subject: Subject) -> Iterator[Problem]:
    for node, number in _numbers(subject):
        if not number.has_length:
            separated = len("".join(c for c in number.text if c.isalnum())) == 15
            advice = say("ins.separators") if separated else None
            found = say("ins.length", count=len(number.text), value=quoted(number.text))
            yield Problem(node.at, say("ins.fifteen"), found, advice)


@named("ins-shape")
def shape(subject: Subject) -> Iterator[Problem]:
    for node, number in _numbers(subject):
        if number.has_length and not number.has_shape:
            lower = number.text.upper() != number.text
            yield Problem(
                node.at,
                say("ins.shape"),
                quoted(number.text),
                say("ins.lower_case") if lower else None,
            )


@named("ins-sex-digit")
def sex_digit(subject: Subject) -> Iterator[Problem]:
    for node, number in _numbers(subject):
        if number.has_shape and not number.has_sex_digit:
            temporary = number.text[:1] in ("7", "8")
            advice = say("ins.temporary") if temporary else None
            yield Problem(node.at, plain("`1` / `2`"), quoted(number.text[:1]), advice)


@named("ins-key")
def key(subject: Subject) -> Iterator[Problem]:
    for node, number in _numbers(subject):
        if number.has_shape and number.has_sex_digit and not number.has_key:
            wanted = say("ins.key", key=number.expected_key, body=number.text[:13])
            yield Problem(node.at, wanted, say("ins.key_read", key=number.text[13:]))


@named("ins-type")
def identifier_type(subject: Subject) -> Iterator[Problem]:
    for repetition, (kind, oid) in enumerate(_kinds_and_oids(subject.carried), 1):
        if oid in nir.OIDS and kind not in ("INS", "NH"):
            node = subject.carried.node(f"PID-3[{repetition}].5")
            yield Problem(node.at, plain("`INS`"), quoted(kind) if kind else say("value.absent"))


def _kinds_and_oids(message: Message) -> Iterator[tuple[str, str]]:
    kinds = (node.value for node in message.at("PID-3.5"))
    oids = (node.value for node in message.at("PID-3.4.2"))
    yield from zip(kinds, oids, strict=True)


@named("ins-namespace")
def namespace(subject: Subject) -> Iterator[Problem]:
    oids = [node.value for node in subject.carried.at("PID-3[5=INS].4.2")]
    for oid, node in zip(oids, subject.carried.at("PID-3[5=INS].4.1"), strict=True):
        wanted = nir.OIDS.get(oid)
        if wanted and node.value.replace(" ", "") != wanted:
            yield Problem(node.at, plain(f"`{wanted}`"), quoted(node.value))


@named("ins-once")
def once_per_oid(subject: Subject) -> Iterator[Problem]:
    nodes = list(subject.carried.at("PID-3[5=INS].4.2"))
    for oid, count in Counter(node.value for node in nodes if node.present).items():
        if count > 1:
            last = [node for node in nodes if node.value == oid][-1]
            yield Problem(last.at, plain("1"), plain(f"{count} × `{oid}`"))


@named("ins-test-in-production")
def test_in_production(subject: Subject) -> Iterator[Problem]:
    yield from _environment(subject, nir.TEST_OIDS, ("P",), "ins.not_production")


@named("ins-production-in-test")
def production_in_test(subject: Subject) -> Iterator[Problem]:
    real = frozenset(nir.OIDS) - nir.TEST_OIDS
    yield from _environment(subject, real, ("T", "D"), "ins.not_test")


def _environment(
    subject: Subject, oids: frozenset[str], modes: tuple[str, ...], wanted: str
) -> Iterator[Problem]:
    mode = subject.carried.first("MSH-11.1")
    for node in subject.carried.at("PID-3[5=INS].4.2"):
        if node.value in oids and mode in modes:
            yield Problem(node.at, say(wanted), say("ins.mode", oid=node.value, mode=mode))


@named("ins-qualified")
def qualified(subject: Subject) -> Iterator[Problem]:
    statuses = [node.value for node in subject.carried.at("PID-32") if node.present]
    if "VALI" not in statuses and any(_numbers(subject)):
        found = quoted(", ".join(statuses)) if statuses else say("value.absent")
        yield Problem(subject.carried.node("PID-32").at, plain("`VALI`"), found)


@named("ins-first-given-name")
def first_given_name(subject: Subject) -> Iterator[Problem]:
    """Capitals, no accents, hyphen and apostrophe read as a space; a whole-word beginning."""
    message = subject.carried
    names = list(message.at("PID-5[7=L].3"))
    for first, whole in zip(message.at("PID-5[7=L].2"), names, strict=True):
        if first.present and whole.present:
            begin, full = _folded(first.value), _folded(whole.value)
            if full != begin and not full.startswith(begin + " "):
                yield Problem(
                    first.at, say("ins.begins", list=quoted(whole.value)), quoted(first.value)
                )


def _folded(name: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return " ".join(bare.upper().replace("-", " ").replace("'", " ").replace("’", " ").split())


# -- the number against the traits: never more than a warning, the civil record may have changed


def _trait(
    subject: Subject, path: str, wanted: Callable[[Number], str], cut: slice
) -> Iterator[Problem]:
    node = subject.carried.node(path)
    for _, number in _numbers(subject):
        if not (number.has_shape and node.present):
            continue
        expected = wanted(number)
        if expected and node.value[cut] != expected:
            yield Problem(node.at, say("ins.number_says", value=expected), quoted(node.value))


@named("ins-sex-agrees")
def sex_agrees(subject: Subject) -> Iterator[Problem]:
    yield from _trait(subject, "PID-8", lambda number: number.sex, slice(None))


@named("ins-year-agrees")
def year_agrees(subject: Subject) -> Iterator[Problem]:
    yield from _trait(subject, "PID-7", lambda number: number.year, slice(2, 4))


@named("ins-month-agrees")
def month_agrees(subject: Subject) -> Iterator[Problem]:
    """Only for a known month: 20 to 99 stand for an unknown one."""
    yield from _trait(
        subject, "PID-7", lambda n: n.month if "01" <= n.month <= "12" else "", slice(4, 6)
    )


@named("ins-place-agrees")
def place_agrees(subject: Subject) -> Iterator[Problem]:
    node = subject.carried.node("PID-11[7=BDL].9")
    for _, number in _numbers(subject):
        if number.has_shape and node.present and not _same_place(number.place, node.value):
            expected = say("ins.number_says", value=number.place)
            yield Problem(node.at, expected, quoted(node.value), say("ins.place_advice"))


def _same_place(number: str, cog: str) -> bool:
    """Equal, or different for a reason of history (INS fact sheet, table under section 7)."""
    if number == cog or (number[:2] == "99" and cog[:2] == "99"):
        return True
    moved = {
        "20": ("2A", "2B"),  # Corsica before 1976
        "75": ("77", "78", "91", "92", "93", "94", "95"),  # Seine before 1968
        "78": ("75", "91", "92", "93", "94", "95"),  # Seine-et-Oise before 1968
    }
    if cog[:2] in moved.get(number[:2], ()):
        return True
    colonies = {"91": "99352", "92": "99352", "93": "99352", "94": "99352"}
    colonies |= {"95": "99350", "96": "99351"}
    return cog == colonies.get(number[:2])
