"""`--baseline` and `telerad baseline` on the command line."""

import json
import shutil
from pathlib import Path

import pytest
from command import Done, Telerad


@pytest.fixture
def run(wrong_key: Done, tmp_path: Path) -> Path:
    shutil.copytree(wrong_key.folder / "run", tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.usefixtures("run")
def test_a_baseline_is_made_and_used(telerad: Telerad, tmp_path: Path) -> None:
    done = telerad("baseline", "update", "run", "--reason", "known to all", "--owner", "me")
    assert (done.code, done.err) == (0, "")
    assert "baseline.yaml: " in done.out
    assert telerad("baseline", "check", "run").code == 0
    done = telerad("judge", "run", "--baseline", "baseline.yaml", "--format", "text,json=r.json")
    assert done.code == 0
    assert "known to all (me)" in done.out
    assert json.loads((tmp_path / "r.json").read_text())["verdict"] == "warning"
    done = telerad("check", "run/messages", "--baseline", "baseline.yaml", lang="fr")
    assert done.code in (0, 4)
    assert "Connus, ils ne comptent pas" in done.out


@pytest.mark.usefixtures("run")
def test_new_stale_and_expired_are_told(telerad: Telerad, tmp_path: Path) -> None:
    file = tmp_path / "baseline.yaml"
    telerad("baseline", "update", "run")
    whole = file.read_text()
    file.write_text(whole + "  - {rule: LB-A-PID-3, reason: old, expires: 2020-01-01}\n")
    for done in (
        telerad("baseline", "check", "run"),
        telerad("judge", "run", "--baseline", "baseline.yaml"),
    ):
        line = whole.count("\n") + 1
        assert done.code == 4
        assert f"baseline.yaml:{line}: LB-A-PID-3 * matches nothing any more" in done.out
        assert f"baseline.yaml:{line}: LB-A-PID-3 * has expired" in done.out
    file.write_text("known: []\n")
    done = telerad("baseline", "check", "run")
    assert done.code == 1
    assert "✗ INS-F03  PID-3[1].1  new" in done.out


@pytest.mark.usefixtures("run")
def test_a_wrong_baseline_stops_before_anything_runs(telerad: Telerad, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("known:\n  - rules: X\n")
    for arguments in (("run", "--out", "new"), ("check", "run"), ("judge", "run")):
        done = telerad(*arguments, "--baseline", "b.yaml")
        assert done.code == 2
        assert done.told == "b.yaml:2:5: unknown key: `rules` (did you mean `rule`?)"
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("run")
def test_what_is_no_result_is_told(telerad: Telerad, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert telerad("baseline", "update", "x.json").code == 2
    assert telerad("baseline", "update", "run", "--expires", "soon").code == 2
    assert not (tmp_path / "baseline.yaml").exists()
