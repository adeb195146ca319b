"""What can be said of a scenario file before anybody is tested with it.

A mistake is told with file, line and column, and all of a file's are told at once. What only
playing can tell is found by playing the scenario between our own simulators, in memory.

    SCN-READ     the document is not a scenario, nor a case of the MLLP suite
    SCN-TWICE    two scenarios have one name
    SCN-RULE     a rule that is expected to be broken is not of the profile
    SCN-PLACE    the field that ERR should point at is none
    SCN-NOTHING  a change changes nothing
    SCN-SILENT   wrong on purpose, and nothing would tell
    SCN-UNUSED   a conversation that no step is of
    SCN-STEP     a story cites a step that the white paper has not
    SCN-PLAY     between our own simulators it fails
    SCN-WARN     between our own simulators a rule warns that no step expects
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from harness import yamlfile
from harness.errors import HarnessError
from harness.rules import guide_steps
from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Verdict
from harness.sim import scenario as scenarios
from harness.sim.memory import Wire
from harness.sim.play import Play, Setting, cases_of
from harness.sim.record import Exchange
from harness.sim.scenario import Acknowledgement, Expectation, Scenario, Step
from harness.sim.torture import case as torture_case
from harness.text import Text, plain, say
from harness.yamlfile import Item

CLOCK: Final = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
_FIELD: Final = re.compile(r"[A-Z][A-Z0-9]{2}(-\d{1,3})?")
_MILD: Final = frozenset({"SCN-SILENT", "SCN-UNUSED", "SCN-STEP", "SCN-WARN"})


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a scenario, and where; lines and columns count from 1."""

    id: str
    what: Text
    file: Path
    line: int | None = None
    column: int | None = None
    hint: Text | None = None

    @property
    def is_error(self) -> bool:
        """It cannot be played as it stands, or does not show what it says."""
        return self.id not in _MILD


@dataclass(frozen=True, slots=True)
class _Read:
    """A scenario, and the document that it was read from."""

    scenario: Scenario
    item: Item

    def remark(
        self, name: str, where: tuple[str | int, ...], what: Text, hint: Text | None = None
    ) -> Remark:
        place = self.item.find(where)
        return Remark(name, what, place.file, place.line, place.column, hint)


def lint(files: Sequence[Path], profile_of: Mapping[str, Profile]) -> Iterator[Remark]:
    """Everything to say of the scenarios in these files, in their order.

    `profile_of` gives the profile of a name; all that a scenario may name are there.
    """
    seen: dict[str, Path] = {}
    for file in files:
        for found in _documents(file):
            if isinstance(found, Remark):
                yield found
                continue
            yield from _named_twice(found, seen)
            yield from _of_text(found, profile_of[found.scenario.profile])
            yield from _of_play(found, profile_of[found.scenario.profile])


def _documents(file: Path) -> Iterator[_Read | Remark]:
    try:
        items = list(yamlfile.load_all(file))
        if not items:
            yield Remark("SCN-READ", say("scenario.empty"), file, 1)
    except HarnessError as wrong:
        yield _unread(wrong, file)
        return
    for item in items:
        try:
            if torture_case.is_case(item):
                torture_case.read(item)
            else:
                yield _Read(scenarios.read(item), item)
        except HarnessError as wrong:
            yield _unread(wrong, file)


def _unread(wrong: HarnessError, file: Path) -> Remark:
    return Remark("SCN-READ", wrong.what, file, wrong.line, wrong.column, wrong.hint)


def _named_twice(found: _Read, seen: dict[str, Path]) -> Iterator[Remark]:
    name = found.scenario.scenario
    if name in seen:
        what = say("lint.twice", name=name, file=seen[name].name)
        yield found.remark("SCN-TWICE", ("scenario",), what)
    seen.setdefault(name, found.item.file)


# -- what reading tells -------------------------------------------------------------------------


def _of_text(found: _Read, profile: Profile) -> Iterator[Remark]:
    known = [rule.id for rule in profile.rules]
    for number, step in enumerate(found.scenario.steps):
        yield from _unknown_rules(found, number, step, known)
        if step.ack.err and not _FIELD.fullmatch(step.ack.err):
            what = say("lint.place", place=step.ack.err)
            yield found.remark("SCN-PLACE", ("steps", number, "ack", "err"), what)
        if step.deliberate and not step.expect.findings and step.ack == Acknowledgement():
            key = "wrong" if step.wrong else "mutate"
            yield found.remark("SCN-SILENT", ("steps", number, key), say("lint.silent"))
    for name in found.scenario.cases:
        if name not in {step.of for step in found.scenario.steps}:
            yield found.remark("SCN-UNUSED", ("cases", name), say("lint.unused", name=name))
    yield from _unknown_steps(found)


