"""`telerad simulate` killed under load: nothing acknowledged is lost, nothing is there twice.

`bench/kill.py` does it at many more instants.
"""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import load
import pytest
from load import Load
from program import PATIENCE, PROGRAM, simulator, started

from harness.wire import transcript
from harness.wire.er7 import Message

pytestmark = pytest.mark.net


def killed(folder: Path, template: bytes, failpoint: str, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Four connections send without rest until the simulator dies."""
    if failpoint:
        monkeypatch.setenv("TELERAD_FAILPOINT", failpoint)
    with simulator(folder, "platform") as platform:
        sending = load.make(platform.port, template, senders=4, each=60)
        sending.start()
        if not failpoint:
            while len(sending.answered) < 10:
                time.sleep(0.001)
            platform.process.kill()
        assert platform.process.wait(PATIENCE) == -signal.SIGKILL
        sending.wait()
    monkeypatch.delenv("TELERAD_FAILPOINT", raising=False)
    return sending


@pytest.mark.parametrize(
    "failpoint",
    [
        "",
        "before-write:4",
        "half-write:6",
        "after-write:7",
        "before-sync:5",
        "after-sync:8",
        "before-send:9",
        "after-send:13",
    ],
)
def test_what_was_acknowledged_is_in_the_journal_once(
    tmp_path: Path, request_message: Message, monkeypatch: pytest.MonkeyPatch, failpoint: str
) -> None:
    sending = killed(tmp_path / "run", request_message.raw, failpoint, monkeypatch)
    assert load.wrong(tmp_path / "run", sending) == []
    assert len(sending.asked) > len(sending.answered)
    torn = transcript.torn(tmp_path / "run" / "journal.ndjson")
    assert bool(torn) == failpoint.startswith("half-write") or not failpoint


def test_it_goes_on_where_it_was_killed(
    tmp_path: Path, request_message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    before = killed(folder, request_message.raw, "half-write:6", monkeypatch)
    with started(folder, "simulate", "platform", "--resume", str(folder)) as platform:
        assert "was put aside" in platform.said
        again = load.make(platform.port, request_message.raw, senders=4, each=5)
        fresh = load.make(platform.port, request_message.raw, senders=1, each=2, mark="N")
        for one in (again, fresh):
            one.start()
            one.wait()
        assert platform.end() == 0
    answers = again.answered
    assert len(answers) == 20
    same = {name: raw for name, raw in before.answered.items() if name in answers}
    assert same
    assert {name: answers[name] for name in same} == same  # byte for byte
    everything = before.senders + again.senders + fresh.senders
    assert load.wrong(folder, Load(everything)) == []
    kinds = [record.kind for record in platform.journal]
    assert (kinds[0], kinds[-1]) == ("run", "end")
    assert (kinds.count("resume"), kinds.count("torn")) == (1, 1)
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    numbers = [exchange["number"] for exchange in result["exchanges"]]
    assert numbers == list(range(1, len(numbers) + 1))
    told = Counter(
        Message((folder / exchange["request"]).read_bytes()).first("MSH-10")
        for exchange in result["exchanges"]
    )
    assert set(told.values()) == {1}
    assert set(told) >= set(before.answered) | set(again.answered) | set(fresh.answered)
    assert set(told) <= set(before.asked) | set(again.asked) | set(fresh.asked)


def test_the_report_of_a_killed_run_is_written_from_its_folder(
    tmp_path: Path, request_message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    sending = killed(folder, request_message.raw, "half-write:6", monkeypatch)
    done = subprocess.run(
        [*PROGRAM, "report", str(folder), "--lang", "en"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode in (0, 3), done.stderr  # 3: one had not been answered yet
    assert "an unfinished record" in done.stderr
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert len(result["exchanges"]) >= len(sending.answered)
    assert result["interrupted"] is True
    assert (folder / "report.html").is_file()
    answers = {x["answer"] for x in result["exchanges"] if x["answer"]}
    assert {(folder / name).read_bytes() for name in answers} >= set(sending.answered.values())
