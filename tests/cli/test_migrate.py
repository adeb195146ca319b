"""`telerad migrate` on the command line."""

import json
import shutil
from pathlib import Path

import pytest
from command import Done, Telerad


@pytest.fixture
def run(demo: Done, tmp_path: Path) -> Path:
    shutil.copytree(demo.folder / "run", tmp_path / "run")
    return tmp_path


def test_a_run_is_shown_under_two_guides(telerad: Telerad, run: Path) -> None:
    formats = "text,json=way.json,html=way.html"
    done = telerad("migrate", "run", "--to", "ans-tlr-2026", "--format", formats)
    assert done.err == ""
    way = json.loads((run / "way.json").read_text(encoding="utf-8"))
    assert done.code == (1 if way["to_do"] else 0)
    assert [(one["from"], one["to"]) for one in way["flows"][:2]] == [("A", "1"), (None, "2")]
    assert done.out.splitlines()[0].startswith("✗ To pass" if way["to_do"] else "✓ Nothing to")
    assert (run / "way.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere", "--to", "ans-tlr-2026"), "nowhere: this folder holds no run"),
        (("run", "--to", "ans"), "unknown profile: `ans`"),
        (("run", "--to", "livre-blanc-2024"), "this run was judged by livre-blanc-2024 already"),
        (("run", "--to", "ans-tlr-2026", "--format", "junit"), "unknown format: `junit`"),
        (("run",), "`--to` is missing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_line(telerad: Telerad, arguments: tuple[str, ...], told: str) -> None:
    done = telerad("migrate", *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.told
