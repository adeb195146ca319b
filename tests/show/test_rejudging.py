"""A run read back from its folder and judged again says what it said the first time."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harness import data
from harness.errors import HarnessError, NotMeasured
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Level, Rule, Verdict
from harness.show.formats.jsonfmt import as_dict, to_json
from harness.show.ranking import findings_in_order
from harness.show.report import Report
from harness.show.runs import recorded, session
from harness.show.runs.rejudging import judge_again
from harness.show.runs.surroundings import tool_version
from harness.sim import scenario
from harness.sim.actor import Actor
from harness.sim.events import Received, Strayed
from harness.sim.generate import cases
from harness.sim.play import Setting
from harness.sim.simulation import Simulation
from harness.wire.transcript import Journal, Record

Kept = Callable[[Report], Path]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """A copy of a run's folder with its result, as the command line leaves it."""

    def keep(report: Report) -> Path:
        folder = tmp_path / "run"
        assert report.folder
        shutil.copytree(report.folder, folder)
        write_result(folder, report)
        return folder

    return keep


def write_result(folder: Path, report: Report) -> None:
    (folder / "result.json").write_text(to_json(report, every=True), encoding="utf-8")


def told(report: Report) -> dict[str, Any]:
    """All that the result says, but for the command that was typed."""
    return {k: v for k, v in as_dict(report, every=True).items() if k != "command"}


@pytest.mark.parametrize("name", ["nominal", "faulty", "stopped", "everything"])
def test_the_same_profile_gives_the_same_result(
    request: pytest.FixtureRequest, profile: Profile, kept: Kept, name: str
) -> None:
    report: Report = request.getfixturevalue(name)
    again = judge_again(recorded.read(kept(report)), profile, "telerad judge")
    assert told(again) == told(report)
    assert again.concordance == report.concordance


def test_what_is_judged_again_is_the_bytes(kept: Kept, nominal: Report, profile: Profile) -> None:
    folder = kept(nominal)
    file = folder / "messages/0001-A.er7"
    file.write_bytes(file.read_bytes().replace(b"|F|", b"|X|"))
    again = judge_again(recorded.read(folder), profile, "telerad judge")
    assert nominal.verdict < Verdict.FAIL
    assert again.verdict is Verdict.FAIL
    assert {p.file for p in findings_in_order(again) if p.finding.verdict is Verdict.FAIL} == {
        "messages/0001-A.er7"
    }


def test_a_message_is_judged_with_those_before_it(
    kept: Kept, nominal: Report, profile: Profile
) -> None:
    folder = kept(nominal)
    file = folder / "messages/0003-C.er7"
    number = nominal.exchanges[0].request.message.first("ORC-2.1")  # type: ignore[union-attr]
    file.write_bytes(file.read_bytes().replace(number.encode(), b"OTHER-1"))
    again = judge_again(recorded.read(folder), profile, "telerad judge")
    assert "X-ORDER" in {p.finding.rule.id for p in findings_in_order(again)}


def test_another_guide_gets_its_own_flows(kept: Kept, nominal: Report) -> None:
    guide = profiles.load("ans-tlr-2026")
    again = judge_again(recorded.read(kept(nominal)), guide, "telerad judge")
    assert [x.flow for x in again.exchanges] == ["1", "B", "3", "4", "E"]
    assert [x.request.kind for x in again.exchanges if x.request] == ["1", "B", "3", "4", "E"]
    assert [x.request.file for x in again.exchanges if x.request] == [
        x.request.file for x in nominal.exchanges if x.request
    ]


def test_a_flow_that_the_guide_lacks_is_any_message(kept: Kept, nominal: Report) -> None:
    folder = kept(nominal)
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    result["profile"] = "ans-tlr-2026"
    for exchange, flow in zip(result["exchanges"], ["1", "B", "2", "4", "E"], strict=True):
        exchange["flow"] = flow
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    paper = profiles.load("livre-blanc-2024")
    again = judge_again(recorded.read(folder), paper, "telerad judge")
    assert [x.flow for x in again.exchanges] == ["A", "B", "2", "D", "E"]
    request = again.exchanges[2].request
    assert request is not None
    assert request.kind == "HL7"
    assert request.guessed is not None
    assert "2" in request.guessed.en


# -- a session without scenario -------------------------------------------------------------


