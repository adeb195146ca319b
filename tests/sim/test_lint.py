"""Each remark on a file made for it, with its line and column; the shipped scenarios have none."""

from pathlib import Path

import pytest

from harness import data
from harness.rules import guide_steps, profile_file
from harness.rules import profile as profiles
from harness.sim import scenario
from harness.sim.lint import Remark, lint

GOOD = """\
scenario: good
title: {fr: Essai, en: Test}
steps:
  - send: A
"""
PROFILES = {name: profiles.load(name) for name in profile_file.available()}


def remarks(folder: Path, *texts: str) -> list[Remark]:
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.yaml")
        files[-1].write_text(text, encoding="utf-8")
    return list(lint(files, PROFILES))


def test_a_good_one_has_none(tmp_path: Path) -> None:
    assert remarks(tmp_path, GOOD) == []


WRONG = {
    "SCN-READ": (GOOD.replace("steps", "stpes"), 3, 1),
    "SCN-RULE": (GOOD + "    expect: {findings: INS-F3}\n", 5, 24),
    "SCN-PLACE": (
        GOOD + "    mutate: [{remove: PID}]\n    ack: {code: AE, err: patient}\n",
        6,
        26,
    ),
    "SCN-NOTHING": (
        GOOD + "    mutate: [{remove: PID-30}]\n    ack: AE\n    expect: {findings: INS-F03}\n",
        5,
        13,
    ),
    "SCN-SILENT": (GOOD + '    mutate: [{set: PID-3.1, to: "1"}]\n', 5, 13),
    "SCN-UNUSED": (
        GOOD.replace("steps", "cases: {anna: ct-brain, lea: dx-knee}\nsteps") + "    for: anna\n",
        3,
        30,
    ),
    "SCN-STEP": (
        GOOD.replace("steps", "story: {fr: Reçu (1.9), en: Received (1.3a)}\nsteps"),
        3,
        13,
    ),
    "SCN-PLAY": (GOOD + "    expect: {authors: 2}\n", 4, 5),
    "SCN-WARN": (
        GOOD + "    identity: merged\n  - send: C\n  - send: D\n    identity: merged\n",
        7,
        5,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, name: str) -> None:
    text, line, column = WRONG[name]
    found = {remark.id: remark for remark in remarks(tmp_path, text)}
    assert name in found
    assert (found[name].line, found[name].column) == (line, column)
    assert "{{" not in found[name].what.fr + found[name].what.en


def test_every_document_is_read_though_one_before_is_wrong(tmp_path: Path) -> None:
    first = GOOD.replace("send: A", "send: Z")
    found = remarks(tmp_path, f"{first}---\n{GOOD}---\n{GOOD.replace('good', 'g d')}")
    assert [(remark.id, remark.line) for remark in found] == [("SCN-READ", 4), ("SCN-READ", 11)]


def test_cases_of_the_mllp_suite_are_read_as_such(tmp_path: Path) -> None:
    files = sorted(data.path("scenarios", "mllp").glob("*.yaml"))
    assert list(lint(files, PROFILES)) == []
    wrong = files[0].read_text(encoding="utf-8").replace("- send:", "- sned:", 1)
    (found,) = remarks(tmp_path, wrong)
    assert (found.id, found.hint and found.hint.en) == ("SCN-READ", "did you mean `send`?")


def test_two_of_one_name_are_told(tmp_path: Path) -> None:
    found = remarks(tmp_path, GOOD, GOOD)
    assert [(remark.id, remark.file.name) for remark in found] == [("SCN-TWICE", "1.yaml")]


@pytest.mark.parametrize("name", profile_file.available())
def test_every_flow_of_the_white_paper_has_its_steps(name: str) -> None:
    """A cancellation is not drawn there."""
    without = [
        flow for flow in PROFILES[name].flows if not guide_steps.of_flow(PROFILES[name], flow)
    ]
    assert without == (["2"] if name == "ans-tlr-2026" else [])


def test_the_clinical_scenarios_tell_a_story_with_steps_that_there_are() -> None:
    known = {step.id for step in guide_steps.steps()}
    told = [
        found
        for name in profile_file.available()
        for file in [data.path("scenarios", name, "clinic.yaml")]
        for found in scenario.load(file)
    ]
    assert len(told) >= 24
    for found in told:
        assert found.story
        for words in (found.story.fr, found.story.en):
            cited = guide_steps.cited(words)
            assert cited
            assert set(cited) <= known
