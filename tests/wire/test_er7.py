import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.wire import edit, er7path
from harness.wire.er7 import Message, escape

PLAIN = (
    b"MSH|^~\\&|RIS|SITE|TLR|PF|20260105||ORM^O01^ORM_O01|1|T|2.5.1\r"
    b"PID|||1^^^A&1.2&ISO^INS~2^^^B^PI||DUPR\xc3\x89^ANNE^ANNE MARIE^^^^L~X^Y^^^^^D||19790328|F\r"
    b"OBX|1|CE|M^^T||CT^^DCM\rOBX|2|CE|R^^T|1.1|774007^t\\T\\c^SCT\r"
)
HEAD = b"MSH|^~\\&|RIS|SITE|TLR|PF|20260105||ORM^O01|1|T|2.5.1|||||FRA|UNICODE UTF-8\r"


def value(path: str, raw: bytes = PLAIN) -> str:
    return Message(raw).first(path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("MSH-1", "|"),
        ("MSH-2", "^~\\&"),
        ("MSH-9.2", "O01"),
        ("PID-3[1].4.2", "1.2"),
        ("PID-3[2].5", "PI"),
        ("PID-3[5=PI].1", "2"),
        ("PID-3[5=INS|PI].1", "1"),
        ("PID-5[7=D].1", "X"),
        ("OBX[3.1=R]-5.1", "774007"),
        ("OBX[2]-5.2", "t&c"),
        ("OBX[3.1=none]-5", ""),
        ("ZZZ-1", ""),
        ("PID-99", ""),
    ],
)
def test_a_path_names_a_value(path: str, expected: str) -> None:
    assert value(path) == expected


def test_a_node_knows_its_bytes_and_line() -> None:
    message = Message(PLAIN)
    node = message.node("PID-3[2].5")
    assert message.raw[slice(*node.at.span or (0, 0))] == b"PI"
    assert (node.at.path, node.at.line) == ("PID-3[2].5", 2)


def test_an_absent_identifier_points_at_the_one_that_is_there() -> None:
    """The example of the design: one identifier of another type."""
    message = Message(b"MSH|^~\\&|A\rPID|||12345^^^RIS^PI||DURAND\r")
    node = message.node("PID-3[5=INS].1")
    assert not node.present
    assert node.at.path == "PID-3[1].1"
    assert message.raw[slice(*node.at.span or (0, 0))] == b"12345"


@pytest.mark.parametrize(
    ("charset", "raw", "expected"),
    [
        ("UNICODE UTF-8", "DUPRÉ".encode(), "DUPRÉ"),
        ("8859/15", "œuf €".encode("iso8859-15"), "œuf €"),
        ("8859/1", "DUPRÉ".encode("latin-1"), "DUPRÉ"),
        ("ASCII", b"DUPRE", "DUPRE"),
        ("UNICODE UTF-8", "DUPRÉ".encode("latin-1"), "DUPRÉ"),
    ],
)
def test_character_sets(charset: str, raw: bytes, expected: str) -> None:
    head = HEAD.replace(b"UNICODE UTF-8", charset.encode())
    assert value("PID-5.1", head + b"PID|||||" + raw) == expected


def test_other_delimiters() -> None:
    raw = b"MSH$%*!@$RIS$SITE\rPID$$$1%%%A@1.2@ISO%INS*2%%%%PI\r"
    assert value("PID-3[5=INS].4.2", raw) == "1.2"
    assert value("PID-3[2].5", raw) == "PI"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_segment_ends_are_tolerated_and_kept(end: bytes) -> None:
    raw = PLAIN.replace(b"\r", end)
    message = Message(raw)
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "OBX", "OBX"]
    assert {segment.end for segment in message.segments} == {end}
    assert message.write() == raw


def test_a_line_break_inside_a_field_is_data() -> None:
    raw = b"MSH|^~\\&|A\nOBX|1|ED|||^TEXT^XML^Base64^abcd\nefgh\nOBX|2|ST\n"
    names = [segment.name for segment in Message(raw).segments]
    assert names == ["MSH", "OBX", "OBX"]


@pytest.mark.parametrize("text", ["a|b^c~d\\e&f", "line\nline", "", "\\", "é|"])
def test_escaping_can_be_undone(text: str) -> None:
    assert Message(PLAIN).unescape(escape(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")))
def test_escaping_any_text_can_be_undone(text: str) -> None:
    assert Message(PLAIN).unescape(escape(text)) == text


@given(st.binary())
def test_any_bytes_are_read_and_written_back(raw: bytes) -> None:
    message = Message(raw)
    assert message.write() == raw
    message.first("PID-3[5=INS].4.2")
    message.first("MSH-9")


@given(
    st.lists(
        st.sampled_from(
            [b"MSH|", b"^~\\&", b"|", b"\r", b"\n", b"PID", b"~", b"&", b"\\", b"x", b"\xe9"]
        )
    )
)
def test_message_like_bytes_are_read_and_written_back(parts: list[bytes]) -> None:
    raw = b"".join(parts)
    message = Message(raw)
    assert message.write() == raw
    for path in ("PID-3[2].4.2", "PID-5[7=L].1", "MSH-2", "OBX[3.1=x]-5"):
        for node in message.at(path):
            assert node.value is not None
            if node.at.span and node.present:
                assert raw[slice(*node.at.span)] == node.data


def test_setting_a_value_adds_what_is_missing() -> None:
    message = Message(HEAD + b"PID|||1\r").with_value("PID-11[1].9", "51215")
    assert message.first("PID-11.9") == "51215"
    assert message.first("PID-3") == "1"


def test_what_a_message_cannot_take_is_refused() -> None:
    message = Message(PLAIN)
    for change in (
        lambda: message.with_value("PID-5", "漢"),
        lambda: message.with_segment("NTE|漢", after="PID"),
        lambda: message.without("PID-99[2]"),
        lambda: edit.apply(message, [edit.Edit("repeat", "ZZZ")]),
    ):
        with pytest.raises(HarnessError):
            change()


def test_a_segment_can_be_added_and_taken_away() -> None:
    message = Message(PLAIN).with_segment("NTE|1||x", after="PID")
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "NTE", "OBX", "OBX"]
    assert message.without("NTE").raw == PLAIN


@pytest.mark.parametrize(
    "path",
    [
        *("", "PID.3", "PID-", "PID-3[", "PID-3[x].1", "pid-3", "PID-3.1.2.3"),
        *(
            "PID-0",
            "PID-3.0",
            "PID-3[0]",
            "OBX[0]-5",
            "PID-3[0=X]",
            "PID-1000000",
            "PID-²",
            "PID-٣",
        ),
    ],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(HarnessError):
        er7path.parse(path)
