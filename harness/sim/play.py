"""Plays one scenario: events in, actions out, exchanges recorded. No socket, no clock.

The harness plays the roles of `simulated`; the other ones are systems under test. Each step is in
one of these states:

    WAITING_TO_SEND -> SENT -> DONE                 we send, the answer comes (or does not)
    WAITING_FOR_MESSAGE -> DONE                     the system under test sends, we answer

An answer that does not come in time is waited for as long again: late is not the same as never. A
message that comes out of turn is answered and kept; it stands for its step when that one begins.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from harness.rules import guess
from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Verdict
from harness.sim import expectations, turns
from harness.sim.actor import Actor, Conversation
from harness.sim.case import Case
from harness.sim.defects.defect import Defect
from harness.sim.events import (
    Action,
    Answered,
    Closed,
    Connected,
    Deliver,
    Event,
    Left,
    Received,
    Refused,
    Reopened,
    Reply,
    Strayed,
    Unreachable,
)
from harness.sim.generate import cases
from harness.sim.generate.documents import succeeded
from harness.sim.judging import Judge, is_refusal
from harness.sim.record import Exchange, Judged
from harness.sim.repeats import Given, Repeats
from harness.sim.scenario import Scenario, Step
from harness.sim.telling import decided_otherwise, told
from harness.sim.turns import Aside, Turn
from harness.text import Text, plain, say
from harness.wire import edit
from harness.wire.er7 import Message
from harness.wire.mllp import frame
from harness.wire.transcript import Record

ACK_TIMEOUT: Final = 10.0
DOUBT: Final = 1.0  # seconds that the right answer may still take once a wrong one has come


@dataclass(frozen=True, slots=True)
class Setting:
    """What a play needs besides its scenario.

    `wall` gives the time that is written into messages; `note` puts a record into the journal and
    returns when it is on disk; `ack_timeout` in seconds. `told` hears of every exchange that is
    over, `waits` of every message that a system under test has to send (flow, role, seconds).
    `cases` are those of a scenario with several conversations, by name. `repeats` are the answers
    given so far in the session. `pause`: seconds that a simulated side takes before it answers
    a message of a real one with its own. `strange` hears of a message that is about no step (its
    flow, its order number), `came` of a connection from somewhere. `names`: see `Actor`.
    """

    profile: Profile
    case: Case
    simulated: frozenset[str]
    wall: Callable[[], datetime]
    note: Callable[[Record], object]
    defect: Defect | None = None
    ack_timeout: float = ACK_TIMEOUT
    first_number: int = 1
    told: Callable[[Exchange], None] = lambda exchange: None
    waits: Callable[[str, str, float], None] = lambda flow, sender, seconds: None
    cases: Mapping[str, Case] = field(default_factory=dict)
    repeats: Repeats = field(default_factory=Repeats)
    pause: float = 0.0
    strange: Callable[[str, str], None] = lambda flow, order: None
    came: Callable[[str], None] = lambda peer: None
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def cases_of(scenario: Scenario, seed: int, clock: datetime) -> dict[str, Case]:
    """The cases of a scenario's conversations by name, empty for the only one.

    Raises HarnessError for an unknown case.
    """
    if not scenario.cases:
        return {"": cases.make_case(scenario.case, seed, clock)}
    choices = {
        name: cases.Choice(choice.case, choice.twin, choice.patient)
        for name, choice in scenario.cases.items()
    }
    return cases.make_cases(choices, seed, clock)


@dataclass(slots=True)
class _Current:
    """The step that is being played."""

    step: Step
    number: int
    sender: str
    receiver: str
    deadline: float
    started: float
    sent_at: datetime | None = None
    message: Message | None = None
    request: Judged | None = None
    answer: Judged | None = None
    doubtful: list[Message] = field(default_factory=list)  # answers that name another message
    outcomes: list[Outcome] = field(default_factory=list)
    wire: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)  # while it waits: peers, messages of other orders
    late: bool = False  # the time for its answer is over, and runs once more
    paused: bool = False  # it is ours, and not sent yet


class Play:
    """One scenario on its way. `exchanges` grows; `done` tells the end."""

    def __init__(self, scenario: Scenario, setting: Setting) -> None:
        self.scenario = scenario
        self.setting = setting
        self.profile = setting.profile
        self.judge = Judge(setting.profile, scenario.towards)
        self.exchanges: list[Exchange] = []
        self.talks = {
            name: Conversation(case) for name, case in (setting.cases or {"": setting.case}).items()
        }
        self.actors: Mapping[str, Actor] = {
            role: Actor(
                role, setting.profile, setting.case, defect=setting.defect, names=setting.names
            )
            for role in ("ris", "platform")
        }
        self.done = False
        self._left = [
            step.model_copy(update={"send": setting.profile.flow(step.send).id})
            for step in scenario.steps
        ]
        self._now: _Current | None = None
        self._stopped: Text | None = None  # why nothing more is played
        self._asides: list[Aside] = []  # to be kept when the step that is played is over
        self._early: list[Aside] = []  # to stand for a step that comes

    @property
    def deadline(self) -> float | None:
        """When a Tick is wanted, on the clock of `handle`; None when nothing is waited for."""
        return self._now.deadline if self._now else None

    def start(self, now: float) -> list[Action]:
        """Begin. `now` is a monotonic time in seconds."""
        return self._next(now)

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take an event in; give what is to be done. Never raises on what a peer sent."""
        if isinstance(event, Received):
            return self._received(event, now)
        if isinstance(event, Answered):
            return self._answered(event, now)
        if isinstance(event, Strayed):
            return self._strayed(event, now)
        if isinstance(event, Unreachable):
            return self._unreachable(event, now)
        if isinstance(event, Refused):
            return self._refused(event, now)
        if isinstance(event, Closed):
            return self._closed(event, now)
        if isinstance(event, Reopened):
            return self._reopened(event)
        if isinstance(event, Left):
            self._left_at(event, now)
            return []
        if isinstance(event, Connected):
            return self._connected(event)
        return self._tick(now)

    # -- going from step to step ------------------------------------------------------------

    def _next(self, now: float) -> list[Action]:
        while self._left:
            step = self._left.pop(0)
            if self._skipped(step):
                continue
            return self._begin(step, now)
        self.done = True
        self._now = None
        return []

    def _skipped(self, step: Step) -> bool:
        reason = None
        if step.outside:
            reason = say("run.outside")
        elif self._is_theirs(step):
            reason = say("run.not_asked")
        elif self._stopped:
            reason = self._stopped
        if reason is None:
            return False
        flow = self.profile.flow(step.send)
        self._keep(
            Exchange(
                number=self._number(),
                scenario=self.scenario.scenario,
                flow=flow.id,
                sender=flow.sender,
                receiver=flow.receiver,
                state="not_run",
                reason=reason,
                conversation=step.of,
                play=self.setting.first_number,
            )
        )
        return True

    def _is_theirs(self, step: Step) -> bool:
        """What is wrong on purpose, the message or its answer, would be a real system's to say."""
        flow = self.profile.flow(step.send)
        asked = {flow.sender} if step.deliberate or step.variant else set()
        asked |= {flow.receiver} if step.ack.mutate else set()
        return not asked <= self.setting.simulated

    def _keep(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        self.setting.told(exchange)

    def _number(self) -> int:
        return self.setting.first_number + len(self.exchanges)

    def _begin(self, step: Step, now: float) -> list[Action]:
        flow = self.profile.flow(step.send)
        ours = flow.sender in self.setting.simulated
        patience = self.setting.ack_timeout if ours else step.within
        current = _Current(step, self._number(), flow.sender, flow.receiver, now + patience, now)
        self._now = current
        if ours and self._pauses(flow.receiver):
            current.paused, current.deadline = True, now + self.setting.pause
            return []
        if ours:
            return self._send(current)
        early = next((one for one in self._early if turns.is_of(one, step)), None)
        if early:
            return self._play_early(current, early, now)
        self.setting.waits(flow.id, flow.sender, step.within)
        return []

    def _pauses(self, receiver: str) -> bool:
        """A person takes time between what a real system sent and our answer to it."""
        last = self.exchanges[-1] if self.exchanges else None
        return bool(self.setting.pause and last and last.sender == receiver)

    def _send(self, current: _Current) -> list[Action]:
        actor = self.actors[current.sender]
        at = self.setting.wall()
        talk = self.talks[current.step.of]
        message = self._message(current.step, talk, at)
        message = edit.apply(message, (change.edit for change in current.step.mutate))
        current.message, current.sent_at = message, at
        block = actor.framed(current.step.send, message)
        self._note("message", current.sender, "out", current, message.raw)
        if current.receiver not in self.setting.simulated:
            self._judge_request(current, message)
        return [Deliver(current.sender, block, message.first("MSH-10"))]

    def _message(self, step: Step, talk: Conversation, at: datetime) -> Message:
        """Made from what is known in the conversation, or fixed: then that is learned from it."""
        actor = self.actors[self.profile.flow(step.send).sender]
        if step.message:
            message = Message(self.scenario.fixed[step.message])
            actor.learn(talk, step.send, message, step.form.name)
            return message
        if step.change == "responsible":
            talk.case = succeeded(talk.case)
        talk.case = told(talk.case, step.telling)
        return actor.compose_in(talk, step.send, at, step.form)

    def _left_at(self, event: Left, now: float) -> None:
        current = self._now
        if current and current.message and current.message.first("MSH-10") == event.name:
            current.started, current.deadline = now, now + self.setting.ack_timeout

    def _note(
        self,
        kind: str,
        role: str,
        direction: str,
        current: _Current | None,
        raw: bytes,
        flow: str = "",
    ) -> None:
        flow = current.step.send if current else flow
        facts = {"scenario": self.scenario.scenario, "play": str(self.setting.first_number)}
        if current and current.step.of:
            facts["conversation"] = current.step.of
        if current and (purpose := expectations.noted(kind, current.step)):
            facts["deliberate"] = purpose
        if self.scenario.towards:
            facts["towards"] = self.scenario.towards
        at = self.setting.wall().isoformat()
        self.setting.note(Record(at, kind, "", direction, role, flow, raw, facts))

    def _judge_request(self, current: _Current, message: Message) -> None:
        judged, subject = self.judge.message(
            current.step.send,
            message,
            f"messages/{current.number:04d}-{current.step.send}.er7",
            earlier=self.talks[current.step.of].subjects,
            deliberate=expectations.purpose(current.step),
        )
        if self._follows(current):
            judged = _excused(judged)
        current.request, current.message = judged, message
        self.talks[current.step.of].subjects += (subject,)
        current.outcomes += expectations.of_message(self.judge, current.step, judged)

    def _follows(self, current: _Current) -> bool:
        """A simulated side says again what the real one said wrongly before."""
        real = [role for role in self.actors if role not in self.setting.simulated]
        return current.sender not in real and any(
            x.sender in real and x.request and x.request.verdict >= Verdict.WARNING
            for x in self.exchanges
            if x.conversation == current.step.of
        )

    # -- what comes -------------------------------------------------------------------------

    def _received(self, event: Received, now: float) -> list[Action]:
        """A message for a role that we play: journal, judge, answer, learn."""
        current = self._now
        message = Message(event.data)
        if message.first("MSH-9.1") == "ACK":
            self._note("ack", event.role, "in", current, event.data)
            self._stray_answer(message)
            return []  # an acknowledgement is not acknowledged
        if current is None or not self._awaits(current, event.role, message):
            return self._unasked(event, message, now)
        self._note("message", event.role, "in", current, event.data)
        if current.sent_at is None:
            current.sent_at = self.setting.wall()
        current.wire += [say(key).en for key in event.notes]
        self._judge_request(current, message)
        outcomes = current.request.outcomes if current.request else ()
        actor = self.actors[event.role]
        at = self.setting.wall()
        answer = actor.answer(current.step.send, message, outcomes, at)
        if current.sender not in self.setting.simulated and not is_refusal(answer):
            self._learn(current.step, actor, message)
        if answer is None:
            return []
        answer = edit.apply(answer, (change.edit for change in current.step.ack.mutate))
        self._note("ack", event.role, "out", current, answer.raw)
        self.setting.repeats.keep(message, Given(answer.raw, current.number))
        reply = Reply(event.role, event.connection, frame(answer.raw))
        if current.sender in self.setting.simulated:
            return [reply]
        self._take_answer(current, answer, now)
        return [reply, *self._finish(current, now)]

    def _learn(self, step: Step, actor: Actor, message: Message) -> None:
        """What a real system said, and we took in; another decision ends the scenario."""
        talk = self.talks[step.of]
        actor.learn(talk, step.send, message, step.form.name)
        if decided_otherwise(self.profile.flow(step.send).made, step.telling, talk.case):
            self._stopped = say("run.decided", flow=step.send)

    def _awaits(self, current: _Current, role: str, message: Message) -> bool:
        if current.receiver != role or current.request or current.paused:
            return False
        if current.sender in self.setting.simulated:
            return True
        talk = self.talks[current.step.of]
        return turns.fits(message, current.step.send, self.profile, talk)

    def _unasked(self, event: Received, message: Message, now: float) -> list[Action]:
        """A message that no step waits for is answered all the same, as a real system would; one
        that comes again as it was the first time.
        """
        kind, why = guess.of_message(message, self.profile, event.role)
        of, talk = turns.talk_about(message, kind, self.talks, self._left)
        self._note("message", event.role, "in", None, event.data, kind)
        judged, subject = self.judge.message(
            kind, message, "", earlier=talk.subjects if talk else (), guessed=why
        )
        before = self.setting.repeats.find(message)
        if before and before.answer:
            answer: Message | None = Message(before.answer)
        else:
            actor = self.actors[event.role]
            answer = actor.answer(kind, message, judged.outcomes, self.setting.wall())
            self.setting.repeats.keep(message, Given(answer.raw if answer else None, 0))
        kept = self.judge.answer(answer, message, "") if answer else None
        aside = self._aside(event, kind, judged, kept, of if talk else None)
        if aside.turn is Turn.OTHER:
            self.setting.strange(kind, turns.order_number(message))
        elif talk:
            talk.subjects += (subject,)
        replies: list[Action] = []
        if answer:
            self._note("ack", event.role, "out", None, answer.raw, kind)
            replies = [Reply(event.role, event.connection, frame(answer.raw))]
        return [*replies, *self._put_aside(aside, message, now)]

    def _aside(
        self, event: Received, kind: str, judged: Judged, answer: Judged | None, of: str | None
    ) -> Aside:
        done = [x.flow for x in self.exchanges if x.conversation == of and x.request]
        early = {(one.flow, one.conversation) for one in self._early}
        current = self._now
        begun = current and (current.paused or current.sender not in self.setting.simulated)
        left, later = [*([current.step] if current and begun else []), *self._left], self._left
        if (kind, of) in early:
            done, left, later = [kind], [], []
        turn = turns.turn(kind, of is not None, done, later, of or "")
        sender = next(role for role in self.actors if role != event.role)
        hasty = turn is Turn.EARLY and turns.is_hasty(kind, left, of or "")
        at = self.setting.wall()
        return Aside(turn, kind, sender, judged, answer, of or "", at, hasty)

    def _put_aside(self, aside: Aside, message: Message, now: float) -> list[Action]:
        current = self._now
        if aside.turn is Turn.OTHER:
            if current:
                met = f"{aside.flow} {turns.order_number(message) or '-'}"
                current.seen.append(met)
                current.wire.append(met)
            return []
        if aside.turn is Turn.AGAIN:
            self._asides.append(aside)
            if current is None:
                self._keep_asides()
            return []
        self._early.append(aside)
        step = next(step for step in self._left if turns.is_of(aside, step))
        actor = self.actors[next(role for role in self.actors if role != aside.sender)]
        if not is_refusal(aside.answer.message if aside.answer else None):
            self._learn(step, actor, message)
        waits = current and current.sender == aside.sender and not current.message
        if current and waits and current.step.optional:
            return self._finish(current, now, "not_run")
        return []

    def _keep_asides(self) -> None:
        """What came out of turn, each as an exchange of its own behind the step that it met."""
        early = {(one.flow, one.conversation) for one in self._early}
        now = [one for one in self._asides if (one.flow, one.conversation) not in early]
        for aside in now:
            self._asides.remove(aside)
            outcome = turns.again(self.judge, aside, self.exchanges)
            self._keep(
                turns.exchange(
                    aside,
                    self._number(),
                    outcome,
                    scenario=self.scenario,
                    play=self.setting.first_number,
                )
            )

    def _play_early(self, current: _Current, early: Aside, now: float) -> list[Action]:
        """The message of a step came before the step began."""
        self._early.remove(early)
        current.sent_at = early.at
        request = turns.filed(early.judged, current.number, early.flow)
        current.request = replace(request, guessed=None)
        current.message = early.judged.message
        current.outcomes += expectations.of_message(self.judge, current.step, early.judged)
        if early.hasty:
            wanted, found = say("run.in_turn", flow=early.flow), say("run.hasty", flow=early.flow)
            current.outcomes.append(self.judge.broken("STEP-EARLY", wanted, found))
        answer = early.answer.message if early.answer else None
        if answer:
            self._take_answer(current, answer, now)
        return self._finish(current, now)

    def _answered(self, event: Answered, now: float) -> list[Action]:
        current = self._now
        answer = Message(event.data)
        self._note("ack", event.role, "in", current, event.data)
        if current is None or current.sender != event.role or current.message is None:
            self._stray_answer(answer)
            return []
        if self._belongs_to_earlier(answer):
            self._stray_answer(answer)
            return []
        if current.request is None:  # the answer overtook the judging of its message
            self._judge_request(current, current.message)
        if answer.first("MSA-2") != current.message.first("MSH-10"):
            current.doubtful.append(answer)
            current.deadline = min(current.deadline, now + DOUBT)
            return []
        self._take_answer(current, answer, now)
        for wrong in current.doubtful:
            current.outcomes.append(self._one_too_many(wrong))
        return self._finish(current, now)

    def _in_doubt(self, current: _Current, now: float) -> list[Action]:
        """No answer names the message that waits: the first that came is taken, and fails."""
        self._take_answer(current, current.doubtful[0], now)
        return self._finish(current, now)

    def _belongs_to_earlier(self, answer: Message) -> bool:
        """MSA-2 names a message of an earlier step, and not the one that waits."""
        waiting = self._now.message.first("MSH-10") if self._now and self._now.message else ""
        named = answer.first("MSA-2")
        return named != waiting and self._earlier(named) is not None

    def _earlier(self, control_id: str) -> int | None:
        """Position of the latest exchange whose message has this control ID."""
        for position in reversed(range(len(self.exchanges))):
            request = self.exchanges[position].request
            if request and request.message and request.message.first("MSH-10") == control_id:
                return position
        return None

    def _stray_answer(self, answer: Message) -> None:
        """An answer that nothing waits for: late, or once too often, or to nobody's message."""
        position = self._earlier(answer.first("MSA-2"))
        if position is not None and self.exchanges[position].state == "no_answer":
            self._late(position, answer)
            return
        stray = self._one_too_many(answer)
        if position is None and self._now:
            self._now.outcomes.append(stray)
        elif self.exchanges:
            self._add(len(self.exchanges) - 1 if position is None else position, stray)

    def _one_too_many(self, answer: Message) -> Outcome:
        actual = say("run.stray", value=answer.first("MSA-2") or "-")
        return self.judge.broken("ACK-STRAY", say("run.no_answer_wanted"), actual)

    def _late(self, position: int, answer: Message) -> None:
        exchange = self.exchanges[position]
        request = exchange.request.message if exchange.request else None
        if request:
            file = f"messages/{exchange.number:04d}-{exchange.flow}.ack.er7"
            judged = self.judge.answer(answer, request, file)
            self._take_in(exchange.conversation, request, answer)
            self.exchanges[position] = replace(exchange, answer=judged)
        self._add(position, self.judge.broken("ACK-LATE", say("run.in_time"), say("run.late")))

    def _add(self, position: int, outcome: Outcome) -> None:
        exchange = self.exchanges[position]
        outcomes = (*exchange.step_outcomes, outcome)
        self.exchanges[position] = replace(exchange, step_outcomes=outcomes)

    def _take_answer(self, current: _Current, answer: Message, now: float) -> None:
        if current.message is None:
            return
        file = f"messages/{current.number:04d}-{current.step.send}.ack.er7"
        purpose = expectations.answer_purpose(current.step)
        current.answer = self.judge.answer(answer, current.message, file, deliberate=purpose)
        real = current.sender not in self.setting.simulated
        if real and current.request and current.request.verdict >= Verdict.WARNING:
            current.answer = _excused(current.answer)
        current.outcomes.append(self.judge.held("ACK-NONE"))
        if current.late:
            late = self.judge.broken("ACK-LATE", say("run.in_time"), say("run.late"))
            current.outcomes.append(late)
        if not real:  # our own answer is nobody's merit or fault
            current.outcomes += expectations.of_answer(self.judge, current.step, current.answer)
        self._take_in(current.step.of, current.message, answer)

    def _take_in(self, conversation: str, request: Message, answer: Message) -> None:
        talk = self.talks[conversation]
        talk.subjects = self.judge.taken_in(talk.subjects, request, answer)

    def _strayed(self, event: Strayed, now: float) -> list[Action]:
        current = self._now
        self._note(event.what, event.role, "in", current, event.head)
        if current is None:
            return []
        current.wire.append(f"{event.what}: {event.size} bytes")
        current.outcomes.append(self.judge.strayed(event))
        return []

    def _unreachable(self, event: Unreachable, now: float) -> list[Action]:
        current = self._now
        if current is None or current.sender != event.role:
            return []
        outcome = self.judge.broken(
            "STEP-REACH", say("run.reached"), plain(event.reason), verdict=Verdict.INCONCLUSIVE
        )
        current.outcomes.append(outcome)
        return self._finish(current, now, "failed")

    def _connected(self, event: Connected) -> list[Action]:
        current = self._now
        if current and current.receiver == event.role and event.peer not in current.seen:
            current.seen.append(event.peer)
        self.setting.came(event.peer)
        return []

    def _nothing(self, current: _Current) -> Text:
        """What was seen while nothing came: connections, messages of other orders."""
        met = ", ".join(current.seen)
        return say("run.nothing_but", seen=met) if met else say("run.nothing")

    def _reopened(self, event: Reopened) -> list[Action]:
        if self._now and self._now.sender == event.role:
            self._now.wire.append(say("run.reopened").en)
        return []

    def _closed(self, event: Closed, now: float) -> list[Action]:
        """The peer closed our connection while we waited for its answer: no answer will come."""
        current = self._now
        waiting = current and current.sender == event.role and current.message
        if current is None or not waiting or not event.opened or current.answer:
            return []
        if event.refused:
            return self._no_tls(current, event.refused, now)
        if current.doubtful:
            return self._in_doubt(current, now)
        current.outcomes.append(
            self.judge.broken("ACK-NONE", say("run.ack_wanted"), say("run.closed"))
        )
        return self._finish(current, now, "no_answer")

    def _refused(self, event: Refused, now: float) -> list[Action]:
        """No TLS: our message cannot leave, or the one that the step waits for cannot come."""
        current = self._now
        role = current and (current.sender if event.opened else current.receiver)
        if current is None or role != event.role or current.answer:
            return []
        if event.opened:
            return self._no_tls(current, event.reason, now)
        outcome = self.judge.no_tls(event.reason)
        if outcome not in current.outcomes:
            current.outcomes.append(outcome)
        return []

    def _no_tls(self, current: _Current, reason: Text, now: float) -> list[Action]:
        current.outcomes.append(self.judge.no_tls(reason))
        return self._finish(current, now, "failed")

    def _tick(self, now: float) -> list[Action]:
        current = self._now
        if current is None or now < current.deadline:
            return []
        if current.paused:
            current.paused, current.started = False, now
            current.deadline = now + self.setting.ack_timeout
            return self._send(current)
        if current.doubtful:
            return self._in_doubt(current, now)
        if current.sender in self.setting.simulated and not current.late:
            current.late, current.deadline = True, now + self.setting.ack_timeout
            return []
        if current.sender in self.setting.simulated:
            return self._no_answer(current, now)
        if current.step.optional:
            return self._finish(current, now, "not_run")
        waited = f"{current.step.within:g}"
        outcome = self.judge.broken(
            "STEP-MESSAGE",
            say("run.message_wanted", flow=current.step.send, seconds=waited),
            self._nothing(current),
            verdict=Verdict.INCONCLUSIVE,
        )
        current.outcomes.append(outcome)
        return self._finish(current, now, "failed")

    def _no_answer(self, current: _Current, now: float) -> list[Action]:
        if current.request is None and current.message:
            self._judge_request(current, current.message)
        waited = f"{2 * self.setting.ack_timeout:g}"
        current.outcomes.append(
            self.judge.broken("ACK-NONE", say("run.ack_wanted"), say("run.waited", seconds=waited))
        )
        return self._finish(current, now, "no_answer")

    # -- the end of a step ------------------------------------------------------------------

    def _finish(self, current: _Current, now: float, state: str = "done") -> list[Action]:
        step = current.step
        outcomes = tuple(sorted(current.outcomes, key=lambda outcome: -outcome.verdict))
        exchange = Exchange(
            number=current.number,
            scenario=self.scenario.scenario,
            flow=step.send,
            sender=current.sender,
            receiver=current.receiver,
            state=state,
            request=current.request,
            answer=current.answer,
            step_outcomes=outcomes,
            sent=current.sent_at,
            answered=self.setting.wall() if current.answer else None,
            seconds=now - current.started,
            reason=say("run.optional") if state == "not_run" else None,
            wire=tuple(current.wire),
            conversation=step.of,
            towards=self.scenario.towards,
            play=self.setting.first_number,
        )
        self._keep(exchange)
        self._keep_asides()
        accepted = current.answer and current.answer.message
        refused = bool(accepted) and not self._as_wanted(current)
        if not step.optional and (refused or state in ("failed", "no_answer")):
            self._stopped = say("run.stopped", flow=step.send)
        self._now = None
        return self._next(now)

    def _as_wanted(self, current: _Current) -> bool:
        answer = current.answer.message if current.answer else None
        return answer is not None and (
            bool(current.step.ack.mutate)
            or answer.first("MSA-1") in current.step.ack.code
            or answer.first("MSA-1") == "AA"
        )

    def interrupt(self) -> None:
        """The user stops the run: what is left is noted as not run."""
        current = self._now
        self._stopped = self._stopped or say("run.interrupted")
        if current:
            self._left.insert(0, current.step)
            self._now = None
        for step in self._left:
            self._skipped(step)
        self._left = []
        self.done = True


def _excused(judged: Judged) -> Judged:
    """A message of ours whose findings, if any, are the system under test's doing."""
    found = judged.deliberate or judged.verdict < Verdict.WARNING
    return judged if found else replace(judged, deliberate=say("run.follows"))
