"""The functions of XPath 2.0 that Schematron of documents uses, on values (`values.py`).

Each takes what is around (`Around`) and its arguments, each a sequence, and gives a sequence.

Source: W3C XQuery 1.0 and XPath 2.0 Functions and Operators (Second Edition).
"""

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Protocol

from lxml import etree

from harness.rules.published import regex, values
from harness.rules.published.values import (
    DocNode,
    DynamicError,
    QName,
    Untyped,
    Value,
    at_most_one,
    atoms,
)


class Around(Protocol):
    """What a function may ask of the evaluation that it is in."""

    item: Any
    position: int
    size: int

    def document(self, href: str) -> Any:
        """The root of a document of the pack. Raises DynamicError."""


Function = Callable[[Around, list[Value]], Value]


def _text(value: Value) -> str:
    """An argument of type `xs:string?`: empty is the empty string."""
    item = at_most_one(value)
    if item is None:
        return ""
    if not isinstance(item, str):
        raise DynamicError("XPTY0004")
    return str(item)


def _texts(name: str) -> Callable[[Callable[..., Any]], Function]:
    """A function of strings only."""

    def wrap(function: Callable[..., Any]) -> Function:
        def run(_: Around, arguments: list[Value]) -> Value:
            return [function(*map(_text, arguments))]

        run.__name__ = name
        return run

    return wrap


def _before(text: str, mark: str) -> str:
    before, found, _ = text.partition(mark) if mark else ("", "", "")
    return before if found else ""


def _after(text: str, mark: str) -> str:
    return text.partition(mark)[2] if mark else text


def _normal(text: str) -> str:
    return " ".join(part for part in re.split(r"[ \t\r\n]+", text) if part)


def _translate(text: str, source: str, target: str) -> str:
    table: dict[int, str | None] = {}
    for place, char in enumerate(source):
        table.setdefault(ord(char), target[place] if place < len(target) else None)
    return text.translate(table)


def _iri_to_uri(text: str) -> str:
    safe = "!#$%&'()*+,-./:;=?@[]_~"
    return "".join(
        char
        if char.isascii() and (char.isalnum() or char in safe)
        else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in text
    )


def _string(around: Around, arguments: list[Value]) -> Value:
    value = arguments[0] if arguments else [around.item]
    item = at_most_one(value)
    return ["" if item is None else values.string(item)]


def _concat(_: Around, arguments: list[Value]) -> Value:
    found = [at_most_one(argument) for argument in arguments]
    return ["".join("" if item is None else values.string(item) for item in found)]


def _string_length(around: Around, arguments: list[Value]) -> Value:
    return [len(_text(arguments[0] if arguments else [around.item]))]


def _normalize_space(around: Around, arguments: list[Value]) -> Value:
    return [_normal(_text(arguments[0] if arguments else [around.item]))]


def _substring(_: Around, arguments: list[Value]) -> Value:
    text = _text(arguments[0])
    start = _round(_double(arguments[1]))
    end = start + _round(_double(arguments[2])) if len(arguments) > 2 else math.inf
    return ["".join(char for place, char in enumerate(text, 1) if start <= place < end)]


def _double(value: Value) -> float:
    item = at_most_one(value)
    if isinstance(item, Untyped):
        return values.double(item)
    if isinstance(item, (int, float, Decimal)) and not isinstance(item, bool):
        return float(item)
    raise DynamicError("XPTY0004")


def _round(number: float) -> float:
    return math.floor(number + 0.5) if math.isfinite(number) else number


def _number(around: Around, arguments: list[Value]) -> Value:
    return [values.number(at_most_one(arguments[0] if arguments else [around.item]))]


def _flags(arguments: list[Value], place: int) -> str:
    return _text(arguments[place]) if len(arguments) > place else ""


def _matches(_: Around, arguments: list[Value]) -> Value:
    pattern = regex.compiled(_text(arguments[1]), _flags(arguments, 2))
    return [pattern.search(_text(arguments[0])) is not None]


def _tokenize(_: Around, arguments: list[Value]) -> Value:
    pattern = regex.compiled(_text(arguments[1]), _flags(arguments, 2))
    if pattern.search(""):
        raise DynamicError("FORX0003")
    text = _text(arguments[0])
    found, at = [], 0
    for match in pattern.finditer(text):
        found.append(text[at : match.start()])
        at = match.end()
    return [*found, text[at:]] if text else []


def _replace(_: Around, arguments: list[Value]) -> Value:
    pattern = regex.compiled(_text(arguments[1]), _flags(arguments, 3))
    if pattern.search(""):
        raise DynamicError("FORX0003")
    new = regex.replacement(_text(arguments[2]), pattern.groups)
    return [pattern.sub(lambda match: match.expand(new) if new else "", _text(arguments[0]))]


