from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from memory import Wire, broken, findings, report_of, sent

from harness.rules.rule import Verdict
from harness.rules.transmitted import document_of
from harness.sim.actor import Actor, Conversation
from harness.sim.case import Case
from harness.sim.events import (
    Action,
    Answered,
    Closed,
    Deliver,
    Received,
    Reply,
    Strayed,
    Tick,
    Unreachable,
)
from harness.sim.form import Form
from harness.sim.generate import cases, messages
from harness.sim.play import Setting
from harness.sim.repeats import Repeats
from harness.sim.simulation import Simulation
from harness.text import say
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message
from harness.wire.mllp import frame
from harness.wire.transcript import Record

CLOCK = datetime.fromisoformat("2026-02-03T08:00:00+01:00")


@pytest.fixture
def platform(setting: Setting) -> Simulation:
    return Simulation("platform", setting, talks=True)


@pytest.fixture
def two(setting: Setting) -> list[tuple[Case, Actor]]:
    """Two patients of one real RIS, each with the actor that writes its messages."""
    found = [cases.make_case(name, 31 + n, CLOCK) for n, name in enumerate(("mr-brain", "dx-knee"))]
    return [(case, Actor("ris", setting.profile, case)) for case in found]


def received(simulation: Simulation, message: Message, connection: str = "c-1") -> list[Action]:
    return simulation.handle(Received(simulation.role, connection, message.raw), 0.0)


def acknowledged(
    simulation: Simulation, actions: Sequence[Action], code: str = "AA", now: float = 0.5
) -> list[Action]:
    """The peer answers what was delivered."""
    found = []
    for message in sent([action for action in actions if isinstance(action, Deliver)]):
        raw = messages.acknowledgement(message, CLOCK, f"P-{message.first('MSH-10')}", code)
        found += simulation.handle(Answered(simulation.role, "o-1", raw), now)
    return found


def test_both_systems_simulated_play_the_whole_exchange(setting: Setting) -> None:
    ris = Simulation("ris", setting, talks=True)
    other = cases.make_case("mg-screening", 8, CLOCK)
    platform = Simulation("platform", replace(setting, case=other), talks=True)
    Wire({"ris": ris, "platform": platform}).run()
    for machine in (ris, platform):
        assert sorted(x.flow for x in machine.exchanges) == ["A", "B", "C", "D", "E"]
        assert all(x.state == "done" for x in machine.exchanges)
        assert findings(setting.profile, machine.exchanges) == []
        assert report_of(setting.profile, machine.exchanges).verdict is Verdict.PASS


def test_conversations_on_one_connection_are_told_apart_by_orc_2(
    platform: Simulation, two: list[tuple[Case, Actor]]
) -> None:
    (one, _), (other, _) = two
    ours: list[Message] = []
    for flow in ("A", "D"):
        for case, actor in two:
            actions = received(platform, actor.compose(flow, case, CLOCK))
            ours += sent(actions[1:])
            acknowledged(platform, actions)
    orders = [message.first("ORC-2.1") for message in ours]
    first, second = one.order.placer_number.value, other.order.placer_number.value
    assert orders == [first, second, first, second]
    for message, case in zip(ours, (one, other, one, other), strict=True):
        assert message.first("PID-3[5=INS].1") == case.patient.ins
    for message, case in zip(ours[2:], (one, other), strict=True):
        report = document_of(message)
        assert report is not None
        assert report.first("//ps3-20:accessionNumber/@extension") == (
            case.exam.accession_number.value
        )
    assert [broken(exchange) for exchange in platform.exchanges] == [set()] * 8


def test_an_interleaved_exchange_is_judged_with_its_own_past(
    platform: Simulation, two: list[tuple[Case, Actor]]
) -> None:
    """The D of one patient under the order of the other does not go unseen."""
    (one, actor), (other, second) = two
    acknowledged(platform, received(platform, actor.compose("A", one, CLOCK)))
    acknowledged(platform, received(platform, second.compose("A", other, CLOCK)))
    mixed = replace(other, order=one.order)
    received(platform, second.compose("D", mixed, CLOCK))
    exchange = platform.exchanges[4]
    assert exchange.flow == "D"
    assert broken(exchange) != set()


