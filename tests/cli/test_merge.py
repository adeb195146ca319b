"""`telerad merge` on the command line."""

import json
import shutil
from pathlib import Path

import pytest
from command import Done, Telerad


@pytest.fixture
def runs(demo: Done, wrong_key: Done, tmp_path: Path) -> Path:
    shutil.copytree(demo.folder / "run", tmp_path / "good")
    shutil.copytree(wrong_key.folder / "run", tmp_path / "bad")
    return tmp_path


def test_two_runs_become_one(telerad: Telerad, runs: Path) -> None:
    done = telerad("merge", "acme=good", "bad", "--out", "all", "--format", "text,sarif=all.sarif")
    assert (done.code, done.err) == (1, "")
    assert "acme  (" in done.out
    result = json.loads((runs / "all/result.json").read_text())
    assert [(run["name"], run["verdict"]) for run in result["runs"]] == [
        ("acme", "pass"),
        ("bad", "fail"),
    ]
    assert telerad("judge", "all").code == 1


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("good", "./good", "--out", "all"), "two runs are called `good`"),
        (("good", "bad", "--out", "good"), "`--out` must be another folder"),
        (("good", "nothing", "--out", "all"), "this folder holds no run"),
    ],
)
def test_mistakes_are_told(telerad: Telerad, arguments: tuple[str, ...], told: str) -> None:
    done = telerad("merge", *arguments)
    assert done.code == 2
    assert told in done.told


def test_two_guides_are_not_mixed(telerad: Telerad, runs: Path) -> None:
    result = runs / "bad/result.json"
    result.write_text(result.read_text().replace('"livre-blanc-2024"', '"ans-tlr-2026"'))
    done = telerad("merge", "good", "bad", "--out", "all")
    assert done.code == 2
    assert "several profiles: ans-tlr-2026, livre-blanc-2024 (--profile)" in done.told
    assert telerad("merge", "good", "bad", "--out", "all", "--profile", "ans-tlr-2026").code == 1
