"""Between two real systems: every block is journalled, passed on, then judged. Pure.

Each block that crosses the proxy comes to `passed`, which notes it and says what to put on the wire
in its place, once the note is on disk (the same bytes, unless a fault was asked for). `judge` then
judges what waits. Messages and their acknowledgements are paired by connection and MSA-2, messages
of one order (ORC-2) form a conversation.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from harness.rules import guess
from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Subject, Verdict
from harness.sim.events import Strayed
from harness.sim.faults import Faults, Passing, Put, Step
from harness.sim.judging import Judge
from harness.sim.learning.documents import order_of, versions_of
from harness.sim.record import Exchange
from harness.text import Text, plain, say
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Event, Junk, Unfinished
from harness.wire.transcript import Record

SCENARIO: Final = "proxy"
_OTHER: Final = {"ris": "platform", "platform": "ris"}


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of one connection. `sender` speaks; `forth`: it opened the connection."""

    connection: str
    sender: str
    forth: bool

    @property
    def receiver(self) -> str:
        """Who hears."""
        return _OTHER[self.sender]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A block that has passed and is to be judged."""

    way: Way
    message: Message
    notes: tuple[str, ...]
    kind: str
    why: Text
    at: datetime
    now: float
    fault: str
    strays: tuple[Strayed, ...]


@dataclass(slots=True)
class _Open:
    """A message that was judged: its place among the exchanges; `meddled`: by a fault of ours."""

    number: int
    message: Message
    passed: float
    meddled: bool = False


@dataclass(slots=True)
class _Connection:
    """What is known of a connection.

    Its messages by MSH-10, those not answered yet by number, their flows by MSH-10; bytes outside
    blocks and the last block, of each direction.
    """

    asked: dict[str, _Open] = field(default_factory=dict)
    pending: dict[int, _Open] = field(default_factory=dict)
    flows: dict[str, str] = field(default_factory=dict)
    strays: dict[bool, list[Strayed]] = field(default_factory=lambda: {True: [], False: []})
    before: dict[bool, bytes] = field(default_factory=dict)


class Proxy:
    """Watches, and meddles where it was told to. `exchanges` grows; `told` hears of each."""

    def __init__(
        self,
        profile: Profile,
        wall: Callable[[], datetime],
        note: Callable[[Record], object],
        *,
        faults: Faults | None = None,
        ack_timeout: float = 10.0,
        first_number: int = 1,
        told: Callable[[Exchange], None] = lambda exchange: None,
    ) -> None:
        self.profile = profile
        self.judge_of = Judge(profile)
        self.wall = wall
        self.note = note
        self.faults = faults or Faults()
        self.ack_timeout = ack_timeout
        self.first_number = first_number
        self.told = told
        self.exchanges: list[Exchange] = []
        self._connections: dict[str, _Connection] = {}
        self._waiting: deque[_Waiting] = deque()
        self._talks: dict[str, tuple[Subject, ...]] = {}
        self._sets: dict[str, str] = {}  # documents that have passed, and their order
        self._told_of: set[Text] = set()
        self._refused: set[str] = set()

    # -- on the way -------------------------------------------------------------------------

    def passed(self, way: Way, raw: bytes, found: Event, now: float) -> tuple[Step, ...]:
        """Journal a block; give what to put on the wire in its place.

        `raw` is the block with its framing, or the bytes outside any. Nothing may be passed on
        before what was noted is on disk.
        """
        known = self._connections.setdefault(way.connection, _Connection())
        if not isinstance(found, Block):
            return self._strayed(way, known, raw, found)
        message = Message(found.data)
        kind, why = guess.of_message(message, self.profile, way.receiver)
        is_ack = kind == "ACK" or (not way.forth and bool(message.named("MSA")))
        if is_ack:
            kind, flow = "ACK", known.flows.get(message.first("MSA-2"), "")
        else:
            flow = known.flows[message.first("MSH-10")] = kind
        word = "ack" if is_ack else "message"
        passing = Passing(raw, message, known.before.get(way.forth, b""))
        steps, fault = self.faults.act(word, flow, passing)
        known.before[way.forth] = raw
        self._note(word, way, flow, found.data, fault, steps)
        strays = tuple(known.strays[way.forth])
        known.strays[way.forth].clear()
        waiting = _Waiting(way, message, found.notes, kind, why, self.wall(), now, fault, strays)
        self._waiting.append(waiting)
        return steps

    def _strayed(self, way: Way, known: _Connection, raw: bytes, found: Event) -> tuple[Step, ...]:
        what = "junk" if isinstance(found, Junk) else "oversize"
        if isinstance(found, Unfinished):
            what = "unfinished"
        self._note(what, way, "", raw[:64] if what == "oversize" else raw, "", ())
        known.strays[way.forth].append(
            Strayed(way.receiver, way.connection, what, raw[:64], len(raw))
        )
        return (Put(raw),)

    def _note(
        self, kind: str, way: Way, flow: str, data: bytes, fault: str, steps: tuple[Step, ...]
    ) -> None:
        """What came, seen from who receives; with a fault also what went on instead."""
        at = self.wall().isoformat()
        facts = {"fault": fault} if fault else {}
        connection = way.connection
        self.note(Record(at, kind, connection, "in", way.receiver, flow, data, facts))
        if fault:
            sent = b"".join(step.data for step in steps if isinstance(step, Put))
            self.note(Record(at, "event", connection, "out", way.receiver, flow, sent, facts))

    # -- judging ----------------------------------------------------------------------------

    def judge(self) -> bool:
        """Judge the oldest block that waits. False when none does."""
        if not self._waiting:
            return False
        waiting = self._waiting.popleft()
        known = self._connections[waiting.way.connection]
        if waiting.kind == "ACK":
            self._answer(waiting, known)
        else:
            self._message(waiting, known)
        return True

    def _message(self, waiting: _Waiting, known: _Connection) -> None:
        message, way = waiting.message, waiting.way
        order = self._order(message)
        number = self.first_number + len(self.exchanges)
        judged, subject = self.judge_of.message(
            waiting.kind,
            message,
            f"messages/{number:04d}-{waiting.kind}.er7",
            earlier=self._talks.get(order, ()),
            guessed=waiting.why,
        )
        self._belongs(order, subject, message)
        exchange = Exchange(
            number=number,
            scenario=SCENARIO,
            flow=waiting.kind,
            sender=way.sender,
            receiver=way.receiver,
            state="no_answer",
            request=judged,
            step_outcomes=tuple(map(self.judge_of.strayed, waiting.strays)),
            sent=waiting.at,
            wire=_wire(waiting),
            conversation=order,
        )
        self.exchanges.append(exchange)
        for past in self._talks[order]:
            past.let_go()
        asked = _Open(number, message, waiting.now, bool(waiting.fault))
        known.asked[message.first("MSH-10")] = known.pending[number] = asked

    def _belongs(self, order: str, subject: Subject, message: Message) -> None:
        self._talks[order] = (*self._talks.get(order, ()), subject)
        self._sets.update(dict.fromkeys(versions_of(message), order))

    def recall(self, kind: str, message: Message, answer: Message | None) -> None:
        """A message that passed before a break, in its order, and what was answered."""
        order = self._order(message)
        earlier = self._talks.get(order, ())
        subject = self.profile.subject(kind, message, earlier=earlier, on_wire=True)
        self.profile.note(self.judge_of.seen, subject)
        self._belongs(order, subject, message)
        if answer:
            self._talks[order] = self.judge_of.taken_in(self._talks[order], message, answer)

    def _order(self, message: Message) -> str:
        """By order number; a document without one belongs where its set of versions is."""
        number = message.first("ORC-2.1") or message.first("OBR-2.1")
        found = (self._sets[name] for name in versions_of(message) if name in self._sets)
        return number or next(found, "") or order_of(message)

    def _answer(self, waiting: _Waiting, known: _Connection) -> None:
        asked = known.asked.get(waiting.message.first("MSA-2"))
        if asked is None and len(known.pending) == 1:
            (asked,) = known.pending.values()
        if asked is None or asked.number not in known.pending:
            self._too_many(waiting, asked)
            return
        del known.pending[asked.number]
        order = self._order(asked.message)
        self._talks[order] = self.judge_of.taken_in(
            self._talks.get(order, ()), asked.message, waiting.message
        )
        exchange = self.exchanges[asked.number - self.first_number]
        file = f"messages/{asked.number:04d}-{exchange.flow}.ack.er7"
        seconds = waiting.now - asked.passed
        asked.meddled = asked.meddled or bool(waiting.fault)
        outcomes = (*exchange.step_outcomes, *map(self.judge_of.strayed, waiting.strays))
        kept = [found for found in outcomes if found.rule.id != "ACK-NONE"]
        late = any(found.rule.id == "ACK-NONE" for found in outcomes)
        if late or (seconds > self.ack_timeout and not asked.meddled):
            kept.append(self.judge_of.broken("ACK-LATE", say("run.in_time"), say("run.late")))
        kept.append(self.judge_of.held("ACK-NONE"))
        self._settle(
            asked,
            replace(
                exchange,
                state="done",
                answer=self.judge_of.answer(waiting.message, asked.message, file),
                answered=waiting.at,
                seconds=seconds,
                step_outcomes=tuple(kept),
                wire=(*exchange.wire, *_wire(waiting)),
            ),
        )

    def _too_many(self, waiting: _Waiting, asked: _Open | None) -> None:
        """An acknowledgement that nothing waits for; what we doubled is no fault."""
        if not self.exchanges or (asked and asked.meddled):
            return
        position = asked.number - self.first_number if asked else len(self.exchanges) - 1
        exchange = self.exchanges[position]
        named = say("run.stray", value=waiting.message.first("MSA-2") or "-")
        stray = self.judge_of.broken("ACK-STRAY", say("run.no_answer_wanted"), named)
        outcomes = (*exchange.step_outcomes, stray)
        self.exchanges[position] = replace(exchange, step_outcomes=outcomes)

    def _settle(self, asked: _Open, exchange: Exchange) -> None:
        self.exchanges[asked.number - self.first_number] = exchange
        self.told(exchange)
        exchange.let_go()

    # -- what else happens ------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Messages whose acknowledgement is overdue have none, for the time being."""
        for known in self._connections.values():
            for asked in known.pending.values():
                if now - asked.passed > self.ack_timeout:
                    waited = say("run.waited", seconds=f"{self.ack_timeout:g}")
                    self._unanswered(asked, waited)

    def closed(self, connection: str) -> None:
        """A connection is over: what was not acknowledged on it will not be."""
        while self.judge():
            pass
        known = self._connections.pop(connection, _Connection())
        for asked in known.pending.values() if connection not in self._refused else ():
            self._unanswered(asked, say("run.closed"))
        self._tell_strays(known)

    def _unanswered(self, asked: _Open, why: Text) -> None:
        exchange = self.exchanges[asked.number - self.first_number]
        known = any(found.rule.id == "ACK-NONE" for found in exchange.step_outcomes)
        if known or asked.meddled:
            return
        outcome = self.judge_of.broken("ACK-NONE", say("run.ack_wanted"), why)
        outcomes = (*exchange.step_outcomes, outcome)
        self._settle(asked, replace(exchange, step_outcomes=outcomes))

    def unreachable(self, sender: str, reason: str) -> None:
        """The system that a sender wants to speak to does not take the connection."""
        told = plain(reason)
        verdict = Verdict.INCONCLUSIVE
        self._failed(
            sender,
            told,
            self.judge_of.broken("STEP-REACH", say("run.reached"), told, verdict=verdict),
        )

    def refused(self, sender: str, reason: Text, connection: str = "") -> None:
        """No TLS came about, on either side of a connection of `sender`.

        `connection` had seemed open: in TLS 1.3 a client learns afterwards that it is refused.
        Nobody owes an acknowledgement on it.
        """
        self._refused.add(connection)
        self._failed(sender, reason, self.judge_of.no_tls(reason))

    def unstored(self, way: Way) -> None:
        """The disk did not take a block: it is not passed on, and its connection is cut by us."""
        self._refused.add(way.connection)
        told = say("proxy.unstored")
        inconclusive = Verdict.INCONCLUSIVE
        self._failed(
            way.sender,
            told,
            self.judge_of.broken("STEP-REACH", say("run.reached"), told, verdict=inconclusive),
        )

    def _failed(
        self, sender: str, reason: Text, outcome: Outcome, wire: tuple[str, ...] = ()
    ) -> None:
        """What is about no message; told once for each reason."""
        if reason in self._told_of:
            return
        self._told_of.add(reason)
        at = self.wall()
        self.note(Record(at.isoformat(), "event", actor=sender, facts={"why": reason.en}))
        exchange = Exchange(
            number=self.first_number + len(self.exchanges),
            scenario=SCENARIO,
            flow="-",
            sender=sender,
            receiver=_OTHER[sender],
            state="failed",
            step_outcomes=(outcome,),
            sent=at,
            wire=wire,
        )
        self.exchanges.append(exchange)
        self.told(exchange)

    def end(self) -> None:
        """The session is over: the rest is judged; strays that no message followed are told."""
        while self.judge():
            pass
        for known in self._connections.values():
            self._tell_strays(known)

    def _tell_strays(self, known: _Connection) -> None:
        for stray in (*known.strays[True], *known.strays[False]):
            reason = plain(f"{stray.connection} {stray.what}: {stray.size} bytes")
            outcome = self.judge_of.strayed(stray)
            self._failed(_OTHER[stray.role], reason, outcome, wire=(reason.en,))


def _wire(waiting: _Waiting) -> tuple[str, ...]:
    """What is to be shown of how a block crossed the wire."""
    strays = (f"{stray.what}: {stray.size} bytes" for stray in waiting.strays)
    fault = (say("proxy.fault", name=waiting.fault).en,) if waiting.fault else ()
    return (*strays, *(say(key).en for key in waiting.notes), *fault)
