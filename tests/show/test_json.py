import json
from collections import Counter
from dataclasses import replace

import jsonschema
import pytest

from harness import data
from harness.rules.rule import Verdict
from harness.show.formats.jsonfmt import to_json
from harness.show.ranking import deliberate_findings, every_outcome, findings_in_order
from harness.show.report import Report

SCHEMA = json.loads(data.path("schemas", "result.schema.json").read_text(encoding="utf-8"))
CHECKER = jsonschema.Draft202012Validator(SCHEMA)
CONTRACT = {"schema", "tool", "profile", "rules_hash", "verdict", "files", "findings"}


@pytest.mark.parametrize("every", [False, True])
def test_every_report_follows_the_schema(report: Report, every: bool) -> None:
    assert list(CHECKER.iter_errors(json.loads(to_json(report, every=every)))) == []


def test_the_schema_is_itself_valid() -> None:
    CHECKER.check_schema(SCHEMA)


@pytest.mark.parametrize("key", sorted(CONTRACT))
def test_a_result_without_a_key_of_the_contract_is_refused(nominal: Report, key: str) -> None:
    result = json.loads(to_json(nominal))
    del result[key]
    assert not CHECKER.is_valid(result)


def test_a_finding_holds_what_the_contract_says(stopped: Report) -> None:
    first = json.loads(to_json(stopped, "en"))["findings"][0]
    assert first["rule"] == "INS-F03"
    assert (first["level"], first["verdict"]) == ("MUST", "fail")
    assert set(first["message"]) == {"fr", "en"}
    assert set(first["source"]) == {"document", "section"}
    place = first["place"]
    assert place["file"] == "messages/0001-A.er7"
    assert (place["flow"], place["path"], place["xpath"]) == ("A", "PID-3[1].1", None)
    start, end = place["span"]
    message = stopped.exchanges[0].request
    assert message is not None
    number = message.raw[start:end].decode()
    assert first["actual"] == f"key `{number[13:]}`"
    assert message.raw[:start].count(b"\r") + 1 == place["line"]


def test_a_place_in_a_document_is_an_xpath(faulty: Report) -> None:
    place = json.loads(to_json(faulty))["findings"][0]["place"]
    assert place["path"] is None
    assert place["xpath"] == "/ClinicalDocument"
    assert place["file"] == "documents/0005-E.xml"


def test_the_language_is_that_of_expected_and_actual(faulty: Report) -> None:
    said = [json.loads(to_json(faulty, lang))["findings"][1]["expected"] for lang in ("fr", "en")]
    assert said == ["2 auteurs dans le document", "2 authors in the document"]


def test_findings_are_what_deserves_attention_in_order(report: Report) -> None:
    found = json.loads(to_json(report))["findings"]
    assert [f["rule"] for f in found] == [p.finding.rule.id for p in findings_in_order(report)]
    assert {f["verdict"] for f in found} <= {
        "fail",
        "warning",
        "contested",
        "inconclusive",
        "error",
    }


def test_outcomes_come_on_request_only(report: Report) -> None:
    assert "outcomes" not in json.loads(to_json(report))
    outcomes = json.loads(to_json(report, every=True))["outcomes"]
    wanted = Counter(outcome.verdict.word for outcome, _, _ in every_outcome(report))
    assert Counter(o["verdict"] for o in outcomes) == wanted


def test_what_did_not_apply_says_why(nominal: Report) -> None:
    outcomes = json.loads(to_json(nominal, every=True))["outcomes"]
    aside = [o for o in outcomes if o["verdict"] in ("not_applicable", "not_tested")]
    assert aside
    assert [o for o in aside if not o["reason"]] == []


def test_the_counts_are_those_of_the_outcomes(report: Report) -> None:
    counts = json.loads(to_json(report))["counts"]
    assert sum(sum(level.values()) for level in counts.values()) == len(list(every_outcome(report)))


def test_messages_wrong_on_purpose_are_told_apart(everything: Report) -> None:
    result = json.loads(to_json(everything))
    assert result["verdict"] != "fail"
    assert len(result["deliberate"]) == len(deliberate_findings(everything)) > 5
    marked = [f["path"] for f in result["files"] if f["deliberate"]]
    assert {f["place"]["file"] for f in result["deliberate"]} <= {
        *marked,
        *(path.replace("messages/", "documents/").replace(".er7", ".xml") for path in marked),
    }


def test_hostile_text_comes_back_as_it_was(hostile: Report) -> None:
    paths = [f["path"] for f in json.loads(to_json(hostile))["files"]]
    assert [file.file for file in hostile.files] == paths


def test_an_unknown_verdict_would_be_refused(nominal: Report) -> None:
    result = json.loads(to_json(nominal)) | {"verdict": "ok"}
    assert not CHECKER.is_valid(result)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_schema_knows_every_verdict(nominal: Report, verdict: Verdict) -> None:
    result = json.loads(to_json(nominal)) | {"verdict": verdict.word}
    assert CHECKER.is_valid(result)


def test_an_interrupted_run_says_so(nominal: Report) -> None:
    assert json.loads(to_json(replace(nominal, interrupted=True)))["interrupted"] is True
