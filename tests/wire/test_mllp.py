import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.mllp import Block, Event, Framer, Junk, Oversize, Unfinished, frame


def events(*chunks: bytes, limit: int = 1000) -> list[Event]:
    framer = Framer(limit)
    for chunk in chunks:
        framer.receive(chunk)
    framer.close()
    return list(framer.events())


def test_a_block_is_what_stands_between_vt_and_fs_cr() -> None:
    assert events(frame(b"MSH|a\r")) == [Block(b"MSH|a\r", 1)]


def test_two_blocks_in_one_packet() -> None:
    found = events(frame(b"one") + frame(b"two"))
    assert [event.data for event in found if isinstance(event, Block)] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"xx" + frame(b"a"), [Junk(b"xx", 2, 0), Block(b"a", 3)]),
        (frame(b"a") + b"\n" + frame(b"b"), [Block(b"a", 1), Junk(b"\n", 1, 4), Block(b"b", 6)]),
        (b"MSH|x\r\x1c\r" + frame(b"a"), [Junk(b"MSH|x\r\x1c\r", 8, 0), Block(b"a", 9)]),
        (
            b"\x0ba\x1c" + frame(b"b"),
            [Block(b"a", 1, ("wire.mllp.fs_without_cr",)), Block(b"b", 4)],
        ),
        (b"\x0ba\x1c", [Block(b"a", 1, ("wire.mllp.no_final_cr",))]),
        (b"\x0ba\x1cb\x1c\r", [Block(b"a\x1cb", 1, ("wire.mllp.fs_inside",))]),
        (b"\x0ba\x0bb\x1c\r", [Block(b"a\x0bb", 1, ("wire.mllp.vt_inside",))]),
        (b"\x0bMSH|1" + frame(b"MSH|2"), [Unfinished(b"MSH|1", 1), Block(b"MSH|2", 7)]),
        (b"\x0bMSH|1", [Unfinished(b"MSH|1", 1)]),
        (frame(b""), [Block(b"", 1)]),
        (b"", []),
    ],
)
def test_what_the_field_sends(stream: bytes, expected: list[Event]) -> None:
    assert events(stream) == expected


@pytest.mark.parametrize(("size", "kind"), [(999, Block), (1000, Block), (1001, Oversize)])
def test_a_block_beyond_the_limit_is_not_kept(size: int, kind: type) -> None:
    found = events(frame(b"x" * size) + frame(b"next"))
    assert isinstance(found[0], kind)
    assert found[1] == Block(b"next", size + 4)


def test_many_marks_are_not_looked_for_again_and_again() -> None:
    """From each of them to the end of what was received would take minutes."""
    for mark in (b"\x0b", b"\x1cx", b"\x0bMSH"):
        stream = b"\x0b" + mark * 300_000
        assert events(stream)[-1].end == len(stream)
        assert events(mark * 300_000)[-1].end == len(mark) * 300_000


def test_junk_is_counted_and_not_kept() -> None:
    framer = Framer()
    for _ in range(100):
        framer.receive(b"j" * 100_000)
    framer.close()
    assert list(framer.events()) == [Junk(b"j" * 64, 10_000_000, 0)]


STREAM = st.lists(
    st.sampled_from(
        [b"\x0b", b"\x1c", b"\r", b"\n", b"MSH", b"M", b"MS", b"abc", b"\x0bMSH|", b"\x1c\r"]
    )
    | st.binary(max_size=4)
).map(b"".join)


@given(STREAM, st.data())
def test_how_bytes_are_cut_changes_nothing(stream: bytes, data: st.DataObject) -> None:
    whole = events(stream)
    cut = data.draw(st.integers(0, len(stream)))
    assert events(stream[:cut], stream[cut:]) == whole
    assert events(*(stream[i : i + 1] for i in range(len(stream)))) == whole


@given(STREAM)
def test_from_end_to_end_no_byte_is_left_out(stream: bytes) -> None:
    ends = [event.end for event in events(stream)]
    assert ends == sorted(ends)
    assert (ends[-1] if ends else 0) == len(stream)
    for event, begin in zip(events(stream), [0, *ends], strict=False):
        if isinstance(event, Block) and not event.notes:
            assert stream[begin : event.end] == frame(event.data)


@given(st.binary().filter(lambda raw: not {0x0B, 0x1C} & set(raw)))
def test_what_is_framed_comes_back(raw: bytes) -> None:
    assert events(frame(raw)) == [Block(raw, 1)]
