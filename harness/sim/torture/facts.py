"""Whether what a case expects has come about: held, broken, or not to be told yet. Pure."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from harness.sim.torture.case import Fact
from harness.sim.torture.peer import Connection, Peer
from harness.sim.torture.text import shown
from harness.text import Text, plain, say
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Junk, Oversize
from harness.wire.mllp import Event as Framed


class State(Enum):
    """What can be said of a fact now."""

    OPEN = "open"
    HELD = "held"
    BROKEN = "broken"
    UNKNOWN = "unknown"  # cannot be told with this peer


@dataclass(frozen=True, slots=True)
class Told:
    """The state, and what was seen, in words; `codes`: MSA-1 of the acknowledgements."""

    state: State
    actual: Text
    codes: tuple[str, ...] = ()


_OPEN = Told(State.OPEN, plain("-"))


def tell(fact: Fact, peer: Peer, ids: Mapping[str, bytes], *, over: bool) -> Told:
    """What can be said of a fact. `over`: its time has passed. `ids`: MSH-10 by block name."""
    if fact.any:
        return _any(fact, peer, ids, over=over)
    if fact.ack:
        return _acks(fact, peer, ids, over=over)
    if fact.silence:
        return _silence(fact, peer, over=over)
    if fact.again:
        return _again(fact, peer, ids, over=over)
    if fact.believes:
        return _believes(fact, peer, over=over)
    if fact.framed:
        return _framed(fact, peer)
    at = peer.connection(fact.closed or fact.open)
    if at.ended:
        told = say("mllp.saw.reset" if at.reset else "mllp.saw.closed")
        return Told(State.HELD if fact.closed else State.BROKEN, told)
    if not over:
        return _OPEN
    return Told(State.BROKEN if fact.closed else State.HELD, say("mllp.saw.open"))


def _any(fact: Fact, peer: Peer, ids: Mapping[str, bytes], *, over: bool) -> Told:
    """The first that holds; broken when all are."""
    every = []
    for one in fact.any:
        told = tell(one, peer, ids, over=over)
        if told.state is State.HELD:
            return told
        every.append(told)
    if any(told.state is State.OPEN for told in every):
        return _OPEN
    return every[0]


def _acks(fact: Fact, peer: Peer, ids: Mapping[str, bytes], *, over: bool) -> Told:
    """All acknowledgements, in order. Nothing is taken out of the inbox until all are there."""
    at = peer.connection(fact.via)
    inbox, codes_seen = deque(at.inbox), []
    for name in fact.ack:
        codes = _codes(fact, peer)
        wrong = say("mllp.saw.closed") if at.ended else say("mllp.saw.nothing")
        if at.reason:
            wrong = at.reason
        taken = None
        while inbox and taken is None:
            event = inbox.popleft()
            found = mismatch(event, ids[name], codes)
            if isinstance(found, Text):
                wrong = found
                if not fact.among:
                    return Told(State.BROKEN, wrong)
            else:
                taken = found
        if taken is None:
            return Told(State.BROKEN, wrong) if over or at.ended else _OPEN
        codes_seen.append(taken.first("MSA-1"))
    at.inbox = inbox
    return Told(State.HELD, say("mllp.saw.codes", codes=", ".join(codes_seen)), tuple(codes_seen))


def _codes(fact: Fact, peer: Peer) -> tuple[str, ...]:
    """The codes that are accepted; empty for any."""
    if "any" in fact.code:
        return ()
    return peer.good_codes if "good" in fact.code else fact.code


def mismatch(event: Framed, control_id: bytes, codes: tuple[str, ...]) -> Message | Text:
    """The acknowledgement of a message, or why this is not one."""
    if isinstance(event, Junk):
        return say("mllp.saw.junk", size=event.size, head=shown(event.head[:24]))
    if isinstance(event, Oversize):
        return say("mllp.saw.oversize", size=event.size)
    if not isinstance(event, Block):
        return say("mllp.saw.unfinished", size=len(event.data))
    if event.notes:
        return say("mllp.saw.framing", how=say(event.notes[0]))
    answer = Message(event.data)
    if not answer.named("MSA"):
        return say("mllp.saw.no_msa", head=shown(event.data[:40]))
    named = answer.node("MSA-2").data
    if named != control_id:
        return say("mllp.saw.other_id", value=shown(named[:40]) or "-", wanted=shown(control_id))
    if codes and answer.first("MSA-1") not in codes:
        return say("mllp.saw.code", value=answer.first("MSA-1") or "-")
    return answer


def _silence(fact: Fact, peer: Peer, *, over: bool) -> Told:
    if peer.sender:
        if peer.arrived:
            value = shown(peer.arrived[0].control_id)
            return Told(State.BROKEN, say("mllp.saw.message", value=value))
    else:
        at = peer.connection(fact.via)
        if at.inbox:
            return Told(State.BROKEN, _what_came(at))
        if at.ended:
            return Told(State.HELD, say("mllp.saw.closed"))
    return Told(State.HELD, say("mllp.saw.nothing")) if over else _OPEN


def _what_came(at: Connection) -> Text:
    event = at.inbox[0]
    found = mismatch(event, b"", ())
    if isinstance(found, Message) or (
        isinstance(event, Block) and Message(event.data).named("MSA")
    ):
        answer = Message(event.data) if isinstance(event, Block) else Message(b"")
        value = f"{answer.first('MSA-1')} {shown(answer.node('MSA-2').data[:40])}"
        return say("mllp.saw.ack", value=value.strip() or "-")
    return found


def _again(fact: Fact, peer: Peer, ids: Mapping[str, bytes], *, over: bool) -> Told:
    if not peer.arrived:
        return Told(State.BROKEN, say("mllp.saw.nothing")) if over else _OPEN
    arrival = peer.arrived[0]
    if arrival.control_id != ids[fact.again]:
        return Told(State.BROKEN, say("mllp.saw.message", value=shown(arrival.control_id)))
    peer.arrived.popleft()
    peer.current = arrival.connection
    return Told(State.HELD, say("mllp.saw.again"))


def _believes(fact: Fact, peer: Peer, *, over: bool) -> Told:
    """What the command of the sender says: 0 when it holds its message to be accepted."""
    if peer.code is None and not peer.running:
        return Told(State.UNKNOWN, say("mllp.saw.no_command"))
    if peer.code is None:
        return Told(State.BROKEN, say("mllp.saw.still_running")) if over else _OPEN
    believes = "accepted" if peer.code == 0 else "not-accepted"
    told = say(f"mllp.believes.{believes}", code=peer.code)
    return Told(State.HELD if believes == fact.believes else State.BROKEN, told)


def _framed(fact: Fact, peer: Peer) -> Told:
    """The message was in a block as it should be, and nothing stood around it."""
    for event in peer.connection("a").inbox:
        found = mismatch(event, b"", ())
        if isinstance(found, Text):
            return Told(State.BROKEN, found)
    for note in peer.framing[fact.framed]:
        return Told(State.BROKEN, say(note))
    return Told(State.HELD, say("mllp.saw.framed"))


def wanted(fact: Fact, ids: Mapping[str, bytes]) -> Text:
    """The fact in words."""
    if fact.any:
        either = [wanted(one, ids) for one in fact.any]
        return Text(" ou ".join(w.fr for w in either), " or ".join(w.en for w in either))
    if fact.ack:
        shorts = (shown(ids.get(name, b"")[:40]) or "-" for name in fact.ack)
        names = ", ".join(f"`{short}`" for short in shorts)
        codes = say("mllp.code.good") if "good" in fact.code else plain("/".join(fact.code))
        codes = say("mllp.code.any") if "any" in fact.code else codes
        return say("mllp.want.ack", names=names, codes=codes)
    if fact.believes:
        return say(f"mllp.want.{fact.believes}")
    words = ("silence", "closed", "open", "again", "framed")
    word = next(word for word in words if getattr(fact, word))
    return say(f"mllp.want.{word}")
