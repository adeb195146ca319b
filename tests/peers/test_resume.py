"""`telerad run` and `telerad proxy` go on after they were killed, in the same journal."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import load
import pytest
from program import PROGRAM, Simulator, simulator, started

from harness.wire.er7 import Message

pytestmark = pytest.mark.net

SCENARIOS = ("lb-nominal-ct-brain", "lb-neg-ins-key", "lb-neg-no-patient")


def telerad(*arguments: str, failpoint: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PROGRAM, *arguments, "--lang", "en"],
        env=os.environ | {"TELERAD_FAILPOINT": failpoint},
        capture_output=True,
        text=True,
        check=False,
    )


def result_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run tells that nobody killed."""
    folder = tmp_path_factory.mktemp("whole")
    assert telerad("run", *SCENARIOS, "--out", str(folder)).returncode == 0
    return result_of(folder)


@pytest.mark.parametrize(
    ("failpoint", "cut_off"), [("after-sync:6", "nominal"), ("before-send:12", "neg-ins-key")]
)
def test_what_was_played_to_its_end_is_not_played_again(
    tmp_path: Path, expected: dict[str, Any], failpoint: str, cut_off: str
) -> None:
    folder = tmp_path / "run"
    dead = telerad("run", *SCENARIOS, "--out", str(folder), failpoint=failpoint)
    assert dead.returncode == -9
    done = telerad("run", "--resume", str(folder))
    assert done.returncode == 0, done.stderr
    found = result_of(folder)
    plays = {(x["scenario"], x["play"]) for x in found["exchanges"]}
    counts = Counter(scenario for scenario, _ in plays)
    assert {name: count for name, count in counts.items() if count > 1} in (
        {},  # cut off before anything of it was noted
        *({name: 2} for name in SCENARIOS if cut_off in name),
    )
    latest = {scenario: max(p for s, p in plays if s == scenario) for scenario in SCENARIOS}
    assert [
        (x["scenario"], x["flow"], x["ack"], x["verdict"])
        for x in found["exchanges"]
        if x["play"] == latest[x["scenario"]]
    ] == [(x["scenario"], x["flow"], x["ack"], x["verdict"]) for x in expected["exchanges"]]
    assert found["verdict"] == "pass"
    numbers = [x["number"] for x in found["exchanges"]]
    assert numbers == sorted(set(numbers))
    orders = {
        x["play"]: Message((folder / x["request"]).read_bytes()).first("ORC-2.1")
        for x in found["exchanges"]
        if x["request"] and x["flow"] == "A" and cut_off in x["scenario"]
    }
    assert len(set(orders.values())) == len(orders)  # nobody takes it for a repetition


def through(found: Simulator, template: bytes, mark: str, count: int) -> load.Load:
    sending = load.make(found.port, template, senders=2, each=count, mark=mark)
    sending.start()
    sending.wait()
    return sending


def test_a_proxy_goes_on(
    tmp_path: Path, request_message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "proxy"
    with simulator(tmp_path / "platform", "platform") as platform:
        to = ["--to", f"127.0.0.1:{platform.port}"]
        monkeypatch.setenv("TELERAD_FAILPOINT", "before-send:8")
        proxy = ["proxy", "--listen", "127.0.0.1:0", *to, "--out", str(folder)]
        with started(folder, *proxy) as first:
            before = through(first, request_message.raw, "B", 9)
        monkeypatch.delenv("TELERAD_FAILPOINT")
        with started(folder, "proxy", "--resume", str(folder)) as second:
            after = through(second, request_message.raw, "A", 3)
            code = second.end()
    assert load.wrong(folder, load.Load(before.senders + after.senders)) == []
    found = result_of(folder)
    assert [x["number"] for x in found["exchanges"]] == list(range(1, len(found["exchanges"]) + 1))
    names = [load.name_of((folder / x["request"]).read_bytes()) for x in found["exchanges"]]
    assert len(names) == len(set(names))
    assert set(names) >= set(before.answered) | set(after.answered)
    cut_off = [x["number"] for x in found["exchanges"] if not x["answer"]]
    assert [f["place"]["exchange"] for f in found["findings"]] == cut_off
    assert {f["rule"] for f in found["findings"]} <= {"ACK-NONE"}
    assert all("ended before" in f["actual"] for f in found["findings"])
    assert code == (3 if cut_off else 0)  # what had been cut off cannot be told
