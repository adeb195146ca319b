"""How a simulated side reacts, when a user wants it otherwise: `WHAT[=SECONDS][@FLOW]`. Pure.

    accept        acknowledges with AA, whatever is wrong
    refuse        acknowledges with AE; where a flow is the answer to a request, refuses the request
    delay=5       acknowledges what comes, or sends what it says itself, so many seconds later
    change-act    tells of another act than the one asked for

Without a flow, of every flow that it can be said of. These are no defects: a real system may react
so, and its partner has to cope.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.sim.case import Case
from harness.sim.generate.messages import Refusal
from harness.sim.telling import TELLS, Telling, told
from harness.text import plain, say

WHATS: Final = ("accept", "refuse", "delay", "change-act")
REFUSAL: Final = Refusal("MSH-9", "207", "refused on purpose: --reaction refuse")
_WRITTEN: Final = re.compile(r"(?P<what>[a-z-]+)(=(?P<seconds>\d+(\.\d+)?))?(@(?P<flow>[\w-]+))?")
_ACTS: Final = {"CT": "mr-brain"}  # modality of the act asked for: clinical case told instead
_ACT: Final = "ct-brain"


@dataclass(frozen=True, slots=True)
class Reaction:
    """One of `WHATS`; `flow` is empty for every flow."""

    what: str
    seconds: float = 0.0
    flow: str = ""


def parse(text: str, profile: Profile) -> Reaction:
    """A reaction as written. Raises HarnessError."""
    found = _WRITTEN.fullmatch(text)
    if found is not None and found["what"] not in WHATS:
        near = get_close_matches(found["what"], WHATS, n=1)
        hint = say("yaml.did_you_mean", word=near[0]) if near else plain(", ".join(WHATS))
        raise HarnessError(say("reaction.unknown", name=found["what"]), hint=hint)
    if found is None or (found["what"] == "delay") != bool(found["seconds"]):
        raise HarnessError(say("reaction.unreadable", text=text), hint="WHAT[=SECONDS][@FLOW]")
    flow = profile.flow(found["flow"]).id if found["flow"] else ""
    return Reaction(found["what"], float(found["seconds"] or 0), flow)


class Reactions:
    """Those chosen for a session."""

    def __init__(self, chosen: Iterable[Reaction] = ()) -> None:
        self.chosen = tuple(chosen)

    def _has(self, what: str, flow: str) -> bool:
        return any(one.what == what and one.flow in ("", flow) for one in self.chosen)

    def code(self, flow: str) -> str:
        """The answer to a flow, whatever it holds: "AA", "AE", or empty for an honest one."""
        if self._has("refuse", flow):
            return "AE"
        return "AA" if self._has("accept", flow) else ""

    def delay(self, flow: str) -> float:
        """Seconds that the answer to a flow, or the flow itself, has to wait."""
        return max(
            (o.seconds for o in self.chosen if o.what == "delay" and o.flow in ("", flow)),
            default=0.0,
        )

    def case(self, flow: str, made: str, case: Case) -> Case:
        """What is known, as the message of a flow tells it. `made` is what composes it."""
        tells = TELLS.get(made, ())
        if self._has("change-act", flow) and "instead" in tells:
            case = told(case, Telling(instead=_ACTS.get(case.exam.modality.code, _ACT)))
        if self._has("refuse", flow) and "answer" in tells:
            case = told(case, Telling(accepted=False))
        return case
