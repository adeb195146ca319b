import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.cda import Document, Limits

GOOD = (
    b'<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">\n'
    b'<author><time value="1"/></author>\n<author><time value="2"/></author>\n'
    b"</ClinicalDocument>"
)
BOMB = b'<!DOCTYPE a [<!ENTITY x "aaaaaaaaaa"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>'


def test_a_place_is_a_readable_path_with_its_line() -> None:
    node = list(Document.parse(GOOD).at("//cda:author/cda:time/@value"))[1]
    assert (node.value, node.at.xpath, node.at.line) == (
        "2",
        "/ClinicalDocument/author[2]/time/@value",
        4,
    )


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (BOMB, "DOCTYPE"),
        (BOMB.decode().encode("utf-16"), "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DOCTYPE"),
        (b"<!-- x --><?p x?>\n<!DOCTYPE a><a/>", "DOCTYPE"),
        (b"<a><b></a>", "well-formed"),
        (b"<a/><b/>", "well-formed"),
        (b"not xml", "well-formed"),
        (b"<a>" * 10_000 + b"</a>" * 10_000, "deeper"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "deeper"),
        (b"<a>" * 300 + b"</a>" * 300, "deeper"),
        (b"<a " + b" ".join(b'x%d="1"' % n for n in range(1100)) + b"/>", "attributes"),
    ],
)
def test_what_is_refused_says_why(raw: bytes, words: str) -> None:
    document = Document.parse(raw)
    assert document.root is None
    assert document.refusal is not None
    assert words in document.refusal.text.en


def test_a_comment_about_a_doctype_is_harmless() -> None:
    assert Document.parse(b"<!-- <!DOCTYPE a> --><a>&lt;!DOCTYPE</a>").root is not None


def test_a_long_prolog_costs_its_length() -> None:
    document = Document.parse(b"<!---->" * 130_000 + b"<!DOCTYPE a><a/>")
    assert document.refusal is not None
    assert "DOCTYPE" in document.refusal.text.en


def test_what_stands_outside_the_root_has_a_place() -> None:
    document = Document.parse(b"<!--x--><a><!--y--><?z w?></a><?v?>")
    nodes = [*document.at("//comment()"), *document.at("//processing-instruction()")]
    assert [(node.at.xpath, node.value) for node in nodes] == [
        ("/comment()", "x"),
        ("/a/comment()", "y"),
        ("/a/processing-instruction()", "w"),
        ("/processing-instruction()", ""),
    ]


def test_size_is_bounded() -> None:
    document = Document.parse(b"<a>" + b"x" * 2000 + b"</a>", Limits(size=1000))
    assert document.refusal is not None


def test_a_text_of_twelve_megabytes_is_read() -> None:
    assert Document.parse(b"<a>" + b"x" * 12_000_000 + b"</a>").root is not None


def test_inclusions_are_inert() -> None:
    space = b"http://www.w3.org/2001/XInclude"
    raw = b'<a xmlns:i="' + space + b'"><i:include href="/etc/passwd" parse="text"/></a>'
    document = Document.parse(raw)
    assert "root:" not in document.first("string(/*)")


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    document = Document.parse(raw)
    assert (document.root is None) is (document.refusal is not None)
