"""A run read back from its folder: what crossed the wire, and what only being there could tell.

A run that came to its end has `result.json`, with its messages in files beside it. Of one that was
killed there is the journal (see `unfinished.py`).
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, NotMeasured
from harness.show.report import Part
from harness.show.runs import rejournal
from harness.show.runs.recording import Bytes, Observed, Recorded, Run, among, recorded_of, text_of
from harness.show.runs.unfinished import of_journal
from harness.text import say
from harness.wire import transcript

__all__ = ["Bytes", "Observed", "Recorded", "Run", "load_result", "read"]


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
    run = _of_result(result) if result.is_file() and ended else of_journal(folder, records)
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
        sut=among(result["sut"], ("ris", "platform", "both", "none")),
        seed=None if result["seed"] is None else int(result["seed"]),
        started=datetime.fromisoformat(result["started"]),
        seconds=float(result["seconds"]),
        interrupted=result["interrupted"] is True,
        titles=tuple((one["name"], text_of(one["title"])) for one in result["scenarios"]),
        unsynced=result.get("unsynced") is True,
        exchanges=tuple(recorded_of(one, files, folder) for one in result["exchanges"]),
        parts=tuple(_part(one) for one in result.get("runs", ())),
    )


def _part(one: dict[str, Any]) -> Part:
    return Part(
        name=str(one["name"]),
        sut=among(one["sut"], ("ris", "platform", "both", "none")),
        seed=None if one["seed"] is None else int(one["seed"]),
        started=datetime.fromisoformat(one["started"]),
        seconds=float(one["seconds"]),
        interrupted=one["interrupted"] is True,
        numbers=tuple(int(number) for number in one["exchanges"]),
    )
