"""Orders of the ANS teleradiology guide: what a row of its tables cannot say.

Everything is asked within one ORDER group: a sub-id, an act or a URL is that of one examination.
Source: Volet Téléradiologie 0.1.0-ballot, volume 2, segments ORC to IPC and sub-ids.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from stdnum import luhn

from harness.rules import ucum
from harness.rules.named import named
from harness.rules.observation import Observed, observed
from harness.rules.orders import Order, orders
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import Text, plain, say
from harness.wire import ed
from harness.wire.er7 import Node

_AUTHORITIES: Final = ("PID-3", "PID-18", "PV1-19")
_ROUTE: Final = (("MSH-3", "MSH-5"), ("MSH-4", "MSH-6"), ("MSH-5", "MSH-3"), ("MSH-6", "MSH-4"))
# of a professional: number, names, authority, type; not what a display may change
_PERSON: Final = ((1, None), (2, None), (3, None), (9, 2), (9, 3), (13, None))
_WITH_SUB_IDS: Final = ("REGION_ANATOMIQUE", "PRODUIT_ADMINISTRE", "APPAREIL_IMAGERIE")
_PROTOCOL: Final = "PROTOCOLE_IMAGERIE"
_URL: Final = "URL_PARTIELLE_VIEWER"


def _wrong(node: Node, expected: Text) -> Problem:
    return Problem(node.at, expected, quoted(node.value) if node.present else say("value.absent"))


def _as_in(value: str, place: str) -> Text:
    return say("value.same", value=quoted(value), place=place)


# -- patient and visit ----------------------------------------------------------------------


@named("authority-finess-key")
def authority_finess_key(subject: Subject) -> Iterator[Problem]:
    """Nine digits under type M or N; what is no FINESS at all is said by another rule."""
    for path in _AUTHORITIES:
        for whole in subject.carried.at(path):
            number, kind = whole.part(4, 2), whole.part(4, 3)
            digits = len(number.value) == 9 and number.value.isdigit()
            if kind.value in ("M", "N") and digits and not luhn.is_valid(number.value):
                yield _wrong(number, say("national.key.finess"))


@named("discharge-is-past")
def discharge_is_past(subject: Subject) -> Iterator[Problem]:
    sent = subject.carried.first("MSH-7")[:12]
    node = subject.carried.node("PV1-45")
    if node.present and node.value[:12].isdigit() and sent.isdigit():
        shortest = min(len(sent), len(node.value[:12]))
        if node.value[:shortest] > sent[:shortest]:
            yield _wrong(node, say("tlr.not_after", place="MSH-7", value=quoted(sent)))


# -- orders ---------------------------------------------------------------------------------


@named("provider-in-obr")
def provider_in_obr(subject: Subject) -> Iterator[Problem]:
    """The first component of OBR-16 that is not that of ORC-12, where both are there."""
    for order in orders(subject.carried):
        ours, theirs = order.node("ORC-12"), order.node("OBR-16")
        if not ours.present or not theirs.present:
            continue
        for component, sub in _PERSON:
            wanted, found = ours.part(component, sub), theirs.part(component, sub)
            if wanted.value != found.value:
                yield _wrong(found, _as_in(wanted.value, "ORC-12"))
                break


@named("orders-of-one-request")
def orders_of_one_request(subject: Subject) -> Iterator[Problem]:
    first, *others = orders(subject.carried)
    for order in others:
        if order.key != first.key:
            yield _wrong(order.node("ORC-2.1"), _as_in(first.key[0], "ORC[1]-2"))


@named("reason-says-something")
def reason_says_something(subject: Subject) -> Iterator[Problem]:
    for node in subject.carried.at("ORC-16"):
        if node.present and not (node.part(1).present or node.part(2).present):
            yield _wrong(node, say("tlr.reason"))


@named("one-timing-per-order")
def one_timing(subject: Subject) -> Iterator[Problem]:
    for order in orders(subject.carried):
        for place in order.places("TQ1")[1:]:
            yield Problem(subject.carried.node(place).at, say("value.count", count="1"), plain("2"))


@named("answer-goes-back")
def answer_goes_back(subject: Subject) -> Iterator[Problem]:
    request = subject.before("1")
    for here, there in _ROUTE if request else ():
        wanted = request.carried.node(there) if request else None
        found = subject.carried.node(here)
        if wanted and wanted.present and wanted.data != found.data:
            yield _wrong(found, say("tlr.as_request", value=quoted(wanted.value), place=there))


# -- comments -------------------------------------------------------------------------------


@named("purpose-follows-the-order")
def purpose_place(subject: Subject) -> Iterator[Problem]:
    yield from _misplaced(subject, "FINALITE_EXAMEN", "OBR", lambda before: before == "OBR")


@named("technique-follows-the-modality")
def technique_place(subject: Subject) -> Iterator[Problem]:
    modality = "MODALITE_IMAGERIE"
    yield from _misplaced(subject, modality, f"OBX {modality}", lambda before: before == modality)


def _misplaced(
    subject: Subject, code: str, wanted: str, fits: Callable[[str], bool]
) -> Iterator[Problem]:
    """Comments of that code that follow something else: a segment's name, or an OBX's code."""
    before, counted = "", Counter[str]()
    for segment in subject.carried.segments:
        counted[segment.name] += 1
        place = f"{segment.name}[{counted[segment.name]}]"
        if segment.name != "NTE":
            before = segment.name
            if before == "OBX":
                before = subject.carried.first(f"{place}-3.1")
        elif subject.carried.first(f"{place}-4.1") == code and not fits(before):
            at = subject.carried.node(f"{place}-4.1").at
            yield Problem(at, say("tlr.behind", what=wanted), say("tlr.behind", what=before or "-"))


# -- observations ---------------------------------------------------------------------------


def _in_orders(subject: Subject) -> Iterator[tuple[Order, tuple[Observed, ...]]]:
    for order in orders(subject.carried):
        yield order, tuple(observed(order))


@named("repeated-observations-have-sub-ids")
def repeated(subject: Subject) -> Iterator[Problem]:
    """Observations that come several times in an order; those whose table fixes OBX-4 aside."""
    for order, found in _in_orders(subject):
        counted = Counter(one.code for one in found)
        for one in found:
            alone = counted[one.code] < 2 or not one.code or one.code in _WITH_SUB_IDS
            if not alone and one.n is None and one.code in (_PROTOCOL, "11322-5"):
                node = order.message.node(f"{one.place}-4")
                yield _wrong(node, say("tlr.sub_id"))


@named("sub-ids-once")
def sub_ids_once(subject: Subject) -> Iterator[Problem]:
    for order, found in _in_orders(subject):
        seen: set[tuple[str, str | None, str | None]] = set()
        for one in found:
            key = (one.code, one.n, one.m)
            if one.n and one.code and key in seen:
                yield _wrong(order.message.node(f"{one.place}-4"), say("tlr.sub_id_once"))
            seen.add(key)


@named("sub-ids-in-sequence")
def sub_ids_in_sequence(subject: Subject) -> Iterator[Problem]:
    for order, found in _in_orders(subject):
        for code in dict.fromkeys(one.code for one in found if one.n):
            some = [one for one in found if one.code == code and one.n]
            numbers = sorted({int(one.n or 0) for one in some})
            gap = next((want for want, got in enumerate(numbers, 1) if want != got), None)
            if gap is not None:
                later = next(one for one in some if int(one.n or 0) > gap)
                node = order.message.node(f"{later.place}-4")
                yield _wrong(node, plain(f"`{gap}.{later.m}`"))


@named("unit-is-ucum")
def unit_is_ucum(subject: Subject) -> Iterator[Problem]:
    for node in subject.carried.at("OBX-6.1"):
        if node.present and not ucum.is_unit(node.value):
            yield _wrong(node, say("tlr.ucum"))


@named("refusal-has-no-other-observation")
def refusal(subject: Subject) -> Iterator[Problem]:
    for order, found in _in_orders(subject):
        for one in found if order.first("ORC-1") == "OC" else ():
            if one.code != _PROTOCOL:
                at = subject.carried.node(one.place).at
                yield Problem(at, say("value.none"), quoted(one.code))


# -- what is encapsulated --------------------------------------------------------------------


def _encapsulated(subject: Subject, code: str) -> Iterator[tuple[Order, Node]]:
    for order, found in _in_orders(subject):
        for one in found:
            node = order.message.node(f"{one.place}-5.5")
            if one.code == code and order.message.first(f"{one.place}-2") == "ED" and node.present:
                yield order, node


def _undecodable(subject: Subject, code: str) -> Iterator[Problem]:
    for _, node in _encapsulated(subject, code):
        for problem in ed.decode(node.data).problems[:1]:
            actual = say(problem.key, detail=problem.detail, offset=problem.offset or 0)
            yield Problem(node.at, say("transmission.base64"), actual)


@named("protocol-is-base64")
def protocol_is_base64(subject: Subject) -> Iterator[Problem]:
    yield from _undecodable(subject, _PROTOCOL)


@named("url-is-base64")
def url_is_base64(subject: Subject) -> Iterator[Problem]:
    yield from _undecodable(subject, _URL)


def _urls(subject: Subject) -> Iterator[tuple[Order, Node, str]]:
    """Partial URLs that can be decoded; empty text for what is no URL with a host."""
    for order, node in _encapsulated(subject, _URL):
        decoded = ed.decode(node.data)
        if decoded.data is not None and not decoded.problems:
            yield order, node, _url(decoded.data)


def _url(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8").strip()
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    written = text.isprintable() and " " not in text
    return unquote(text) if written and "." in host else ""


@named("url-is-a-url")
def url_is_a_url(subject: Subject) -> Iterator[Problem]:
    for _, node, url in _urls(subject):
        if not url:
            yield _wrong(node, say("tlr.url"))


def _unnamed(subject: Subject, place: str) -> Iterator[Problem]:
    for order, node, url in _urls(subject):
        wanted = order.first(place)
        if url and wanted and wanted not in url:
            yield Problem(node.at, _as_in(wanted, place), quoted(url))


@named("url-names-the-study")
def url_names_the_study(subject: Subject) -> Iterator[Problem]:
    yield from _unnamed(subject, "IPC-3.1")


@named("url-names-the-accession")
def url_names_the_accession(subject: Subject) -> Iterator[Problem]:
    yield from _unnamed(subject, "IPC-1.1")


# -- identifiers of the exam ------------------------------------------------------------------


@named("act-in-ipc")
def act_in_ipc(subject: Subject) -> Iterator[Problem]:
    """IPC-2 and IPC-4 against the OBX of the act, where that is there."""
    for order, found in _in_orders(subject):
        acts = [one.place for one in found if one.code == "CODE_ACTE_IMAGERIE"]
        act = order.message.first(f"{acts[0]}-5.1") if acts else ""
        for place in ("IPC-2.1", "IPC-4.1"):
            node = order.node(place)
            if act and node.present and node.value != act:
                yield _wrong(node, _as_in(act, "CODE_ACTE_IMAGERIE"))


@named("studies-are-distinct")
def studies_are_distinct(subject: Subject) -> Iterator[Problem]:
    seen: set[str] = set()
    for order in orders(subject.carried):
        node = order.node("IPC-3.1")
        if node.present and node.value in seen:
            yield _wrong(node, say("tlr.own_study"))
        seen.add(node.value)
