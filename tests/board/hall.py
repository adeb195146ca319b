"""A hall full of people: a served board, browsers of organiser, monitor and vendors, their systems.

Each vendor is a browser context and a token of the API; RIS and platforms are simulated systems on
ports of their own, some with a named defect.
"""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from systems import HOST, PATIENCE, System, free_port, free_ports, playing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

BIN = Path(sys.executable).parent
SCENARIO = "lb-nominal-ct-brain"
# Five of each; `defect` is what is wrong with a system, `rule` what must say so.
RIS = (("Acme", ""), ("Borel", "wrong-ins-key"), ("Calix", ""), ("Dumont", ""), ("Elan", ""))
PLATFORMS = (
    ("Nova", ""),
    ("Opale", ""),
    ("Pixel", "missing-second-author"),
    ("Quartz", "study-uid-changed"),
    ("Reseau", ""),
)
RULES = {
    "Borel": ("INS-F03", "ris"),
    "Pixel": ("CDA-TLR-AUTH-001", "platform"),
    "Quartz": ("X-STUDY-UID", "platform"),
}
# Sees what a page is told of cells, and when each of them shows it.
WATCH = """
window.seen = [];
new MutationObserver((changes) => {
  const at = Date.now() / 1000;
  const cells = new Set();
  for (const change of changes) {
    const node = change.target.nodeType === 1 ? change.target : change.target.parentElement;
    if (node && node.closest("td[id]")) cells.add(node.closest("td[id]"));
    for (const added of change.addedNodes) {
      if (added.nodeType !== 1) continue;
      for (const cell of added.querySelectorAll("td[id]")) cells.add(cell);
    }
  }
  for (const cell of cells) seen.push({id: cell.id, text: cell.innerText.trim(), at});
}).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
"""


@contextmanager
def served(folder: Path, *more: str) -> Iterator[dict[str, str]]:
    """A server in a process of its own; the links that it prints, by the first word of a line."""
    ports = ("--ports", free_ports(20))
    words = ("serve", "--data", str(folder), "--port", "0", *ports, *more, "--lang", "en")
    process = subprocess.Popen([BIN / "telerad", *words], stdout=subprocess.PIPE, text=True)
    links = {"pid": str(process.pid)}
    assert process.stdout
    try:
        for line in process.stdout:
            if link := re.match(r"(\w+).*: (http\S+)$", line.strip()):
                links[link[1]] = link[2]
            if "Ctrl-C" in line:
                break
        yield links
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


class Person:
    """Somebody at a browser of their own. `said` is what its console and its dialogs said."""

    def __init__(
        self, browser: "Browser", link: str, name: str, *, watches: bool = False, **context: Any
    ) -> None:
        self.name = name
        self.base = link.partition("/join")[0]
        size = {"width": 1280, "height": 900}
        self.context = browser.new_context(**{"viewport": size, **context})
        self.page: Page = self.context.new_page()
        if watches:
            self.context.add_init_script(WATCH)
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda mistake: self.said.append(str(mistake)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message) or dialog.dismiss())
        self.page.goto(link)
        self.page.fill("input[name=name]", name)
        self.page.fill("input[name=organisation]", name)
        self.page.click("form#join button")
        self.page.click("main a.main")

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def until(self, selector: str, words: str) -> "Locator":
        found = self.page.locator(selector, has_text=words).first
        found.wait_for(timeout=PATIENCE * 1000)
        return found

    def declare(self, name: str, side: str, port: int) -> int:
        """Declare a system; the port where it is to send."""
        self.page.fill("input[name=system]", name)
        self.page.fill("input[name=version]", "1")
        self.page.select_option("select[name=side]", side)
        self.page.fill("input[name=host]", HOST)
        self.page.fill("input[name=port]", str(port))
        self.page.click("form[action$=systems] button")
        return int(self.page.locator("dd code").first.inner_text().rpartition(":")[2])

    def token(self) -> str:
        """A new token of the API."""
        self.go("/tokens")
        self.page.fill("input[name=label]", "CI")
        self.page.click("form[action='/tokens'] button")
        return self.page.locator("#token").inner_text()


