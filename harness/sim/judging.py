"""From bytes to what is kept of them: the kind, the subject, the outcomes. Pure."""

from dataclasses import dataclass, field, replace
from typing import Final

from harness.rules import ledger
from harness.rules.ledger import Ledger
from harness.rules.profile import Profile
from harness.rules.rule import (
    Finding,
    Outcome,
    Problem,
    Rule,
    Subject,
    Verdict,
)
from harness.sim.events import Strayed
from harness.sim.record import Judged
from harness.text import Text, say
from harness.wire.er7 import Message
from harness.wire.location import Location

TLS_HELLO: Final = b"\x16\x03"  # a handshake record of TLS
MUCH_JUNK: Final = 8  # bytes; a few line ends between blocks are less


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges messages under a profile, and says what only playing an exchange can tell.

    `seen` is the ledger of the session, filled by the messages that are judged.
    """

    profile: Profile
    towards: str = ""
    seen: Ledger = field(default_factory=dict)

    def message(
        self,
        kind: str,
        message: Message,
        file: str,
        *,
        earlier: tuple[Subject, ...] = (),
        guessed: Text | None = None,
        deliberate: Text | None = None,
    ) -> tuple[Judged, Subject]:
        """A message that crossed the wire."""
        found = self.weigh(
            kind, message, file, earlier=earlier, guessed=guessed, deliberate=deliberate
        )
        self.take_note(found[1])
        return found

    def take_note(self, subject: Subject) -> None:
        """What a message that was weighed says goes into the ledger."""
        self.profile.note(self.seen, subject)

    def weigh(
        self,
        kind: str,
        message: Message,
        file: str,
        *,
        earlier: tuple[Subject, ...] = (),
        guessed: Text | None = None,
        deliberate: Text | None = None,
    ) -> tuple[Judged, Subject]:
        """Judge a message, and leave the ledger as it is."""
        subject = self._subject(kind, message, earlier)
        outcomes = self.profile.judge(subject)
        return _judged(subject, message, file, outcomes, guessed, deliberate), subject

    def weighed(
        self,
        kind: str,
        message: Message,
        file: str,
        outcomes: tuple[Outcome, ...],
        *,
        earlier: tuple[Subject, ...] = (),
        guessed: Text | None = None,
    ) -> tuple[Judged, Subject]:
        """A message that was judged elsewhere, under the same profile."""
        subject = self._subject(kind, message, earlier)
        return _judged(subject, message, file, outcomes, guessed, None), subject

    def _subject(self, kind: str, message: Message, earlier: tuple[Subject, ...]) -> Subject:
        subject = self.profile.subject(
            kind, message, earlier=earlier, on_wire=True, towards=self.towards
        )
        return replace(subject, recorded=True, seen=self.seen)

    def answer(
        self, message: Message, request: Message, file: str, *, deliberate: Text | None = None
    ) -> Judged:
        """The acknowledgement of `request`."""
        subject = self.profile.subject(
            "ACK", message, request=request, on_wire=True, towards=self.towards
        )
        outcomes = self.profile.judge(subject)
        return Judged("ACK", file, outcomes, message, raw=message.raw, deliberate=deliberate)

    def taken_in(
        self, earlier: tuple[Subject, ...], request: Message, answer: Message
    ) -> tuple[Subject, ...]:
        """What came before, without a message that its receiver has just refused.

        Nothing later is held against what was not taken in: it may be sent again, corrected.
        """
        if not is_refusal(answer):
            return earlier
        ledger.forget(self.seen, request)
        return tuple(past for past in earlier if past.message is not request)

    def held(self, rule: str) -> Outcome:
        """A rule about the exchange itself that was kept."""
        return Outcome(self._rule(rule), Verdict.PASS)

    def broken(
        self,
        rule: str,
        expected: Text,
        actual: Text,
        at: Location | None = None,
        *,
        verdict: Verdict | None = None,
        advice: Text | None = None,
        by: str = "",
    ) -> Outcome:
        """A rule about the exchange itself that was broken."""
        found = self._rule(rule)
        verdict = verdict or found.level.when_broken
        problem = Problem(at or Location(), expected, actual, advice, by)
        return Outcome(found, verdict, (Finding(found, verdict, problem, "STEP"),))

    def no_tls(self, reason: Text) -> Outcome:
        """No TLS connection: whose setting is wrong cannot be told from here, nothing is failed."""
        wanted = say("tls.agreed")
        return self.broken("STEP-TLS", wanted, reason, verdict=Verdict.INCONCLUSIVE)

    def strayed(self, event: Strayed) -> Outcome:
        """What bytes outside a block break: a few are junk, a message among them had no block."""
        if event.what == "junk" and event.head.startswith(TLS_HELLO):
            return self.no_tls(say("tls.hello_on_plain"))
        rule = {"junk": "MLLP-JUNK", "oversize": "MLLP-SIZE"}.get(event.what, "MLLP-BLOCK")
        if event.what == "junk" and (b"MSH" in event.head or event.size > MUCH_JUNK):
            rule = "MLLP-BLOCK"
        shown = event.head[:24].decode("latin-1")
        actual = say(f"run.{event.what}", size=event.size, head=repr(shown))
        by = "platform" if event.role == "ris" else "ris"
        return self.broken(rule, say("run.framing"), actual, by=by)

    def _rule(self, name: str) -> Rule:
        found = self.profile.rule(name)
        if found is None:
            raise KeyError(name)
        return found


def _judged(
    subject: Subject,
    message: Message,
    file: str,
    outcomes: tuple[Outcome, ...],
    guessed: Text | None,
    deliberate: Text | None,
) -> Judged:
    return Judged(
        subject.kind,
        file,
        outcomes,
        message,
        subject.document,
        message.raw,
        guessed,
        deliberate,
        file.replace("messages/", "documents/").replace(".er7", ".xml"),
    )


def is_refusal(answer: Message | None) -> bool:
    """The receiver did not take the message in; silence is no refusal."""
    return answer is not None and answer.first("MSA-1") in ("AE", "AR")


def expected_code(codes: tuple[str, ...]) -> Text:
    """The codes that a scenario accepts, in words."""
    return say("value.one_of", values=", ".join(f"`{code}`" for code in codes))
