"""The numbered steps of the white paper's two figures, which people name when they talk.

Data: `schemas/profiles/livre-blanc-2024/steps.yaml`. Another guide has the same steps under its own
names of the flows (`aliases` of its profile).
Source: white paper VF 2024-10-03, 3.2.1 and 3.3.1 (activity diagrams).
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from harness import data, yamlfile
from harness.rules.profile import Profile
from harness.text import Text

_CITED: Final = re.compile(r"\b[12]\.\d[a-z]?\b")
_ROLES: Final = ("ris", "platform")


@dataclass(frozen=True, slots=True)
class GuideStep:
    """A step: figure and number, who does it, the flow that it sends or receives (may be empty)."""

    id: str
    by: str
    says: Text
    sends: str = ""
    receives: str = ""


@cache
def steps() -> tuple[GuideStep, ...]:
    """All of them, in order. Raises HarnessError with file, line and column."""
    content = yamlfile.load(data.path("schemas", "profiles", "livre-blanc-2024", "steps.yaml"))
    content.only(frozenset({"document", "steps"}))
    return tuple(map(_step, content.need("steps").items))


def _step(item: yamlfile.Item) -> GuideStep:
    item.only(frozenset({"id", "by", "says", "sends", "receives"}))
    by = item.need("by")
    if by.text not in _ROLES:
        raise by.error("yaml.unknown_value", hint=", ".join(_ROLES), value=by.text)
    flows = {key: flow.text for key in ("sends", "receives") if (flow := item.get(key))}
    return GuideStep(item.need("id").text, by.text, item.need("says").both(), **flows)


def of_flow(profile: Profile, flow: str) -> tuple[GuideStep, ...]:
    """The steps that send and receive a flow, by the profile's own name; empty when it has none."""
    names = {flow, *(alias for alias, own in profile.aliases.items() if own == flow)}
    return tuple(step for step in steps() if names & {step.sends, step.receives})


def cited(words: str) -> tuple[str, ...]:
    """What a text names of steps, whether there is such a step or not."""
    return tuple(_CITED.findall(words))
