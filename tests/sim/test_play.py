from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from memory import Wire, broken, event_of, findings, report_of, sent

from harness.rules import profile as profiles
from harness.rules import profile_file
from harness.rules.rule import Verdict
from harness.sim import scenario
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.events import (
    Action,
    Answered,
    Closed,
    Deliver,
    Event,
    Received,
    Reply,
    Strayed,
    Tick,
    Unreachable,
)
from harness.sim.generate import messages
from harness.sim.generate.messages import Refusal
from harness.sim.play import DOUBT, Play, Setting, cases_of
from harness.sim.scenario import Scenario
from harness.wire.er7 import Message
from harness.wire.mllp import Framer, frame
from harness.wire.transcript import Record

ELSEWHERE = ("tlr-neg-", "tlr-state-")  # played by test_negatives.py and test_transitions.py
SHIPPED = [
    found
    for profile in profile_file.available()
    for found, _ in scenario.find([], profile)
    if not found.scenario.startswith(ELSEWHERE)
]


def make(*steps: dict[str, object]) -> Scenario:
    words = {"fr": "Essai", "en": "Test"}
    return Scenario.model_validate({"scenario": "test", "title": words, "steps": steps})


@pytest.fixture
def as_ris(setting: Setting) -> Callable[..., Play]:
    """A play in which we are the RIS, and the test is the platform."""
    return lambda *steps: Play(make(*steps), replace(setting, simulated=frozenset({"ris"})))


@pytest.fixture
def as_platform(setting: Setting) -> Callable[..., Play]:
    """A play in which we are the platform, and the test is the RIS."""
    return lambda *steps: Play(make(*steps), replace(setting, simulated=frozenset({"platform"})))


@pytest.fixture
def ris(setting: Setting) -> Actor:
    return Actor("ris", setting.profile, setting.case)


def answer_to(
    action: Action, setting: Setting, code: str = "AA", refusals: tuple[Refusal, ...] = ()
) -> Answered:
    (message,) = sent([action])
    raw = messages.acknowledgement(message, setting.wall(), "P-1", code, refusals)
    return Answered("ris", "ris-1", raw)


def message_of(actor: Actor, flow: str, case: Case, setting: Setting) -> Received:
    return Received("platform", "platform-1", actor.compose(flow, case, setting.wall()).raw)


# -- against itself ---------------------------------------------------------------------------


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.scenario)
def test_a_shipped_scenario_passes_against_itself(shipped: Scenario, setting: Setting) -> None:
    several = cases_of(shipped, 3, setting.wall())
    profile = profiles.load(shipped.profile)
    setting = replace(setting, profile=profile, cases=several)
    play = Play(shipped, setting)
    Wire({"ris": play, "platform": play}).run()
    assert play.done
    expected = {rule for step in shipped.steps for rule in step.expect.findings}
    assert {
        placed.finding.rule.id for placed in findings(setting.profile, play.exchanges)
    } <= expected
    reported = any(step.expect.findings for step in shipped.steps if not step.deliberate)
    wanted = {Verdict.WARNING} if reported else {Verdict.PASS}
    assert {report_of(setting.profile, play.exchanges).verdict} == wanted
    assert len(play.exchanges) == len(shipped.steps)
    for step, exchange in zip(shipped.steps, play.exchanges, strict=True):
        assert exchange.flow == profile.flow(step.send).id
        assert exchange.state == ("not_run" if step.outside else "done")


def test_a_scenario_says_that_the_receiver_is_a_pfi(setting: Setting) -> None:
    """An imaging request is not for one: reported there, and nowhere else."""
    plain = make({"send": "A"}, {"send": "B"})
    found = []
    for one in (plain, plain.model_copy(update={"towards": "pfi"})):
        play = Play(one, setting)
        Wire({"ris": play, "platform": play}).run()
        found.append(broken(play.exchanges[1]))
    assert found == [set(), {"TC-PFI-REQUEST"}]


def test_the_same_seed_and_clock_put_the_same_bytes_on_the_wire(setting: Setting) -> None:
    carried = []
    ((nominal, _),) = scenario.find(["lb-nominal-ct-brain"], setting.profile.id)
    for _ in range(2):
        play = Play(nominal, setting)
        wire = Wire({"ris": play, "platform": play})
        wire.run()
        carried.append(wire.carried)
    assert carried[0] == carried[1]
    assert len(carried[0]) == 2 * len(nominal.steps)


