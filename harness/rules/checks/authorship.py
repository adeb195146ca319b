"""Versions of one document, one after the other: who they are, what they replace, whose they are.

A version is compared with the one before it, so that the one that introduced a difference is
blamed, and it alone. What one document on its own already shows wrong (`cda-authorship.sch`,
`cda-header.sch`) is not told again.
Source: white paper, chapter 2; Transmission de documents CDA en HL7v2 2.1, replacement and
deletion; CDA header fact sheet, section 7.3.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from harness.rules import nir
from harness.rules.checks.cda_header import is_after
from harness.rules.named import named
from harness.rules.rule import Problem, Subject, When
from harness.rules.table import quoted
from harness.rules.versions import (
    HEADER,
    PARENT,
    History,
    Relation,
    Version,
    history_of,
    identifier,
    identifiers,
    others,
    version_of,
)
from harness.text import Text, plain, say
from harness.wire.cda import Document
from harness.wire.location import Location

_TIME: Final = f"{HEADER}/cda:effectiveTime/@value"
_NUMBER: Final = f"{HEADER}/cda:versionNumber/@value"
_ID: Final = f"{HEADER}/cda:id"
_SET: Final = f"{HEADER}/cda:setId"
_AUTHOR: Final = f"{HEADER}/cda:author/cda:assignedAuthor/cda:id[1]"
_INS: Final = (
    f"{HEADER}/cda:recordTarget/cda:patientRole/cda:id[starts-with(@root, '1.2.250.1.213.1.4.')]"
)
_BASIC: Final = (f"{HEADER}/cda:code/@code", f"{HEADER}/cda:languageCode/@code")
_CUSTODIAN: Final = (
    f"{HEADER}/cda:custodian/cda:assignedCustodian/cda:representedCustodianOrganization/cda:id"
)
_ORDERS: Final = (
    f"{HEADER}/cda:inFulfillmentOf/cda:order/cda:id",
    f"{HEADER}/cda:inFulfillmentOf/cda:order/ps3-20:accessionNumber",
    f"{HEADER}/cda:documentationOf/cda:serviceEvent/cda:id",
)

Judge = Callable[[History], Iterator[Problem]]


def _among(*relations: Relation, silent_after: str = "") -> When:
    """There are earlier versions, and the document stands to them in one of these ways.

    After a message of flow `silent_after` the concordance compares the same data.
    """

    def applies(subject: Subject) -> Text | None:
        history = history_of(subject)
        if history is None:
            return say("versions.none")
        if history.relation not in relations:
            return say(f"versions.{history.relation.value}")
        if silent_after and subject.before(silent_after):
            return say("versions.compared", kind=silent_after)
        return None

    return applies


_NEW: Final = _among(Relation.NEW)
_WITHDRAWN: Final = _among(Relation.WITHDRAWN)
_ANY: Final = _among(Relation.NEW, Relation.WITHDRAWN)


def _version_check(name: str, when: When) -> Callable[[Judge], Judge]:
    """Registers a check that is given the version and those before it."""

    def register(judge: Judge) -> Judge:
        def check(subject: Subject) -> Iterable[Problem]:
            history = history_of(subject)
            return judge(history) if history else ()

        named(name, when=when)(check)
        return judge

    return register


def _at(document: Document, xpath: str) -> Location:
    """The place of the first thing that an XPath selects; the root's when there is none."""
    found = next(document.at(xpath), None) or next(document.at(HEADER))
    return found.at


def _shown(identifier: str) -> str:
    """An identifier for a reader: what tells it from others."""
    root, _, extension = identifier.partition("^")
    return extension or root


# -- the chain: set, id, number, what is replaced -------------------------------------------


@_version_check("version-one-set", _NEW)
def one_set(history: History) -> Iterator[Problem]:
    now, replaced = history.now, history.named(history.now.replaces)
    if any(past.set_id == now.set_id for past in history.before):
        return
    if replaced and now.set_id:
        expected = say("versions.set_of", value=quoted(_shown(replaced.set_id)))
        yield Problem(_at(now.document, _SET), expected, quoted(_shown(now.set_id)))


