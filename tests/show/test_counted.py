"""What the self-check says of wrong documents and of right conversations."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from harness.rules.profile import Profile
from harness.show.cli import counted
from harness.show.terminal import Terminal
from harness.sim.mutants import score as scores
from harness.sim.mutants.score import Score


def terminal(out: io.StringIO) -> Terminal:
    return Terminal("en", Console(file=out, width=200, highlight=False, soft_wrap=True))


@pytest.fixture(scope="module")
def part() -> Score:
    """The mutants of a few rules."""
    from harness.rules import profile as profiles

    return scores.run(profiles.load(), 1, (3, 200))


def test_wrong_documents_are_counted(
    profile: Profile, part: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "run", lambda profile, each: part)
    out = io.StringIO()
    assert counted.mutants(terminal(out), profile, 1) is True
    text = out.getvalue()
    assert f"{len(part.bytes)} wrong documents of {len(part.operators)} operators" in text
    assert "0 missed, 0 found elsewhere, 0 operators without a mutant" in text
    assert "break no other rule" in text


def test_what_is_missed_is_told(
    profile: Profile, part: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, way = min(part.operators)
    worse = replace(part, wanted=part.wanted | {(rule, "no such way")})
    monkeypatch.setattr(scores, "run", lambda profile, each: worse)
    out = io.StringIO()
    assert counted.mutants(terminal(out), profile, 1) is False
    assert f"✗ the operator no such way of {rule} makes no mutant any more" in out.getvalue()
    assert way


def test_right_conversations_are_counted(profile: Profile) -> None:
    out = io.StringIO()
    assert counted.conversations(terminal(out), profile, 2) is True
    assert "2 right conversations, " in out.getvalue()
    assert out.getvalue().rstrip().endswith("messages: 0 false alarms")
