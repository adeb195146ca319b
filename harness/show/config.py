"""`telerad.toml`: options that need not be typed, in this folder or the nearest one above.

    lang = "fr"
    profile = "livre-blanc-2024"        # for every verb that has the option

    [run]
    listen = "0.0.0.0:2575"

    [sut.acme]                          # `telerad run --sut-name acme`
    sut = "platform"
    sut-host = "10.1.2.3"
    sut-port = 2575

A key is an option without its dashes. The command line goes before the environment
(`TELERAD_RUN_LISTEN`, `TELERAD_LISTEN`), that before the file. Paths are relative to the file.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from harness.errors import HarnessError
from harness.text import LANGUAGES, Text, say

NAME: Final = "telerad.toml"
COMMON: Final = ("lang", "profile", "mapping", "cda-schema", "reading", "baseline")
SYSTEMS: Final = "sut"  # the table of the systems under test, by name
_AT: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")
_TABLE: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY: Final = re.compile(r"""\s*(["']?)([\w.-]+)\1\s*=\s*""")


@dataclass(frozen=True)
class Config:
    """A file: its values, and its text to say where something stands."""

    file: Path
    values: Mapping[str, Any]
    text: str

    def wrong(
        self, table: str, key: str, what: Text, *, hint: Text | None = None, value: bool = False
    ) -> HarnessError:
        """A mistake at a key of a table, or at its value."""
        line, column = self._place(table, key, value=value)
        return HarnessError(what, file=self.file, line=line, column=column, hint=hint)

    def _place(self, table: str, key: str, *, value: bool) -> tuple[int | None, int | None]:
        """Line and column, from 1; None where it is not written plainly."""
        within = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            head = _TABLE.match(line)
            if head:
                within = head[1].replace('"', "").replace("'", "").replace(" ", "")
                if (table, key) == ("", within.split(".")[0]) or within == f"{table}.{key}":
                    return number, head.start(1) + 1
                continue
            found = _KEY.match(line)
            written = f"{within}.{found[2]}".lstrip(".") if found else ""
            if found and written == f"{table}.{key}".lstrip("."):
                return number, (found.end() if value else found.start(2)) + 1
        return None, None


def find(start: Path) -> Path | None:
    """The file in a folder or the nearest one above it."""
    for folder in (start, *start.parents):
        if (folder / NAME).is_file():
            return folder / NAME
    return None


def load(file: Path) -> Config:
    """Read a file. Raises HarnessError with line and column when it is not TOML."""
    import tomllib  # most folders have no such file

    try:
        text = file.read_text(encoding="utf-8")
        return Config(file, tomllib.loads(text), text)
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.unreadable", reason=reason), file=file) from None
    except UnicodeDecodeError as wrong:
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        raise HarnessError(say("yaml.not_utf8"), file=file, line=line) from None
    except RecursionError:
        reason = "RecursionError"
        raise HarnessError(say("config.not_toml", reason=reason), file=file, line=1) from None
    except tomllib.TOMLDecodeError as wrong:
        raise _not_toml(str(wrong), text, file) from None


def _not_toml(reason: str, text: str, file: Path) -> HarnessError:
    """With the place that the reason names; what lacks its end has the end of the file."""
    at = _AT.search(reason)
    last = text.split("\n")
    line, column = (int(at[1]), int(at[2])) if at else (len(last), len(last[-1]) + 1)
    return HarnessError(
        say("config.not_toml", reason=_AT.sub("", reason)), file=file, line=line, column=column
    )


@cache
def here() -> Config | None:
    """The file that is in force for this process. Raises HarnessError when it does not hold."""
    file = find(Path.cwd())
    if file is None:
        return None
    return load(Path(os.path.relpath(file)))


def language() -> str:
    """`lang` of the file, empty when it says none; a file that does not hold says none here."""
    try:
        found = here()
    except (HarnessError, OSError):
        return ""
    value = found.values.get("lang") if found else None
    return value if value in LANGUAGES else ""
