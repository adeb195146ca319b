"""Right conversations, drawn by a number: nothing in them deserves a finding but what is named.

A course is a scenario that nobody wrote: a case of any kind, an awkward identity, a place overseas,
documents that are replaced, completed and withdrawn, requests that are refused or given up, other
acts and several examinations, patients whose identity falls back or whose records are merged, and
several conversations at once. The same number gives the same course.
Source: white paper, 3.2 and 3.3; ANS guide, process; transmission of documents.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from harness.rules.profile import Profile
from harness.rules.rule import Finding
from harness.sim.case import Case, Patient
from harness.sim.generate import cases, exams, hard, identity
from harness.sim.memory import Wire
from harness.sim.play import Play, Setting, cases_of
from harness.sim.record import Exchange
from harness.sim.scenario import Scenario

Step = dict[str, Any]
Walk = Callable[["Draw"], Iterator[Step]]

# hours from Greenwich: Papeete, Fort-de-France, Cayenne, France, Mayotte, Reunion, Noumea, Wallis
_ZONES: Final = (-10.0, -9.5, -4.0, -3.0, 1.0, 1.0, 2.0, 3.0, 4.0, 11.0, 12.0)
_HOURS: Final = (timedelta(0), timedelta(hours=8), timedelta(hours=14, minutes=31))
_LAST: Final = timedelta(hours=23, minutes=59, seconds=59)


@dataclass(frozen=True, slots=True)
class Course:
    """A drawn conversation: its scenario, its cases, and what the clock says at each message."""

    number: int
    scenario: Scenario
    cases: Mapping[str, Case]
    start: datetime
    pause: timedelta

    def play(self, profile: Profile) -> list[Exchange]:
        """Play it between our own simulators, in memory."""
        ticks = iter(range(10**6))
        setting = Setting(
            profile=profile,
            case=next(iter(self.cases.values())),
            simulated=frozenset({"ris", "platform"}),
            wall=lambda: self.start + next(ticks) * self.pause,
            note=lambda record: None,
            cases=self.cases,
        )
        play = Play(self.scenario, setting)
        Wire({"ris": play, "platform": play}).run()
        return play.exchanges


def alarms(course: Course, exchanges: list[Exchange]) -> Iterator[tuple[int, Finding]]:
    """Every finding that counts and that no step names, with the number of its step.

    A contested point is no alarm: the texts dispute it, whatever a right message says.
    """
    for number, (step, exchange) in enumerate(
        zip(course.scenario.steps, exchanges, strict=True), 1
    ):
        outcomes = list(exchange.step_outcomes)
        for part in (exchange.request, exchange.answer):
            outcomes += part.outcomes if part else ()
        for outcome in outcomes:
            if outcome.verdict.word in ("pass", "contested"):
                continue
            for finding in outcome.findings:
                if finding.rule.id not in step.expect.findings:
                    yield number, finding


# -- drawing --------------------------------------------------------------------------------


class Draw:
    """What chance gives to one conversation.

    `towards_pfi`: a request document does not go that way. `completes`: the report of the case is
    itself a second version, of one that was sent before the conversation.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.towards_pfi = False
        self.completes = False

    def happens(self, share: float) -> bool:
        """True so often."""
        return self.chance.random() < share

    def one(self, *choices: Any) -> Any:
        """One of them."""
        return self.chance.choice(choices)

    def act(self) -> str:
        """A kind of examination that anybody may have."""
        kinds = exams.KINDS.items()
        return str(self.one(*(name for name, it in kinds if not (it.sex or it.addendum))))


def course(profile: Profile, number: int) -> Course:
    """The course of that number."""
    chance = random.Random(f"{profile.id}/course/{number}")  # noqa: S311  no secret
    draw = Draw(chance)
    zone = timezone(timedelta(hours=draw.one(*_ZONES)))
    day = datetime(2026, 1, 1, tzinfo=zone) + timedelta(days=chance.randrange(365))
    start = day + draw.one(*_HOURS, _LAST, timedelta(minutes=chance.randrange(1440)))
    kinds = cases.names()
    scenario = _scenario(profile, number, kinds[number % len(kinds)], draw)
    made = cases_of(scenario, number, start)
    return Course(number, scenario, dict(_peopled(made, scenario, draw)), start, _pause(draw))


