"""The report in a real browser: headless Chromium, driven by playwright."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import chromium

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.compare import migrating, migrationreport, rulesdiff
from harness.show.formats.jsonfmt import to_json
from harness.show.pages.html import to_html
from harness.show.ranking import findings_in_order
from harness.show.report import Report
from harness.show.runs import recorded

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(faulty: Report, everything: Report, hostile: Report) -> "Iterator[Browser]":
    """The system's Chromium; TELERAD_CHROMIUM names another one.

    The reports are made before: playwright keeps an event loop running, and a run wants its own.
    """
    assert faulty.exchanges
    assert everything.exchanges
    assert hostile.files
    with chromium() as started:
        yield started


SEVERE = ("serious", "critical")
# every part of the page open, a few of the rows that are all alike
SHORTER = """() => {
    for (const part of document.querySelectorAll("details")) part.open = true;
    for (const many of document.querySelectorAll("tbody, table, .xml, .er7, .heat, #names"))
        Array.from(many.children).slice(6).forEach((one) => one.remove());
}"""


class Opened:
    """A report in the browser, with all that it said and asked for."""

    def __init__(self, browser: "Browser", file: Path, **options: object) -> None:
        self.context = browser.new_context(**options)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda mistake: self.said.append(str(mistake)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message) or dialog.dismiss())
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.address = file.as_uri()
        self.page.goto(self.address)

    def visible(self, selector: str) -> int:
        """How many of these can be seen."""
        seen = "nodes => nodes.filter(node => node.checkVisibility()).length"
        return int(self.page.locator(selector).evaluate_all(seen))


def write(folder: Path, report: Report, lang: str = "fr") -> Path:
    file = folder / "report.html"
    file.write_text(to_html(report, lang), encoding="utf-8", errors="backslashreplace")
    return file


@pytest.fixture
def compared(tmp_path: Path, faulty: Report, profile: Profile) -> dict[str, Path]:
    """The pages that compare: two guides, a run under both."""
    guide = profiles.load("ans-tlr-2026")
    assert faulty.folder
    (faulty.folder / "result.json").write_text(to_json(faulty, every=True), encoding="utf-8")
    way = migrating.migrate(recorded.read(faulty.folder), profile, guide, "telerad migrate")
    pages = {
        "guides": rulesdiff.to_html(rulesdiff.diff(profile, guide), "fr"),
        "migration": migrationreport.to_html(way, "fr"),
    }
    for name, text in pages.items():
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: tmp_path / f"{name}.html" for name in pages}


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
@pytest.mark.parametrize("name", ["guides", "migration"])
def test_pages_that_compare_fit_and_fetch_nothing(
    browser: "Browser", compared: dict[str, Path], name: str, width: int
) -> None:
    found = Opened(browser, compared[name], viewport={"width": width, "height": 800})
    assert found.visible("h1 .en, td .en") == 0
    found.page.click("#language")
    assert found.visible("h1 .fr, td .fr") == 0
    assert found.visible("table.moves td") > 0
    found.page.locator("summary").evaluate_all("nodes => nodes.forEach(node => node.click())")
    assert found.said == []
    assert [url for url in found.asked if url not in (found.address, "data:,")] == []
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width
    found.context.close()


def test_rules_of_two_guides_are_filtered(browser: "Browser", compared: dict[str, Path]) -> None:
    found = Opened(browser, compared["guides"])
    every = found.visible(".rule")
    found.page.select_option("select[name=choice]", "retired")
    retired = found.visible(".rule")
    assert 0 < retired < every
    found.page.fill("input[name=q]", "LB-D-DOSE-UNIT")
    assert found.visible(".rule") == 1
    found.context.close()


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path, faulty: Report) -> Iterator[Opened]:
    found = Opened(browser, write(tmp_path, faulty), viewport={"width": 1280, "height": 900})
    yield found
    found.context.close()


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
@pytest.mark.parametrize("name", ["faulty", "everything", "hostile"])
def test_nothing_is_said_and_nothing_is_fetched(
    browser: "Browser", tmp_path: Path, request: pytest.FixtureRequest, name: str, width: int
) -> None:
    report = request.getfixturevalue(name)
    found = Opened(browser, write(tmp_path, report), viewport={"width": width, "height": 800})
    found.page.locator("summary").evaluate_all("nodes => nodes.forEach(node => node.click())")
    found.page.click("#language")
    assert found.said == []
    assert [url for url in found.asked if url not in (found.address, "data:,")] == []
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width
    found.context.close()


def test_the_verdict_and_the_first_to_fix_are_on_the_first_screen(opened: Opened) -> None:
    for selector in ("h1", ".score", "#first article h3"):
        box = opened.page.locator(selector).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 900


def test_one_language_is_seen_at_a_time(opened: Opened) -> None:
    page = opened.page
    assert "Non conforme" in page.locator("h1").inner_text()
    assert opened.visible("h1 .en") == 0
    page.click("#language")
    assert page.locator("h1").inner_text() == "Does not conform"
    assert opened.visible(".fr") == 0
    option = page.locator("select[name=verdict] option[value=fail]")
    assert option.inner_text() == "fail"
    assert page.url.endswith("#lang=en")


def test_filters_keep_what_fits_and_stand_in_the_address(opened: Opened, faulty: Report) -> None:
    page = opened.page
    placed = findings_in_order(faulty)
    assert opened.visible(".finding") == len(placed) > 1
    page.fill("input[name=q]", "step-expect")
    assert opened.visible(".finding") == 1
    assert page.locator("#shown").inner_text() == "1"
    assert "q=step-expect" in page.url
    page.reload()
    assert opened.visible(".finding") == 1


def test_a_finding_is_told_beside_the_list_tab_by_tab(opened: Opened) -> None:
    page = opened.page
    page.locator("#finding-1 > summary").click()
    tabs = page.locator("#pane [role=tab]")
    assert tabs.evaluate_all("tabs => tabs.map(tab => tab.dataset.tab)") == [
        *("about", "message", "document", "ack", "requirement", "history")
    ]
    panel = page.locator("#pane [role=tabpanel]:visible")
    for tab, wanted in (
        ("message", "MSH-10"),
        ("ack", "MSA"),
        ("requirement", "telerad explain CDA-TLR-AUTH-001"),
        ("history", "5 E"),
        ("document", "<ClinicalDocument"),
    ):
        page.locator(f"#pane [data-tab={tab}]").click()
        assert wanted in panel.inner_text()
        assert panel.count() == 1
    assert page.url.endswith("#finding=1&tab=document")
    box = panel.locator(".xml .hit").bounding_box()
    assert box is not None
    assert 0 < box["y"] < 900
    page.keyboard.press("ArrowLeft")
    assert page.url.endswith("#finding=1&tab=message")
    page.reload()
    assert "MSH-10" in panel.inner_text()
    page.locator("#finding-2 > summary").click()
    assert page.url.endswith("#finding=2")
    assert page.locator("#pane .body").count() == 1


def test_bytes_are_marked_at_the_place(browser: "Browser", tmp_path: Path, hostile: Report) -> None:
    found = Opened(browser, write(tmp_path, hostile), viewport={"width": 390, "height": 844})
    placed = next(
        p
        for p in findings_in_order(hostile)
        if (span := p.finding.problem.at.span)
        and p.finding.problem.at.xpath is None
        and 0 < span[1] - span[0] < 20
    )
    found.page.goto(f"{found.address}#finding={placed.number}&tab=bytes")
    marks = found.page.locator(f"#finding-{placed.number} .hex mark").all_inner_texts()
    octets = bytes.fromhex("".join(mark for mark in marks if re.fullmatch("[0-9a-f]{2}", mark)))
    span = placed.finding.problem.at.span
    assert span
    assert placed.judged
    assert placed.judged.message
    assert octets == placed.judged.message.raw[slice(*span)]
    assert found.visible("#pane") == 0
    found.context.close()


def test_what_was_chosen_is_taken_back_by_a_key(opened: Opened, faulty: Report) -> None:
    page = opened.page
    page.keyboard.press("/")
    page.keyboard.type("step-expect")
    page.select_option("select[name=level]", "SHOULD")
    assert opened.visible(".finding") == 0
    assert opened.visible("#none") == 1
    page.click("#language")
    assert page.url.endswith("#q=step-expect&level=SHOULD&lang=en")
    page.keyboard.press("Escape")
    assert opened.visible(".finding") == len(findings_in_order(faulty))
    assert page.url.endswith("#lang=en")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out(
    browser: "Browser", tmp_path: Path, faulty: Report, scheme: str
) -> None:
    """No serious or critical violation, as axe-core sees it; in the dark only colours differ."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    options = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    found = Opened(
        browser,
        write(tmp_path, faulty),
        viewport={"width": 1280, "height": 900},
        color_scheme=scheme,
        bypass_csp=True,
    )
    found.page.evaluate(SHORTER)
    found.page.locator("#finding-1 > summary").click()
    seen = axe.Axe().run(found.page, options=options).response["violations"]
    bad = [(one["id"], one["nodes"][0]["html"]) for one in seen if one["impact"] in SEVERE]
    assert bad == []
    found.context.close()