def _after_a_document(subject: Subject) -> Text | None:
    if not others(subject):
        return say("versions.none")
    history = history_of(subject)
    if history and history.relation is not Relation.NEW:
        return say(f"versions.{history.relation.value}")
    return None


@named("version-own-id", when=_after_a_document)
def own_id(subject: Subject) -> Iterator[Problem]:
    """No other document had the id. That it replaces itself, its header shows alone."""
    now = version_of(subject)
    if now is None or not now.id or now.id == now.replaces:
        return
    used = next((past for past in others(subject) if past.id == now.id), None)
    if used and used.document.raw != now.document.raw:
        actual = say("versions.id_used", value=quoted(_shown(now.id)), number=_number(used))
        yield Problem(_at(now.document, _ID), say("versions.new_id"), actual)


def _number(version: Version) -> str:
    return "-" if version.number is None else str(version.number)


def _highest(history: History) -> int:
    return max((past.number for past in history.before if past.number is not None), default=0)


def _own_number(history: History, document_id: str = "") -> int:
    """The number of a version when each one before it counts, whatever they say themselves.

    Without an id, that of the version looked at.
    """
    ids = list(dict.fromkeys(past.id for past in history.before))
    place = ids.index(document_id) if document_id in ids else len(ids)
    return (history.before[0].number or 0) + place


@_version_check("version-grows", _NEW)
def grows(history: History) -> Iterator[Problem]:
    now, highest = history.now, _highest(history)
    if now.number is None or now.number > highest or history.named(now.id):
        return
    if now.number == _own_number(history):
        return  # the version before has told a number too high
    expected = say("versions.above", number=highest)
    yield Problem(_at(now.document, _NUMBER), expected, plain(f"`{now.number}`"))


@_version_check("version-next", _NEW)
def next_number(history: History) -> Iterator[Problem]:
    now, after = history.now, _highest(history) + 1
    if now.number is not None and now.number > max(after, _own_number(history)):
        actual = plain(f"`{now.number}`")
        yield Problem(_at(now.document, _NUMBER), plain(f"`{after}`"), actual)


@_version_check("version-replaces-last", _NEW)
def replaces_last(history: History) -> Iterator[Problem]:
    """Where numbers leave a gap, a version that we have not seen may stand between."""
    now, last = history.now, history.last
    if now.replaces in ("", last.id, now.id):
        return
    gap = now.number is not None and now.number > _highest(history) + 1
    if gap and history.named(now.replaces) is None:
        return
    expected = say("versions.last_id", value=quoted(_shown(last.id)), number=_number(last))
    actual = quoted(_shown(now.replaces))
    yield Problem(_at(now.document, f"{PARENT}/cda:id"), expected, actual)


@_version_check("version-parent-number", _NEW)
def parent_number(history: History) -> Iterator[Problem]:
    document, replaced = history.now.document, history.named(history.now.replaces)
    if replaced is None or replaced.number is None:
        return
    right = {str(replaced.number), str(_own_number(history, replaced.id))}
    for node in document.at(f"{PARENT}/cda:versionNumber/@value"):
        if node.value.strip() not in right:
            yield Problem(node.at, plain(f"`{replaced.number}`"), quoted(node.value))


@_version_check("version-not-earlier", _NEW)
def not_earlier(history: History) -> Iterator[Problem]:
    last = history.last.document.first(_TIME)
    for node in history.now.document.at(_TIME):
        if last and is_after(last, node.value):
            expected = say("versions.not_before", time=quoted(last))
            yield Problem(node.at, expected, quoted(node.value))


# -- what does not move ---------------------------------------------------------------------


