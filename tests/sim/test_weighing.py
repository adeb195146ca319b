"""Judging in another process: the same outcomes, the same answers, whatever comes meanwhile."""

import pickle
from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest
from memory import broken, sent

from harness.rules.profile import Profile
from harness.rules.rule import Seen, Verdict
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.events import (
    Answered,
    Deliver,
    Hold,
    Received,
    Release,
    Reply,
    Tick,
    Weigh,
    Weighed,
)
from harness.sim.generate import cases, messages
from harness.sim.kept import Kept
from harness.sim.network.lineup import LARGE, Lineup
from harness.sim.play import Setting
from harness.sim.record import Exchange
from harness.sim.repeats import Given, Repeats
from harness.sim.simulation import Simulation
from harness.sim.weighing import MANY, Followed, Reader, Weigher
from harness.wire.er7 import Message


@pytest.fixture
def weigher(profile: Profile) -> Weigher:
    return Weigher(profile)


@pytest.fixture
def ris(profile: Profile, case: Case) -> Actor:
    return Actor("ris", profile, case)


def simulation(setting: Setting, **more: object) -> Simulation:
    return Simulation("platform", setting, talks=True, **more)  # type: ignore[arg-type]


def came(machine: Simulation, message: Message, connection: str = "c") -> list:
    return machine.handle(Received("platform", connection, message.raw), 0.0)


def weighed(machine: Simulation, weigher: Weigher, action: Weigh) -> list:
    result = weigher.weigh(pickle.loads(pickle.dumps(action.task)))
    return machine.handle(Weighed("platform", action.ticket, result), 1.0)


def told(exchange: Exchange) -> list[tuple]:
    """What judging the message of an exchange gave, place by place."""
    assert exchange.request
    return [
        (o.rule.id, o.verdict, o.reason, [(f.problem, f.verdict) for f in o.findings])
        for o in exchange.request.outcomes
    ]


@pytest.mark.parametrize("spoilt", [False, True], ids=["right", "wrong"])
def test_the_outcomes_are_those_of_judging_at_once(
    setting: Setting, weigher: Weigher, case: Case, clock: datetime, spoilt: bool
) -> None:
    found = []
    for beside in (False, True):
        ris = Actor("ris", setting.profile, case)
        machine = simulation(replace(setting, repeats=Repeats()), beside=beside)
        came(machine, ris.compose("A", case, clock))
        b = ris.compose("B", case, clock)
        if spoilt:
            b = b.with_value("PID-5", "").with_value("MSH-10", "RIS-7-000001")  # that of A
        actions = came(machine, b)
        if beside:
            (wanted,) = actions
            assert isinstance(wanted, Weigh)
            actions = weighed(machine, weigher, wanted)
        found.append((told(machine.exchanges[-1]), sent(actions)[0].first("MSA-1")))
    assert found[0] == found[1]
    assert (Verdict.FAIL in {row[1] for row in found[0][0]}) == spoilt


def test_a_request_is_answered_while_a_document_is_weighed(
    setting: Setting, ris: Actor, case: Case, clock: datetime, weigher: Weigher
) -> None:
    machine = simulation(setting, beside=True)
    (wanted,) = came(machine, ris.compose("B", case, clock))
    other = cases.make_case("dx-knee", 99, clock)
    actions = came(machine, ris.compose("A", other, clock), "d")
    assert [type(action) for action in actions] == [Reply, Deliver]
    (reply,) = weighed(machine, weigher, wanted)
    assert isinstance(reply, Reply)
    assert reply.connection == "c"
    assert [x.number for x in machine.exchanges] == [1, 2, 3]
    assert [x.flow for x in machine.exchanges] == ["B", "A", "C"]


def test_what_its_conversation_says_meanwhile_waits(
    setting: Setting, ris: Actor, case: Case, clock: datetime, weigher: Weigher
) -> None:
    machine = simulation(setting, beside=True)
    b = ris.compose("B", case, clock)
    (wanted,) = came(machine, b)
    assert came(machine, ris.compose("A", case, clock), "d") == [Hold("platform", "d")]
    assert came(machine, b, "e") == [Hold("platform", "e")]  # sent again over another connection
    actions = weighed(machine, weigher, wanted)
    freed = [action.connection for action in actions if isinstance(action, Release)]
    assert freed == ["d", "e"]
    assert actions[-1] == Release("platform", "e")  # when its answer is there
    replies = [action for action in actions if isinstance(action, Reply)]
    assert [reply.connection for reply in replies] == ["c", "d", "e"]
    assert replies[0].data == replies[2].data
    assert [x.flow for x in machine.exchanges] == ["B", "A", "C"]
    assert [broken(x) for x in machine.exchanges] == [{"X-AFTER-A"}, set(), set()]


def test_our_document_leaves_before_it_is_weighed(
    setting: Setting, ris: Actor, case: Case, clock: datetime, weigher: Weigher
) -> None:
    machine = simulation(setting, beside=True)
    came(machine, ris.compose("A", case, clock))
    reply, deliver, wanted = came(machine, ris.compose("D", case, clock))
    assert isinstance(reply, Reply)
    assert isinstance(deliver, Deliver)
    assert isinstance(wanted, Weigh)
    (e,) = sent([deliver])
    raw = messages.acknowledgement(e, clock, "P-1", "AA")
    assert machine.handle(Answered("platform", "p", raw), 0.25) == []
    assert machine.exchanges[-1].state == "no_answer"
    assert weighed(machine, weigher, wanted) == []
    last = machine.exchanges[-1]
    assert (last.flow, last.state, last.seconds) == ("E", "done", 0.25)
    assert last.request
    assert last.request.verdict > Verdict.NOT_TESTED


