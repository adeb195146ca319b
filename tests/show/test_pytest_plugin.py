"""The pytest plugin, in a pytest of its own."""

import re

import pytest

from harness import data
from harness.sim import scenario

pytest_plugins = ["pytester"]
pytestmark = [pytest.mark.net, pytest.mark.usefixtures("profile")]  # its modules stay loaded
QUIET = ("-p", "no:cacheprovider")

GOOD = """\
scenario: good
title: {fr: "bon", en: "good"}
profile: livre-blanc-2024
steps:
  - send: A
"""
BAD = """\
scenario: bad
title: {fr: "mauvais", en: "bad"}
profile: livre-blanc-2024
steps:
  - send: A
    mutate: [{set: "PID-3[5=INS].1", to: "279035121518988"}]
  - send: C
---
scenario: outside
title: {fr: "dehors", en: "outside"}
profile: livre-blanc-2024
steps:
  - send: A
  - send: C
    outside: true
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with one good file, one bad, and one YAML file that is no scenario."""
    pytester.path.joinpath("good.yaml").write_text(GOOD, encoding="utf-8")
    pytester.path.joinpath("bad.yaml").write_text(BAD, encoding="utf-8")
    pytester.path.joinpath("other.yaml").write_text("profile: x\n", encoding="utf-8")
    return pytester


def text_of(result: pytest.RunResult) -> str:
    return "\n".join(result.outlines + result.errlines)


def test_every_exchange_of_every_shipped_scenario_is_one_item(pytester: pytest.Pytester) -> None:
    folder = data.path("scenarios")
    found = scenario.find((), "livre-blanc-2024")
    wanted = {
        f"{one.scenario}::{n}-{s.send}" for one, _ in found for n, s in enumerate(one.steps, 1)
    }
    result = pytester.runpytest_inprocess(
        str(folder / "livre-blanc-2024"), "--collect-only", "-q", *QUIET
    )
    items = {line.split("::", 1)[1] for line in result.outlines if "::" in line}
    assert items == wanted
    assert len(items) > 20


def test_a_failure_is_told_by_its_finding_without_a_traceback(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess(*QUIET, "-rs", "--html=r.html", "--self-contained-html")
    result.assert_outcomes(passed=2, failed=1, skipped=2)
    text = text_of(result)
    assert "STEP-ACK  The acknowledgement has the code that the scenario expects" in text
    assert re.search(r"expected +one of `AA`", text)
    assert re.search(r"actual +`AE`: INS-F03", text)
    for inside in ("Traceback", "NotConforming", "runtest"):
        assert inside not in text
    for reason in ("flow A did not succeed", "made available outside HL7"):
        assert f": {reason}" in text
    page = (run.path / "r.html").read_text(encoding="utf-8")
    assert "STEP-ACK" in page
    assert not (run.path / "assets").exists()
    assert re.findall(r"<(?:script|link)[^>]+(?:src|href)=", page) == []


def test_findings_are_told_in_the_language_asked_for(run: pytest.Pytester) -> None:
    result = run.runpytest_inprocess(*QUIET, "--telerad-lang", "fr", "bad.yaml")
    assert "L'acquittement" in text_of(result)


def test_a_scenario_stays_on_one_worker(run: pytest.Pytester) -> None:
    """Without being told to."""
    result = run.runpytest_subprocess(*QUIET, "-n", "2", "-v")
    result.assert_outcomes(passed=2, failed=1, skipped=2)
    of_bad = [line for line in result.outlines if "::bad::" in line and "[gw" in line]
    assert len({line[line.index("[gw") :][:5] for line in of_bad}) == 1


def test_a_scenario_file_that_is_wrong_says_where(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("wrong.yaml").write_text(
        GOOD.replace("steps:", "stps:"), encoding="utf-8"
    )
    result = pytester.runpytest_inprocess(*QUIET)
    text = text_of(result)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert re.search(r"wrong\.yaml:\d+:\d+: unknown key: `stps`", text)
    assert "did you mean `steps`?" in text
    assert "Traceback" not in text


def test_a_system_under_test_without_a_port_is_the_users_mistake(run: pytest.Pytester) -> None:
    result = run.runpytest_inprocess(*QUIET, "--telerad-sut", "ris", *QUIET, "good.yaml")
    text = text_of(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "--telerad-port" in text
    assert "Traceback" not in text


def test_folders_without_scenarios_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("compose.yaml").write_text("services: {}\n", encoding="utf-8")
    result = pytester.runpytest_inprocess(*QUIET)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_plugin_is_there_without_being_asked_for(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--help")
    assert "--telerad-sut" in text_of(result)