def test_answers_leave_in_the_order_of_the_messages(
    platform: Simulation, two: list[tuple[Case, Actor]]
) -> None:
    asked = [actor.compose("A", case, CLOCK) for case, actor in two for _ in range(2)]
    replies = [
        action
        for number, message in enumerate(asked)
        for action in received(platform, message, f"c-{number % 2}")
        if isinstance(action, Reply)
    ]
    assert [m.first("MSA-2") for m in sent(replies)] == [m.first("MSH-10") for m in asked]
    assert [reply.connection for reply in replies] == ["c-0", "c-1", "c-0", "c-1"]


def test_the_acknowledgement_comes_before_what_follows(
    platform: Simulation, two: list[tuple[Case, Actor]]
) -> None:
    ((case, actor), _) = two
    reply, message = received(platform, actor.compose("A", case, CLOCK))
    assert isinstance(reply, Reply)
    assert isinstance(message, Deliver)


def test_a_message_is_in_the_journal_before_it_is_answered(
    platform: Simulation, two: list[tuple[Case, Actor]], journal: list[Record]
) -> None:
    ((case, actor), _) = two
    message = actor.compose("A", case, CLOCK)
    reply, _ = received(platform, message)
    kinds = [(record.kind, record.direction) for record in journal]
    assert kinds == [("message", "in"), ("ack", "out"), ("message", "out")]
    assert journal[0].data == message.raw
    assert journal[0].connection == "c-1"
    assert frame(journal[1].data) == reply.data


def test_what_cannot_be_recorded_is_not_answered(
    setting: Setting, two: list[tuple[Case, Actor]]
) -> None:
    def full(record: Record) -> None:
        raise OSError("no space left on device")

    platform = Simulation("platform", replace(setting, note=full), talks=True)
    ((case, actor), _) = two
    with pytest.raises(OSError, match="no space"):
        received(platform, actor.compose("A", case, CLOCK))
    assert platform.exchanges == []


@pytest.mark.parametrize(
    "raw",
    [
        b"MSH|^~\\&|A|B|C|D|20260203||ADT^A01^ADT_A01|77|T|2.5\rPID|||1\r",
        b"MSH|^~\\&|A|B|C|D|20260203||QRY^A19|77|T|2.3\r",
        b"MSH|^~\\&|A|B|C|D|20260203||ORU^R01|77|T|2.5\r",  # without any document
        b"MSH|^~\\&|A|B|C|D|20260203|||77|T|2.5\r",
    ],
)
def test_an_unknown_message_is_rejected_and_kept(
    platform: Simulation, journal: list[Record], raw: bytes
) -> None:
    (reply,) = received(platform, Message(raw))
    (answer,) = sent([reply])
    assert answer.first("MSA-1") == "AR"
    assert answer.first("MSA-2") == "77"
    assert answer.first("ERR-3.1") == "200"
    (exchange,) = platform.exchanges
    assert exchange.flow == "HL7"
    assert exchange.request.message.raw == raw
    assert journal[0].data == raw


@pytest.mark.parametrize("raw", [b"", b"\r\r", b"hello", b"\xff\xfe", b"MSH", b"PID|||1\r"])
def test_what_is_no_message_is_rejected_and_kept(
    platform: Simulation, journal: list[Record], raw: bytes
) -> None:
    (reply,) = received(platform, Message(raw))
    assert sent([reply])[0].first("MSA-1") == "AR"
    assert journal[0].data == raw
    assert platform.exchanges[0].verdict is Verdict.FAIL


def test_after_a_rejection_the_conversation_goes_on(
    platform: Simulation, two: list[tuple[Case, Actor]]
) -> None:
    ((case, actor), _) = two
    received(platform, Message(b"nonsense"))
    assert len(received(platform, actor.compose("A", case, CLOCK))) == 2


def test_a_refused_message_is_not_followed(
    platform: Simulation, two: list[tuple[Case, Actor]]
) -> None:
    ((case, actor), _) = two
    (reply,) = received(platform, actor.compose("A", case, CLOCK).without("PID"))
    assert sent([reply])[0].first("MSA-1") == "AE"


def test_a_message_sent_again_is_answered_and_not_followed_again(
    platform: Simulation, two: list[tuple[Case, Actor]], journal: list[Record]
) -> None:
    ((case, actor), _) = two
    message = actor.compose("A", case, CLOCK)
    acknowledged(platform, received(platform, message))
    (first,) = sent(received(platform, message)[:1])
    (again,) = sent(received(platform, message.with_value("MSH-7", "20260203101112+0100")))
    assert again.raw == first.raw
    assert [x.flow for x in platform.exchanges] == ["A", "C"]
    assert platform.exchanges[0].wire == (say("run.repeated").en,)
    assert [r.facts.get("again") for r in journal].count("yes") == 4


