"""Follows every exam of a load: what is to be sent next, what is waited for, what went wrong. Pure.

Messages of one exam go one after the other, each when the one before is acknowledged; exams go side
by side. Whatever comes is told by its order number (ORC-2), its patient and its control ID, never
by the connection that it comes on. Times are seconds since the start.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Final

from harness.rules import guess
from harness.rules.ledger import patient_of
from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.load.anomaly import Anomalies, Example
from harness.sim.load.exam import Exam, Said, Step, Supply, make_case
from harness.sim.load.figures import Figures
from harness.sim.load.memory import Remembered
from harness.sim.turns import order_number
from harness.wire.er7 import Message

REMEMBERED: Final = 100_000  # exams and messages that are over and may still be told apart
REMEMBERED_FOR: Final = 300.0  # seconds
EARLY: Final = 0.1  # seconds; two connections may well be read in either order
GIVEN_UP: Final = 1_000  # messages of ours whose acknowledgement may still come, too late
WAIT: Final = "wait"  # what a message of ours waited for a connection


@dataclass(eq=False, slots=True)
class Ask:
    """A message of ours on its way. `ready`: when it could have left; `left`: when it did."""

    exam: Exam
    said: Said
    name: str
    ready: float
    left: float | None = None
    answered: bool = False
    given_up: bool = False

    @property
    def settled(self) -> bool:
        """Its connection is not kept for it any longer."""
        return self.answered or self.given_up


@dataclass(frozen=True, slots=True)
class Terms:
    """How long an acknowledgement is waited for, and a message of the peer; in seconds."""

    ack_timeout: float = 10.0
    within: float = 30.0


@dataclass(frozen=True, slots=True)
class _Past:
    """What is remembered of an exam that is over."""

    number: int
    patient: str
    heard: frozenset[str]


@dataclass
class Traffic:
    """Exams under way. `over` are the conversations that have still to be judged."""

    profile: Profile
    role: str
    wall: Callable[[], datetime]
    terms: Terms = Terms()
    figures: Figures = field(default_factory=Figures)
    anomalies: Anomalies = field(default_factory=Anomalies)
    over: deque[tuple[int | None, Sequence[Said]]] = field(default_factory=deque)
    exams: dict[str, Exam] = field(default_factory=dict)
    begun: int = 0
    finished: int = 0  # exams that came to their end

    def __post_init__(self) -> None:
        self._asked: dict[str, Ask] = {}  # by control ID, until answered or given up
        self._given_up: Remembered[Ask] = Remembered(REMEMBERED_FOR, GIVEN_UP)
        self._leaving: deque[tuple[float, Ask]] = deque()  # in the order of their deadlines
        self._waits: deque[tuple[float, Exam, Step]] = deque()
        self._past: Remembered[_Past] = Remembered(REMEMBERED_FOR, REMEMBERED)
        self._answered: Remembered[None] = Remembered(REMEMBERED_FOR, REMEMBERED)  # ours, by ID
        self._came: Remembered[bytes] = Remembered(REMEMBERED_FOR, REMEMBERED)  # theirs, by ID
        case = make_case("ct-brain", 0, self.wall())
        self._stranger = Actor(self.role, self.profile, case, prefix="S0-")

    # -- our messages -----------------------------------------------------------------------

    def begin(self, supply: Supply, steps: Sequence[Step], due: float, now: float) -> list[Ask]:
        """The next exam, which was due at that time."""
        exam = Exam(self.begun, self.profile, self.role, supply, steps)
        self.begun += 1
        self.exams[exam.order] = exam
        self.figures.count("exams", now)
        return self._go_on(exam, due)

    def left(self, ask: Ask, now: float) -> None:
        """A message of ours is on the wire."""
        ask.left = ask.exam.left_at[ask.said.flow] = now
        self._leaving.append((now + self.terms.ack_timeout, ask))
        self.figures.time(WAIT, now, now - ask.ready)
        self.figures.count("messages", now)

    def answered(self, ask: Ask | None, raw: bytes, now: float) -> list[Ask]:
        """A block came back on the connection of `ask`, None when nothing was asked there."""
        answer = Message(raw)
        named = answer.first("MSA-2")
        if ask and named == ask.name and not ask.answered:
            return self._settle(ask, answer, now)
        other = self._asked.get(named) or self._given_up.get(named)
        exam, flow = (ask.exam, ask.said.flow) if ask else (None, "-")
        if other and not other.answered:
            self._wrong("wrong_ack", flow, exam, now, f"{ask.name if ask else '-'} ← {named}")
            return self._settle(other, answer, now)
        kind = "twice_ack" if named in self._answered else "stray_ack"
        self._wrong(kind, flow, exam, now, named or "-")
        return []

    def failed(self, ask: Ask, kind: str, why: str, now: float) -> None:
        """A message of ours got no answer: no connection ("unreachable"), or it was "closed"."""
        if ask.settled:
            return
        ask.given_up = True
        self._asked.pop(ask.name, None)
        self._given_up.put(ask.name, ask, now)
        self._wrong(kind, ask.said.flow, ask.exam, now, f"{ask.name} {why}".strip())
        self._break_off(ask.exam, now)

    def _settle(self, ask: Ask, answer: Message, now: float) -> list[Ask]:
        ask.answered = True
        self._asked.pop(ask.name, None)
        self._given_up.pop(ask.name)
        self._answered.put(ask.name, None, now)
        flow, exam = ask.said.flow, ask.exam
        ask.said.answer = answer.raw
        if ask.left is not None:
            self.figures.time(flow, now, now - ask.left)
        if ask.given_up:
            self._wrong("late_ack", flow, exam, now, ask.name)
            return []
        if answer.first("MSA-1") != "AA":
            self._wrong("refused", flow, exam, now, f"{ask.name} {answer.first('MSA-1') or '-'}")
            self._break_off(exam, now)
            return []
        for hasty, at in exam.hasty.items():
            if now - at > EARLY:
                self._wrong("early", hasty, exam, now, f"{exam.order} {now - at:.3f} s")
        exam.hasty.clear()
        exam.done(flow)
        return self._go_on(exam, now)

    def _go_on(self, exam: Exam, now: float) -> list[Ask]:
        """Our next message, or the wait for one of the peer's, or the end."""
        if exam.over:
            self.finished += exam.order in self.exams
            self._end(exam, now)
            return []
        said = exam.say_next(self.wall())
        if said:
            ask = Ask(exam, said, Message(said.raw).first("MSH-10"), now)
            self._asked[ask.name] = ask
            return [ask]
        if not exam.left[0].ours:
            self._waits += [(now + self.terms.within, exam, step) for step in exam.awaited()]
        return []

    # -- messages of the peer ---------------------------------------------------------------

    def came(self, raw: bytes, now: float) -> tuple[bytes, list[Ask]]:
        """A message of the peer: the answer, empty for none, and what we send next."""
        message = Message(raw)
        if message.first("MSH-9.1") == "ACK":
            self._wrong("stray_ack", "-", None, now, message.first("MSA-2") or "-")
            return b"", []
        flow, _ = guess.of_message(message, self.profile, self.role)
        exam = self.exams.get(order_number(message))
        self.figures.count("messages", now)
        again = self._seen(message, flow, exam, now)
        actor = exam.actor if exam else self._stranger
        answer = actor.answer(flow, message, (), self.wall(), "AA")
        given = answer.raw if answer else b""
        if again:
            return given, []
        said = Said(flow, False, raw, given)
        if exam is None:
            self._of_the_past(message, flow, now)
            self.over.append((None, [said]))
            return given, []
        exam.said.append(said)
        return given, self._take(exam, flow, message, now)

    def _take(self, exam: Exam, flow: str, message: Message, now: float) -> list[Ask]:
        if patient_of(message) not in ("", exam.patient):
            what = f"{exam.order} {patient_of(message)}"
            self._wrong("other_patient", flow, exam, now, what)
        step = next((step for step in exam.left if step.flow == flow and not step.ours), None)
        if flow in exam.heard:
            self._wrong("twice", flow, exam, now, f"{exam.order} {message.first('MSH-10')}")
        elif step is None:
            known = any(step.flow == flow for step in exam.steps)
            if known:
                self._wrong("late_message", flow, exam, now, exam.order)
        else:
            self._in_order(exam, step, now)
            asked = [exam.left_at[one] for one in self._asking(exam, flow) & set(exam.left_at)]
            if asked:
                self.figures.time(f"→{flow}", now, now - max(asked))
        exam.heard.add(flow)
        if step is None:
            return []
        waited = bool(exam.left) and not exam.left[0].ours
        exam.done(flow)
        exam.learn(flow, message)
        return self._go_on(exam, now) if waited else []

    def _in_order(self, exam: Exam, step: Step, now: float) -> None:
        """It came after what asks for it, and after we had its acknowledgement."""
        asking = self._asking(exam, step.flow)
        if asking and not exam.sent & asking:
            self._wrong("too_early", step.flow, exam, now, exam.order)
        elif asking & {other.flow for other in exam.left}:
            exam.hasty[step.flow] = now

    def _asking(self, exam: Exam, flow: str) -> set[str]:
        """The flows of ours that lead to one of the peer's."""
        then = self.profile.flows
        return {s.flow for s in exam.steps if s.ours and flow in then[s.flow].then}

    def _seen(self, message: Message, flow: str, exam: Exam | None, now: float) -> bool:
        """The very same message came before."""
        name, digest = message.first("MSH-10"), _digest(message)
        before = self._came.get(name) if name else None
        if name and before is None:
            self._came.put(name, digest, now)
        if before is not None:
            kind = "resent" if before == digest else "same_id"
            self._wrong(kind, flow, exam, now, name)
        return before == digest

    def _of_the_past(self, message: Message, flow: str, now: float) -> None:
        """About no exam under way: one that is over, or nobody's."""
        order = order_number(message)
        past = self._past.get(order)
        if past is None:
            kind = "other_order"
        elif patient_of(message) not in ("", past.patient):
            kind = "other_patient"
        else:
            kind = "twice" if flow in past.heard else "late_message"
        number = past.number if past else None
        example = Example(now, number, f"{order or '-'} {message.first('MSH-10')}")
        self._tell(kind, flow, example)

    def framing(self, what: str, size: int, now: float) -> None:
        """Bytes that are no block came."""
        self._wrong("framing", "-", None, now, f"{what} {size}")

    # -- time -------------------------------------------------------------------------------

    def tick(self, now: float) -> list[Ask]:
        """Give up what is too late; what an optional message held up goes on."""
        while self._leaving and (self._leaving[0][0] <= now or self._leaving[0][1].settled):
            ask = self._leaving.popleft()[1]
            if not ask.settled:
                self.failed(ask, "no_ack", "", now)
        found: list[Ask] = []
        while self._waits and (self._waits[0][0] <= now or not self._is_open(*self._waits[0][1:])):
            _, exam, step = self._waits.popleft()
            if self._is_open(exam, step):
                found += self._miss(exam, step, now)
        return found

    def _is_open(self, exam: Exam, step: Step) -> bool:
        return step in exam.left and not exam.left[0].ours

    def _miss(self, exam: Exam, step: Step, now: float) -> list[Ask]:
        if step.required:
            self._wrong("no_message", step.flow, exam, now, exam.order)
            self._break_off(exam, now)
            return []
        exam.done(step.flow)
        return self._go_on(exam, now)

    def interrupt(self, now: float) -> None:
        """The end: what is under way is broken off, and judged as far as it went."""
        for exam in list(self.exams.values()):
            self._break_off(exam, now)

    @property
    def under_way(self) -> int:
        """Exams that have begun and are not over."""
        return len(self.exams)

    # -- what is kept -----------------------------------------------------------------------

    def _break_off(self, exam: Exam, now: float) -> None:
        exam.stop()
        self._end(exam, now)

    def _end(self, exam: Exam, now: float) -> None:
        if self.exams.pop(exam.order, None) is None:
            return
        self.over.append((exam.number, exam.said))
        past = _Past(exam.number, exam.patient, frozenset(exam.heard))
        self._past.put(exam.order, past, now)
        exam.let_go()

    def _wrong(self, kind: str, flow: str, exam: Exam | None, now: float, what: str) -> None:
        self._tell(kind, flow, Example(now, exam.number if exam else None, what))

    def _tell(self, kind: str, flow: str, example: Example) -> None:
        self.anomalies.note(kind, flow, example)
        self.figures.count("problems", example.at)


def _digest(message: Message) -> bytes:
    return blake2b(message.raw, digest_size=16).digest()
