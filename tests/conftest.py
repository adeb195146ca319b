"""What all tests share: the profile, a frozen clock, the official files where they are."""

import os
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.sim.case import Case
from harness.sim.generate import cases

# An example takes as long as it takes: machines are slow at times, and that is no failure.
settings.register_profile("telerad", deadline=None)
settings.load_profile("telerad")


@pytest.fixture(scope="session")
def profile() -> Profile:
    return profiles.load()


@pytest.fixture(scope="session")
def clock() -> datetime:
    return datetime.fromisoformat("2026-01-05T10:00:00+01:00")


@pytest.fixture
def case(clock: datetime) -> Case:
    return cases.make_case("ct-brain", 7, clock)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of official files; tests that need it are skipped where it is absent."""
    default = Path(__file__).parents[1].parent / "shared" / "corpus"
    folder = Path(os.environ.get("TELERAD_CORPUS", default))
    if not folder.is_dir():
        pytest.skip(f"official files not found: set TELERAD_CORPUS (looked in {folder.name})")
    return folder
