"""MLLP over loopback: round trips and server CPU of our network layer beside a bare asyncio server,
python-hl7's and hl7apy's; the durable journal beside a bare durable server.

Server and senders are processes of their own; the CPU of a server is what the system counted, by
message. Ours is the network layer with a machine that only acknowledges: what judging costs is
measured in `messages` and `documents`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import samples
from bench.house import Both, Goal, Part, Table, alone, number
from bench.turns import Effort

CONNECTIONS = (1, 10, 100, 1000)
_TICK = os.sysconf("SC_CLK_TCK")
PEERS = ("bare", "telerad", "python-hl7", "hl7apy")
NAMES: dict[str, Both] = {
    "bare": ("asyncio nu", "bare asyncio"),
    "telerad": ("telerad", "telerad"),
    "python-hl7": ("python-hl7", "python-hl7"),
    "hl7apy": ("hl7apy", "hl7apy"),
    "bare-durable": ("asyncio nu, sur disque", "bare asyncio, on disk"),
    "telerad-durable": ("telerad, journal durable", "telerad, durable journal"),
}


@dataclass
class Load:
    """What one load gave: messages a second, p99 in ms, server CPU in ms by message."""

    rate: float
    p99: float
    cpu: float


@contextmanager
def server(name: str, folder: str = "") -> Iterator[tuple[int, int]]:
    """Its process id and port."""
    command = [sys.executable, "-m", "bench.servers", name, *([folder] if folder else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.pid, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def cpu_of(pid: int) -> float:
    """Seconds of CPU of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()
    return (int(words[11]) + int(words[12])) / _TICK


def load(pid: int, port: int, file: Path, connections: int, seconds: float, *, once: bool) -> Load:
    """Senders against a server."""
    command = [sys.executable, "-m", "bench.senders", str(port), str(file)]
    command += [str(connections), str(seconds), *(["once"] if once else [])]
    before = cpu_of(pid)
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    told = json.loads(done.stdout)
    spent = (cpu_of(pid) - before) * 1000
    return Load(told["answered"] / told["seconds"], told["p99"], spent / max(told["answered"], 1))


