"""What plays need: a setting that keeps its journal in a list, and nothing real behind it."""

from datetime import datetime

import pytest

from harness.rules.profile import Profile
from harness.sim.case import Case
from harness.sim.play import Setting
from harness.wire.transcript import Record


@pytest.fixture
def journal() -> list[Record]:
    return []


@pytest.fixture
def setting(profile: Profile, case: Case, clock: datetime, journal: list[Record]) -> Setting:
    """Both roles simulated; `dataclasses.replace` changes what a test is about."""
    return Setting(
        profile=profile,
        case=case,
        simulated=frozenset({"ris", "platform"}),
        wall=lambda: clock,
        note=journal.append,
    )
