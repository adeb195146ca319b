"""A run read back from its folder: what crossed the wire, and what only being there could tell.

A run that came to its end has `result.json`, with its messages in files beside it. Of one that was
killed there is the journal: its messages and acknowledgements are paired anew, and nothing is known
of what the steps expected.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from harness.errors import HarnessError, NotMeasured
from harness.rules.rule import Problem, Verdict
from harness.show import rejournal
from harness.show.report import Part
from harness.sim.record import Exchange
from harness.text import Text, say
from harness.wire import transcript
from harness.wire.location import Location

# what the journal says of what is wrong on purpose
_PURPOSES: Final[Mapping[str, str]] = {
    "yes": "run.deliberate",
    "wrong": "run.wrong",
    "answer": "run.wrong_answer",
}
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
    judged by, empty when unknown.
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


def read(folder: Path) -> Run:
    """Read a run's folder.

    Raises HarnessError for a folder that holds no run, a file that does not hold or is not there;
    NotMeasured when nothing had crossed the wire.
    """
    result, journal = folder / "result.json", folder / "journal.ndjson"
    if not result.is_file() and not journal.is_file():
        raise HarnessError(say("recorded.no_run"), file=folder)
    records = rejournal.last_run(transcript.read(journal)) if journal.is_file() else ()
    ended = not records or records[-1].kind == "end"
    run = _of_result(result) if result.is_file() and ended else _of_journal(folder, records)
    if not any(one.request for one in run.exchanges):
        raise NotMeasured(say("recorded.nothing"), file=folder)
    return run


# -- a run that came to its end --------------------------------------------------------------


def load_result(file: Path) -> dict[str, Any]:
    """A JSON result. Raises HarnessError with file and line when it is none."""
    try:
        found = json.loads(file.read_bytes())
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.unreadable", reason=reason), file=file) from None
    except json.JSONDecodeError as wrong:
        what = say("recorded.not_json", reason=wrong.msg)
        raise HarnessError(what, file=file, line=wrong.lineno, column=wrong.colno) from None
    except (UnicodeDecodeError, RecursionError):
        raise HarnessError(say("yaml.not_utf8"), file=file) from None
    if not isinstance(found, dict) or found.get("schema") != "telerad-result-1":
        raise HarnessError(say("recorded.not_result"), file=file)
    return found


def _of_result(file: Path) -> Run:
    result = load_result(file)
    try:
        return _run(result, file.parent)
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        reason = f"{type(wrong).__name__}: {wrong}"
        raise HarnessError(say("recorded.bad_result", reason=reason), file=file) from None


def _run(result: dict[str, Any], folder: Path) -> Run:
    files = {one["path"]: one for one in result["files"]}
    return Run(
        folder=folder,
        profile=str(result["profile"]),
        rules_hash=str(result["rules_hash"]),
        sut=_among(result["sut"], ("ris", "platform", "both", "none")),
        seed=None if result["seed"] is None else int(result["seed"]),
        started=datetime.fromisoformat(result["started"]),
        seconds=float(result["seconds"]),
        interrupted=result["interrupted"] is True,
        titles=tuple((one["name"], _text(one["title"])) for one in result["scenarios"]),
        exchanges=tuple(_recorded(one, files, folder) for one in result["exchanges"]),
        parts=tuple(_part(one) for one in result.get("runs", ())),
    )


def _part(one: dict[str, Any]) -> Part:
    return Part(
        name=str(one["name"]),
        sut=_among(one["sut"], ("ris", "platform", "both", "none")),
        seed=None if one["seed"] is None else int(one["seed"]),
        started=datetime.fromisoformat(one["started"]),
        seconds=float(one["seconds"]),
        interrupted=one["interrupted"] is True,
        numbers=tuple(int(number) for number in one["exchanges"]),
    )


def _recorded(one: dict[str, Any], files: Mapping[str, Any], folder: Path) -> Recorded:
    frame = Exchange(
        number=int(one["number"]),
        scenario=str(one["scenario"]),
        flow=str(one["flow"]),
        sender=_among(one["sender"], ("ris", "platform")),
        receiver=_among(one["receiver"], ("ris", "platform")),
        state=_among(one["state"], ("done", "not_run", "no_answer", "failed")),
        sent=_time(one["sent"]),
        answered=_time(one["answered"]),
        seconds=None if one["seconds"] is None else float(one["seconds"]),
        reason=_maybe(one["reason"]),
        wire=tuple(str(part) for part in one["wire"]),
        conversation=str(one["conversation"] or ""),
        towards=_among(one["towards"] or "", ("", "pfi")),
        play=int(one["play"]),
    )
    request, answer = (_bytes(one[part], files, folder) for part in ("request", "answer"))
    return Recorded(frame, request, answer, tuple(_observed(one["steps"])))


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
    return Bytes(name, raw, _maybe(told.get("guessed")), _maybe(told.get("deliberate")))


def _observed(steps: list[dict[str, Any]]) -> Iterator[Observed]:
    for step in steps:
        problems = tuple(_problem(one) for one in step["problems"])
        yield Observed(step["rule"], Verdict[step["verdict"].upper()], problems)


def _problem(one: dict[str, Any]) -> Problem:
    span = (int(one["span"][0]), int(one["span"][1])) if one["span"] else None
    at = Location(one["path"] or "", one["xpath"], one["line"], span)
    by = _among(one.get("by") or "", ("", "ris", "platform"))
    return Problem(at, _text(one["expected"]), _text(one["actual"]), _maybe(one["advice"]), by)


def _text(pair: Mapping[str, str]) -> Text:
    return Text(str(pair["fr"]), str(pair["en"]))


def _maybe(pair: Mapping[str, str] | None) -> Text | None:
    return _text(pair) if pair else None


def _among(word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise ValueError(repr(word))
    return word


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# -- a run of which only the journal is left -------------------------------------------------


def _of_journal(folder: Path, records: tuple[transcript.Record, ...]) -> Run:
    facts = records[0].facts if records and records[0].kind == "run" else {}
    pairs = rejournal.pairs(records)
    return Run(
        folder=folder,
        profile=facts.get("profile", ""),
        rules_hash="",
        sut=facts.get("sut", "none"),
        seed=_number(facts.get("seed", "")),
        started=_begun(records, folder),
        seconds=0.0,
        interrupted=True,
        titles=(),
        exchanges=tuple(_paired(pair, number) for number, pair in enumerate(pairs, 1)),
    )


def _begun(records: tuple[transcript.Record, ...], folder: Path) -> datetime:
    try:
        return datetime.fromisoformat(records[0].at)
    except (IndexError, ValueError):
        raise NotMeasured(say("recorded.nothing"), file=folder) from None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _paired(pair: rejournal.Pair, number: int) -> Recorded:
    message, ack, facts = pair.message, pair.ack, pair.message.facts
    kind = re.sub(r"\W", "_", message.flow) or "HL7"
    name = f"messages/{number:04d}-{kind}"
    frame = Exchange(
        number=number,
        scenario=facts.get("scenario", "simulate"),
        flow=message.flow or "HL7",
        sender=pair.sender,
        receiver=pair.receiver,
        state="done" if ack else "no_answer",
        sent=_time(message.at),
        answered=_time(ack.at) if ack else None,
        conversation=pair.conversation,
        towards=_among(facts.get("towards", ""), ("", "pfi")),
        play=_number(facts.get("play", "")) or 1,
    )
    return Recorded(
        frame,
        Bytes(f"{name}.er7", message.data, deliberate=_purpose(message)),
        Bytes(f"{name}.ack.er7", ack.data, deliberate=_purpose(ack)) if ack else None,
    )


def _purpose(record: transcript.Record) -> Text | None:
    """Why a message or an answer is wrong on purpose, as the play wrote it down."""
    key = _PURPOSES.get(record.facts.get("deliberate", ""))
    return say(key) if key else None
