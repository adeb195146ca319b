"""The machine that tries MLLP cases, against good and bad peers in memory."""

import pytest
from torture_memory import GOOD, Receiver, Sender, acked, play, terms

from harness.rules.rule import Verdict
from harness.sim.torture import case as torture_case
from harness.sim.torture.attempt import Attempt
from harness.sim.torture.case import Attack
from harness.sim.torture.events import Ended, Failed, Result, Run, Stop, Tick
from harness.sim.torture.peer import Peer
from harness.text import plain
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame

EVERY = torture_case.every()
BY_ID = {attack.id: attack for attack in EVERY}
# the peer in memory answers everything, and it has no sockets that could be reset or held
SOCKETS = {"MLLP-R-080", "MLLP-R-081", "MLLP-R-111"}


def case(steps: list[object], number: str = "MLLP-R-999", **more: object) -> Attack:
    words = {"fr": "a", "en": "b"}
    source = {"document": "mllp-1", "section": "x"}
    fields = {"mllp": number, "group": "framing", "title": words, "level": "MUST", "source": source}
    return Attack.model_validate(
        {**fields, "says": words, "incident": words, "steps": steps, **more}
    )


SIMPLE = case([{"send": "[m1]"}, {"expect": {"ack": "m1"}}])


def verdicts(result: Result) -> tuple[str, str]:
    return result.behaviour.word, result.aftermath.word


@pytest.mark.parametrize(
    "attack",
    [a for a in EVERY if a.tests == "receiver" and a.id not in SOCKETS],
    ids=lambda a: a.id,
)
def test_a_good_receiver_passes(attack: Attack) -> None:
    result = play(attack, Receiver())
    assert [f for f in result.found if f.verdict is not Verdict.PASS] == []
    assert verdicts(result) == ("pass", "pass")


def test_a_receiver_that_does_not_answer_was_not_measured() -> None:
    result = play(SIMPLE, Receiver(lambda raw: b""))
    assert verdicts(result) == ("inconclusive", "inconclusive")
    assert [f.phase for f in result.found] == ["before"]


def test_a_receiver_that_cannot_be_reached_was_not_measured() -> None:
    attempt = Attempt(SIMPLE, terms(), Peer())
    attempt.start(0.0)
    attempt.handle(Failed("y", plain("refused")), 0.1)
    assert attempt.done
    assert verdicts(attempt.result) == ("inconclusive", "inconclusive")
    assert attempt.result.found[0].actual.en == "refused"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda raw: acked(raw)[1:], "outside any block"),
        (lambda raw: b"\n" + acked(raw), "outside any block"),
        (lambda raw: frame(b"OK"), "without MSA"),
        (lambda raw: acked(Message(raw).with_value("MSH-10", "ELSE").raw), "MSA-2 = `ELSE`"),
        (lambda raw: acked(raw, "AE"), "MSA-1 = `AE`"),
        (lambda raw: b"", "nothing complete came"),
    ],
)
def test_a_wrong_answer_fails_and_is_named(answer: object, told: str) -> None:
    def of(raw: bytes) -> bytes:
        if Message(raw).first("MSH-10").endswith("M1"):
            found: bytes = answer(raw)  # type: ignore[operator]
            return found
        return acked(raw)

    result = play(SIMPLE, Receiver(of))
    assert verdicts(result) == ("fail", "pass")
    (broken,) = [f for f in result.found if f.verdict is Verdict.FAIL]
    assert told in broken.actual.en


def test_an_answer_too_many_fails() -> None:
    def of(raw: bytes) -> bytes:
        return acked(raw) * (2 if Message(raw).first("MSH-10").endswith("M1") else 1)

    assert verdicts(play(SIMPLE, Receiver(of))) == ("fail", "pass")


def test_a_receiver_that_is_not_sane_afterwards_fails_the_aftermath() -> None:
    silent = False

    def of(raw: bytes) -> bytes:
        nonlocal silent
        answer = b"" if silent else acked(raw)
        silent = silent or Message(raw).first("MSH-10").endswith("M1")
        return answer

    assert verdicts(play(SIMPLE, Receiver(of))) == ("pass", "fail")


@pytest.mark.parametrize(
    ("level", "word"), [("MUST", "fail"), ("SHOULD", "warning"), ("MAY", "pass")]
)
def test_the_level_says_what_a_broken_expectation_amounts_to(level: str, word: str) -> None:
    steps = [{"send": "[m1]"}, {"expect": {"silence": True}, "level": level}]
    assert play(case(steps), Receiver()).behaviour.word == word


def test_a_good_message_is_one_that_gets_what_the_first_one_got() -> None:
    assert verdicts(play(SIMPLE, Receiver(lambda raw: acked(raw, "AE")))) == ("pass", "pass")


class Glued(Receiver):
    """Takes FS CR alone for the end of a block: FS without CR glues two messages."""

    def _hear(self, name: str, data: bytes) -> list[object]:  # type: ignore[override]
        return super()._hear(name, data.replace(b"\x1c\x0b", b""))  # type: ignore[return-value]


