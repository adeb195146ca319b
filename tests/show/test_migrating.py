"""The migration report: a recorded white-paper exchange under an edition of the ANS guide."""

import json
from collections.abc import Iterator

import edition
import jsonschema
import pytest
from rich.console import Console

from harness import data
from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.migration import Status
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.compare import migrating, migrationreport
from harness.show.compare.migrating import FlowReport, Todo, Way
from harness.show.formats.jsonfmt import to_json
from harness.show.report import Report
from harness.show.runs import recorded
from harness.show.terminal import Terminal
from harness.text import LANGUAGES


@pytest.fixture(scope="module", autouse=True)
def _published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with edition.published(tmp_path_factory.mktemp("data")):
        yield


@pytest.fixture(scope="module")
def way(profile: Profile, nominal: Report) -> Way:
    return _way(profile, nominal)


def _way(profile: Profile, report: Report) -> Way:
    assert report.folder
    (report.folder / "result.json").write_text(to_json(report, every=True), encoding="utf-8")
    run = recorded.read(report.folder)
    return migrating.migrate(run, profile, profiles.load(edition.NAME), "telerad migrate")


def flow(way: Way, name: str) -> FlowReport:
    return next(one for one in way.flows if one.move.to == name)


def todo(way: Way, flow_name: str, rule: str) -> tuple[str, Todo]:
    """The one thing to do for a rule, with the segment that it stands under."""
    found = [
        (segment, one)
        for segment, group in flow(way, flow_name).todo
        for one in group
        if one.rule.id == rule
    ]
    assert len(found) == 1
    return found[0]


def test_each_flow_has_its_worth_under_both_guides(way: Way) -> None:
    pairs = [(one.move.flow, one.move.to) for one in way.flows]
    assert pairs == [("A", "1"), ("", "2"), ("C", "3"), ("D", "4"), ("B", "B"), ("E", "E")]
    for one in way.flows:
        if one.move.to == "2":
            assert (one.before, one.after) == (None, None)
            continue
        assert one.before is not None
        assert one.before.verdict is Verdict.PASS
        assert one.after is not None
    request = flow(way, "1").after
    assert request is not None
    assert request.verdict is Verdict.FAIL
    assert request.failures >= 2


def test_what_is_missing_is_told_by_segment(way: Way) -> None:
    segment, one = todo(way, "1", "TLR-NEXT-ORC-30")
    assert (segment, one.path, one.missing, one.already) == ("ORC", "ORC-30", True, False)
    assert one.rule.source.section == "next"


def test_what_is_there_and_wrong_is_to_be_corrected(way: Way) -> None:
    segment, one = todo(way, "1", "TLR-NEXT-OBR-4")
    assert (segment, one.path, one.missing) == ("OBR", "OBR-4.1", False)
    assert one.known == ()


def test_of_a_missing_segment_its_fields_are_asked_too(way: Way) -> None:
    """IPC-1 is asked; IPC-9, which must be empty, and IPC-8.2, which depends, are not."""
    _, whole = todo(way, "4", "TLR-NEXT-STRUCTURE")
    assert (whole.path, whole.missing) == ("IPC", True)
    segment, one = todo(way, "4", "TLR-NEXT-IPC-1")
    assert (segment, one.path, one.missing, one.awaited) == ("IPC", "IPC-1.1", True, True)
    rules = {t.rule.id for _, group in flow(way, "4").todo for t in group}
    assert rules & {"TLR-NEXT-IPC-9", "TLR-NEXT-IPC-8"} == set()


def test_an_optional_segment_that_is_absent_asks_nothing(way: Way) -> None:
    rules = {t.rule.id for _, group in flow(way, "1").todo for t in group}
    assert "TLR-NEXT-RXO-1" not in rules


def test_what_the_run_has_elsewhere_is_shown(way: Way, nominal: Report) -> None:
    _, one = todo(way, "4", "TLR-NEXT-IPC-1")
    request = nominal.exchanges[3].request
    assert request is not None
    assert request.message is not None
    accession = request.message.first("OBR-18")
    assert accession
    assert ("OBR-18", accession) in [(held.place, held.value) for held in one.known]


def test_each_datum_has_its_values_at_old_and_new_places(way: Way, nominal: Report) -> None:
    message = nominal.exchanges[3].request.message  # type: ignore[union-attr]
    assert message is not None
    data = {one.move.rules[0]: one for one in flow(way, "4").data if one.move.rules}
    study = data["LB-D-STUDY-UID"]
    assert study.move.status is Status.MOVED
    had = {held.place: held.value for held in study.had}
    assert had["ZDS-1.1"] == message.first("ZDS-1.1") != ""
    assert [(held.place, held.value) for held in study.has] == [("IPC-3.1", "")]
    site = data["LB-D-SITE"]
    assert site.move.to == "1"
    asked = nominal.exchanges[0].request.message  # type: ignore[union-attr]
    assert asked is not None
    assert site.has[0].value == asked.first("ORC-21.1") != ""
    assert data["LB-D-DOSE"].has == ()


def test_the_total_is_that_of_the_flows(way: Way) -> None:
    counted = sum(len(group) for one in way.flows for _, group in one.todo)
    assert way.to_do == counted > 0


def test_a_message_made_wrong_on_purpose_is_left_out(profile: Profile, everything: Report) -> None:
    way = _way(profile, everything)
    marked = [x for x in everything.exchanges if x.request and x.request.deliberate]
    assert marked
    rules = {
        outcome.rule.id
        for x in marked
        for outcome in (x.request.outcomes if x.request else ())
        if outcome.verdict is Verdict.FAIL
    }
    told = {t.rule.id for one in way.flows for _, group in one.todo for t in group}
    assert "INS-F03" in rules
    assert "INS-F03" not in told


def test_the_same_guide_is_no_migration(profile: Profile, nominal: Report) -> None:
    assert nominal.folder
    (nominal.folder / "result.json").write_text(to_json(nominal, every=True), encoding="utf-8")
    with pytest.raises(HarnessError, match="already"):
        migrating.migrate(recorded.read(nominal.folder), profile, profile, "telerad migrate")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_terminal_says_first_what_matters(way: Way, lang: str) -> None:
    console = Console(width=200, record=True, highlight=False)
    migrationreport.to_terminal(Terminal(lang, console), way)
    text = console.export_text()
    assert text.splitlines()[0] == f"✗ {migrationreport.headline(way).in_(lang)}"
    assert str(way.to_do) in text.splitlines()[0]
    for name in ("TLR-NEXT-ORC-30", "TLR-NEXT-IPC-1"):
        assert name in text
    assert migrationreport.summary(flow(way, "1")).in_(lang) in text


def test_json_follows_its_schema(way: Way) -> None:
    schema = json.loads(data.path("schemas", "migration.schema.json").read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator(schema)
    checker.check_schema(schema)
    result = json.loads(migrationreport.to_json(way))
    assert list(checker.iter_errors(result)) == []
    assert sum(len(one["to_do"]) for one in result["flows"]) == result["to_do"]
    del result["flows"][0]["after"]
    assert not checker.is_valid(result)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_holds_both_languages_and_all_there_is_to_do(way: Way, lang: str) -> None:
    text = migrationreport.to_html(way, lang)
    assert f'<html lang="{lang}">' in text
    assert text.count("<li><p><span") == way.to_do
    for word in ("Chaque examen a son IPC", "Each exam has its IPC"):
        assert word in text
