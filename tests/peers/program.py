"""Our program as a process of its own."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.wire import transcript
from harness.wire.transcript import Record

PROGRAM = (sys.executable, "-c", "from harness.show.cli import main; main()")
PATIENCE = 30.0  # seconds after which a process that hangs fails its test
_LISTENS = re.compile(r"127\.0\.0\.1:(\d+)")


@dataclass
class Simulator:
    """`telerad simulate` that listens on `port` and writes into `folder`."""

    process: "subprocess.Popen[str]"
    port: int
    folder: Path
    said: str = ""
    seen: int = 0  # records of the journal that a test leaves out: those of the tests before it

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end, as an operator does, and give its exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode

    @property
    def journal(self) -> list[Record]:
        return list(transcript.read(self.folder / "journal.ndjson"))[self.seen :]

    def received(self, kind: str = "message") -> list[bytes]:
        return [r.data for r in self.journal if (r.kind, r.direction) == (kind, "in")]


Running = Simulator  # anything of ours that listens


@contextmanager
def simulator(folder: Path, role: str, *more: str) -> Iterator[Simulator]:
    """`telerad simulate ROLE`, listening; killed at the end if it still runs."""
    with listening(folder, "simulate", role, "--listen", "127.0.0.1:0", *more) as found:
        yield found


@contextmanager
def listening(folder: Path, *asked: str) -> Iterator[Running]:
    """The program with these arguments, once it says where it listens; killed at the end."""
    with started(folder, *asked, "--out", str(folder)) as found:
        yield found


@contextmanager
def started(folder: Path, *asked: str) -> Iterator[Running]:
    """The same, which writes into `folder` by its own arguments."""
    process = subprocess.Popen(
        [*PROGRAM, *asked, "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said, line = "", process.stdout.readline()
        while line and not _LISTENS.search(line):
            said, line = said + line, process.stdout.readline()
        said += line
        found = _LISTENS.search(line)
        assert found, said + process.stdout.read()
        yield Simulator(process, int(found[1]), folder, said)
    finally:
        process.kill()
        process.communicate()
