"""An independent system as a process, and a run of ours against it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from program import PATIENCE

from harness.rules.profile import Profile
from harness.show.report import Report
from harness.show.runs import session
from harness.sim import scenario
from harness.sim.network.net import Address

SYSTEMS = Path(__file__).parent / "systems"
REQUEST = ("--request", str(SYSTEMS / "templates" / "request.xml"))
NOMINAL = "lb-nominal-ct-brain"


@dataclass(frozen=True)
class Program:
    """How a system is started; `more` goes into its environment."""

    name: str
    command: tuple[str, ...]
    more: dict[str, str] = field(default_factory=dict)


PYTHON_HL7 = Program("python-hl7", (sys.executable, str(SYSTEMS / "python_hl7.py")))
HL7APY = Program("hl7apy", (sys.executable, str(SYSTEMS / "with_hl7apy.py")))


def node(cache: pytest.Cache) -> Program:
    """The system on Node. Its packages are installed once, beside pytest's other caches.

    Skips the test where there is no Node, or no way to the packages.
    """
    wanted = SYSTEMS / "node"
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs node and npm")
    lock = (wanted / "package-lock.json").read_bytes()
    ready = Path(cache.mkdir("node-peer")) / sha256(lock).hexdigest()[:16]
    if not ready.exists():
        _install(wanted, ready)
    command = ("node", str(wanted / "peer.js"))
    return Program("simple-hl7", command, {"NODE_PATH": str(ready / "node_modules")})


def _install(wanted: Path, ready: Path) -> None:
    """Into a folder of this process, that then takes its place at once."""
    mine = ready.with_name(f"{ready.name}.{os.getpid()}")
    mine.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(wanted / name, mine)
    asked = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    done = subprocess.run(asked, cwd=mine, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(mine)
        pytest.skip(f"npm ci: {done.stderr.strip().splitlines()[:1]}")
    try:
        mine.rename(ready)
    except OSError:  # another process was quicker
        shutil.rmtree(mine)


@dataclass
class System:
    """A RIS or a platform that listens, and begins when it is told where its peer is."""

    process: "subprocess.Popen[str]"
    address: Address

    def meet(self, peer: Address) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{peer[0]}:{peer[1]}\n")
        self.process.stdin.flush()


@contextmanager
def system(program: Program, role: str, *more: str) -> Iterator[System]:
    """A system, listening; its input ends with the test, and so does it."""
    process = subprocess.Popen(
        [*program.command, role, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | program.more,
    )
    try:
        assert process.stdout
        said = process.stdout.readline()
        assert said.startswith("listening "), said + process.communicate(timeout=PATIENCE)[1]
        host, _, port = said.split()[1].rpartition(":")
        yield System(process, (host, int(port)))
    finally:
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def asked(role: str, defect: str) -> list[str]:
    """What a system is told: a RIS sends its request document, too."""
    return [*(REQUEST if role == "ris" else ()), *(("--defect", defect) if defect else ())]


def play(
    program: Program,
    role: str,
    profile: Profile,
    folder: Path,
    *,
    defect: str = "",
    name: str = NOMINAL,
    ack_timeout: float = 10.0,
    pause: float = 0.0,
    within: float | None = None,
    way: str = "persistent",
) -> Report:
    """One scenario against a system that plays `role`."""
    chosen = [found for found, _ in scenario.find([name], profile.id) if found.scenario == name]
    with system(program, role, *asked(role, defect)) as sut:
        return session.run(
            chosen,
            session.Options(
                profile=profile,
                folder=folder,
                command="test",
                sut=role,
                peer=sut.address,
                listening=lambda _, address: sut.meet(address),
                signals=False,
                sync=False,
                ack_timeout=ack_timeout,
                pause=pause,
                within=within,
                way=way,
            ),
        )
