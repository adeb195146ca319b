"""A run of which there is only the journal: it was killed, or is still going on.

Each exchange was noted with what its step had told when it was over. Messages beyond those were cut
off: they are paired with their acknowledgements anew, and what nobody answered is inconclusive.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from harness.errors import HarnessError, NotMeasured
from harness.rules.rule import Problem, Verdict
from harness.show.formats.jsonfmt import exchange_as_dict
from harness.show.runs import rejournal
from harness.show.runs.recording import (
    Bytes,
    Observed,
    Recorded,
    Run,
    among,
    frame_of,
    maybe,
    observed,
    time_of,
)
from harness.sim.record import Exchange, Judged
from harness.text import Text, say
from harness.wire.location import Location
from harness.wire.transcript import Record

# what the journal says of what is wrong on purpose
_PURPOSES: Final[Mapping[str, str]] = {
    "yes": "run.deliberate",
    "wrong": "run.wrong",
    "answer": "run.wrong_answer",
}
_WITHOUT_STEPS: Final = "simulate"  # the scenario of what no scenario asked for


@dataclass(frozen=True, slots=True)
class Played:
    """A play of a scenario. `position` among those asked for; `over`: it came to its end."""

    scenario: str
    position: int
    title: Text
    over: bool = False


# -- writing ---------------------------------------------------------------------------------


def told(at: datetime, exchange: Exchange) -> Record:
    """The record of an exchange that is over. Its bytes stand in records of their own."""
    values = exchange_as_dict(exchange)
    values["bytes"] = {
        part: _told_bytes(judged)
        for part, judged in (("request", exchange.request), ("answer", exchange.answer))
        if judged and judged.message
    }
    data = json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogateescape")
    return Record(at.isoformat(), "exchange", flow=exchange.flow, data=data)


def _told_bytes(judged: Judged) -> dict[str, Any]:
    return {
        "digest": digest(judged.raw),
        "guessed": judged.guessed.as_dict() if judged.guessed else None,
        "deliberate": judged.deliberate.as_dict() if judged.deliberate else None,
    }


def begins(at: datetime, played: Played) -> Record:
    """The record of a play that begins."""
    facts = {"scenario": played.scenario, "position": str(played.position), "play": "begins"}
    title = {"title.fr": played.title.fr, "title.en": played.title.en}
    return Record(at.isoformat(), "event", facts=facts | title)


def ends(at: datetime, played: Played) -> Record:
    """The record of a play that is over."""
    facts = {"scenario": played.scenario, "position": str(played.position), "play": "ends"}
    return Record(at.isoformat(), "event", facts=facts)


def digest(raw: bytes) -> str:
    """What names bytes in the record of their exchange."""
    return hashlib.sha256(raw).hexdigest()


# -- reading ---------------------------------------------------------------------------------


def of_journal(folder: Path, records: Sequence[Record]) -> Run:
    """What a journal tells of its latest run.

    Raises HarnessError for a record that does not hold, NotMeasured when there is no record.
    """
    begun = _begun(records, folder)
    facts = records[0].facts if records[0].kind == "run" else {}
    try:
        exchanges = tuple(_exchanges(records))
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        reason = f"{type(wrong).__name__}: {wrong}"
        raise HarnessError(say("recorded.bad_result", reason=reason), file=folder) from None
    return Run(
        folder=folder,
        profile=facts.get("profile", ""),
        rules_hash="",
        sut=facts.get("sut", "none"),
        seed=_number(facts.get("seed", "")),
        started=begun,
        seconds=_seconds(begun, records[-1].at),
        interrupted=records[-1].kind != "end",
        titles=tuple({play.scenario: play.title for play in plays(records)}.items()),
        exchanges=exchanges,
        unsynced=any(record.facts.get("sync") == "no" for record in records[:1]),
    )


def plays(records: Iterable[Record]) -> tuple[Played, ...]:
    """The plays that began, in the order of their scenarios; each as it was last."""
    found: dict[int, Played] = {}
    for record in records:
        facts = record.facts
        position = _number(facts.get("position", ""))
        if record.kind != "event" or position is None:
            continue
        if facts.get("play") == "begins":
            title = Text(facts.get("title.fr", ""), facts.get("title.en", ""))
            found[position] = Played(facts.get("scenario", ""), position, title)
        elif position in found:
            found[position] = replace(found[position], over=True)
    return tuple(found[position] for position in sorted(found))


def _exchanges(records: Sequence[Record]) -> Iterator[Recorded]:
    """Those that were told, and what was cut off, under the numbers that are free."""
    raw = {digest(r.data): r.data for r in records if r.kind in ("message", "ack")}
    every = (one for one in map(_values, records) if one)
    kept = {one["number"]: one for one in every if _is_whole(one, raw)}
    known = Counter(
        one["bytes"]["request"]["digest"] for one in kept.values() if "request" in one["bytes"]
    )
    found = {number: _recorded(one, raw) for number, one in kept.items()}
    number = 1
    for pair in rejournal.pairs(records):
        name = digest(pair.message.data)
        if known[name]:
            known[name] -= 1
            continue
        while number in found:
            number += 1
        found[number] = _paired(pair, number)
    yield from (found[number] for number in sorted(found))


def _is_whole(one: Mapping[str, Any], raw: Mapping[str, bytes]) -> bool:
    """What was answered stands in the journal; else the answer was never sent."""
    return all(told["digest"] in raw for told in one["bytes"].values())


def _values(record: Record) -> dict[str, Any] | None:
    if record.kind != "exchange":
        return None
    values: dict[str, Any] = json.loads(record.data)
    return values


def _recorded(one: dict[str, Any], raw: Mapping[str, bytes]) -> Recorded:
    request, answer = (
        _bytes(one[part], one["bytes"].get(part), raw) for part in ("request", "answer")
    )
    return Recorded(frame_of(one), request, answer, tuple(observed(one["steps"])))


def _bytes(
    file: str | None, told: Mapping[str, Any] | None, raw: Mapping[str, bytes]
) -> Bytes | None:
    if file is None or told is None:
        return None
    data = raw[told["digest"]]
    return Bytes(file, data, maybe(told["guessed"]), maybe(told["deliberate"]))


def _begun(records: Sequence[Record], folder: Path) -> datetime:
    try:
        return datetime.fromisoformat(records[0].at)
    except (IndexError, ValueError):
        raise NotMeasured(say("recorded.nothing"), file=folder) from None


def _seconds(begun: datetime, last: str) -> float:
    try:
        return max(0.0, (datetime.fromisoformat(last) - begun).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _paired(pair: rejournal.Pair, number: int) -> Recorded:
    message, ack, facts = pair.message, pair.ack, pair.message.facts
    kind = re.sub(r"\W", "_", message.flow) or "HL7"
    name = f"messages/{number:04d}-{kind}"
    frame = Exchange(
        number=number,
        scenario=facts.get("scenario", _WITHOUT_STEPS),
        flow=message.flow or "HL7",
        sender=pair.sender,
        receiver=pair.receiver,
        state="done" if ack else "no_answer",
        sent=time_of(message.at),
        answered=time_of(ack.at) if ack else None,
        conversation=pair.conversation,
        towards=among(facts.get("towards", ""), ("", "pfi")),
        play=_number(facts.get("play", "")) or 1,
    )
    return Recorded(
        frame,
        Bytes(f"{name}.er7", message.data, deliberate=_purpose(message)),
        Bytes(f"{name}.ack.er7", ack.data, deliberate=_purpose(ack)) if ack else None,
        () if ack else (_cut_off(),),
    )


def _purpose(record: Record) -> Text | None:
    """Why a message or an answer is wrong on purpose, as the play wrote it down."""
    key = _PURPOSES.get(record.facts.get("deliberate", ""))
    return say(key) if key else None


def is_cut_off(one: Recorded) -> bool:
    """Nothing but the end of the run kept this message from an answer."""
    return one.observed == (_cut_off(),)


def _cut_off() -> Observed:
    """The run was over before an answer came: nobody can tell whether there is one."""
    problem = Problem(Location(), say("run.ack_wanted"), say("recorded.cut_off"))
    return Observed("ACK-NONE", Verdict.INCONCLUSIVE, (problem,))
