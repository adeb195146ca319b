"""The board itself: systems × scenarios, a cell each with its latest run in today's version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from harness.rules import profile as profiles
from harness.show.board.store.rooms import Room, System
from harness.show.board.store.runs import BETWEEN, Run
from harness.sim import scenario
from harness.sim.scenario import Scenario
from harness.text import Text, plain

NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Column:
    """A scenario of the board. `flows` are those that it exchanges, in their order."""

    name: str
    title: Text
    flows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """`id` names it in the page; `word` is that of `Run.word`, "none" without a run.

    `other` is the platform of a pair, `blame` who of it is at fault.
    """

    id: str
    scenario: str
    word: str
    run: int | None
    other: int | None = None
    blame: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A system and its cells, one for each column. `passed` counts those that went well."""

    system: System
    cells: tuple[Cell, ...]

    @property
    def passed(self) -> int:
        """Cells that passed, with or without warnings."""
        return sum(cell.word in ("pass", "warning", "contested") for cell in self.cells)


@cache
def shipped(profile: str) -> tuple[Scenario, ...]:
    """The scenarios of a profile, read once."""
    return tuple(found for found, _ in scenario.find((), profile))


def scenario_of(room: Room, name: str) -> Scenario | None:
    """A scenario of a room; None for one that is no longer shipped."""
    return next((one for one in shipped(room.profile) if one.scenario == name), None)


def columns(room: Room) -> tuple[Column, ...]:
    """The scenarios of a room; one that is no longer shipped keeps its name."""
    known = {found.scenario: found for found in shipped(room.profile)}
    return tuple(_column(name, known.get(name)) for name in room.scenarios)


def _column(name: str, found: Scenario | None) -> Column:
    if found is None:
        return Column(name, plain(name), ())
    return Column(name, found.title.text, flows(found))


def flows(found: Scenario) -> tuple[str, ...]:
    """The flows of a scenario, each once."""
    of = profiles.load(found.profile).flow
    return tuple(dict.fromkeys(of(step.send).id for step in found.steps))


def rows(
    systems: Sequence[System], scenarios: Sequence[str], latest: Sequence[Run]
) -> tuple[Row, ...]:
    """Every system against our simulator."""
    found = {(run.system, run.scenario): run for run in latest if run.other is None}
    return tuple(Row(system, _cells(system, scenarios, found)) for system in systems)


def _cells(
    system: System, scenarios: Sequence[str], found: Mapping[tuple[int, str], Run]
) -> tuple[Cell, ...]:
    return tuple(
        _cell(cell_id(system.id, name), name, found.get((system.id, name))) for name in scenarios
    )


def pairs(
    systems: Sequence[System], latest: Sequence[Run]
) -> tuple[tuple[System, ...], tuple[Row, ...]]:
    """Every RIS against every platform: the platforms, and a row for each RIS."""
    platforms = tuple(system for system in systems if system.role == "platform")
    version = {system.id: system.version for system in systems}
    found = {
        (run.system, run.other): run
        for run in latest
        if run.other and run.other_version == version[run.other]
    }
    of = [system for system in systems if system.role == "ris"]
    return platforms, tuple(Row(ris, _paired(ris, platforms, found)) for ris in of)


def _paired(
    ris: System, platforms: Sequence[System], found: Mapping[tuple[int, int], Run]
) -> tuple[Cell, ...]:
    return tuple(
        _cell(pair_id(ris.id, one.id), BETWEEN, found.get((ris.id, one.id)), one.id)
        for one in platforms
    )


def _cell(name: str, scenario: str, run: Run | None, other: int | None = None) -> Cell:
    if run is None:
        return Cell(name, scenario, NONE, None, other)
    return Cell(name, scenario, run.word, run.id, other, run.blame)


def pair_id(ris: int, platform: int) -> str:
    """The name of a pair's cell in the page."""
    return f"p-{ris}-{platform}"


def cell_id(system: int, name: str) -> str:
    """The name of a cell in the page."""
    return f"c-{system}-{name}"
