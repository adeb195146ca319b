import pytest
from lxml import etree

from harness.errors import HarnessError
from harness.wire.edit import Edit, apply_to_document

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
