"""Ten vendors in one room: five RIS, five platforms, three of them with a defect that must be told.

They join by the link on the big screen, declare, start runs on pages and through the API, meet by
the schedule; a monitor verifies, evidence is attached, the session is exported and opens from disk.
"""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")

import hall
from hall import RULES, SCENARIO, Person, Vendor

from harness.rules import profile as profiles
from harness.show.evidence import verifying

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000")
# Both right, the RIS wrong, the platform wrong; `bench/room.py` plays all 25.
PAIRS = (("Acme", "Nova"), ("Borel", "Opale"), ("Calix", "Pixel"))


def test_ten_vendors_meet(browser: "Browser", tmp_path: Path) -> None:
    more = ("--room", "Lille", "--scenario", SCENARIO, "--within", "20", "--parallel", "5")
    with hall.served(tmp_path / "data", *more) as links:
        olga = Person(browser, links["Organisers"], "Olga", watches=True)
        link = way_in(olga)
        max_ = Person(browser, links["Monitors"], "Max")
        with hall.room_of_ten(browser, link) as room:
            olga.go("/rooms/1?tv")
            olga.until("#live", "live")
            alone = everybody_alone(room)
            the_three_are_red(olga, room, alone)
            levels_are_enforced(room, olga)
            together = everybody_meets(room, olga)
            blame_is_right(olga, room, together)
            evidence_is_verified(room["Acme"], max_, together[0])
            site_opens(olga, max_, room, tmp_path)
            everybody = [olga, max_, *(one.person for one in room.values())]
        said = [line for person in everybody for line in person.said]
        assert said == []


def way_in(olga: Person) -> str:
    """The link that the big screen shows, as a picture and in letters."""
    olga.go("/rooms/1?tv")
    assert olga.page.locator("aside.join svg.qr path").count() == 2
    code, link = olga.page.locator("aside.join code").all_inner_texts()
    assert link == f"{olga.base}/join#{code}"
    return link


def everybody_alone(room: dict[str, Vendor]) -> dict[str, Any]:
    """Each vendor against the simulator, started on a page or through the API; the runs by name."""
    started: dict[str, int] = {}
    for place, one in enumerate(room.values()):
        if place % 2:
            started[one.name] = one.ask(scenarios=["*"]).json()[0]["id"]
        else:
            one.person.go(f"/systems/{one.system}")
            one.person.page.click(f"button[aria-label='Start {SCENARIO}']")
            started[one.name] = int(one.person.page.url.rpartition("/")[2])
    with ThreadPoolExecutor(len(room)) as players:
        jobs = [
            (one, players.submit(hall.play_alone, one, started[one.name])) for one in room.values()
        ]
        return {one.name: job.result() for one, job in jobs}


def the_three_are_red(olga: Person, room: dict[str, Vendor], alone: dict[str, Any]) -> None:
    """Exactly those with a defect, by the right rule, on the right side; told in order."""
    red = {name for name, run in alone.items() if run["verdict"] == "fail"}
    assert red == set(RULES)
    assert {run["verdict"] for name, run in alone.items() if name not in red} <= {"pass", "warning"}
    for name in red:
        rule, side = RULES[name]
        told = room[name].get(f"/runs/{alone[name]['id']}/result")
        broken = {one["rule"] for one in told["findings"] if one["verdict"] == "fail"}
        assert rule in broken, (name, broken)
        assert room[name].role == side
    for one in room.values():
        run = alone[one.name]
        olga.until(f"#c-{one.system}-{SCENARIO}", run["verdict"])
    cells = olga.page.locator("#matrix table:first-of-type td.v-fail")
    assert cells.count() == len(red)
    changes_came_in_order(olga, room, alone)


def changes_came_in_order(olga: Person, room: dict[str, Vendor], alone: dict[str, Any]) -> None:
    """The page showed states of each cell after they were kept, in order, the last one too."""
    for one in room.values():
        kept = one.heard(alone[one.name]["id"], "cell")
        shown = hall.shown(olga, f"c-{one.system}-{SCENARIO}")
        words = [word for word, _ in shown]
        order = iter(event["data"]["word"] for event in kept)
        assert all(word in order for word in words), (one.name, words)
        assert words[-1] == kept[-1]["data"]["word"]
        when = {event["data"]["word"]: event["at"] for event in kept}
        assert all(at >= when[word] - 0.01 for word, at in shown)


def levels_are_enforced(room: dict[str, Vendor], olga: Person) -> None:
    """Who has not done N1 meets nobody, and is told why, until an organiser waives it."""
    acme, borel = room["Acme"], room["Borel"]
    platform = room["Opale"].system
    refused = borel.ask(other=platform)
    assert refused.status_code == 409
    assert f"Borel Product 1 lacks at N1: {SCENARIO} (fail)" in refused.json()["error"]["en"]
    refused = acme.ask(other=room["Nova"].system, level="N3")
    assert refused.status_code == 409
    assert "a run with a partner that passes" in refused.json()["error"]["en"]
    olga.go("/rooms/1/ladder")
    for name in RULES:
        olga.page.select_option("select[name=system]", str(room[name].system))
        olga.page.fill("textarea[name=comment]", "known, mended tonight")
        olga.page.click("button.main")
    assert olga.page.locator(".badge.r-waived").count() == len(RULES)


