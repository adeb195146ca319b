"""Two guides compared: every rule of both is told once, and what moved is what the guides say."""

import json

import jsonschema
import pytest
from rich.console import Console

from harness import data
from harness.rules import migration
from harness.rules import profile as profiles
from harness.rules.migration import Status
from harness.rules.profile import Profile
from harness.show.compare import rulesdiff
from harness.show.compare.rulesdiff import Diff
from harness.show.terminal import Terminal
from harness.text import LANGUAGES

SCHEMA = json.loads(data.path("schemas", "rules-diff.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def guide() -> Profile:
    return profiles.load("ans-tlr-2026")


@pytest.fixture(scope="module")
def found(profile: Profile, guide: Profile) -> Diff:
    return rulesdiff.diff(profile, guide)


def test_every_rule_is_told_once(found: Diff, profile: Profile, guide: Profile) -> None:
    before, after = ({rule.id for rule in one.rules} for one in (profile, guide))
    retired = {one.rule.id for one in found.retired}
    moved = {r.id for one in found.moved for r in one.before} - retired
    changed = {one.after.id for one in found.changed}
    added = {rule.id for rule in found.added}
    assert retired | moved == before - after
    assert changed <= before & after
    assert added <= after - before
    arrived = {r.id for one in found.moved for r in one.after} | added
    assert after - before <= arrived
    assert found.unchanged == len(before & after) - len(changed)
    assert found.counts["moved"] == len(moved)


def test_a_rule_at_another_level_is_changed(found: Diff) -> None:
    changed = {one.after.id: one for one in found.changed}
    stricter = changed["PF-PID-8"]
    assert stricter.what == ("level",)
    assert (stricter.before.level.value, stricter.after.level.value) == ("SHOULD", "MUST")


def test_a_rule_of_the_same_flows_under_other_names_is_not_changed(found: Diff) -> None:
    """HL7-MSH-7 is about A, C, D there and 1, 2, 3, 4 here: 2 is new, the others are tied."""
    changed = {one.after.id for one in found.changed}
    assert "HL7-MSH-7" not in changed
    assert {r.id for r in found.target.rules} >= {"HL7-MSH-7"}


def test_a_rule_that_reaches_another_flow_is_changed(found: Diff) -> None:
    """The strict traits of flow A were rules of the white paper; flow 1 takes the shared ones."""
    changed = {one.after.id: one for one in found.changed}
    assert changed["INS-T01-SEX"].what == ("kinds",)
    sex = next(one for one in found.moved if "LB-A-PID-8" in one.move.rules)
    assert "INS-T01-SEX" in [rule.id for rule in sex.after]


def test_the_opposite_way_has_no_migration_and_swaps_what_is_added(
    profile: Profile, guide: Profile, found: Diff
) -> None:
    back = rulesdiff.diff(guide, profile)
    assert back.moved == ()
    assert {one.after.id for one in back.changed} == {one.after.id for one in found.changed}
    assert {rule.id for rule in back.added} == {r.id for r in profile.rules} - {
        r.id for r in guide.rules
    }
    told = {(flow.flow, flow.to): flow.status for flow in back.flows}
    assert told["1", "A"] is Status.CHANGED
    assert told["2", ""] is Status.LOST
    assert told["B", "B"] is Status.KEPT


def test_a_guide_against_itself_differs_in_nothing(profile: Profile) -> None:
    same = rulesdiff.diff(profile, profile)
    assert same.counts == {
        "moved": 0, "changed": 0, "added": 0, "retired": 0, "unchanged": len(profile.rules),
    }  # fmt: skip
    assert {flow.status for flow in same.flows} == {Status.KEPT}


@pytest.mark.parametrize(
    ("rule", "status", "now"),
    [
        ("LB-A-CLINICAL", Status.SPLIT, "OBR-13"),
        ("LB-A-SITE", Status.SPLIT, "ORC-21.10"),
        ("LB-A-OBR-32", Status.MOVED, "ORC-11"),
        ("LB-A-PID-3-INS", Status.KEPT, "PID-3[5=INS].1"),
        ("LB-A-PV1-19", Status.CHANGED, "PV1-19"),
        ("LB-C-PROTOCOL", Status.CHANGED, "OBX[3.1=PROTOCOLE_IMAGERIE]-5"),
        ("LB-D-ACCESSION", Status.MOVED, "IPC-1.1"),
        ("LB-D-STUDY-UID", Status.MOVED, "IPC-3.1"),
        ("LB-D-SITE", Status.MOVED, "ORC-21.1"),
        ("LB-D-DOSE", Status.LOST, None),
        ("LB-D-REQUESTER", Status.LOST, None),
    ],
)
def test_a_datum_goes_where_the_guide_says(
    found: Diff, rule: str, status: Status, now: str | None
) -> None:
    move = next(one.move for one in found.moved if rule in one.move.rules)
    assert move.status is status
    assert (now in move.now) if now else move.now == ()


def test_every_rule_of_flows_a_c_and_d_has_its_row(profile: Profile, guide: Profile) -> None:
    """The rules of the white paper itself about an order message all end somewhere."""
    told = {name for row in migration.load(profile, guide).rows for name in row.rules}
    shared = {rule.id for rule in guide.rules}
    own = {
        rule.id
        for rule in profile.rules
        if rule.id.startswith("LB-") and rule.kinds & {"A", "C", "D"} and rule.id not in shared
    }
    assert own - told == set()


def test_a_row_that_moves_to_another_flow_says_which(found: Diff) -> None:
    site = next(one.move for one in found.moved if "LB-D-SITE" in one.move.rules)
    assert (site.flow, site.to) == ("D", "1")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_terminal_begins_with_the_counts(found: Diff, lang: str) -> None:
    console = Console(width=200, record=True, highlight=False)
    rulesdiff.to_terminal(Terminal(lang, console), found)
    text = console.export_text()
    first = text.splitlines()[0]
    for count in found.counts.values():
        assert str(count) in first
    for one in found.moved:
        assert one.move.says.in_(lang) in text
    for one in found.retired:
        assert one.rule.id in text


def test_json_follows_its_schema(found: Diff) -> None:
    checker = jsonschema.Draft202012Validator(SCHEMA)
    checker.check_schema(SCHEMA)
    result = json.loads(rulesdiff.to_json(found))
    assert list(checker.iter_errors(result)) == []
    assert len(result["moved"]) == len(found.moved)
    del result["counts"]
    assert not checker.is_valid(result)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_holds_every_rule_and_datum(found: Diff, lang: str) -> None:
    text = rulesdiff.to_html(found, lang)
    assert f'<html lang="{lang}">' in text
    for one in found.retired:
        assert f'id="retired-{one.rule.id}"' in text
    for changed in found.changed:
        assert f'id="changed-{changed.after.id}"' in text
    assert text.count("<tr>") == len(found.moved) + sum(1 for flow in found.flows if flow.rows)
