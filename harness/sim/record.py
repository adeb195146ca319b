"""What is kept of an exchange: the bytes, what judging them gave, when they passed."""

from dataclasses import dataclass
from datetime import datetime

from harness.rules.rule import Outcome, Verdict
from harness.text import Text, say
from harness.wire.cda import Document
from harness.wire.er7 import Message


@dataclass(frozen=True, slots=True)
class Judged:
    """One message, answer or document with its outcomes.

    `kind`: "A" … "E", "ACK", "CR", "DA". `file` is where the bytes were read from or written to,
    relative to the report's folder. `document` is the CDA that the message carries, if any.
    `guessed` tells how the kind was found when nobody said it, None when it was given. `deliberate`
    is why a message is wrong through no fault of its sender (on purpose, or see `follows`): its
    findings are shown and do not count. `document_file`
    is where the document was written, when it was.
    """

    kind: str
    file: str
    outcomes: tuple[Outcome, ...]
    message: Message | None = None
    document: Document | None = None
    raw: bytes = b""
    guessed: Text | None = None
    deliberate: Text | None = None
    document_file: str = ""

    @property
    def follows(self) -> bool:
        """It does not count because it repeats what the system under test said before."""
        return self.deliberate == say("run.follows")

    def let_go(self) -> None:
        """Keep the bytes and the outcomes: what else was read comes back when it is asked for."""
        for part in (self.message, self.document):
            if part:
                part.let_go()

    @property
    def verdict(self) -> Verdict:
        """The worst of its outcomes; PASS when it is wrong on purpose."""
        if self.deliberate:
            return Verdict.PASS
        return max((outcome.verdict for outcome in self.outcomes), default=Verdict.NOT_TESTED)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One step of a scenario: a message and its acknowledgement.

    `sender` and `receiver` are "ris" or "platform". `sent` and `answered` are times of the run's
    clock; `seconds` is what passed between them, measured. `state` is "done", "not_run" (with
    `reason`), "no_answer" or "failed". `simulated` are the roles that the harness played.
    `conversation` tells several of one scenario apart, empty when there is only one. `towards` is
    "pfi" when the documents went to an intermediation platform. `play` is the number of the first
    exchange of its play: a scenario may be played several times in a run.
    """

    number: int
    scenario: str
    flow: str
    sender: str
    receiver: str
    state: str
    request: Judged | None = None
    answer: Judged | None = None
    step_outcomes: tuple[Outcome, ...] = ()
    sent: datetime | None = None
    answered: datetime | None = None
    seconds: float | None = None
    reason: Text | None = None
    wire: tuple[str, ...] = ()
    conversation: str = ""
    towards: str = ""
    play: int = 1

    def let_go(self) -> None:
        """Keep the bytes and the outcomes of both its parts."""
        for part in (self.request, self.answer):
            if part:
                part.let_go()

    @property
    def verdict(self) -> Verdict:
        """The worst of the message, its answer and what the scenario expected."""
        parts = [part.verdict for part in (self.request, self.answer) if part]
        parts += [outcome.verdict for outcome in self.step_outcomes]
        return max(parts, default=Verdict.NOT_TESTED)

    @property
    def accepted(self) -> bool:
        """Its sender may hold the message to be accepted: AA, and MSA-2 names it."""
        request = self.request.message if self.request else None
        answer = self.answer.message if self.answer else None
        if self.state != "done" or request is None or answer is None:
            return False
        named = answer.node("MSA-2").data == request.node("MSH-10").data
        return named and answer.first("MSA-1") == "AA"

    @property
    def what(self) -> str:
        """Type and event of the message; for a document replaced or deleted the control as well."""
        message = self.request.message if self.request else None
        if message is None:
            return ""
        kind = "^".join(message.first("MSH-9").split("^")[:2])
        control = message.first("ORC-1")
        lives = control in ("RO", "CA") and kind.startswith(("ORU", "MDM"))
        return f"{kind} {control}" if lives else kind
