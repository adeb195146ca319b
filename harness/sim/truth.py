"""Do acknowledgements tell the truth? What was wrong on purpose has to be refused, what was right
accepted; a refusal points at the field and gives its reason in a code of table 0357. Pure.

Source: HL7 v2.5.1, 2.9.2 (MSA-1), 2.15.5 (ERR-2, ERR-3).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from harness.rules.rule import Verdict
from harness.sim.record import Exchange
from harness.text import Text, say

_ROLES: Final = ("ris", "platform")
_POSITIVE: Final = ("AA", "CA")


@dataclass(frozen=True, slots=True)
class Truth:
    """How many of `wrong` messages were `refused`, of `right` ones `accepted`.

    `located`: refusals of which the scenario names the field; `placed`: those whose ERR-2 points at
    it. `coded`: refusals whose ERR-3 is of table 0357.
    """

    wrong: int
    refused: int
    right: int
    accepted: int
    located: int
    placed: int
    coded: int

    @property
    def text(self) -> Text:
        """The score as one line."""
        return say("term.truth", **{name: getattr(self, name) for name in self.__slots__})


def of(exchanges: Iterable[Exchange], sut: str) -> Truth | None:
    """The score of who received; of `sut` only, when one side is. None when nothing was wrong."""
    answered = [
        exchange
        for exchange in exchanges
        if exchange.request and exchange.answer and _counts(exchange, sut)
    ]
    wrong = list(_wrong(answered))
    if not wrong:
        return None
    right = [x for x in answered if x.request and x.request.deliberate is None]
    right = [x for x in right if x.request and x.request.verdict < Verdict.FAIL]
    refused = [exchange for exchange in wrong if _code(exchange) not in _POSITIVE]
    located = [
        verdict
        for exchange in refused
        for rule in ("STEP-ERR", "STEP-ERR-2")
        if (verdict := _step(exchange, rule)) is not None
    ]
    return Truth(
        wrong=len(wrong),
        refused=len(refused),
        right=len(right),
        accepted=sum(_code(exchange) in _POSITIVE for exchange in right),
        located=len(located),
        placed=sum(verdict is Verdict.PASS for verdict in located),
        coded=sum(map(_is_coded, refused)),
    )


def _counts(exchange: Exchange, sut: str) -> bool:
    return sut not in _ROLES or exchange.receiver == sut


def _wrong(answered: Iterable[Exchange]) -> Iterator[Exchange]:
    """Those that the scenario wants refused: not those that it wants accepted all the same."""
    for exchange in answered:
        request = exchange.request
        if request is None or request.deliberate is None or request.follows:
            continue
        if _code(exchange) not in _POSITIVE or _step(exchange, "STEP-ACK") is Verdict.FAIL:
            yield exchange


def _code(exchange: Exchange) -> str:
    answer = exchange.answer.message if exchange.answer else None
    return answer.first("MSA-1") if answer else ""


def _step(exchange: Exchange, rule: str) -> Verdict | None:
    return next((o.verdict for o in exchange.step_outcomes if o.rule.id == rule), None)


def _is_coded(exchange: Exchange) -> bool:
    outcomes = exchange.answer.outcomes if exchange.answer else ()
    return any(o.rule.id == "ACK-ERR-3" and o.verdict is Verdict.PASS for o in outcomes)
