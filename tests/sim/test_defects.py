from dataclasses import replace

import pytest
from memory import Wire, findings, report_of

from harness.errors import HarnessError
from harness.rules.rule import Verdict
from harness.sim import defects, scenario
from harness.sim.defects import DEFECTS, Defect
from harness.sim.play import Play, Setting

NOMINAL = "lb-nominal-ct-brain"


def play(setting: Setting, defect: Defect | None) -> Play:
    ((found, _),) = scenario.find([NOMINAL], setting.profile.id)
    machine = Play(found, replace(setting, defect=defect))
    Wire({"ris": machine, "platform": machine}).run()
    return machine


def test_names_are_unique() -> None:
    assert len(DEFECTS) == 20
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_first_finding_is_the_defect(defect: Defect, setting: Setting) -> None:
    exchanges = play(setting, defect).exchanges
    first = findings(setting.profile, exchanges)[0]
    assert (first.finding.rule.id, first.flow) == (defect.rule, defect.flow)
    assert report_of(setting.profile, exchanges).verdict is Verdict.FAIL


def test_without_a_defect_there_is_no_finding(setting: Setting) -> None:
    exchanges = play(setting, None).exchanges
    assert [exchange.flow for exchange in exchanges] == ["A", "B", "C", "D", "E"]
    assert findings(setting.profile, exchanges) == []
    assert report_of(setting.profile, exchanges).verdict is Verdict.PASS


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_is_found_by_its_name_and_said_in_two_languages(defect: Defect) -> None:
    assert defects.find(defect.name) is defect
    assert defect.says.fr != defect.says.en


def test_an_unknown_defect_names_the_nearest() -> None:
    with pytest.raises(HarnessError, match="wrong-ins-key") as wrong:
        defects.find("wrong-ins-kye")
    assert wrong.value.exit_code == 2
