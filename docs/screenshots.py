"""Pictures of the report in its states, and of a session: `python docs/screenshots.py [FOLDER]`.

Two runs are played: one whose report lacks its second author, one with a wrong INS key; and all
scenarios of the white paper. Chromium is the system's; TELERAD_CHROMIUM names another one.
Without a folder they go where the pages that show them look for them.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import board_pictures
from playwright.sync_api import Browser, sync_playwright

from harness import data
from harness.rules import profile as profiles
from harness.show.pages.html import to_html
from harness.show.runs import session
from harness.sim import scenario
from harness.sim.defects import catalogue as defects

CLOCK = datetime.fromisoformat("2026-03-02T09:00:00+01:00")
OF_BOTH = ("ladder", "matrix", "concordance", "guide", "dark", "phone")
SHOWN = ("first-en", "detail-en", "first-fr", "detail-fr", *OF_BOTH)  # by the documentation


@dataclass(frozen=True)
class State:
    """One picture: the report, where its address points, what is scrolled to, how it is seen."""

    name: str
    report: str
    state: str = ""
    to: str = ""
    lang: str = "en"
    width: int = 1280
    height: int = 800
    scheme: str = "light"
    media: str = "screen"


STATES = (
    State("first-en", "author"),
    State("first-fr", "author", lang="fr"),
    State("dark", "key", scheme="dark"),
    State("ladder", "author", to="#ladder"),
    State("matrix", "author", to="#matrix"),
    State("detail-en", "key", state="finding=1", to="#findings", height=600),
    State("detail-fr", "key", state="finding=1", to="#findings", lang="fr", height=600),
    State("message", "key", state="finding=1&tab=message", to="#findings"),
    State("bytes", "key", state="finding=1&tab=bytes", to="#findings", scheme="dark"),
    State("document", "author", state="finding=1&tab=document", to="#findings"),
    State("concordance", "author", to="#concordance"),
    State("guide", "author", to="#guide"),
    State("scenarios", "all", to="#ladder"),
    State("phone", "key", state="finding=1", width=390, height=844),
    State("print", "key", media="print"),
)


def reports() -> Iterator[tuple[str, str, str]]:
    """Each report by its name and language, as a page."""
    profile = profiles.load()
    nominal = scenario.load(data.path("scenarios", profile.id, "nominal.yaml"))[:1]
    every = [pair[0] for pair in scenario.find((), profile.id)]
    for name, played, defect in (
        ("author", nominal, "missing-second-author"),
        ("key", nominal, "wrong-ins-key"),
        ("all", every, ""),
    ):
        with tempfile.TemporaryDirectory() as folder:
            options = session.Options(
                profile,
                Path(folder),
                "telerad demo",
                clock=CLOCK,
                defect=defects.find(defect, profile.id) if defect else None,
                signals=False,
            )
            report = session.run(played, options)
            for lang in ("en", "fr"):
                yield name, lang, to_html(report, lang)


def take(browser: Browser, state: State, page: Path, folder: Path) -> None:
    """One picture."""
    size = {"width": state.width, "height": state.height}
    context = browser.new_context(viewport=size, color_scheme=state.scheme)
    tab = context.new_page()
    tab.goto(page.as_uri() + (f"#{state.state}" if state.state else ""))
    if state.media == "print":
        tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        tab.emulate_media(media="print")
    if state.to:
        tab.locator(state.to).evaluate("node => node.scrollIntoView()")
    tab.wait_for_timeout(150)
    tab.screenshot(path=folder / f"report-{state.name}.png")
    context.close()


def main() -> None:
    """Every state, or those that the pages show."""
    given = len(sys.argv) > 1
    folder = Path(sys.argv[1]) if given else Path(__file__).parent / "pages" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    program = os.environ.get("TELERAD_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as name:
        pages = Path(name)
        for report, lang, text in reports():
            (pages / f"{report}-{lang}.html").write_text(text, encoding="utf-8")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            for state in STATES:
                if given or state.name in SHOWN:
                    take(browser, state, pages / f"{state.report}-{state.lang}.html", folder)
            views = (*board_pictures.SHOWN, *(board_pictures.every() if given else ()))
            board_pictures.take(browser, views, folder)
            browser.close()


if __name__ == "__main__":
    main()