def test_a_cell_of_the_matrix_leads_to_its_findings(opened: Opened) -> None:
    opened.page.locator("td.v-fail a").first.click()
    assert opened.visible(".finding") == 1
    assert "flow=E" in opened.page.url
    assert opened.page.locator("select[name=flow]").input_value() == "E"


def test_a_finding_leads_to_its_document_and_back(opened: Opened) -> None:
    page = opened.page
    page.locator("#first a[href^='#d2-']").click()
    line = page.locator(page.url[page.url.index("#") :])
    assert line.is_visible()
    assert line.get_attribute("class") == "hit"
    line.locator("a.ref").first.click()
    assert page.url.endswith("#finding-1")
    assert page.locator("#finding-1").get_attribute("open") is not None


def test_a_value_of_the_concordance_leads_to_its_bytes(opened: Opened, faulty: Report) -> None:
    page = opened.page
    links = page.locator("#concordance td a")
    targets = links.evaluate_all("nodes => nodes.map(n => [n.hash.slice(1), n.textContent])")
    assert len(targets) > 150
    dead = "hashes => hashes.filter(h => !document.getElementById(h))"
    assert page.evaluate(dead, [target for target, _ in targets]) == []
    for fact, text in (("INS", "PID-3[1].1"), ("Médecin responsable", "CDA")):
        row = page.locator("#concordance tr", has=page.locator("th", has_text=fact)).first
        value = row.locator("td:last-child > a").first.inner_text()
        row.locator("td:last-child small a", has_text=text).first.click()
        shown = page.locator(":target")
        assert value in shown.inner_text()
        assert shown.evaluate("node => node.checkVisibility()")
        box = shown.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 900