def test_our_document_may_be_given_up_while_it_is_weighed(
    setting: Setting, ris: Actor, case: Case, clock: datetime, weigher: Weigher
) -> None:
    heard: list[Exchange] = []
    machine = simulation(replace(setting, told=heard.append), beside=True)
    came(machine, ris.compose("A", case, clock))
    wanted = came(machine, ris.compose("D", case, clock))[-1]
    machine.handle(Tick(), 60.0)
    weighed(machine, weigher, wanted)
    assert "ACK-NONE" in broken(machine.exchanges[-1])
    assert heard[-1].request == machine.exchanges[-1].request


# -- the ledger on both sides ------------------------------------------------------------------


def test_what_changes_in_a_ledger_is_told_once() -> None:
    ledger, one, two = Followed(), Seen("A", "", 1), Seen("B", "", 2)
    ledger.setdefault(("n", "1"), one)
    ledger.setdefault(("n", "1"), two)
    assert ledger.changes() == (((("n", "1"), one),), False)
    assert ledger.changes() == ((), False)
    del ledger["n", "1"]
    assert ledger.changes() == (((("n", "1"), None),), False)


def test_a_ledger_keeps_the_latest() -> None:
    ledger = Followed()
    for number in range(20):
        ledger["n", str(number)] = Seen("A", "", number)
    ledger.keep(5)
    assert [key for _, key in ledger] == ["15", "16", "17", "18", "19"]


def test_changes_that_nobody_asks_for_do_not_pile_up() -> None:
    ledger = Followed()
    for number in range(5 * MANY):
        ledger["n", str(number)] = Seen("A", "", number)
        ledger.keep(10)
    changes, anew = ledger.changes()
    assert len(changes) <= MANY + 20
    assert anew
    known = {key: seen for key, seen in changes if seen}
    assert dict(ledger).items() <= known.items()


def test_a_ledger_that_is_told_anew_replaces_the_other_one(profile: Profile, case: Case) -> None:
    weigher = Weigher(profile, {("n", "old"): Seen("A", "", 1)})
    raw = Actor("ris", profile, case).compose("A", case, case.order.placed).raw
    from harness.sim.events import Task

    data = weigher.weigh(Task("A", raw, changes=((("n", "new"), Seen("A", "", 2)),), anew=True))
    assert set(weigher.ledger) == {("n", "new")}
    outcomes = Reader(profile).outcomes(data)
    assert {o.rule.id for o in outcomes} <= {rule.id for rule in profile.rules}


# -- in bounded memory -------------------------------------------------------------------------


def exchange(number: int, state: str = "done", *outcomes: object) -> Exchange:
    return Exchange(number, "s", "A", "ris", "platform", state, step_outcomes=outcomes)  # type: ignore[arg-type]


def test_the_latest_and_the_failed_are_kept(profile: Profile) -> None:
    from harness.sim.judging import Judge
    from harness.text import plain

    judge = Judge(profile)
    failure = judge.broken("ACK-NONE", plain("a"), plain("b"))
    kept, gone = Kept(10), list[Exchange]()
    kept.gone = gone.append
    for number in range(100):
        wrong = (failure,) if number % 10 == 3 else (judge.held("ACK-NONE"),)
        kept.put(exchange(number, "done", *wrong))
        assert len(kept) <= 10
    numbers = [x.number for x in kept.all()]
    assert numbers == [53, 63, 73, 83, 93, 95, 96, 97, 98, 99]
    assert kept.left_out == Counter({Verdict.PASS: 85, Verdict.FAIL: 5})
    assert len(gone) == 90
    assert kept.get(3) is None


def test_without_a_limit_all_are_kept() -> None:
    kept = Kept()
    for number in range(100):
        kept.put(exchange(number))
    assert len(kept.all()) == 100
    assert not kept.left_out


def test_a_long_session_forgets_what_is_long_over(setting: Setting, clock: datetime) -> None:
    repeats = Repeats(20)
    machine = simulation(replace(setting, repeats=repeats), most=10)
    for number in range(30):
        case = cases.make_case("ct-brain", 500 + number, clock)
        actor = Actor("ris", setting.profile, case)
        actions = came(machine, actor.compose("A", case, clock))
        for message in sent(actions[1:]):
            answer = messages.acknowledgement(message, clock, f"P-{number}", "AA")
            machine.handle(Answered("platform", "p", answer), 0.5)
    assert len(machine.exchanges) == 10
    assert sum(machine.kept.left_out.values()) == 50
    assert len(machine.actor.conversations) <= 6
    assert len(machine.judge.seen) <= 40
    assert [x.number for x in machine.exchanges] == list(range(51, 61))


def test_answers_of_long_ago_are_forgotten(profile: Profile, case: Case, clock: datetime) -> None:
    repeats = Repeats(2)
    found = [Actor("ris", profile, case, prefix=f"{n}-").compose("A", case, clock) for n in "abc"]
    for number, message in enumerate(found):
        repeats.keep(message, Given(None, number))
    assert repeats.find(found[0]) is None
    assert repeats.find(found[2]) == Given(None, 2)


def test_a_connection_that_is_held_keeps_its_place() -> None:
    lineup: Lineup[str] = Lineup()
    lineup.add("c", LARGE, "document")
    assert lineup.take()[2] == "document"
    lineup.hold("c")
    lineup.add("c", 100, "request")
    lineup.add("d", 100, "other")
    assert lineup.take()[2] == "other"
    assert not lineup
    lineup.release("c")
    assert lineup.take()[2] == "request"
    assert not lineup