def measure(effort: Effort) -> Part:
    """Everything that goes over a socket."""
    part = Part("servers", ("MLLP", "MLLP"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "small").write_bytes(samples.composed("A"))
        document = samples.with_narrative(samples.report(), 250 * 1024)
        (folder / "large").write_bytes(samples.carrying(samples.composed("E"), document))
        part.tables.append(_round_trips(part, folder / "small", effort, ("1,5 Ko", "1.5 KB")))
        part.tables.append(_round_trips(part, folder / "large", effort, ("330 Ko", "330 KB")))
        part.tables.append(_durable(part, folder, effort))
        part.tables.append(_mixed(part, folder, effort))
    return part


def _round_trips(part: Part, file: Path, effort: Effort, size: Both) -> Table:
    small = file.name == "small"
    head: list[Both] = [("", "")]
    counts = (1, 100) if effort.quick else CONNECTIONS
    for count in counts:
        head.append((f"{count} conn., msg/s (p99 ms)", f"{count} conn., msg/s (p99 ms)"))
    head.append(("CPU serveur, ms/msg, 100 conn.", "server CPU, ms/msg, 100 conn."))
    table = Table((f"Messages de {size[0]}", f"Messages of {size[1]}"), head)
    found: dict[str, list[float]] = {}
    for peer in PEERS:
        if peer == "hl7apy" and not small:  # seconds for one message: one connection will do
            with server(peer) as (pid, port):
                got = load(pid, port, file, 1, 0.1, once=True)
            told = f"{number(got.rate)} ({number(got.p99)})"
            table.rows.append([NAMES[peer], told, *["-"] * (len(counts) - 1), f"{got.cpu:.0f}"])
            continue
        row: list[str | Both] = [NAMES[peer]]
        with server(peer) as (pid, port):
            for count in counts:
                if peer == "hl7apy" and count > 100:
                    row.append("-")
                    continue
                got = load(pid, port, file, count, _seconds(effort), once=peer == "hl7apy")
                row.append(f"{number(got.rate)} ({number(got.p99)})")
                if count == 100:
                    found[peer] = [got.cpu]
        row.append(f"{found[peer][0]:.3f}")
        table.rows.append(row)
    _in_turns(part, file, effort, size)
    return table


def _seconds(effort: Effort) -> float:
    return 0.5 if effort.quick else 1.5


def _in_turns(part: Part, file: Path, effort: Effort, size: Both) -> None:
    """Ours and the bare server take turns at 100 connections: the ratio of their CPU by message."""
    ratios = []
    with server("bare") as bare, server("telerad") as ours:
        for _ in range(3 if effort.quick else 7):
            one = load(*bare, file, 100, _seconds(effort), once=False).cpu
            other = load(*ours, file, 100, _seconds(effort), once=False).cpu
            ratios.append(other / max(one, 1e-6))
    ratios.sort()
    middle = ratios[len(ratios) // 2]
    part.goals.append(
        Goal(
            (f"CPU serveur par message, {size[0]}", f"server CPU by message, {size[1]}"),
            ("≤ 2× asyncio nu", "≤ 2× bare asyncio"),
            (f"{number(middle)}× ({number(ratios[0])}…{number(ratios[-1])})",) * 2,
            middle <= 2,
        )
    )


def _durable(part: Part, folder: Path, effort: Effort) -> Table:
    head: list[Both] = [("", ""), ("msg/s", "msg/s"), ("p99 ms", "p99 ms")]
    head.append(("CPU serveur, ms/msg", "server CPU, ms/msg"))
    title = (
        "Reçu et sur disque, 50 connexions, 1,5 Ko",
        "Received, on disk, 50 connections, 1.5 KB",
    )
    table, rates = Table(title, head), {}
    for peer in ("bare-durable", "telerad-durable"):
        with tempfile.TemporaryDirectory(dir=folder) as name, server(peer, name) as (pid, port):
            loads = [
                load(pid, port, folder / "small", 50, _seconds(effort), once=False)
                for _ in range(3)
            ]
        got = sorted(loads, key=lambda one: one.rate)[1]
        rates[peer] = got.rate
        table.rows.append([NAMES[peer], number(got.rate), number(got.p99), f"{got.cpu:.3f}"])
    rate, share = rates["telerad-durable"], rates["telerad-durable"] / rates["bare-durable"]
    part.goals.append(
        Goal(
            ("journal durable, 50 connexions", "durable journal, 50 connections"),
            ("≥ 3 000 msg/s, 40 % d'asyncio nu", "≥ 3 000 msg/s, 40 % of bare asyncio"),
            (f"{number(rate)} msg/s, {share:.0%}",) * 2,
            rate >= 3000 and share >= 0.4,
        )
    )
    return table


def _mixed(part: Part, folder: Path, effort: Effort) -> Table:
    """Requests to `telerad simulate platform`, which judges all, while documents come as well."""
    document = samples.with_narrative(samples.report())
    (folder / "documents").write_bytes(samples.carrying(samples.composed("B"), document))
    head: list[Both] = [
        ("", ""),
        ("msg/s", "msg/s"),
        ("p50, ms", "p50, ms"),
        ("p99, ms", "p99, ms"),
    ]
    title = (
        "telerad simulate platform : un ORM à la fois, documents de 350 Ko jugés en même temps",
        "telerad simulate platform: one ORM at a time, while documents of 350 KB are judged",
    )
    table, seconds = Table(title, head), 2 if effort.quick else 8
    told = {}
    for connections in (0, 4):
        with simulator(folder / f"run{connections}") as port:
            documents = senders(port, folder / "documents", connections, seconds + 1)
            orders = senders(port, folder / "small", 1, seconds)
            told[connections] = json.loads(orders.communicate(timeout=120)[0])
            documents.kill()
            documents.communicate()
        name = (f"{connections} émetteurs de documents", f"{connections} senders of documents")
        got = told[connections]
        rate = number(got["answered"] / got["seconds"])
        table.rows.append([name, rate, number(got["p50"]), number(got["p99"])])
    p99 = told[4]["p99"]
    name = ("p99 d'un ORM pendant que des documents sont jugés", "p99 of an ORM beside documents")
    wanted = ("< 50 ms", "< 50 ms")
    part.goals.append(Goal(name, wanted, (f"{number(p99)} ms",) * 2, p99 < 50))
    return table


@contextmanager
def simulator(folder: Path) -> Iterator[int]:
    """The port of `telerad simulate platform`."""
    command = [sys.executable, "-c", "from harness.show.cli import main; main()"]
    command += ["simulate", "platform", "--listen", "127.0.0.1:0", "--out", str(folder)]
    process = subprocess.Popen([*command, "--lang", "en"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        line = process.stdout.readline()
        while "127.0.0.1:" not in line:
            line = process.stdout.readline()
        yield int(re.findall(r"127\.0\.0\.1:(\d+)", line)[0])
    finally:
        process.kill()
        process.wait()


def senders(port: int, file: Path, connections: int, seconds: float) -> "subprocess.Popen[str]":
    """A process of senders; of none, one that ends at once."""
    command = [sys.executable, "-m", "bench.senders", str(port), str(file), str(connections)]
    if not connections:
        command = [sys.executable, "-c", "pass"]
    return subprocess.Popen([*command, str(seconds)], stdout=subprocess.PIPE, text=True)


if __name__ == "__main__":
    alone(measure)
