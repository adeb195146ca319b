"""`telerad diff` and `telerad rules diff` on the command line."""

import json
import shutil
from pathlib import Path

import pytest
from command import Done, Telerad


@pytest.fixture
def runs(demo: Done, wrong_key: Done, tmp_path: Path) -> Path:
    """`good` and `bad`, a `killed` run, a broken file."""
    shutil.copytree(demo.folder / "run", tmp_path / "good")
    shutil.copytree(wrong_key.folder / "run", tmp_path / "bad")
    (tmp_path / "killed").mkdir()
    (tmp_path / "broken.json").write_text('{"schema": "telerad-result-1"', encoding="utf-8")
    (tmp_path / "other.json").write_text("[1, 2]", encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("runs")
def test_the_first_line_and_the_code_say_what_matters(telerad: Telerad) -> None:
    worse = telerad("diff", "good", "bad")
    assert worse.code == 1
    first = worse.out.splitlines()[0]
    assert first == "✗ Regression · new failures: 2 · not measured again: 4"
    better = telerad("diff", "bad", "good/result.json", lang="fr")
    assert better.code == 0
    assert better.out.splitlines()[0] == "✓ Rien de pire · échecs disparus : 2"


def test_a_run_is_compared_with_itself_under_another_guide(telerad: Telerad, runs: Path) -> None:
    assert telerad("judge", "good", "--profile", "ans-tlr-2026", "--out", "guide").err == ""
    done = telerad("diff", "good", "guide", "--format", "json=diff.json")
    found = json.loads((runs / "diff.json").read_text(encoding="utf-8"))
    assert done.code == found["code"]
    assert (found["before"]["profile"], found["after"]["profile"]) == (
        "livre-blanc-2024",
        "ans-tlr-2026",
    )
    assert "LB-D-DOSE" in found["retired_rules"]
    assert found["counts"]["unmeasured"] == 0


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("good", "nowhere"), "nowhere: this file does not exist"),
        (("good", "killed"), "killed: this folder has no result.json"),
        (("broken.json", "good"), "broken.json:1:30: not valid JSON"),
        (("good", "other.json"), "other.json: this file is no result of telerad"),
        (("good", "bad", "--format", "html"), "unknown format: `html` (one of: text, json)"),
        (("good",), "`RUN_B` is missing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_line(telerad: Telerad, arguments: tuple[str, ...], told: str) -> None:
    done = telerad("diff", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.told.startswith(told)


def test_the_codes_stand_in_the_help(telerad: Telerad) -> None:
    told = " ".join(telerad("diff", "--help").out.split())
    for code in ("0 nothing worse", "1 new failures", "2 file or usage", "3 less was", "4 only"):
        assert code in told


def test_two_guides_are_compared(telerad: Telerad, tmp_path: Path) -> None:
    formats = "text,json=diff.json,html=diff.html"
    done = telerad("rules", "diff", "livre-blanc-2024", "ans-tlr-2026", "--format", formats)
    assert (done.code, done.err) == (0, "")
    found = json.loads((tmp_path / "diff.json").read_text(encoding="utf-8"))
    assert f"{found['counts']['retired']} retired" in done.out.splitlines()[0]
    assert (tmp_path / "diff.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_an_unknown_guide_is_one_line(telerad: Telerad) -> None:
    done = telerad("rules", "diff", "livre-blanc-2024", "ans-tlr-2025")
    assert done.code == 2
    assert "did you mean `ans-tlr-2026`?" in done.told
