"""A corpus of generated messages, judged by one process, by two, and on a cluster of two workers.

    .venv/bin/python bench/corpus.py [MESSAGES] [--folder DIR] [--runs 2-killed,dask,1,2]

MESSAGES (100000) of flows A to E, two fifths of them with documents, one in twenty wrong. Each run
is `telerad check` as a user types it; `2-killed` is ended by SIGKILL half-way and resumed. Prints,
at 10,000, 30,000 and all messages: messages a second, CPU time for each message, memory of the
process that reads and of those that judge. All runs must give the same bytes. DIR (kept; a
temporary folder without it) gets `growth.svg`; a corpus that is there already is used again.
"""

import argparse
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil

TELERAD = Path(sys.executable).with_name("telerad")
CLOCK = "2026-01-05T10:00:00+01:00"
MARKS = (10_000, 30_000)
OFTEN = 1.0  # seconds between two looks
MB = 1e6


@dataclass
class Look:
    """What was seen at one time: messages done, seconds and CPU seconds so far, memory in MB."""

    done: int
    seconds: float
    cpu: float
    parent: float
    workers: float


@dataclass
class Run:
    name: str
    looks: list[Look] = field(default_factory=list)
    digest: str = ""
    code: int = 0

    def at(self, mark: int) -> Look:
        """The first look at which so many messages were done."""
        return next((look for look in self.looks if look.done >= mark), self.looks[-1])

    def up_to(self, mark: int) -> list[Look]:
        return self.looks[: self.looks.index(self.at(mark)) + 1]


class Watcher(threading.Thread):
    """Looks at a process, and at those that judge for it, while it runs."""

    def __init__(self, pid: int, others: list[int], results: Path, before: Look) -> None:
        super().__init__(daemon=True)
        self.parent = psutil.Process(pid)
        self.others = [psutil.Process(one) for one in others]
        self.results, self.before = results, before
        self.looks: list[Look] = []
        self.ended = threading.Event()
        self.begin = time.monotonic()
        self.spent: dict[int, float] = {}  # CPU seconds of each process, as last seen
        self.first: dict[int, float] = {}

    def run(self) -> None:
        while not self.ended.wait(OFTEN):
            self.look()

    def look(self) -> None:
        with suppress(psutil.Error):
            memory, workers = self.parent.memory_info().rss, []
            self.count(self.parent)
            for one in self.judging():
                with suppress(psutil.Error):
                    workers.append(one.memory_info().rss)
                    self.count(one)
            self.looks.append(
                Look(
                    done_of(self.results),
                    self.before.seconds + time.monotonic() - self.begin,
                    self.before.cpu + sum(self.spent.values()) - sum(self.first.values()),
                    memory / MB,
                    max(workers, default=0) / MB,
                )
            )

    def judging(self) -> Iterator[psutil.Process]:
        yield from self.parent.children(recursive=True)
        for one in self.others:
            yield one
            yield from one.children(recursive=True)

    def count(self, one: psutil.Process) -> None:
        used = one.cpu_times()
        self.spent[one.pid] = used.user + used.system
        if one in self.others:
            self.first.setdefault(one.pid, self.spent[one.pid])


def done_of(results: Path) -> int:
    """How many messages are in finished segments; what is put together is all of them."""
    manifest = results.with_name(f"{results.name}.parts") / "manifest.ndjson"
    with suppress(OSError):
        return max(0, manifest.read_bytes().count(b"\n") - 1) * 1000
    return 0


def check(
    corpus: Path, results: Path, more: list[str], others: list[int], before: Look, until: int = 0
) -> tuple[list[Look], int]:
    """Run `telerad check`; kill it when `until` messages are done, if that is not 0."""
    asked = ["check", str(corpus), "--results", str(results), "--lang", "en", *more]
    process = subprocess.Popen([TELERAD, *asked], stdout=subprocess.PIPE, text=True)
    watcher = Watcher(process.pid, others, results, before)
    watcher.start()
    if until:
        while process.poll() is None and done_of(results) < until:
            time.sleep(OFTEN / 2)
        process.send_signal(signal.SIGKILL)
    out = process.communicate()[0]
    watcher.ended.set()
    watcher.join()
    if not until:
        print("   ", *out.splitlines()[-1:])
    return watcher.looks, process.returncode


