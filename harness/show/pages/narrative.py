"""The narrative of a CDA document as safe HTML: known elements only, all text escaped.

Links are shown, never followed; pictures are named, never loaded.
Source: HL7 CDA R2 (2005), 4.3.5 (narrative block).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from harness.show.words import visible
from harness.wire.cda import Document

_CDA: Final = "{urn:hl7-org:v3}"
_SAME: Final = frozenset({"table", "thead", "tbody", "tfoot", "tr", "td", "th", "sub", "sup"})
_AS: Final = {"paragraph": "p", "item": "li", "footnote": "small", "caption": "strong"}
_STYLES: Final = {"bold": "b", "italics": "i", "underline": "u", "emphasis": "em"}
_SPANS: Final = ("colspan", "rowspan")
MAX_TEXT: Final = 20_000  # characters shown of one section


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section as it is read: `depth` counts from 0, `line` is that of the source."""

    title: str
    depth: int
    line: int
    html: Markup
    findings: tuple[int, ...] = ()


def sections(document: Document, placed: Mapping[str, tuple[int, ...]]) -> tuple[SectionView, ...]:
    """The sections in their order; `placed`: the numbers of the findings by XPath.

    A finding stands at the innermost section that holds its place.
    """
    found = [(document.path_of(section), section) for section in _sections(document)]
    inside: dict[str, tuple[int, ...]] = {}
    for xpath, numbers in placed.items():
        around = [path for path, _ in found if f"{xpath}/".startswith(f"{path}/")]
        if around:
            path = max(around, key=len)
            inside[path] = (*inside.get(path, ()), *numbers)
    return tuple(_view(section, inside.get(path, ())) for path, section in found)


def _sections(document: Document) -> Iterator[Any]:
    if document.root is not None:
        yield from document.root.iter(f"{_CDA}section")


def _view(section: Any, findings: tuple[int, ...]) -> SectionView:
    title, text = section.find(f"{_CDA}title"), section.find(f"{_CDA}text")
    return SectionView(
        title=visible(" ".join("".join(title.itertext()).split())) if title is not None else "",
        depth=sum(1 for _ in section.iterancestors(f"{_CDA}section")),
        line=section.sourceline or 0,
        html=_html(text) if text is not None else Markup(),
        findings=findings,
    )


def _html(text: Any) -> Markup:
    if len("".join(text.itertext())) > MAX_TEXT:
        words = " ".join("".join(text.itertext()).split())
        return escape(visible(words[:MAX_TEXT])) + Markup(" …")
    return _inside(text)


def _inside(element: Any) -> Markup:
    parts = [_text(element.text)]
    for child in element:
        parts += [_element(child), _text(child.tail)]
    return Markup().join(parts)


def _text(text: str | None) -> Markup:
    return escape(visible(text, "\n\r\t")) if text else Markup()


def _element(element: Any) -> Markup:
    if not isinstance(element.tag, str):
        return Markup()  # a comment
    name = element.tag.rpartition("}")[2]
    if name == "br":
        return Markup("<br>")
    if name == "renderMultiMedia":
        return _picture(element)
    inner = _inside(element)
    if name == "list":
        return _wrapped("ol" if element.get("listType") == "ordered" else "ul", inner)
    if name == "content":
        return _styled(element, inner)
    if name == "linkHtml":
        return Markup("{} <code>{}</code>").format(inner, visible(element.get("href", "")))
    if name in _SAME:
        return _cell(element, name, inner)
    return _wrapped(_AS[name], inner) if name in _AS else inner


def _wrapped(tag: str, inner: Markup, attributes: Markup = Markup()) -> Markup:  # noqa: B008  immutable
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), attributes, inner)  # noqa: S704  ours


def _styled(element: Any, inner: Markup) -> Markup:
    for word in element.get("styleCode", "").lower().split():
        if word in _STYLES:
            inner = _wrapped(_STYLES[word], inner)
    return inner


def _cell(element: Any, name: str, inner: Markup) -> Markup:
    numbers = {key: element.get(key, "") for key in _SPANS}
    known = {key: number for key, number in numbers.items() if number.isdecimal()}
    parts = (Markup(' {}="{}"').format(key, number[:3]) for key, number in known.items())
    return _wrapped(name, inner, Markup().join(parts))


def _picture(element: Any) -> Markup:
    return Markup('<span class="picture">▣ {}</span>').format(
        visible(element.get("referencedObject", ""))
    )
