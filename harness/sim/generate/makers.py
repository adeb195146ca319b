"""What composes the message of a flow, by the name that the profile's flow gives (`made`)."""

from collections.abc import Callable, Mapping
from typing import Final

from harness.errors import HarnessError
from harness.sim.case import Case
from harness.sim.generate import messages, messages_tlr
from harness.sim.generate.segments import Header
from harness.text import say

Maker = Callable[[Case, Header], bytes]

MAKERS: Final[Mapping[str, Maker]] = {
    "order-request": messages.request,
    "order-protocol": messages.protocol,
    "order-examination": messages.examination,
    "tlr-request": messages_tlr.request,
    "tlr-cancellation": messages_tlr.cancellation,
    "tlr-answer": messages_tlr.answer,
    "tlr-complement": messages_tlr.complement,
}

# Those that tell every examination of a case, of which the report may then speak; the others tell
# the main one.
SEVERAL: Final = frozenset({"tlr-complement"})

# The version of the acknowledgement, whatever that of the message; others are answered in theirs.
ANSWERED_IN: Final[Mapping[str, str]] = dict.fromkeys(
    ("tlr-request", "tlr-cancellation", "tlr-answer", "tlr-complement"), "2.5.1"
)


def maker(flow: str, name: str) -> Maker:
    """The composer of that name. Raises HarnessError when the flow's profile names none of ours."""
    if name not in MAKERS:
        what = say("generate.no_maker", flow=flow, name=name or "-")
        raise HarnessError(what, hint=say("yaml.one_of", values=", ".join(MAKERS)))
    return MAKERS[name]