def everybody_meets(room: dict[str, Vendor], olga: Person) -> list[Any]:
    """The organiser plans every pair; some of the first round meet. Their runs, in order."""
    olga.go("/rooms/1/schedule")
    olga.page.fill("form[action$=fair] input[name=at_once]", "5")
    olga.page.click("form[action$=fair] button")
    assert olga.page.locator("table.slots tbody tr").count() == 25
    acme = room["Acme"].person
    acme.go("/rooms/1")
    assert "Nova Product 1" in acme.page.locator(".near").inner_text()
    found = []
    with ThreadPoolExecutor(len(PAIRS)) as players:
        for place, (ris, platform) in enumerate(PAIRS):
            one, other = room[ris], room[platform]
            run = (
                proposed_on_a_page(one, other)
                if place == 0
                else one.ask(other=other.system).json()[0]["id"]
            )
            other.person.go(f"/runs/{run}")
            other.person.page.click("button:text-is('Agree')")
            found.append(players.submit(hall.play_together, one, other, run, 5))
        return [job.result() for job in found]


def proposed_on_a_page(one: Vendor, other: Vendor) -> int:
    page = one.person.page
    page.goto(f"{one.person.base}/rooms/1/schedule")
    row = page.locator("tr.own", has_text=f"{other.name} Product 1").first
    row.locator("button", has_text="Propose").click()
    return int(page.url.rpartition("/")[2])


def blame_is_right(olga: Person, room: dict[str, Vendor], together: list[Any]) -> None:
    for (ris, platform), run in zip(PAIRS, together, strict=True):
        wrong = [RULES[name][1] for name in (ris, platform) if name in RULES]
        assert run["at_fault"] == (wrong[0] if wrong else None), (ris, platform, run)
        assert (run["verdict"] == "fail") == bool(wrong), (ris, platform, run)
    olga.go("/rooms/1")
    for ris, platform in PAIRS:
        cell = olga.page.locator(f"#p-{room[ris].system}-{room[platform].system}").inner_text()
        assert ("at fault" in cell) == (ris in RULES or platform in RULES)
    olga.go("/rooms/1/timeline")
    assert olga.page.locator("svg.lanes g.lane").count() == 10
    assert olga.page.locator("svg.lanes a").count() == 10 + 2 * len(PAIRS)


def evidence_is_verified(acme: Vendor, max_: Person, run: Any) -> None:
    """A vendor attaches what the wire does not show, a monitor verifies the run."""
    page = acme.person.page
    page.goto(f"{acme.person.base}/runs/{run['id']}")
    page.set_input_files(
        "input[type=file]", {"name": "écran.png", "mimeType": "image/png", "buffer": PNG}
    )
    page.click("#attach-form button.main")
    assert "écran.png" in page.locator(".steps .file").inner_text()
    max_.go("/rooms/1/work")
    max_.page.click(f"button[aria-label='Take on {run['id']}']")
    with max_.page.expect_download() as saved:
        max_.page.click(".steps .file a")
    assert Path(saved.value.path()).read_bytes() == PNG
    max_.page.select_option("select[name=decision]", "verified")
    max_.page.click("form[action$=decision] button")


def site_opens(olga: Person, max_: Person, room: dict[str, Vendor], folder: Path) -> None:
    """The export opens from disk, red where the board was; a pack of it is verified."""
    max_.go("/rooms/1")
    with max_.page.expect_download() as saved:
        max_.page.click("text=Export the session")
    with zipfile.ZipFile(io.BytesIO(Path(saved.value.path()).read_bytes())) as site:
        site.extractall(folder / "site")
    olga.page.goto((folder / "site" / "index.html").as_uri())
    red = olga.page.locator("table:first-of-type td.v-fail a")
    assert red.count() == len(RULES) + len([pair for pair in PAIRS if set(pair) & set(RULES)])
    first = room["Acme"].get("/board")
    pair = next(one["run"] for one in first if one["other"] == room["Nova"].system)
    olga.page.locator(f"a[href='runs/{pair:06d}/index.html']").first.click()
    assert olga.page.locator("ul.files a").inner_text() == f"run-{pair}-1.png"
    assert olga.page.locator("ol.steps li").count() == 1 + 3 * 5 + 2
    pack = verifying.load(folder / "site" / "runs" / f"{pair:06d}" / "evidence.zip")
    assert any(name.startswith("attachments/") for name in pack.files)
    found = verifying.verify(pack, profiles.load())
    assert (found.intact, found.changed, found.code) == (True, (), 0)
    olga.page.click("a.main")
    assert olga.page.locator(".ladder").count() > 0
