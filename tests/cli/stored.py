"""Stored output: what stays the same from one run to the next.

To store anew after a change that is meant: `TELERAD_STORE=1 pytest tests/cli`, then read the diff.
"""

import os
import re
from pathlib import Path

FOLDER = Path(__file__).with_name("stored")
_CHANGES = (
    (re.compile(r" +\d+\.\d ms"), " N ms"),
    (re.compile(r"\d+( of | contrôles réussis sur )\d+( checks passed)?"), r"N\1N\2"),
    (re.compile(r"(not applicable: |not tested: |sans objet : |non testés : )\d+"), r"\1N"),
)


def stable(text: str) -> str:
    """The text without measured times and counts of rules, which any new rule would change."""
    for pattern, put in _CHANGES:
        text = pattern.sub(put, text)
    return text


def until(text: str, mark: str) -> str:
    """The text up to the end of the first line with this mark."""
    end = text.index("\n", text.index(mark))
    return text[: end + 1]


def compare(name: str, text: str) -> None:
    """The text must be the one stored under this name."""
    file = FOLDER / f"{name}.txt"
    if os.environ.get("TELERAD_STORE"):
        file.write_text(stable(text), encoding="utf-8")
    assert stable(text) == file.read_text(encoding="utf-8")
