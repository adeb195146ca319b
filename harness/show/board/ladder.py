"""The ladder of the French test space: N1 alone, N2 with a partner, N3 the whole with a monitor.

A level is done by what a system played in the version that it has:

    N1   every scenario of the session against our simulator
    N2   a run with a real partner that passed
    N3   a run with a real partner, of all that the guide requires, that passed and that a monitor
         verified

Who wants to play at a level has done those below, or an organiser took them as done (`waivers`).
What cannot be asked of a real system ("not tested") is nothing that is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from harness.rules import profile as profiles
from harness.show.board import wording
from harness.show.board.store import reviews, runs, waivers
from harness.show.board.store.database import Database
from harness.show.board.store.reviews import Review
from harness.show.board.store.rooms import Room, System
from harness.show.board.store.runs import WHOLE, Run
from harness.show.board.store.waivers import Waiver
from harness.text import Text, plain, say

LEVELS: Final = ("N1", "N2", "N3")
GOOD: Final = ("pass", "warning", "contested")
_NOTHING: Final = ("not_tested", "not_applicable")  # of a real system
_NAMED: Final = 6  # things that a refusal names


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ladder of a room rests on. `done` are the latest runs that came to their end.

    `flows` are those that a whole run exchanged, `required` those that it must.
    """

    scenarios: Sequence[str]
    done: Sequence[Run]
    reviews: Mapping[int, Review]
    waivers: Sequence[Waiver]
    flows: Mapping[int, frozenset[str]]
    required: Sequence[str]


@dataclass(frozen=True, slots=True)
class Rung:
    """A level of a system: "done", "waived", "open" (may be played) or "locked".

    `missing` is what it lacks; `count` of `of` things are done.
    """

    level: str
    state: str
    missing: tuple[Text, ...]
    count: int
    of: int
    waiver: Waiver | None = None

    @property
    def is_settled(self) -> bool:
        """The next level may be played."""
        return self.state in ("done", "waived")


def facts(database: Database, room: Room) -> Facts:
    """What is known of a room."""
    done = runs.latest(database, room.id, over=True)
    whole = [run.id for run in done if run.scenario == WHOLE]
    return Facts(
        room.scenarios,
        done,
        reviews.current(database, room.id),
        waivers.of_room(database, room.id),
        runs.flows(database, whole),
        required(room.profile),
    )


@cache
def required(profile: str) -> tuple[str, ...]:
    """The flows that the guide requires of a whole exchange."""
    flows = profiles.load(profile).flows.values()
    return tuple(flow.id for flow in flows if flow.usage == "required")


def rungs(system: System, known: Facts) -> tuple[Rung, ...]:
    """The three levels of a system, the lowest first."""
    found: list[Rung] = []
    for level, (missing, of) in zip(LEVELS, _missing(system, known), strict=True):
        waiver = next((one for one in known.waivers if one.covers(system, level)), None)
        below = all(rung.is_settled for rung in found)
        state = "done" if not missing else "waived" if waiver else "open" if below else "locked"
        found.append(Rung(level, state, missing, of - len(missing), of, waiver))
    return tuple(found)


def refusal(level: str, systems: Sequence[System], known: Facts) -> Text | None:
    """Why these systems may not play at a level yet, with what is missing; None if they may."""
    lower = LEVELS[: LEVELS.index(level)]
    lines = [
        say("board.ladder.lacks", system=system.title, level=rung.level, what=_listed(rung.missing))
        for system in systems
        for rung in rungs(system, known)
        if rung.level in lower and not rung.is_settled
    ]
    if not lines:
        return None
    whole = (say("board.ladder.refused", level=level), *lines)
    return Text(" ".join(one.fr for one in whole), " ".join(one.en for one in whole))


def _listed(missing: Sequence[Text]) -> Text:
    shown = list(missing[:_NAMED])
    if len(missing) > _NAMED:
        shown.append(plain(f"… (+{len(missing) - _NAMED})"))
    return Text(", ".join(one.fr for one in shown), ", ".join(one.en for one in shown))


def _missing(system: System, known: Facts) -> tuple[tuple[tuple[Text, ...], int], ...]:
    """For each level what is missing, and of how many things."""
    alone = {
        run.scenario: run for run in known.done if (run.system, run.other) == (system.id, None)
    }
    met = [run for run in known.done if run.other and _is_of(system, run)]
    whole = [run for run in met if run.scenario == WHOLE]
    return (
        (_alone(alone, known.scenarios), len(known.scenarios)),
        (_with_a_partner(met), 1),
        (_whole(whole, known), 1),
    )


def _is_of(system: System, run: Run) -> bool:
    """The system took part, in the version that it has."""
    parts = ((run.system, run.version), (run.other, run.other_version))
    return (system.id, system.version) in parts


def _alone(done: Mapping[str, Run], scenarios: Sequence[str]) -> tuple[Text, ...]:
    words = {name: done[name].word if name in done else "none" for name in scenarios}
    left = [name for name, word in words.items() if word not in (*GOOD, *_NOTHING)]
    if not left and not any(word in GOOD for word in words.values()):
        left = list(words)  # nothing at all could be tested
    return tuple(
        say("board.ladder.scenario", name=name, word=wording.word(words[name])) for name in left
    )


def _with_a_partner(met: Sequence[Run]) -> tuple[Text, ...]:
    if any(run.word in GOOD for run in met):
        return ()
    return (_of_run(met[-1]) if met else say("board.ladder.partner"),)


def _whole(met: Sequence[Run], known: Facts) -> tuple[Text, ...]:
    """What the best of these runs lacks: nothing, if one lacks nothing."""
    lacks = [_lacks(run, known) for run in met]
    if any(lack is None for lack in lacks):
        return ()
    return (next((lack for lack in reversed(lacks) if lack), say("board.ladder.whole")),)


def _lacks(run: Run, known: Facts) -> Text | None:
    if run.word not in GOOD:
        return _of_run(run)
    flows = [flow for flow in known.required if flow not in known.flows.get(run.id, frozenset())]
    if flows:
        return say("board.ladder.flows", run=run.id, flows=", ".join(flows))
    review = known.reviews.get(run.id)
    if review is None or review.state != "verified":
        return say("board.ladder.unverified", run=run.id)
    return None


def _of_run(run: Run) -> Text:
    return say("board.ladder.run", run=run.id, word=wording.word(run.word))
