"""Several runs become one report, whose folder is a run like any other."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from lxml import html

from harness import data
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.compare.merging import merge
from harness.show.formats.jsonfmt import as_dict, to_json
from harness.show.formats.junit import to_junit
from harness.show.pages.html import to_html
from harness.show.ranking import findings_in_order
from harness.show.report import Report
from harness.show.runs import recorded, session
from harness.show.runs.rejudging import judge_again

SCHEMA = json.loads(data.path("schemas", "result.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def merged(nominal: Report, stopped: Report, faulty: Report) -> Report:
    runs = (("acme", replace(nominal, sut="ris")), ("best <ris>", stopped), ("care", faulty))
    return merge(runs, "telerad merge")


def test_numbers_go_on_from_one_run_to_the_next(merged: Report) -> None:
    assert [x.number for x in merged.exchanges] == list(range(1, 16))
    assert [part.numbers for part in merged.runs] == [
        tuple(range(first, first + 5)) for first in (1, 6, 11)
    ]
    assert {x.play for x in merged.exchanges} == {1, 6, 11}


def test_files_are_named_by_their_number(merged: Report) -> None:
    files = [judged.file for judged in merged.judged]
    assert len(set(files)) == len(files)
    assert merged.exchanges[5].request is not None
    assert merged.exchanges[5].request.file == "messages/0006-A.er7"
    assert merged.exchanges[14].request is not None
    assert merged.exchanges[14].request.document_file == "documents/0015-E.xml"


def test_nothing_found_is_lost(
    merged: Report, nominal: Report, stopped: Report, faulty: Report
) -> None:
    alone = [p.finding for r in (nominal, stopped, faulty) for p in findings_in_order(r)]
    together = [p.finding for p in findings_in_order(merged)]
    assert sorted(f.rule.id for f in together) == sorted(f.rule.id for f in alone)
    assert merged.verdict is Verdict.FAIL


def test_each_run_keeps_its_verdicts(merged: Report) -> None:
    result = as_dict(merged)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(to_json(merged, every=True)))
    assert [(r["name"], r["sut"], r["verdict"]) for r in result["runs"]] == [
        ("acme", "ris", "pass"),
        ("best <ris>", "none", "fail"),
        ("care", "none", "fail"),
    ]
    assert result["runs"][0]["scenarios"] == {"lb-nominal-ct-brain": "pass"}
    assert result["sut"] == "both"


def test_a_run_alone_says_nothing_of_runs(nominal: Report) -> None:
    assert "runs" not in as_dict(nominal)


def test_the_folder_is_read_back_as_it_was(
    merged: Report, profile: Profile, tmp_path: Path
) -> None:
    session.keep_files(merged.exchanges, tmp_path)
    (tmp_path / "result.json").write_text(to_json(merged, every=True), encoding="utf-8")
    again = judge_again(recorded.read(tmp_path), profile, "telerad merge")
    assert as_dict(again, every=True) == as_dict(merged, every=True)


def test_merging_what_was_merged_keeps_every_run(merged: Report, nominal: Report) -> None:
    more = merge((("all", merged), ("new", nominal)), "telerad merge")
    assert [part.name for part in more.runs] == ["acme", "best <ris>", "care", "new"]
    assert more.runs[3].numbers == tuple(range(16, 21))


def test_the_page_has_a_row_for_each_run(merged: Report) -> None:
    page = html.fromstring(to_html(merged, "en"))
    rows = page.xpath("//section[@id='runs']//tbody/tr")
    assert [row.find("th").text.strip() for row in rows] == ["acme", "best <ris>", "care"]
    links = [row.xpath(".//a/@href") for row in rows]
    assert links == [["#exchange-1"], ["#exchange-6"], ["#exchange-11"]]


def test_cases_stay_apart(merged: Report) -> None:
    root = html.fromstring(to_junit(merged).encode())
    names = [(c.get("classname"), c.get("name")) for c in root.iter("testcase")]
    assert len(set(names)) == len(names)