@_version_check("version-same-kind", _ANY)
def same_kind(history: History) -> Iterator[Problem]:
    for xpath in _BASIC:
        said = {past.document.first(xpath).strip(): None for past in history.before}
        before = [value for value in said if value]
        for node in history.now.document.at(xpath):
            if before and node.value.strip() not in before:
                yield Problem(node.at, _as_before(history, before[-1]), quoted(node.value))


def _as_before(history: History, value: str) -> Text:
    number = _number(history.last)
    return say("versions.as_before", value=quoted(value), number=number)


@_version_check("version-same-patient", _among(Relation.NEW, Relation.WITHDRAWN, silent_after="A"))
def same_patient(history: History) -> Iterator[Problem]:
    now, before = history.now.document, _said_before(history, _INS)
    for node in now.at(_INS):
        if before and identifier(node) not in before:
            expected = _as_before(history, _masked(before[-1]))
            yield Problem(node.at, expected, quoted(_masked(identifier(node))))
            return


def _said_before(history: History, xpath: str) -> list[str]:
    """What the versions before said, the latest last: a return to one of them is no new fault."""
    return [one for past in history.before for one in identifiers(past.document, xpath)]


def _masked(ins: str) -> str:
    """The number, in dots when it may be a real person's."""
    root, _, number = ins.partition("^")
    return "•" * len(number) if root in nir.REAL_OIDS else number


@_version_check("version-same-custodian", _ANY)
def same_custodian(history: History) -> Iterator[Problem]:
    before = _said_before(history, _CUSTODIAN)
    for node in history.now.document.at(_CUSTODIAN):
        if before and identifier(node) not in before:
            expected = _as_before(history, _shown(before[-1]))
            yield Problem(node.at, expected, quoted(_shown(identifier(node))))


@_version_check("version-same-order", _among(Relation.NEW, silent_after="D"))
def same_order(history: History) -> Iterator[Problem]:
    now, last = history.now.document, history.last.document
    for xpath in _ORDERS:
        held = identifiers(now, xpath)
        if any(set(identifiers(past.document, xpath)) <= set(held) for past in history.before):
            continue
        for lost in (one for one in identifiers(last, xpath) if one not in held):
            actual = quoted(_shown(held[0])) if held else say("value.absent")
            yield Problem(_at(now, xpath), _as_before(history, _shown(lost)), actual)
            return


# -- authors --------------------------------------------------------------------------------


def _lost_responsibles(history: History) -> list[str]:
    """Who was responsible before and is no author any more; whoever went earlier was told then."""
    now, last = history.now, history.last
    expected = (
        who for who in history.former_responsibles if who in (*last.authors, last.responsible)
    )
    return [who for who in expected if who not in now.authors]


def _lost(history: History) -> Iterator[Problem]:
    for who in _lost_responsibles(history):
        expected = say("versions.author_kept", value=quoted(_shown(who)))
        yield Problem(_at(history.now.document, _AUTHOR), expected, _names(history.now.authors))


def _names(authors: Iterable[str]) -> Text:
    shown = ", ".join(_shown(who) for who in authors)
    return quoted(shown) if shown else say("value.absent")


@_version_check("former-responsible-kept", _NEW)
def former_responsible_kept(history: History) -> Iterator[Problem]:
    yield from _lost(history)


@_version_check("withdrawal-authors", _WITHDRAWN)
def withdrawal_authors(history: History) -> Iterator[Problem]:
    yield from _lost(history)


def _has_another_first(history: History) -> bool:
    """Somebody who was no author before has taken the first author's place."""
    now, last = history.now.authors, history.last.authors
    known = {who for past in history.before for who in past.authors}
    return bool(now and last) and now[0] not in known


@_version_check("other-authors-kept", _ANY)
def other_authors_kept(history: History) -> Iterator[Problem]:
    now, last = history.now, history.last
    if any(past.authors == now.authors for past in history.before):
        return
    former = (*history.former_responsibles, now.responsible)
    replaced = last.authors[:1] if _has_another_first(history) else ()
    for who in last.authors:
        if who not in (*now.authors, *former, *replaced):
            expected = say("versions.author_kept", value=quoted(_shown(who)))
            yield Problem(_at(now.document, _AUTHOR), expected, _names(now.authors))


