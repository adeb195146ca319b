"""How a document is sent: the choices that a scenario's step and `telerad generate` have.

Source: Transmission de documents CDA en HL7v2 2.1, processing requests and MSH-18; white paper,
chapter 2 and 3.3.1 (E).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ACTIONS: Final = ("initial", "replace", "delete")
MESSAGES: Final = ("ORU", "MDM")
# A request is of level 3, its guide has no other; a report may be a PDF, or both in one ORU.
LEVELS: Final[Mapping[str, tuple[str, ...]]] = {"DA": ("3",), "CR": ("1", "3", "both")}
CHARSETS: Final[Mapping[str, str]] = {"UTF-8": "UNICODE UTF-8", "8859/15": "8859/15"}
# What a new version may change, by kind of document; the first is what changes when nobody says.
CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "DA": ("text", "visibility"),
    "CR": ("text", "responsible", "addendum", "visibility"),
}
FIRST: Final = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a document is sent.

    `name` tells documents of one flow and one conversation apart. `message` is "ORU" or "MDM".
    `level` and `size` (bytes of what is attached) are those of the version before when empty.
    `change` is what a new version changes; see `CHANGES`.
    """

    action: str = "initial"
    name: str = FIRST
    message: str = "ORU"
    level: str = ""
    charset: str = "UTF-8"
    change: str = ""
    size: int = 0


PLAIN: Final = Form()


def changes_of(kind: str, action: str) -> tuple[str, ...]:
    """What may change in a document of that kind, "DA" or "CR", with that action.

    A report may be withdrawn by a physician who was not responsible for it before.
    """
    if action == "replace":
        return CHANGES[kind]
    return ("responsible",) if action == "delete" and kind == "CR" else ()
