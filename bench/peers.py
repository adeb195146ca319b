"""The MLLP torture suite against independent libraries: the tables of docs/pages/mllp.*.md anew.

    python bench/peers.py [--only NAME]... [--results FOLDER]

Starts each peer of `tests/peers/plain` (and our own platform and sender), runs the suite on it, and
writes the tables of `docs/pages/mllp.*.md` between their marks. With `--only`, other columns come
from the results of an earlier run in FOLDER. The Node peers are installed by `npm ci` into a
temporary folder; without node and npm they are left out, and their columns are missing.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.sim.torture import case as torture_case
from harness.sim.torture.case import GROUPS
from harness.text import LANGUAGES, say

ROOT = Path(__file__).parents[1]
PLAIN = ROOT / "tests" / "peers" / "plain"
PAGES = {lang: ROOT / "docs" / "pages" / f"mllp.{lang}.md" for lang in LANGUAGES}
TELERAD = (sys.executable, "-c", "from harness.show.cli import main; main()")
START = 30.0  # seconds until a receiver listens
SIGNS = {
    "pass": "✓",
    "warning": "!",
    "fail": "✗",
    "inconclusive": "?",
    "not_tested": "·",
    "error": "‼",
}


@dataclass(frozen=True)
class Peer:
    """A program of `tests/peers/plain`, or ours. `needs_node`: it has packages to be installed."""

    name: str
    role: str
    command: tuple[str, ...]
    told: str
    needs_node: bool = False


def python(name: str) -> tuple[str, ...]:
    return (sys.executable, str(PLAIN / name))


def node(name: str, library: str) -> tuple[str, ...]:
    return ("node", str(PLAIN / "node" / name), library)


HL7, HL7APY = f"python-hl7 {version('hl7')}", f"hl7apy {version('hl7apy')}"
PEERS = (
    Peer("telerad", "receiver", (*TELERAD, "simulate", "platform"), "telerad"),
    Peer("python-hl7", "receiver", python("receive_python_hl7.py"), f"{HL7}, `start_hl7_server`"),
    Peer("hl7apy", "receiver", python("receive_hl7apy.py"), f"{HL7APY}, `MLLPServer`"),
    Peer("simple-hl7", "receiver", node("receive.js", "simple-hl7"), "simple-hl7 3.3.0", True),
    Peer(
        "node-hl7-server",
        "receiver",
        node("receive.js", "node-hl7-server"),
        "node-hl7-server 2.5.0",
        True,
    ),
    Peer("telerad", "sender", (sys.executable, str(PLAIN.parent / "torture_sender.py")), "telerad"),
    Peer(
        "python-hl7-streams",
        "sender",
        (*python("send_python_hl7.py"), "streams"),
        f"{HL7}, `open_hl7_connection`",
    ),
    Peer(
        "python-hl7-client",
        "sender",
        (*python("send_python_hl7.py"), "client"),
        f"{HL7}, `MLLPClient`",
    ),
    Peer("simple-hl7", "sender", node("send.js", "simple-hl7"), "simple-hl7 3.3.0", True),
    Peer(
        "node-hl7-client",
        "sender",
        node("send.js", "node-hl7-client"),
        "node-hl7-client 2.3.1",
        True,
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="name of a peer; repeatable")
    parser.add_argument("--results", type=Path, default=ROOT / "reports" / "runs" / "peers")
    asked = parser.parse_args()
    asked.results.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        modules = node_modules(Path(folder))
        for peer in PEERS:
            if asked.only and peer.name not in asked.only:
                continue
            if peer.needs_node and modules is None:
                print(f"{peer.name}: needs node and npm, left out")
                continue
            file = asked.results / f"{peer.role}-{peer.name}.json"
            tried(peer, file, Path(folder), modules)
    write(asked.results)


def node_modules(folder: Path) -> Path | None:
    """The packages of the Node peers, installed; None where that cannot be."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    place = folder / "node"
    place.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PLAIN / "node" / name, place)
    asked = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    done = subprocess.run(asked, cwd=place, capture_output=True, text=True, check=False)
    return None if done.returncode else place / "node_modules"


# -- trying a peer --------------------------------------------------------------------------


