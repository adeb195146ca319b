"""Known failures: known, new, stale, expired; read, applied, written anew."""

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml
from lxml import etree, html

from harness import data
from harness.errors import HarnessError
from harness.rules.rule import Verdict
from harness.show import baseline, baselinefile, outputs
from harness.show.baselinefile import Told
from harness.show.formats.junit import to_junit
from harness.show.pages.html import to_html
from harness.show.ranking import findings_in_order
from harness.show.report import Report, exit_code

TODAY = date(2026, 1, 5)
SCHEMA, RESULT = (
    json.loads(data.path("schemas", f"{name}.schema.json").read_text("utf-8"))
    for name in ("baseline", "result")
)
KNOWN = """\
# Agreed with the vendor.
known:
  # ticket 12
  - rule: CDA-TLR-AUTH-001
    place: /ClinicalDocument
    reason: second author comes with 4.2
    owner: RIS team
    expires: 2026-06-30

  - rule: STEP-EXPECT  # follows from it
    reason: same
"""


def load(tmp_path: Path, text: str) -> baseline.Baseline:
    file = tmp_path / "baseline.yaml"
    file.write_text(text, encoding="utf-8")
    return baseline.load(file)


def applied(report: Report, tmp_path: Path, text: str, today: date = TODAY) -> Report:
    return baseline.apply(report, load(tmp_path, text), today)


def test_known_failures_fail_nothing(faulty: Report, tmp_path: Path) -> None:
    report = applied(faulty, tmp_path, KNOWN)
    assert exit_code(faulty) == 1
    assert (report.verdict, exit_code(report)) == (Verdict.WARNING, 0)
    known = [p.finding.known for p in findings_in_order(report)]
    assert [k.reason for k in known if k] == ["second author comes with 4.2", "same"]


def test_a_new_failure_fails_beside_known_ones(faulty: Report, tmp_path: Path) -> None:
    report = applied(faulty, tmp_path, KNOWN[: KNOWN.index("\n  - rule: STEP-EXPECT")] + "\n")
    assert exit_code(report) == 1
    found = findings_in_order(report)
    assert [(p.finding.rule.id, bool(p.finding.known)) for p in found] == [
        ("STEP-EXPECT", False),
        ("CDA-TLR-AUTH-001", True),
    ]


def test_an_entry_that_matches_nothing_is_stale(faulty: Report, tmp_path: Path) -> None:
    text = KNOWN + "  - {rule: INS-F03, reason: old}\n"
    report = applied(faulty, tmp_path, text)
    assert exit_code(report) == 4
    assert report.baseline
    (one,) = report.baseline.outdated
    assert (one.line, one.rule, one.why) == (12, "INS-F03", "stale")


def test_an_entry_expires_after_its_last_day(faulty: Report, tmp_path: Path) -> None:
    assert exit_code(applied(faulty, tmp_path, KNOWN, date(2026, 6, 30))) == 0
    report = applied(faulty, tmp_path, KNOWN, date(2026, 7, 1))
    assert exit_code(report) == 4
    assert report.baseline
    assert [(o.line, o.why) for o in report.baseline.outdated] == [(4, "expired")]


def test_a_new_failure_weighs_more_than_an_outdated_entry(faulty: Report, tmp_path: Path) -> None:
    assert exit_code(applied(faulty, tmp_path, "known: [{rule: INS-F03, reason: old}]\n")) == 1


def test_what_could_not_be_told_is_never_known(stopped: Report, tmp_path: Path) -> None:
    text = "known:\n" + "".join(f"  - {{rule: {rule.id}, reason: all}}\n" for rule in stopped.rules)
    found = findings_in_order(applied(stopped, tmp_path, text))
    assert all(
        bool(p.finding.known) == (p.finding.verdict not in (Verdict.ERROR, Verdict.INCONCLUSIVE))
        for p in found
    )


@pytest.mark.parametrize(
    ("pattern", "place", "matches"),
    [
        ("*", "", True),
        ("PID-3[1].1", "PID-3[1].1", True),
        ("PID-3[1].1", "PID-31.1", False),
        ("PID-3[*].1", "PID-3[12].1", True),
        ("PID-?[1].1", "PID-3[1].1", True),
        ("PID-3", "PID-3[1]", False),
        ("/ClinicalDocument/*", "/ClinicalDocument/author[2]/time/@value", True),
        ("pid-3", "PID-3", False),
    ],
)
def test_places_are_matched_by_their_text(
    tmp_path: Path, pattern: str, place: str, matches: bool
) -> None:
    text = f"known: [{{rule: R, reason: x, place: {json.dumps(pattern)}}}]\n"
    assert load(tmp_path, text).entries[0].matches("R", place) is matches


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "known:\n  - {rule: R, reson: x}\n",
            ":2:15: unknown key: `reson` (did you mean `reason`?)",
        ),
        ("known:\n  - {rule: R}\n", ":2:5: "),
        ("known:\n  - {reason: R}\n", ":2:5: "),
        ("known:\n  - {rule: R, reason: ' '}\n", ":2:23: the reason is empty"),
        (
            "known:\n  - {rule: R, reason: x, expires: 31/01/2027}\n",
            ":2:35: `31/01/2027` is no date (2027-01-31)",
        ),
        ("knwon: []\n", ":1:1: unknown key: `knwon` (did you mean `known`?)"),
        ("known: nothing\n", ":1:8: "),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(HarnessError) as wrong:
        load(tmp_path, text)
    assert told in wrong.value.render("en")


