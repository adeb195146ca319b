"""Messages and answers of the ANS guide made wrong on purpose: each breaks its rule, is refused."""

from collections import Counter
from dataclasses import replace

import pytest
from memory import Wire, findings, report_of

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.sim import scenario
from harness.sim.play import Play, Setting, cases_of
from harness.sim.record import Exchange
from harness.sim.scenario import Scenario

GUIDE = "ans-tlr-2026"
SHIPPED = [found for found, _ in scenario.find(["tlr-neg"], GUIDE)]
MESSAGES = [given for given in SHIPPED if any(step.mutate for step in given.steps)]
ANSWERS = [given for given in SHIPPED if given.steps[-1].ack.mutate]
SUPPORT = {"MSH-9": "200", "MSH-12": "203"}


@pytest.fixture(scope="module")
def guide() -> Profile:
    return profiles.load(GUIDE)


def run(given: Scenario, setting: Setting, profile: Profile, sut: str = "") -> list[Exchange]:
    """Against itself, or until a real system would have to say something."""
    cases = cases_of(given, 3, setting.wall())
    play = Play(
        given,
        replace(
            setting,
            profile=profile,
            case=next(iter(cases.values())),
            simulated=setting.simulated - {sut},
        ),
    )
    if sut:
        play.start(0.0)
    else:
        Wire({"ris": play, "platform": play}).run()
    return play.exchanges


def test_there_are_at_least_four_for_every_flow_and_its_answers() -> None:
    wrong = Counter(step.send for given in SHIPPED for step in given.steps if step.mutate)
    assert all(wrong[flow] >= 4 for flow in ("1", "2", "3", "4", "B", "E"))
    answers = Counter(given.steps[-1].send for given in ANSWERS)
    assert all(answers[flow] >= 4 for flow in ("1", "2", "3", "4"))
    assert answers["B"] + answers["E"] >= 4
    assert len(MESSAGES) + len(ANSWERS) == len(SHIPPED)


@pytest.mark.parametrize("given", MESSAGES, ids=lambda given: given.scenario)
def test_a_message_fails_by_what_it_says_alone_and_is_refused(
    given: Scenario, setting: Setting, guide: Profile
) -> None:
    played = run(given, setting, guide)
    step, exchange = next(pair for pair in zip(given.steps, played, strict=True) if pair[0].mutate)
    failed = [o.rule.id for o in exchange.request.outcomes if o.verdict is Verdict.FAIL]
    assert failed == list(step.expect.findings)
    answer = exchange.answer.message
    place = answer.first("ERR-2").split("^")
    code = SUPPORT.get(f"{place[0]}-{place[2]}" if len(place) > 2 else "")
    assert answer.first("MSA-1") == ("AR" if code else "AE")
    assert answer.first("ERR-3.1") == code or not code
    assert answer.first("ERR-8").startswith(failed[0])
    assert findings(guide, played) == []
    assert report_of(guide, played).verdict is Verdict.PASS


@pytest.mark.parametrize("given", ANSWERS, ids=lambda given: given.scenario)
def test_an_answer_breaks_what_it_says_alone(
    given: Scenario, setting: Setting, guide: Profile
) -> None:
    played = run(given, setting, guide)
    last = played[-1]
    told = [o.rule.id for o in last.answer.outcomes if o.verdict.needs_attention]
    assert told == list(given.steps[-1].ack.findings)
    assert "on purpose" in last.answer.deliberate.en
    assert last.request.deliberate is None
    assert report_of(guide, played).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tlr-neg-1-no-patient", "100"),
        ("tlr-neg-1-no-justification", "101"),
        ("tlr-neg-1-ins-key", "102"),
        ("tlr-neg-1-modality-code", "103"),
        ("tlr-neg-1-message-type", "200"),
        ("tlr-neg-1-version", "203"),
        ("tlr-neg-2-other-order", "204"),
        ("tlr-neg-4-other-patient", "204"),
    ],
)
def test_the_receiver_says_why_in_a_code_of_table_0357(
    setting: Setting, guide: Profile, name: str, code: str
) -> None:
    given = next(one for one in SHIPPED if one.scenario == name)
    assert run(given, setting, guide)[-1].answer.message.first("ERR-3.1") == code


def test_a_system_under_test_is_not_asked_for_a_wrong_answer(
    setting: Setting, guide: Profile
) -> None:
    given = next(one for one in SHIPPED if one.scenario == "tlr-neg-ack-1-other-message")
    (exchange,) = run(given, setting, guide, sut="platform")
    assert exchange.state == "not_run"
    assert exchange.verdict is Verdict.NOT_TESTED
