import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire import ed


@given(st.binary(min_size=1))
def test_right_base64_is_decoded_without_a_word(raw: bytes) -> None:
    assert ed.decode(base64.b64encode(raw)) == ed.Decoded(raw)


@pytest.mark.parametrize(
    ("text", "key", "data", "loses"),
    [
        (b"", "wire.base64.empty", None, True),
        (b"QUJD!!!RA==", "wire.base64.foreign", b"ABCD", True),
        (b"QUJD\r\nRA==", "wire.base64.blank", b"ABCD", False),
        (b"QUJD\\.br\\RA==", "wire.base64.blank", b"ABCD", False),
        (b"QUJDRA", "wire.base64.padding", b"ABCD", False),
        (b"QUJDR", "wire.base64.length", b"ABC", True),
        (b"QUJDRA==QUJD", "wire.base64.behind", b"ABCD", True),
        (b"QUJDRA====", "wire.base64.overpadded", b"ABCD", False),
    ],
)
def test_what_is_wrong_is_said(text: bytes, key: str, data: bytes | None, loses: bool) -> None:
    decoded = ed.decode(text)
    assert decoded.data == data
    assert decoded.problems[0].key == key
    assert decoded.problems[0].loses_data is loses


@pytest.mark.parametrize("text", [b"  ", b"\\.br\\", b"====", b"!!", b"=", b"\r\n=="])
def test_what_holds_nothing_says_so(text: bytes) -> None:
    decoded = ed.decode(text)
    assert decoded.data is None
    assert any(problem.loses_data for problem in decoded.problems)
    assert "wire.base64.empty" in [problem.key for problem in decoded.problems]


@given(st.binary())
def test_any_bytes_are_decoded_or_described(raw: bytes) -> None:
    decoded = ed.decode(raw)
    assert decoded.problems or decoded.data is not None


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"\xef\xbb\xbf<a/>", "xml"),
        ("<a/>".encode("utf-16"), "xml"),
        (b"PK\x03\x04", "zip"),
        (b"MSH|^~\\&|", "hl7"),
        (b"plain words, nothing else", "text"),
        (b"", "empty"),
        (b"\0\1\2\3", "binary"),
        (base64.b64encode(b"twice encoded, it seems"), "base64"),
    ],
)
def test_what_bytes_look_like(raw: bytes, kind: str) -> None:
    assert ed.looks_like(raw) == kind