def test_keys_go_from_finding_to_finding(opened: Opened) -> None:
    page = opened.page
    for key, number in (("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        focus = page.evaluate("document.activeElement.closest('.finding').id")
        assert focus == f"finding-{number}"
    page.focus("input[name=q]")
    page.keyboard.press("j")
    assert page.locator("input[name=q]").input_value() == "j"


def test_the_page_can_be_used_by_tabs_alone(opened: Opened) -> None:
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#findings")


def test_without_its_script_the_page_can_be_read(
    browser: "Browser", tmp_path: Path, faulty: Report
) -> None:
    found = Opened(browser, write(tmp_path, faulty), java_script_enabled=False)
    assert found.visible("h1") == 1
    assert found.visible("#language") == found.visible("#filters") == 0
    assert found.visible(".finding") == len(findings_in_order(faulty))
    found.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    browser: "Browser", tmp_path: Path, faulty: Report, scheme: str
) -> None:
    """Contrast of at least 4.5, as WCAG AA asks for text of this size."""
    found = Opened(browser, write(tmp_path, faulty), color_scheme=scheme)
    for selector in ("h1", ".to", "dt", "a", ".badge.v-fail", ".badge.v-warning", ".aside", "mark"):
        assert contrast(found.page, selector) >= 4.5, selector
    found.context.close()


def contrast(page: "Page", selector: str) -> float:
    colours = page.locator(selector).first.evaluate(
        """node => { let ground = node; const clear = "rgba(0, 0, 0, 0)";
        while (ground && getComputedStyle(ground).backgroundColor === clear)
            ground = ground.parentElement;
        return [getComputedStyle(node).color, getComputedStyle(ground).backgroundColor]; }"""
    )
    light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_printed_page_shows_its_findings_on_white(opened: Opened) -> None:
    page = opened.page
    page.goto(f"{opened.address}#finding=1&tab=message")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    assert opened.visible(".finding dl") == opened.visible(".finding") > 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert luminance(page.evaluate("getComputedStyle(document.body).color")) < 0.1
    assert opened.visible("nav") == opened.visible("#filters") == opened.visible("#language") == 0


def test_hostile_text_does_not_run(browser: "Browser", tmp_path: Path, hostile: Report) -> None:
    found = Opened(browser, write(tmp_path, hostile))
    page = found.page
    assert hostile.verdict is Verdict.FAIL
    for details in page.locator("details").all():
        details.evaluate("node => { node.open = true; }")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    assert "<script>alert(1)</script>" in page.locator("body").inner_text()
    assert found.said == []
    found.context.close()
