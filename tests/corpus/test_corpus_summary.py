"""The fold of all rows, and what shows it."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree
from packing import as_rows
from rich.console import Console

from harness import data
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.corpus import asjson, plots, rows, summary, summaryhtml, telling
from harness.show.corpus.checking import Checked, Wanted
from harness.show.corpus.pieces import Piece
from harness.show.corpus.ruleset import Choice, RuleSet
from harness.show.corpus.summary import Summary
from harness.show.terminal import Terminal
from harness.text import plain

HOSTILE = "<script>alert(1)</script>$\\frac{a}$‮\x1b[2J&\"'"


def row(index: int, **more: Any) -> dict[str, Any]:
    made = as_rows(rows.untold(Piece(f"m{index}", b"x", index=index), Verdict.PASS, plain("-")))
    found = made[0] | {"finding_verdict": None, "actual_fr": None, "actual_en": None, "findings": 0}
    return found | {"application": "A", "facility": "F", "date": "20260105"} | more


def broken(index: int, rule: str = "INS-F03", **more: Any) -> dict[str, Any]:
    finding = {"rule": rule, "level": "MUST", "finding_verdict": "fail", "verdict": "fail"}
    texts = {f"{key}_{lang}": key for key in ("expected", "actual") for lang in ("fr", "en")}
    return row(index, findings=1, path="PID-3", line=2, **finding, **texts, **more)


def folded(*found: dict[str, Any]) -> Summary:
    summary = Summary()
    for one in found:
        summary.take(one)
    return summary


Made = Callable[[Summary], Checked]


@pytest.fixture
def made(profile: Profile, rules: RuleSet, choice: Choice) -> Made:
    def make(summary: Summary) -> Checked:
        at = datetime(2026, 1, 5, tzinfo=UTC)
        wanted = Wanted((), choice, command=f"telerad check {HOSTILE}")
        return Checked(summary, profile, rules, wanted, at, 2.0, 1, 0, False)

    return make


def test_messages_are_counted_once_whatever_their_findings() -> None:
    found = folded(
        broken(1),
        broken(1, "INS-O02"),
        broken(1, "INS-O02"),
        row(2, date="2026", application=None, facility=None),
        row(3, action="RO", kind="E"),
    )
    assert (found.messages, found.rows) == (3, 5)
    assert found.verdicts == {"fail": 1, "pass": 2}
    assert found.senders == {("A", "F"): {"fail": 1, "pass": 1}, ("", ""): {"pass": 1}}
    assert found.days == {"2026-01-05": {"fail": 1, "pass": 1}, "": {"pass": 1}}
    assert (found.broken["INS-O02"].messages, found.broken["INS-O02"].findings) == (1, 2)
    assert found.lives == {"RO": 1}
    assert found.verdict is Verdict.FAIL


def test_the_worst_of_all_and_the_order_of_what_is_broken() -> None:
    assert Summary().verdict is Verdict.INCONCLUSIVE
    warned = {"finding_verdict": "warning", "verdict": "warning"}
    found = folded(
        *(broken(n, "TC-BASE64") | warned for n in range(1, 5)),
        broken(5, "INS-F03"),
        *(broken(n, "INS-O02") for n in (6, 7)),
    )
    assert [one.rule for one in found.in_order()] == ["INS-O02", "INS-F03", "TC-BASE64"]


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch, made: Made) -> None:
    monkeypatch.setattr(summary, "SENDERS", 5)
    found = Summary()
    for n in range(3000):
        one = broken(
            n + 1, date=f"{1900 + n % 300}0{n % 9 + 1}01", application=f"S{n}", name="x" * 4000
        )
        found.take(one | {"actual_fr": "é" * 400, "actual_en": "é" * 400})
    assert len(found.senders) == 6
    assert found.senders[summary.OTHERS].total() == 2995
    assert len(found.broken["INS-F03"].examples) == summary.EXAMPLES
    assert max(found.days) < "2100"
    assert found.messages == 3000
    assert len(summaryhtml.to_html(made(found), "en", None)) < 200_000


@pytest.mark.parametrize(
    ("days", "step", "count"), [(10, "day", 10), (300, "week", 43), (1000, "month", 33)]
)
def test_time_is_told_in_steps_that_a_plot_can_show(days: int, step: str, count: int) -> None:
    first = date(2026, 1, 5)
    found = folded(
        *(row(n + 1, date=f"{first + timedelta(days=n):%Y%m%d}") for n in range(days)),
        row(days + 1, date=None),
    )
    named, steps = summary.over_time(found)
    assert (named, len(steps)) == (step, count)
    assert sum(of.total() for _, of in steps) == days


@pytest.mark.parametrize("written", ["", None, "20261301", "2026", "18000101", "٢٠٢٦٠١٠٥", "x"])
def test_a_date_that_is_none(written: str | None) -> None:
    assert summary.day_of(written) == ""


def test_the_json_holds_to_its_schema(made: Made) -> None:
    schema = json.loads(data.path("schemas", "corpus-summary.schema.json").read_text("utf-8"))
    unread = row(3) | {"finding_verdict": "inconclusive", "verdict": "inconclusive"}
    checked = made(folded(broken(1), row(2, date=None), unread))
    jsonschema.Draft202012Validator(schema).validate(json.loads(asjson.to_json(checked)))


def test_the_page_says_it_all_in_both_languages(made: Made) -> None:
    checked = made(folded(broken(1), broken(2), row(3)))
    page = summaryhtml.to_html(checked, "fr", None)
    for said in (
        "66.67",
        "Par règle",
        "By rule",
        'href="#rule-INS-F03"',
        "telerad explain INS-F03",
    ):
        assert said in page
    assert telling.notes(checked)[0].fr in html.unescape(page)


@pytest.mark.parametrize("drawn", [True, False])
def test_hostile_names_do_nothing(
    made: Made, monkeypatch: pytest.MonkeyPatch, *, drawn: bool
) -> None:
    monkeypatch.setattr(plots, "is_possible", lambda: drawn)
    texts = {f"{key}_{lang}": HOSTILE for key in ("expected", "actual") for lang in ("fr", "en")}
    bad = broken(1, application=HOSTILE, facility=HOSTILE, kind=HOSTILE)
    page = summaryhtml.to_html(made(folded(bad | texts | {"name": HOSTILE})), "en", None)
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert "‮" not in page
    assert page.count("<script>") == 1
    assert page.count("<svg") == (3 if drawn else 0)


def test_the_terminal_shows_no_control_character(made: Made) -> None:
    out = StringIO()
    terminal = Terminal("en", Console(file=out, width=200))
    bad = broken(1, application=HOSTILE) | {"name": HOSTILE, "actual_en": HOSTILE}
    telling.tell(made(folded(bad, broken(2, "NO-SUCH-RULE"))), terminal)
    assert "\x1b" not in out.getvalue()
    assert "‮" not in out.getvalue()
    assert "Does not conform" in out.getvalue()


def test_plots_obey_the_policy_of_the_page() -> None:
    pytest.importorskip("matplotlib")
    counts = summary.Counter({"pass": 3, "fail": 2})
    drawn = [
        plots.across("one", [("A", counts), ("$x$ <b>", counts)]),
        plots.across("two", [("A", counts)]),
        plots.over_time("three", [(datetime(2026, 1, 5, tzinfo=UTC).date(), counts)], 1),
    ]
    ids: list[str] = []
    for svg in drawn:
        root = etree.fromstring(svg)
        assert not root.xpath("//@style|//*[local-name()='style']|//*[local-name()='script']")
        ids += [str(one) for one in root.xpath("//@id")]
        links = re.findall(r"(?:#|url\(#)([\w-]+)", " ".join(_links(root)))
        assert set(links) <= set(map(str, root.xpath("//@id")))
    assert len(ids) == len(set(ids))
    assert "$x$ &lt;b&gt;" in drawn[0]
    assert drawn[0] == plots.across("one", [("A", counts), ("$x$ <b>", counts)])


def _links(root: Any) -> list[str]:
    found = root.xpath("//@clip-path|//@*[local-name()='href']")
    return [str(one) for one in found]


def test_a_message_that_is_a_file_is_linked(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a b.er7").write_bytes(b"")
    page = tmp_path / "out" / "page.html"
    assert summaryhtml.link_of(str(tmp_path / "in" / "a b.er7"), page) == "../in/a%20b.er7"
    assert summaryhtml.link_of(f"{tmp_path}/in/a b.er7#3", page) == "../in/a%20b.er7"
    assert summaryhtml.link_of(f"{tmp_path}/in/none.er7", page) == ""
    assert summaryhtml.link_of("javascript:alert(1)", page) == ""
    assert summaryhtml.link_of(str(tmp_path / "in" / "a b.er7"), None) == ""


def test_what_could_not_be_read_is_told(made: Made) -> None:
    unread = row(1) | {"finding_verdict": "inconclusive", "verdict": "inconclusive"}
    checked = made(folded(unread | {"actual_fr": "pas lu", "actual_en": "not read"}))
    assert checked.exit_code == 3
    assert "not read" in summaryhtml.to_html(checked, "en", None)
    assert replace(checked, interrupted=True).exit_code == 130
