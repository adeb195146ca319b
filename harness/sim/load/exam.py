"""One exam of a load: which messages we send, which we wait for, what was said. Pure.

What we send of an exam follows the profile: the flows of our side in their order, and between them
those of the peer, where we hear it at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from harness.rules.profile import Flow, Profile
from harness.sim.actor import Actor, Conversation
from harness.sim.case import Case
from harness.sim.generate import cases
from harness.wire.er7 import Message

CASES: Final = ("ct-brain", "mr-brain", "dx-knee", "mg-screening")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Step:
    """A flow of an exam. `ours`: we send it; `required`: the peer must, when it is the peer's."""

    flow: str
    ours: bool
    required: bool = True


@dataclass(slots=True)
class Said:
    """A message of an exam, whoever sent it, and its acknowledgement; empty when none came."""

    flow: str
    ours: bool
    raw: bytes
    answer: bytes = b""


@dataclass(frozen=True, slots=True)
class Supply:
    """What an exam is made of: its case, and the messages that wait for nothing, by flow."""

    case: Case
    ready: dict[str, bytes]


def script(profile: Profile, role: str, *, hears: bool, documents: bool) -> tuple[Step, ...]:
    """The steps of an exam. Flows that nothing leads to, such as a cancellation, are none."""
    led_to = {then for flow in profile.flows.values() for then in flow.then}
    found: list[Step] = []
    for flow in profile.flows.values():
        if not flow.opens and flow.id not in led_to:
            continue
        if flow.sender == role and (documents or not flow.document):
            found.append(Step(flow.id, ours=True))
        elif flow.sender != role and hears and _asked(flow, profile, found):
            found.append(Step(flow.id, ours=False, required=flow.usage == "required"))
    return tuple(found)


def _asked(flow: Flow, profile: Profile, found: Sequence[Step]) -> bool:
    """Something that we send leads to that flow."""
    return any(step.ours and flow.id in profile.flows[step.flow].then for step in found)


def make_case(name: str, seed: int, at: datetime) -> Case:
    """The case of an exam: order and accession number are those of nobody else."""
    case = cases.make_case(name, seed, at)
    order, exam = case.order, case.exam
    return replace(
        case,
        order=replace(order, placer_number=replace(order.placer_number, value=f"OPN{seed}")),
        exam=replace(exam, accession_number=replace(exam.accession_number, value=f"ACN{seed}")),
    )


def prefix(role: str, seed: int) -> str:
    """What our control IDs (MSH-10) of an exam begin with; they have 20 characters at most."""
    text = ""
    while seed:
        seed, digit = divmod(seed, len(_DIGITS))
        text = _DIGITS[digit] + text
    return f"{role[0].upper()}{text or '0'}-"


def make_supply(
    profile: Profile, role: str, case: Case, steps: Sequence[Step], at: datetime
) -> Supply:
    """Compose what comes before the first wait: it takes long enough to be done beforehand."""
    exam = Exam(0, profile, role, Supply(case, {}), steps)
    ready = {flow: exam.compose(flow, at) for flow in exam.next_ours()}
    return Supply(exam.talk.case, ready)


@dataclass(slots=True)
class Exam:
    """A conversation on its way. `said` grows; `left` are the steps that are not over yet."""

    number: int
    profile: Profile
    role: str
    supply: Supply
    steps: Sequence[Step]
    said: list[Said] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    hasty: dict[str, float] = field(default_factory=dict)  # what asked for them is not acknowledged
    left_at: dict[str, float] = field(default_factory=dict)  # when messages of ours left, by flow
    left: list[Step] = field(init=False)
    actor: Actor = field(init=False)
    talk: Conversation = field(init=False)

    def __post_init__(self) -> None:
        case = self.supply.case
        self.left = list(self.steps)
        self.actor = Actor(self.role, self.profile, case, prefix=prefix(self.role, case.seed))
        self.talk = self.actor.conversation(self.order)
        for _ in self.supply.ready:
            self.actor.skip_id()

    @property
    def order(self) -> str:
        """The placer order number (ORC-2)."""
        return self.supply.case.order.placer_number.value

    @property
    def patient(self) -> str:
        """The INS."""
        return self.supply.case.patient.ins

    @property
    def over(self) -> bool:
        """Nothing more is sent or waited for."""
        return not self.left

    def next_ours(self) -> tuple[str, ...]:
        """The flows that we send before we wait for the peer."""
        found = []
        for step in self.left:
            if not step.ours:
                break
            found.append(step.flow)
        return tuple(found)

    def compose(self, flow: str, at: datetime) -> bytes:
        """The message of a flow of ours."""
        ready = self.supply.ready.get(flow)
        return ready or self.actor.compose_in(self.talk, flow, at).raw

    def say_next(self, at: datetime) -> Said | None:
        """Our next message, when it is our turn."""
        if not self.left or not self.left[0].ours or self.left[0].flow in self.sent:
            return None
        flow = self.left[0].flow
        said = Said(flow, True, self.compose(flow, at))
        self.sent.add(flow)
        self.said.append(said)
        return said

    def done(self, flow: str) -> None:
        """A message of ours was accepted, or one of the peer came: its step is over."""
        self.left = [step for step in self.left if step.flow != flow]

    def learn(self, flow: str, message: Message) -> None:
        """What the peer says goes into what we say next."""
        if any(step.ours for step in self.left):
            self.actor.learn(self.talk, flow, message)

    def awaited(self) -> Iterator[Step]:
        """What the peer has to send before our next message."""
        for step in self.left:
            if step.ours:
                return
            yield step

    def stop(self) -> None:
        """The exam breaks off."""
        self.left = []

    def let_go(self) -> None:
        """It is over: its bytes are somebody else's."""
        self.said = []
        self.supply = Supply(self.supply.case, {})
        self.talk.documents.clear()