def test_the_same_number_over_other_content_is_another_message(
    platform: Simulation, two: list[tuple[Case, Actor]]
) -> None:
    ((case, actor), _) = two
    message = actor.compose("A", case, CLOCK)
    received(platform, message)
    received(platform, message.with_value("OBR-13", "autre"))
    assert [x.flow for x in platform.exchanges] == ["A", "C", "A"]


def test_after_a_break_it_answers_the_same_and_says_what_was_left(
    setting: Setting, two: list[tuple[Case, Actor]], journal: list[Record]
) -> None:
    ((case, actor), (other, colleague)) = two
    before = Simulation("platform", setting, talks=True)
    request, second = actor.compose("A", case, CLOCK), colleague.compose("A", other, CLOCK)
    (_, protocol), (reply, _) = received(before, request), received(before, second)
    after = Simulation("platform", replace(setting, first_number=5, repeats=Repeats()), talks=True)
    answers = [Message(r.data) for r in journal if (r.kind, r.direction) == ("ack", "out")]
    protocols = [Message(r.data) for r in journal if (r.kind, r.direction) == ("message", "out")]
    after.recall_received("A", request, answers[0])
    after.recall_sent("C", protocols[0], answered=False)
    after.recall_received("A", second, answers[1])
    again, owed = after.start(100.0)
    assert again.data == protocol.data  # nobody answered it
    assert sent([owed])[0].first("ORC-2.1") == other.order.placer_number.value
    spent = {m.first("MSH-10") for m in (*answers, protocols[0])}
    assert sent([owed])[0].first("MSH-10") not in spent
    assert sent(received(after, second))[0].raw == sent([reply])[0].raw
    assert [(x.number, x.flow) for x in after.exchanges] == [(5, "C")]
    acknowledged(after, [again, owed])
    assert after.deadline is None
    received(after, actor.compose("D", case, CLOCK))
    assert [x.flow for x in after.exchanges] == ["C", "D", "E"]


def test_without_a_peer_it_only_answers(setting: Setting, two: list[tuple[Case, Actor]]) -> None:
    platform = Simulation("platform", setting, talks=False)
    ((case, actor), _) = two
    for flow in ("A", "B", "D"):
        (reply,) = received(platform, actor.compose(flow, case, CLOCK))
        assert isinstance(reply, Reply)
    assert platform.deadline is None
    assert [(x.flow, x.verdict) for x in platform.exchanges] == [
        (flow, Verdict.PASS) for flow in "ABD"
    ]


def test_a_ris_begins_with_its_request_and_the_document(setting: Setting) -> None:
    ris = Simulation("ris", setting, talks=True)
    begun = sent(ris.start(0.0))
    assert [message.first("MSH-9.1") for message in begun] == ["ORM", "ORU"]
    assert ris.deadline == setting.ack_timeout


def test_a_ris_without_a_peer_and_a_platform_wait(setting: Setting, platform: Simulation) -> None:
    assert Simulation("ris", setting, talks=False).start(0.0) == []
    assert platform.start(0.0) == []
    assert platform.deadline is None
    assert not platform.done


@pytest.fixture
def waiting(platform: Simulation, two: list[tuple[Case, Actor]]) -> tuple[Simulation, Deliver]:
    """A platform that has sent C and waits for its answer."""
    ((case, actor), _) = two
    _, message = received(platform, actor.compose("A", case, CLOCK))
    assert isinstance(message, Deliver)
    return platform, message


def test_no_answer_in_time_is_told(waiting: tuple[Simulation, Deliver]) -> None:
    platform, _ = waiting
    platform.handle(Tick(), platform.deadline - 0.1)
    assert broken(platform.exchanges[1]) == set()
    platform.handle(Tick(), platform.deadline)
    assert broken(platform.exchanges[1]) == {"ACK-NONE"}
    assert platform.exchanges[1].state == "no_answer"
    assert platform.deadline is None


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        (Unreachable("platform", "refused"), "STEP-REACH"),
        (Closed("platform", "o-1", opened=True), "ACK-NONE"),
    ],
)
def test_a_peer_that_is_gone_is_told(
    waiting: tuple[Simulation, Deliver], event: Unreachable | Closed, rule: str
) -> None:
    platform, _ = waiting
    platform.handle(event, 1.0)
    assert broken(platform.exchanges[1]) == {rule}
    assert platform.deadline is None
    assert not platform.done


