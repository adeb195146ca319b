"""Two results compared: each category on results made for it, and on runs that were played."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness import data
from harness.errors import HarnessError, NotMeasured
from harness.show.compare.rundiff import Category, RunDiff, as_dict, compare, headline, where
from harness.show.formats.jsonfmt import to_json
from harness.show.report import Report

SCHEMA = json.loads(data.path("schemas", "diff.schema.json").read_text(encoding="utf-8"))
CHECKER = jsonschema.Draft202012Validator(SCHEMA)

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def results(tmp_path: Path, nominal: Report) -> Callable[[Change, Change], RunDiff]:
    """The nominal result against itself, each side changed."""
    text = to_json(nominal, every=True)

    def both(one: Change, other: Change) -> RunDiff:
        files = []
        for name, change in (("a", one), ("b", other)):
            result = json.loads(text)
            change(result)
            files.append(tmp_path / f"{name}.json")
            files[-1].write_text(json.dumps(result), encoding="utf-8")
        found = compare(*files)
        assert list(CHECKER.iter_errors(as_dict(found))) == []
        return found

    return both


Both = Callable[[Change, Change], RunDiff]


def as_it_is(result: dict[str, Any]) -> None:
    """No change."""


def verdict(word: str, rule: str = "LB-A-PID-8", level: str = "MUST") -> Change:
    """The rule about the first message has this verdict, at this level of its profile."""

    def change(result: dict[str, Any]) -> None:
        result["rules"][rule] = level
        for outcome in result["outcomes"]:
            if outcome["rule"] == rule:
                outcome["verdict"], outcome["level"] = word, level

    return change


def without(rule: str) -> Change:
    """A profile that lacks the rule."""

    def change(result: dict[str, Any]) -> None:
        del result["rules"][rule]
        result["outcomes"] = [one for one in result["outcomes"] if one["rule"] != rule]

    return change


def only_findings(result: dict[str, Any]) -> None:
    """A result written without `--all`."""
    del result["outcomes"], result["rules"]


def categories(found: RunDiff) -> list[Category]:
    return [item.category for item in found.items]


@pytest.mark.parametrize(
    ("one", "other", "category", "code"),
    [
        (as_it_is, verdict("fail"), Category.NEW_FAILURE, 1),
        (verdict("not_applicable"), verdict("fail"), Category.NEW_FAILURE, 1),
        (verdict("warning"), verdict("fail"), Category.NEW_FAILURE, 1),
        (verdict("warning", level="SHOULD"), verdict("fail"), Category.STRICTER_RULE, 4),
        (without("LB-A-PID-8"), verdict("fail"), Category.NEW_RULE, 4),
        (verdict("fail"), verdict("fail"), Category.KNOWN, 0),
        (verdict("fail"), as_it_is, Category.NEW_PASS, 0),
        (verdict("fail"), verdict("warning", level="SHOULD"), Category.RELAXED_RULE, 0),
        (verdict("fail"), without("LB-A-PID-8"), Category.RETIRED_RULE, 0),
        (verdict("fail"), verdict("not_applicable"), Category.UNMEASURED, 3),
        (verdict("fail"), verdict("inconclusive"), Category.UNMEASURED, 3),
        (as_it_is, verdict("error"), Category.UNMEASURED, 3),
        (as_it_is, verdict("warning"), Category.NEW_WARNING, 0),
    ],
)
def test_each_category_has_its_code(
    results: Both, one: Change, other: Change, category: Category, code: int
) -> None:
    found = results(one, other)
    assert categories(found) == [category]
    assert [(item.rule, item.key.flow) for item in found.items] == [("LB-A-PID-8", "A")]
    assert found.code == code


def test_the_same_result_has_nothing_to_tell(results: Both) -> None:
    found = results(as_it_is, as_it_is)
    assert (found.items, found.code) == ((), 0)
    assert headline(found).en == "Nothing worse"


def test_rules_that_come_and_go_are_listed(results: Both) -> None:
    found = results(without("LB-A-PID-8"), without("LB-A-PID-7"))
    assert (found.new_rules, found.retired_rules) == (("LB-A-PID-8",), ("LB-A-PID-7",))
    assert (found.items, found.code) == ((), 0)
    assert "new rules: 1, retired: 1" in headline(found).en


def test_without_outcomes_rules_are_not_guessed(results: Both) -> None:
    found = results(only_findings, verdict("fail"))
    assert categories(found) == [Category.NEW_FAILURE]
    assert found.new_rules == ()
    assert as_dict(found)["before"]["complete"] is False


def test_the_worst_category_decides_and_comes_first(results: Both) -> None:
    def worse(result: dict[str, Any]) -> None:
        verdict("fail", "LB-A-PID-7")(result)
        verdict("fail", "LB-A-PID-8")(result)

    found = results(without("LB-A-PID-7"), worse)
    assert categories(found) == [Category.NEW_FAILURE, Category.NEW_RULE]
    assert found.code == 1


def write(folder: Path, name: str, report: Report) -> Path:
    file = folder / f"{name}.json"
    file.write_text(to_json(report, every=True), encoding="utf-8")
    return file


def test_a_run_that_stops_early_measures_less(
    tmp_path: Path, nominal: Report, stopped: Report
) -> None:
    files = write(tmp_path, "a", nominal), write(tmp_path, "b", stopped)
    found = compare(*files)
    told = {(i.category, i.rule, where(i.key).en) for i in found.items}
    name = nominal.exchanges[0].scenario
    assert told == {
        (Category.NEW_FAILURE, "INS-F03", f"message A ({name})"),
        (Category.NEW_FAILURE, "STEP-ACK", f"exchange A ({name})"),
        *((Category.UNMEASURED, "", f"message {flow} ({name})") for flow in "BCDE"),
    }
    back = compare(*reversed(files))
    assert set(categories(back)) == {Category.NEW_PASS}
    assert back.code == 0


def test_messages_are_found_again_where_numbers_shift(
    tmp_path: Path, everything: Report, faulty: Report
) -> None:
    files = write(tmp_path, "a", everything), write(tmp_path, "b", faulty)
    found = compare(*files)
    new = [item for item in found.items if item.category is Category.NEW_FAILURE]
    assert {item.key.flow for item in new} == {"E"}
    assert {item.key.scenario for item in new} == {"lb-nominal-ct-brain"}
    gone = {i.key.scenario for i in found.items if i.category is Category.UNMEASURED}
    assert gone == {x.scenario for x in everything.exchanges if x.request} - {"lb-nominal-ct-brain"}


def test_flows_of_two_guides_are_tied(results: Both) -> None:
    def guide(result: dict[str, Any]) -> None:
        result["profile"] = "ans-tlr-2026"
        for exchange in result["exchanges"]:
            exchange["flow"] = {"A": "1", "C": "3", "D": "4"}.get(
                exchange["flow"], exchange["flow"]
            )
        verdict("fail")(result)

    found = results(as_it_is, guide)
    assert categories(found) == [Category.NEW_FAILURE]
    assert [item.key.flow for item in found.items] == ["1"]


def test_checks_of_two_folders_are_compared_by_file(tmp_path: Path, hostile: Report) -> None:
    text = to_json(hostile, every=True)
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    moved = json.loads(text)
    root = str(Path(moved["files"][0]["path"]).parent)
    text = text.replace(root, "elsewhere/deep")
    (tmp_path / "b.json").write_text(text, encoding="utf-8")
    found = compare(tmp_path / "a.json", tmp_path / "b.json")
    assert set(categories(found)) == {Category.KNOWN}


def test_nothing_in_common_is_not_measured(tmp_path: Path, nominal: Report) -> None:
    files = write(tmp_path, "a", nominal), tmp_path / "b.json"
    result = json.loads(files[0].read_text(encoding="utf-8"))
    for exchange in result["exchanges"]:
        exchange["scenario"] = "another"
    files[1].write_text(json.dumps(result), encoding="utf-8")
    with pytest.raises(NotMeasured):
        compare(*files)


@pytest.mark.parametrize("key", ["profile", "exchanges", "files", "findings", "verdict"])
def test_a_result_that_lacks_something_is_one_mistake(
    tmp_path: Path, nominal: Report, key: str
) -> None:
    files = write(tmp_path, "a", nominal), tmp_path / "b.json"
    result = json.loads(files[0].read_text(encoding="utf-8"))
    del result[key]
    files[1].write_text(json.dumps(result), encoding="utf-8")
    with pytest.raises(HarnessError, match="damaged") as wrong:
        compare(*files)
    assert wrong.value.exit_code == 2
