"""The versions of a document: what each says of itself, and how it stands to those before it.

Documents are versions of one another when they have the same setId, or when one says that it
replaces the other. Persons and documents are compared by root and extension, never by name.
Source: Structuration minimale des documents de santé 1.16 (setId, versionNumber, relatedDocument);
Transmission de documents CDA en HL7v2 2.1 (initial transmission, replacement, deletion); CDA header
fact sheet, section 7.3.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from harness.rules.rule import Subject
from harness.wire.cda import Document, XmlNode
from harness.wire.er7 import Message

HEADER: Final = "/cda:ClinicalDocument"
PARENT: Final = f"{HEADER}/cda:relatedDocument[@typeCode='RPLC']/cda:parentDocument"
_ACTIONS: Final = {"T02": "NW", "T10": "RO", "T04": "CA"}


class Relation(Enum):
    """How a document stands to the versions before it."""

    NEW = "new"
    AGAIN = "again"  # the same version, sent once more
    WITHDRAWN = "withdrawn"  # the latest version, with the wish that it be deleted


@dataclass(frozen=True, slots=True)
class Version:
    """One version. Ids are `root^extension`, empty when missing; `number` is None then.

    `authors` are persons in the order of the header, `responsible` the legal authenticator.
    `action` is NW, RO or CA, what the message around it asks for; empty without a message.
    """

    document: Document
    id: str
    set_id: str
    number: int | None
    replaces: str
    authors: tuple[str, ...]
    responsible: str
    action: str = ""


def identifier(node: XmlNode) -> str:
    """`root^extension` of an element; empty when it has no root. UUIDs have no case."""
    root, extension = node.element.get("root", ""), node.element.get("extension", "")
    return f"{root.lower()}^{extension.strip()}" if root else ""


def identifiers(document: Document, xpath: str) -> tuple[str, ...]:
    """The identifiers of the elements that an XPath selects, those that say something."""
    return tuple(filter(None, (identifier(node) for node in document.at(xpath))))


def version_of(subject: Subject) -> Version | None:
    """The version that a subject holds; None when it holds no readable document."""
    return subject.once("version", _version)


def _version(subject: Subject) -> Version | None:
    document = subject.document
    if document is None or not document.is_cda:
        return None
    number = document.first(f"{HEADER}/cda:versionNumber/@value").strip()
    return Version(
        document=document,
        id=_only(identifiers(document, f"{HEADER}/cda:id")),
        set_id=_only(identifiers(document, f"{HEADER}/cda:setId")),
        number=int(number) if number.isascii() and number.isdigit() else None,
        replaces=_only(identifiers(document, f"{PARENT}/cda:id")),
        authors=identifiers(document, f"{HEADER}/cda:author/cda:assignedAuthor/cda:id[1]"),
        responsible=_only(
            identifiers(document, f"{HEADER}/cda:legalAuthenticator/cda:assignedEntity/cda:id")
        ),
        action=action_of(subject.message) if subject.message else "",
    )


def _only(found: Sequence[str]) -> str:
    return found[0] if found else ""


def action_of(message: Message) -> str:
    """NW, RO or CA: the event of an MDM says it, ORC-1 of an ORU; empty for anything else."""
    said = _ACTIONS.get(message.first("MSH-9.2")) or message.first("ORC-1")
    return said if said in _ACTIONS.values() else ""


# -- what came before -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class History:
    """A version, and those of the same document before it, oldest first and never empty."""

    now: Version
    before: tuple[Version, ...]

    @property
    def last(self) -> Version:
        """The latest version before this one."""
        return self.before[-1]

    @property
    def relation(self) -> Relation:
        """New, the same again, or withdrawn.

        A document on its own does not say what is asked for: where it has the id and the number of
        the latest version, it goes with a withdrawal.
        """
        now, last = self.now, self.last
        if now.action == "CA":
            return Relation.WITHDRAWN
        if any(past.document.raw == now.document.raw for past in self.before):
            return Relation.AGAIN
        if (now.id, now.number) != (last.id, last.number):
            return Relation.NEW
        return Relation.NEW if now.action else Relation.WITHDRAWN

    @property
    def former_responsibles(self) -> tuple[str, ...]:
        """Everybody else who was responsible for a version, in that order."""
        persons = dict.fromkeys(past.responsible for past in self.before)
        return tuple(who for who in persons if who not in ("", self.now.responsible))

    def named(self, document_id: str) -> Version | None:
        """The version of that id, or None."""
        return next((past for past in self.before if past.id == document_id), None)


def others(subject: Subject) -> tuple[Version, ...]:
    """The documents that came before, whatever they are."""
    return tuple(filter(None, (version_of(past) for past in subject.earlier)))


def history_of(subject: Subject) -> History | None:
    """The versions before that of the subject; None when there is none at hand."""
    return subject.once("history", _history)


def _history(subject: Subject) -> History | None:
    now = version_of(subject)
    if now is None:
        return None
    met = others(subject)
    named = (now.replaces, now.id) if now.action == "CA" else (now.replaces,)
    sets = {now.set_id, *(past.set_id for past in met if past.id in named)} - {""}
    before = tuple(past for past in met if past.set_id in sets)
    return History(now, before) if before else None


# -- many files -----------------------------------------------------------------------------

Copies = tuple[Subject, ...]
_Held = tuple[Version, Copies]


def chains(subjects: Iterable[Subject]) -> Iterator[tuple[Copies, ...]]:
    """The documents of which there are several versions: each with its copies, oldest first.

    Copies are files that hold the same version: the message and the document taken out of it. A
    document of which there is one version only is no chain.
    """
    for versions in _sets(_versions(subjects)):
        if len(versions) > 1:
            yield tuple(copies for _, copies in _in_order(versions))


def _versions(subjects: Iterable[Subject]) -> list[_Held]:
    found: dict[Hashable, list[Subject]] = {}
    for subject in subjects:
        version = version_of(subject)
        if version and version.set_id:
            key = version.set_id, version.id, version.number, version.action == "CA"
            found.setdefault(key, []).append(subject)
    return [(version, tuple(some)) for some in found.values() if (version := version_of(some[0]))]


def _sets(held: Sequence[_Held]) -> Iterable[list[_Held]]:
    """The versions by setId; a document joins the set of the one that it replaces."""
    set_of = {version.id: version.set_id for version, _ in held}
    found: dict[str, list[_Held]] = {}
    for version, copies in held:
        name = set_of.get(version.replaces, version.set_id)
        found.setdefault(name, []).append((version, copies))
    return found.values()


def _in_order(versions: Sequence[_Held]) -> Iterator[_Held]:
    """By number and time, a deletion last; but none before the version that it replaces."""
    left = sorted(versions, key=lambda held: _rank(held[0]))
    while left:
        waiting = {version.id for version, _ in left}
        free = (n for n, (version, _) in enumerate(left) if _is_free(version, waiting))
        yield left.pop(next(free, 0))


def _is_free(version: Version, waiting: set[str]) -> bool:
    return version.replaces == version.id or version.replaces not in waiting


def _rank(version: Version) -> tuple[bool, int, str]:
    time = version.document.first(f"{HEADER}/cda:effectiveTime/@value")
    return version.action == "CA", version.number or 0, time
