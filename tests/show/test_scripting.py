"""Scenarios made of a recorded run: its messages byte for byte, its answers as those expected."""

import json
import shutil
from pathlib import Path

import pytest

from harness.errors import HarnessError, NotMeasured
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.show.formats.jsonfmt import to_json
from harness.show.report import Report
from harness.show.runs import recorded, scripting
from harness.sim import scenario
from harness.wire.er7 import Message


@pytest.fixture
def folder(nominal: Report, tmp_path: Path) -> Path:
    assert nominal.folder
    shutil.copytree(nominal.folder, tmp_path / "run")
    result = to_json(nominal, every=True)
    (tmp_path / "run" / "result.json").write_text(result, encoding="utf-8")
    return tmp_path / "run"


def test_what_is_written_is_read_as_the_same_scenario(
    folder: Path, nominal: Report, profile: Profile, tmp_path: Path
) -> None:
    found = scripting.script(recorded.read(folder), profile)
    scripting.write(found, tmp_path / "made" / "scenario.yaml")
    assert scenario.load(tmp_path / "made" / "scenario.yaml") == found.scenarios
    (one,) = found.scenarios
    sent = [x.request.raw for x in nominal.exchanges if x.request]
    assert [one.fixed[step.message] for step in one.steps] == sent
    assert [step.send for step in one.steps] == [x.flow for x in nominal.exchanges]
    with pytest.raises(HarnessError, match="exists already"):
        scripting.write(found, tmp_path / "made" / "scenario.yaml")


def test_one_side_only_and_changed(folder: Path, profile: Profile) -> None:
    def change(raw: bytes, number: int) -> bytes:
        return Message(raw).with_value("MSH-10", f"X-{number}").raw

    found = scripting.script(recorded.read(folder), profile, side="platform", change=change)
    (one,) = found.scenarios
    assert [step.send for step in one.steps] == ["C", "E"]
    names = [Message(one.fixed[step.message]).first("MSH-10") for step in one.steps]
    assert names == ["X-3", "X-5"]


def test_the_answer_that_was_given_is_the_one_expected(folder: Path, profile: Profile) -> None:
    file = folder / "messages" / "0001-A.ack.er7"
    answer = Message(file.read_bytes()).with_value("MSA-1", "AE").raw
    file.write_bytes(answer + b"ERR||PID^1^3|102^x^HL70357|E\r")
    (one,) = scripting.script(recorded.read(folder), profile).scenarios
    assert (one.steps[0].ack.code, one.steps[0].ack.err) == (("AE",), "PID-3")
    assert one.steps[1].ack.code == ("AA",)


def test_the_flows_of_another_guide_and_what_has_none(folder: Path) -> None:
    guide = profiles.load("ans-tlr-2026")
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    result["exchanges"][1]["flow"] = "HL7"
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    found = scripting.script(recorded.read(folder), guide)
    (one,) = found.scenarios
    assert [step.send for step in one.steps] == ["1", "3", "4", "E"]
    assert found.left_out == 1
    for exchange in result["exchanges"]:
        exchange["flow"] = "HL7"
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    with pytest.raises(NotMeasured, match="no message of a flow of profile ans-tlr-2026"):
        scripting.script(recorded.read(folder), guide)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../secret.er7", "is not below the scenario's folder"),
        ("/etc/hostname", "is not below the scenario's folder"),
        ("absent.er7", "unreadable message `absent.er7`"),
        ("messages", "unreadable message `messages`"),
        ("link.er7", "is not below the scenario's folder"),
    ],
)
def test_only_files_below_the_scenario_are_sent(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "secret.er7").write_bytes(b"MSH|")
    below = tmp_path / "below"
    (below / "messages").mkdir(parents=True)
    (below / "link.er7").symlink_to(tmp_path / "secret.er7")
    file = below / "one.yaml"
    text = f"scenario: one\ntitle: {{fr: a, en: a}}\nsteps:\n  - send: A\n    message: {name}\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(HarnessError, match=told) as wrong:
        scenario.load(file)
    assert (wrong.value.line, wrong.value.column) == (5, 14)


def test_bytes_are_not_written_in_a_scenario(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    text = "scenario: one\ntitle: {fr: a, en: a}\nfixed: {a: b}\nsteps: [{send: A}]\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(HarnessError, match="fixed"):
        scenario.load(file)
