"""Who is at fault when an exchange between two systems fails: each side beside our reference.

What a system received is given to our own receiver, in the same conversation: what ours would have
answered, beside what the system answered, tells whose fault a refusal or an acceptance is. What a
message or an answer breaks by itself is its sender's. Pure.

    message    the sender's message breaks a MUST
    refused    the receiver refuses what the reference accepts
    accepted   the receiver accepts what the reference refuses: the sender's fault, and unseen
    answer     the receiver's answer breaks a MUST
    silent     the receiver does not answer what the reference answers
    missing    a flow that has to follow never came, though the one before was accepted
    reach      the receiver could not be reached
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from harness.rules.checks.order_state import NEXT, state_of
from harness.rules.orders import orders
from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Subject, Verdict
from harness.sim import refusing
from harness.sim.record import Exchange, Judged

_OTHER: Final = {"ris": "platform", "platform": "ris"}
_POSITIVE: Final = ("AA", "CA")
_NEGATIVE: Final = ("AE", "AR", "CE", "CR")
_WIRE: Final = "mllp"
_UNREACHED: Final = frozenset({"STEP-REACH", "STEP-TLS"})
_SILENT: Final = frozenset({"ACK-NONE", "ACK-LATE"})


@dataclass(frozen=True, slots=True)
class Charge:
    """One reason to hold a side at fault; the first of a conversation is the cause of the rest.

    `kind` is one of the words above, `side` "ris" or "platform". `rules` are the ids that tell;
    `said` is what the receiver answered (MSA-1, empty for nothing), `reference` what ours would.
    `number` is that of the exchange.
    """

    number: int
    flow: str
    kind: str
    side: str
    said: str = ""
    reference: str = ""
    rules: tuple[str, ...] = ()


def charges(exchanges: Sequence[Exchange], profile: Profile) -> tuple[Charge, ...]:
    """Every charge, in the order in which things happened."""
    found = [charge for exchange in exchanges for charge in _of(exchange)]
    found += _missing(exchanges, profile)
    return tuple(sorted(found, key=lambda charge: charge.number))


def cause(found: Iterable[Charge]) -> Charge | None:
    """The first charge: what is to be mended before anything else."""
    return next(iter(found), None)


def _of(exchange: Exchange) -> Iterator[Charge]:
    if exchange.request is None or _on_purpose(exchange):
        return
    yield from _of_the_wire(exchange)
    broken = _broken(exchange.request.outcomes)
    said, reference = _said(exchange.answer), _reference(exchange)
    if exchange.answer is None:
        yield from _unanswered(exchange, broken, reference)
        return
    yield from _of_the_message(exchange, broken, said, reference)
    wrong = _broken(exchange.answer.outcomes)
    if wrong:
        yield _charge(exchange, "answer", exchange.receiver, said, reference, wrong)


def _on_purpose(exchange: Exchange) -> bool:
    parts = (exchange.request, exchange.answer)
    return any(part.deliberate for part in parts if part)


def _of_the_message(
    exchange: Exchange, broken: tuple[str, ...], said: str, reference: str
) -> Iterator[Charge]:
    accepted, ours = said in _POSITIVE, reference in _POSITIVE
    if accepted and not ours:
        yield _charge(exchange, "accepted", exchange.sender, said, reference, broken)
    elif said in _NEGATIVE and ours:
        refused = _charge(exchange, "refused", exchange.receiver, said, reference)
        if broken:  # wrong, but in what no receiver looks at before it accepts
            yield _charge(exchange, "message", exchange.sender, said, reference, broken)
        yield refused
    elif broken:
        yield _charge(exchange, "message", exchange.sender, said, reference, broken)


def _unanswered(exchange: Exchange, broken: tuple[str, ...], reference: str) -> Iterator[Charge]:
    told = {outcome.rule.id for outcome in exchange.step_outcomes if outcome.findings}
    if broken:
        yield _charge(exchange, "message", exchange.sender, "", reference, broken)
    if told & _UNREACHED:
        rules = tuple(sorted(told & _UNREACHED))
        yield _charge(exchange, "reach", exchange.receiver, "", reference, rules)
    elif told & _SILENT or exchange.state == "no_answer":
        rules = tuple(sorted(told & _SILENT))
        yield _charge(exchange, "silent", exchange.receiver, "", reference, rules)


def _of_the_wire(exchange: Exchange) -> Iterator[Charge]:
    """Bytes that are no block: the sender's, as they came on its way to the receiver."""
    broken = tuple(
        outcome.rule.id
        for outcome in exchange.step_outcomes
        if outcome.rule.group == _WIRE and outcome.verdict is Verdict.FAIL
    )
    if broken:
        yield _charge(exchange, "message", exchange.sender, _said(exchange.answer), "", broken)


def _charge(
    exchange: Exchange,
    kind: str,
    side: str,
    said: str,
    reference: str,
    rules: tuple[str, ...] = (),
) -> Charge:
    return Charge(exchange.number, exchange.flow, kind, side, said, reference, rules)


def _broken(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return tuple(outcome.rule.id for outcome in outcomes if outcome.verdict is Verdict.FAIL)


def _said(answer: Judged | None) -> str:
    return answer.message.first("MSA-1") if answer and answer.message else ""


def _reference(exchange: Exchange) -> str:
    """MSA-1 as our own receiver would give it for this message, here."""
    if exchange.request is None:
        return ""
    kind = exchange.request.kind
    return refusing.code(kind, refusing.refusals(kind, exchange.request.outcomes))


def _missing(exchanges: Sequence[Exchange], profile: Profile) -> Iterator[Charge]:
    """Required flows that had to follow in a conversation, where none of them came at all."""
    for talk in _conversations(exchanges):
        if any(map(_on_purpose, talk)) or _is_closed(talk):
            continue
        came = {exchange.flow for exchange in talk if exchange.request}
        for exchange in talk:
            flow = profile.flows.get(exchange.flow)
            if flow is None or _said(exchange.answer) not in _POSITIVE:
                continue
            for name in flow.then:
                if name not in came and profile.flows[name].usage == "required":
                    came.add(name)
                    said = _said(exchange.answer)
                    side = profile.flows[name].sender
                    yield Charge(exchange.number, name, "missing", side, said, "")


def _is_closed(talk: Sequence[Exchange]) -> bool:
    """The request was refused or cancelled (ANS guide): nothing more is owed."""
    said = tuple(
        Subject(exchange.flow, exchange.request.message)
        for exchange in talk
        if exchange.request and exchange.request.message and _said(exchange.answer) in _POSITIVE
    )
    keys = [orders(subject.carried)[0].key for subject in said[:1]]
    return any(not NEXT[state_of(Subject("", earlier=said), key)] for key in keys)


def _conversations(exchanges: Sequence[Exchange]) -> Iterator[list[Exchange]]:
    """The exchanges of each conversation: of a scenario's play, or about one order."""
    found: dict[tuple[str, str, int], list[Exchange]] = {}
    for exchange in exchanges:
        key = (exchange.scenario, exchange.conversation, exchange.play)
        found.setdefault(key, []).append(exchange)
    yield from found.values()
