from dataclasses import replace

import pytest

from harness.errors import HarnessError
from harness.sim.case import Answer, Case, Reason
from harness.sim.generate import cases
from harness.sim.telling import Telling, told


def test_nothing_said_changes_nothing(case: Case) -> None:
    assert told(case, Telling()) == case


@pytest.mark.parametrize("wanted", [1, 2, 3])
@pytest.mark.parametrize("name", ["dx-knee", "ct-body"])
def test_so_many_examinations_with_numbers_of_their_own(case: Case, name: str, wanted: int) -> None:
    known = cases.make_case(name, 3, case.order.placed)
    found = told(known, Telling(exams=wanted))
    assert len(found.exams) == wanted
    assert found.exam == known.exam
    assert found.exams[:2] == known.exams[:wanted][:2] or len(known.exams) == 1
    for numbers in (
        [exam.study_uid for exam in found.exams],
        [exam.accession_number.value for exam in found.exams],
    ):
        assert len(set(numbers)) == wanted
    assert all(len(exam.accession_number.value) <= 16 for exam in found.exams)
    assert told(known, Telling(exams=wanted)) == found


def test_another_act_brings_its_words_and_keeps_the_request(case: Case) -> None:
    found = told(case, Telling(instead="mr-brain"))
    other = cases.make_case("mr-brain", 1, case.order.placed)
    assert found.exam.act == other.exam.act
    assert found.exam.start == case.exam.start
    assert found.exam.study_uid != case.exam.study_uid
    assert "IRM" in found.narrative.protocol
    assert replace(found, exam=case.exam, narrative=case.narrative, details=case.details) == case


def test_the_same_act_said_twice_is_the_same_examination(case: Case) -> None:
    once = told(case, Telling(instead="mr-brain"))
    assert told(once, Telling(instead="mr-brain")) == once


def test_an_unknown_act_is_an_error(case: Case) -> None:
    with pytest.raises(HarnessError, match="mr-brain"):
        told(case, Telling(instead="mr-brian"))


def test_an_answer_is_what_was_said_of_it(case: Case) -> None:
    refusal = told(case, Telling(accepted=False, reason=Reason("Non")))
    assert refusal.answer == Answer(accepted=False, reason=Reason("Non"))
    assert refusal.cancellation == Reason("Non")
    files = told(case, Telling(protocols=3, encapsulated=True)).answer
    assert (files.accepted, len(files.protocols), files.encapsulated) == (True, 2, True)
    assert told(replace(case, answer=files), Telling(protocols=1)).answer.protocols == ()
