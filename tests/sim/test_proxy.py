"""The proxy in memory: a RIS and a platform speak to one another through it."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest
from memory import broken

from harness.rules.rule import Verdict
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.faults import Cut, Faults, Put, Step, parse
from harness.sim.generate import cases, messages
from harness.sim.play import Setting
from harness.sim.proxy import Proxy, Way
from harness.text import say
from harness.wire.er7 import Message
from harness.wire.mllp import Framer, frame
from harness.wire.transcript import Record

FORTH = Way("ris-1", "ris", forth=True)
BACK = Way("ris-1", "platform", forth=False)


@dataclass
class Between:
    """A proxy, its journal, and a RIS that speaks through it."""

    proxy: Proxy
    journal: list[Record]
    actors: dict[str, Actor]
    case: Case
    clock: datetime
    now: float = 0.0
    steps: list[Step] = field(default_factory=list)

    def carry(self, way: Way, raw: bytes) -> bytes:
        """What the other end gets; judged at once."""
        framer = Framer()
        framer.receive(raw)
        framer.close()
        begin, left = 0, b""
        for event in framer.events():
            self.steps = list(self.proxy.passed(way, raw[begin : event.end], event, self.now))
            left += b"".join(step.data for step in self.steps if isinstance(step, Put))
            begin = event.end
        while self.proxy.judge():
            pass
        return left

    def message(self, flow: str = "A", sender: str = "ris") -> Message:
        return self.actors[sender].compose(flow, self.case, self.clock)

    def ack(self, message: Message, code: str = "AA") -> bytes:
        number = f"P-{message.first('MSH-10')}"
        return frame(messages.acknowledgement(message, self.clock, number, code))

    def exchange(self, message: Message, seconds: float = 0.2) -> bytes:
        """A message and its acknowledgement; what the sender gets back."""
        self.carry(FORTH, frame(message.raw))
        self.now += seconds
        return self.carry(BACK, self.ack(message))


@pytest.fixture
def between(setting: Setting, request: pytest.FixtureRequest) -> Between:
    journal: list[Record] = []
    faults = Faults([parse(name) for name in getattr(request, "param", ())])
    proxy = Proxy(setting.profile, setting.wall, journal.append, faults=faults)
    case = cases.make_case("mr-brain", 41, setting.wall())
    actors = {role: Actor(role, setting.profile, case) for role in ("ris", "platform")}
    return Between(proxy, journal, actors, case, setting.wall())


def with_faults(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("between", [names], indirect=True, ids=[" ".join(names)])


def test_what_passes_is_unchanged_kept_and_judged(between: Between) -> None:
    message = between.message()
    assert between.carry(FORTH, frame(message.raw)) == frame(message.raw)
    assert [(r.kind, r.data) for r in between.journal] == [("message", message.raw)]
    between.now = 0.25
    answer = between.ack(message)
    assert between.carry(BACK, answer) == answer
    (exchange,) = between.proxy.exchanges
    assert (exchange.flow, exchange.sender, exchange.receiver) == ("A", "ris", "platform")
    assert exchange.seconds == 0.25
    assert exchange.state == "done"
    assert exchange.conversation == message.first("ORC-2.1")
    assert exchange.verdict is Verdict.PASS
    assert exchange.answer
    assert exchange.answer.message
    assert exchange.answer.message.first("MSA-2") == message.first("MSH-10")
    assert [(r.kind, r.actor, r.flow) for r in between.journal] == [
        ("message", "platform", "A"),
        ("ack", "ris", "A"),
    ]


def test_a_whole_exchange_is_one_conversation(between: Between) -> None:
    forth, back = ("platform-2", "platform"), ("platform-2", "ris")
    for flow in ("A", "B", "C", "D", "E"):
        sender = "platform" if flow in ("C", "E") else "ris"
        message = between.message(flow, sender)
        if sender == "ris":
            between.exchange(message)
            continue
        between.carry(Way(*forth, forth=True), frame(message.raw))
        between.carry(Way(*back, forth=False), between.ack(message))
    found = between.proxy.exchanges
    assert [x.flow for x in found] == ["A", "B", "C", "D", "E"]
    assert [x.sender for x in found] == ["ris", "ris", "platform", "ris", "platform"]
    assert len({x.conversation for x in found}) == 1
    assert {x.verdict for x in found} == {Verdict.PASS}


def test_a_message_that_contradicts_an_earlier_one_is_found(between: Between) -> None:
    between.exchange(between.message("A"))
    between.exchange(between.message("D").with_value("PID-3[5=INS].1", "279035121518989"))
    first, second = between.proxy.exchanges
    assert broken(first) == set()
    assert any(rule.startswith("X-") for rule in broken(second))


def test_acknowledgements_are_paired_by_msa_2(between: Between) -> None:
    first, second = between.message(), between.message()
    for message in (first, second):
        between.carry(FORTH, frame(message.raw))
    for message in (second, first):
        between.carry(BACK, between.ack(message))
    found = between.proxy.exchanges
    assert [x.state for x in found] == ["done", "done"]
    for exchange, message in zip(found, (first, second), strict=True):
        assert exchange.answer
        assert exchange.answer.message
        assert exchange.answer.message.first("MSA-2") == message.first("MSH-10")
        assert broken(exchange) == set()


def test_one_that_comes_twice_is_one_too_many(between: Between) -> None:
    message = between.message()
    between.exchange(message)
    between.carry(BACK, between.ack(message))
    assert broken(between.proxy.exchanges[0]) == {"ACK-STRAY"}


def test_none_in_time_then_late(between: Between) -> None:
    message = between.message()
    between.carry(FORTH, frame(message.raw))
    between.proxy.tick(9.9)
    assert broken(between.proxy.exchanges[0]) == set()
    between.proxy.tick(10.1)
    between.proxy.tick(10.2)
    assert broken(between.proxy.exchanges[0]) == {"ACK-NONE"}
    between.now = 12.0
    between.carry(BACK, between.ack(message))
    assert broken(between.proxy.exchanges[0]) == {"ACK-LATE"}


def test_a_connection_that_closes_owes_its_acknowledgements(between: Between) -> None:
    between.carry(FORTH, frame(between.message().raw))
    between.proxy.closed("ris-1")
    (exchange,) = between.proxy.exchanges
    assert broken(exchange) == {"ACK-NONE"}
    assert exchange.state == "no_answer"


def test_a_connection_that_tls_refuses_afterwards_owes_none(between: Between) -> None:
    between.carry(FORTH, frame(between.message().raw))
    between.proxy.refused("ris", say("tls.ours.missing", peer="10.0.0.1:2575"), "ris-1")
    between.proxy.closed("ris-1")
    assert [broken(x) for x in between.proxy.exchanges] == [set(), {"STEP-TLS"}]


def test_bytes_outside_blocks_pass_and_are_told(between: Between) -> None:
    message = between.message()
    raw = b"\n" + frame(message.raw)
    assert between.carry(FORTH, raw) == raw
    between.carry(BACK, between.ack(message))
    assert broken(between.proxy.exchanges[0]) == {"MLLP-JUNK"}
    half = frame(message.raw)[:100]
    assert between.carry(FORTH, half) == half
    between.proxy.end()
    assert broken(between.proxy.exchanges[1]) == {"MLLP-BLOCK"}
    assert between.proxy.exchanges[1].sender == "ris"


def test_a_system_that_is_not_there_fails_nobody(between: Between) -> None:
    for _ in range(3):
        between.proxy.unreachable("ris", "127.0.0.1:1 Connection refused")
    between.proxy.refused("platform", say("tls.found.not_tls", peer="10.0.0.1"))
    found = between.proxy.exchanges
    assert [broken(x) for x in found] == [{"STEP-REACH"}, {"STEP-TLS"}]
    assert {x.verdict for x in found} == {Verdict.INCONCLUSIVE}


# -- faults: what we do is nobody's failure -------------------------------------------------


@with_faults("late-ack=60")
def test_a_late_acknowledgement_is_ours(between: Between) -> None:
    message = between.message()
    assert between.exchange(message) == between.ack(message)
    assert between.steps == [Put(between.ack(message), 60.0)]
    assert broken(between.proxy.exchanges[0]) == set()
    assert between.proxy.exchanges[0].wire == ("fault committed by the proxy: late-ack=60",)


@with_faults("drop-message#1")
def test_a_message_lost_by_us_is_not_missed(between: Between) -> None:
    message = between.message()
    assert between.carry(FORTH, frame(message.raw)) == b""
    between.proxy.tick(20.0)
    between.proxy.closed("ris-1")
    assert broken(between.proxy.exchanges[0]) == set()
    assert between.carry(FORTH, frame(message.raw)) == frame(message.raw)
    came, left = between.journal[:2]
    assert (came.kind, came.data, came.facts) == ("message", message.raw, {"fault": "drop-message"})
    assert (left.kind, left.data, left.facts) == ("event", b"", {"fault": "drop-message"})


@with_faults("wrong-msa-2@A")
def test_what_was_said_is_judged_and_not_what_we_made_of_it(between: Between) -> None:
    message = between.message()
    changed = between.exchange(message)
    assert Message(changed[1:-2]).first("MSA-2") != message.first("MSH-10")
    assert broken(between.proxy.exchanges[0]) == set()
    later = between.message("D")
    assert between.exchange(later) == between.ack(later)


@with_faults("double-message")
def test_a_second_answer_to_what_we_doubled_is_no_stray(between: Between) -> None:
    message = between.message()
    assert between.carry(FORTH, frame(message.raw)) == frame(message.raw) * 2
    for _ in range(2):
        between.carry(BACK, between.ack(message))
    assert broken(between.proxy.exchanges[0]) == set()


@with_faults("hang-up-ack")
def test_the_end_of_the_connection_is_ours(between: Between) -> None:
    between.exchange(between.message())
    assert between.steps == [Cut()]
    between.proxy.closed("ris-1")
    assert broken(between.proxy.exchanges[0]) == set()