def _unknown_rules(found: _Read, number: int, step: Step, known: list[str]) -> Iterator[Remark]:
    for place, rule in enumerate(step.expect.findings):
        if rule not in known:
            near = get_close_matches(rule, known, n=1)
            hint = say("yaml.did_you_mean", word=near[0]) if near else None
            where = ("steps", number, "expect", "findings", place)
            yield found.remark("SCN-RULE", where, say("lint.rule", rule=rule), hint)


def _unknown_steps(found: _Read) -> Iterator[Remark]:
    story = found.scenario.story
    if story is None:
        return
    known = [step.id for step in guide_steps.steps()]
    for lang, words in (("fr", story.fr), ("en", story.en)):
        for cited in guide_steps.cited(words):
            if cited not in known:
                what = say("lint.step", step=cited)
                yield found.remark("SCN-STEP", ("story", lang), what, plain(", ".join(known)))


# -- what playing tells -------------------------------------------------------------------------


def _of_play(found: _Read, profile: Profile) -> Iterator[Remark]:
    yield from _idle_changes(found, profile)
    exchanges = played(found.scenario, profile)
    for number, (step, exchange) in enumerate(zip(found.scenario.steps, exchanges, strict=False)):
        yield from _of_exchange(found, number, step, exchange)


def _of_exchange(found: _Read, number: int, step: Step, exchange: Exchange) -> Iterator[Remark]:
    broken = _broken(exchange)
    grave = {name for name, verdict in broken.items() if verdict >= Verdict.INCONCLUSIVE}
    if grave:
        what = say("lint.fails", flow=step.send, rules=", ".join(sorted(grave)))
        yield found.remark("SCN-PLAY", ("steps", number), what)
    mild = set(broken) - grave - set(step.expect.findings)
    if mild:
        what = say("lint.warns", flow=step.send, rules=", ".join(sorted(mild)))
        yield found.remark("SCN-WARN", ("steps", number), what)


def _broken(exchange: Exchange) -> dict[str, Verdict]:
    """The rules that count against somebody, with the verdict of each."""
    return {
        outcome.rule.id: outcome.verdict
        for outcome in _counted(exchange)
        if outcome.verdict.needs_attention and outcome.verdict is not Verdict.CONTESTED
    }


def _counted(exchange: Exchange) -> Iterator[Outcome]:
    yield from exchange.step_outcomes
    for part in (exchange.request, exchange.answer):
        if part and not part.deliberate:
            yield from part.outcomes


def _idle_changes(found: _Read, profile: Profile) -> Iterator[Remark]:
    """Changes that leave their message as it was."""
    changed = [n for n, step in enumerate(found.scenario.steps) if step.mutate]
    if not changed:
        return
    wrong = played(found.scenario, profile)
    right = played(_unchanged(found.scenario), profile)
    for number in changed:
        pair = [_bytes(exchanges, number) for exchanges in (wrong, right)]
        if pair[0] and pair[0] == pair[1]:
            where = ("steps", number, "mutate")
            yield found.remark("SCN-NOTHING", where, say("lint.nothing"))


def _unchanged(scenario: Scenario) -> Scenario:
    """The same without any change made on purpose, and nothing expected of it."""
    plain_step = {"mutate": (), "ack": Acknowledgement(), "expect": Expectation()}
    steps = tuple(
        step.model_copy(update=plain_step) if step.mutate else step for step in scenario.steps
    )
    return scenario.model_copy(update={"steps": steps})


def _bytes(exchanges: Sequence[Exchange], number: int) -> bytes:
    request = exchanges[number].request if number < len(exchanges) else None
    return request.message.raw if request and request.message else b""


def played(scenario: Scenario, profile: Profile, seed: int = 1) -> list[Exchange]:
    """The exchanges of a scenario between our own simulators, in memory, at a fixed time."""
    cases = cases_of(scenario, seed, CLOCK)
    setting = Setting(
        profile=profile,
        case=next(iter(cases.values())),
        simulated=frozenset({"ris", "platform"}),
        wall=lambda: CLOCK,
        note=lambda record: None,
    )
    play = Play(scenario, replace(setting, cases=cases if scenario.cases else {}))
    Wire({"ris": play, "platform": play}).run()
    return play.exchanges
