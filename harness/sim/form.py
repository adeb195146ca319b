"""How a document is sent: the choices that a scenario's step and `telerad generate` have.

Source: Transmission de documents CDA en HL7v2 2.1, processing requests and MSH-18; white paper,
chapter 2 and 3.3.1 (E).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.text import Text, say

CONTROLS: Final[Mapping[str, str]] = {"initial": "NW", "replace": "RO", "delete": "CA"}  # ORC-1
ACTIONS: Final = tuple(CONTROLS)
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
_SIZE: Final = re.compile(r"(\d{1,3}(?:\.\d+)?) ?(kB|MB)")
_UNITS: Final = {"kB": 1_000, "MB": 1_000_000}


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


def wrong(form: Form, kind: str, flow: str) -> tuple[str, Text] | None:
    """The choice that a flow with that kind of document ("CR", "DA", "" for none) has not, and why.

    A report may be withdrawn by a physician who was not responsible for it before.
    """
    if not kind:
        return None if form == PLAIN else ("action", say("form.no_document", flow=flow))
    if form.level and form.level not in LEVELS[kind]:
        return "level", say("form.no_level", flow=flow, levels=", ".join(LEVELS[kind]))
    if form.level == "both" and form.message == "MDM":
        return "level", say("form.one_in_mdm")
    changes = {"replace": CHANGES[kind], "delete": ("responsible",) if kind == "CR" else ()}
    if form.change and form.change not in changes.get(form.action, ()):
        return "change", say("form.no_change", flow=flow)
    return None


def size_of(written: str) -> int | None:
    """The bytes of a size such as `5 MB` or `300 kB`; None when it is not one."""
    found = _SIZE.fullmatch(written)
    return int(float(found[1]) * _UNITS[found[2]]) if found else None
