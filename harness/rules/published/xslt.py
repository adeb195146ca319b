"""A published schema as an XSLT 3.0 stylesheet of our own, for SaxonC.

One mode for each pattern; a template for each context, the first of them with the highest priority;
each test on its own in `xsl:try`, so that a dynamic error costs one answer and not the run. What
comes out is text, a line for each context that matched and each test that failed:

    c TAB first number                       a context matched a node
    f TAB number TAB path TAB error code     a test failed, or gave no answer

Nothing of the reference implementation is in here.

Source: ISO/IEC 19757-3:2016, annex C (query language binding for XSLT 2); W3C XSLT 3.0, 8.3.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from harness.rules.published.model import Assert, Context, Let, Pattern, Schema
from harness.rules.published.parse import NotXPath, parse
from harness.rules.published.safety import XSL
from harness.rules.published.syntax import Binary, Expr, Path, Step

_ERRORS: Final = "http://www.w3.org/2005/xqt-errors"
_MINE: Final = "telerad-xsl"
_MISTAKES: Final = "telerad-err"
_VARIABLE: Final = re.compile(r"\$\s*([^\W\d][\w.\-·]*)")


def stylesheet(schema: Schema, base: str, only: frozenset[int] | None = None) -> str:
    """The stylesheet of a schema, or of the asserts with these numbers.

    `base`: URI of the schema's file, which the documents it reads are relative to.
    """
    root = etree.Element(_xsl("stylesheet"), nsmap=_prefixes(schema))
    root.set("version", "3.0")
    root.set("{http://www.w3.org/XML/1998/namespace}base", base)
    root.set("exclude-result-prefixes", "#all")
    _sub(root, "output", method="text")
    for text in schema.foreign:
        root.append(etree.fromstring(text))
    for name, value in schema.variables.items():
        _sub(root, "variable", name=name, select=value)
    start = _sub(root, "template", match="/")
    number = 0
    for place, pattern in enumerate(schema.patterns):
        count = sum(1 for context in pattern.contexts for _ in context.asserts)
        wanted = only is None or any(one in only for one in range(number, number + count))
        if wanted:
            _sub(start, "apply-templates", select=".", mode=f"m{place}")
            _pattern(root, schema, pattern, place, number, only)
        number += count
    return str(etree.tostring(root, encoding="unicode"))


def _prefixes(schema: Schema) -> dict[str, str]:
    declared = {prefix: uri for prefix, uri in schema.prefixes if prefix and prefix != "xml"}
    return {**declared, _MINE: XSL, _MISTAKES: _ERRORS}


def _xsl(name: str) -> str:
    return f"{{{XSL}}}{name}"


def _sub(parent: Any, instruction: str, **attributes: str) -> Any:
    return etree.SubElement(parent, _xsl(instruction), attributes)


def _pattern(
    root: Any,
    schema: Schema,
    pattern: Pattern,
    place: int,
    number: int,
    only: frozenset[int] | None,
) -> None:
    below = _below(pattern)
    shared = schema.variables
    own = [let for let in pattern.lets if shared[let.name] != let.value]
    for rank, context in enumerate(pattern.contexts):
        priority = str(len(pattern.contexts) - rank)
        template = _sub(
            root, "template", match=context.context, priority=priority, mode=f"m{place}"
        )
        _body(template, context, own, number, only)
        _sub(template, "apply-templates", select=below, mode=f"m{place}")
        number += sum(1 for _ in context.asserts)
    rest = _sub(root, "template", match="/|node()|@*", priority="-1", mode=f"m{place}")
    _sub(rest, "apply-templates", select=below, mode=f"m{place}")


def _body(
    template: Any, context: Context, own: list[Let], number: int, only: frozenset[int] | None
) -> None:
    if next(context.asserts, None):
        _line(template, f"'c\t{number}'")
    before = list(own)
    for item in context.items:
        if isinstance(item, Let):
            before.append(item)
        else:
            if only is None or number in only:
                _assert(template, item, number, _needed(item.test, before))
            number += 1


def _needed(test: str, before: list[Let]) -> list[Let]:
    """The variables that a test needs, and those that they need, in the order they were written."""
    names = set(_VARIABLE.findall(test))
    found = []
    for let in reversed(before):
        if let.name in names:
            found.append(let)
            names.update(_VARIABLE.findall(let.value))
    return found[::-1]


def _assert(template: Any, one: Assert, number: int, lets: list[Let]) -> None:
    """A test on its own, its variables with it: an error in one of them is an error of the test."""
    attempt = _sub(template, "try")
    for let in lets:
        _sub(attempt, "variable", name=let.name, select=let.value)
    test = one.test if one.is_report else f"not({one.test})"
    _line(_sub(attempt, "if", test=test), f"'f\t{number}\t', path(), '\t'")
    caught = _sub(attempt, "catch", errors="*")
    code = f"local-name-from-QName(${_MISTAKES}:code)"
    _line(caught, f"'f\t{number}\t', path(), '\t', {code}")


def _line(parent: Any, items: str) -> None:
    _sub(parent, "value-of", select=f"concat({items}, '\n', '')")


def _below(pattern: Pattern) -> str:
    """What is visited below a node: attributes and texts only when a context asks for them."""
    kinds = {kind for context in pattern.contexts for kind in _kinds(context.context)}
    parts = ["*", "comment()", "processing-instruction()"]
    return "|".join(parts + sorted(kinds))


def _kinds(context: str) -> Iterator[str]:
    try:
        members = _members(parse(context))
    except NotXPath:
        yield from ("@*", "text()")
        return
    for member in members:
        last = member.steps[-1] if isinstance(member, Path) and member.steps else None
        if isinstance(last, Step) and last.axis == "attribute":
            yield "@*"
        elif isinstance(last, Step) and last.test in ("text()", "node()"):
            yield "text()"


def _members(expr: Expr) -> list[Expr]:
    if isinstance(expr, Binary) and expr.operator == "|":
        return _members(expr.left) + _members(expr.right)
    return [expr]
