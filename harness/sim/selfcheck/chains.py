"""Versions of a report, one after the other, from which the rules about them are broken.

The remote radiologist writes the first version with a second one; at the second version another
physician becomes responsible for the site, and at the withdrawal a third one. The numbers of these
persons, and the ids of the versions, are those that tables name.
Source: white paper, chapter 2; CDA header fact sheet, section 7.3 (worked case).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.wire import edit
from harness.wire.cda import Document
from harness.wire.edit import Edit, apply_to_document
from harness.wire.er7 import Message

ROOT: Final = "1.2.250.1.213.99.2"  # of the ids: `ROOT.1` is the first version
READER: Final = "801234567897"  # the second radiologist
SECOND: Final = "810100000206"  # responsible for the site from the second version on
THIRD: Final = "810100000404"  # … and from the withdrawal on
_D: Final = "/cda:ClinicalDocument"
_RESPONSIBLE: Final = f"{_D}/cda:legalAuthenticator/cda:assignedEntity/cda:id/@extension"


def author(number: str, like: int) -> tuple[Edit, ...]:
    """One more author at the end, of that national number, otherwise like the author at `like`."""
    source = f"{_D}/cda:author[{like}]"
    return (
        Edit("repeat", source),
        Edit("set", f"{_D}/cda:author[{like + 1}]/cda:assignedAuthor/cda:id/@extension", number),
    )


def responsible(number: str) -> Edit:
    """Another physician is the legal authenticator."""
    return Edit("set", _RESPONSIBLE, number)


def identified(document: bytes, name: str) -> bytes:
    """The document with another id, in its link to the images as well."""
    old = Document.parse(document).first(f"{_D}/cda:id/@root")
    return document.replace(old.encode(), name.encode())


def replacing(document: bytes, number: int, hour: int, edits: Sequence[Edit] = ()) -> bytes:
    """The version of that number and id `ROOT.<number>`, which replaces the document.

    It is created at that hour, and changed further by `edits`.
    """
    bare = Document.parse(document)
    replaced = bare.first(f"{_D}/cda:id/@root")
    if list(bare.at(f"{_D}/cda:relatedDocument")):
        document = apply_to_document(document, (Edit("remove", f"{_D}/cda:relatedDocument"),))
    made = identified(document, f"{ROOT}.{number}")
    parent = (
        '<relatedDocument typeCode="RPLC"><parentDocument>'
        f'<id root="{replaced}"/><versionNumber value="{number - 1}"/>'
        "</parentDocument></relatedDocument>"
    )
    own = (
        Edit("set", f"{_D}/cda:versionNumber/@value", str(number)),
        Edit("set", f"{_D}/cda:effectiveTime/@value", f"20260105{hour:02}0000+0100"),
        Edit("insert", f"{_D}/cda:documentationOf[last()]", parent),
    )
    return apply_to_document(made, (*own, *edits))


def versions(document: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Three versions of a report of the generators, and the withdrawal of the last one.

    The generated report has two authors; the third is the second radiologist.
    """
    first = apply_to_document(identified(document, f"{ROOT}.1"), author(READER, 2))
    second = replacing(first, 2, 13, (*author(SECOND, 3), responsible(SECOND)))
    third = replacing(second, 3, 14)
    withdrawn = apply_to_document(third, (*author(THIRD, 4), responsible(THIRD)))
    return first, second, third, withdrawn


def subjects(profile: Profile, document: bytes) -> Iterator[tuple[str, Subject]]:
    """The third version after the two before it, and the withdrawal after all three."""
    made = [profile.document_subject("CR", Document.parse(raw)) for raw in versions(document)]
    yield "version 3", replace(made[2], earlier=tuple(made[:2]))
    yield "withdrawal", replace(made[3], earlier=tuple(made[:3]))


# -- in messages ----------------------------------------------------------------------------

_ASKS: Final = {"RO": "C", "CA": "D"}


def asking(message: Message, action: str) -> Message:
    """The message that carries a document, asking for its replacement (RO) or deletion (CA)."""
    edits = (Edit("set", "ORC-1", action), Edit("set", "OBX[1]-11", _ASKS[action]))
    return edit.apply(message, edits)


def sent(profile: Profile, first: Subject) -> Iterator[tuple[str, Subject]]:
    """A report already in a message: then replaced, then deleted, in the same conversation."""
    earlier = (*first.earlier, first)
    for number, action in enumerate(_ASKS, 1):
        control_id = Edit("set", "MSH-10", f"VERSION-{number}")
        message = edit.apply(asking(earlier[-1].carried, action), (control_id,))
        if action == "RO":
            message = edit.in_document(message, lambda raw: replacing(raw, 2, 13))
        subject = profile.subject(first.kind, message, earlier=earlier)
        subject = replace(subject, recorded=True)
        yield action, subject
        yield f"{action} document", replace(subject, kind=profile.flows[first.kind].document)
        earlier = (*earlier, subject)
