"""The steps of a run: each has its word of the French test space, whoever plays which side."""

import time
from typing import Any

import pytest
from visitor import Near, text

from harness.rules import profile as profiles
from harness.show.board import matrix, steps
from harness.show.board.steps import Course, Told
from harness.show.board.store import reviews, rooms, runs
from harness.show.board.store.runs import BETWEEN, Event, Run

NOMINAL, WRONG = "lb-nominal-ct-brain", "lb-neg-ins-key"
PROFILE = "livre-blanc-2024"
NOTHING = Course((), "", (), "")


def run(scenario: str = NOMINAL, other: int | None = None, state: str = "running") -> Run:
    return Run(1, 1, 1, "1", other, "", scenario, 1, state, "", "", None, 0.0, 0.0, None)


def told(role: str, name: str = NOMINAL, far: Course = NOTHING) -> tuple[Told, ...]:
    scenario = next(one for one in matrix.shipped(PROFILE) if one.scenario == name)
    return steps.of_run(run(name), role, scenario, profiles.load(PROFILE), far)


def words(found: tuple[Told, ...]) -> str:
    """Their first letters, but N for an instruction."""
    return "".join("N" if one.word == "INSTRUCTION" else one.word[0] for one in found)


def test_a_word_follows_from_who_sends_and_who_is_real() -> None:
    #                              A   B   C   D   E: the RIS sends A, B, D
    assert words(told("ris")) == "INTNTTPNTTPVV"
    assert words(told("platform")) == "ITPTPNTTPNTVV"


def test_what_is_wrong_on_purpose_is_not_asked_of_a_real_system() -> None:
    assert words(told("ris", WRONG)) == "IIVV"
    assert words(told("platform", WRONG)) == "ITVV"
    wanted = told("platform", WRONG)[1].says
    assert "AE/AR" in wanted.en
    assert "AE/AR" in wanted.fr


def test_two_systems_are_both_asked() -> None:
    between = run(BETWEEN, other=2)
    found = steps.of_run(between, "ris", None, profiles.load(PROFILE), NOTHING)
    assert words(found) == "I" + 5 * "NTP" + "VV"


@pytest.mark.parametrize("profile", ["livre-blanc-2024", "ans-tlr-2026"])
def test_every_step_of_every_scenario_has_a_word(profile: str) -> None:
    loaded = profiles.load(profile)
    for scenario in matrix.shipped(profile):
        for role in ("ris", "platform"):
            found = steps.of_run(run(scenario.scenario), role, scenario, loaded, NOTHING)
            assert {one.word for one in found} <= set(steps.WORDS)
            assert [one.number for one in found] == list(range(1, len(found) + 1))
            assert len(found) >= len(scenario.steps) + 3
            assert all("{" not in one.says.fr + one.says.en for one in found)


def exchange(flow: str, verdict: str, state: str = "done") -> dict[str, Any]:
    return {"flow": flow, "verdict": verdict, "state": state}


def test_steps_follow_what_happens() -> None:
    exchanges = (exchange("A", "pass"), exchange("B", "not_tested", "not_run"))
    far = Course(exchanges, "D", {7}, "verified")
    states = [(one.word[:4], one.state) for one in told("ris", far=far)]
    assert states == [
        ("INFO", ""),
        ("INST", "done"),
        ("TRAN", "pass"),
        ("INST", "not_run"),
        ("TRAN", "not_run"),
        ("TRAN", "todo"),
        ("PREU", "done"),
        ("INST", "going"),
        ("TRAN", "going"),
        ("TRAN", "todo"),
        ("PREU", "todo"),
        ("VALI", "running"),
        ("VALI", "verified"),
    ]


def test_what_is_waited_for_is_the_last_thing_told() -> None:
    waits = Event(1, 1, "waits", {"flow": "A", "role": "ris", "seconds": 9.0}, 0.0)
    done = Event(2, 1, "exchange", exchange("A", "pass"), 0.0)
    assert steps.course(run(), [waits], (), "").waits == "A"
    assert steps.course(run(), [waits, done], (), "").waits == ""
    assert steps.course(run(state="done"), [waits], (), "").waits == ""


def test_a_run_of_a_scenario_that_is_gone_still_has_a_page(vendor: Near) -> None:
    number = vendor.declare()
    system = rooms.system(vendor.board.database, number)
    assert system
    runs.ask(vendor.board.database, system, ["lb-no-longer-there"], 1)
    page = vendor.get("/runs/1")
    assert page.status_code == 200
    assert "[VALIDATION]" in page.text


def test_the_words_are_the_same_in_both_languages(vendor: Near) -> None:
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    english = text(vendor.get("/runs/1?lang=en"))
    french = text(vendor.get("/runs/1?lang=fr"))
    for word in steps.WORDS:
        assert f"[{word}]" in english
        assert f"[{word}]" in french
    assert "attach what the system shows after C" in english
    assert "joindre ce que le système montre après C" in french


def test_a_page_that_is_open_fetches_its_steps(vendor: Near, rival: Near, monitor: Near) -> None:
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    database = vendor.board.database
    found = runs.run(database, 1)
    assert found
    runs.begin(database, 1)
    waits = {"flow": "A", "role": "ris", "seconds": 30.0, "at": time.time()}
    runs.note(database, found, "waits", waits)
    assert text(vendor.get("/runs/1/steps")).count("awaited") == 2
    assert rival.get("/runs/1/steps").status_code == 403
    runs.end(database, 1, "done", "pass")
    reviews.claim(database, 1, rooms.people(database, 1)[-1])
    assert "taken on" in text(vendor.get("/runs/1/steps"))
