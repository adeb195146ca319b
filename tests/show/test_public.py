"""The names of the public API: a change here is a breaking change."""

import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.errors import HarnessError, NotMeasured
from harness.rules.profile import Profile
from harness.rules.rule import Verdict

NAMES = [
    "Case",
    "Document",
    "Exchange",
    "Finding",
    "HarnessError",
    "Judged",
    "Level",
    "Location",
    "Message",
    "NotMeasured",
    "Outcome",
    "Problem",
    "Profile",
    "Report",
    "Rule",
    "Scenario",
    "SpecRef",
    "Verdict",
    "check",
    "findings",
    "run",
]


def test_the_public_names_are_these() -> None:
    assert harness.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_can_be_imported(name: str) -> None:
    scope: dict[str, object] = {}
    exec(f"from harness import {name}", scope)
    assert getattr(scope[name], "__name__", None) == name


def test_any_other_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="nothing_such"):
        harness.nothing_such  # noqa: B018  asked for on purpose


def test_importing_harness_imports_nothing_heavy() -> None:
    code = "import sys, harness; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded & {"lxml", "pydantic", "jinja2", "rich", "faker", "xmlschema", "click"} == set()


def test_check_judges_files(tmp_path: Path) -> None:
    (tmp_path / "a.er7").write_bytes(b"MSH|^~\\&|A\rPID|1\r")
    report = harness.check([tmp_path], flow="A")
    assert report.verdict is Verdict.FAIL
    assert [judged.kind for judged in report.files] == ["A"]
    assert harness.findings(report)


def test_check_of_nothing_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="nothing to judge"):
        harness.check([tmp_path])


@pytest.mark.net
def test_run_plays_a_scenario_by_name(tmp_path: Path, profile: Profile) -> None:
    report = harness.run(["lb-nominal-ct-brain"], folder=tmp_path)
    assert [exchange.flow for exchange in report.exchanges] == list(profile.flows)
    assert report.verdict < Verdict.INCONCLUSIVE
    assert (tmp_path / "journal.ndjson").stat().st_size > 0


def test_what_cannot_be_measured_is_told_from_a_wrong_file() -> None:
    assert (HarnessError.exit_code, NotMeasured.exit_code) == (2, 3)
