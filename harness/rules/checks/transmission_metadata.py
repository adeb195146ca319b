"""The metadata of a transmission: which, in what order, of what type, and what they ask together.

Their values have an agreed meaning towards an intermediation platform only; between an imaging site
and a teleradiology platform nothing here fails a message for them.
Source: CI-SIS, Transmission de documents CDA en HL7v2 2.1, OBX of DMP and MSSanté metadata, NTE,
MSSanté distribution matrix.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from harness.rules.checks.transmission import unlike
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.rules.transmitted import (
    MAILS,
    METADATA,
    SYSTEM,
    document_numbers,
    is_asked,
    metadata,
)
from harness.text import Text, plain, say
from harness.wire import ed
from harness.wire.er7 import Message, Node

_KNOWN: Final = (*METADATA, *MAILS)
_FORMER: Final = {
    "INVISIBLE_REPRESENTANTS_LEGAUX": "INVISIBLE_REP_LEGAUX",
    "MODIF_CONFIDENTIALITYCODE": "MODIF_CONF_CODE",
    "ACK_LECTURE": "ACK_LECTURE_MSS",
}
# MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REP_LEGAUX, CONNEXION_SECRETE, DESTDMP, DESTMSSANTEPS,
# DESTMSSANTEPAT: the values that each row of the matrix allows, the row of 2.1.3 and of before.
_COLUMNS: Final = tuple(METADATA[number] for number in (0, 1, 2, 3, 5, 6, 7))
_MATRIX: Final = (
    ("N", "N", "N", "NY", "NY", "Y", "Y"),
    ("NY", "Y", "N", "NY", "NY", "Y", "N"),
    ("NY", "N", "NY", "N", "N", "N", "Y"),
)


def _observations(message: Message) -> Iterator[tuple[int, Node]]:
    """Every OBX with its code (OBX-3.1), documents left out."""
    documents = document_numbers(message)
    for number in range(1, len(message.named("OBX")) + 1):
        if number not in documents:
            yield number, message.node(f"OBX[{number}]-3.1")


@named("metadata-known")
def known(subject: Subject) -> Iterator[Problem]:
    """A code of our system that is not one; what is of another system may be sent as well."""
    for number, node in _observations(subject.carried):
        code = node.value.strip()
        ours = subject.carried.first(f"OBX[{number}]-3.3").strip() == SYSTEM
        if code not in _KNOWN and (ours or code in _FORMER):
            near = _FORMER.get(code) or next(iter(get_close_matches(code, _KNOWN, n=1)), "")
            advice = say("metadata.write", code=near) if near else None
            yield Problem(node.at, say("metadata.code"), quoted(node.value), advice)


@named("metadata-order")
def order(subject: Subject) -> Iterator[Problem]:
    """Documents, the ten in their order, mail bodies. The first that comes too late is told."""
    message, highest = subject.carried, 0
    documents = document_numbers(message)
    for number in range(1, len(message.named("OBX")) + 1):
        node = message.node(f"OBX[{number}]-3.1")
        code = _FORMER.get(node.value.strip(), node.value.strip())
        rank = 0 if number in documents else _KNOWN.index(code) + 1 if code in _KNOWN else highest
        if rank < highest:
            words = say("metadata.before", code=_KNOWN[highest - 1])
            yield Problem(node.at, words, quoted(node.value))
            return
        highest = rank


@named("metadata-type")
def data_type(subject: Subject) -> Iterator[Problem]:
    coded = "CWE" if subject.carried.first("MSH-9.1") == "MDM" else "CE"
    for number, code in _observations(subject.carried):
        node = subject.carried.node(f"OBX[{number}]-2")
        wanted = "ED" if code.value in MAILS else coded if code.value in METADATA else node.value
        if node.value != wanted:
            yield unlike(node, wanted)


# -- what the values ask, together ----------------------------------------------------------


@named("invisible-not-mailed")
def invisible(subject: Subject) -> Iterator[Problem]:
    message = subject.carried
    if is_asked(message, "INVISIBLE_PATIENT") and is_asked(message, "DESTMSSANTEPAT"):
        node = metadata(message, "DESTMSSANTEPAT")
        yield Problem(node.at, plain("`N`"), say("metadata.invisible"))


def _mailed(subject: Subject) -> Text | None:
    """None when a mail to a professional or to the patient is asked for."""
    mailed = any(is_asked(subject.carried, code) for code in ("DESTMSSANTEPS", "DESTMSSANTEPAT"))
    return None if mailed else say("when.no_mail")


@named("mail-matrix", when=_mailed)
def matrix(subject: Subject) -> Iterator[Problem]:
    """Silent when the patient may not see what is mailed: that is told by itself."""
    nodes = [metadata(subject.carried, code) for code in _COLUMNS]
    values = [node.value.strip() for node in nodes]
    lexical = all(value in ("Y", "N") for value in values)
    told = next(iter(invisible(subject)), None)
    allowed = any(all(map(str.__contains__, row, values)) for row in _MATRIX)
    if lexical and not told and not allowed:
        shown = ", ".join(f"{code} = {v}" for code, v in zip(_COLUMNS, values, strict=True))
        yield Problem(nodes[5].at, say("metadata.matrix"), plain(shown))


@named("change-is-replacement")
def change(subject: Subject) -> Iterator[Problem]:
    control = subject.carried.first("ORC-1")
    if is_asked(subject.carried, "MODIF_CONF_CODE") and control != "RO":
        node = metadata(subject.carried, "MODIF_CONF_CODE")
        yield Problem(node.at, say("metadata.change"), quoted(f"Y, ORC-1 = {control}"))


def to_dmp(subject: Subject) -> Text | None:
    """None when the document goes to the DMP; else the reason."""
    return None if is_asked(subject.carried, "DESTDMP") else say("when.no_dmp")


@named("dmp-has-ins", when=to_dmp)
def dmp_has_ins(subject: Subject) -> Iterator[Problem]:
    if not subject.carried.has("PID-3[5=INS].1"):
        node = subject.carried.node("PID-3")
        yield Problem(node.at, say("ins.wanted"), say("value.absent"))


# -- notes and mail bodies ------------------------------------------------------------------


@named("no-answer-of-patient")
def no_answer(subject: Subject) -> Iterator[Problem]:
    """NTE-4 = FIN stands behind DESTMSSANTEPAT = Y and nowhere else."""
    message, code, observation, note = subject.carried, "", 0, 0
    for segment in message.segments:
        if segment.name == "OBX":
            observation += 1
            code = message.first(f"OBX[{observation}]-3.1")
        if segment.name != "NTE":
            continue
        note += 1
        node = message.node(f"NTE[{note}]-4.1")
        if node.value.strip() != "FIN":
            continue
        if code != "DESTMSSANTEPAT" or not is_asked(message, code):
            yield Problem(node.at, say("metadata.fin"), say("metadata.behind", code=code or "-"))


def _bodies(subject: Subject) -> Iterator[Node]:
    for code in MAILS:
        for node in subject.carried.at(f"OBX[3.1={code}]-5.5"):
            if node.present:
                yield node


@named("mail-is-base64")
def mail_is_base64(subject: Subject) -> Iterator[Problem]:
    """Text that a receiver can put into a mail: base64, of UTF-8."""
    for node in _bodies(subject):
        decoded = ed.decode(node.data)
        for problem in decoded.problems[:1]:
            actual = say(problem.key, detail=problem.detail)
            yield Problem(node.at, say("metadata.mail"), actual)
        if not decoded.problems and not _is_text(decoded.data or b""):
            yield Problem(node.at, say("metadata.mail"), say("content.binary"))


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@named("mail-has-text")
def mail_has_text(subject: Subject) -> Iterator[Problem]:
    """Somewhere in OBX-5: the guide does not say how the text is written."""
    for code in MAILS:
        for node in subject.carried.at(f"OBX[3.1={code}]-5"):
            if node.is_placed and not any(node.part(number).present for number in (1, 5)):
                yield Problem(node.at, say("value.some"), say("value.absent"))
