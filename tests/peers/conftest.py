"""Our program on ports that the system chooses, and what a RIS sends to it."""

import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from program import PROGRAM, Simulator

from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate import cases
from harness.wire.er7 import Message

_LISTENS = re.compile(r"127\.0\.0\.1:(\d+)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.net)


@pytest.fixture
def simulate(tmp_path: Path) -> Iterator[Callable[..., Simulator]]:
    """Start `telerad simulate ROLE`; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(role: str = "platform", *more: str) -> Simulator:
        folder = tmp_path / role
        asked = ["simulate", role, "--listen", "127.0.0.1:0", "--out", str(folder), "--lang", "en"]
        process = subprocess.Popen(
            [*PROGRAM, *asked, *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        assert process.stdout is not None
        said = process.stdout.readline()
        found = _LISTENS.search(said)
        assert found, said + process.stdout.read()
        return Simulator(process, int(found[1]), folder)

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def platform(simulate: Callable[..., Simulator]) -> Simulator:
    return simulate("platform")


@pytest.fixture
def theirs(clock: datetime) -> Case:
    return cases.make_case("mr-brain", 41, clock)


@pytest.fixture
def request_message(profile: Profile, theirs: Case, clock: datetime) -> Message:
    """Flow A as a RIS sends it."""
    return Actor("ris", profile, theirs).compose("A", theirs, clock)