def _pause(draw: Draw) -> timedelta:
    return timedelta(minutes=draw.chance.randrange(3, 40), seconds=draw.chance.randrange(60))


def _scenario(profile: Profile, number: int, kind: str, draw: Draw) -> Scenario:
    walk = _WALKS[profile.id]
    towards = "pfi" if draw.happens(0.1) else ""
    draw.towards_pfi = bool(towards)
    content: dict[str, Any] = {
        "scenario": f"course-{number}",
        "title": {"fr": f"Parcours {number}", "en": f"Course {number}"},
        "profile": profile.id,
        "towards": towards,
    }
    if draw.happens(0.2):
        other = draw.one({"twin": "one"}, {"case": draw.act(), "patient": "one"}, draw.act())
        content["cases"] = {"one": {"case": kind}, "two": _choice(other)}
        content["steps"] = list(_interleaved(_two(walk, kind, other, draw), draw))
    else:
        draw.completes = bool(exams.KINDS[kind].addendum)
        content |= {"case": kind, "steps": list(walk(draw))}
    return Scenario.model_validate(content)


def _two(walk: Walk, kind: str, other: Any, draw: Draw) -> dict[str, list[Step]]:
    walks = {}
    for name in ("one", "two"):
        same = name == "one" or other == {"twin": "one"}
        draw.completes = same and bool(exams.KINDS[kind].addendum)
        walks[name] = [{**step, "for": name} for step in walk(draw)]
    return walks


def _choice(other: Any) -> dict[str, str]:
    return {"case": other} if isinstance(other, str) else other


def _interleaved(walks: dict[str, list[Step]], draw: Draw) -> Iterator[Step]:
    while left := [name for name, steps in walks.items() if steps]:
        yield walks[draw.one(*left)].pop(0)


def _peopled(
    made: Mapping[str, Case], scenario: Scenario, draw: Draw
) -> Iterator[tuple[str, Case]]:
    """The cases with awkward patients; twins stay twins, and who is the same stays the same."""
    patients: dict[str, Patient] = {}
    twins = any(choice.twin for choice in scenario.cases.values())
    for name, case in made.items():
        choice = scenario.cases.get(name)
        if twins or draw.happens(0.3):
            patients[name] = case.patient
        elif choice and choice.patient:
            patients[name] = patients[choice.patient]
        else:
            patients[name] = _awkward(case, draw)
        if choice and choice.patient:
            patients[name] = patients[choice.patient]
        yield name, replace(case, patient=patients[name])


def _awkward(case: Case, draw: Draw) -> Patient:
    """A hard identity of the sex that the examination asks for."""
    asked = exams.KINDS[case.name].sex
    while True:
        made = hard.KINDS[draw.one(*hard.KINDS)](draw.chance, identity.patient(draw.chance))
        if not asked or made[0].sex == asked:
            return made[0]


# -- what documents do ----------------------------------------------------------------------


def _sent(flow: str, draw: Draw, **document: Any) -> Step:
    step: Step = {"send": flow}
    if draw.happens(0.15):
        document["charset"] = "8859/15"
    if document:
        step["document"] = document
    return step


def _request(draw: Draw) -> Iterator[Step]:
    """A request document, which may be corrected and withdrawn."""
    if draw.towards_pfi or not draw.happens(0.5):
        return
    attached = {"attachment": draw.one("5 kB", "40 kB")} if draw.happens(0.1) else {}
    yield _sent("B", draw, **attached)
    while draw.happens(0.3):
        yield _sent("B", draw, action="replace", change=draw.one("text", "visibility"))
    if draw.happens(0.15):
        yield _sent("B", draw, action="delete")


def _report(draw: Draw, expected: Mapping[str, str], **more: str) -> Iterator[Step]:
    """A report and its versions. `expected`: the finding that MDM is known to give."""
    message = "MDM" if draw.happens(0.12) else "ORU"
    named = [expected[message]] if message in expected else []
    level = draw.one({}, {}, {"level": "1"}, {"level": "both"} if message == "ORU" else {})
    attached = {"attachment": "30 kB"} if draw.happens(0.08) else {}
    if draw.completes:
        first = _sent("E", draw, message=message, action="replace", **more)
        yield first | {"expect": {"findings": [*named, "TC-REPLACE-SENT"]}}
    else:
        first = _sent("E", draw, message=message, **level, **attached, **more)
        yield first | {"expect": {"findings": named}}
    yield from _versions(draw, named, {"message": message, **more}, level.get("level") == "1")


