"""`telerad load` against `telerad simulate platform` for a long time: does anything grow?

    .venv/bin/python bench/soak.py [MINUTES] [RATE] [FOLDER]

Plays RATE (5/s) exams for MINUTES (30), all of them judged on both sides. Every ten seconds the
memory, descriptors, threads and processes of both are read; `soak.csv` and `soak.svg` are written
into FOLDER. After the first third, a straight line is laid through each: it must not rise by more
than a twentieth an hour of what there was, nor descriptors, threads and processes at all. Messages
of the load are compared with what the platform has in its journal.
"""

import csv
import json
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "peers"))

from program import PROGRAM, simulator

from harness.wire import transcript

EVERY = 10.0
RISE = 0.05  # a part of the memory in an hour, beyond which it grows
KEPT = "1000"  # exchanges that the platform keeps in full, so that its memory is soon full
COLUMNS = ("memory", "descriptors", "threads", "processes")


@dataclass
class Watched:
    """A process with its children: what was read of them, by time in seconds."""

    name: str
    pid: int
    seen: list[tuple[float, float, int, int, int]] = field(default_factory=list)

    def look(self, at: float) -> None:
        with suppress(OSError, ValueError, IndexError):  # it ends while it is looked at
            self.seen.append((at, *read_all(family(self.pid))))


def family(pid: int) -> list[int]:
    """A process and those that it began."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def read_all(pids: list[int]) -> tuple[float, int, int, int]:
    """Memory in MB without what several share, descriptors, threads, processes."""
    page = resource.getpagesize() / 1e6
    memory, descriptors, threads = 0.0, 0, 0
    for pid in pids:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
        memory += (int(resident) - int(shared)) * page
        descriptors += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        threads += len(list(Path(f"/proc/{pid}/task").iterdir()))
    return memory, descriptors, threads, len(pids)


def slope(points: list[tuple[float, float]]) -> float:
    """How much a value rises in an hour, by Theil and Sen: a peak does not count."""
    slopes = [
        (b[1] - a[1]) / (b[0] - a[0])
        for place, a in enumerate(points)
        for b in points[place + 1 :: max(1, len(points) // 60)]
        if b[0] > a[0]
    ]
    return statistics.median(slopes) * 3600 if slopes else 0.0


def judged(one: Watched) -> list[str]:
    """What grows, after the first third."""
    begin = one.seen[-1][0] / 3
    late = [seen for seen in one.seen if seen[0] >= begin]
    found = []
    for place, name in enumerate(COLUMNS, 1):
        points = [(seen[0], float(seen[place])) for seen in late]
        values = [value for _, value in points]
        rise, middle = slope(points), statistics.median(values)
        least = RISE * middle if name == "memory" else 0.5
        grows = rise > least and values[-1] > values[0]
        print(
            f"  {one.name:<9} {name:<12} {values[0]:8.1f} → {values[-1]:8.1f}"
            f"   at most {max(v[place] for v in one.seen):8.1f}   {rise:+8.2f} an hour"
            f"{'   GROWS' if grows else ''}"
        )
        found += [f"{one.name}: {name} grows"] if grows else []
    return found


def drawn(watched: list[Watched]) -> str:
    """Memory over time, one line for each process."""
    end = max(one.seen[-1][0] for one in watched)
    high = max(seen[1] for one in watched for seen in one.seen) * 1.1
    lines = []
    for number, one in enumerate(watched):
        points = " ".join(
            f"{60 + seen[0] / end * 720:.1f},{260 - seen[1] / high * 240:.1f}" for seen in one.seen
        )
        colour = ("#0b5fa5", "#b3261e")[number]
        lines.append(f'<polyline fill="none" stroke="{colour}" points="{points}"/>')
        lines.append(f'<text x="70" y="{30 + 18 * number}" fill="{colour}">{one.name}</text>')
    marks = "".join(
        f'<text x="4" y="{264 - part * 240:.0f}">{high * part:.0f} MB</text>'
        f'<text x="{56 + part * 690:.0f}" y="285">{end * part / 60:.1f} min</text>'
        for part in (0.0, 0.5, 1.0)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 290" font-size="13" '
        f'font-family="sans-serif">{marks}{"".join(lines)}</svg>\n'
    )


def write(folder: Path, watched: list[Watched]) -> None:
    with (folder / "soak.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["process", "seconds", *COLUMNS])
        for one in watched:
            rows.writerows([one.name, *(f"{value:.1f}" for value in seen)] for seen in one.seen)
    (folder / "soak.svg").write_text(drawn(watched), encoding="utf-8")


def watch(load: "subprocess.Popen[bytes]", watched: list[Watched], folder: Path) -> None:
    begin = time.monotonic()
    while load.poll() is None:
        for one in watched:
            one.look(time.monotonic() - begin)
        write(folder, [one for one in watched if one.seen])
        with suppress(subprocess.TimeoutExpired):
            load.wait(EVERY)


def compared(result: dict, journal: Path) -> list[str]:
    """Messages of the load and of the platform's journal, both ways."""
    counts = Counter(
        record.direction
        for record in transcript.read(journal)
        if record.kind == "message" and not record.facts.get("again")
    )
    total = sum(counts.values())
    print(f"  {result['messages']} messages of the load, {total} in the platform's journal")
    return [] if total == result["messages"] else ["messages of the load and the journal differ"]


def main() -> None:
    words = (*sys.argv[1:], *("30", "5/s", "")[len(sys.argv) - 1 :])
    minutes, rate = float(words[0]), words[1]
    folder = Path(words[2] or tempfile.mkdtemp(prefix="soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    back = 2576
    with simulator(
        folder / "run", "platform", "--peer", f"127.0.0.1:{back}", "--keep", KEPT
    ) as platform:
        asked = ["load", "--to", f"127.0.0.1:{platform.port}", "--listen", f"127.0.0.1:{back}"]
        asked += ["--rate", rate, "--duration", f"{minutes * 60:g}s", "--out", str(folder / "load")]
        begun = time.monotonic()
        with (folder / "load.txt").open("wb") as said:
            load = subprocess.Popen([*PROGRAM, *asked, "--lang", "en"], stdout=said)
            watched = [Watched("platform", platform.process.pid), Watched("load", load.pid)]
            watch(load, watched, folder)
        platform.process.send_signal(signal.SIGTERM)
        platform.process.communicate(timeout=1200)
    result = json.loads((folder / "load" / "load.json").read_text(encoding="utf-8"))
    print(f"{minutes:g} minutes at {rate} ({time.monotonic() - begun:.0f} s in all), in {folder}")
    print(
        f"  {result['begun']} exams, {result['finished']} to their end,"
        f" {result['judged']} messages and acknowledgements judged, {result['unjudged']} not;"
        f" verdict {result['verdict']}"
    )
    for anomaly in result["anomalies"]:
        print(f"  {anomaly['count']} × {anomaly['kind']} in {anomaly['flow']}")
    wrong = [what for one in watched for what in judged(one)]
    wrong += compared(result, folder / "run" / transcript.NAME)
    print(f"{len(wrong)} wrong", *wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