@contextmanager
def cluster() -> Iterator[tuple[str, list[int]]]:
    """A scheduler and two workers on loopback; gives its address and the workers' processes."""
    from distributed import LocalCluster

    terms: dict[str, Any] = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", **terms) as found:
        yield found.scheduler_address, [worker.pid for worker in found.workers.values()]


def judged(name: str, corpus: Path, folder: Path, messages: int) -> Run:
    results, run = folder / f"{name}.ndjson", Run(name)
    zero = Look(0, 0, 0, 0, 0)
    if name == "dask":
        with cluster() as (address, pids):
            more = ["--engine", "dask", "--scheduler", address]
            run.looks, run.code = check(corpus, results, more, pids, zero)
    else:
        jobs = ["--jobs", name.partition("-")[0]]
        if name.endswith("-killed"):
            run.looks, _ = check(corpus, results, jobs, [], zero, messages // 2)
            print(f"    killed when {done_of(results)} messages were written")
            jobs, zero = [*jobs, "--resume"], run.looks[-1]
        looks, run.code = check(corpus, results, jobs, [], zero)
        run.looks += looks
    run.looks.append(
        Look(
            messages,
            *(getattr(run.looks[-1], key) for key in ("seconds", "cpu", "parent", "workers")),
        )
    )
    run.digest = sha256(results.read_bytes()).hexdigest()
    return run


def told(run: Run, messages: int) -> None:
    for mark in (*(mark for mark in MARKS if mark < messages), messages):
        look, seen = run.at(mark), run.up_to(mark)
        print(
            f"    {mark:>7} messages  {mark / look.seconds:7.1f} a second"
            f"  {1000 * look.cpu / mark:6.2f} ms CPU each"
            f"  memory: reads {max(one.parent for one in seen):4.0f} MB,"
            f" judges {max(one.workers for one in seen):4.0f} MB"
        )
    print(f"    exit {run.code}, results {run.digest[:16]}", flush=True)


def drawn(runs: list[Run], file: Path) -> None:
    """Messages over time, CPU time and memory, each over the messages done."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "telerad"}):
        figure = Figure(figsize=(9, 9), layout="constrained")
        speed, cpu, memory = figure.subplots(3, sharex=True)
        for run in runs:
            looks = [look for look in run.looks if look.done]
            done = [look.done for look in looks]
            speed.plot(done, [look.done / look.seconds for look in looks], label=run.name)
            cpu.plot(done, [1000 * look.cpu / look.done for look in looks], label=run.name)
            memory.plot(done, [look.parent for look in looks], label=f"{run.name}, reads")
            memory.plot(done, [look.workers for look in looks], ":", label=f"{run.name}, judges")
        speed.set_ylabel("messages a second")
        cpu.set_ylabel("ms of CPU a message")
        memory.set_ylabel("MB")
        memory.set_xlabel("messages judged")
        for axes in (speed, cpu, memory):
            axes.set_ylim(bottom=0)
            axes.legend(fontsize="small")
        figure.savefig(file, format="svg", metadata={"Date": None})


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("messages", nargs="?", type=int, default=100_000)
    asked.add_argument("--folder", type=Path)
    asked.add_argument("--runs", default="2-killed,dask,1,2")
    words = asked.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = words.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        runs = measured(words.messages, words.runs.split(","), folder)
    same = len({run.digest for run in runs}) == 1
    print("all results are the same" if same else "RESULTS DIFFER")
    sys.exit(not same)


def measured(messages: int, names: list[str], folder: Path) -> list[Run]:
    corpus, runs = folder / f"{messages}.ndjson", []
    if not corpus.exists():
        begin = time.monotonic()
        more = ["--count", str(messages), "--seed", "10", "--clock", CLOCK, "--to", str(corpus)]
        subprocess.run(
            [TELERAD, "generate", "corpus", *more], check=True, stdout=subprocess.DEVNULL
        )
        print(f"{messages} messages made in {time.monotonic() - begin:.0f} s")
    print(f"{messages} messages, {corpus.stat().st_size / MB:.0f} MB, {os.cpu_count()} cores")
    for name in names:
        print(f"{name}:", flush=True)
        runs.append(judged(name, corpus, folder, messages))
        told(runs[-1], messages)
        drawn(runs, folder / "growth.svg")
    return runs


if __name__ == "__main__":
    main()
