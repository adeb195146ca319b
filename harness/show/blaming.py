"""Who is at fault, in words: the first charge of each side, then every charge, a line each."""

from collections.abc import Iterator, Sequence

from harness.show.terminal import Terminal
from harness.sim.blame import Charge
from harness.text import Text, plain, say

SIDES = ("ris", "platform")
_NAMED = 4  # rules told by name


def headlines(charges: Sequence[Charge]) -> Iterator[Text]:
    """One sentence for each side: not at fault, or how often and in what first."""
    for side in SIDES:
        own = [charge for charge in charges if charge.side == side]
        name = say(f"role.{side}")
        if not own:
            yield say("blame.none", side=name)
        else:
            yield say("blame.side", side=name, count=len(own), first=sentence(own[0]))


def sentence(charge: Charge) -> Text:
    """What a charge says: exchange, reason, rules."""
    rules = ", ".join(charge.rules[:_NAMED]) or "-"
    more = len(charge.rules) - _NAMED
    values: dict[str, str | Text] = {
        "number": f"{charge.number:04d}",
        "flow": charge.flow,
        "said": charge.said or "-",
        "reference": charge.reference or "-",
        "rules": plain(f"{rules} … +{more}" if more > 0 else rules),
    }
    return say(f"blame.{charge.kind}", **values)


def tell(terminal: Terminal, charges: Sequence[Charge]) -> None:
    """Both sides, then the charges in the order in which things happened."""
    terminal.title(terminal.tr("blame.title"))
    for line in headlines(charges):
        terminal.line(f"  {line.in_(terminal.lang)}")
    for charge in charges:
        side = say(f"role.{charge.side}").in_(terminal.lang)
        terminal.line((f"  {side:<11}", "bold"), sentence(charge).in_(terminal.lang))
