import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.rules.rule import Finding, Level, Problem, Rule, SpecRef, Verdict
from harness.show.excerpt import Excerpt, excerpt
from harness.sim.record import Judged
from harness.text import plain
from harness.wire.cda import Document
from harness.wire.er7 import Message
from harness.wire.location import Location

RULE = Rule(
    id="R-A",
    level=Level.MUST,
    says=plain(""),
    source=SpecRef("livre-blanc-2024", "1"),
    kinds=frozenset({"A"}),
    group="patient",
)


def of_message(raw: bytes, line: int, span: tuple[int, int], width: int = 144) -> Excerpt | None:
    at = Location("PID-3", line=line, span=span)
    return excerpt(Judged("A", "a", (), Message(raw), raw=raw), finding(at), width)


def of_document(raw: bytes, line: int, xpath: str) -> Excerpt | None:
    document = Document.parse(raw)
    at = Location(xpath=xpath, line=line)
    return excerpt(Judged("CR", "a", (), None, document, raw), finding(at))


def finding(at: Location) -> Finding:
    return Finding(RULE, Verdict.FAIL, Problem(at, plain(""), plain("")), "A")


def test_the_part_that_is_wrong_is_marked() -> None:
    raw = b"MSH|^~\\&|A\rPID|1||12^^^X\r"
    start = raw.index(b"12")
    assert of_message(raw, 2, (start, start + 2)) == Excerpt(2, 8, "PID|1||", "12", "^^^X")


def test_what_is_missing_is_marked_by_nothing() -> None:
    raw = b"MSH|^~\\&|A\rPID|1||\r"
    end = len(raw) - 1
    assert of_message(raw, 2, (end, end)) == Excerpt(2, 8, "PID|1||", "", "")


def test_columns_count_characters_not_bytes() -> None:
    raw = "MSH|^~\\&|||||||||||||||UNICODE UTF-8\rPID|éé|12\r".encode()
    start = raw.index(b"12")
    found = of_message(raw, 2, (start, start + 2))
    assert found is not None
    assert (found.before, found.column) == ("PID|éé|", 8)


def test_control_characters_are_codes() -> None:
    raw = b"MSH|^~\\&|A\rPID|a\x1b[2J|12\r"
    found = of_message(raw, 2, (raw.index(b"12"), len(raw) - 1))
    assert found is not None
    assert found.before == "PID|a\\x1b[2J|"


@given(
    before=st.integers(0, 600),
    marked=st.integers(0, 600),
    after=st.integers(0, 600),
    width=st.integers(40, 160),
)
def test_an_excerpt_fits_and_says_that_it_was_cut(
    before: int, marked: int, after: int, width: int
) -> None:
    head = b"MSH|^~\\&|A\r"
    raw = head + b"PID|" + b"b" * before + b"m" * marked + b"a" * after + b"\r"
    start = len(head) + 4 + before
    found = of_message(raw, 2, (start, start + marked), width)
    assert found is not None
    dots = found.cut_before + found.cut_after
    assert len(found.before) + len(found.marked) + len(found.after) + dots <= width
    assert found.cut_before is (len(found.before) < 4 + before)
    assert found.cut_after is (len(found.after) < after)
    assert found.marked == "m" * marked or found.marked.endswith("…")
    assert found.column == 5 + before


CDA = b"""<?xml version="1.0"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <author><time value="1"/></author>
  <id root="1"/><id root="2"/>
  <idx/><id
     root="3"/>
</ClinicalDocument>"""


@pytest.mark.parametrize(
    ("line", "xpath", "marked"),
    [
        (2, "/ClinicalDocument", "<ClinicalDocument"),
        (3, "/ClinicalDocument/author[1]/time", "<time"),
        (3, "/cda:ClinicalDocument/cda:author/cda:time/@value", "<time"),
        (5, "/ClinicalDocument/id[3]", "<id"),
    ],
)
def test_the_element_is_marked(line: int, xpath: str, marked: str) -> None:
    found = of_document(CDA, line, xpath)
    assert found is not None
    assert (found.line, found.marked) == (line, marked)


def test_a_line_with_two_such_elements_shows_neither() -> None:
    assert of_document(CDA, 4, "/ClinicalDocument/id[2]") is None


@pytest.mark.parametrize("line", [0, 99])
def test_a_line_that_is_not_there_has_no_excerpt(line: int) -> None:
    assert of_document(CDA, line or 99, "/ClinicalDocument") is None
    assert of_message(b"MSH|^~\\&|A\r", 99, (0, 3)) is None