def test_a_peer_that_cannot_be_reached_is_no_failure_of_its_own(
    waiting: tuple[Simulation, Deliver], setting: Setting
) -> None:
    platform, _ = waiting
    platform.handle(Unreachable("platform", "refused"), 1.0)
    assert platform.exchanges[1].verdict is Verdict.INCONCLUSIVE


def test_a_client_that_closes_ends_nothing(waiting: tuple[Simulation, Deliver]) -> None:
    platform, message = waiting
    platform.handle(Closed("platform", "c-1", opened=False), 1.0)
    acknowledged(platform, [message])
    assert broken(platform.exchanges[1]) == set()


@pytest.mark.parametrize(
    ("code", "expected"), [("AA", set()), ("AE", {"STEP-ACK"}), ("AR", {"STEP-ACK"})]
)
def test_an_answer_is_judged(
    waiting: tuple[Simulation, Deliver], code: str, expected: set[str]
) -> None:
    platform, message = waiting
    acknowledged(platform, [message], code)
    exchange = platform.exchanges[1]
    assert exchange.state == "done"
    assert exchange.seconds == 0.5
    assert {o.rule.id for o in exchange.step_outcomes if o.verdict > Verdict.PASS} == expected


def test_answers_may_come_in_another_order(
    platform: Simulation, two: list[tuple[Case, Actor]]
) -> None:
    delivered = []
    for case, actor in two:
        delivered += received(platform, actor.compose("A", case, CLOCK))[1:]
    acknowledged(platform, delivered[::-1])
    own = [x for x in platform.exchanges if x.flow == "C"]
    assert [broken(x) for x in own] == [set(), set()]
    for exchange in own:
        named = exchange.answer.message.first("MSA-2")
        assert named == exchange.request.message.first("MSH-10")


def test_a_late_answer_goes_to_its_own_message_not_to_the_one_that_waits(
    waiting: tuple[Simulation, Deliver], two: list[tuple[Case, Actor]]
) -> None:
    platform, late = waiting
    assert platform.deadline is not None
    platform.handle(Tick(), platform.deadline)
    (_, (case, actor)) = two
    (_, second) = received(platform, actor.compose("A", case, CLOCK))
    acknowledged(platform, [late])
    own = [x for x in platform.exchanges if x.flow == "C"]
    assert "ACK-LATE" in broken(own[0])
    assert (own[1].answer, own[1].accepted) == (None, False)
    acknowledged(platform, [second])
    own = [x for x in platform.exchanges if x.flow == "C"]
    assert own[1].accepted
    assert broken(own[1]) == set()


def test_the_right_answer_counts_though_a_wrong_one_came_first(
    waiting: tuple[Simulation, Deliver],
) -> None:
    platform, message = waiting
    (asked,) = sent([message])
    raw = messages.acknowledgement(asked, CLOCK, "P-1", "AA")
    wrong = Message(raw).with_value("MSA-2", "ELSE").raw
    platform.handle(Answered("platform", "o-1", wrong), 0.1)
    platform.handle(Answered("platform", "o-1", raw), 0.2)
    assert platform.exchanges[1].accepted
    assert broken(platform.exchanges[1]) == {"ACK-STRAY"}


def test_a_wrong_answer_alone_is_taken_and_fails(waiting: tuple[Simulation, Deliver]) -> None:
    platform, message = waiting
    (asked,) = sent([message])
    raw = messages.acknowledgement(asked, CLOCK, "P-1", "AA")
    wrong = Message(raw).with_value("MSA-2", "ELSE").raw
    platform.handle(Answered("platform", "o-1", wrong), 0.1)
    assert platform.deadline is not None
    platform.handle(Tick(), platform.deadline)
    assert not platform.exchanges[1].accepted
    assert "ACK-MSA-2" in broken(platform.exchanges[1])


def test_an_answer_to_nothing_is_kept(platform: Simulation, journal: list[Record]) -> None:
    raw = b"MSH|^~\\&|A|B|C|D|20260203||ACK|9|T|2.5\rMSA|AA|ELSE\r"
    assert platform.handle(Answered("platform", "o-1", raw), 0.0) == []
    assert journal[0].data == raw
    assert platform.exchanges == []


