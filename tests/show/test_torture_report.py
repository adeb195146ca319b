"""The reports of the MLLP torture suite, from results made by hand."""

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from lxml import etree
from rich.console import Console

from harness import data
from harness.rules.rule import Level, Verdict
from harness.show import torture
from harness.show.pages import torturehtml
from harness.show.terminal import Terminal
from harness.show.torture import Report
from harness.sim.torture import case as torture_case
from harness.sim.torture.events import Found, Line, Result
from harness.text import plain, say

EVIL = "\x1b[2J</td><script>alert(1)</script>\u202e"
EVERY = torture_case.every()


def result(number: int, behaviour: Verdict, aftermath: Verdict = Verdict.PASS) -> Result:
    found = (
        Found("behaviour", Level.MUST, behaviour, plain("wanted"), plain(EVIL)),
        Found("aftermath", Level.MUST, aftermath, plain("wanted"), say("mllp.saw.nothing")),
    )
    lines = (
        Line(0.0, "a", "-", what=plain(EVIL)),
        Line(0.1, "a", "out", b"\x0bMSH" + EVIL.encode(), 1000, 3, tail=b"\x1c\r"),
    )
    return Result(EVERY[number], behaviour, aftermath, found, lines, 0.5)


RESULTS = (
    result(0, Verdict.PASS),
    result(1, Verdict.FAIL),
    result(2, Verdict.WARNING),
    result(3, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    result(-1, Verdict.NOT_TESTED, Verdict.NOT_TESTED),
    result(-2, Verdict.PASS, Verdict.FAIL),
)


@pytest.fixture
def report() -> Report:
    started = datetime(2026, 1, 5, 10, tzinfo=UTC)
    terms = {"patience": 2.0, "ack_timeout": 10.0, "sut_timeout": 10.0}
    return Report(
        "0.1", "telerad mllp run", started, 1.5, plain(f"receiver {EVIL}"), terms, RESULTS
    )


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.links.append(value or "")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_is_one_file_under_its_policy(report: Report, lang: str) -> None:
    page = torturehtml.to_html(report, lang)
    found = Page()
    found.feed(page)
    inner = {link[1:] for link in found.links if link.startswith("#")}
    assert [link for link in found.links if not link.startswith(("#", "data:,"))] == []
    assert inner <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert found.tags.count("script") == found.tags.count("style") == 1
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"sha256-{digest}" in policy[1].replace("&#39;", "'")


def test_what_a_peer_sent_does_not_act_on_the_page(report: Report) -> None:
    page = torturehtml.to_html(report, "en")
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "<ESC>[2J" not in page
    assert "&lt;ESC&gt;[2J" in page


def test_every_case_is_on_the_page_with_both_verdicts(report: Report) -> None:
    page = torturehtml.to_html(report, "en")
    for one in RESULTS:
        assert f'id="{one.attack.id}"' in page
    assert 'data-choice="fail"' in page
    assert "Does not hold" in page
    assert '<html lang="en">' in page


def test_the_json_is_as_its_schema_says(report: Report) -> None:
    schema = json.loads(data.path("schemas", "mllp-result.schema.json").read_text(encoding="utf-8"))
    found = json.loads(torture.to_json(report))
    jsonschema.validate(found, schema)
    assert found["verdict"] == "fail"
    assert [case["behaviour"] for case in found["cases"]] == [r.behaviour.word for r in RESULTS]
    assert found["cases"][0]["lines"][1]["text"]["en"].endswith("<FS><CR>  [3 packets]")


def test_the_junit_is_valid_and_counts(report: Report) -> None:
    text = torture.to_junit(report, "fr")
    root = etree.fromstring(text.encode())
    etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd"))).assertValid(root)
    assert int(root.get("tests")) == len(RESULTS)
    counts = {name: int(root.get(name)) for name in ("failures", "errors", "skipped")}
    assert counts == {"failures": 2, "errors": 1, "skipped": 1}


def test_the_terminal_tells_matrix_and_verdict(report: Report) -> None:
    out = io.StringIO()
    terminal = Terminal("en", Console(file=out, width=120, highlight=False, soft_wrap=True))
    for one in RESULTS:
        torture.tell(terminal, one)
    torture.summary(terminal, replace(report, interrupted=True))
    told = out.getvalue()
    assert "\x1b" not in told
    assert "✗ Does not hold" in told
    assert "receiver, MUST: 1/3 passed" in told
    assert "receiver     framing" in told


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ((), "inconclusive"),
        (RESULTS[:1], "pass"),
        ((RESULTS[0], RESULTS[4]), "pass"),
        ((RESULTS[0], RESULTS[3]), "inconclusive"),
        (RESULTS, "fail"),
    ],
)
def test_the_verdict_is_the_worst_of_what_could_be_told(
    report: Report, results: tuple[Result, ...], verdict: str
) -> None:
    assert replace(report, results=results).verdict.word == verdict
