"""An edition of the ANS guide that nobody published, made of data files alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import data
from harness.rules import counterpart, profile_file
from harness.rules import profile as profiles

NAME = "ans-tlr-essai"
PROFILE = """
profile: ans-tlr-essai
extends: ans-tlr-2026
title: {fr: "Volet Téléradiologie, essai", en: "Teleradiology guide, imaginary edition"}
document: ans-tlr-2026
version: 9.9
flows:
  "2":
    title: {fr: "Annulation de la demande", en: "Cancellation of the request"}
    sender: ris
    message: ORM^O01^ORM_O01
    usage: required
    made: tlr-cancellation
tables: [next.yaml]
without: [PF-PID-2]
levels: {PF-PID-8: MAY}
"""
TABLE = """
document: ans-tlr-2026
section: next
kinds: ["1"]
group: order
rows:
- {id: TLR-NEXT-ORC-30, at: ORC-30, usage: R, says: {fr: "Le mode de saisie est donné", en: "The mode of entry is given"}}
- {id: TLR-NEXT-OBR-4, at: OBR-4.1, in: [DEMANDE-2], says: {fr: "OBR-4 dit DEMANDE-2", en: "OBR-4 says DEMANDE-2"}}
- {id: TLR-NEXT-RXO-1, at: RXO-1, usage: R, says: {fr: "RXO-1 est donné", en: "RXO-1 is given"}}
---
document: ans-tlr-2026
section: next
kinds: ["4"]
group: structure
rows:
- id: TLR-NEXT-STRUCTURE
  break: [{remove: IPC}]
  structure: MSH PID PV1 {ORDER( ORC [TQ1] [OBR] [{OBX}] IPC [ZDS] )}
  says: {fr: "Chaque examen a son IPC", en: "Each exam has its IPC"}
- {id: TLR-NEXT-IPC-1, at: IPC-1.1, usage: R, says: {fr: "IPC-1 est donné", en: "IPC-1 is given"}}
- {id: TLR-NEXT-IPC-9, at: IPC-9, usage: X, says: {fr: "IPC-9 est vide", en: "IPC-9 is empty"}}
- {id: TLR-NEXT-IPC-8, at: IPC-8.2, usage: R, when: IPC-8, says: {fr: "IPC-8.2 est donné", en: "IPC-8.2 is given"}}
"""  # noqa: E501  rows as tables have them
NEW = (
    "TLR-NEXT-ORC-30", "TLR-NEXT-OBR-4", "TLR-NEXT-RXO-1", "TLR-NEXT-STRUCTURE",
    "TLR-NEXT-IPC-1", "TLR-NEXT-IPC-9", "TLR-NEXT-IPC-8",
)  # fmt: skip


@contextmanager
def published(root: Path) -> Iterator[None]:
    """The data folders with the edition among the profiles."""
    _link(data.path(), root, ("schemas", "schematron", "scenarios", "reports"))
    for folder in ("schemas", "schemas/profiles"):
        (root / folder).unlink()
        (root / folder).mkdir()
        _link(data.path(folder), root / folder, [p.name for p in data.path(folder).iterdir()])
        if folder == "schemas":
            continue
        own = root / folder / NAME
        own.mkdir()
        (own / "profile.yaml").write_text(PROFILE, encoding="utf-8")
        (own / "next.yaml").write_text(TABLE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "path", lambda *parts: root.joinpath(*parts))
        _forget()
        yield
    _forget()


def _link(source: Path, target: Path, names: "tuple[str, ...] | list[str]") -> None:
    for name in names:
        (target / name).symlink_to(source / name)


def _forget() -> None:
    for known in (
        profile_file.read,
        profile_file.folders,
        profiles.load,
        profiles.flow_names,
        profiles.flow_documents,
        counterpart.aliases,
    ):
        known.cache_clear()