@_version_check("first-author-stays", _ANY)
def first_author_stays(history: History) -> Iterator[Problem]:
    if _has_another_first(history):
        expected = _as_before(history, _shown(history.last.authors[0]))
        actual = quoted(_shown(history.now.authors[0]))
        yield Problem(_at(history.now.document, _AUTHOR), expected, actual)


@_version_check("author-order", _ANY)
def author_order(history: History) -> Iterator[Problem]:
    """Who stays keeps the order, and stands before who is new.

    A new first author is another matter, and so is a responsible physician in the first place.
    """
    now, last = history.now, history.last
    if _has_another_first(history) or now.authors[:1] == (now.responsible,):
        return
    ever = list(dict.fromkeys(who for past in history.before for who in past.authors))
    orders = [_in_order_of(last.authors, now.authors), _in_order_of(ever, now.authors)]
    if now.authors not in orders and len(set(now.authors)) == len(now.authors):
        yield Problem(_at(now.document, _AUTHOR), _names(orders[0]), _names(now.authors))


def _in_order_of(known: Sequence[str], authors: tuple[str, ...]) -> tuple[str, ...]:
    """The authors: those known in that order, then the new ones in theirs."""
    stay = [who for who in known if who in authors]
    return (*stay, *(who for who in authors if who not in known))


# -- replacement and deletion, as a message asks for them -----------------------------------


@_version_check("deletes-the-last", _WITHDRAWN)
def deletes_the_last(history: History) -> Iterator[Problem]:
    now, last = history.now, history.last
    sets = {past.set_id for past in history.before}
    for xpath, mine, theirs in (
        (_ID, _shown(now.id), _shown(last.id)),
        (_SET, _shown(now.set_id), _shown(last.set_id)),
        (_NUMBER, _number(now), _number(last)),
    ):
        if mine != theirs and not (xpath == _SET and now.set_id in sets):
            expected = say("versions.last", value=quoted(theirs))
            yield Problem(_at(now.document, xpath), expected, quoted(mine))
            return


def _replaces_in_a_record(subject: Subject) -> Text | None:
    """A replacement or a deletion, where all that was sent before is known."""
    now = version_of(subject)
    if now is None or now.action not in ("RO", "CA"):
        return say("versions.initial")
    return None if subject.recorded else say("versions.unrecorded")


@named("replaces-what-was-sent", when=_replaces_in_a_record)
def replaces_what_was_sent(subject: Subject) -> Iterator[Problem]:
    now = version_of(subject)
    if now and history_of(subject) is None:
        node = subject.carried.node("ORC-1")
        expected = say("versions.sent_before", value=quoted(_shown(now.set_id)))
        yield Problem(node.at, expected, quoted(node.value))


def _by_a_sender(subject: Subject) -> Text | None:
    now = version_of(subject)
    if now is None or now.action not in ("RO", "CA"):
        return say("versions.initial")
    return None if history_of(subject) else say("versions.none")


@named("replaced-by-its-own", when=_by_a_sender)
def replaced_by_its_own(subject: Subject) -> Iterator[Problem]:
    """The sender (PRT, role SB) is an author of the first version, or of an author's structure."""
    history, message = history_of(subject), subject.carried
    if history is None:
        return
    first = history.before[0].document
    persons = {_shown(who) for who in history.before[0].authors}
    sites = f"{HEADER}/cda:author/cda:assignedAuthor/cda:representedOrganization/cda:id"
    structures = {_shown(one) for one in identifiers(first, sites)}
    who, where = message.node("PRT[4.1=SB]-5.1"), message.node("PRT[4.1=SB]-8.10")
    if (
        (who.present or where.present)
        and who.value not in persons
        and where.value not in structures
    ):
        actual = quoted(", ".join(filter(None, (who.value, where.value))))
        yield Problem(who.at, say("versions.own"), actual)