def test_a_receiver_that_loses_the_second_of_two_glued_messages_fails() -> None:
    assert play(BY_ID["MLLP-R-010"], Glued()).behaviour is Verdict.FAIL


class Closing(Receiver):
    """Closes at the first byte that is in no block; `mute`: says nothing more instead."""

    def __init__(self, *, mute: bool) -> None:
        super().__init__()
        self.mute = mute
        self.gone: set[str] = set()

    def _hear(self, name: str, data: bytes) -> list[object]:  # type: ignore[override]
        if name in self.gone or data[:1] not in (b"\x0b", b""):
            self.gone.add(name)
            return [] if self.mute else [Ended(name)]
        return super()._hear(name, data)  # type: ignore[return-value]


@pytest.mark.parametrize(("mute", "word"), [(False, "warning"), (True, "fail")])
def test_to_close_is_a_weakness_to_fall_silent_a_failure(mute: bool, word: str) -> None:
    result = play(BY_ID["MLLP-R-003"], Closing(mute=mute))
    assert verdicts(result) == (word, "pass")


# -- senders --------------------------------------------------------------------------------


def by_the_book(sent: bytes, heard: bytes) -> bool | None:
    """What a good sender believes: the first answer to its own message counts."""
    framer = Framer()
    framer.receive(heard)
    for event in framer.events():
        if not isinstance(event, Block):
            continue
        answer = Message(event.data)
        if answer.named("MSA") and answer.first("MSA-2") == Message(sent).first("MSH-10"):
            return answer.first("MSA-1") == "AA"
    return None


def any_answer(sent: bytes, heard: bytes) -> bool | None:
    """What a careless one believes."""
    return True if b"\x1c\r" in heard else None


def only_msa_1(sent: bytes, heard: bytes) -> bool | None:
    return b"MSA|AA" in heard if b"\x1c\r" in heard else None


@pytest.mark.parametrize("attack", [a for a in EVERY if a.tests == "sender"], ids=lambda a: a.id)
def test_a_good_sender_passes(attack: Attack) -> None:
    result = play(attack, Sender(by_the_book))
    missed = [f for f in result.found if f.verdict is not Verdict.PASS]
    assert missed == []
    assert verdicts(result) == ("pass", "pass")


@pytest.mark.parametrize("number", ["024", "025", "029", "030", "034", "035", "044", "064", "067"])
def test_a_sender_that_takes_any_answer_is_caught(number: str) -> None:
    assert play(BY_ID[f"MLLP-S-{number}"], Sender(any_answer)).behaviour is Verdict.FAIL


@pytest.mark.parametrize("number", ["024", "025", "064", "067"])
def test_a_sender_that_reads_msa_1_only_is_caught(number: str) -> None:
    assert play(BY_ID[f"MLLP-S-{number}"], Sender(only_msa_1)).behaviour is Verdict.FAIL


def test_without_a_command_what_a_sender_believes_is_not_tested() -> None:
    attack, peer = BY_ID["MLLP-S-029"], Peer(sender=True)
    attempt = Attempt(attack, terms(), peer)
    sender = Sender(lambda sent, heard: None)
    actions = attempt.start(0.0)
    while actions:
        action = actions.pop(0)
        for event in sender.act(action):
            actions += attempt.handle(event, 0.1)
    assert attempt.done
    assert verdicts(attempt.result) == ("not_tested", "pass")  # it has sent again: it is alive
    assert attempt.result.verdict is Verdict.NOT_TESTED
    assert sender.count == 3  # before, the case, afterwards


def test_a_sender_that_nobody_makes_send_was_not_measured() -> None:
    attempt = Attempt(BY_ID["MLLP-S-001"], terms(), Peer(sender=True))
    (asked,) = attempt.start(0.0)
    assert isinstance(asked, Run)
    assert asked.seconds == attempt.deadline == 30.0
    attempt.handle(Tick(), 30.0)
    assert attempt.done
    assert verdicts(attempt.result) == ("inconclusive", "inconclusive")


def test_the_sane_end_of_a_case_is_the_start_of_the_next() -> None:
    known, sender = Peer(sender=True), Sender(by_the_book)
    play(BY_ID["MLLP-S-001"], sender, known)
    play(BY_ID["MLLP-S-030"], sender, known)
    assert sender.count == 5


def test_an_interruption_ends_the_case_and_the_command() -> None:
    attempt = Attempt(BY_ID["MLLP-S-001"], terms(command=True), Peer(sender=True))
    attempt.start(0.0)
    assert attempt.interrupt(1.0) == [Stop()]
    assert attempt.done
    assert attempt.result.behaviour is Verdict.INCONCLUSIVE


def test_the_transcript_keeps_both_ends_of_what_is_long() -> None:
    result = play(BY_ID["MLLP-R-059"], Receiver())
    (line,) = [line for line in result.lines if line.size > 300_000]
    assert line.head.startswith(b"\x0bMSH")
    assert line.tail.endswith(b"\x1c\r")
    assert len(line.head) + len(line.tail) < 500


def test_the_samples_differ_in_msh_10_only() -> None:
    sample = terms().sample("ABC")
    assert Message(sample).with_value("MSH-10", "1").raw == GOOD
