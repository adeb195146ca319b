from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from harness.rules.rule import Verdict
from harness.show.formats.junit import to_junit
from harness.show.ranking import every_outcome
from harness.show.report import Report

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))
TAGS = {
    Verdict.FAIL: "failure",
    Verdict.ERROR: "error",
    Verdict.INCONCLUSIVE: "error",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.NOT_TESTED: "skipped",
}


def read(report: Report, lang: str = "fr") -> etree._Element:
    return etree.fromstring(to_junit(report, lang).encode())


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_report_is_valid(report: Report, lang: str) -> None:
    SCHEMA.assertValid(read(report, lang))


def test_the_schema_refuses_a_case_with_two_results(nominal: Report) -> None:
    root = read(nominal)
    case = root.find(".//testcase")
    etree.SubElement(case, "failure", message="", type="fail")
    etree.SubElement(case, "error", message="", type="fail")
    assert not SCHEMA.validate(root)


def test_the_totals_are_those_of_the_cases(report: Report) -> None:
    root = read(report)
    cases = root.findall(".//testcase")
    for element in (root, root.find("testsuite")):
        assert element.get("tests") == str(len(cases))
        for total, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(total) == str(len(root.findall(f".//testcase/{tag}")))


def test_every_outcome_is_one_case(report: Report) -> None:
    outcomes = [outcome for outcome, _, _ in every_outcome(report)]
    not_run = sum(exchange.state == "not_run" for exchange in report.exchanges)
    wanted = Counter(TAGS[o.verdict] for o in outcomes if o.verdict in TAGS)
    wanted["skipped"] += not_run
    root = read(report)
    assert int(root.get("tests")) == len(outcomes) + not_run
    assert Counter(e.tag for e in root.iterfind(".//testcase/*") if e.tag in wanted) == wanted


def test_a_case_is_found_by_its_class_and_name_alone(report: Report) -> None:
    names = Counter((c.get("classname"), c.get("name")) for c in read(report).iter("testcase"))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_failure_says_what_was_expected_and_found(faulty: Report) -> None:
    failures = read(faulty, "en").findall(".//testcase/failure")
    assert [f.getparent().get("name").split()[0] for f in failures] == [
        "CDA-TLR-AUTH-001",
        "STEP-EXPECT",
    ]
    assert "/ClinicalDocument" in failures[0].text
    assert "expected: 2 authors in the document\nactual: 1" in failures[1].text


def test_an_exchange_that_was_not_run_is_skipped_with_its_reason(stopped: Report) -> None:
    cases = {c.get("name"): c for c in read(stopped, "en").iter("testcase")}
    assert [name for name in cases if name.startswith("Exchange")] == [
        f"Exchange {flow}" for flow in "BCDE"
    ]
    assert cases["Exchange B"].find("skipped").get("message") == "flow A did not succeed"


def test_control_characters_are_shown_as_codes(hostile: Report) -> None:
    text = to_junit(hostile)
    assert "#x1B[31m" in text
    assert not {c for c in text if ord(c) < 32 and c not in "\t\n\r"}


def test_hostile_text_stays_text(hostile: Report) -> None:
    tags = {element.tag for element in read(hostile).iter()}
    assert tags <= {
        "testsuites", "testsuite", "properties", "property", "testcase",
        "failure", "error", "skipped", "system-out",
    }  # fmt: skip
    assert any("<script>" in (e.text or "") for e in read(hostile).iter())


def test_a_zone_does_not_reach_the_timestamp(nominal: Report) -> None:
    assert read(nominal).find("testsuite").get("timestamp") == "2026-01-05T10:00:00"
