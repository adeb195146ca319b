"""The INS number in PID-3 and its authority: what needs two fields, or arithmetic.

One fault, one finding: length, then shape, then sex digit, then key; each keeps quiet when an
earlier one has spoken, and all of them about a deletion (HL7's null).
Source: PAM.FR 2.11.2, PID-3; INS fact sheet, sections 2, 3 and 7.
"""

from collections import Counter
from collections.abc import Iterator

from harness.rules import agreement, nir
from harness.rules.identified import Ins, active, numbers, repetitions
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import Text, plain, say
from harness.wire.er7 import Message


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


# -- the number -----------------------------------------------------------------------------


@named("ins-length")
def length(subject: Subject) -> Iterator[Problem]:
    for ins in numbers(subject.carried):
        text = ins.number.text
        if not ins.number.has_length:
            separated = len("".join(c for c in text if c.isalnum())) == 15
            advice = say("ins.separators") if separated else None
            found = say("ins.length", count=len(text), value=ins.shown(text))
            yield Problem(ins.node.at, say("ins.fifteen"), found, advice)


@named("ins-shape")
def shape(subject: Subject) -> Iterator[Problem]:
    for ins in numbers(subject.carried):
        number = ins.number
        if number.has_length and not number.has_shape:
            advice = say(f"ins.shape.{number.shape_fault}")
            yield Problem(ins.node.at, say("ins.shape"), ins.shown(number.text), advice)


@named("ins-sex-digit")
def sex_digit(subject: Subject) -> Iterator[Problem]:
    for ins in numbers(subject.carried):
        if ins.number.has_shape and not ins.number.has_sex_digit:
            temporary = ins.number.text[:1] in ("7", "8")
            advice = say("ins.temporary") if temporary else None
            yield Problem(ins.node.at, plain("`1` / `2`"), quoted(ins.number.text[:1]), advice)


@named("ins-key")
def key(subject: Subject) -> Iterator[Problem]:
    """Where the traits show a slip of the hand, the advice names its place."""
    for ins in numbers(subject.carried):
        number = ins.number
        if number.has_shape and number.has_sex_digit and not number.has_key:
            wanted = say("ins.key", key=number.expected_key, body=ins.masked(number.text[:13]))
            yield Problem(
                ins.node.at, wanted, say("ins.key_read", key=number.text[13:]), _where(ins)
            )


def _where(ins: Ins) -> Text | None:
    taken = active(ins.message)
    place = agreement.slip(ins.message, ins.number) if taken and taken.place == ins.place else 0
    return say("ins.slip", place=place) if place else None


@named("ins-month-series")
def month_series(subject: Subject) -> Iterator[Problem]:
    for ins in numbers(subject.carried):
        number = ins.number
        right = number.has_shape and number.has_sex_digit and number.has_key
        if right and number.has_rare_series:
            yield Problem(ins.node.at, say("ins.series"), quoted(number.month))


# -- the authority --------------------------------------------------------------------------


@named("ins-oid-type")
def oid_type(subject: Subject) -> Iterator[Problem]:
    """Asked only where an OID stands: the whole authority missing is another fault."""
    for ins in numbers(subject.carried):
        kind = ins.part("4.3")
        if ins.oid and kind.value != "ISO":
            actual = quoted(kind.value) if kind.present else say("value.absent")
            yield Problem(kind.at, plain("`ISO`"), actual)


@named("ins-type")
def identifier_type(subject: Subject) -> Iterator[Problem]:
    message = subject.carried
    for oid in message.at("PID-3.4.2"):
        kind = message.node(oid.at.path.removesuffix(".4.2") + ".5")
        if oid.value in nir.OIDS and kind.value not in ("INS", "NH"):
            actual = quoted(kind.value) if kind.present else say("value.absent")
            yield Problem(kind.at, plain("`INS`"), actual)


@named("ins-namespace")
def namespace(subject: Subject) -> Iterator[Problem]:
    for ins in numbers(subject.carried):
        wanted, name = nir.OIDS.get(ins.oid), ins.part("4.1")
        if wanted and name.value.replace(" ", "") != wanted:
            actual = quoted(name.value) if name.present else say("value.absent")
            yield Problem(name.at, plain(f"`{wanted}`"), actual)


@named("ins-once")
def once_per_oid(subject: Subject) -> Iterator[Problem]:
    held = numbers(subject.carried)
    for oid, count in Counter(ins.oid for ins in held if ins.oid).items():
        if count > 1:
            last = [ins for ins in held if ins.oid == oid][-1]
            yield Problem(last.part("4.2").at, plain("1"), plain(f"{count} × `{oid}`"))


@named("ins-same-number")
def same_number(subject: Subject) -> Iterator[Problem]:
    """One number under two authorities of the INS."""
    held = numbers(subject.carried)
    for ins in held[1:]:
        twin = next((one for one in held if one.number == ins.number), ins)
        if twin.oid != ins.oid:
            wanted = say("ins.another_number", oid=twin.oid)
            yield Problem(ins.node.at, wanted, ins.shown(ins.number.text))


@named("ins-waiting-number")
def waiting_number(subject: Subject) -> Iterator[Problem]:
    """A NIA beside the NIR: allowed while one becomes the other, said for information."""
    taken = active(subject.carried)
    for ins in numbers(subject.carried):
        if ins.oid == nir.NIA and taken and taken.oid != nir.NIA and taken.number != ins.number:
            yield Problem(ins.node.at, say("ins.nir_alone"), say("ins.both", oid=taken.oid))


@named("ins-test-in-production")
def test_in_production(subject: Subject) -> Iterator[Problem]:
    yield from _environment(subject, nir.TEST_OIDS, ("P",), "ins.not_production")


@named("ins-production-in-test")
def production_in_test(subject: Subject) -> Iterator[Problem]:
    yield from _environment(subject, nir.REAL_OIDS, ("T", "D"), "ins.not_test")


def _environment(
    subject: Subject, oids: frozenset[str], modes: tuple[str, ...], wanted: str
) -> Iterator[Problem]:
    mode = subject.carried.first("MSH-11.1")
    for ins in numbers(subject.carried):
        if ins.oid in oids and mode in modes:
            actual = say("ins.mode", oid=ins.oid, mode=mode)
            yield Problem(ins.part("4.2").at, say(wanted), actual)


@named("ins-computed")
def computed(subject: Subject) -> Iterator[Problem]:
    """An INS-C under its own type; declared as an INS, its OID is blamed instead."""
    message = subject.carried
    for whole in message.at("PID-3"):
        kind = message.node(f"{whole.at.path}.5")
        oid = message.node(f"{whole.at.path}.4.2").value
        old = oid in nir.COMPUTED_OIDS or kind.value == "INS-C"
        if whole.present and old and kind.value != "INS" and oid not in nir.OIDS:
            yield Problem(kind.at, say("value.none"), say("ins.computed", oid=oid or "-"))


@named("ins-deletion")
def deletion(subject: Subject) -> Iterator[Problem]:
    """HL7's null in CX-1 asks to forget an INS: only ADT^A47 says which one."""
    message = subject.carried
    if message.first("MSH-9.1") == "ADT" and message.first("MSH-9.2") == "A47":
        return
    for ins in repetitions(message):
        if ins.is_deleted:
            yield Problem(ins.node.at, say("ins.number"), quoted(ins.node.value), say("ins.a47"))
