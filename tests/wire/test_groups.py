"""Which records are written together: order kept, nothing twice, nothing left out."""

from hypothesis import given
from hypothesis import strategies as st

from harness.wire.groups import LIMIT, Groups


def test_what_comes_while_a_group_is_away_makes_up_the_next_one() -> None:
    groups = Groups()
    groups.add(1, b"a\n")
    first = groups.take()
    assert first is not None
    groups.add(2, b"b\n")
    groups.add(3, b"c\n")
    assert groups.take() is None
    groups.done()
    assert groups.stored == 1
    second = groups.take()
    assert second is not None
    assert (second.lines, second.last) == (b"b\nc\n", 3)


def test_a_group_that_failed_is_the_first_to_be_tried_again() -> None:
    groups = Groups(stored=7)
    groups.add(8, b"a\n")
    groups.take()
    groups.add(9, b"b\n")
    groups.failed()
    assert groups.stored == 7
    again = groups.take()
    assert again is not None
    assert again.lines == b"a\nb\n"


def test_a_group_has_a_size_and_a_record_that_is_larger_goes_alone() -> None:
    groups = Groups()
    for number in (1, 2, 3):
        groups.add(number, bytes(LIMIT + 1 if number == 2 else 1))
    sizes = []
    while group := groups.take():
        sizes.append(len(group.lines))
        groups.done()
    assert sizes == [1, LIMIT + 1, 1]


@given(st.lists(st.sampled_from(["add", "take", "done", "failed"]), max_size=60))
def test_whatever_happens_the_lines_are_written_once_and_in_order(steps: list[str]) -> None:
    groups, written, added, away = Groups(), b"", 0, b""
    for step in steps:
        if step == "add":
            added += 1
            groups.add(added, b"%d\n" % added)
        elif step == "take":
            group = groups.take()
            away = group.lines if group else away
        elif away:
            written += away if step == "done" else b""
            away = b""
            groups.done() if step == "done" else groups.failed()
        assert written == b"".join(b"%d\n" % n for n in range(1, groups.stored + 1))
    if away:
        groups.failed()
    while group := groups.take():
        written += group.lines
        groups.done()
    assert written == b"".join(b"%d\n" % n for n in range(1, added + 1))
