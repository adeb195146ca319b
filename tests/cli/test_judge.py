"""`telerad judge`: a recorded run judged again on the command line."""

import json
import shutil
from pathlib import Path

import pytest
from command import Done, Telerad


@pytest.fixture
def run(demo: Done, tmp_path: Path) -> Path:
    shutil.copytree(demo.folder / "run", tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.usefixtures("run")
def test_a_run_is_judged_again(telerad: Telerad) -> None:
    done = telerad("judge", "run")
    assert (done.code, done.err) == (0, "")
    assert "same rules as when it was run" in done.out
    assert "✓ Conforms" in done.out


def test_its_verdict_is_the_exit_code(telerad: Telerad, run: Path) -> None:
    file = run / "messages/0001-A.er7"
    file.write_bytes(file.read_bytes().replace(b"\rPV1|", b"\rPVX|"))
    done = telerad("judge", "run", "--lang", "fr")
    assert done.code == 1
    assert "✗ Non conforme" in done.out


def test_it_leaves_a_folder_like_that_of_a_run(telerad: Telerad, run: Path) -> None:
    done = telerad("judge", "run", "--out", "again")
    assert done.code == 0
    again = run.parent / "again"
    for name in ("report.html", "result.json", "junit.xml", "messages/0005-E.er7"):
        assert (again / name).stat().st_size > 0
    results = [json.loads((folder / "result.json").read_text()) for folder in (run, again)]
    assert results[0].pop("command") != results[1].pop("command")
    assert results[0] == results[1]
    assert telerad("judge", "again").code == 0


@pytest.mark.usefixtures("run")
def test_another_guide_and_other_formats(telerad: Telerad, tmp_path: Path) -> None:
    formats = "json=result.json,html=page.html"
    done = telerad("judge", "run", "--profile", "ans-tlr-2026", "--format", formats)
    assert done.err == ""
    assert done.out == ""
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert result["profile"] == "ans-tlr-2026"
    assert [x["flow"] for x in result["exchanges"]] == ["1", "B", "3", "4", "E"]
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nowhere",), 2, "nowhere: this folder holds no run"),
        (("run", "--profile", "ans-tlr"), 2, "did you mean"),
        (("run", "--out", "run"), 2, "must be another folder"),
        (("run", "--format", "pdf"), 2, "unknown format: `pdf`"),
        (("broken",), 2, "not valid JSON"),
        (("empty",), 3, "no message in this run"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_line(
    telerad: Telerad, tmp_path: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    for name, file in (("broken", "result.json"), ("empty", "journal.ndjson")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("{" if name == "broken" else "")
    done = telerad("judge", *arguments)
    assert done.code == code
    assert told in done.told
    assert done.out == ""


def test_a_run_is_given_pseudonyms(telerad: Telerad, run: Path) -> None:
    done = telerad("judge", "run", "--redact", "--out", "shared")
    assert (done.code, done.err) == (0, "")
    assert "Pseudonyms: the " in done.out
    before, after = (
        (folder / "messages/0005-E.er7").read_bytes() for folder in (run, run.parent / "shared")
    )
    assert len(before) == len(after)
    assert before.split(b"\r")[1] != after.split(b"\r")[1]
    assert telerad("judge", "shared").code == 0
