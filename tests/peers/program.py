"""Our program as a process of its own."""

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.wire import transcript
from harness.wire.transcript import Record

PROGRAM = (sys.executable, "-c", "from harness.show.cli import main; main()")
PATIENCE = 30.0  # seconds after which a process that hangs fails its test


@dataclass
class Simulator:
    """`telerad simulate` that listens on `port` and writes into `folder`."""

    process: "subprocess.Popen[str]"
    port: int
    folder: Path

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end, as an operator does, and give its exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode

    @property
    def journal(self) -> list[Record]:
        return list(transcript.read(self.folder / "journal.ndjson"))

    def received(self, kind: str = "message") -> list[bytes]:
        return [r.data for r in self.journal if (r.kind, r.direction) == (kind, "in")]