def session_of(profile: Profile, clock: datetime, folder: Path) -> Report:
    """The platform hears two patients in turn, junk, and a number used before; nothing is sent."""
    both = [cases.make_case(name, 41 + n, clock) for n, name in enumerate(("mr-brain", "dx-knee"))]
    actors = [Actor("ris", profile, case) for case in both]
    with Journal(folder / "journal.ndjson", sync=False) as journal:
        journal.append(session.Begun("telerad simulate", profile.id, "ris", 1, True).record(clock))
        wall = lambda: clock  # noqa: E731  a name for what is given twice
        setting = Setting(profile, both[0], frozenset({"platform"}), wall, journal.append)
        platform = Simulation("platform", setting, talks=False)
        platform.handle(Strayed("platform", "c", "junk", b"GET / HTTP/1.1", 300), 0.0)
        for flow in ("A", "D"):
            for actor, case in zip(actors, both, strict=True):
                raw = actor.compose(flow, case, clock).raw
                platform.handle(Received("platform", "c", raw), 0.0)
        spent = raw.replace(b"RIS-42-000002", b"RIS-41-000001")
        platform.handle(Received("platform", "c", spent), 0.0)
        journal.append(Record(clock.isoformat(), "end"))
    session.keep_files(platform.exchanges, folder)
    return Report(
        tool=tool_version(),
        profile=profile.id,
        profile_title=profile.title,
        rules_hash=profile.hash,
        command="telerad simulate",
        started=clock,
        seconds=0.0,
        rules=profile.rules,
        flows=tuple(profile.flows),
        exchanges=tuple(platform.exchanges),
        guide=profile,
        sut="ris",
        seed=1,
        folder=folder,
    )


def test_a_simulation_is_judged_again(profile: Profile, clock: datetime, tmp_path: Path) -> None:
    report = session_of(profile, clock, tmp_path)
    write_result(tmp_path, report)
    again = judge_again(recorded.read(tmp_path), profile, "telerad judge")
    assert told(again) == told(report)
    assert len({x.conversation for x in report.exchanges}) == 2
    broken = {p.finding.rule.id for p in findings_in_order(again)}
    assert {"MLLP-BLOCK", "X-CONTROL-ID"} <= broken


# -- a run that was killed ------------------------------------------------------------------


def killed(folder: Path) -> Path:
    """The folder as a killed run leaves it: the journal, and its last line torn."""
    (folder / "result.json").unlink(missing_ok=True)
    shutil.rmtree(folder / "messages")
    lines = (folder / "journal.ndjson").read_bytes().splitlines(keepends=True)
    (folder / "journal.ndjson").write_bytes(b"".join(lines[:-1]) + lines[-1][:20])
    return folder


@pytest.mark.parametrize("name", ["nominal", "everything"])
def test_a_killed_run_is_judged_from_its_journal(
    request: pytest.FixtureRequest, profile: Profile, kept: Kept, name: str
) -> None:
    report: Report = request.getfixturevalue(name)
    run = recorded.read(killed(kept(report)))
    again = judge_again(run, profile, "telerad judge")
    assert run.interrupted
    assert run.profile == profile.id
    assert run.titles == report.scenario_titles
    keys = ("exchanges", "findings", "deliberate", "files", "outcomes")
    was, now = told(report), told(again)
    assert {key: now[key] for key in keys} == {key: was[key] for key in keys}


def test_an_answer_that_was_told_and_never_sent_is_none(
    profile: Profile, kept: Kept, nominal: Report
) -> None:
    folder = killed(kept(nominal))
    file = folder / "journal.ndjson"
    lines = file.read_bytes().splitlines(keepends=True)
    acks = [
        n for n, line in enumerate(lines) if b'"kind": "ack"' in line and b'"flow": "A"' in line
    ]
    file.write_bytes(b"".join(line for n, line in enumerate(lines) if n not in acks))
    again = judge_again(recorded.read(folder), profile, "telerad report")
    assert [x.flow for x in again.exchanges] == ["A", "B", "C", "D", "E"]
    assert [x.verdict is Verdict.INCONCLUSIVE for x in again.exchanges] == [True, *[False] * 4]


def test_what_was_cut_off_is_inconclusive(profile: Profile, kept: Kept, nominal: Report) -> None:
    folder = killed(kept(nominal))
    lines = (folder / "journal.ndjson").read_bytes().splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if b'"kind": "ack"' in line)
    acks = [n for n, line in enumerate(lines) if b'"kind": "ack"' in line and n > last - 3]
    (folder / "journal.ndjson").write_bytes(b"".join(lines[: acks[0]]))
    again = judge_again(recorded.read(folder), profile, "telerad report")
    assert [x.flow for x in again.exchanges] == ["A", "B", "C", "D", "E"]
    assert [x.verdict for x in again.exchanges][:4] == [x.verdict for x in nominal.exchanges][:4]
    assert again.exchanges[4].verdict is Verdict.INCONCLUSIVE
    (finding,) = findings_in_order(again)
    assert "whether there was an answer is not known" in finding.finding.problem.actual.en