def _string_join(_: Around, arguments: list[Value]) -> Value:
    mark = _text(arguments[1]) if len(arguments) > 1 else ""
    return [mark.join(values.string(item) for item in atoms(arguments[0]))]


def _distinct(_: Around, arguments: list[Value]) -> Value:
    found: dict[Any, Any] = {}
    for item in atoms(arguments[0]):
        key = str(item) if isinstance(item, str) else item
        kind = "text" if isinstance(item, str) else "bool" if isinstance(item, bool) else "other"
        found.setdefault((kind, "NaN" if key != key else key), item)
    return list(found.values())


def _count(_: Around, arguments: list[Value]) -> Value:
    return [len(arguments[0])]


def _sum(_: Around, arguments: list[Value]) -> Value:
    total: Value = [0]
    for item in atoms(arguments[0]):
        total = values.arithmetic("+", total, [item])
    return total


def _extreme(operator: str) -> Function:
    def run(_: Around, arguments: list[Value]) -> Value:
        best: Value = []
        for item in atoms(arguments[0]):
            typed = values.double(item) if isinstance(item, Untyped) else item
            if not best or values.any_compares(operator, [typed], best):
                best = [typed]
        return best

    return run


def _rounding(rounded: Callable[[Any], Any]) -> Function:
    def run(_: Around, arguments: list[Value]) -> Value:
        item = at_most_one(arguments[0])
        if item is None:
            return []
        number = values.double(item) if isinstance(item, Untyped) else item
        if isinstance(number, (str, bool)):
            raise DynamicError("XPTY0004")
        if isinstance(number, float):
            return [float(rounded(number)) if math.isfinite(number) else number]
        return [type(number)(rounded(number))]

    return run


def _only_node(around: Around, arguments: list[Value]) -> Any:
    value = arguments[0] if arguments else [around.item]
    if len(value) > 1 or (value and not values.is_node(value[0])):
        raise DynamicError("XPTY0004")
    return value[0] if value else None


def _tag(node: Any) -> str:
    """The name of a node as lxml writes it: `{uri}local`; empty when it has none."""
    if isinstance(node, etree._ElementUnicodeResult):
        return str(node.attrname) if node.is_attribute else ""
    tag = getattr(node, "tag", "")
    return tag if isinstance(tag, str) else ""


def _local_name(around: Around, arguments: list[Value]) -> Value:
    return [_tag(_only_node(around, arguments)).rpartition("}")[2]]


def _namespace_uri(around: Around, arguments: list[Value]) -> Value:
    return [_tag(_only_node(around, arguments)).rpartition("}")[0].removeprefix("{")]


def _name(around: Around, arguments: list[Value]) -> Value:
    node = _only_node(around, arguments)
    uri, _, local = _tag(node).rpartition("}")
    if not uri:
        return [local]
    if isinstance(node, etree._ElementUnicodeResult):
        found = [prefix for prefix, one in node.getparent().nsmap.items() if one == uri[1:]]
        prefix = next((one for one in found if one), "xml")
    else:
        prefix = node.prefix
    return [f"{prefix}:{local}" if prefix else local]


def _resolve_qname(_: Around, arguments: list[Value]) -> Value:
    text = at_most_one(arguments[0])
    if text is None:
        return []
    element = arguments[1][0] if len(arguments[1]) == 1 else None
    if not isinstance(element, etree._Element) or not isinstance(text, str):
        raise DynamicError("XPTY0004")
    prefix, local = _lexical_qname(text)
    if prefix == "xml":
        return [QName("http://www.w3.org/XML/1998/namespace", local)]
    uri = element.nsmap.get(prefix or None)
    if uri is None and prefix:
        raise DynamicError("FONS0004")
    return [QName(uri or "", local)]


_NCNAME: Final = re.compile(r"[^\W\d][\w.\-·]*")


def _lexical_qname(text: str) -> tuple[str, str]:
    prefix, colon, local = text.strip(values.BLANKS).rpartition(":")
    if not _NCNAME.fullmatch(local) or (colon and not _NCNAME.fullmatch(prefix)):
        raise DynamicError("FOCA0002")
    return prefix, local


def _qname(_: Around, arguments: list[Value]) -> Value:
    return [QName(_text(arguments[0]), _lexical_qname(_text(arguments[1]))[1])]


def _qname_part(part: str) -> Function:
    def run(_: Around, arguments: list[Value]) -> Value:
        item = at_most_one(arguments[0])
        if item is None:
            return []
        if not isinstance(item, QName):
            raise DynamicError("XPTY0004")
        return [str(getattr(item, part))]

    return run


def _document(around: Around, arguments: list[Value]) -> Value:
    item = at_most_one(arguments[0])
    return [] if item is None else [DocNode(around.document(values.string(item)))]


def _document_available(around: Around, arguments: list[Value]) -> Value:
    try:
        return [bool(_document(around, arguments))]
    except DynamicError:
        return [False]


