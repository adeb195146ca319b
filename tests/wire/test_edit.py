import pytest
from lxml import etree

from harness.errors import HarnessError
from harness.wire.edit import Edit, apply, apply_to_document
from harness.wire.er7 import Message

DOCUMENT = (
    b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2"/><title>T</title></ClinicalDocument>'
)
ID = "/cda:ClinicalDocument/cda:id"


def _changed(edit: Edit) -> str:
    root = etree.fromstring(apply_to_document(DOCUMENT, [edit]))
    parts = (f"{etree.QName(one).localname} {dict(one.attrib)} {len(one)}" for one in root)
    return "; ".join(parts)


def test_set_writes_an_attribute_that_was_not_there() -> None:
    assert _changed(Edit("set", f"{ID}/@extension", "7")).startswith(
        "id {'root': '1.2', 'extension': '7'} 0"
    )


def test_set_knows_the_prefixes_of_attributes() -> None:
    found = _changed(Edit("set", f"{ID}/@xsi:type", "II"))
    assert "{http://www.w3.org/2001/XMLSchema-instance}type': 'II'" in found


def test_insert_puts_elements_behind_in_their_order() -> None:
    found = _changed(Edit("insert", ID, "<code code='a'/><code code='b'/>"))
    assert found == ("id {'root': '1.2'} 0; code {'code': 'a'} 0; code {'code': 'b'} 0; title {} 0")


def test_append_puts_elements_inside_at_the_end() -> None:
    assert _changed(Edit("append", ID, "<sdtc:desc/>")) == "id {'root': '1.2'} 1; title {} 0"


@pytest.mark.parametrize("verb", ["set", "insert", "append", "remove", "repeat"])
def test_a_place_that_is_not_there_is_a_mistake_of_ours(verb: str) -> None:
    with pytest.raises(HarnessError, match="cda:setId"):
        apply_to_document(DOCUMENT, [Edit(verb, "/cda:ClinicalDocument/cda:setId", "<id/>")])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Edit("remove", "/a"), "root element"),
        (Edit("repeat", "/a"), "root element"),
        (Edit("remove", "//text()"), "neither an element nor an attribute"),
        (Edit("remove", "/a["), "not an XPath"),
        (Edit("set", "/a/@no:x", "1"), "not an XPath"),
        (Edit("set", "/a/@b c", "1"), "not an XPath"),
        (Edit("set", "/a/b", "\x07"), "XML does not allow"),
        (Edit("remove", "/a/c"), "nothing to change"),
        (Edit("remove", "count(/a)"), "not"),
    ],
    ids=str,
)
def test_what_a_document_cannot_take_is_told(change: Edit, told: str) -> None:
    with pytest.raises(HarnessError, match=told):
        apply_to_document(b"<a><b>x</b></a>", [change])


@pytest.mark.parametrize("raw", [b"<a>", b"", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"])
def test_what_is_no_document_cannot_be_changed(raw: bytes) -> None:
    with pytest.raises(HarnessError):
        apply_to_document(raw, [Edit("remove", "/a/b")])


@pytest.mark.parametrize("data", [b"", b"!", b"===="])
def test_a_message_without_a_document_cannot_have_it_changed(data: bytes) -> None:
    message = Message(b"MSH|^~\\&|A\rOBX|1|ED|||^TEXT^XML^Base64^" + data + b"\r")
    with pytest.raises(HarnessError, match="OBX-5"):
        apply(message, [Edit("remove", "//b")])
