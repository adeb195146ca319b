"""What a scenario's step changes in what a message tells: the answer, the reason, what was done.

Each choice belongs to the messages of some composers (see `generate/makers.py`): a step of another
flow cannot make it.
Source: Volet Téléradiologie 0.1.0-ballot, flows 2 to 4; white paper, 3.3.1 (an act may change).
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from harness.sim.case import Answer, Case, Exam, Identifier, Patient, Reason
from harness.sim.generate import cases
from harness.sim.generate.unique import uid

# what the messages of a composer can be told to tell
TELLS: Final[Mapping[str, tuple[str, ...]]] = {
    "order-request": ("identity",),
    "order-protocol": ("instead",),
    "order-examination": ("identity", "instead"),
    "tlr-request": ("identity",),
    "tlr-cancellation": ("identity", "reason"),
    "tlr-answer": ("answer", "reason", "instead"),
    "tlr-complement": ("identity", "instead", "exams"),
}
_OTHER_RECORD: Final = "9"
_ALSO: Final = "Protocole {number} : compléter si le premier ne suffit pas."


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """The choices of a step; None and empty leave the case as it was.

    `instead` is a case of the generators whose examination is the one that is done; `exams` how
    many were done, `protocols` how many the answer brings. `identity` is the patient's from here
    on: "provisional", "qualified", or "merged" into another record of the site.
    """

    accepted: bool | None = None
    protocols: int | None = None
    encapsulated: bool | None = None
    reason: Reason | None = None
    instead: str = ""
    exams: int | None = None
    identity: str = ""


def told(case: Case, telling: Telling) -> Case:
    """The case as the step wants it told. Raises HarnessError for an unknown act."""
    if telling.instead:
        case = cases.with_act(case, telling.instead)
    if telling.exams is not None:
        case = _with_exams(case, telling.exams)
    if telling.reason is not None:
        case = replace(case, cancellation=telling.reason)
    patient = _identified(case.patient, telling.identity)
    return replace(case, patient=patient, answer=_answer(case.answer, telling))


def _identified(patient: Patient, identity: str) -> Patient:
    if identity == "merged":  # the record that is left has the other local number
        kept = replace(patient.ipp, value=f"{patient.ipp.value}{_OTHER_RECORD}", written="")
        return replace(patient, ipp=kept)
    return replace(patient, qualified=identity != "provisional") if identity else patient


def decided_otherwise(made: str, telling: Telling, case: Case) -> bool:
    """The answer that was received is not the one that the step tells of: what follows is not it.

    `case` is what the message taught; a step that says nothing wants the request accepted.
    """
    wanted = telling.accepted is not False
    return "answer" in TELLS.get(made, ()) and case.answer.accepted is not wanted


def _answer(known: Answer, telling: Telling) -> Answer:
    if telling.accepted is not None:
        known = replace(known, accepted=telling.accepted)
    if telling.protocols is not None:
        more = tuple(_ALSO.format(number=number) for number in range(2, telling.protocols + 1))
        known = replace(known, protocols=more)
    if telling.encapsulated is not None:
        known = replace(known, encapsulated=telling.encapsulated)
    if telling.reason is not None:
        known = replace(known, reason=telling.reason)
    return known


def _with_exams(case: Case, wanted: int) -> Case:
    """So many examinations: those of the case, then others like its first one."""
    further = case.details.further[: wanted - 1]
    first = len(further) + 2
    more = tuple(_like(case, number) for number in range(first, wanted + 1))
    return replace(case, details=replace(case.details, further=further + more))


def _like(case: Case, number: int) -> Exam:
    """Another examination of the same act, with numbers of its own."""
    chance = random.Random(f"{case.name}/{case.seed}/exam/{number}")  # noqa: S311  no secret
    known = case.exam.accession_number
    accession = Identifier(f"{known.value}-{number}", known.authority, known.oid)
    return replace(
        case.exam,
        accession_number=accession,
        study_uid=uid(chance),
        series_uid=uid(chance),
        sop_uid=uid(chance),
    )
