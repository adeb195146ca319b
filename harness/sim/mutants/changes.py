"""Small changes of an XML tree, each with what undoes it and the edits that make it for good.

What is written in place of a value is well formed for what it stands for (another OID, another
unit, an earlier day), so that one thing is wrong and not two.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from harness.wire.cda import NAMESPACES
from harness.wire.edit import Edit

Wanted = Callable[[str], bool]
ITSELF: Final = "copy itself"  # then it is the copy that may be wrong
_OID: Final = "1.2.250.1.213.99.66"
_OTHERS: Final = {
    "root": (_OID,),
    "codeSystem": (_OID,),
    "unit": ("m",),
    "classCode": ("ACT", "OBS", "ENT"),
    "moodCode": ("INT", "EVN"),
    "typeCode": ("COMP", "SUBJ", "IND", "DIST", "APND"),
    "representation": ("TXT",),
    "mediaType": ("text/plain",),
    "inversionInd": ("false",),
    "nullFlavor": ("UNK",),
}
_TIME: Final = re.compile(r"\d{8,14}([+-]\d{4})?", re.ASCII)
_DOUBLED: Final = {
    "translation": ("code", "ZZ9"),
    "telecom": ("value", "tel:0123456789"),
    "addr": ("use", "HP"),
}


@dataclass(slots=True)
class Change:
    """`way` tells it from the node, by names alone: `remove code/@codeSystem`.

    `edit` says it of the document as it was; the copy that `double` makes is told apart as well.
    """

    way: str
    edit: Edit
    make: Callable[[], object]
    undo: Callable[[], object]


def around(node: Any, depth: int, wanted: Wanted) -> Iterator[Change]:
    """The small changes of a node and of what is so far below it, the nearest first.

    Only ways that are wanted are made.
    """
    for element, inner in _inside(node, depth):
        for name in list(element.attrib):
            yield from _of_attribute(element, name, inner, wanted)
        if element.text and element.text.strip() and wanted(f"blank {inner}".strip()):
            yield _blank(element, inner)
        if element is node:
            if wanted(ITSELF) and node.getparent() is not None:
                yield _copy(node, "itself")
            continue
        for verb, make in _WHOLE.items():
            if wanted(f"{verb} {inner}"):
                yield make(element, inner)


def _inside(node: Any, depth: int) -> Iterator[tuple[Any, str]]:
    """The node and what is below it, each with its path from the node, by names alone."""
    level = [(node, "")]
    for _ in range(depth + 1):
        yield from level
        level = [
            (child, f"{inner}/{etree.QName(child).localname}".lstrip("/"))
            for element, inner in level
            for child in element
            if isinstance(child.tag, str)
        ]


def xpath(element: Any) -> str:
    """An XPath that selects just this element, whatever its prefix."""
    steps: list[str] = []
    while (parent := element.getparent()) is not None:
        kin = [one for one in parent if isinstance(one.tag, str)]
        steps.append(f"*[{kin.index(element) + 1}]")
        element = parent
    return "/" + "/".join(("*", *reversed(steps)))


def others(name: str, value: str) -> tuple[str, ...]:
    """Values that might stand in an attribute of that name, and are not the one that does."""
    if _TIME.fullmatch(value):
        found: tuple[str, ...] = (value[:6], f"1850{value[4:]}", "ZZ9")
    elif value.isdigit():
        found = ("0", "ZZ9", "")
    else:
        found = _OTHERS.get(name, ("ZZ9", ""))
    return tuple(one for one in found if one != value)


def _of_attribute(element: Any, name: str, inner: str, wanted: Wanted) -> Iterator[Change]:
    value = element.get(name)
    place, local = f"{xpath(element)}/@{_shown(name)}", etree.QName(name).localname
    told = f"{inner}/@{local}".lstrip("/")

    def write(new: str) -> Callable[[], object]:
        return lambda: element.set(name, new)

    if wanted(f"remove {told}"):
        gone = Edit("remove", place)
        yield Change(f"remove {told}", gone, lambda: element.attrib.pop(name), write(value))
    for number, other in enumerate(others(local, value), 1):
        if wanted(way := f"other {told} {number}"):
            yield Change(way, Edit("set", place, other), write(other), write(value))


def _shown(name: str) -> str:
    qualified = etree.QName(name)
    prefix = next((p for p, uri in NAMESPACES.items() if uri == qualified.namespace), "")
    return f"{prefix}:{qualified.localname}" if prefix else str(qualified.localname)


def _blank(element: Any, inner: str) -> Change:
    value, edit = element.text, Edit("set", xpath(element), "")

    def write(text: str) -> Callable[[], object]:
        def written() -> None:
            element.text = text

        return written

    return Change(f"blank {inner}".strip(), edit, write(""), write(value))


def _remove(element: Any, inner: str) -> Change:
    parent, tail = element.getparent(), element.tail
    place, edit = parent.index(element), Edit("remove", xpath(element))

    def undo() -> None:
        element.tail = tail
        parent.insert(place, element)

    return Change(f"remove {inner}", edit, lambda: parent.remove(element), undo)


def _double(element: Any, inner: str) -> Change:
    twin = etree.fromstring(etree.tostring(element, with_tail=False))
    _tell_apart(twin)
    return _added(f"double {inner}", element, twin)


def _copy(element: Any, inner: str) -> Change:
    twin = etree.fromstring(etree.tostring(element, with_tail=False))
    return _added(f"copy {inner}", element, twin)


def _added(way: str, element: Any, twin: Any) -> Change:
    return Change(
        way,
        Edit("repeat", xpath(element)),
        lambda: element.addnext(twin),
        lambda: element.getparent().remove(twin),
    )


_WHOLE: Final[Mapping[str, Callable[[Any, str], Change]]] = {
    "remove": _remove,
    "double": _double,
    "copy": _copy,
}


def _tell_apart(twin: Any) -> None:
    """Make the copy another one: ids and anchors of its own."""
    attribute, value = _DOUBLED.get(etree.QName(twin).localname, ("", ""))
    if attribute:
        twin.set(attribute, value)
    for count, one in enumerate(twin.xpath("descendant-or-self::*[local-name() = 'id'][@root]")):
        one.set("root", f"{_OID}.{count}")
    anchors = {one.get("ID"): one for one in twin.xpath("descendant-or-self::*[@ID]")}
    for anchor, one in anchors.items():
        one.set("ID", f"{anchor}-2")
    for one in twin.xpath("descendant-or-self::*[@value or @referencedObject]"):
        name = "value" if one.get("value") else "referencedObject"
        if one.get(name).lstrip("#") in anchors:
            one.set(name, f"{one.get(name)}-2")
