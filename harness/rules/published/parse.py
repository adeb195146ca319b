"""Text of an XPath 2.0 expression to its tree (`syntax.py`).

Raises `NotXPath` for what is not in the grammar, or is in a part of it that no Schematron of
documents uses (`instance of`, `treat as`, node comparisons with `<<`).

Source: W3C XPath 2.0 (Second Edition), appendix A.1, and A.2.2 for names that are not reserved.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from harness.rules.published.syntax import (
    NODE,
    Binary,
    Call,
    Cast,
    ContextItem,
    Expr,
    Filter,
    If,
    Literal,
    Loop,
    Negative,
    Path,
    Sequence,
    Step,
    Var,
    parts,
)


class NotXPath(ValueError):
    """The text is not an expression that we read."""


_NAME: Final = r"[^\W\d][\w.\-·]*"
_TOKEN: Final = re.compile(
    rf"""\s*(?:
      (?P<comment>\(:)
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:[^"]|"")*"|'(?:[^']|'')*')
    | (?P<name>\*:{_NAME}|{_NAME}(?::(?!:)(?:{_NAME}|\*))?)
    | (?P<symbol>::|//|\.\.|!=|<=|>=|<<|>>|[()\[\],./@$|+\-*=<>?])
    )""",
    re.VERBOSE,
)
_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "eq", "ne", "lt", "le", "gt"})
_AXES: Final = frozenset(
    {"child", "descendant", "attribute", "self", "descendant-or-self", "following-sibling"}
    | {"following", "parent", "ancestor", "preceding-sibling", "preceding", "ancestor-or-self"}
)
_KINDS: Final = frozenset({"node", "text", "comment", "processing-instruction", "element"})
_OPERATORS: Final = ("or", "and")
_UNREAD: Final = frozenset({"instance", "treat"})
DEPTH: Final = 40  # nested parentheses and predicates
DEEPEST: Final = 150  # of the tree, where `a or b or c` goes down by one for each


@lru_cache(maxsize=20_000)
def parse(text: str) -> Expr:
    """The tree of an expression. Raises NotXPath."""
    found = _Parser(text).whole()
    level: tuple[Expr, ...] = (found,)
    for _ in range(DEEPEST):
        level = tuple(part for one in level for part in parts(one))
        if not level:
            return found
    raise NotXPath("nesting")


def tokens(text: str) -> list[tuple[str, str]]:
    """The tokens of an expression, kind and text. Raises NotXPath."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if not text[at:].strip():
                break
            raise NotXPath(text[at : at + 20])
        at = match.end()
        if match.lastgroup == "comment":
            at = _after_comment(text, at)
            continue
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
    found.append(("end", ""))
    return found


def _after_comment(text: str, at: int) -> int:
    depth = 1
    for mark in re.finditer(r"\(:|:\)", text[at:]):
        depth += 1 if mark[0] == "(:" else -1
        if depth == 0:
            return at + mark.end()
    raise NotXPath("(:")


class _Parser:
    """One pass over the tokens, a method for each level of precedence."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0

    # tokens

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0]

    @property
    def text(self) -> str:
        kind, text = self.tokens[self.at]
        return "" if kind == "string" else text

    def following(self, ahead: int = 1) -> str:
        kind, text = self.tokens[min(self.at + ahead, len(self.tokens) - 1)]
        return "" if kind == "string" else text

    def take(self) -> str:
        text = self.tokens[self.at][1]
        self.at += 1
        return text

    def accept(self, *texts: str) -> str:
        """The token, when it is one of these; else the empty string."""
        return self.take() if self.text in texts and self.text else ""

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise NotXPath(f"{text} before {self.tokens[self.at][1] or 'the end'}")

    # levels, loosest first

    def whole(self) -> Expr:
        found = self.sequence()
        if self.kind != "end":
            raise NotXPath(self.tokens[self.at][1])
        return found

    def sequence(self) -> Expr:
        items = [self.single()]
        while self.accept(","):
            items.append(self.single())
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def single(self) -> Expr:
        self.depth += 1
        if self.depth > DEPTH:
            raise NotXPath("nesting")
        found = self._single()
        self.depth -= 1
        return found

    def _single(self) -> Expr:
        if self.text in ("for", "some", "every") and self.following() == "$":
            return self.loop(self.take())
        if self.text == "if" and self.following() == "(":
            return self.condition()
        return self.binary(_OPERATORS)

    def loop(self, kind: str) -> Expr:
        bindings = [self.binding()]
        while self.accept(","):
            bindings.append(self.binding())
        self.expect("return" if kind == "for" else "satisfies")
        body = self.single()
        for name, source in reversed(bindings):
            body = Loop(kind, name, source, body)
        return body

    def binding(self) -> tuple[str, Expr]:
        self.expect("$")
        name = self.take()
        self.expect("in")
        return name, self.single()

    def condition(self) -> Expr:
        self.expect("if")
        self.expect("(")
        test = self.sequence()
        self.expect(")")
        self.expect("then")
        yes = self.single()
        self.expect("else")
        return If(test, yes, self.single())

    def binary(self, operators: tuple[str, ...]) -> Expr:
        """`or` and, below it, `and`: both bind to the left."""
        operator, tighter = operators[0], operators[1:]
        found = self.binary(tighter) if tighter else self.comparison()
        while self.accept(operator):
            right = self.binary(tighter) if tighter else self.comparison()
            found = Binary(operator, found, right)
        return found

    def comparison(self) -> Expr:
        left = self.range()
        if self.text in _COMPARISONS or self.text in ("ge", "is"):
            return Binary(self.take(), left, self.range())
        return left

    def range(self) -> Expr:
        left = self.additive()
        return Binary("to", left, self.additive()) if self.accept("to") else left

    def additive(self) -> Expr:
        found = self.multiplicative()
        while operator := self.accept("+", "-"):
            found = Binary(operator, found, self.multiplicative())
        return found

    def multiplicative(self) -> Expr:
        found = self.union()
        while operator := self.accept("*", "div", "idiv", "mod"):
            found = Binary(operator, found, self.union())
        return found

    def union(self) -> Expr:
        found = self.intersection()
        while self.accept("|", "union"):
            found = Binary("|", found, self.intersection())
        return found

    def intersection(self) -> Expr:
        found = self.casting()
        while operator := self.accept("intersect", "except"):
            found = Binary(operator, found, self.casting())
        return found

    def casting(self) -> Expr:
        found = self.unary()
        while self.text in ("castable", "cast") and self.following() == "as":
            kind = self.take()
            self.take()
            name = self.take()
            found = Cast(kind, found, name, bool(self.accept("?")))
        if self.text in _UNREAD and self.following() in ("of", "as"):
            raise NotXPath(self.text)
        return found

    def unary(self) -> Expr:
        negative = False
        while sign := self.accept("+", "-"):
            negative ^= sign == "-"
        found = self.path()
        return Negative(found) if negative else found

    # paths

    def path(self) -> Expr:
        if self.accept("//"):
            return Path(True, (Step("descendant-or-self", NODE), *self.relative()))
        if self.accept("/"):
            return Path(True, self.relative() if self.begins_step() else ())
        steps = self.relative()
        first = steps[0]
        if len(steps) == 1 and not isinstance(first, Step):
            return first
        return Path(False, steps)

    def begins_step(self) -> bool:
        return self.kind in ("name", "string", "number") or self.text in (
            *("@", "*", ".", "..", "(", "$"),
        )

    def relative(self) -> tuple[Expr, ...]:
        steps = [self.step()]
        while mark := self.accept("/", "//"):
            if mark == "//":
                steps.append(Step("descendant-or-self", NODE))
            steps.append(self.step())
        return tuple(steps)

    def step(self) -> Expr:
        if self.is_primary():
            base = self.primary()
            predicates = self.predicates()
            return Filter(base, predicates) if predicates else base
        if self.accept(".."):
            return Step("parent", NODE, self.predicates())
        axis = "child"
        if self.accept("@"):
            axis = "attribute"
        elif self.following() == "::":
            axis = self.take()
            self.take()
            if axis not in _AXES:
                raise NotXPath(f"{axis}::")
        return Step(axis, self.test(), self.predicates())

    def is_primary(self) -> bool:
        if self.kind in ("string", "number") or self.text in ("$", "(", "."):
            return True
        call = self.kind == "name" and self.following() == "("
        return call and self.text not in (*_KINDS, "attribute", "document-node")

    def test(self) -> str:
        if self.accept("*"):
            return "*"
        if self.kind != "name":
            raise NotXPath(self.tokens[self.at][1] or "the end")
        name = self.take()
        if self.text != "(":
            return name
        self.take()
        if not self.accept(")"):
            raise NotXPath(f"{name}(")
        return f"{name}()"

    def predicates(self) -> tuple[Expr, ...]:
        found = []
        while self.accept("["):
            found.append(self.sequence())
            self.expect("]")
        return tuple(found)

    def primary(self) -> Expr:
        if self.kind == "string":
            text = self.take()
            return Literal(text[1:-1].replace(text[0] * 2, text[0]))
        if self.kind == "number":
            return Literal(_number(self.take()))
        if self.accept("$"):
            return Var(self.take())
        if self.accept("."):
            return ContextItem()
        if self.accept("("):
            if self.accept(")"):
                return Sequence(())
            found = self.sequence()
            self.expect(")")
            return found
        return self.call()

    def call(self) -> Expr:
        name = self.take()
        self.expect("(")
        arguments: list[Expr] = []
        while not self.accept(")"):
            arguments.append(self.single())
            if self.text != ")":
                self.expect(",")
        return Call(name, tuple(arguments))


def _number(text: str) -> int | Decimal | float:
    if "e" in text.lower():
        return float(text)
    return Decimal(text) if "." in text else int(text)
