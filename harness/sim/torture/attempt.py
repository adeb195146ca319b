"""One case of the MLLP torture suite against a peer: events in, actions out, two verdicts.

Each case is played in three phases, as the tools do that test other protocols: a good exchange
(`before`: is the peer there at all?), the case itself (`behaviour`), a good exchange again
(`aftermath`: is it still sane?). Without the first nothing can be told.

    receiver    we connect, send badly, and look at the acknowledgements
    sender      it sends, we answer badly, and look at what it does and believes then
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from harness.rules.rule import Level, Verdict
from harness.sim.torture import facts as torture_facts
from harness.sim.torture.case import Attack, Fact, Step
from harness.sim.torture.events import (
    Action,
    Close,
    Event,
    Finish,
    Found,
    Hold,
    Open,
    Put,
    Result,
    Run,
    Stop,
)
from harness.sim.torture.facts import State
from harness.sim.torture.peer import Arrival, Peer
from harness.sim.torture.supply import Supply
from harness.sim.torture.terms import Terms
from harness.sim.torture.text import shown
from harness.text import Text, plain, say
from harness.wire.er7 import Message
from harness.wire.mllp import Block

_SANE_RECEIVER: Final = (
    Step(send="[z1]", via="z"),
    Step(expect=Fact(ack=("z1",), via="z"), level=Level.MUST),
    Step(close="z"),
)
_SANE_SENDER: Final = (
    Step(receive="z1"),
    Step(send="[ack]"),
    Step(expect=Fact(believes="accepted"), level=Level.MUST),
)
_FIRST: Final = (
    Step(send="[z0]", via="y"),
    Step(expect=Fact(ack=("z0",), code=("any",), via="y"), level=Level.MUST),
    Step(close="y"),
)


class Attempt:
    """One case on its way. `done` tells the end, `result` what was found."""

    def __init__(self, attack: Attack, terms: Terms, peer: Peer) -> None:
        self.attack = attack
        self.terms = terms
        self.peer = peer
        self.done = False
        self.found: list[Found] = []
        self._supply = Supply(attack, terms, peer)
        self._acked: set[bytes] = set()
        self._seconds = 0.0
        self._phase = "before"
        self._plan = deque(self._phases())
        self._since: float | None = None  # when the step that is played began
        self._queue: deque[tuple[float, Action]] = deque()
        self._out: list[Action] = []

    def _phases(self) -> list[tuple[str, Step]]:
        sender = self.attack.tests == "sender"
        first = (() if self.peer.sane else _SANE_SENDER) if sender else _FIRST
        last = _SANE_SENDER if sender else _SANE_RECEIVER
        phases = (("before", first), ("behaviour", self.attack.steps), ("aftermath", last))
        return [(phase, step) for phase, steps in phases for step in steps]

    # -- the machine ------------------------------------------------------------------------

    def start(self, now: float) -> list[Action]:
        """Begin. `now` is a monotonic time in seconds."""
        self.peer.forget()
        self.peer.begun = now
        return self._advance(now)

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take an event in; give what is to be done. Never raises on what a peer sent."""
        self.peer.take(event, now)
        return [] if self.done else self._advance(now)

    @property
    def deadline(self) -> float | None:
        """When a Tick is wanted; None when nothing is waited for."""
        times = [self._queue[0][0]] if self._queue else []
        if self._plan and self._since is not None:
            times.append(self._since + self._lasts(self._plan[0][1]))
        return min(times, default=None)

    def interrupt(self, now: float) -> list[Action]:
        """The user stops: what is not told yet will not be."""
        self._plan.clear()
        self._keep(Level.MUST, Verdict.INCONCLUSIVE, plain("-"), say("run.interrupted"))
        self._finish(now)
        return self._taken()

    def _advance(self, now: float) -> list[Action]:
        while not self.done and self._step(now):
            pass
        return self._taken()

    def _taken(self) -> list[Action]:
        actions, self._out = self._out, []
        return actions

    def _step(self, now: float) -> bool:
        """Play on. False when something is waited for."""
        if not self._plan:
            self._finish(now)
            return True
        if self._plan[0][0] != self._phase:
            self._enter(self._plan[0][0], now)
        step = self._plan[0][1]
        if self._since is None:
            self._since = now
            self._begin(step, now)
        if not self._is_over(step, now):
            return False
        if self._plan and self._plan[0][1] is step:
            self._plan.popleft()
        self._since = None
        return True

    def _enter(self, phase: str, now: float) -> None:
        """From one phase to the next: what the case opened is closed before we look again."""
        if phase == "aftermath":
            self._look_for_doubles()
        self._phase = phase
        if self.peer.running:  # the case asked nothing of it; it is still to end by itself
            self._plan.appendleft((phase, Step(outlast=True)))
        if phase == "aftermath" and not self.peer.sender:
            for name, at in self.peer.connections.items():
                if not at.left and not at.ended:
                    at.left = True
                    self.peer.tell(now, name, "out", say("mllp.we_close"))
                    self._out.append(Close(name))

    def _lasts(self, step: Step) -> float:
        """Seconds that a step may take; a command that has ended sends nothing any more."""
        ended = self.terms.command and self.peer.code is not None
        if step.receive and ended and self._since is not None:
            return self.peer.ran_at - self._since + self.terms.patience
        return self.terms.lasts(step)

    # -- beginning a step -------------------------------------------------------------------

    def _begin(self, step: Step, now: float) -> None:
        if step.send is not None and not self.peer.sender:
            self._open(step.via)
        if step.receive:
            self._ask(step, now)
        for action in self._plainly(step):
            self.peer.tell(now, action.connection, "out", _in_words(action))
            self._out.append(action)
            if isinstance(action, Close):
                self.peer.connection(action.connection).left = True

    def _ask(self, step: Step, now: float) -> None:
        """Make the sender send. What a command before left to come is no answer to this one."""
        if self.terms.command and self._phase != "behaviour":
            self._answer_all(now)
        elif self.terms.command:
            self.peer.arrived.clear()
        if not self.peer.arrived:
            self.peer.running, self.peer.code = self.terms.command, None
            self._out.append(Run(self.attack.id, self._lasts(step)))

    def _plainly(self, step: Step) -> list[Close | Finish | Hold]:
        """What is done at once."""
        names = {
            key: self.peer.connection(name).name
            for key in ("end", "close", "reset", "hold", "read")
            if (name := getattr(step, key))
        }
        makers: dict[str, Callable[[str], Close | Finish | Hold]] = {
            "end": Finish,
            "close": Close,
            "reset": lambda name: Close(name, reset=True),
            "hold": Hold,
            "read": lambda name: Hold(name, on=False),
        }
        return [makers[key](name) for key, name in names.items()]

    def _open(self, name: str) -> None:
        if name not in self.peer.connections:
            self.peer.connection(name)
            self._out.append(Open(name))

    # -- ending a step ----------------------------------------------------------------------

    def _is_over(self, step: Step, now: float) -> bool:
        over = self._since is not None and now >= self._since + self._lasts(step)
        if step.send is not None:
            return self._sent(step, now, over=over)
        if step.receive:
            return self._receive(step, now, over=over)
        if step.expect:
            return self._expect(step, step.expect, now, over=over)
        if step.outlast:
            return over or (self.terms.command and not self.peer.running)
        return over or not step.wait

    def _sent(self, step: Step, now: float, *, over: bool) -> bool:
        """All packets are on their way; on a connection that is gone nothing is sent."""
        at = self.peer.connection(step.via)
        if at.ended and not at.is_open:
            return True
        if not at.is_open:
            return over
        if not self._queue and self._since is not None:
            if step.send is None:
                return True
            self._queue.extend(self._packets(step, at.name, now))
        while self._queue and self._queue[0][0] <= now:
            action = self._queue.popleft()[1]
            if isinstance(action, Put):
                self.peer.note(now, at.name, "out", action.data)
            self._out.append(action)
        return not self._queue or over

    def _packets(self, step: Step, connection: str, now: float) -> list[tuple[float, Action]]:
        data = self._supply.data(step.send or "", good=self._phase != "behaviour") * step.times
        data = data[step.from_ : step.until]
        size = step.pieces or max(1, len(data))
        every = step.every * self.terms.patience
        starts = range(0, len(data), size)
        return [
            (now + n * every, Put(connection, data[at : at + size])) for n, at in enumerate(starts)
        ] or [(now, Put(connection, b""))]

    def _receive(self, step: Step, now: float, *, over: bool) -> bool:
        """The sender's next message. A command that ends without one has sent nothing."""
        while self.peer.arrived:
            arrival = self.peer.arrived.popleft()
            if arrival.is_message:
                self._take(step.receive, arrival)
                if self._phase != "behaviour":  # that it sends is the sign of life
                    came = say("mllp.saw.came", value=shown(arrival.control_id[:40]) or "-")
                    self._keep(Level.MUST, Verdict.PASS, say("mllp.want.message"), came)
                return True
        if not over:
            return False
        told = say("mllp.saw.nothing")
        if self.peer.code is not None:
            told = say("mllp.saw.command_ended", code=self.peer.code)
        absent = self._phase != "aftermath" or not self.terms.command
        verdict = Verdict.INCONCLUSIVE if absent else Verdict.FAIL
        self._keep(Level.MUST, verdict, say("mllp.want.message"), told)
        self._skip_rest()
        return True

    def _take(self, name: str, arrival: Arrival) -> None:
        self.peer.current = arrival.connection
        self.peer.framing[name] = arrival.block.notes
        self._supply.take(name, arrival)

    # -- verdicts ---------------------------------------------------------------------------

    def _expect(self, step: Step, fact: Fact, now: float, *, over: bool) -> bool:
        if self.peer.sender and self._phase != "behaviour":
            self._answer_all(now)
        told = torture_facts.tell(fact, self.peer, self._supply.ids, over=over)
        if told.state is State.OPEN:
            return False
        level = step.level or self.attack.level
        verdict = {
            State.HELD: Verdict.PASS,
            State.BROKEN: level.when_broken,
            State.UNKNOWN: Verdict.NOT_TESTED,
        }[told.state]
        if told.state is State.BROKEN and self._tolerates(step):
            verdict = min(verdict, Verdict.WARNING)
        if self._phase == "before" and told.state is State.BROKEN:
            verdict = Verdict.INCONCLUSIVE
        if self._phase == "before" and told.codes:
            self.peer.good_codes = told.codes
        if told.state is State.HELD:
            self._acked |= {self._supply.ids[name] for name in fact.ack}
        self._keep(level, verdict, torture_facts.wanted(fact, self._supply.ids), told.actual)
        if verdict >= Verdict.INCONCLUSIVE:
            self._skip_rest()
        return True

    def _tolerates(self, step: Step) -> bool:
        """What came about instead is a weakness that the sender can see, not a failure."""
        if step.tolerated is None:
            return False
        told = torture_facts.tell(step.tolerated, self.peer, self._supply.ids, over=True)
        return told.state is State.HELD

    def _answer_all(self, now: float) -> None:
        """In a good exchange every message gets its acknowledgement, also one sent again."""
        while self.peer.arrived:
            arrival = self.peer.arrived.popleft()
            if arrival.is_message:
                self._take("z1", arrival)
                data = self._supply.data("[ack]", good=True)
                self.peer.note(now, arrival.connection, "out", data)
                self._out.append(Put(arrival.connection, data))

    def _keep(self, level: Level, verdict: Verdict, expected: Text, actual: Text) -> None:
        self.found.append(Found(self._phase, level, verdict, expected, actual))

    def _skip_rest(self) -> None:
        """Nothing more of this phase can be told; without a good start, nothing at all."""
        if self._phase == "before":
            self._plan.clear()
        while self._plan and self._plan[0][0] == self._phase:
            self._plan.popleft()

    def _look_for_doubles(self) -> None:
        """An acknowledgement too many is one that a sender takes for the next message's."""
        for _, event in self.peer.unread():
            answer = Message(event.data) if isinstance(event, Block) else None
            named = answer.node("MSA-2").data if answer and answer.named("MSA") else None
            if named in self._acked and named:
                actual = say("mllp.saw.double", value=shown(named[:40]))
                self._keep(Level.MUST, Verdict.FAIL, say("mllp.want.once"), actual)

    def _finish(self, now: float) -> None:
        self.done = True
        self._seconds = now - self.peer.begun
        self.peer.sane = self.result.aftermath is Verdict.PASS
        if self.peer.running:
            self.peer.running = False
            self._out.append(Stop())

    @property
    def result(self) -> Result:
        """What was found."""
        verdicts = {
            phase: max((f.verdict for f in self.found if f.phase == phase), default=default)
            for phase, default in (
                ("before", Verdict.PASS),
                ("behaviour", Verdict.NOT_TESTED),
                ("aftermath", Verdict.NOT_TESTED),
            )
        }
        untold = verdicts["before"] if verdicts["before"] > Verdict.PASS else None
        return Result(
            self.attack,
            untold or verdicts["behaviour"],
            untold or verdicts["aftermath"],
            tuple(self.found),
            tuple(self.peer.lines),
            self._seconds,
        )


def _in_words(action: Close | Finish | Hold) -> Text:
    if isinstance(action, Close):
        return say("mllp.we_reset" if action.reset else "mllp.we_close")
    if isinstance(action, Finish):
        return say("mllp.we_end")
    return say("mllp.we_hold" if action.on else "mllp.we_read")
