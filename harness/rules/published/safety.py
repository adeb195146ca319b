"""What an expression of a pack may not ask for.

A pack is data of somebody else. Its expressions may read the judged document and the documents of
the pack, nothing more: no file or URL outside, no function of an extension, no environment. What
asks for more is refused when the pack is added; nothing of it runs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from lxml import etree

from harness.errors import HarnessError
from harness.rules.published.parse import NotXPath, parse, tokens
from harness.rules.published.repair import Refused
from harness.rules.published.syntax import Call, Expr, Literal, Var, variables, walk
from harness.text import say

XSL: Final = "http://www.w3.org/1999/XSL/Transform"
_SAFE_URIS: Final = (
    "http://www.w3.org/2005/xpath-functions",
    "http://www.w3.org/2001/XMLSchema",
)
_DOCUMENTS: Final = frozenset({"doc", "document", "doc-available"})
_KNOWN: Final = frozenset(
    [
        "abs",
        "adjust-date-to-timezone",
        "adjust-dateTime-to-timezone",
        "avg",
        "base-uri",
        "boolean",
        "ceiling",
        "codepoint-equal",
        "codepoints-to-string",
        "compare",
        "concat",
        "contains",
        "count",
        "current",
        "current-date",
        "current-dateTime",
        "current-time",
        "data",
        "dateTime",
        "day-from-date",
        "day-from-dateTime",
        "days-from-duration",
        "deep-equal",
        "distinct-values",
        "doc",
        "doc-available",
        "document",
        "element",
        "element-with-id",
        "empty",
        "encode-for-uri",
        "ends-with",
        "escape-html-uri",
        "exactly-one",
        "exists",
        "false",
        "floor",
        "format-date",
        "format-dateTime",
        "format-number",
        "function-available",
        "generate-id",
        "head",
        "hours-from-dateTime",
        "hours-from-duration",
        "hours-from-time",
        "id",
        "idref",
        "implicit-timezone",
        "in-scope-prefixes",
        "index-of",
        "insert-before",
        "iri-to-uri",
        "key",
        "lang",
        "last",
        "local-name",
        "local-name-from-QName",
        "lower-case",
        "matches",
        "max",
        "min",
        "minutes-from-dateTime",
        "minutes-from-duration",
        "minutes-from-time",
        "month-from-date",
        "month-from-dateTime",
        "months-from-duration",
        "name",
        "namespace-uri",
        "namespace-uri-for-prefix",
        "namespace-uri-from-QName",
        "node-name",
        "normalize-space",
        "normalize-unicode",
        "not",
        "number",
        "one-or-more",
        "position",
        "prefix-from-QName",
        "QName",
        "remove",
        "replace",
        "resolve-QName",
        "resolve-uri",
        "reverse",
        "root",
        "round",
        "round-half-to-even",
        "seconds-from-dateTime",
        "seconds-from-duration",
        "seconds-from-time",
        "starts-with",
        "static-base-uri",
        "string",
        "string-join",
        "string-length",
        "string-to-codepoints",
        "subsequence",
        "substring",
        "substring-after",
        "substring-before",
        "sum",
        "tail",
        "timezone-from-date",
        "timezone-from-dateTime",
        "timezone-from-time",
        "tokenize",
        "translate",
        "true",
        "unordered",
        "upper-case",
        "year-from-date",
        "year-from-dateTime",
        "years-from-duration",
        "zero-or-one",
        "node",
        "text",
        "comment",
        "processing-instruction",
        "attribute",
        "document-node",
        "item",
        "empty-sequence",
        "schema-element",
        "schema-attribute",
        "if",
    ]
)
_FOREIGN: Final = frozenset(
    [
        "key",
        "function",
        "param",
        "sequence",
        "value-of",
        "choose",
        "when",
        "otherwise",
        "if",
        "variable",
        "for-each",
        "copy-of",
        "text",
    ]
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A document that an expression reads: its whole name, or how the computed name begins."""

    href: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands, for the message, and what is known of its names.

    `constants`: variables whose text is known; `names`: all that are declared.
    """

    file: str
    line: int | None
    prefixes: Mapping[str, str]
    constants: Mapping[str, str]
    names: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()

    def refuse(self, key: str, **values: str) -> Refused:
        """The refusal, with the place."""
        return Refused(say(key, **values), file=self.file, line=self.line)


def check(text: str, place: Place) -> Iterator[Asked]:
    """The documents that an expression reads. Raises Refused for what is not allowed."""
    try:
        found = parse(text)
    except NotXPath:
        _check_tokens(text, place)
        return
    for part in walk(found):
        if isinstance(part, Call):
            _check_name(part.name, place)
            if part.name.removeprefix("fn:") in _DOCUMENTS:
                yield _document(part, place)


def _check_tokens(text: str, place: Place) -> None:
    """What our parser does not read is checked by its words, and may name no document."""
    try:
        found = tokens(text)
    except NotXPath:
        return  # never handed to any engine
    for (kind, word), (_, following) in pairwise(found):
        if kind == "name" and following == "(":
            _check_name(word, place)
            if word.removeprefix("fn:") in _DOCUMENTS:
                raise place.refuse("pack.unreadable", expression=text[:80])


def _check_name(name: str, place: Place) -> None:
    prefix, colon, local = name.rpartition(":")
    if not colon and local in _KNOWN:
        return
    uri = place.prefixes.get(prefix, _SAFE_URIS[0] if prefix == "fn" else "")
    if colon and uri == _SAFE_URIS[1]:
        return
    if colon and uri == _SAFE_URIS[0] and local in _KNOWN:
        return
    if colon and f"{{{uri}}}{local}" in place.functions:
        return
    raise place.refuse("pack.function", name=name)


def _document(call: Call, place: Place) -> Asked:
    text, is_whole = constant(call.arguments[0], place.constants) if call.arguments else ("", True)
    if not text:
        unknown = sorted(variables(call) - place.names)
        if unknown:
            what = say("pack.undeclared", name=unknown[0])
            raise HarnessError(what, file=place.file, line=place.line)
        raise place.refuse("pack.computed", name=call.name)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\]", text):
        raise place.refuse("pack.outside", href=text)
    return Asked(text, is_whole)


def constant(expr: Expr, constants: Mapping[str, str]) -> tuple[str, bool]:
    """The text that an expression gives for any document, and whether that is all of it."""
    match expr:
        case Literal(str() as value):
            return value, True
        case Var(name) if name in constants:
            return constants[name], True
        case Call("concat" | "fn:concat", arguments):
            found = ""
            for argument in arguments:
                text, is_whole = constant(argument, constants)
                found += text
                if not is_whole:
                    return found, False
            return found, True
    return "", False


def constants_of(lets: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The variables whose text is known without a document."""
    found: dict[str, str] = {}
    for name, value in lets:
        found.pop(name, None)
        try:
            text, is_whole = constant(parse(value), found)
        except NotXPath:
            continue
        if is_whole:
            found[name] = text
    return found


def check_foreign(element: Any, place: Place) -> Iterator[Asked]:
    """An `xsl:key` or `xsl:function`: only instructions that compute, and safe expressions."""
    for one in element.iter(etree.Element):
        name = etree.QName(one)
        if name.namespace != XSL or name.localname not in _FOREIGN:
            raise place.refuse("pack.instruction", name=name.localname)
        for attribute in ("select", "test", "match", "use"):
            if one.get(attribute):
                yield from check(one.get(attribute), place)
