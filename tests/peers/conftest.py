"""Our program on ports that the system chooses, and what a RIS sends to it."""

import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from program import Simulator, simulator

from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate import cases
from harness.wire.er7 import Message


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Simulator]:
    with simulator(tmp_path / "platform", "platform") as found:
        yield found


@pytest.fixture
def theirs(clock: datetime) -> Case:
    return cases.make_case("mr-brain", 41, clock)


@pytest.fixture
def request_message(profile: Profile, theirs: Case, clock: datetime) -> Message:
    """Flow A as a RIS sends it."""
    return Actor("ris", profile, theirs).compose("A", theirs, clock)


@pytest.fixture
def unused_port() -> int:
    """A port of the loopback interface where nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port
