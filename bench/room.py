"""A whole room: five RIS and five platforms, three of them wrong; alone and in pairs.

    .venv/bin/python bench/room.py [--alone] [--parallel N] [--viewers N]

Serves a board, lets ten vendors in through Chromium, plays 10 runs against the simulator and all
25 pairs (none with `--alone`). Prints what came out right, how long it took, how long after it was
kept a change was seen by each of N pages that watch (3), and the memory of the server. Fails when
something came out wrong, or a change was not seen.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "board"))

import hall
from hall import PLATFORMS, RIS, RULES, SCENARIO, Person, Vendor
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]


def asked() -> argparse.Namespace:
    options = argparse.ArgumentParser(description="A whole room of vendors.")
    options.add_argument("--alone", action="store_true", help="no pairs")
    options.add_argument("--parallel", type=int, default=5, help="runs at once")
    options.add_argument("--viewers", type=int, default=3, help="pages that watch")
    return options.parse_args()


def memory(process: int) -> float:
    """Megabytes that a process has in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def alone(room: dict[str, Vendor]) -> dict[str, Any]:
    """Every vendor against the simulator; the runs by name."""
    started = {one.name: one.ask(scenarios=["*"]).json()[0]["id"] for one in room.values()}
    with ThreadPoolExecutor(len(room)) as players:
        jobs = {
            one.name: players.submit(hall.play_alone, one, started[one.name])
            for one in room.values()
        }
        return {name: job.result() for name, job in jobs.items()}


def together(room: dict[str, Vendor]) -> dict[tuple[str, str], Any]:
    """Every RIS with every platform, a round at a time as the schedule has it."""
    found: dict[tuple[str, str], Any] = {}
    for turn in range(len(RIS)):
        met = [
            (ris, PLATFORMS[(place + turn) % len(PLATFORMS)][0])
            for place, (ris, _) in enumerate(RIS)
        ]
        with ThreadPoolExecutor(len(met)) as players:
            jobs = {pair: players.submit(meet, room, *pair) for pair in met}
            found |= {pair: job.result() for pair, job in jobs.items()}
    return found


def meet(room: dict[str, Vendor], ris: str, platform: str) -> Any:
    """One proposes, the other agrees, both play."""
    one, other = room[ris], room[platform]
    run = one.ask(other=other.system).json()[0]["id"]
    other.api.post(f"/api/v1/runs/{run}/agree")
    return hall.play_together(one, other, run, 5)


def wrong_alone(runs: dict[str, Any]) -> list[str]:
    return [
        f"{name}: {run['verdict']}"
        for name, run in runs.items()
        if (run["verdict"] == "fail") != (name in RULES) or run["state"] != "done"
    ]


def wrong_together(runs: dict[tuple[str, str], Any]) -> list[str]:
    """Pairs whose blame is not on who has a defect."""
    return [
        f"{ris} with {platform}: {run['verdict']}, at fault {run['at_fault']}"
        for (ris, platform), run in runs.items()
        if run["at_fault"] not in at_fault(ris, platform)
    ]


def at_fault(ris: str, platform: str) -> tuple[str | None, ...]:
    """Who may be. Where both are wrong, a refused request may leave the platform no chance."""
    if ris in RULES:
        return ("ris", "both") if platform in RULES else ("ris",)
    return ("platform",) if platform in RULES else (None,)


def latencies(room: dict[str, Vendor], runs: list[Any], viewers: list[Person]) -> list[list[float]]:
    """For each viewer the seconds from a change of a cell being kept to its page showing it."""
    owner = {one.system: one for one in room.values()}
    found: list[list[float]] = [[] for _ in viewers]
    for run in runs:
        system, other = run["system"], run["other"]
        cell = f"p-{system}-{other}" if other else f"c-{system}-{SCENARIO}"
        kept = owner[system].heard(run["id"], "cell")
        for place, viewer in enumerate(viewers):
            seen = dict(hall.shown(viewer, cell))
            for event in kept:
                at = next(
                    (when for word, when in seen.items() if word.startswith(told(event))), None
                )
                if at is not None:
                    found[place].append(at - event["at"])
            assert any(word.startswith(told(kept[-1])) for word in seen), (cell, seen, kept[-1])
    return found


def told(event: dict[str, Any]) -> str:
    return str(event["data"]["word"])


def shown(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    late = ordered[int(len(ordered) * 0.95)]
    print(
        f"{name}: {len(ordered)} changes, median {statistics.median(ordered) * 1000:.0f} ms, "
        f"p95 {late * 1000:.0f} ms, max {ordered[-1] * 1000:.0f} ms"
    )


def play(browser: Browser, folder: Path, options: argparse.Namespace) -> list[str]:
    """Play it all; what came out wrong."""
    more = ["--room", "Lille", "--scenario", SCENARIO, "--within", "30", "--no-ladder"]
    with hall.served(folder, *more, "--parallel", str(options.parallel)) as links:
        link = links["Vendors"]
        watching = [
            Person(browser, links["Monitors"], f"viewer {n}", watches=True)
            for n in range(options.viewers)
        ]
        with hall.room_of_ten(browser, link) as room:
            for one in watching:
                one.go("/rooms/1")
                one.until("#live", "live")
            begun = time.monotonic()
            by_name = alone(room)
            print(f"10 runs against the simulator: {time.monotonic() - begun:.0f} s")
            wrong, every = wrong_alone(by_name), list(by_name.values())
            if not options.alone:
                begun = time.monotonic()
                by_pair = together(room)
                print(f"{len(by_pair)} pairs: {time.monotonic() - begun:.0f} s")
                wrong += wrong_together(by_pair)
                every += by_pair.values()
            watching[0].page.wait_for_timeout(2000)
            for one, seconds in zip(watching, latencies(room, every, watching), strict=True):
                shown(f"kept to seen by {one.name}", seconds)
            print(f"server: {memory(int(links['pid'])):.0f} MB")
            said = [line for one in watching for line in one.said]
            print(f"consoles said: {said or 'nothing'}")
    return wrong + said


def main() -> int:
    options = asked()
    program = os.environ.get("TELERAD_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        wrong = play(browser, Path(folder), options)
        browser.close()
    print("\n".join(wrong) if wrong else "everything came out right")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
