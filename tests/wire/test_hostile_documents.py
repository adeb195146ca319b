"""Ninety documents that want to hurt, in a child that may use little memory: nothing is touched."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SECRET = "the-canary-sings"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What became of each, and of a last one, a listener that nobody may call."""
    canary = tmp_path_factory.mktemp("canary") / "canary.xml"
    canary.write_text(f"<a>{SECRET}</a>", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = subprocess.run(
            [sys.executable, HERE / "hostilechild.py", str(port), str(canary)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert done.returncode == 0, done.stderr[-2000:]
    assert SECRET not in done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.net
def test_each_is_refused_or_read_as_it_must(told: list[dict[str, Any]]) -> None:
    print(f"{len(told)} hostile documents")
    assert len(told) >= 80
    wrong = [
        one["name"]
        for one in told
        if one["expected"] != "either" and one["refused"] is not (one["expected"] == "refused")
    ]
    assert wrong == []


@pytest.mark.net
def test_what_is_refused_is_refused_in_our_words(told: list[dict[str, Any]]) -> None:
    refused = {one["name"]: one["words"] for one in told if one["refused"]}
    assert all(refused.values())
    for name, words in refused.items():
        if "laughs" in name or "entity" in name:
            assert "DOCTYPE" in words
        if name.startswith("depth"):
            assert "deeper" in words


@pytest.mark.net
def test_no_rule_breaks_down_on_what_is_read(told: list[dict[str, Any]]) -> None:
    assert [one["name"] for one in told if one["worst"] == "error"] == []
