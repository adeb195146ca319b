"""Conversations of the ANS guide that tell what few do: a refusal, files, several examinations.

Source: Volet Téléradiologie 0.1.0-ballot, flows 1 to 4; oddity D11 of its fact sheet.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from harness.sim.case import Answer, Case, Reason
from harness.sim.generate import cases, identity

FLOWS: Final = frozenset({"1", "2", "3", "4", "E"})
_FULL: Final = ("1", "3", "4", "E")


def conversations(
    clock: datetime, patient_of: Callable[[Case], Case]
) -> Iterator[tuple[str, tuple[str, ...], Case]]:
    """A word for each, its flows in order, its case. `patient_of` gives it the patient."""

    def made(name: str) -> Case:
        return patient_of(cases.make_case(name, 1, clock))

    no_place = Reason("Pas de radiologue disponible", "INDISPO", "L")
    yield "refused", ("1", "3"), replace(made("us-limbs"), answer=Answer(False, no_place))
    plain = Reason("Indication à revoir")
    yield "refused in words", ("1", "3"), replace(made("us-limbs"), answer=Answer(False, plain))
    yield "cancelled", ("1", "3", "2"), replace(made("us-limbs"), cancellation=no_place)
    words = ("Compléter par un passage tardif.",)
    files = Answer(protocols=words, encapsulated=True)
    yield "files", _FULL, replace(made("nm-parathyroid"), answer=files)
    yield "texts", _FULL, replace(made("ct-body"), answer=Answer(protocols=words))
    yield "limbs", _FULL, made("us-limbs")
    yield "woman", _FULL, _woman(made("ct-chest"))


def _woman(case: Case) -> Case:
    """The case with a woman born the same day in the same place."""
    known = case.patient
    number = identity.ins_number("F", known.birth_date, known.birth_cog, 987)
    return replace(case, patient=replace(known, sex="F", ins=number))
