"""The narrative of a document as HTML: what it keeps, what it never lets through."""

import pytest

from harness.show.pages import narrative
from harness.wire.cda import Document

_SECTION = (
    b'<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component><section>'
    b"<title>Conclusion</title><text>%s</text>"
    b"<component><section><title>Dedans</title></section></component>"
    b"</section></component></structuredBody></component></ClinicalDocument>"
)
_PATH = "/ClinicalDocument/component/structuredBody/component/section"


def _html(text: str) -> str:
    document = Document.parse(_SECTION % text.encode())
    return str(narrative.sections(document, {})[0].html)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<paragraph>Un</paragraph>deux", "<p>Un</p>deux"),
        ("<list><item>a</item></list>", "<ul><li>a</li></ul>"),
        ('<list listType="ordered"><item>a</item></list>', "<ol><li>a</li></ol>"),
        ('<content ID="x" styleCode="Bold Underline">a</content>', "<u><b>a</b></u>"),
        (
            '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
            '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
        ),
        ("a<br/>b<sup>2</sup>", "a<br>b<sup>2</sup>"),
        ("a<!-- not shown -->b", "ab"),
        ('<renderMultiMedia referencedObject="IMG1"/>', '<span class="picture">▣ IMG1</span>'),
    ],
)
def test_narrative_elements_become_html(text: str, html: str) -> None:
    assert _html(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>", "alert(1)"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ('<td onclick="x()" colspan="1 onload=x">a</td>', "<td>a</td>"),
        ('<linkHtml href="javascript:x()">a</linkHtml>', "a <code>javascript:x()</code>"),
        ('<linkHtml href="&quot;&gt;&lt;b">a</linkHtml>', "a <code>&#34;&gt;&lt;b</code>"),
        ('<renderMultiMedia referencedObject="&lt;img&gt;"/>', None),
        ("a\u202eb", "a<U+202E>b"),
    ],
)
def test_nothing_hostile_passes(text: str, html: str | None) -> None:
    found = _html(text)
    assert not [part for part in ("<script", "<img", "onclick") if part in found]
    if html and "U+" not in html:
        assert found == html
    assert "\u202e" not in found


def test_a_long_text_is_cut() -> None:
    assert len(_html("mot " * narrative.MAX_TEXT)) < narrative.MAX_TEXT + 10


def test_a_finding_stands_at_the_innermost_section() -> None:
    document = Document.parse(_SECTION % b"a")
    outer, inner = narrative.sections(
        document,
        {
            f"{_PATH}/text": (1,),
            f"{_PATH}/component/section/title": (2, 3),
            "/ClinicalDocument": (4,),
        },
    )
    assert (outer.title, outer.depth, outer.findings) == ("Conclusion", 0, (1,))
    assert (inner.title, inner.depth, inner.findings) == ("Dedans", 1, (2, 3))
