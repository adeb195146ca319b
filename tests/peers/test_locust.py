"""Locust with our user class: a master and a worker, headless, against our platform and nobody.

In processes of its own: importing Locust replaces the blocking calls of a whole process.
"""

import csv
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from program import simulator

pytestmark = [
    pytest.mark.net,
    pytest.mark.skipif(find_spec("locust") is None, reason="Locust is not installed ([locust])"),
]
LOCUSTFILE = """\
from locust import constant

from harness.show.load.locust_user import TeleradUser


class Ris(TeleradUser):
    documents = False
    wait_time = constant(0.2)
"""
PATIENCE = 120


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def locust(folder: Path, *more: str) -> "subprocess.Popen[str]":
    (folder / "locustfile.py").write_text(LOCUSTFILE, encoding="utf-8")
    asked = [sys.executable, "-m", "locust", "-f", "locustfile.py", "--headless", "-s", "30", *more]
    out, error = subprocess.PIPE, subprocess.STDOUT
    return subprocess.Popen(asked, cwd=folder, stdout=out, stderr=error, text=True)


def statistics(folder: Path, name: str) -> dict[str, dict[str, str]]:
    with (folder / f"run_{name}.csv").open(encoding="utf-8") as file:
        return {row["Name"]: row for row in csv.DictReader(file)}


def test_a_master_and_a_worker_play_exams(tmp_path: Path) -> None:
    port = free()
    with simulator(tmp_path / "run", "platform", "--no-sync") as platform:
        master = ["--master", "--master-bind-port", str(port), "--expect-workers", "1"]
        target = ["--host", f"127.0.0.1:{platform.port}", "-u", "4", "-r", "4", "-t", "8s"]
        leading = locust(tmp_path, *master, *target, "--csv", "run")
        working = locust(tmp_path, "--worker", "--master-port", str(port))
        said, _ = leading.communicate(timeout=PATIENCE)
        working.communicate(timeout=PATIENCE)
        assert leading.returncode == 0, said
        assert platform.end() == 0
        received = len(platform.received())
    rows = statistics(tmp_path, "stats")
    names = {name for name in rows if name != "Aggregated"}
    assert "livre-blanc-2024 A" in names  # how far an exam gets depends on the machine
    assert names <= {"livre-blanc-2024 A", "livre-blanc-2024 D"}
    assert rows["Aggregated"]["Failure Count"] == "0"
    assert 0 < int(rows["Aggregated"]["Request Count"]) <= received


def test_what_goes_wrong_has_its_name(tmp_path: Path) -> None:
    target = ["--host", f"127.0.0.1:{free()}", "-u", "1", "-r", "1", "-t", "2s"]
    alone = locust(tmp_path, *target, "--csv", "run")
    said, _ = alone.communicate(timeout=PATIENCE)
    assert alone.returncode == 1, said
    assert "unreachable: no connection" in said
