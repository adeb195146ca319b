"""Every part, one after the other, each in a process of its own; then the page and the plot.

    python -m bench [--quick] [--no-page] [PART…]

Parts: messages, documents, official, exchange, servers, starts, growth. What a run found is written
to `docs/pages/performance.{fr,en}.md` and a plot beside them; `--no-page` only tells it.
"""

import json
import subprocess
import sys
import time
from typing import Any

from bench import page_of_results

PARTS = ("messages", "documents", "official", "exchange", "servers", "starts", "growth")


def main() -> None:
    chosen = [word for word in sys.argv[1:] if not word.startswith("-")] or list(PARTS)
    unknown = [word for word in chosen if word not in PARTS]
    if unknown:
        sys.exit(f"no part {unknown[0]}; parts: {', '.join(PARTS)}")
    quick = "--quick" in sys.argv
    begin, found = time.monotonic(), []
    for name in chosen:
        started = time.monotonic()
        part = measured(name, quick=quick)
        found.append(part)
        told(part, time.monotonic() - started)
    seconds = time.monotonic() - begin
    goals = [goal for part in found for goal in part["goals"]]
    met = sum(goal["met"] is True for goal in goals)
    print(f"\n{met} of {len(goals)} goals met, {seconds:.0f} s")
    if "--no-page" not in sys.argv:
        page_of_results.write(found, quick=quick, seconds=seconds)


def measured(name: str, *, quick: bool) -> dict[str, Any]:
    """What a part found."""
    command = [sys.executable, "-m", f"bench.parts.{name}", "--json", *(["--quick"] * quick)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def told(part: dict[str, Any], seconds: float) -> None:
    """The goals of a part, as it goes on."""
    print(f"{part['title'][1]} ({seconds:.0f} s)", flush=True)
    for goal in part["goals"]:
        sign = {True: "✓", False: "✗", None: "·"}[goal["met"]]
        print(f"  {sign} {goal['name'][1]}: {goal['wanted'][1]}: {goal['figure'][1]}", flush=True)


if __name__ == "__main__":
    main()
