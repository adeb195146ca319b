"""Messages that their state forbids, sent on purpose: each is shown, told by its rule, refused."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from memory import Wire, broken, findings, report_of, sent

from harness.rules import profile as profiles
from harness.rules.checks.order_state import TOLD, state_of
from harness.rules.orders import orders
from harness.rules.profile import Profile
from harness.rules.rule import Subject, Verdict
from harness.sim import scenario
from harness.sim.actor import Actor
from harness.sim.events import Answered, Received
from harness.sim.generate import messages
from harness.sim.play import Play, Setting, cases_of
from harness.sim.record import Exchange
from harness.sim.scenario import Scenario, Step

GUIDE = "ans-tlr-2026"
SHOWN = [found for found, _ in scenario.find(["tlr-state"], GUIDE)]
EVENTS = {"1": "NW", "2": "CA", "4": "SR", "B": "request", "E": "report"}
Played = dict[str, list[Exchange]]


@pytest.fixture(scope="module")
def guide() -> Profile:
    return profiles.load(GUIDE)


def play_of(given: Scenario, setting: Setting, profile: Profile) -> Play:
    cases = cases_of(given, 3, setting.wall())
    return Play(given, replace(setting, profile=profile, case=next(iter(cases.values()))))


def run(given: Scenario, setting: Setting, profile: Profile) -> list[Exchange]:
    play = play_of(given, setting, profile)
    Wire({"ris": play, "platform": play}).run()
    return play.exchanges


def named(name: str) -> Scenario:
    return next(one for one in SHOWN if one.scenario == name)


def wrong_steps(given: Scenario, played: list[Exchange]) -> Iterator[tuple[Step, Exchange]]:
    return (pair for pair in zip(given.steps, played, strict=True) if pair[0].wrong)


def transitions(played: list[Exchange]) -> Iterator[tuple[str, str]]:
    """State and event of each message, as the messages before it have it."""
    earlier: tuple[Subject, ...] = ()
    for exchange in played:
        message = exchange.request.message
        event = EVENTS.get(exchange.flow) or message.first("ORC-1")
        subject = Subject(exchange.flow, message, earlier=earlier)
        yield state_of(subject, orders(message)[0].key), event
        if exchange.answer.message.first("MSA-1") == "AA":
            earlier = (*earlier, subject)


def test_every_transition_that_is_told_has_a_scenario(setting: Setting, guide: Profile) -> None:
    shown: dict[tuple[str, str], tuple[str, ...]] = {}
    for given in SHOWN:
        played = run(given, setting, guide)
        for step, pair in zip(given.steps, transitions(played), strict=True):
            if step.wrong:
                shown[pair] = step.expect.findings
    studies = {(state, "SR"): ("TLR-STATE-SR-STUDY",) for state in ("COMPLEMENTED", "REPORTED")}
    assert set(shown) == {*TOLD, *studies}
    assert {pair: shown[pair] for pair in studies} == studies
    rows = {rule.id for rule in guide.rules if rule.id.startswith("TLR-STATE-")}
    assert {rule for rules in shown.values() for rule in rules} == rows


@pytest.mark.parametrize("given", SHOWN, ids=lambda given: given.scenario)
def test_it_breaks_its_rule_alone_and_is_refused_where_it_is_forbidden(
    given: Scenario, setting: Setting, guide: Profile
) -> None:
    played = run(given, setting, guide)
    assert findings(guide, played) == []
    assert report_of(guide, played).verdict is Verdict.PASS
    for step, exchange in wrong_steps(given, played):
        told = [o for o in exchange.request.outcomes if o.verdict.needs_attention]
        assert tuple(o.rule.id for o in told) == step.expect.findings
        forbidden = told[0].verdict is Verdict.FAIL
        assert step.ack.code == (("AE", "AR") if forbidden else ("AA", "AE", "AR"))
        answer = exchange.answer.message
        assert answer.first("MSA-1") == ("AE" if forbidden else "AA")
        if forbidden:
            unknown = "-NONE-" in told[0].rule.id
            assert answer.first("ERR-2") == ("ORC^1^2^1" if unknown else "ORC^1^1^1")
            assert answer.first("ERR-3.1") == ("204" if unknown else "206")
            assert answer.first("ERR-8").startswith(told[0].rule.id)


def test_what_was_refused_may_be_sent_again(setting: Setting, guide: Profile) -> None:
    """Nothing is held against a message that its receiver did not take in."""
    content = {
        "scenario": "again",
        "title": {"fr": "Encore", "en": "Again"},
        "steps": [
            {"send": "1", "mutate": [{"remove": "OBR-13"}], "ack": {"code": ["AE"]}},
            {"send": "1"},
            {"send": "3"},
        ],
    }
    played = run(Scenario.model_validate(content), setting, guide)
    assert [x.answer.message.first("MSA-1") for x in played] == ["AE", "AA", "AA"]
    assert findings(guide, played) == []


def test_a_chosen_reading_is_what_the_receiver_refuses_by(setting: Setting) -> None:
    for reading, code, rule in (
        ("accepted", "AE", {"TLR-STATE-REQUESTED-SR"}),
        ("performed", "AA", set()),
    ):
        chosen = profiles.load(GUIDE, readings=(("H3", reading),))
        played = run(named("tlr-state-requested-complement"), setting, chosen)
        assert broken(played[1]) == rule
        assert played[1].answer.message.first("MSA-1") == code
        assert report_of(chosen, played).verdict is Verdict.PASS


@pytest.mark.parametrize(("code", "told"), [("AA", {"STEP-ACK"}), ("AE", set()), ("AR", set())])
def test_a_system_under_test_must_refuse_it(
    setting: Setting, guide: Profile, code: str, told: set[str]
) -> None:
    given = named("tlr-state-none-complement")
    play = play_of(given, replace(setting, simulated=frozenset({"ris"})), guide)
    (first,) = play.start(0.0)
    (message,) = sent([first])
    refusals = (messages.Refusal("ORC-2", "204", "?"),) if code != "AA" else ()
    raw = messages.acknowledgement(message, setting.wall(), "P-1", code, refusals)
    play.handle(Answered("ris", "ris-1", raw), 0.1)
    assert {one.finding.rule.id for one in findings(guide, play.exchanges)} == told


def test_a_system_under_test_is_not_asked_to_send_it(
    setting: Setting, guide: Profile, journal: list[object]
) -> None:
    given = named("tlr-state-none-answer")
    waits: list[str] = []
    changed = replace(
        setting, simulated=frozenset({"ris"}), waits=lambda flow, *rest: waits.append(flow)
    )
    play = play_of(given, changed, guide)
    (first,) = play.start(0.0)
    assert sent([first])[0].first("ORC-1") == "NW"
    assert waits == []
    assert [x.state for x in play.exchanges] == ["not_run", "not_run"]
    assert {x.verdict for x in play.exchanges} == {Verdict.NOT_TESTED}
    assert all("wrong on purpose" in x.reason.en for x in play.exchanges)


def test_nothing_is_told_of_who_sends_it(setting: Setting, guide: Profile) -> None:
    wrong = run(named("tlr-state-refused-complement"), setting, guide)[-1]
    assert "out of its turn" in wrong.request.deliberate.en
    assert wrong.verdict is Verdict.PASS


@pytest.fixture
def answered(setting: Setting, guide: Profile) -> Callable[[bool], Play]:
    """A real platform accepts, or refuses, where the scenario says that it accepts."""

    def played(accepts: bool) -> Play:
        content = {
            "scenario": "decided",
            "title": {"fr": "Décidé", "en": "Decided"},
            "steps": [{"send": "1"}, {"send": "3"}, {"send": "4"}],
        }
        given = Scenario.model_validate(content)
        play = play_of(given, replace(setting, simulated=frozenset({"ris"})), guide)
        (first,) = play.start(0.0)
        (message,) = sent([first])
        raw = messages.acknowledgement(message, setting.wall(), "P-1", "AA")
        play.handle(Answered("ris", "ris-1", raw), 0.1)
        case = play.talks[""].case
        case = replace(case, answer=replace(case.answer, accepted=accepts))
        answer = Actor("platform", guide, case).compose("3", case, setting.wall())
        play.handle(Received("ris", "ris-2", answer.raw), 0.2)
        return play

    return played


def test_what_follows_another_decision_is_not_played(answered: Callable[[bool], Play]) -> None:
    """The harness does not send a complement of a request that the platform refused."""
    assert not answered(True).done
    refused = answered(False)
    assert refused.done
    assert [x.state for x in refused.exchanges] == ["done", "done", "not_run"]
    assert "decided otherwise" in refused.exchanges[2].reason.en
