"""What composes the message of a flow, by the name that the profile's flow gives (`made`)."""

from collections.abc import Callable, Mapping
from typing import Final

from harness.errors import HarnessError
from harness.sim.case import Case
from harness.sim.generate import messages
from harness.sim.generate.messages import Header
from harness.text import say

Maker = Callable[[Case, Header], bytes]

MAKERS: Final[Mapping[str, Maker]] = {
    "order-request": messages.request,
    "order-protocol": messages.protocol,
    "order-examination": messages.examination,
}


def maker(flow: str, name: str) -> Maker:
    """The composer of that name. Raises HarnessError when the flow's profile names none of ours."""
    if name not in MAKERS:
        what = say("generate.no_maker", flow=flow, name=name or "-")
        raise HarnessError(what, hint=say("yaml.one_of", values=", ".join(MAKERS)))
    return MAKERS[name]
