"""`--resume` and `telerad report` as a user types them."""

import json
from pathlib import Path

import pytest
from command import Telerad

from harness.wire.transcript import NAME, Journal, Record


@pytest.mark.net
def test_a_run_that_is_over_is_only_reported_again(telerad: Telerad, tmp_path: Path) -> None:
    assert telerad("run", "lb-neg-no-patient", "--out", "run").code == 0
    result = tmp_path / "run" / "result.json"
    before = json.loads(result.read_text(encoding="utf-8"))
    for verb in (["run", "--resume", "run"], ["report", "run"]):
        (tmp_path / "run" / "report.html").unlink()
        assert telerad(*verb).code == 0
        after = json.loads(result.read_text(encoding="utf-8"))
        assert after["exchanges"] == before["exchanges"]
        assert after["findings"] == before["findings"]
        assert (tmp_path / "run" / "report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "--resume", "nowhere"], "this folder holds no run"),
        (["simulate", "platform", "--resume", "run"], "this run is one of `telerad run`"),
        (["run", "--sut", "ris", "--sut-port", "1", "--resume", "run"], "`none` then, `ris` now"),
        (["run", "--resume", "run", "--out", "other"], "leave out `--out`"),
        (["report", "run/messages"], "this folder holds no run"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_go_on_is_told_in_one_line(
    telerad: Telerad, tmp_path: Path, arguments: list[str], told: str
) -> None:
    with Journal(tmp_path / "run" / NAME) as journal:
        facts = {"profile": "livre-blanc-2024", "sut": "none", "arguments": '["run"]'}
        journal.append(Record("2026-01-05T10:00:00+01:00", "run", facts=facts))
    done = telerad(*arguments)
    assert done.code == 2
    assert told in done.told
