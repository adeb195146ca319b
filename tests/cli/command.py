"""The installed command, run as a user runs it: a process of its own, in an empty folder."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CLOCK = "2026-01-05T10:00:00+01:00"
PROGRAM = Path(sys.executable).with_name("telerad")
SETTINGS = ("TELERAD_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS")


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def told(self) -> str:
        """The one line on standard error of a command that refuses."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("telerad: ")
        return lines[0].removeprefix("telerad: ")


Telerad = Callable[..., Done]


def environment(lang: str = "") -> dict[str, str]:
    """This process's, without what would choose a language or a width; then `lang`."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return kept | {"LC_ALL": "C.UTF-8"} | ({"TELERAD_LANG": lang} if lang else {})


def call(folder: Path, *arguments: str | Path, lang: str = "en") -> Done:
    """The installed program, in a process of its own from the beginning."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        cwd=folder,
        env=environment(lang),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr, folder)


class Server:
    """The same program in forks of a process that has its libraries loaded (see server.py)."""

    def __init__(self, folder: Path) -> None:
        self._out, self._err = folder / "out", folder / "err"
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("server.py")],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def call(self, folder: Path, *arguments: str | Path, lang: str = "en") -> Done:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        asked = {
            "arguments": [str(one) for one in arguments],
            "folder": str(folder),
            "environment": environment(lang),
            "out": str(self._out),
            "err": str(self._err),
        }
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        code = int(process.stdout.readline())
        texts = [file.read_bytes().decode("utf-8") for file in (self._out, self._err)]
        return Done(code, *texts, folder)

    def close(self) -> None:
        self._process.communicate()
