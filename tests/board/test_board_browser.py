"""Two vendors in two real browsers, one board, real systems behind it."""

import io
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from hall import Person
from systems import free_port, free_ports
from visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]
BIN = Path(sys.executable).parent
SCENARIO = "lb-nominal-without-request-document"
PATIENCE = 90  # seconds
EVIL = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def program() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts `telerad` with arguments; what is still there at the end is ended."""
    with ExitStack() as stack:

        def start(*arguments: str) -> "subprocess.Popen[str]":
            found = subprocess.Popen(
                [BIN / "telerad", *arguments, "--lang", "en"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            stack.callback(end, found)
            return found

        yield start


def end(found: "subprocess.Popen[str]") -> None:
    if found.poll() is None:
        found.send_signal(signal.SIGINT)
    found.communicate(timeout=PATIENCE)


def serve(
    start: Callable[..., "subprocess.Popen[str]"], folder: Path, *more: str
) -> dict[str, str]:
    """Start a server; the links that it prints, by the first word of their lines."""
    data = ("--data", str(folder), "--port", "0", "--ports", free_ports(10), "--within", "20")
    found = start("serve", *data, *more)
    links = {"pid": str(found.pid)}
    assert found.stdout
    for line in found.stdout:
        if link := re.match(r"(\w+).*: (http\S+)$", line.strip()):
            links[link[1]] = link[2]
        if "Ctrl-C" in line:
            return links
    raise AssertionError(links)


def until(page: "Page", selector: str, words: str) -> None:
    page.locator(selector, has_text=words).first.wait_for(timeout=PATIENCE * 1000)


def test_two_vendors_and_a_board(
    browser: "Browser", program: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    links = serve(program, tmp_path, "--room", "Lille", "--scenario", SCENARIO, "--no-ladder")
    ana = Person(browser, links["Vendors"], "Acme")
    assert "#" not in ana.page.url
    port = free_port()
    listen = ana.declare("Plato", "platform", port)
    bo = Person(browser, links["Vendors"], EVIL)
    bo_port = free_port()
    bo_listen = bo.declare(EVIL, "ris", bo_port)
    bo.page.goto(links["Board"] + "/rooms/1")
    until(bo.page, "#live", "live")
    assert "Acme Plato 1" in bo.page.locator("#matrix").inner_text()
    assert bo.page.locator("#matrix td a").count() == 0
    system = program(
        *("simulate", "platform", "--listen", f"127.0.0.1:{port}"),
        *("--peer", f"127.0.0.1:{listen}", "--out", str(tmp_path / "system")),
    )
    assert system.stdout
    system.stdout.readline()
    ana.page.click("text=Look at the connection")
    assert ana.page.locator("#doctor .v-fail").count() == 0
    ana.page.click(f"button[aria-label='Start {SCENARIO}']")
    until(ana.page, "#state", "pass")
    begun = time.monotonic()
    until(bo.page, "#matrix td", "pass")
    assert time.monotonic() - begun < PATIENCE
    assert ana.page.locator("#trace tbody tr").count() == 4
    ana.page.click("text=Open the report")
    assert ana.page.locator("h1").inner_text()
    assert ana.page.locator(".ladder").count() > 0
    address = ana.page.url
    bo.page.goto(address)
    assert "belongs to another participant" in bo.page.locator("main").inner_text()
    between(ana, bo, links["Board"])
    program(
        *("simulate", "ris", "--listen", f"127.0.0.1:{bo_port}"),
        *("--peer", f"127.0.0.1:{bo_listen}", "--out", str(tmp_path / "ris")),
    )
    passed = bo.page.locator("#trace tbody tr", has_text="pass")
    passed.nth(4).wait_for(timeout=PATIENCE * 1000)  # A to E: none is cut off by the end
    bo.page.click("text=Finish and judge")
    until(bo.page, "#state", "pass")
    assert bo.page.locator(".blame").count() == 2
    ana.page.goto(links["Board"] + "/rooms/1")
    assert "pass" in ana.page.locator("#p-2-1 a").inner_text()
    bo.page.set_viewport_size({"width": 390, "height": 844})
    bo.page.goto(links["Board"] + "/rooms/1?lang=fr")
    assert bo.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "réussi" in bo.page.locator("#matrix").inner_text()
    opens_from_disk(ana, links, tmp_path)
    said = [line for line in (*ana.said, *bo.said) if "403" not in line]
    assert said == []
    assert bo.page.locator("img").count() == 0


def between(ana: Person, bo: Person, board: str) -> None:
    """Bo proposes, Ana agrees; both systems may send."""
    bo.page.goto(board + "/systems/2")
    bo.page.click("text=Propose")
    until(bo.page, "#state", "proposed")
    assert bo.page.locator("button:text-is('Agree')").count() == 0
    ana.page.goto(bo.page.url)
    ana.page.click("button:text-is('Agree')")
    until(bo.page, "#trace", "listening on port")
    until(bo.page, "#state", "running")


def opens_from_disk(ana: Person, links: dict[str, str], folder: Path) -> None:
    """What a monitor exports is a site."""
    with httpx2.Client(base_url=links["Board"], timeout=PATIENCE) as client:
        monitor = Visitor(client)
        monitor.join(links["Monitors"].partition("#")[2], "Max", "Agency")
        site = zipfile.ZipFile(io.BytesIO(monitor.get("/rooms/1/export").content))
    site.extractall(folder / "site")
    ana.page.goto((folder / "site" / "index.html").as_uri())
    assert ana.page.locator("td.v-pass a").count() == 2
    assert ana.page.evaluate("getComputedStyle(document.querySelector('td.v-pass')).color")
    ana.page.click("td.v-pass a >> nth=0")
    ana.page.click("a.main")
    assert ana.page.locator(".ladder").count() > 0
