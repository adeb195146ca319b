"""The whole MLLP torture suite against our own program: it passes every case, as both roles."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from program import PROGRAM, Simulator, simulator

from harness.sim.torture import case as torture_case

pytestmark = pytest.mark.net
SENDER = Path(__file__).with_name("torture_sender.py")
ASK = Path(__file__).with_name("plain") / "ask.sh"


def tried(folder: Path, *asked: str) -> dict[str, Any]:
    """`telerad mllp run`: its result."""
    result = folder / "mllp.json"
    command = [*PROGRAM, "mllp", "run", *asked, "--format", f"json={result}", "--lang", "en"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    found["exit"] = done.returncode
    return found


def missed(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Expectations that were not met, whatever their level, but for what is left open (MAY)."""
    return [
        (case["id"], one["phase"], one["expected"]["en"], one["actual"]["en"])
        for case in found["cases"]
        for one in case["expectations"]
        if one["verdict"] != "pass"
    ]


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Simulator]:
    with simulator(tmp_path / "platform", "platform") as found:
        yield found


@pytest.mark.xdist_group("torture-receiver")
def test_our_platform_passes_every_case(platform: Simulator, tmp_path: Path) -> None:
    asked = ["--sut-port", str(platform.port), "--patience", "0.3", "--parallel", "4"]
    found = tried(tmp_path, *asked)
    assert missed(found) == []
    assert (found["verdict"], found["exit"]) == ("pass", 0)
    assert [case["id"] for case in found["cases"]] == [
        a.id for a in torture_case.find((), "receiver")
    ]
    assert platform.end() == 1  # it has seen wrong messages, and tells of them
    assert (platform.folder / "report.html").is_file()


@pytest.mark.skipif(not shutil.which("sh"), reason="needs a shell")
@pytest.mark.xdist_group("torture-sender")
def test_our_sender_passes_every_case(tmp_path: Path, unused_port: int) -> None:
    folders = [tmp_path / name for name in ("asked", "told")]
    for folder in folders:
        folder.mkdir()
    asked = ["--as", "sender", "--listen", f"127.0.0.1:{unused_port}"]
    asked += ["--trigger", f"sh {ASK} {tmp_path}", "--patience", "0.2", "--sut-timeout", "0.5"]
    with subprocess.Popen([sys.executable, SENDER, str(unused_port), *folders, "0.25"]) as sender:
        try:
            found = tried(tmp_path, *asked)
        finally:
            sender.kill()
    assert missed(found) == []
    assert (found["verdict"], found["exit"]) == ("pass", 0)
    assert [case["id"] for case in found["cases"]] == [
        a.id for a in torture_case.find((), "sender")
    ]
