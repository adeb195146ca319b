"""The summary page in a real browser: plots in the colours of the page, nothing fetched or said."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from chromium import chromium

from harness.rules.profile import Profile
from harness.show.checking import Asked
from harness.show.corpus import plots, rows, summaryhtml
from harness.show.corpus.checking import Checked, Wanted
from harness.show.corpus.pieces import Piece
from harness.show.corpus.ruleset import Choice, RuleSet
from harness.show.corpus.summary import Summary
from harness.sim.traffic import Sent

pytestmark = pytest.mark.browser
SEVERE = ("serious", "critical")


@pytest.fixture(scope="module")
def page(
    profile: Profile,
    rules: RuleSet,
    choice: Choice,
    sent: list[Sent],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The summary of a little traffic and of what could not be read."""
    if not plots.is_possible():
        pytest.skip("matplotlib is not installed")
    found = Summary()
    for number, one in enumerate(sent, 1):
        found.add(rows.of(Piece(f"traffic/{one.name}", one.raw, index=number), Asked(profile)))
    found.add(rows.of(Piece("empty", b"", index=len(sent) + 1), Asked(profile)))
    at = datetime(2026, 1, 5, tzinfo=UTC)
    checked = Checked(found, profile, rules, Wanted((), choice), at, 2.0, 1, 0, False)
    file = tmp_path_factory.mktemp("page") / "summary.html"
    file.write_text(summaryhtml.to_html(checked, "fr", file), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser(page: Path) -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_keeps_nobody_out(browser: Any, page: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    said: list[str] = []
    asked: list[str] = []
    width = 1280 if scheme == "light" else 390
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    found = context.new_page()
    found.on("console", lambda message: said.append(message.text))
    found.on("pageerror", lambda mistake: said.append(str(mistake)))
    found.on("request", lambda request: asked.append(request.url))
    found.goto(page.as_uri())
    assert found.evaluate("document.documentElement.scrollWidth") <= width
    assert found.locator("svg.plot").count() == 3
    bar = found.locator('svg.plot [fill="#b3261e"]').first
    meant = found.evaluate("getComputedStyle(document.querySelector('.head h1')).color")
    assert bar.evaluate("node => getComputedStyle(node).fill") == meant
    violations = axe.Axe().run(found).response["violations"]
    severe = [f"{v['id']}: {v['nodes'][0]['html']}" for v in violations if v["impact"] in SEVERE]
    found.locator("#language").click()
    assert found.locator("h2 .en").first.is_visible()
    context.close()
    assert severe == []
    assert said == []
    assert asked == [page.as_uri()]
