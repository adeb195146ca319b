"""Reports to show: a nominal run, a run with a defect, all scenarios, a check of hostile files."""

from datetime import datetime
from pathlib import Path

import pytest

from harness import data
from harness.rules.profile import Profile
from harness.show import checking
from harness.show.report import Report
from harness.show.runs import session
from harness.sim import scenario
from harness.sim.actor import Actor
from harness.sim.defects import catalogue as defects
from harness.sim.generate import cases

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*191 }}{% raw %}",
    "]]><!--",
    "\x1b[31m\x07\u202eRTL\x9b2J",
)


@pytest.fixture(scope="session")
def nominal(profile: Profile, clock: datetime, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return play(profile, clock, tmp_path_factory.mktemp("nominal"))


@pytest.fixture(scope="session")
def faulty(profile: Profile, clock: datetime, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of E lacks its second author; everything else is right."""
    return play(profile, clock, tmp_path_factory.mktemp("faulty"), "missing-second-author")


@pytest.fixture(scope="session")
def stopped(profile: Profile, clock: datetime, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Flow A is refused, so that the other flows are not run."""
    return play(profile, clock, tmp_path_factory.mktemp("stopped"), "wrong-ins-key")


@pytest.fixture(scope="session")
def everything(
    profile: Profile, clock: datetime, tmp_path_factory: pytest.TempPathFactory
) -> Report:
    """All shipped scenarios of the profile."""
    found = [pair[0] for pair in scenario.find((), profile.id)]
    folder = tmp_path_factory.mktemp("everything")
    return session.run(
        found, session.Options(profile, folder, "telerad run", clock=clock, signals=False)
    )


def play(profile: Profile, clock: datetime, folder: Path, defect: str = "") -> Report:
    found = scenario.load(data.path("scenarios", profile.id, "nominal.yaml"))[:1]
    options = session.Options(
        profile=profile,
        folder=folder,
        command="telerad demo",
        clock=clock,
        defect=defects.find(defect, profile.id) if defect else None,
        ack_timeout=5.0,
        signals=False,
    )
    return session.run(found, options)


def er7(flow: str, profile: Profile, clock: datetime) -> bytes:
    """A message of a flow, as the generators make it."""
    case = cases.make_case("ct-brain", 7, clock)
    return Actor(profile.flow(flow).sender, profile, case).compose(flow, case, clock).raw


@pytest.fixture(scope="session")
def hostile(profile: Profile, clock: datetime, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A message for each hostile text: in MSH-9, MSH-10, PID-5, OBX-3 and the file's name."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, text in enumerate(HOSTILE):
        raw = er7("E", profile, clock)
        for place in ("MSH-9", "MSH-10", "PID-5", "OBX-3"):
            raw = with_field(raw, place, text.encode())
        safe = text.replace("/", "\u2215")
        (folder / f"{number}{safe}.er7").write_bytes(raw)
    report = checking.check([folder], checking.Asked(profile, "E", f"telerad check {HOSTILE[0]}"))
    assert len(report.files) == len(HOSTILE)
    return report


def with_field(raw: bytes, place: str, value: bytes) -> bytes:
    """The message with a field of the first segment of that name replaced, nothing escaped."""
    name, number = place.encode().split(b"-")
    at = int(number) - (name == b"MSH")
    lines = raw.split(b"\r")
    line = next(n for n, found in enumerate(lines) if found.startswith(name))
    fields = lines[line].split(b"|")
    fields[at] = value
    lines[line] = b"|".join(fields)
    return b"\r".join(lines)


@pytest.fixture(scope="session", params=["nominal", "faulty", "stopped", "everything", "hostile"])
def report(request: pytest.FixtureRequest) -> Report:
    """Each of them in turn."""
    found: Report = request.getfixturevalue(request.param)
    return found
