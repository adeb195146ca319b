from dataclasses import replace

import pytest
from memory import Wire, findings, report_of

from harness import data
from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.rule import Verdict
from harness.sim import scenario
from harness.sim.defects import catalogue as defects
from harness.sim.defects.catalogue import DEFECTS
from harness.sim.defects.defect import Defect
from harness.sim.play import Play, Setting, cases_of
from harness.sim.scenario import Scenario

PAIRS = [(profile, defect) for profile, found in DEFECTS.items() for defect in found]
each = pytest.mark.parametrize(
    ("profile_id", "defect"), PAIRS, ids=[f"{p}-{d.name}" for p, d in PAIRS]
)
FLOWS = {"livre-blanc-2024": ["A", "B", "C", "D", "E"], "ans-tlr-2026": ["1", "B", "3", "4", "E"]}


def shown(profile_id: str, name: str) -> Scenario:
    """The scenario of that name, the nominal one when it is empty."""
    if name:
        return scenario.find([name], profile_id)[0][0]
    return scenario.load(data.path("scenarios", profile_id, "nominal.yaml"))[0]


def play(setting: Setting, profile_id: str, defect: Defect | None, name: str = "") -> Play:
    given = shown(profile_id, defect.scenario if defect else name)
    cases = cases_of(given, 7, setting.wall())
    machine = Play(
        given,
        replace(
            setting,
            profile=profiles.load(profile_id),
            case=next(iter(cases.values())),
            defect=defect,
        ),
    )
    Wire({"ris": machine, "platform": machine}).run()
    return machine


@pytest.mark.parametrize(("profile_id", "many"), [("livre-blanc-2024", 20), ("ans-tlr-2026", 40)])
def test_names_are_unique(profile_id: str, many: int) -> None:
    names = [defect.name for defect in defects.of(profile_id)]
    assert len(set(names)) == len(names) == many
    assert {defect.flow for defect in defects.of(profile_id)} == set(
        profiles.load(profile_id).flows
    )


@each
def test_the_first_finding_is_the_defect(profile_id: str, defect: Defect, setting: Setting) -> None:
    machine = play(setting, profile_id, defect)
    first = findings(machine.profile, machine.exchanges)[0]
    assert (first.finding.rule.id, first.flow) == (defect.rule, defect.flow)
    assert report_of(machine.profile, machine.exchanges).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("profile_id", "name"), dict.fromkeys((profile, defect.scenario) for profile, defect in PAIRS)
)
def test_without_a_defect_there_is_no_finding(profile_id: str, name: str, setting: Setting) -> None:
    machine = play(setting, profile_id, None, name)
    if not name:
        assert [exchange.flow for exchange in machine.exchanges] == FLOWS[profile_id]
    assert findings(machine.profile, machine.exchanges) == []
    assert report_of(machine.profile, machine.exchanges).verdict is Verdict.PASS


@each
def test_a_defect_is_found_by_its_name_and_said_in_two_languages(
    profile_id: str, defect: Defect
) -> None:
    assert defects.find(defect.name, profile_id) is defect
    assert defect.says.fr != defect.says.en


def test_an_unknown_defect_names_the_nearest_or_who_has_it() -> None:
    for name, told in (("wrong-ins-kye", "wrong-ins-key"), ("refusal-as-ua", "--profile ans-")):
        with pytest.raises(HarnessError, match=name) as wrong:
            defects.find(name, "livre-blanc-2024")
        assert wrong.value.exit_code == 2
        assert told in wrong.value.render("en")
