"""An exchange as it is kept: as values of a result or of a journal, and read back from them.

What judging gives is not kept, it is found again from the bytes; what only playing could tell is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from harness.errors import HarnessError
from harness.rules.rule import Problem, Verdict
from harness.show.report import Part
from harness.sim.record import Exchange
from harness.text import Text, say
from harness.wire.location import Location

_FILE: Final = re.compile(r"messages/[\w][\w.-]*\.er7")


@dataclass(frozen=True, slots=True)
class Bytes:
    """A recorded message or answer; `file` is relative to the run's folder."""

    file: str
    raw: bytes
    guessed: Text | None = None
    deliberate: Text | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What playing an exchange told: the rule's id, the verdict, the problems."""

    rule: str
    verdict: Verdict
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One exchange. `frame` is the exchange without what judging gives."""

    frame: Exchange
    request: Bytes | None
    answer: Bytes | None
    observed: tuple[Observed, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A recorded run.

    `parts` are the runs that were merged into it. `profile` and `rules_hash` are those it was
    judged by, empty when unknown. `unsynced` as in a Report.
    """

    folder: Path
    profile: str
    rules_hash: str
    sut: str
    seed: int | None
    started: datetime
    seconds: float
    interrupted: bool
    titles: tuple[tuple[str, Text], ...]
    exchanges: tuple[Recorded, ...]
    parts: tuple[Part, ...] = ()
    unsynced: bool = False


def recorded_of(one: dict[str, Any], files: Mapping[str, Any], folder: Path) -> Recorded:
    """An exchange of a result, its bytes read from the files beside it.

    Raises HarnessError for a file that is not there; KeyError, TypeError or ValueError for values
    that do not hold.
    """
    request, answer = (_bytes(one[part], files, folder) for part in ("request", "answer"))
    return Recorded(frame_of(one), request, answer, tuple(observed(one["steps"])))


def frame_of(one: dict[str, Any]) -> Exchange:
    """An exchange of a result without its messages."""
    return Exchange(
        number=int(one["number"]),
        scenario=str(one["scenario"]),
        flow=str(one["flow"]),
        sender=among(one["sender"], ("ris", "platform")),
        receiver=among(one["receiver"], ("ris", "platform")),
        state=among(one["state"], ("done", "not_run", "no_answer", "failed")),
        sent=time_of(one["sent"]),
        answered=time_of(one["answered"]),
        seconds=None if one["seconds"] is None else float(one["seconds"]),
        reason=maybe(one["reason"]),
        wire=tuple(str(part) for part in one["wire"]),
        conversation=str(one["conversation"] or ""),
        towards=among(one["towards"] or "", ("", "pfi")),
        play=int(one["play"]),
    )


def _bytes(name: str | None, files: Mapping[str, Any], folder: Path) -> Bytes | None:
    if name is None:
        return None
    if not _FILE.fullmatch(name):  # a result comes from anybody: it may name files of a run only
        raise HarnessError(say("recorded.bad_name", name=name), file=folder)
    try:
        raw = (folder / name).read_bytes()
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.unreadable", reason=reason), file=folder / name) from None
    told = files.get(name, {})
    return Bytes(name, raw, maybe(told.get("guessed")), maybe(told.get("deliberate")))


def observed(steps: list[dict[str, Any]]) -> Iterator[Observed]:
    """What the steps of a result told."""
    for step in steps:
        problems = tuple(_problem(one) for one in step["problems"])
        yield Observed(step["rule"], Verdict[step["verdict"].upper()], problems)


def _problem(one: dict[str, Any]) -> Problem:
    span = (int(one["span"][0]), int(one["span"][1])) if one["span"] else None
    at = Location(one["path"] or "", one["xpath"], one["line"], span)
    by = among(one.get("by") or "", ("", "ris", "platform"))
    return Problem(at, text_of(one["expected"]), text_of(one["actual"]), maybe(one["advice"]), by)


def text_of(pair: Mapping[str, str]) -> Text:
    """A text in both languages."""
    return Text(str(pair["fr"]), str(pair["en"]))


def maybe(pair: Mapping[str, str] | None) -> Text | None:
    """A text in both languages, or none."""
    return text_of(pair) if pair else None


def among(word: str, known: tuple[str, ...]) -> str:
    """The word. Raises ValueError when it is none of the known ones."""
    if word not in known:
        raise ValueError(repr(word))
    return word


def time_of(text: str | None) -> datetime | None:
    """An ISO 8601 time, or none."""
    return datetime.fromisoformat(text) if text else None