def tried(peer: Peer, file: Path, folder: Path, modules: Path | None) -> None:
    begin = time.monotonic()
    port = unused_port()
    run = [*TELERAD, "mllp", "run", "--lang", "en", "--format", f"json={file}"]
    environment = os.environ | ({"NODE_PATH": str(modules)} if modules else {})
    if peer.role == "receiver":
        run += ["--sut-port", str(port), "--patience", "0.5", "--ack-timeout", "3"]
        with running([*peer.command, *where(peer, port, folder)], environment):
            wait_for(port)
            subprocess.run(run, check=False)
    else:
        place = Path(tempfile.mkdtemp(dir=folder))
        run += ["--as", "sender", "--listen", f"127.0.0.1:{port}", "--patience", "0.3"]
        run += ["--sut-timeout", "1.0", "--trigger", f"sh {PLAIN / 'ask.sh'} {place}"]
        with running([*peer.command, *sending(peer, port, place)], environment):
            subprocess.run(run, check=False)
    found = json.loads(file.read_text(encoding="utf-8"))
    counts = {w: sum(case["verdict"] == w for case in found["cases"]) for w in SIGNS}
    print(f"{peer.role:<9} {peer.name:<19} {time.monotonic() - begin:6.1f} s  {counts}", flush=True)


def where(peer: Peer, port: int, folder: Path) -> list[str]:
    if peer.name == "telerad":
        return ["--listen", f"127.0.0.1:{port}", "--out", str(folder / "platform")]
    return [str(port)]


def sending(peer: Peer, port: int, place: Path) -> list[str]:
    for name in ("asked", "told"):
        (place / name).mkdir()
    folders = [str(place / "asked"), str(place / "told")]
    if peer.name == "telerad":
        return [str(port), *folders, "0.5"]
    message = place / "message.er7"
    subprocess.run(
        [*TELERAD, "generate", "flow", "A", "--out", str(place)], check=True, capture_output=True
    )
    shutil.copy(next(place.glob("*.er7")), message)
    return [str(port), *folders, "1.0", str(message)]


@contextmanager
def running(command: Sequence[str], environment: dict[str, str]) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.kill()


def wait_for(port: int) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


Found = dict[Peer, dict[str, Any]]


# -- the page -------------------------------------------------------------------------------


def write(results: Path) -> None:
    """The tables, from all results that there are."""
    found = {role: results_of(role, results) for role in ("receiver", "sender")}
    for lang, page in PAGES.items():
        text = page.read_text(encoding="utf-8")
        for role, columns in found.items():
            text = between(text, f"{role} groups", "\n".join(groups(columns, lang)))
            text = between(text, f"{role} cases", "\n".join(cases(role, columns, lang)))
        text = between(text, "made", f"{datetime.now(UTC):%Y-%m-%d} : `python bench/peers.py`")
        page.write_text(text, encoding="utf-8")


def results_of(role: str, results: Path) -> Found:
    """The results of a role, by peer."""
    return {
        peer: json.loads(file.read_text(encoding="utf-8"))
        for peer in PEERS
        if peer.role == role and (file := results / f"{role}-{peer.name}.json").exists()
    }


def between(text: str, mark: str, table: str) -> str:
    begin, end = f"<!-- {mark} -->\n\n", f"\n\n<!-- end of {mark} -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{table}{end}{after}"


def groups(found: Found, lang: str) -> Iterator[str]:
    """Passed of all, by group; then by level; then the aftermath."""
    yield "| | " + " | ".join(peer.told for peer in found) + " |"
    yield "|---|" + "---:|" * len(found)
    for group in GROUPS:
        cells = [score(c for c in r["cases"] if c["group"] == group) for r in found.values()]
        if any(cells):
            yield f"| {say(f'mllp.group.{group}').in_(lang)} | " + " | ".join(cells) + " |"
    for level in ("MUST", "SHOULD", "MAY"):
        cells = [score(c for c in r["cases"] if c["level"] == level) for r in found.values()]
        if any(cells):
            yield f"| **{level}** | " + " | ".join(f"**{cell}**" for cell in cells) + " |"
    cells = [score(r["cases"], "aftermath") for r in found.values()]
    sane = {"fr": "sain après", "en": "sane afterwards"}[lang]
    yield f"| {sane} | " + " | ".join(cells) + " |"


def score(chosen: Any, part: str = "verdict") -> str:
    told = [case[part] for case in chosen]
    return f"{told.count('pass')}/{len(told)}" if told else ""


def cases(role: str, found: Found, lang: str) -> Iterator[str]:
    """Behaviour and aftermath of each case."""
    heads = {"fr": "cas | | niveau", "en": "case | | level"}[lang]
    yield f"| {heads} | " + " | ".join(peer.told for peer in found) + " |"
    yield "|---|---|---|" + ":-:|" * len(found)
    by_id = {peer: {case["id"]: case for case in r["cases"]} for peer, r in found.items()}
    for attack in torture_case.find((), role):
        cells = [cell(known.get(attack.id)) for known in by_id.values()]
        title = attack.title.text.in_(lang).replace("|", "\\|").replace("<", "&lt;")
        yield f"| {attack.id} | {title} | {attack.level.value} | " + " | ".join(cells) + " |"


def cell(case: dict[str, Any] | None) -> str:
    return f"{SIGNS[case['behaviour']]} {SIGNS[case['aftermath']]}" if case else ""


if __name__ == "__main__":
    main()