def test_the_schema_says_the_same(tmp_path: Path) -> None:
    checker = jsonschema.Draft202012Validator(SCHEMA)
    assert checker.is_valid(yaml.safe_load(KNOWN.replace("2026-06-30", '"2026-06-30"')))
    assert not checker.is_valid({"known": [{"rule": "R", "reason": "x", "place_": "*"}]})
    assert not checker.is_valid({"known": [{"rule": "R"}]})
    assert checker.is_valid({"known": []})
    assert load(tmp_path, "known: []\n").entries == ()


def test_every_format_tells_what_is_known(faulty: Report, tmp_path: Path) -> None:
    report = applied(faulty, tmp_path, KNOWN + "  - {rule: INS-F03, reason: old}\n")
    result = json.loads(outputs.render(report, "json", "en", every=True))
    jsonschema.Draft202012Validator(RESULT).validate(result)
    assert result["findings"][0]["known"]["owner"] == "RIS team"
    assert result["baseline"]["outdated"][0]["line"] == 12
    cases = etree.fromstring(to_junit(report, "en").encode())
    assert cases.get("failures") == "1"
    assert cases.xpath("string(//testcase[@classname='livre-blanc-2024.baseline']/failure)")
    assert any("known: same" in s.get("message") for s in cases.iter("skipped"))
    sarif = json.loads(outputs.render(report, "sarif", "en"))["runs"][0]
    assert [r["suppressions"][0]["status"] for r in sarif["results"]] == ["accepted"] * 2
    commands = outputs.render(report, "github", "en").splitlines()
    assert [line.split()[0] for line in commands] == ["::notice"] * 2 + ["::error", "::notice"]
    assert ",line=12::INS-F03 * matches nothing any more" in commands[2]
    (told,) = sarif["invocations"][0]["toolConfigurationNotifications"]
    assert told["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}
    assert ":12</code> INS-F03 \\* matches nothing" in outputs.render(report, "markdown", "en")
    page = html.fromstring(to_html(report, "en"))
    assert "INS-F03" in page.xpath("string(//section[@id='outdated'])")
    assert "RIS team, 2026-06-30" in page.xpath("string(//section[@id='findings'])")


# -- written anew ----------------------------------------------------------------------------


def updated(tmp_path: Path, text: str, failures: list[tuple[str, str]]) -> tuple[str, list[object]]:
    found = baselinefile.updated(text, load(tmp_path, text), failures, Told("why", "me", ""))
    entries = load(tmp_path, found.text).entries
    assert (found.added, found.kept) == (
        sum(entry.reason == "why" for entry in entries),
        sum(entry.reason != "why" for entry in entries),
    )
    return found.text, list(entries)


AUTHOR = ("CDA-TLR-AUTH-001", "/ClinicalDocument")
STEP = ("STEP-EXPECT", "")


def test_what_still_matches_is_left_as_it_is(tmp_path: Path) -> None:
    text, _ = updated(tmp_path, KNOWN, [AUTHOR, STEP])
    assert text == KNOWN


def test_what_matches_nothing_goes_with_its_comment(tmp_path: Path) -> None:
    text, entries = updated(tmp_path, KNOWN, [STEP])
    assert len(entries) == 1
    assert "ticket 12" not in text
    assert text.startswith("# Agreed with the vendor.\nknown:\n")
    assert "# follows from it" in text
    text, _ = updated(tmp_path, KNOWN, [AUTHOR])
    assert "ticket 12" in text
    assert "STEP-EXPECT" not in text


def test_new_failures_come_at_the_end(tmp_path: Path) -> None:
    text, entries = updated(tmp_path, KNOWN, [AUTHOR, STEP, ("INS-F03", "PID-3[1].1")])
    assert text.startswith(KNOWN)
    assert len(entries) == 3
    assert (
        '  - rule: INS-F03\n    place: "PID-3[1].1"\n    reason: "why"\n    owner: "me"\n' in text
    )


def test_places_that_differ_by_numbers_share_an_entry(tmp_path: Path) -> None:
    failures = [("R", f"OBX[{n}]-5[1].1") for n in (1, 2, 3)]
    text, entries = updated(tmp_path, "known: []\n", failures)
    assert len(entries) == 1
    assert 'place: "OBX[*]-5[*].1"' in text


def test_nothing_left_is_an_empty_list(tmp_path: Path) -> None:
    text, entries = updated(tmp_path, KNOWN, [])
    assert entries == []
    assert "known: []\n" in text
    again, entries = updated(tmp_path, text, [STEP])
    assert len(entries) == 1
    assert again.startswith("# Agreed with the vendor.\nknown:\n  - rule: STEP-EXPECT\n")


def test_comments_after_the_entries_stay(tmp_path: Path) -> None:
    text, _ = updated(tmp_path, KNOWN + "\n# the end\n", [STEP, ("INS-F03", "PID-3")])
    assert text.endswith("\n# the end\n")


@pytest.mark.parametrize("text", ["known: [{rule: R, reason: x}]\n", "{known: []}\n"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(HarnessError, match="one entry a line"):
        updated(tmp_path, text, [])


@pytest.mark.parametrize("place", ['a"b\\c\n', "\u2028: #", "'*'", "é"])
def test_a_new_place_is_read_back_as_it_was(tmp_path: Path, place: str) -> None:
    _, entries = updated(tmp_path, "known: []\n", [("R", place)])
    assert [entry.matches("R", place) for entry in entries] == [True]  # type: ignore[attr-defined]
