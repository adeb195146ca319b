"""`telerad load` against our own platform, and against one that fails in every way it can."""

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from markupsafe import escape
from program import simulator
from unreliable import EVERY, Unreliable

from harness import data
from harness.rules.keeping import Asked
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.load import jsonfmt, page, record
from harness.show.load.record import Gates, Report
from harness.show.runs.surroundings import now
from harness.sim.actor import Actor
from harness.sim.load.exam import make_case
from harness.sim.load.schedule import Schedule
from harness.sim.load.traffic import Terms
from harness.sim.network import load
from harness.sim.network.load import Load, Plan

pytestmark = pytest.mark.net
FIRST = 28_846_501_500


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def plan(profile: Profile, to: int, listen: int | None, schedule: Schedule, folder: Path) -> Plan:
    return Plan(
        profile=profile,
        asked=Asked(profile.id),
        role="ris",
        to=("127.0.0.1", to),
        schedule=schedule,
        folder=folder,
        wall=now,
        listen=("127.0.0.1", listen) if listen else None,
        connections=10,
        first=FIRST,
        signals=False,
    )


def report_of(done: Load, **gates: float) -> Report:
    return record.of(done, "telerad load", now(), Gates(**gates))


@pytest.fixture(scope="module")
def held(profile: Profile, tmp_path_factory: pytest.TempPathFactory) -> tuple[Load, list[str]]:
    """Twelve exams against `telerad simulate platform`, half of them with documents."""
    folder, back = tmp_path_factory.mktemp("load"), free()
    peer = f"127.0.0.1:{back}"
    with simulator(folder / "run", "platform", "--peer", peer, "--no-sync") as platform:
        wanted = plan(profile, platform.port, back, Schedule(12, 1), folder)
        done = load.run(replace(wanted, documents=0.5))
        assert platform.end() == 0
    result = json.loads((folder / "run" / "result.json").read_text(encoding="utf-8"))
    return done, [exchange["flow"] for exchange in result["exchanges"]]


def test_a_load_that_is_held(held: tuple[Load, list[str]]) -> None:
    done, seen = held
    report = report_of(done)
    assert (report.planned, report.begun, report.finished) == (12, 12, 12)
    assert report.troubles == ()
    assert report.verdict in (Verdict.PASS, Verdict.WARNING)
    assert record.exit_code(report) == 0
    counts = {flow: seen.count(flow) for flow in "ABCDE"}
    assert counts == {"A": 12, "B": 6, "C": 12, "D": 12, "E": 12}
    assert {row.name: row.count for row in report.rows} == {
        "A": 12,
        "B": 6,
        "D": 12,
        "→C": 12,
        "→E": 12,
        "wait": 30,
    }


def test_every_message_is_judged(held: tuple[Load, list[str]]) -> None:
    done, seen = held
    report = report_of(done)
    assert report.messages == len(seen) == 54
    assert report.judged == 2 * len(seen)  # and its acknowledgement
    assert report.unjudged == 0
    assert report.own_mistakes == 0
    assert not (done.plan.folder / load.SPOOL).exists()


def test_the_json_keeps_its_schema(held: tuple[Load, list[str]]) -> None:
    report = report_of(held[0], p99=0.0, rate=1e-6)
    schema = json.loads(data.path("schemas", "load-result.schema.json").read_text("utf-8"))
    found = json.loads(jsonfmt.to_json(report))
    jsonschema.validate(found, schema)
    assert sum(span["exams"] for span in found["spans"]) * found["width"] == 12
    assert [gate["held"] for gate in found["gates"]] == [False, False, False, True]


def test_a_gate_that_is_not_held_fails(held: tuple[Load, list[str]]) -> None:
    assert record.exit_code(report_of(held[0], p99=1e6)) == 0
    assert record.exit_code(report_of(held[0], p99=0.0)) == 1
    assert record.exit_code(report_of(held[0], rate=1e6)) == 1


def test_the_page_shows_each_row_and_draws_it(held: tuple[Load, list[str]]) -> None:
    report = report_of(held[0])
    text = page.to_html(report, "en")
    assert text.count('<svg class="chart"') == 1 + len(report.rows)
    assert text.count("<polyline") == 3 * (1 + len(report.rows))
    for row in report.rows:
        assert row.title.en in text
        assert escape(row.title.fr) in text
    assert "http://" not in text.replace("http://www.w3.org", "")


def templates(profile: Profile) -> dict[str, bytes]:
    case = make_case("ct-brain", 1, now())
    actor = Actor("platform", profile, case, prefix="N")
    talk = actor.conversation(case.order.placer_number.value)
    made = {flow: actor.compose_in(talk, flow, now()) for flow in "CE"}
    return {
        flow: message.with_value("MSH-10", "@NAME@")
        .raw.replace(case.order.placer_number.value.encode(), b"@ORDER@")
        .replace(case.patient.ins.encode(), b"@INS@")
        for flow, message in made.items()
    }


@pytest.fixture(scope="module")
def broken(profile: Profile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    """One exam of each kind against the platform that fails."""
    peer = Unreliable(free(), templates(profile))
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    ready: asyncio.Future[int] = loop.create_future()
    thread = threading.Thread(target=loop.run_until_complete, args=[peer.serve(ready, stop)])
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(_of(ready), loop).result(30)
        folder = tmp_path_factory.mktemp("broken")
        wanted = plan(profile, port, peer.ris, Schedule(EVERY, 1), folder)
        yield load.run(replace(wanted, terms=Terms(2, 2), documents=0.0))
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


async def _of(ready: "asyncio.Future[int]") -> int:
    return await ready


def test_each_fault_has_its_name(broken: Load) -> None:
    found = dict(broken.traffic.anomalies.counts)
    assert found == {
        ("no_ack", "A"): 2,  # the one that is lost, the one whose answer names nobody
        ("stray_ack", "A"): 1,
        ("closed", "A"): 1,
        ("refused", "A"): 1,
        ("other_patient", "E"): 1,
        ("twice", "E"): 1,
        ("no_message", "E"): 1,
    }
    report = report_of(broken)
    assert report.verdict is Verdict.FAIL
    assert record.exit_code(report) == 1
    assert report.begun == EVERY


def test_a_fault_leaves_the_others_alone(broken: Load) -> None:
    assert broken.traffic.finished == EVERY - 5


def test_a_peer_that_is_not_there_is_not_measured(profile: Profile, tmp_path: Path) -> None:
    done = load.run(plan(profile, free(), None, Schedule(4, 1), tmp_path))
    report = report_of(done)
    assert {trouble.kind for trouble in report.troubles} == {"unreachable"}
    assert report.verdict is Verdict.INCONCLUSIVE
    assert record.exit_code(report) == 3


def test_descriptors_threads_and_tasks_are_back_at_the_end(
    profile: Profile, tmp_path: Path
) -> None:
    if sys.platform != "linux":
        pytest.skip("/proc is read")

    def held_open() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    before = held_open()
    test_a_peer_that_is_not_there_is_not_measured(profile, tmp_path)
    assert held_open() == before