def _root(around: Around, arguments: list[Value]) -> Value:
    node = _only_node(around, arguments)
    if node is None or isinstance(node, DocNode):
        return [node] if node else []
    element = node if isinstance(node, etree._Element) else values.parent_of(node)
    return [DocNode(element.getroottree().getroot())]


def _index_of(_: Around, arguments: list[Value]) -> Value:
    sought = arguments[1]
    return [
        place
        for place, item in enumerate(atoms(arguments[0]), 1)
        if isinstance(item, str) == isinstance(at_most_one(sought), str)
        and values.any_compares("=", [item], sought)
    ]


def _cast(name: str) -> Function:
    def run(_: Around, arguments: list[Value]) -> Value:
        item = at_most_one(arguments[0])
        return [] if item is None else [values.cast(item, name)]

    return run


CONCAT: Final = _concat
FUNCTIONS: Final[Mapping[tuple[str, int], Function]] = {
    ("boolean", 1): lambda _, arguments: [values.truth(arguments[0])],
    ("not", 1): lambda _, arguments: [not values.truth(arguments[0])],
    ("true", 0): lambda _, arguments: [True],
    ("false", 0): lambda _, arguments: [False],
    ("exists", 1): lambda _, arguments: [bool(arguments[0])],
    ("empty", 1): lambda _, arguments: [not arguments[0]],
    ("count", 1): _count,
    ("position", 0): lambda around, _: [around.position],
    ("last", 0): lambda around, _: [around.size],
    ("data", 1): lambda _, arguments: atoms(arguments[0]),
    ("reverse", 1): lambda _, arguments: arguments[0][::-1],
    ("index-of", 2): _index_of,
    ("distinct-values", 1): _distinct,
    ("string", 0): _string,
    ("string", 1): _string,
    ("string-length", 0): _string_length,
    ("string-length", 1): _string_length,
    ("normalize-space", 0): _normalize_space,
    ("normalize-space", 1): _normalize_space,
    ("upper-case", 1): _texts("upper-case")(str.upper),
    ("lower-case", 1): _texts("lower-case")(str.lower),
    ("translate", 3): _texts("translate")(_translate),
    ("contains", 2): _texts("contains")(lambda text, part: part in text),
    ("starts-with", 2): _texts("starts-with")(str.startswith),
    ("ends-with", 2): _texts("ends-with")(str.endswith),
    ("substring-before", 2): _texts("substring-before")(_before),
    ("substring-after", 2): _texts("substring-after")(_after),
    ("iri-to-uri", 1): _texts("iri-to-uri")(_iri_to_uri),
    ("substring", 2): _substring,
    ("substring", 3): _substring,
    ("matches", 2): _matches,
    ("matches", 3): _matches,
    ("tokenize", 2): _tokenize,
    ("tokenize", 3): _tokenize,
    ("replace", 3): _replace,
    ("replace", 4): _replace,
    ("string-join", 1): _string_join,
    ("string-join", 2): _string_join,
    ("number", 0): _number,
    ("number", 1): _number,
    ("sum", 1): _sum,
    ("min", 1): _extreme("<"),
    ("max", 1): _extreme(">"),
    ("floor", 1): _rounding(math.floor),
    ("ceiling", 1): _rounding(math.ceil),
    ("round", 1): _rounding(lambda number: math.floor(number + type(number)("0.5"))),
    ("abs", 1): _rounding(abs),
    ("local-name", 0): _local_name,
    ("local-name", 1): _local_name,
    ("namespace-uri", 0): _namespace_uri,
    ("namespace-uri", 1): _namespace_uri,
    ("name", 0): _name,
    ("name", 1): _name,
    ("resolve-QName", 2): _resolve_qname,
    ("QName", 2): _qname,
    ("namespace-uri-from-QName", 1): _qname_part("uri"),
    ("local-name-from-QName", 1): _qname_part("local"),
    ("doc", 1): _document,
    ("document", 1): _document,
    ("doc-available", 1): _document_available,
    ("root", 0): _root,
    ("root", 1): _root,
}
CASTING: Final[Mapping[str, Function]] = {name: _cast(name) for name in values.CASTS}
GIVES: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("boolean", "not", "exists", "empty", "contains", "starts-with"), ("bool", "1")
    ),
    **dict.fromkeys(("ends-with", "matches", "doc-available"), ("bool", "1")),
    **dict.fromkeys(("count", "position", "last", "string-length"), ("int", "1")),
    **dict.fromkeys(("string", "normalize-space", "upper-case", "lower-case"), ("str", "1")),
    **dict.fromkeys(("translate", "substring", "substring-before"), ("str", "1")),
    **dict.fromkeys(("substring-after", "iri-to-uri", "replace", "concat"), ("str", "1")),
    **dict.fromkeys(("string-join", "local-name", "namespace-uri", "name"), ("str", "1")),
    "number": ("num", "1"),
    "tokenize": ("str", "*"),
}
