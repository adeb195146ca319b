import pytest

from harness.rules import structure
from harness.wire.er7 import Message

ORDER = (
    "MSH [{NTE}] PATIENT( PID [PD1] [{NTE}] VISIT( PV1 [PV2] ) ) "
    "{ORDER( ORC [DETAIL( <OBR|RXO> [{NTE}] [{OBSERVATION( OBX [{NTE}] )}] )] )}"
)


def problems(names: str) -> list[tuple[str, str]]:
    raw = "\r".join(f"{name}|x" for name in names.split())
    found = structure.check(structure.parse(ORDER), Message(raw.encode()))
    return [(problem.at.path, problem.actual.en) for problem in found]


@pytest.mark.parametrize(
    "names",
    [
        "MSH PID PV1 ORC",
        "MSH PID PV1 ORC OBR",
        "MSH NTE NTE PID PD1 NTE PV1 PV2 ORC OBR NTE OBX NTE NTE OBX ORC RXO OBX",
        "MSH ZZZ PID ZPD PV1 ORC OBR ZDS",
    ],
)
def test_a_right_structure_has_no_problem(names: str) -> None:
    assert problems(names) == []


@pytest.mark.parametrize(
    ("names", "where", "words"),
    [
        ("MSH PV1 ORC OBR", "PID", "missing"),
        ("MSH PID ORC OBR", "PV1", "missing"),
        ("MSH PID PV1", "ORC", "ended"),
        ("MSH PID PV1 ORC OBX", "OBR|RXO", "missing"),
        ("MSH PID PV1 ORC OBR RQ9 OBX", "RQ9", "foreign"),
        ("MSH PID PID PV1 ORC OBR", "PID", "allow"),
        ("MSH PID PV1 ORC OBR PID", "PID", "allow"),
        ("PID PV1 ORC", "MSH", "missing"),
    ],
)
def test_one_fault_gives_one_problem(names: str, where: str, words: str) -> None:
    found = problems(names)
    assert len(found) == 1, found
    assert found[0][0] == where
    assert words in found[0][1]


def test_no_patient_at_all_is_said_once_for_each_segment() -> None:
    assert [place for place, _ in problems("MSH ORC OBR")] == ["PID", "PV1"]


@pytest.mark.parametrize("notation", ["MSH [PID", "MSH ]", "MSH ( PID", "M$H"])
def test_a_notation_that_cannot_be_read_is_refused(notation: str) -> None:
    with pytest.raises(ValueError, match=r"unexpected|missing|cannot read"):
        structure.parse(notation)


def test_a_group_without_its_head_whose_rest_is_out_of_order_comes_to_an_end() -> None:
    """Nothing of the group is taken at CCC: it is told, and the walk goes on behind it."""
    notation = structure.parse("MSH {G( AAA [H( BBB CCC )] )}")
    message = Message(b"MSH|x\rCCC|x\rBBB|x")
    found = [(p.at.path, p.actual.en) for p in structure.check(notation, message)]
    assert [place for place, _ in found][:2] == ["AAA", "CCC"]
    assert len(found) < 6
