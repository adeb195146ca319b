"""Size and speed of the HTML report with many findings.

    python bench/page.py [FINDINGS] [FILE]

Messages of all flows are made, each broken in a few ways, and judged until there are that many
findings; the page is written and, where Chromium and playwright are there, opened: how long until
it can be read, and how long a filter, a tab and the whole list take.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path

from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.show import checking
from harness.show.pages.html import to_html
from harness.show.ranking import findings_in_order
from harness.show.report import Report
from harness.sim.actor import Actor
from harness.sim.generate import cases
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
FLOWS = "ADC"
FAULTS = (
    (Edit("remove", "PID-8"), Edit("set", "PID-3[5=INS].1", "279035121518988")),
    (Edit("remove", "MSH-18"), Edit("remove", "ORC-2")),
    (Edit("set", "MSH-9.1", "ADT"), Edit("remove", "PID-5")),
    (Edit("remove", "OBR-4"), Edit("set", "MSH-12", "2.3")),
    (Edit("remove", "PID"),),
)


def messages() -> Iterator[tuple[str, Message]]:
    """Messages without end, wrong in turn in each of the ways."""
    profile = profiles.load()
    faults = cycle(FAULTS)
    for number in range(1, 100_000):
        case = cases.make_case("ct-brain", number, CLOCK)
        for flow in FLOWS:
            message = Actor(profile.flow(flow).sender, profile, case).compose(flow, case, CLOCK)
            for one in next(faults):
                try:
                    message = edit.apply(message, (one,))
                except HarnessError:
                    continue  # this flow has no such place
            yield flow, message


def report_of(wanted: int, folder: Path) -> Report:
    """A check of files with at least that many findings."""
    asked = checking.Asked(profiles.load(), None, "telerad check messages")
    found = 0
    for number, (flow, message) in enumerate(messages()):
        file = folder / f"{number:04}-{flow}.er7"
        file.write_bytes(message.raw)
        one = checking.check([file], checking.Asked(asked.profile, flow))
        found += len(findings_in_order(one))
        if found >= wanted:
            break
    return checking.check([folder], asked)


def in_chromium(file: Path) -> None:
    """What a reader waits for, in milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(file.as_uri())
        timing = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
        print(f"interactive after {page.evaluate(timing):.0f} ms")
        for name, act in ACTS.items():
            begin = time.monotonic()
            page.evaluate(f"{act}; document.body.offsetHeight")
            print(f"{name}: {1000 * (time.monotonic() - begin):.0f} ms")
        browser.close()


ACTS = {
    "filter by text": "location.hash = '#q=INS-F03'; new Promise(r => setTimeout(r, 0))",
    "filter taken away": "location.hash = '#verdict=fail'; new Promise(r => setTimeout(r, 0))",
    "open a finding": "location.hash = '#finding-500'; new Promise(r => setTimeout(r, 0))",
    "other language": "document.getElementById('language').click()",
}


def main() -> None:
    """Make the report, say what it weighs, open it."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as name:
        report = report_of(wanted, Path(name))
        begin = time.process_time()
        text = to_html(report)
        took = time.process_time() - begin
        count = len(findings_in_order(report))
        size = len(text.encode()) / 1e6
        print(f"{count} findings in {len(report.files)} files: {size:.2f} MB in {took:.2f} s")
        file = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(name, "report.html")
        file.write_text(text, encoding="utf-8")
        in_chromium(file)


if __name__ == "__main__":
    main()
