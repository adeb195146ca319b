"""The documents that flows B and E carry, version after version: first, replaced, deleted.

A version has an id of its own; the set of versions (`setId`) stays, the number grows by one, and
the version before is named. Whoever was responsible for the report before stays among its authors.
All of it comes from the case and the version before: two runs give the same bytes.
Source: white paper, chapter 2; Transmission de documents CDA en HL7v2 2.1, processing requests;
Structuration minimale des documents de santé 1.16, setId, versionNumber and relatedDocument.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from harness.sim.case import Attachment, Case, DocumentIdentity, Professional, Signature
from harness.sim.form import CHANGES, FIRST, Form
from harness.sim.generate import cda_report, cda_request, people
from harness.sim.generate.unique import uid_of, uuid

_AT_LEAST: Final = timedelta(hours=1)  # from one version to the next when the clock stands still
_ADDED: Final = Attachment("Document joint", ("Page produite pour l'essai.",))
_ORDER_OF_LEVELS: Final[Mapping[str, tuple[int, ...]]] = {"1": (1,), "3": (3,), "both": (3, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a document: what it is, its bytes, who answers for it.

    Two `identities` and `documents` are the same content in two levels. `signatures` are all who
    were responsible up to now, in the order of the authors, and `responsible` who is so at present;
    `changes` all that was changed up to now.
    """

    action: str
    identities: tuple[DocumentIdentity, ...]
    documents: tuple[bytes, ...]
    signatures: tuple[Signature, ...]
    responsible: Professional
    changes: tuple[str, ...] = ()
    level: str = "3"
    size: int = 0

    @property
    def identity(self) -> DocumentIdentity:
        """The identity of the first, or only, document."""
        return self.identities[0]

    @property
    def names(self) -> tuple[str, ...]:
        """What another version of it may name: its sets and its ids."""
        return tuple(name for one in self.identities for name in (one.set_id, one.id))

    @property
    def is_hidden(self) -> bool:
        """The visibility was changed: the patient does not see the document."""
        return "visibility" in self.changes


def next_version(
    case: Case, kind: str, form: Form, at: datetime, last: Version | None
) -> tuple[Case, Version]:
    """The version to send, and the case after it: another physician may be responsible now.

    `kind` is "DA" or "CR". `last` is the version before; without it, one is imagined for what
    replaces or deletes. A first version that replaces another is sent as a replacement.
    """
    if form.action == "initial":
        return case, _first(case, kind, form)
    last = last or _first(case, kind, form)
    if form.change == "responsible" and case.responsible == last.responsible:
        case = succeeded(case)  # who was told of since then takes over; else somebody new
    if form.action == "replace":
        identities = tuple(_following(one, at) for one in last.identities)
        changes = (*last.changes, form.change or CHANGES[kind][0])
        return case, _written(case, kind, form, identities, changes, last)
    if not form.change:
        return case, replace(last, action="delete")
    changes = (*last.changes, form.change)
    return case, _written(case, kind, form, last.identities, changes, last)


def succeeded(case: Case) -> Case:
    """The case with another physician responsible for the imaging site."""
    seed = f"{case.name}/{case.seed}/after/{case.responsible.national_id}"
    chance = random.Random(seed)  # noqa: S311  fictitious data, no secret
    return replace(
        case, responsible=people.professional(chance, case.responsible.specialty, case.site)
    )


def _first(case: Case, kind: str, form: Form) -> Version:
    identity = case.request_document if kind == "DA" else case.report_document
    if form.name != FIRST:
        of = f"{identity.set_id}/{form.name}"
        identity = DocumentIdentity(uid_of(f"{of}/1"), uid_of(of), 1, identity.created)
    action = "replace" if identity.replaces else "initial"
    return _written(case, kind, replace(form, action=action), (identity,), (), None)


def _following(identity: DocumentIdentity, at: datetime) -> DocumentIdentity:
    return DocumentIdentity(
        id=uid_of(f"{identity.set_id}/{identity.id}"),
        set_id=identity.set_id,
        version=identity.version + 1,
        created=max(at, identity.created + _AT_LEAST),
        replaces=identity.id,
    )


def _written(
    case: Case,
    kind: str,
    form: Form,
    identities: tuple[DocumentIdentity, ...],
    changes: tuple[str, ...],
    last: Version | None,
) -> Version:
    level = form.level or (last.level if last else "3")
    size = form.size or (last.size if last else 0)
    identities = _for_each(_ORDER_OF_LEVELS[level], identities)
    case = replace(_revised(case, kind, form.name, changes, size), former=_former(last))
    documents = tuple(
        _document(case, kind, identity, number)
        for identity, number in zip(identities, _ORDER_OF_LEVELS[level], strict=True)
    )
    signed = replace(case, report_document=identities[0])
    return Version(
        action=form.action,
        identities=identities,
        documents=documents,
        signatures=cda_report.signatures(signed),
        responsible=case.responsible,
        changes=changes,
        level=level,
        size=size,
    )


def _former(last: Version | None) -> tuple[Signature, ...]:
    return last.signatures if last else ()


def _for_each(
    levels: tuple[int, ...], identities: tuple[DocumentIdentity, ...]
) -> tuple[DocumentIdentity, ...]:
    """One identity for each level; the second document is in a set of its own."""
    if len(levels) <= len(identities):
        return identities[: len(levels)]
    one = identities[0]
    other = replace(
        one,
        id=uid_of(f"{one.id}/other level"),
        set_id=uid_of(f"{one.set_id}/other level"),
        replaces=uid_of(f"{one.replaces}/other level") if one.replaces else "",
    )
    return one, other


def _document(case: Case, kind: str, identity: DocumentIdentity, level: int) -> bytes:
    if kind == "DA":
        return cda_request.request(replace(case, request_document=identity))
    return cda_report.report(replace(case, report_document=identity), level=level)


def _revised(case: Case, kind: str, name: str, changes: tuple[str, ...], size: int) -> Case:
    """The case with the words that the versions up to this one have changed."""
    words = [
        f"Correction {n} : texte relu et précisé." for n in range(1, changes.count("text") + 1)
    ]
    if name != FIRST:
        words.insert(0, f"Autre document de la même demande : {name}.")
        case = replace(case, uuids=_spare(case, name))
    details = case.details
    if "addendum" in changes:
        details = replace(details, addendum="Addendum : relecture des images, sans changement.")
    if size:
        details = replace(details, attachment=replace(details.attachment or _ADDED, size=size))
    case = replace(case, details=details)
    if kind == "DA":
        purpose = " ".join((case.order.purpose, *words))
        return replace(case, order=replace(case.order, purpose=purpose))
    conclusion = " ".join((case.narrative.conclusion, *words))
    return replace(case, narrative=replace(case.narrative, conclusion=conclusion))


def _spare(case: Case, name: str) -> tuple[str, ...]:
    """Other spare identifiers, as many, for the parts of another document."""
    chance = random.Random(f"{case.name}/{case.seed}/{name}")  # noqa: S311  no secret
    return tuple(uuid(chance) for _ in case.uuids)