@dataclass
class Vendor:
    """A vendor with a product: the person, the number of the system, its ports, its defect."""

    person: Person
    role: str
    system: int
    port: int
    peer: int
    defect: str
    api: httpx2.Client
    lasts: System | None = field(default=None)

    @property
    def name(self) -> str:
        return self.person.name

    def get(self, path: str) -> Any:
        return self.api.get(f"/api/v1{path}").json()

    def ask(self, **wanted: Any) -> httpx2.Response:
        return self.api.post(f"/api/v1/systems/{self.system}/runs", json=wanted)

    def wait(self, run: int, ready: Callable[[Any], bool]) -> Any:
        """The run, once it is so."""
        end = time.monotonic() + PATIENCE * 5
        while not ready(found := self.get(f"/runs/{run}")):
            assert time.monotonic() < end, found
            time.sleep(0.2)
        return found

    def heard(self, run: int, kind: str, count: int = 1) -> list[Any]:
        """Events of a kind, once there are so many."""
        end = time.monotonic() + PATIENCE * 5
        while True:
            told = [one for one in self.get(f"/runs/{run}/events") if one["kind"] == kind]
            if len(told) >= count:
                return told
            state = self.get(f"/runs/{run}")
            assert state["state"] in ("proposed", "queued", "running"), (kind, state)
            assert time.monotonic() < end, (kind, state)
            time.sleep(0.2)


def enter(browser: "Browser", link: str, name: str, role: str, defect: str) -> Vendor:
    """Somebody joins by the link, declares a product and makes a token, all on pages."""
    person = Person(browser, link, name)
    port = free_port()
    peer = person.declare("Product", role, port)
    system = int(person.page.url.rpartition("/")[2])
    headers = {"authorization": f"Bearer {person.token()}"}
    fresh = httpx2.Limits(max_keepalive_connections=0)  # none that the server is about to close
    api = httpx2.Client(base_url=person.base, headers=headers, timeout=PATIENCE, limits=fresh)
    return Vendor(person, role, system, port, peer, defect, api)


@contextmanager
def room_of_ten(browser: "Browser", link: str) -> Iterator[dict[str, Vendor]]:
    """Ten vendors by name, their platforms listening."""
    with ExitStack() as stack:
        found: dict[str, Vendor] = {}
        for role, every in (("ris", RIS), ("platform", PLATFORMS)):
            for name, defect in every:
                one = found[name] = enter(browser, link, name, role, defect)
                stack.callback(one.api.close)
                if role == "platform":
                    one.lasts = stack.enter_context(
                        playing(role, one.port, one.peer, defect, one.system)
                    )
        yield found


def play_alone(one: Vendor, run: int) -> Any:
    """Play a vendor's part of a run against the simulator; the run, when it is over."""
    over = lambda found: found["verdict"] is not None or found["state"] in ("failed", "stopped")  # noqa: E731
    if one.role == "platform":
        return one.wait(run, over)
    one.heard(run, "listening")
    with playing("ris", one.port, one.peer, one.defect, one.system):
        return one.wait(run, over)


def play_together(ris: Vendor, platform: Vendor, run: int, exchanges: int) -> Any:
    """Play both parts of a run that was agreed to, then end it; the run, with its verdict."""
    ris.heard(run, "listening", 2)
    with playing("ris", ris.port, ris.peer, ris.defect, ris.system * 100 + platform.system):
        settle(ris, run, exchanges)
        ris.api.post(f"/api/v1/runs/{run}/stop")
        return ris.wait(run, lambda found: found["verdict"] is not None)


def settle(one: Vendor, run: int, exchanges: int) -> None:
    """Until so many exchanges were told, or no more come for a while."""
    end, seen, last = time.monotonic() + PATIENCE, 0, time.monotonic()
    while time.monotonic() < end:
        told = [event for event in one.get(f"/runs/{run}/events") if event["kind"] == "exchange"]
        if len(told) >= exchanges:
            return
        if len(told) != seen:
            seen, last = len(told), time.monotonic()
        elif seen and time.monotonic() - last > 6:
            return
        time.sleep(0.2)


def shown(watcher: Person, cell: str) -> list[tuple[str, float]]:
    """The states that a page showed of a cell, each once, and when first; without "not played"."""
    found: dict[str, float] = {}
    for change in watcher.page.evaluate("seen"):
        if change["id"] == cell:
            word = change["text"].partition("\n")[0].partition(" ")[2]
            found.setdefault(word, change["at"])
    found.pop("not played", None)
    return list(found.items())