@pytest.mark.parametrize("was_killed", [False, True], ids=["ended", "killed"])
def test_what_is_wrong_on_purpose_is_so_when_judged_again(
    clock: datetime, tmp_path: Path, kept: Kept, was_killed: bool
) -> None:
    """Its turn, its answer or what it says: from the result of a run, or from its journal."""
    guide = profiles.load("ans-tlr-2026")
    names = ("tlr-neg-1-ins-key", "tlr-neg-ack-1-other-message", "tlr-state-none-complement")
    wanted = [found for found, _ in scenario.find(names, guide.id)]
    options = session.Options(guide, tmp_path / "first", "telerad run", clock=clock, signals=False)
    report = session.run(wanted, options)
    folder = killed(kept(report)) if was_killed else kept(report)
    again = judge_again(recorded.read(folder), guide, "telerad judge")
    for was, now in zip(report.exchanges, again.exchanges, strict=True):
        for part in ("request", "answer"):
            assert getattr(was, part).deliberate == getattr(now, part).deliberate
            assert getattr(was, part).outcomes == getattr(now, part).outcomes
    purposes = {x.request.deliberate for x in again.exchanges if x.request}
    assert len(purposes) == 3
    assert findings_in_order(again) == []


def test_a_killed_simulation_keeps_its_conversations(
    profile: Profile, clock: datetime, tmp_path: Path
) -> None:
    report = session_of(profile, clock, tmp_path)
    again = judge_again(recorded.read(killed(tmp_path)), profile, "telerad judge")
    assert [x.conversation for x in again.exchanges] == [x.conversation for x in report.exchanges]
    assert "X-CONTROL-ID" in {p.finding.rule.id for p in findings_in_order(again)}


def test_a_folder_used_twice_is_read_from_its_last_run(kept: Kept, nominal: Report) -> None:
    folder = kept(nominal)
    before = recorded.read(folder)
    begun = Record(nominal.started.isoformat(), "run", facts={"profile": "livre-blanc-2024"})
    message = Record(nominal.started.isoformat(), "message", "", "in", "ris", "C", b"MSH|^~\\&|\r")
    with Journal(folder / "journal.ndjson", sync=False) as journal:
        journal.append(begun)
        journal.append(message)
    run = recorded.read(folder)
    assert len(before.exchanges) == 5
    assert [one.frame.flow for one in run.exchanges] == ["C"]
    assert run.interrupted


# -- what cannot be read --------------------------------------------------------------------


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="holds no run"):
        recorded.read(tmp_path)


def test_a_run_in_which_nothing_was_said_is_not_measured(tmp_path: Path) -> None:
    (tmp_path / "journal.ndjson").write_bytes(b"")
    with pytest.raises(NotMeasured):
        recorded.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text[:200], "not valid JSON"),
        (lambda text: text.replace("telerad-result-1", "other"), "no result of telerad"),
        (lambda text: text.replace('"sut"', '"tus"'), "KeyError"),
        (lambda text: text.replace('"state": "done"', '"state": 1'), "damaged"),
        (lambda text: text.replace("messages/0001-A.er7", "messages/gone.er7"), "gone.er7"),
        (lambda text: text.replace("messages/0001-A.er7", "messages/../../x.er7"), "no message"),
        (lambda text: text.replace("messages/0001-A.er7", "/etc/hostname"), "no message"),
    ],
    ids=["torn", "other JSON", "key", "type", "gone", "outside", "absolute"],
)
def test_a_result_that_does_not_hold_is_one_mistake(
    kept: Kept, nominal: Report, change: Callable[[str], str], told: str
) -> None:
    folder = kept(nominal)
    file = folder / "result.json"
    text = file.read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    with pytest.raises(HarnessError, match=told) as wrong:
        recorded.read(folder)
    assert wrong.value.exit_code == 2


def test_a_rule_seen_then_has_the_level_of_now(
    kept: Kept, stopped: Report, profile: Profile
) -> None:
    softer = replace(profile, rules=tuple(_softened(profile)))
    again = judge_again(recorded.read(kept(stopped)), softer, "telerad judge")
    step = [o for o in again.exchanges[0].step_outcomes if o.rule.id == "STEP-ACK"]
    assert [outcome.verdict for outcome in step] == [Verdict.WARNING]


def _softened(profile: Profile) -> list[Rule]:
    return [
        replace(rule, level=Level.SHOULD) if rule.id == "STEP-ACK" else rule
        for rule in profile.rules
    ]


def test_a_scenario_played_twice_is_two_conversations(
    profile: Profile, clock: datetime, tmp_path: Path
) -> None:
    twice = scenario.load(data.path("scenarios", profile.id, "nominal.yaml"))[:1] * 2
    options = session.Options(profile, tmp_path, "telerad run", clock=clock, signals=False)
    report = session.run(twice, options)
    write_result(tmp_path, report)
    again = judge_again(recorded.read(tmp_path), profile, "telerad judge")
    assert findings_in_order(report) == []
    assert told(again) == told(report)
    assert [len(one.exchanges) for one in again.concordance] == [5, 5]
    from_journal = judge_again(recorded.read(killed(tmp_path)), profile, "telerad judge")
    assert findings_in_order(from_journal) == []
