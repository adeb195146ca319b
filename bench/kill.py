"""Kill `telerad simulate` under load, many times, and compare its journal with what senders saw.

    .venv/bin/python bench/kill.py [RANDOM] [POINTS]

RANDOM kills at random times (36), POINTS at the named points of the journal's code (24), each under
a load on 8 connections. Prints what was acknowledged, lost and doubled; fails when anything was.
"""

import random
import signal
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "peers"))

import os

import load
from program import simulator

from harness.rules import profile as profiles
from harness.sim.actor import Actor
from harness.sim.generate import cases
from harness.wire import failpoint, transcript

CONNECTIONS, EACH = 8, 400


def template() -> bytes:
    clock = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
    case = cases.make_case("mr-brain", 41, clock)
    return Actor("ris", profiles.load(), case).compose("A", case, clock).raw


def kill(folder: Path, raw: bytes, point: str, after: float) -> tuple[load.Load, int]:
    """One session that dies; what its senders know, and the bytes of the torn line."""
    os.environ.pop("TELERAD_FAILPOINT", None)
    if point:
        os.environ["TELERAD_FAILPOINT"] = point
    with simulator(folder, "platform") as platform:
        sending = load.make(platform.port, raw, CONNECTIONS, EACH)
        sending.start()
        if not point:
            time.sleep(after)
            platform.process.kill()
        code = platform.process.wait(60)
        sending.wait()
    assert code == -signal.SIGKILL, f"{point or after}: ended with {code}, not killed"
    return sending, len(transcript.torn(folder / transcript.NAME))


def main() -> None:
    randomly, named = (int(word) for word in (*sys.argv[1:], "36", "24")[:2])
    choose = random.Random(20260105)  # the same instants every time
    instants = [("", choose.uniform(0.02, 0.8)) for _ in range(randomly)]
    points = (failpoint.NAMES * named)[:named]
    instants += [(f"{name}:{choose.randint(3, 60)}", 0.0) for name in points]
    raw, acknowledged, torn, wrong = template(), 0, 0, []
    begin = time.monotonic()
    for point, after in instants:
        with tempfile.TemporaryDirectory() as folder:
            sending, rest = kill(Path(folder) / "run", raw, point, after)
            acknowledged += len(sending.answered)
            torn += bool(rest)
            told = point or f"{after:.3f} s"
            wrong += [f"{told}: {what}" for what in load.wrong(Path(folder) / "run", sending)]
    seconds = time.monotonic() - begin
    print(f"{len(instants)} kills ({randomly} at random times, {named} at named points)")
    print(f"{acknowledged} acknowledged, {len(wrong)} lost or doubled, {torn} torn last lines")
    print(f"{seconds:.0f} s in all")
    print(*wrong[:20], sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