def test_a_scenario_that_expects_too_much_of_itself_fails(setting: Setting) -> None:
    """The judge of expectations is alive."""
    play = Play(make({"send": "A", "expect": {"findings": ("INS-F03",)}}), setting)
    Wire({"ris": play, "platform": play}).run()
    assert broken(play.exchanges[0]) == {"STEP-EXPECT"}


# -- we send ----------------------------------------------------------------------------------


def test_an_answer_ends_a_step_and_begins_the_next(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"}, {"send": "D"})
    (first,) = play.start(0.0)
    (second,) = play.handle(answer_to(first, setting), 0.25)
    assert isinstance(second, Deliver)
    assert sent([second])[0].first("ORC-5") == "CM"
    assert play.handle(answer_to(second, setting), 1.0) == []
    assert play.done
    assert play.deadline is None
    assert [(x.flow, x.state, x.verdict, x.seconds) for x in play.exchanges] == [
        ("A", "done", Verdict.PASS, 0.25),
        ("D", "done", Verdict.PASS, 0.75),
    ]


def test_a_tick_before_the_deadline_changes_nothing(as_ris: Callable[..., Play]) -> None:
    play = as_ris({"send": "A"})
    play.start(100.0)
    assert play.deadline == 110.0
    assert play.handle(Tick(), 109.9) == []
    assert not play.done


def test_no_answer_in_time_fails_and_stops(as_ris: Callable[..., Play]) -> None:
    play = as_ris({"send": "A"}, {"send": "D"})
    play.start(100.0)
    assert play.handle(Tick(), 110.0) == []
    assert not play.done  # it may come late
    assert play.handle(Tick(), play.deadline) == []
    assert play.done
    assert [x.state for x in play.exchanges] == ["no_answer", "not_run"]
    assert play.exchanges[0].verdict is Verdict.FAIL
    assert broken(play.exchanges[0]) == {"ACK-NONE"}
    assert "A" in play.exchanges[1].reason.en


def test_no_answer_to_an_optional_step_does_not_stop(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"}, {"send": "B", "optional": True}, {"send": "D"})
    (first,) = play.start(0.0)
    play.handle(answer_to(first, setting), 0.1)
    play.handle(Tick(), play.deadline)
    (third,) = play.handle(Tick(), play.deadline)
    play.handle(answer_to(third, setting), 21.0)
    assert [x.state for x in play.exchanges] == ["done", "no_answer", "done"]


def test_an_answer_too_late_is_kept_with_its_message(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"}, {"send": "B", "optional": True}, {"send": "D"})
    (first,) = play.start(0.0)
    (second,) = play.handle(answer_to(first, setting), 0.1)
    play.handle(Tick(), play.deadline)
    (third,) = play.handle(Tick(), play.deadline)
    assert play.handle(answer_to(second, setting), 21.0) == []
    assert not play.done
    late = play.exchanges[1]
    assert late.answer.message.first("MSA-1") == "AA"
    assert broken(late) == {"ACK-NONE", "ACK-LATE"}
    play.handle(answer_to(third, setting), 22.0)
    assert play.exchanges[2].verdict is Verdict.PASS


def test_an_answer_that_is_late_but_comes_is_a_warning_and_the_play_goes_on(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"}, {"send": "D"})
    (first,) = play.start(0.0)
    play.handle(Tick(), play.deadline)
    (second,) = play.handle(answer_to(first, setting), 11.0)
    assert (play.exchanges[0].state, broken(play.exchanges[0])) == ("done", {"ACK-LATE"})
    assert play.exchanges[0].verdict is Verdict.WARNING
    play.handle(answer_to(second, setting), 11.1)
    assert play.exchanges[1].verdict is Verdict.PASS


def test_a_second_answer_is_one_too_many(
    as_ris: Callable[..., Play], setting: Setting, journal: list[Record]
) -> None:
    play = as_ris({"send": "A"})
    (first,) = play.start(0.0)
    play.handle(answer_to(first, setting), 0.1)
    play.handle(answer_to(first, setting, "AE"), 0.2)
    assert [broken(x) for x in play.exchanges] == [{"ACK-STRAY"}]
    assert [r.kind for r in journal] == ["message", "ack", "ack"]


def test_an_answer_that_names_another_message_is_taken_and_fails(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"})
    (first,) = play.start(0.0)
    answer = Message(answer_to(first, setting).data).with_value("MSA-2", "AUTRE")
    play.handle(Answered("ris", "ris-1", answer.raw), 0.1)
    assert not play.done
    assert play.deadline == 0.1 + DOUBT
    play.handle(Tick(), play.deadline)
    assert broken(play.exchanges[0]) == {"ACK-MSA-2"}
    assert not play.exchanges[0].accepted


def test_the_right_answer_counts_though_one_to_another_message_came_first(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"})
    (first,) = play.start(0.0)
    right = answer_to(first, setting)
    wrong = Message(right.data).with_value("MSA-2", "AUTRE")
    play.handle(Answered("ris", "ris-1", wrong.raw), 0.1)
    play.handle(right, 0.2)
    assert play.done
    assert broken(play.exchanges[0]) == {"ACK-STRAY"}
    assert play.exchanges[0].accepted


def test_a_connection_closed_after_a_wrong_answer_leaves_that_one(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"})
    (first,) = play.start(0.0)
    wrong = Message(answer_to(first, setting).data).with_value("MSA-2", "AUTRE")
    play.handle(Answered("ris", "ris-1", wrong.raw), 0.1)
    play.handle(Closed("ris", "ris-1", opened=True), 0.2)
    assert broken(play.exchanges[0]) == {"ACK-MSA-2"}


@pytest.mark.parametrize("code", ["AE", "AR"])
def test_a_refusal_fails_and_stops(
    as_ris: Callable[..., Play], setting: Setting, code: str
) -> None:
    play = as_ris({"send": "A"}, {"send": "D"})
    (first,) = play.start(0.0)
    play.handle(answer_to(first, setting, code, (Refusal("PID-3", "101", "PID-3 ?"),)), 0.1)
    assert "STEP-ACK" in broken(play.exchanges[0])
    assert [x.state for x in play.exchanges] == ["done", "not_run"]
    step = next(o for o in play.exchanges[0].step_outcomes if o.rule.id == "STEP-ACK")
    assert "PID-3 ?" in step.findings[0].problem.actual.en


@pytest.mark.parametrize(
    ("place", "expected"),
    [("PID-3", set()), ("PID-3[1].1", set()), ("PID-5", {"STEP-ERR"}), ("ORC", {"STEP-ERR"})],
)
def test_a_wanted_refusal_must_point_at_the_field(
    as_ris: Callable[..., Play], setting: Setting, place: str, expected: set[str]
) -> None:
    mutate = {"set": "PID-3[5=INS].1", "to": "279035121518988"}
    play = as_ris({"send": "A", "mutate": [mutate], "ack": {"code": ["AE"], "err": "PID-3"}})
    (first,) = play.start(0.0)
    play.handle(answer_to(first, setting, "AE", (Refusal(place, "102", "?"),)), 0.1)
    (exchange,) = play.exchanges
    assert {o.rule.id for o in exchange.step_outcomes if o.verdict > Verdict.PASS} == expected
    assert (exchange.verdict is Verdict.PASS) is not bool(expected)


def test_a_refusal_without_a_place_is_reported(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris(
        {"send": "A", "mutate": [{"remove": "PID"}], "ack": {"code": ["AE"], "err": "PID"}}
    )
    (first,) = play.start(0.0)
    play.handle(answer_to(first, setting, "AE", (Refusal("", "100", "?"),)), 0.1)
    assert play.exchanges[0].verdict is Verdict.WARNING
    assert "STEP-ERR-2" in broken(play.exchanges[0])


def test_a_mistake_that_is_accepted_fails(as_ris: Callable[..., Play], setting: Setting) -> None:
    play = as_ris({"send": "A", "mutate": [{"remove": "PID"}], "ack": {"code": ["AE"]}})
    (first,) = play.start(0.0)
    assert sent([first])[0].named("PID") == []
    play.handle(answer_to(first, setting), 0.1)
    assert play.exchanges[0].verdict is Verdict.FAIL
    listed = {placed.finding.rule.id for placed in findings(setting.profile, play.exchanges)}
    assert listed == {"STEP-ACK"}


def test_a_peer_that_cannot_be_reached_is_no_failure_of_its_own(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"}, {"send": "D"})
    play.start(0.0)
    assert play.handle(Unreachable("ris", "10.0.0.1:2575 refused"), 0.1) == []
    assert play.done
    assert [x.state for x in play.exchanges] == ["failed", "not_run"]
    assert play.exchanges[0].verdict is Verdict.INCONCLUSIVE
    assert report_of(setting.profile, play.exchanges).verdict is Verdict.INCONCLUSIVE


def test_a_connection_closed_before_the_answer_is_no_answer(as_ris: Callable[..., Play]) -> None:
    play = as_ris({"send": "A"})
    play.start(0.0)
    play.handle(Closed("ris", "ris-1", opened=True), 0.1)
    assert play.done
    assert play.exchanges[0].state == "no_answer"
    assert broken(play.exchanges[0]) == {"ACK-NONE"}


@pytest.mark.parametrize(
    "event",
    [
        Closed("ris", "ris-1", opened=False),
        Closed("platform", "platform-1", opened=True),
        Unreachable("platform", "?"),
    ],
)
def test_what_happens_elsewhere_does_not_end_a_step(
    as_ris: Callable[..., Play], setting: Setting, event: Event
) -> None:
    play = as_ris({"send": "A"})
    (first,) = play.start(0.0)
    assert play.handle(event, 0.1) == []
    play.handle(answer_to(first, setting), 0.2)
    assert play.exchanges[0].verdict is Verdict.PASS


def test_an_answer_may_overtake_the_judging_of_its_message(setting: Setting) -> None:
    """We play both sides: the answer is there before the receiver's side has judged."""
    play = Play(make({"send": "A"}), setting)
    (first,) = play.start(0.0)
    play.handle(answer_to(first, setting), 0.1)
    (exchange,) = play.exchanges
    assert exchange.request.message.raw == sent([first])[0].raw
    assert exchange.verdict is Verdict.PASS


# -- they send --------------------------------------------------------------------------------


def test_a_message_is_answered_and_ends_its_step(
    as_platform: Callable[..., Play], ris: Actor, setting: Setting
) -> None:
    play = as_platform({"send": "A"})
    assert play.start(0.0) == []
    (reply,) = play.handle(message_of(ris, "A", setting.case, setting), 5.0)
    assert isinstance(reply, Reply)
    assert reply.connection == "platform-1"
    assert sent([reply])[0].first("MSA-1") == "AA"
    assert play.done
    assert play.exchanges[0].verdict is Verdict.PASS


def test_the_answer_leaves_before_our_own_message(
    as_platform: Callable[..., Play], ris: Actor, setting: Setting
) -> None:
    play = as_platform({"send": "A"}, {"send": "C"})
    play.start(0.0)
    reply, ours = play.handle(message_of(ris, "A", setting.case, setting), 5.0)
    assert isinstance(reply, Reply)
    assert isinstance(ours, Deliver)


def test_a_message_is_in_the_journal_before_it_is_answered(
    as_platform: Callable[..., Play], ris: Actor, setting: Setting, journal: list[Record]
) -> None:
    play = as_platform({"send": "A"})
    play.start(0.0)
    received = message_of(ris, "A", setting.case, setting)
    (reply,) = play.handle(received, 5.0)
    assert [(r.kind, r.direction) for r in journal] == [("message", "in"), ("ack", "out")]
    assert journal[0].data == received.data
    assert frame(journal[1].data) == reply.data


def test_what_cannot_be_recorded_is_not_answered(
    as_platform: Callable[..., Play], ris: Actor, setting: Setting
) -> None:
    def full(record: Record) -> None:
        raise OSError("no space left on device")

    play = as_platform({"send": "A"})
    play.start(0.0)
    play.setting = replace(setting, note=full)
    with pytest.raises(OSError, match="no space"):
        play.handle(message_of(ris, "A", setting.case, setting), 5.0)
    assert play.exchanges == []


def test_no_message_in_time_says_nothing_of_the_peer(as_platform: Callable[..., Play]) -> None:
    play = as_platform({"send": "A", "within": 4}, {"send": "C"})
    play.start(1.0)
    assert play.deadline == 5.0
    play.handle(Tick(), 5.0)
    assert play.done
    assert [x.state for x in play.exchanges] == ["failed", "not_run"]
    assert play.exchanges[0].verdict is Verdict.INCONCLUSIVE


def test_an_optional_message_may_be_missing(
    as_platform: Callable[..., Play], ris: Actor, setting: Setting
) -> None:
    play = as_platform({"send": "B", "optional": True}, {"send": "A"})
    play.start(0.0)
    play.handle(Tick(), play.deadline)
    play.handle(message_of(ris, "A", setting.case, setting), 31.0)
    assert [x.state for x in play.exchanges] == ["not_run", "done"]
    assert play.exchanges[0].reason


def test_a_wait_is_told(setting: Setting) -> None:
    told: list[tuple[str, str, float]] = []
    changed = replace(
        setting, simulated=frozenset({"platform"}), waits=lambda *wait: told.append(wait)
    )
    Play(make({"send": "A", "within": 7}), changed).start(0.0)
    assert told == [("A", "ris", 7.0)]


def test_a_wrong_message_is_refused_with_its_place(
    as_platform: Callable[..., Play], ris: Actor, setting: Setting
) -> None:
    play = as_platform({"send": "A"}, {"send": "C"})
    play.start(0.0)
    bad = ris.compose("A", setting.case, setting.wall()).without("PID")
    (reply,) = play.handle(Received("platform", "platform-1", bad.raw), 1.0)
    assert sent([reply])[0].first("MSA-1") == "AE"
    assert sent([reply])[0].node("ERR-2").value.startswith("PID")
    assert play.exchanges[0].verdict is Verdict.FAIL
    assert play.exchanges[1].state == "not_run"


def test_a_message_that_no_step_waits_for_is_answered_and_kept(
    as_ris: Callable[..., Play], setting: Setting, journal: list[Record]
) -> None:
    play = as_ris({"send": "A"})
    (first,) = play.start(0.0)
    early = Actor("platform", setting.profile, setting.case).compose(
        "C", setting.case, setting.wall()
    )
    (reply,) = play.handle(Received("ris", "ris-9", early.raw), 0.1)
    assert isinstance(reply, Reply)
    assert reply.connection == "ris-9"
    assert sent([reply])[0].first("MSA-2") == early.first("MSH-10")
    assert early.raw in [record.data for record in journal]
    play.handle(answer_to(first, setting), 0.2)
    assert [x.verdict for x in play.exchanges] == [Verdict.PASS]


def test_an_acknowledgement_that_comes_as_a_message_is_not_acknowledged(
    as_platform: Callable[..., Play], setting: Setting, ris: Actor, journal: list[Record]
) -> None:
    play = as_platform({"send": "A"})
    play.start(0.0)
    raw = b"MSH|^~\\&|A|B|C|D|20260203||ACK^O01^ACK|9|T|2.5.1\rMSA|AA|ELSE\r"
    assert play.handle(Received("platform", "platform-1", raw), 0.1) == []
    assert (journal[-1].kind, journal[-1].data) == ("ack", raw)
    play.handle(message_of(ris, "A", setting.case, setting), 0.2)
    assert "ACK-STRAY" in broken(play.exchanges[0])


def test_a_message_that_comes_twice_is_answered_twice(
    as_platform: Callable[..., Play], ris: Actor, setting: Setting
) -> None:
    play = as_platform({"send": "A"}, {"send": "D"})
    play.start(0.0)
    received = message_of(ris, "A", setting.case, setting)
    play.handle(received, 0.1)
    play.handle(message_of(ris, "D", setting.case, setting), 0.2)
    (reply,) = play.handle(received, 0.3)
    assert sent([reply])[0].first("MSA-2") == Message(received.data).first("MSH-10")
    assert [x.flow for x in play.exchanges] == ["A", "D", "A"]
    assert broken(play.exchanges[2]) == {"STEP-AGAIN"}
    assert play.exchanges[2].verdict is Verdict.WARNING


# -- bytes that are no message ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "rule", "kind"),
    [
        (b"\n\x0b", "MLLP-JUNK", "junk"),
        (b"GET / HTTP/1.1\x0b", "MLLP-BLOCK", "junk"),
        (b"MSH|^\x1c\r", "MLLP-BLOCK", "junk"),
        (b"\x0bMSH|^~\\&|half", "MLLP-BLOCK", "unfinished"),
        (b"\x0b" + b"x" * 101 + b"\x1c\r", "MLLP-SIZE", "oversize"),
    ],
)
def test_junk_is_a_finding_and_the_step_goes_on(
    as_platform: Callable[..., Play],
    ris: Actor,
    setting: Setting,
    journal: list[Record],
    stream: bytes,
    rule: str,
    kind: str,
) -> None:
    play = as_platform({"send": "A"})
    play.start(0.0)
    for event in strayed(stream):
        assert play.handle(event, 0.1) == []
    play.handle(message_of(ris, "A", setting.case, setting), 0.2)
    (exchange,) = play.exchanges
    assert exchange.state == "done"
    assert rule in broken(exchange)
    assert findings(setting.profile, play.exchanges)[0].finding.rule.id == rule
    assert journal[0].kind == kind
    assert stream.strip(b"\x0b").startswith(journal[0].data.rstrip(b"\x1c\r")[:8])


def strayed(stream: bytes) -> Iterator[Strayed]:
    framer = Framer(limit=100)
    framer.receive(stream)
    framer.close()
    for found in framer.events():
        event = event_of(found, "platform", "platform-1", opened=False)
        if isinstance(event, Strayed) and event.size:
            yield event


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"MSH", b"MSA|AA|1\r", b"PID|||\r\rZZZ"])
def test_any_bytes_in_a_block_are_answered(as_platform: Callable[..., Play], data: bytes) -> None:
    play = as_platform({"send": "A"})
    play.start(0.0)
    (reply,) = play.handle(Received("platform", "platform-1", data), 0.1)
    assert sent([reply])[0].first("MSA-1") in ("AE", "AR")
    assert play.exchanges[0].verdict is Verdict.FAIL


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"MSH", b"MSH|^~\\&|\rMSA|\r"])
def test_any_bytes_as_an_answer_are_judged(as_ris: Callable[..., Play], data: bytes) -> None:
    play = as_ris({"send": "A"})
    play.start(0.0)
    play.handle(Answered("ris", "ris-1", data), 0.1)
    play.handle(Tick(), 0.1 + DOUBT)
    assert play.done
    assert play.exchanges[0].verdict is Verdict.FAIL


def test_events_after_the_end_do_nothing(as_ris: Callable[..., Play], setting: Setting) -> None:
    play = as_ris({"send": "A"})
    (first,) = play.start(0.0)
    play.handle(answer_to(first, setting), 0.1)
    for event in (
        Tick(),
        Closed("ris", "ris-1", opened=True),
        Unreachable("ris", "?"),
        Strayed("ris", "ris-1", "junk", b"x", 1),
    ):
        assert play.handle(event, 1e6) == []
    assert [x.verdict for x in play.exchanges] == [Verdict.PASS]


# -- the end ----------------------------------------------------------------------------------


def test_an_interruption_notes_what_was_not_run(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"}, {"send": "D"}, {"send": "E"})
    (first,) = play.start(0.0)
    play.handle(answer_to(first, setting), 0.1)
    play.interrupt()
    assert play.done
    assert play.deadline is None
    assert [(x.flow, x.state) for x in play.exchanges] == [
        ("A", "done"),
        ("D", "not_run"),
        ("E", "not_run"),
    ]
    assert [x.number for x in play.exchanges] == [1, 2, 3]
    assert {x.reason.en for x in play.exchanges[1:]} == {"run interrupted"}


def test_an_interruption_before_the_start_notes_everything(as_ris: Callable[..., Play]) -> None:
    play = as_ris({"send": "A"}, {"send": "D"})
    play.interrupt()
    assert play.done
    assert [x.state for x in play.exchanges] == ["not_run", "not_run"]
    assert all(x.reason for x in play.exchanges)


def test_an_interruption_after_the_end_changes_nothing(
    as_ris: Callable[..., Play], setting: Setting
) -> None:
    play = as_ris({"send": "A"})
    (first,) = play.start(0.0)
    play.handle(answer_to(first, setting), 0.1)
    before = list(play.exchanges)
    play.interrupt()
    assert play.exchanges == before


def test_every_exchange_is_told_once(setting: Setting) -> None:
    told = []
    ((nominal, _),) = scenario.find(["lb-nominal-ct-brain"], setting.profile.id)
    play = Play(nominal, replace(setting, told=told.append, first_number=11))
    Wire({"ris": play, "platform": play}).run()
    assert told == play.exchanges
    assert [x.number for x in told] == [11, 12, 13, 14, 15]
    assert told[0].request.file == "messages/0011-A.er7"
