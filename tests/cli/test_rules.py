"""`telerad rules` and `telerad explain`, in this process: every rule and place, both languages."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.rules import coverage
from harness.rules.profile import Profile
from harness.rules.rule import Rule
from harness.show import example as examples
from harness.show.cli import main
from harness.show.example import Bases, Example, example
from harness.show.place import places_of
from harness.sim.selfcheck import bases as good
from harness.wire import er7path

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def bases(profile: Profile) -> Bases:
    return good.bases(profile)


@pytest.fixture
def made_once(monkeypatch: pytest.MonkeyPatch, profile: Profile, bases: Bases) -> None:
    """What every process makes anew is made once for hundreds of command lines."""
    statements = coverage.load(profile)
    for name in ("bases", "plainest"):
        monkeypatch.setattr(good, name, lambda profile: bases)
    monkeypatch.setattr(coverage, "load", lambda profile: statements)
    monkeypatch.setattr(examples, "example", remembered)


SHOWN: dict[str, Example | None] = {}


def remembered(rule: Rule, profile: Profile, bases: Bases, kind: str | None) -> Example | None:
    """The example of a rule, the same for both languages."""
    if rule.id not in SHOWN:
        SHOWN[rule.id] = example(rule, profile, bases, kind)
    return SHOWN[rule.id]


@pytest.fixture
def telerad(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Exit code, output and error output of a command line."""
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["telerad", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, told.out, told.err

    return run


def constrained(profile: Profile) -> list[str]:
    """Every field that a rule or an element is about."""
    places = [place for rule in profile.rules for place in places_of(rule)]
    places += [place for element in profile.elements.values() for place in element.places]
    paths = {er7path.parse(place) for place in places}
    return sorted({p.segment + (f"-{p.field}" if p.field else "") for p in paths})


@pytest.mark.usefixtures("made_once")
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_explain_answers_for_every_rule(telerad: Told, profile: Profile, lang: str) -> None:
    """Each rule in one of the languages, every other one in French."""
    for rule in profile.rules[lang == "en" :: 2]:
        code, out, err = telerad("explain", rule.id, "--lang", lang)
        assert (code, err) == (0, ""), rule.id
        assert rule.says.in_(lang) in out
        assert rule.id in out


@pytest.mark.usefixtures("made_once")
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_explain_answers_for_every_constrained_field(
    telerad: Told, profile: Profile, lang: str
) -> None:
    fields = constrained(profile)
    assert len(fields) > 80
    for field in fields:
        code, out, err = telerad("explain", field, "--lang", lang)
        assert (code, err) == (0, ""), field
        assert out.startswith(field + " ")


def test_explain_shows_both_examples_and_the_finding(telerad: Told) -> None:
    code, out, _ = telerad("explain", "lb-a-pid-8", "--lang", "en")
    assert code == 0
    assert "valid example   A" in out
    assert "invalid example" in out
    assert "what the finding would say  PID-8" in out
    assert "S-3.2.2-37" in out


def test_explain_is_quick(telerad: Told) -> None:
    telerad("explain", "PID-3")
    started = time.process_time()
    telerad("explain", "CDA-TLR-AUTH-006")
    assert time.process_time() - started < 1.0


def test_explain_a_place_of_a_flow(telerad: Told) -> None:
    code, out, _ = telerad("explain", "pid-3.4", "--flow", "A", "--lang", "en")
    assert code == 0
    assert out.startswith("PID-3.4   Assigning Authority")
    assert "LB-A-PID-3-OID" in out
    assert "LB-PID-3 " not in out
    assert "1.2.250.1.213.1.4.10" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("explain", "LB-A-PID-88"), "did you mean `LB-A-PID-8`?"),
        (("explain", "PIX-3"), "did you mean `PID`?"),
        (("explain", "PID-99"), "PID goes up to PID-39"),
        (("explain", "PID-3.11"), "PID-3 goes up to PID-3.10"),
        (("explain", "PID-3", "--flow", "Z"), "`Z` is nothing that the rules"),
        (("explain", "LB-A-PID-8", "--flow", "D"), "it is about: A"),
        (("rules", "show", "LB-A-PID-88"), "did you mean `LB-A-PID-8`?"),
        (("rules", "list", "--flow", "Z"), "`Z` is nothing that the rules"),
        (("rules", "list", "--format", "junit"), "one of: text, json, html"),
    ],
)
def test_a_mistake_is_one_line_with_the_next_thing_to_try(
    telerad: Told, arguments: tuple[str, ...], told: str
) -> None:
    code, out, err = telerad(*arguments, "--lang", "en")
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_rules_list_filters(telerad: Told) -> None:
    arguments = ("rules", "list", "LB-", "--flow", "D", "--level", "should", "--format", "json")
    code, out, _ = telerad(*arguments)
    rows = json.loads(out)
    assert code == 0
    assert len(rows) > 10
    for row in rows:
        assert row["id"].startswith("LB-")
        assert "D" in row["kinds"]
        assert row["level"] == "SHOULD"


def test_rules_show_is_explain(telerad: Told) -> None:
    assert telerad("rules", "show", "LB-D-DOSE") == telerad("explain", "LB-D-DOSE")


def test_coverage_ends_with_the_score(telerad: Told) -> None:
    code, out, _ = telerad("rules", "coverage", "--lang", "en")
    assert code == 0
    assert out.splitlines()[-2].endswith("0 without status")
    assert out.splitlines()[-1] == "rules of the guide that no statement cites: 0"


def test_coverage_as_a_file(telerad: Told, tmp_path: Path) -> None:
    file = tmp_path / "book.json"
    assert telerad("rules", "coverage", "--format", f"json={file}") == (0, "", "")
    told = json.loads(file.read_text(encoding="utf-8"))
    assert sum(told["score"].values()) == len(told["statements"]) > 140


def test_rules_as_a_page(telerad: Told, tmp_path: Path) -> None:
    file = tmp_path / "book.html"
    assert telerad("rules", "list", "LB-A", "--format", f"html={file}") == (0, "", "")
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert 'id="LB-A-PID-8"' in page
    assert 'id="LB-D-DOSE"' not in page