def _versions(draw: Draw, named: list[str], more: Step, flat: bool) -> Iterator[Step]:
    """What becomes of a report; as a PDF alone (`flat`) it has no part that could be added."""
    told: Step = {"expect": {"findings": named}}
    changes = ("text",) if flat else ("text", "visibility", "addendum")
    while draw.happens(0.35):
        yield _sent("E", draw, action="replace", change=draw.one(*changes), **more) | told
    if draw.happens(0.15):
        yield _sent("E", draw, action="delete", **more) | told


# -- the two guides -------------------------------------------------------------------------


def _paper(draw: Draw) -> Iterator[Step]:
    """Flows A to E of the white paper."""
    yield _plain("A", draw)
    yield from _request(draw)
    protocol = _plain("C", draw) | ({"instead": draw.act()} if draw.happens(0.15) else {})
    yield protocol if draw.happens(0.85) else {"send": "C", "outside": True}
    yield from _examined(draw)
    yield from _report(draw, {"MDM": "LB-E-ORU"})
    if draw.happens(0.1):
        yield from _report(draw, {"MDM": "LB-E-ORU"}, name="second")
    elif draw.happens(0.1):
        yield {"send": "D", "change": "responsible"}
        yield {"send": "E", "document": {"action": "replace", "change": "responsible"}}


def _examined(draw: Draw) -> Iterator[Step]:
    if draw.happens(0.1):
        yield {"send": "D", "identity": "provisional", "expect": _named("LB-D-PATIENT-INS")}
        yield {"send": "D", "identity": "qualified"}
    elif draw.happens(0.1):
        yield {"send": "D", "identity": "merged", "expect": _named("X-LOCAL-ID")}
    else:
        yield _plain("D", draw) | ({"instead": draw.act()} if draw.happens(0.1) else {})
        if draw.happens(0.1):
            yield _plain("D", draw)


def _guide(draw: Draw) -> Iterator[Step]:
    """Flows 1 to 4 of the ANS guide, and the documents."""
    later: Step = {"expect": _named("TLR-PID-3-LATER")} if draw.happens(0.1) else {}
    yield _plain("1", draw) | ({"identity": "provisional", **later} if later else {})
    if not later:
        yield from _request(draw)
    if draw.happens(0.08):
        yield {"send": "2", "reason": _reason(draw), **later}
        return
    if draw.happens(0.1):
        yield {"send": "3", "answer": {"decision": "refuse"}, "reason": _reason(draw), **later}
        return
    answer = {"protocols": draw.one(1, 2, 3), "form": draw.one("text", "encapsulated")}
    other = {"instead": draw.act()} if draw.happens(0.1) else {}
    yield _plain("3", draw) | {"answer": answer, **other, **later}
    if draw.happens(0.06):
        yield {"send": "2", "reason": _reason(draw), **later}
        return
    yield from _complemented(draw, bool(later))
    yield from _report(draw, {})
    if draw.happens(0.1):
        yield from _report(draw, {}, name="second")


def _complemented(draw: Draw, provisional: bool) -> Iterator[Step]:
    several = {"exams": draw.one(2, 3, 4)} if draw.happens(0.2) else {}
    if provisional:
        yield {"send": "4", "identity": "qualified", **several}
    elif draw.happens(0.1):
        yield {"send": "4", "identity": "merged", "expect": _named("TLR-X-LOCAL-ID")}
    else:
        other = {"instead": draw.act()} if draw.happens(0.1) else {}
        yield _plain("4", draw) | several | other
        if draw.happens(0.08):
            yield {"send": "4", "expect": _named("TLR-STATE-SR-STUDY")}


def _plain(flow: str, draw: Draw) -> Step:
    return {"send": flow} | ({"charset": "8859/15"} if draw.happens(0.15) else {})


def _named(rule: str) -> dict[str, list[str]]:
    return {"findings": [rule]}


def _reason(draw: Draw) -> dict[str, str]:
    coded = {"code": "INDISPO", "words": "Pas de radiologue disponible", "system": "L"}
    return dict(draw.one(coded, {"words": "Patient parti avant l'examen (œil à contrôler)"}))


_WALKS: Final[Mapping[str, Walk]] = {"livre-blanc-2024": _paper, "ans-tlr-2026": _guide}
