"""A baseline written anew for today's findings: line by line, so that every comment stays.

Entries that match something stay as they are written. Entries that match nothing go, with the
comment lines right above them. Failures that nobody knows yet get an entry at the end.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness import yamlfile
from harness.errors import HarnessError
from harness.show import baseline
from harness.show.baseline import Baseline
from harness.show.words import as_json
from harness.text import say

_INDEX: Final = re.compile(r"\[\d+\]")
_EMPTY: Final = re.compile(r"known:\s*(\[\s*\])?\s*(#.*)?")


@dataclass(frozen=True, slots=True)
class Told:
    """What new entries say beside rule and place; `owner` and `expires` may be empty."""

    reason: str
    owner: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Updated:
    """The new text, and how many entries came, stayed and went."""

    text: str
    added: int
    kept: int
    removed: int


def updated(text: str, known: Baseline, failures: Sequence[tuple[str, str]], told: Told) -> Updated:
    """The text of the baseline for these failures, each a rule and a place.

    Raises HarnessError for a file whose entries are not one a line (`- rule: …`).
    """
    matched = {at: known.entry(*at) for at in failures}
    used = {entry.line for entry in matched.values() if entry}
    lines = text.rstrip("\n").split("\n")
    spans = _spans(lines, known)
    gone = {
        number
        for entry, span in zip(known.entries, spans, strict=True)
        if entry.line not in used
        for number in span
    }
    new = tuple(_new_entries([at for at, entry in matched.items() if entry is None], told))
    kept = [line for number, line in enumerate(lines) if number not in gone]
    at = (spans[-1].stop if spans else _opened(lines, known.file)) - len(gone)
    whole = _with_head([*kept[:at], *(line for entry in new for line in entry), *kept[at:]])
    removed = len(known.entries) - len(used)
    return Updated("\n".join(whole) + "\n", len(new), len(used), removed)


def read(file: Path) -> str:
    """The text of a baseline; of one that is not there yet, an empty one with its head."""
    if not file.exists():
        return f"# {say('baseline.head').en}\n# {say('baseline.head').fr}\nknown: []\n"
    baseline.load(file)  # tells what is wrong with it
    return file.read_text(encoding="utf-8-sig")


def _spans(lines: Sequence[str], known: Baseline) -> list[range]:
    """The lines of each entry, from 0, with the comment lines right above it."""
    starts = [_start(lines, entry.line - 1, known.file) for entry in known.entries]
    ends = [*starts[1:], _end(lines, known)] if starts else []
    spans = []
    for start, end in zip(starts, ends, strict=True):
        while end > start + 1 and not lines[end - 1].strip():
            end -= 1
        spans.append(range(start, end))
    return spans


def _start(lines: Sequence[str], line: int, file: Path) -> int:
    """The first line that belongs to the entry whose first key is on `line`."""
    if not lines[line].lstrip().startswith("-") and line:
        line -= 1
    if not lines[line].lstrip().startswith("-"):
        raise HarnessError(say("baseline.one_a_line"), file=file, line=line + 1)
    while line and lines[line - 1].lstrip().startswith("#") and lines[line - 1][:1] == " ":
        line -= 1
    return line


def _end(lines: Sequence[str], known: Baseline) -> int:
    """The line behind the last one of the last entry."""
    end = known.entries[-1].line if known.entries else 0
    while end < len(lines) and lines[end][:1] == " " and not lines[end].lstrip().startswith("#"):
        end += 1
    return end


def _opened(lines: Sequence[str], file: Path) -> int:
    """The line behind `known:`, where there is no entry yet."""
    for number, line in enumerate(lines):
        if _EMPTY.fullmatch(line):
            return number + 1
    raise HarnessError(say("baseline.one_a_line"), file=file)


def _with_head(lines: list[str]) -> list[str]:
    """`known: []` where there are no entries, `known:` where there are."""
    some = any(line.lstrip().startswith("- ") for line in lines)
    put = "known:" if some else "known: []"
    return [put if _EMPTY.fullmatch(line) else line for line in lines]


def _new_entries(places: Iterable[tuple[str, str]], told: Told) -> Iterable[list[str]]:
    """One entry for each rule and place; places that differ by their numbers only share one."""
    shared: dict[tuple[str, str], list[str]] = {}
    for rule, place in places:
        shared.setdefault((rule, _INDEX.sub("[*]", place)), []).append(place)
    for (rule, pattern), own in shared.items():
        distinct = dict.fromkeys(own)
        yield _entry(rule, pattern if len(distinct) > 1 else own[0], told)


def _entry(rule: str, place: str, told: Told) -> list[str]:
    more = (("reason", told.reason), ("owner", told.owner), ("expires", told.expires))
    lines = [f"  - rule: {rule}", f"    place: {_quoted(place or '*')}"]
    return [*lines, *(f"    {key}: {_quoted(text)}" for key, text in more if text)]


def _quoted(text: str) -> str:
    """A YAML string in double quotes; JSON's are such."""
    return as_json(text)


def check(text: str, file: Path) -> None:
    """Raises HarnessError when the text would be no baseline; nothing is written then."""
    if len(text.encode()) > yamlfile.MAX_BYTES:
        size, limit = len(text.encode()), yamlfile.MAX_BYTES
        raise HarnessError(say("yaml.too_large", size=size, limit=limit), file=file)
