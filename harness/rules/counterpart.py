"""What a flow of one guide is under another: `aliases:` of their `profile.yaml` tie them.

Source: ANS teleradiology guide 0.1.0-ballot, volume 1, and white paper VF 2024-10-03, chapter 3:
A is flow 1, C flow 3, D flow 4; the flows of documents keep their letters.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from harness.rules import profile_file
from harness.rules.profile import Profile

SHARED: Final = frozenset({"ACK", "DOC", "HL7", "ZAM", "CR", "DA", "CDA", "STEP"})  # of any guide


def counterpart(flow: str, source: str, target: Profile) -> str | None:
    """The flow of `target` for a flow (or kind) of the profile named `source`; None for none.

    A source that is not installed any more has no aliases.
    """
    if flow in target.flows or flow in SHARED:
        return flow
    if target.aliases.get(flow, "ACK") in target.flows:
        return target.aliases[flow]
    others = (alias for alias, named in aliases(source).items() if named == flow)
    return next((alias for alias in others if alias in target.flows), None)


@cache
def aliases(name: str) -> Mapping[str, str]:
    """The other names of a profile's flows, without its rules."""
    if name not in profile_file.available():
        return {}
    item = profile_file.read(name).get("aliases")
    return {alias: named.text for alias, named in item.fields.items()} if item else {}