def test_an_acknowledgement_that_comes_as_a_message_is_told_and_not_acknowledged(
    platform: Simulation, two: list[tuple[Case, Actor]], journal: list[Record]
) -> None:
    ((case, actor), _) = two
    raw = b"MSH|^~\\&|A|B|C|D|20260203||ACK^O01^ACK|9|T|2.5.1\rMSA|AA|ELSE\r"
    assert platform.handle(Received("platform", "c-1", raw), 0.0) == []
    assert (journal[0].kind, journal[0].data) == ("ack", raw)
    received(platform, actor.compose("A", case, CLOCK))
    assert "ACK-STRAY" in broken(platform.exchanges[0])


def test_junk_is_in_the_journal_and_told_with_the_next_message(
    platform: Simulation, two: list[tuple[Case, Actor]], journal: list[Record]
) -> None:
    ((case, actor), _) = two
    assert platform.handle(Strayed("platform", "c-1", "junk", b"GET /", 5), 0.0) == []
    received(platform, actor.compose("A", case, CLOCK))
    assert (journal[0].kind, journal[0].data) == ("junk", b"GET /")
    assert platform.exchanges[0].wire == ("junk: 5 bytes",)


def test_the_end_of_the_session_ends_it(platform: Simulation) -> None:
    platform.interrupt()
    assert platform.done


# -- documents that live ----------------------------------------------------------------------


class Reporting:
    """A real platform: after A and D it sends what it likes to a simulated RIS, about one order."""

    def __init__(self, setting: Setting) -> None:
        self.ris = Simulation("ris", setting, talks=False)
        self.case = cases.make_case("mr-brain", 41, CLOCK)
        self.talk = Conversation(self.case)
        self.actor = Actor("platform", setting.profile, self.case)

    def report(self, *edits: Edit, **form: object) -> Message:
        """Send a report; the answer."""
        message = self.actor.compose_in(self.talk, "E", CLOCK, Form(**form))  # type: ignore[arg-type]
        (reply,) = received(self.ris, edit.apply(message, edits))
        return sent([reply])[0]

    def broken(self) -> list[set[str]]:
        """What was broken, but for the A and D that this RIS never sent."""
        return [broken(x) - {"X-AFTER-A", "X-AFTER-D"} for x in self.ris.exchanges]


@pytest.fixture
def reporting(setting: Setting) -> Reporting:
    return Reporting(setting)


def test_replacement_and_deletion_belong_to_the_conversation_of_their_document(
    reporting: Reporting,
) -> None:
    for action in ("initial", "replace", "delete"):
        assert reporting.report(action=action).first("MSA-1") == "AA"
    assert reporting.broken() == [set(), set(), set()]
    (talk,) = reporting.ris.actor.conversations.values()
    (version,) = talk.documents.values()
    assert (version.action, version.identity.version) == ("delete", 2)
    assert version.identity.set_id == reporting.case.report_document.set_id


def test_an_order_number_left_out_is_found_by_the_document(reporting: Reporting) -> None:
    """ORC-2 and OBR-2 are not required of a transmission: the set of versions tells."""
    reporting.report()
    without = (Edit("remove", "ORC-2"), Edit("remove", "OBR-2"))
    for action in ("replace", "delete"):
        reporting.report(*without, action=action)
    assert list(reporting.ris.actor.conversations) == [reporting.case.order.placer_number.value]
    assert not any("TC-REPLACE-SENT" in found for found in reporting.broken())


def test_the_order_of_the_document_counts_when_the_message_has_none(reporting: Reporting) -> None:
    reporting.report(Edit("remove", "ORC-2"), Edit("remove", "OBR-2"))
    assert list(reporting.ris.actor.conversations) == [reporting.case.order.placer_number.value]


def test_two_reports_of_one_order_are_told_apart(reporting: Reporting) -> None:
    for form in ({}, {"name": "second"}, {"name": "second", "action": "replace"}):
        assert reporting.report(**form).first("MSA-1") == "AA"
    (talk,) = reporting.ris.actor.conversations.values()
    numbers = [version.identity.version for version in talk.documents.values()]
    assert numbers == [1, 2]
    assert reporting.broken() == [set()] * 3


def test_a_replacement_of_what_was_never_seen_is_reported_and_answered(
    reporting: Reporting,
) -> None:
    answer = reporting.report(action="replace")
    assert answer.first("MSA-2")
    assert reporting.broken() == [{"TC-REPLACE-SENT"}]
