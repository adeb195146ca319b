"""A long-lived simulated system: answers anything, judges everything, plays its part of the flows.

As the platform it answers A with C and D with E; as the RIS it begins with A (and B) and answers C
with D. It has any number of conversations at once, on any connections, told apart by ORC-2.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from harness.rules import guess
from harness.rules.rule import Outcome, Subject, Verdict
from harness.sim import weighing
from harness.sim.actor import Actor, Conversation
from harness.sim.events import (
    Action,
    Answered,
    Closed,
    Deliver,
    Event,
    Hold,
    Left,
    Received,
    Refused,
    Release,
    Reply,
    Strayed,
    Tick,
    Unreachable,
    Weigh,
    Weighed,
)
from harness.sim.form import FIRST
from harness.sim.judging import Judge, expected_code, is_refusal
from harness.sim.kept import Kept
from harness.sim.learning.documents import order_of, versions_of
from harness.sim.play import DOUBT, Setting
from harness.sim.reactions import Reactions
from harness.sim.record import Exchange, Judged
from harness.sim.repeats import Given
from harness.text import Text, plain, say
from harness.wire.er7 import Message
from harness.wire.mllp import frame
from harness.wire.transcript import Record

LARGE: Final = 8 * 1024  # bytes; judging what is larger takes long
GIVEN_UP: Final = 1000  # messages of ours whose answer may still come, too late
NOTES: Final = 4  # entries of the ledger for each exchange that is kept
_OTHER: Final = {"ris": "platform", "platform": "ris"}
_Then = Callable[[Judged, Subject, float], list[Action]]


@dataclass(frozen=True, slots=True)
class _Later:
    """What a reaction puts off to a time: an answer, with what follows it, or a message of ours."""

    at: float
    talk: Conversation
    flow: str
    answer: Message | None = None
    connection: str = ""


@dataclass(slots=True)
class _Pending:
    """A message that we sent and that waits for its answer."""

    flow: str
    message: Message
    number: int
    started: float
    deadline: float
    talk: str = ""  # the order that it is about
    doubtful: list[Message] = field(default_factory=list)  # answers that name another message


@dataclass(frozen=True, slots=True)
class _Coming:
    """A message of the peer between its arrival and its answer."""

    event: Received
    message: Message
    kind: str
    talk: Conversation
    number: int
    at: datetime


def _name_of(talk: Conversation, kind: str, message: Message) -> str:
    """Which document of its flow a message is about: the one of its set of versions, or a new one.

    The first of a conversation has the name that simulated ones have, others that of their set.
    """
    sets = versions_of(message)
    known = {name: version for (flow, name), version in talk.documents.items() if flow == kind}
    for name, version in known.items():
        if set(sets) & set(version.names):
            return name
    return next(iter(sets), FIRST) if known else FIRST


class Simulation:
    """One role, without a scenario. `talks`: it sends its own messages too, to a known peer.

    What it did before a break is recalled before it starts: it then sends what was not answered
    again, and what it still has to say. `beside`: whoever drives it weighs documents beside other
    things (`Weigh`); else they are judged at once. `most`: how many exchanges are kept in full, and
    with them what is remembered of their conversations; None for all.
    """

    def __init__(
        self,
        role: str,
        setting: Setting,
        *,
        talks: bool,
        reactions: Reactions | None = None,
        beside: bool = False,
        most: int | None = None,
    ) -> None:
        self.role = role
        self.setting = setting
        self.talks = talks
        self.reactions = reactions or Reactions()
        self._later: list[_Later] = []
        self.beside = beside
        self._ledger = weighing.Followed()
        self._reader = weighing.Reader(setting.profile)
        self.judge = Judge(setting.profile, seen=self._ledger)
        self.actor = Actor(role, setting.profile, setting.case, defect=setting.defect)
        self.kept = Kept(most, self._forget)
        self.done = False
        self._number = setting.first_number - 1  # of the latest exchange
        self._alive: Counter[str] = Counter()  # exchanges kept, by conversation
        self._pending: dict[str, _Pending] = {}
        self._given_up: OrderedDict[str, _Pending] = OrderedDict()
        self._weighing: dict[int, tuple[str, Callable[[bytes, float], list[Action]]]] = {}
        self._behind: dict[str, list[tuple[Event, float]]] = {}  # by conversation that is weighed
        self._tickets = 0
        self._stray: list[str] = []
        self._stray_outcomes: list[Outcome] = []
        self._turned_away: list[Text] = []
        self._unanswered: list[tuple[str, Message]] = []
        self._due: list[tuple[str, Conversation]] = []
        self._cut_off: set[bytes] = set()  # came before a break, not answered then

    @property
    def exchanges(self) -> list[Exchange]:
        """Those that are kept, in their order."""
        return self.kept.all()

    @property
    def deadline(self) -> float | None:
        """When a Tick is wanted; None when nothing is waited for."""
        times = [waiting.deadline for waiting in self._pending.values()]
        return min([*times, *(later.at for later in self._later)], default=None)

    def start(self, now: float) -> list[Action]:
        """A side that knows its peer begins with the flows that open a conversation."""
        if not self.talks:
            return []
        again = [self._send_again(flow, message, now) for flow, message in self._unanswered]
        owed = [action for kind, talk in self._due for action in self._follow(kind, talk, now)]
        return [*again, *owed, *self._open(now)]

    def _open(self, now: float) -> list[Action]:
        number = self.setting.case.order.placer_number.value
        talk = self.actor.conversation(number)
        opening = (flow for flow in self.setting.profile.flows.values() if flow.opens)
        return [
            action
            for flow in opening
            if flow.sender == self.role and flow.id not in talk.sent
            for action in self._send(flow.id, talk, now)
        ]

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take an event in; give what is to be done. Never raises on what a peer sent."""
        if isinstance(event, Weighed):
            return self._weighed(event, now)
        held_by = self._held_by(event) if self._behind else None
        if held_by is not None:
            self._behind[held_by].append((event, now))
            return [Hold(self.role, event.connection)] if isinstance(event, Received) else []
        if isinstance(event, Received):
            return self._received(event, now)
        if isinstance(event, Answered):
            return self._answered(event, now)
        if isinstance(event, Strayed):
            self._strayed(event)
        elif isinstance(event, Unreachable):
            self._fail_all(now, "STEP-REACH", event.reason)
        elif isinstance(event, Refused):
            self._refused(event.reason, opened=event.opened)
        elif isinstance(event, Closed) and event.refused:
            self._refused(event.refused, opened=event.opened)
        elif isinstance(event, Closed) and event.opened:
            self._fail_all(now, "ACK-NONE", "")
        elif isinstance(event, Left) and event.name in self._pending:
            waiting = self._pending[event.name]
            waiting.started, waiting.deadline = now, now + self.setting.ack_timeout
        elif isinstance(event, Tick):
            self._tick(now)
            return self._what_is_due(now)
        return []

    def interrupt(self) -> None:
        """The end of the session. What strayed in and was followed by no message is still told."""
        self.done = True
        if not self._stray:
            return
        self._keep(
            Exchange(
                number=self._next(),
                scenario="simulate",
                flow="-",
                sender=_OTHER[self.role],
                receiver=self.role,
                state="failed",
                step_outcomes=tuple(self._stray_outcomes),
                sent=self.setting.wall(),
                wire=tuple(self._stray),
            )
        )
        self._stray.clear()

    # -- receiving --------------------------------------------------------------------------

    def _received(self, event: Received, now: float) -> list[Action]:
        message, at = Message(event.data), self.setting.wall()
        if message.first("MSH-9.1") == "ACK":
            return self._stray_ack(event, message)
        before = self.setting.repeats.find(message)
        if before:
            return self._again(event, before)
        kind, why = guess.of_message(message, self.setting.profile, self.role)
        again = event.data in self._cut_off
        self._note("message", "in", event.connection, kind, event.data, again=again)
        talk, number = self._conversation(message), self._next()
        coming = _Coming(event, message, kind, talk, number, at)
        file = f"messages/{number:04d}-{kind}.er7"
        return self._judge(kind, message, file, talk, partial(self._came, coming), now, event, why)

    def _came(self, coming: _Coming, judged: Judged, subject: Subject, now: float) -> list[Action]:
        """A message of the peer that was judged: it is answered, and followed."""
        event, message, kind = coming.event, coming.message, coming.kind
        talk, number, at = coming.talk, coming.number, coming.at
        self._take_note(subject)
        wanted = self.reactions.code(kind)
        answer = self.actor.answer(kind, message, judged.outcomes, at, wanted)
        if not is_refusal(answer):
            self.actor.learn(talk, kind, message, _name_of(talk, kind, message))
        talk.subjects += (subject,)
        exchange = Exchange(
            number=number,
            scenario="simulate",
            flow=kind,
            sender=_OTHER[self.role],
            receiver=self.role,
            state="done" if answer else "no_answer",
            request=judged,
            sent=at,
            step_outcomes=tuple(self._stray_outcomes),
            wire=(*self._stray, *(say(key).en for key in event.notes)),
            conversation=talk.name,
        )
        self._stray.clear()
        self._stray_outcomes.clear()
        self.setting.repeats.keep(message, Given(answer.raw if answer else None, number))
        if answer is None:
            self._keep(exchange)
            return []
        file = f"messages/{number:04d}-{kind}.ack.er7"
        kept = self.judge.answer(answer, message, file)
        talk.subjects = self.judge.taken_in(talk.subjects, message, answer)
        delay = self.reactions.delay(kind)
        if not delay:
            self._note("ack", "out", event.connection, kind, answer.raw)
        self._keep(replace(exchange, answer=kept, answered=at, seconds=delay))
        later = _Later(now + delay, talk, kind, answer, event.connection)
        if delay:
            self._later.append(later)
            return []
        return self._reply(later, now)

    def _reply_late(self, later: _Later, now: float) -> list[Action]:
        """An answer that was to be given later."""
        if later.answer:
            self._note("ack", "out", later.connection, later.flow, later.answer.raw)
        return self._reply(later, now)

    def _send_late(self, later: _Later, now: float) -> list[Action]:
        return self._send(later.flow, later.talk, now)

    def _reply(self, later: _Later, now: float) -> list[Action]:
        """An answer, and what this role says next when it accepts."""
        answer = later.answer
        if answer is None:
            return []
        reply: Action = Reply(self.role, later.connection, frame(answer.raw))
        accepted = answer.first("MSA-1") == "AA"
        ours = self._follow(later.flow, later.talk, now) if accepted else []
        self._rest(later.talk)
        return [reply, *ours]

    def _what_is_due(self, now: float) -> list[Action]:
        due = [later for later in self._later if later.at <= now]
        self._later = [later for later in self._later if later.at > now]
        return [
            action
            for later in due
            for action in (
                self._reply_late(later, now)
                if later.answer
                else self._send(later.flow, later.talk, now)
            )
        ]

    def _rest(self, talk: Conversation) -> None:
        """Any number of conversations may go on: each keeps but its bytes until more comes."""
        if talk.name not in self._behind:
            for subject in talk.subjects:
                subject.let_go()

    # -- what is weighed beside -------------------------------------------------------------

    def _judge(
        self,
        kind: str,
        message: Message,
        file: str,
        talk: Conversation,
        then: _Then,
        now: float,
        event: Received | None = None,
        guessed: Text | None = None,
    ) -> list[Action]:
        """Judge a message now, or have a long one judged beside; its conversation waits for it."""
        earlier = talk.subjects
        if not self.beside or len(message.raw) < LARGE:
            found = self.judge.weigh(kind, message, file, earlier=earlier, guessed=guessed)
            return then(*found, now)
        self._tickets += 1
        wanted = weighing.task(kind, message, earlier, self._ledger)

        def read(outcomes: bytes, at: float) -> list[Action]:
            told = self._reader.outcomes(outcomes)
            found = self.judge.weighed(kind, message, file, told, earlier=earlier, guessed=guessed)
            return then(*found, at)

        self._weighing[self._tickets] = (talk.name, read)
        self._behind[talk.name] = []
        connection = event.connection if event else ""
        return [Weigh(self.role, connection, self._tickets, wanted)]

    def _weighed(self, event: Weighed, now: float) -> list[Action]:
        name, read = self._weighing.pop(event.ticket)
        behind = self._behind.pop(name)
        actions = read(event.outcomes, now)
        for waited, at in behind:
            actions += self.handle(waited, at if isinstance(waited, Answered) else now)
            if isinstance(waited, Received):
                actions.append(Release(self.role, waited.connection))
        if name in self.actor.conversations:
            self._rest(self.actor.conversations[name])
        return actions

    def _held_by(self, event: Event) -> str | None:
        """The conversation of an event when a message of it is being weighed."""
        name = None
        if isinstance(event, Received):
            message = Message(event.data)
            if message.first("MSH-9.1") != "ACK" and not self.setting.repeats.find(message):
                name = self._conversation(message).name
        elif isinstance(event, Answered):
            named = Message(event.data).first("MSA-2")
            waiting = self._pending.get(named) or self._given_up.get(named)
            name = waiting.talk if waiting else None
        return name if name in self._behind else None

    def _take_note(self, subject: Subject) -> None:
        """The ledger of a session that goes on for days keeps what was said last."""
        self.judge.take_note(subject)
        if self.kept.most is not None:
            self._ledger.keep(NOTES * self.kept.most)

    def _forget(self, exchange: Exchange) -> None:
        """An exchange is not kept any longer; with the last of them its conversation goes."""
        name = exchange.conversation
        self._alive[name] -= 1
        if self._alive[name] <= 0:
            del self._alive[name]
            if name not in self._behind:
                self.actor.conversations.pop(name, None)

    def _stray_ack(self, event: Received, answer: Message) -> list[Action]:
        """An acknowledgement where messages come in is told, and never acknowledged (2.9.2)."""
        self._note("ack", "in", event.connection, "", event.data)
        self._stray.append(f"ack: {answer.first('MSA-2') or '-'}")
        self._stray_outcomes.append(self._too_many(answer))
        return []

    def _again(self, event: Received, before: Given) -> list[Action]:
        """A message that comes again: the same answer, told once."""
        self._note("message", "in", event.connection, "", event.data, again=True)
        exchange, told = self.kept.get(before.number), say("run.repeated").en
        if exchange and told not in exchange.wire:
            self.kept.put(replace(exchange, wire=(*exchange.wire, told)))
        if before.answer is None:
            return []
        self._note("ack", "out", event.connection, "", before.answer, again=True)
        return [Reply(self.role, event.connection, frame(before.answer))]

    def _next(self) -> int:
        """Number of a new exchange."""
        self._number += 1
        return self._number

    def _keep(self, exchange: Exchange) -> None:
        self._put(exchange)
        exchange.let_go()
        self.setting.told(exchange)

    def _put(self, exchange: Exchange) -> None:
        if self.kept.get(exchange.number) is None:
            self._alive[exchange.conversation] += 1
        self.kept.put(exchange)

    def _conversation(self, message: Message) -> Conversation:
        """By order number; a document without one belongs where its own set of versions is."""
        number = message.first("ORC-2.1") or message.first("OBR-2.1")
        if not number:
            sets = set(versions_of(message))
            for known, talk in self.actor.conversations.items():
                if any(sets & set(version.names) for version in talk.documents.values()):
                    return self.actor.conversation(known)
            number = order_of(message)
        return self.actor.conversation(number)

    def _follow(self, kind: str, talk: Conversation, now: float) -> list[Action]:
        """What this role says next, once for each conversation."""
        known = self.setting.profile.flows
        refused = not talk.case.answer.accepted
        if kind in known and refused and not known[kind].opens:
            return []  # a refused request is answered, and has no further course
        then = known[kind].then if self.talks and kind in known else ()
        ours = [flow for flow in then if known[flow].sender == self.role and flow not in talk.sent]
        return [action for flow in ours for action in self._begin(flow, talk, now)]

    def _begin(self, flow: str, talk: Conversation, now: float) -> list[Action]:
        """Send a message now, or when a reaction wants it."""
        delay = self.reactions.delay(flow)
        if delay:
            talk.sent.add(flow)
            self._later.append(_Later(now + delay, talk, flow))
            return []
        return self._send(flow, talk, now)

    def _strayed(self, event: Strayed) -> None:
        self._note(event.what, "in", event.connection, "", event.head)
        self._stray.append(f"{event.what}: {event.size} bytes")
        self._stray_outcomes.append(self.judge.strayed(event))

    def _refused(self, reason: Text, *, opened: bool) -> None:
        """No TLS: what we had to say is lost, or somebody could not come in; told once a reason."""
        self.setting.note(
            Record(self.setting.wall().isoformat(), "event", facts={"tls": reason.en})
        )
        outcome = self.judge.no_tls(reason)
        if opened and self._pending:
            for waiting in self._pending.values():
                self._settle(waiting, state="failed", step_outcomes=(outcome,))
            self._pending.clear()
        elif not opened and reason not in self._turned_away:
            self._turned_away.append(reason)
            self._stray.append(f"tls: {reason.en}")
            self._stray_outcomes.append(outcome)

    # -- sending ----------------------------------------------------------------------------

    def _send(self, flow: str, talk: Conversation, now: float) -> list[Action]:
        made = self.setting.profile.flows[flow].made
        talk.case = self.reactions.case(flow, made, talk.case)
        message = self.actor.compose_in(talk, flow, self.setting.wall())
        talk.sent.add(flow)
        number = self._next()
        file = f"messages/{number:04d}-{flow}.er7"
        self._note("message", "out", "", flow, message.raw)
        self._put(
            Exchange(
                number=number,
                scenario="simulate",
                flow=flow,
                sender=self.role,
                receiver=_OTHER[self.role],
                state="no_answer",
                request=Judged(flow, file, (), message, raw=message.raw),
                sent=self.setting.wall(),
                conversation=talk.name,
            )
        )
        deliver = self._deliver(flow, talk, message, number, now)
        then = partial(self._sent, talk, number)
        return [deliver, *self._judge(flow, message, file, talk, then, now)]

    def _sent(
        self, talk: Conversation, number: int, judged: Judged, subject: Subject, now: float
    ) -> list[Action]:
        """A message of ours was judged."""
        self._take_note(subject)
        talk.subjects += (subject,)
        exchange = self.kept.get(number)
        if exchange:
            self.kept.put(replace(exchange, request=judged))
            if exchange.step_outcomes:  # it was given up meanwhile, and told so
                self.setting.told(replace(exchange, request=judged))
        return []

    def _deliver(
        self, flow: str, talk: Conversation, message: Message, number: int, now: float
    ) -> Action:
        deadline = now + self.setting.ack_timeout
        waiting = _Pending(flow, message, number, now, deadline, talk.name)
        self._pending[message.first("MSH-10")] = waiting
        return Deliver(self.role, self.actor.framed(flow, message), message.first("MSH-10"))

    def _send_again(self, flow: str, message: Message, now: float) -> Action:
        """A message from before a break, with the same MSH-10; its exchange is that of then."""
        self._note("message", "out", "", flow, message.raw, again=True)
        return self._deliver(flow, self._conversation(message), message, 0, now)

    def _answered(self, event: Answered, now: float) -> list[Action]:
        answer = Message(event.data)
        named = answer.first("MSA-2")
        self._note("ack", "in", event.connection, "", event.data)
        if waiting := self._pending.pop(named, None):
            self._take_answer(waiting, answer, now)
        elif late := self._given_up.pop(named, None):
            self._take_late(late, answer)
        elif len(self._pending) == 1:
            (waiting,) = self._pending.values()
            waiting.doubtful.append(answer)
            waiting.deadline = min(waiting.deadline, now + DOUBT)
        else:
            self._stray.append(f"ack: {named}")
        return []

    def _take_answer(self, waiting: _Pending, answer: Message, now: float) -> None:
        """The answer of a message; those that came before and named another are too many."""
        file = f"messages/{waiting.number:04d}-{waiting.flow}.ack.er7"
        talk = self._conversation(waiting.message)
        talk.subjects = self.judge.taken_in(talk.subjects, waiting.message, answer)
        node = answer.node("MSA-1")
        outcome = self.judge.held("STEP-ACK")
        if node.value != "AA":
            actual = plain(f"`{node.value}`")
            outcome = self.judge.broken("STEP-ACK", expected_code(("AA",)), actual, node.at)
        strays = (self._too_many(wrong) for wrong in waiting.doubtful if wrong is not answer)
        self._settle(
            waiting,
            state="done",
            answer=self.judge.answer(answer, waiting.message, file),
            answered=self.setting.wall(),
            seconds=now - waiting.started,
            step_outcomes=(self.judge.held("ACK-NONE"), outcome, *strays),
        )

    def _take_late(self, late: _Pending, answer: Message) -> None:
        """An answer to a message that was given up belongs there, not to the one that waits now."""
        file = f"messages/{late.number:04d}-{late.flow}.ack.er7"
        outcome = self.judge.broken("ACK-LATE", say("run.in_time"), say("run.late"))
        exchange = self.kept.get(late.number)
        known = exchange.step_outcomes if exchange else ()
        judged = self.judge.answer(answer, late.message, file)
        self._settle(late, answer=judged, step_outcomes=(*known, outcome))

    def _too_many(self, answer: Message) -> Outcome:
        actual = say("run.stray", value=answer.first("MSA-2") or "-")
        return self.judge.broken("ACK-STRAY", say("run.no_answer_wanted"), actual)

    def _settle(self, waiting: _Pending, **changes: object) -> None:
        known = self.kept.get(waiting.number)
        if known is None:
            return
        exchange = replace(known, **changes)  # type: ignore[arg-type]  # fields named by the callers above
        self.kept.put(exchange)
        if waiting.talk not in self._behind:
            exchange.let_go()
        self.setting.told(exchange)

    def _tick(self, now: float) -> None:
        for number, waiting in list(self._pending.items()):
            if now >= waiting.deadline:
                del self._pending[number]
                if waiting.doubtful:
                    self._take_answer(waiting, waiting.doubtful[0], now)
                    continue
                self._given_up[number] = waiting
                if len(self._given_up) > GIVEN_UP:
                    self._given_up.popitem(last=False)
                waited = say("run.waited", seconds=f"{self.setting.ack_timeout:g}")
                outcome = self.judge.broken("ACK-NONE", say("run.ack_wanted"), waited)
                self._settle(waiting, step_outcomes=(outcome,))

    def _fail_all(self, now: float, rule: str, reason: str) -> None:
        """The peer of our messages is not there, or has gone."""
        for number, waiting in list(self._pending.items()):
            del self._pending[number]
            if waiting.doubtful:
                self._take_answer(waiting, waiting.doubtful[0], now)
                continue
            wanted = say("run.reached") if reason else say("run.ack_wanted")
            actual = plain(reason) if reason else say("run.closed")
            verdict = Verdict.INCONCLUSIVE if reason else None
            outcome = self.judge.broken(rule, wanted, actual, verdict=verdict)
            self._settle(waiting, step_outcomes=(outcome,))

    def _note(
        self,
        kind: str,
        direction: str,
        connection: str,
        flow: str,
        raw: bytes,
        *,
        again: bool = False,
    ) -> None:
        at = self.setting.wall().isoformat()
        facts = {"again": "yes"} if again else {}
        self.setting.note(Record(at, kind, connection, direction, self.role, flow, raw, facts))

    # -- going on after a break --------------------------------------------------------------

    def recall_received(self, kind: str, message: Message, answer: Message | None) -> None:
        """A message that came before the break, in its order, and what was answered.

        One that was not answered will come again, and counts then.
        """
        if answer is None:
            self._cut_off.add(message.raw)
            return
        talk = self._conversation(message)
        self._recall(kind, talk, message)
        if not is_refusal(answer):
            self.actor.learn(talk, kind, message, _name_of(talk, kind, message))
        self.setting.repeats.keep(message, Given(answer.raw, 0))
        self.actor.skip_id()
        talk.subjects = self.judge.taken_in(talk.subjects, message, answer)
        if answer.first("MSA-1") == "AA":
            self._due.append((kind, talk))

    def recall_sent(self, flow: str, message: Message, *, answered: bool) -> None:
        """A message that we sent before the break, in its order."""
        talk = self._conversation(message)
        self._recall(flow, talk, message)
        talk.sent.add(flow)
        self.actor.skip_id()
        if not answered:
            self._unanswered.append((flow, message))

    def _recall(self, kind: str, talk: Conversation, message: Message) -> None:
        subject = self.setting.profile.subject(kind, message, earlier=talk.subjects, on_wire=True)
        self.setting.profile.note(self.judge.seen, subject)
        talk.subjects += (subject,)
