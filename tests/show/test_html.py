import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from harness.rules.rule import Verdict
from harness.show.pages.html import to_html
from harness.show.ranking import causes, findings_in_order
from harness.show.report import Report
from harness.text import catalogue

VOID = {"meta", "link", "input", "br", "img", "path", "rect", "line", "circle"}


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, and the text outside of script."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, str] = {}
        self._open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, text: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            self.raw[self._open[-1]] = text
        else:
            self.texts.append(text)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def values(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


_PAGES: dict[tuple[int, str], tuple[Report, Page]] = {}


def page(report: Report, lang: str = "fr") -> Page:
    """The page as a browser sees it; read once."""
    key = (id(report), lang)
    if key not in _PAGES:
        _PAGES[key] = (report, Page(to_html(report, lang)))
    return _PAGES[key][1]


def test_the_page_is_balanced(report: Report) -> None:
    assert page(report).unbalanced == []


def test_ids_are_unique(report: Report) -> None:
    ids = Counter(page(report).values("id"))
    assert [name for name, count in ids.items() if count > 1] == []


def test_every_link_leads_somewhere_on_the_page(report: Report) -> None:
    found = page(report)
    targets = [href for href in found.values("href") if href != "data:,"]
    assert [href for href in targets if not href.startswith("#")] == []
    ids = set(found.values("id"))
    assert {href[1:] for href in targets if "=" not in href} <= ids


def test_nothing_is_fetched_and_nothing_is_styled_or_scripted_inline(report: Report) -> None:
    found = page(report)
    assert found.values("src") == []
    assert found.values("style") == []
    assert [tag for tag, attrs in found.tags for name in attrs if name.startswith("on")] == []
    assert "url(" not in found.raw["style"]
    assert "@import" not in found.raw["style"]
    assert "http" not in found.raw["style"] + found.raw["script"]


def test_addresses_stand_in_text_only(report: Report) -> None:
    found = page(report)
    named = [value for _, attrs in found.tags for value in attrs.values() if value]
    assert [value for value in named if "http:" in value or "https:" in value] == []


def test_the_policy_allows_this_style_and_this_script_alone(report: Report) -> None:
    found = page(report)
    policy = next(a["content"] or "" for t, a in found.tags if a.get("http-equiv"))
    wanted = {
        f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(raw.encode()).digest()).decode()}'"
        for kind, raw in found.raw.items()
    }
    rules = {rule.strip() for rule in policy.split(";")}
    assert wanted <= rules
    assert "default-src 'none'" in rules
    assert "unsafe" not in policy
    assert Counter(tag for tag, _ in found.tags)["script"] == 1
    assert Counter(tag for tag, _ in found.tags)["style"] == 1


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_both_languages_are_inside(report: Report, lang: str) -> None:
    found = page(report, lang)
    assert found.tags[0] == ("html", {"lang": lang})
    head = catalogue()[f"head.{report.verdict.word}"]
    assert head.fr in found.text
    assert head.en in found.text
    spoken = Counter(attrs.get("lang") for tag, attrs in found.tags if tag == "span")
    assert spoken["fr"] == spoken["en"] > 50


def test_no_key_and_no_hole_of_the_catalogue_is_left(report: Report) -> None:
    text = page(report).text
    assert re.findall(r"\b(?:page|term|report|verdict|group|head)\.[a-z_]{3,}\b", text) == []
    holes = set(re.findall(r"\{[a-z_]+\}", text))
    assert holes <= {"{images}"}  # a unit of UCUM, in the documents


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7*191 }}{% raw %}",
        "]]><!--",
    ],
)
def test_hostile_text_is_shown_as_text(hostile: Report, text: str) -> None:
    found = page(hostile)
    assert found.text.count(text) >= 4  # MSH-9, PID-5, OBX-3, the command or a finding
    assert "1337" not in found.text
    tags = {tag for tag, _ in found.tags}
    assert "img" not in tags


def test_characters_that_act_are_shown_as_codes(hostile: Report) -> None:
    source = to_html(hostile)
    acting = {c for c in source if not c.isprintable() and c not in "\n\u00a0\u202f"}
    assert acting == set()
    assert "\\u202e" in source
    assert "\u241b[31m" in source  # ESC as a picture, in the message
    assert "\\x1b[31m" in source  # and as a code, in the file's name


def test_the_first_screen_answers_before_anything_else(faulty: Report) -> None:
    source = to_html(faulty)
    first = source[source.index("<h1>") : source.index('id="ladder"')]
    for needed in ("Non conforme", "livre-blanc-2024", "CDA-TLR-AUTH-001", 'id="untested"'):
        assert needed in first
    assert first.index("CDA-TLR-AUTH-001") < first.index("STEP-EXPECT")


def test_flows_without_a_message_are_named(hostile: Report, nominal: Report) -> None:
    assert hostile.absent_flows == ("A", "B", "C", "D")
    assert "Flux sans aucun message jugé : A, B, C, D" in page(hostile).text
    assert nominal.absent_flows == ()
    assert "Flux sans aucun message" not in page(nominal).text


def test_every_finding_is_there_with_its_place(report: Report) -> None:
    found = page(report)
    placed = [one for cause in causes(findings_in_order(report)) for one in cause.every]
    cards = [a for t, a in found.tags if (a.get("class") or "").startswith("finding ")]
    assert [card["id"] for card in cards] == [f"finding-{p.number}" for p in placed]
    assert [card["data-flow"] for card in cards] == [p.flow for p in placed]


def test_what_is_left_is_told_by_rule(hostile: Report) -> None:
    grouped = causes(findings_in_order(hostile))
    assert len(grouped) > 3
    assert sum(cause.count for cause in grouped) == len(findings_in_order(hostile))
    listed = page(hostile).text
    for cause in grouped[:9]:
        assert cause.first.finding.rule.id in listed


def test_every_exchange_stands_in_the_ladder_and_below(everything: Report) -> None:
    found = page(everything)
    assert len(everything.exchanges) > 20
    for exchange in everything.exchanges:
        anchor = f"exchange-{exchange.number}"
        assert found.values("href").count(f"#{anchor}") >= 1
        assert found.values("id").count(anchor) == 1


def test_the_separator_of_a_header_is_shown_once(nominal: Report) -> None:
    shown = page(nominal).text
    assert "MSH|^~\\&|" in shown
    assert "MSH||" not in shown


def test_an_interrupted_run_says_so(nominal: Report) -> None:
    assert "rapport partiel" in page(replace(nominal, interrupted=True)).text
    assert "rapport partiel" not in page(nominal).text


def test_nothing_judged_is_no_success(nominal: Report) -> None:
    empty = replace(nominal, exchanges=())
    assert empty.verdict is Verdict.INCONCLUSIVE
    assert "<h1>" in to_html(empty)
    assert "On ne peut pas conclure" in page(empty).text


def test_a_page_of_all_scenarios_can_be_sent_by_mail(everything: Report) -> None:
    assert len(to_html(everything).encode()) < 5_000_000
