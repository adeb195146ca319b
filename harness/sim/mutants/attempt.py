"""One attempt to break a rule: what is changed, and where the rule must speak."""

from dataclasses import dataclass

from harness.wire.edit import Edit


@dataclass(frozen=True, slots=True)
class Attempt:
    """`way` names how; `places` are the paths or XPaths of which one is where the rule must speak.

    `document` is the document with the edits made, where they were made already. `by_hand`: the
    edits were written for this rule, and do not follow from it. `valid`: the document is still one
    of the CDA schema.
    """

    way: str
    edits: tuple[Edit, ...]
    places: tuple[str, ...]
    document: bytes = b""
    by_hand: bool = False
    valid: bool = True
