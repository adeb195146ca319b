"""XPath 2.0 to XPath 1.0, where the result means the same for every document.

An expression is plain when libxml2 gives what XPath 2.0 asks. Some constructs are rewritten:

    exists(a), empty(a)            boolean(a), not(a)
    a = ('x', 'y')                 (a = 'x' or a = 'y')
    *:name                         *[local-name()='name']
    a/(b | c)                      a/b | a/c
    @* except (@a | @b)            @*[count(. | (../@a | ../@b)) != count(../@a | ../@b)]
    every $x in a satisfies $x[b]  not((a)[not(self::node()[b])])
    if (a) then b else c           (a and b) or (not(a) and c)
    ends-with(a, 'x')              substring(a, string-length(a)) = 'x'
    count(a number or a boolean)   1
    a eq 'x', count(a) gt 1        a = 'x', count(a) > 1

What differs is not plain: a string function of what may be several nodes (an error in 2.0), `<`
between texts (by characters in 2.0, by number in 1.0), a text compared with a number (an error in
2.0 when it is not one), a sequence of texts.

A variable that holds an attribute reaches libxml2 as a string, or as an empty node-set when there
is none; so it is plain in comparisons and string functions only.

Source: W3C XPath 2.0, 2.4.3, 3.5; XPath 2.0 appendix I (incompatibilities with XPath 1.0).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from harness.rules.published.syntax import (
    NODE,
    Binary,
    Call,
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
    walk,
)

CURRENT: Final = "telerad-current"  # the variable that holds what `current()` gives
XML: Final = "http://www.w3.org/XML/1998/namespace"


class NotPlain(Exception):
    """It has no equal in XPath 1.0; the text says what is in the way."""


@dataclass(frozen=True, slots=True)
class Type:
    """What is known of a value without a document.

    `kind`: tree (elements), attr (attributes and texts), nodes (a mix), str, int, num, bool, any.
    `card`: "1" exactly one, "?" at most one, "*" any number.
    """

    kind: str
    card: str

    @property
    def is_node(self) -> bool:
        """Elements, attributes or texts."""
        return self.kind in ("tree", "attr", "nodes")

    @property
    def is_number(self) -> bool:
        """An integer or a double."""
        return self.kind in ("int", "num")


BOOLEAN: Final = Type("bool", "1")
STRING: Final = Type("str", "1")
INTEGER: Final = Type("int", "1")
ANY: Final = Type("any", "*")
_NO_NUMBERS: Final = frozenset(
    {"not", "boolean", "exists", "empty", "contains", "starts-with", "ends-with", "matches"}
    | {"true", "false", "string", "concat", "normalize-space", "name", "local-name"}
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression is read with. `context`: tree, attr, atomic or doc (the document node).

    `constants` are the variables whose text is known before any document is.
    """

    prefixes: Mapping[str, str]
    variables: Mapping[str, Type] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    context: str = "tree"

    def with_variable(self, name: str, type_: Type) -> "Scope":
        """The scope inside a binding of that name."""
        constants = {key: text for key, text in self.constants.items() if key != name}
        return replace(self, variables={**self.variables, name: type_}, constants=constants)


@dataclass(frozen=True, slots=True)
class Plain:
    """An XPath 1.0 with its type and the variables that it uses."""

    text: str
    type: Type
    variable: bool = False  # it is a variable by itself


def plain(expr: Expr, scope: Scope) -> Plain:
    """The expression in XPath 1.0. Raises NotPlain."""
    return _Writer(scope).write(expr)


def condition(expr: Expr, scope: Scope) -> str:
    """The expression in XPath 1.0 for its effective boolean value. Raises NotPlain."""
    return _Writer(scope).truth(expr)


def quoted(text: str) -> str:
    """A string literal of XPath 1.0, which knows no escapes."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    pieces = ', "\'", '.join(f"'{piece}'" for piece in text.split("'"))
    return f"concat({pieces})"


def loosest(cards: Iterable[str]) -> str:
    """How many, when one leads to the next."""
    found = set(cards)
    return "*" if "*" in found else "?" if "?" in found else "1"


def of_step(step: Step) -> Type:
    """What a step gives from one node."""
    single = step.axis in ("self", "parent") or (step.axis == "attribute" and "*" not in step.test)
    card = "?" if single or any(map(_is_number, step.predicates)) else "*"
    if step.axis == "attribute" or step.test == "text()":
        return Type("attr", card)
    if step.test == NODE and step.axis not in ("self", "parent", "ancestor", "ancestor-or-self"):
        return Type("nodes", card)
    return Type("tree", card)


def _is_number(predicate: Expr) -> bool:
    return isinstance(predicate, Literal) and isinstance(predicate.value, int)


def is_positional(predicate: Expr) -> bool:
    """It may count: a number, or something that asks for a position."""
    if any(isinstance(one, Call) and one.name in ("position", "last") for one in walk(predicate)):
        return True
    match predicate:
        case Path(_, steps) if steps and not isinstance(steps[-1], Step):
            return is_positional(steps[-1])
        case Binary(operator):
            return operator in ("+", "-", "*", "div", "idiv", "mod", "to")
        case Call(name):
            return name.removeprefix("fn:") not in _NO_NUMBERS
        case Path() | Loop("some" | "every") | Literal(str()):
            return False
    return True


def shortened(steps: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """`//a[b]` as `descendant::a[b]`, where no predicate counts; `./a` as `a`."""
    found: list[Expr] = []
    for step in steps:
        match found[-1:], step:
            case [Step("descendant-or-self", "node()", ())], Step("child", test, predicates) if (
                not any(map(is_positional, predicates))
            ):
                found[-1] = Step("descendant", test, predicates)
            case _:
                found.append(step)
    if len(found) > 1 and isinstance(found[0], ContextItem) and isinstance(found[1], Step):
        del found[0]
    return tuple(found)


class _Writer:
    def __init__(self, scope: Scope, inner: bool = False) -> None:
        self.scope = scope
        self.inner = inner  # inside a predicate, where libxml2 holds the context

    def inside(self) -> "_Writer":
        return self if self.inner else _Writer(self.scope, inner=True)

    def write(self, expr: Expr) -> Plain:
        match expr:
            case Literal(value):
                return self.literal(value)
            case Var(name):
                return self.variable(name)
            case ContextItem():
                self.need_context("tree")
                return Plain(".", Type("nodes" if self.inner else "tree", "1"))
            case Path():
                return self.path(expr)
            case Filter():
                return self.filter(expr)
            case Binary(operator, left, right):
                return self.binary(operator, left, right)
            case Negative(operand):
                number = self.number(operand)
                return Plain(f"-({number.text})", number.type)
            case Call(name, arguments):
                return self.call(name, arguments)
            case Loop():
                return self.loop(expr)
            case If():
                return Plain(self.either(expr), BOOLEAN)
        raise NotPlain(type(expr).__name__.lower())

    def need_context(self, *kinds: str) -> None:
        if not self.inner and self.scope.context not in kinds:
            raise NotPlain(f"context of kind {self.scope.context}")

    def literal(self, value: str | int | Decimal | float) -> Plain:
        if isinstance(value, str):
            return Plain(quoted(value), STRING)
        if isinstance(value, float):
            raise NotPlain("double")
        return Plain(str(value), INTEGER if isinstance(value, int) else Type("num", "1"))

    def variable(self, name: str) -> Plain:
        if name in self.scope.constants:
            return Plain(quoted(self.scope.constants[name]), STRING)
        type_ = self.scope.variables.get(name)
        if type_ is None or type_.kind in ("any", "nodes"):
            raise NotPlain(f"${name}")
        if type_.kind != "tree" and type_.card == "*":
            raise NotPlain(f"${name} of several")
        return Plain(f"${name}", type_, variable=True)

    # paths

    def path(self, expr: Path) -> Plain:
        spread = _spread(expr)
        if spread:
            return self.union(spread)
        if not expr.steps:
            raise NotPlain("/")
        expr = Path(expr.absolute, shortened(expr.steps))
        pieces, cards = [], []
        type_ = Type("tree", "1")
        for place, step in enumerate(expr.steps):
            piece, type_ = self.piece(step, place == 0 and not expr.absolute)
            pieces.append(piece)
            cards.append(type_.card)
        if expr.absolute or isinstance(expr.steps[0], Step):
            self.need_context("tree", "doc")
        rooted = expr.absolute or (
            self.scope.context == "doc" and not self.inner and isinstance(expr.steps[0], Step)
        )
        card = "*" if expr.absolute else loosest(cards)
        return Plain(("/" if rooted else "") + "/".join(pieces), Type(type_.kind, card))

    def piece(self, step: Expr, first: bool) -> tuple[str, Type]:
        if isinstance(step, Step):
            text = f"{step.axis}::{self.test(step)}{self.predicates(step.predicates)}"
            return text, of_step(step)
        if not first:
            raise NotPlain("a step that is no axis")
        found = self.write(step)
        if not found.type.is_node or (found.variable and found.type.kind != "tree"):
            raise NotPlain("a path from what is no node")
        return f"({found.text})", found.type

    def test(self, step: Step) -> str:
        test = step.test
        if test.endswith("()"):
            if test in ("element()", "attribute()", "document-node()"):
                raise NotPlain(test)
            return test
        prefix, colon, local = test.partition(":")
        if prefix == "*" and colon:
            return f"*[local-name()={quoted(local)}]"
        if colon and prefix != "xml" and prefix not in self.scope.prefixes:
            raise NotPlain(f"prefix {prefix}")
        return test

    def predicates(self, predicates: tuple[Expr, ...]) -> str:
        return "".join(f"[{self.predicate(one)}]" for one in predicates)

    def predicate(self, expr: Expr) -> str:
        inside = self.inside()
        found = inside.write(expr)
        if found.type.is_number:
            if found.type.card != "1":
                raise NotPlain("a position that may be missing")
            return found.text
        return inside.truth_of(found)

    def filter(self, expr: Filter) -> Plain:
        base = self.write(expr.base)
        if not base.type.is_node or (base.variable and base.type.kind != "tree"):
            raise NotPlain("a predicate on what is no node")
        first = any(map(_is_number, expr.predicates))
        text = f"({base.text}){self.predicates(expr.predicates)}"
        return Plain(text, Type(base.type.kind, "?" if first else base.type.card))

    def union(self, members: Iterable[Expr]) -> Plain:
        found = [self.write(member) for member in members]
        kinds = {one.type.kind for one in found}
        if not kinds <= {"tree", "attr", "nodes"} or any(
            one.variable and one.type.kind != "tree" for one in found
        ):
            raise NotPlain("a union of what is no node")
        kind = kinds.pop() if len(kinds) == 1 else "nodes"
        return Plain(f"({' | '.join(one.text for one in found)})", Type(kind, "*"))

    def difference(self, left: Expr, right: Expr) -> Plain:
        """`except`, when both are one step away from the same node."""
        match left:
            case Path(False, (Step("child" | "attribute"),)):
                pass
            case _:
                raise NotPlain("except")
        members = [_from_parent(member) for member in _members(right)]
        taken = self.inside().union(members).text
        found = self.write(left)
        text = f"{found.text}[count(. | {taken}) != count({taken})]"
        return Plain(text, Type(found.type.kind, "*"))

    # truth and comparisons

    def truth(self, expr: Expr) -> str:
        if isinstance(expr, If):
            return self.either(expr)
        return self.truth_of(self.write(expr))

    def truth_of(self, found: Plain) -> str:
        """The text of an effective boolean value."""
        if found.type.is_node and not (found.variable and found.type.kind != "tree"):
            return found.text
        if found.type.kind in ("bool", "str") and found.type.card != "*":
            return found.text
        if found.type.is_number and found.type.card == "1":
            return f"boolean({found.text})"
        raise NotPlain("the truth of it")

    def either(self, expr: If) -> str:
        test, yes, no = self.truth(expr.test), self.truth(expr.yes), self.truth(expr.no)
        return f"(({test} and {yes}) or (not({test}) and {no}))"

    def binary(self, operator: str, left: Expr, right: Expr) -> Plain:
        if operator in ("and", "or"):
            return Plain(f"({self.truth(left)} {operator} {self.truth(right)})", BOOLEAN)
        if operator == "|":
            return self.union((left, right))
        if operator == "except":
            return self.difference(left, right)
        if operator in ("+", "-", "*"):
            one, other = self.number(left), self.number(right)
            kind = "int" if one.type.kind == other.type.kind == "int" else "num"
            return Plain(f"({one.text} {operator} {other.text})", Type(kind, "1"))
        if operator in _VALUE_COMPARISONS:
            return self.single_comparison(_VALUE_COMPARISONS[operator], left, right)
        if operator in ("=", "!=", "<", "<=", ">", ">="):
            pairs = [(one, other) for one in _items(left) for other in _items(right)]
            texts = [self.compare(operator, *map(self.write, pair)) for pair in pairs]
            return Plain(f"({' or '.join(texts)})" if texts else "false()", BOOLEAN)
        raise NotPlain(operator)

    def compare(self, operator: str, left: Plain, right: Plain) -> str:
        groups = {_group(left.type), _group(right.type)}
        equality = operator in ("=", "!=")
        numbers = groups == {"number"} and left.type.card == right.type.card == "1"
        texts = equality and groups <= {"node", "str"}
        truths = equality and groups == {"bool"} and left.type.card == right.type.card == "1"
        if not (numbers or texts or truths):
            raise NotPlain(f"{left.type.kind} {operator} {right.type.kind}")
        return f"{left.text} {operator} {right.text}"

    def single_comparison(self, operator: str, left: Expr, right: Expr) -> Plain:
        one, other = self.write(left), self.write(right)
        if "*" in (one.type.card, other.type.card):
            raise NotPlain("a value comparison of several")
        known = one.type.card == other.type.card == "1"
        return Plain(f"({self.compare(operator, one, other)})", Type("bool", "1" if known else "?"))

    def number(self, expr: Expr) -> Plain:
        found = self.write(expr)
        if not found.type.is_number or found.type.card != "1":
            raise NotPlain("arithmetic on what may be no number")
        return found

    def loop(self, expr: Loop) -> Plain:
        """A quantifier whose condition is only a filter of its variable."""
        match expr:
            case Loop("some" | "every", name, source, Filter(Var(used), predicates)):
                alone = name == used and not any(
                    is_positional(one) or any(part == Var(name) for part in walk(one))
                    for one in predicates
                )
            case _:
                alone = False
        if not alone:
            raise NotPlain(expr.kind)
        nodes = self.write(source)
        if nodes.type.kind != "tree":
            raise NotPlain(expr.kind)
        kept = self.predicates(predicates)
        if expr.kind == "some":
            return Plain(f"boolean(({nodes.text}){kept})", BOOLEAN)
        return Plain(f"not(({nodes.text})[not(self::node(){kept})])", BOOLEAN)

    # functions

    def call(self, name: str, arguments: tuple[Expr, ...]) -> Plain:
        name = name.removeprefix("fn:")
        handler = _CALLS.get((name, len(arguments)))
        if name == "concat":
            texts = [self.text(argument, numbers=True) for argument in arguments]
            return Plain(f"concat({', '.join(texts)})", STRING)
        if handler is None:
            raise NotPlain(f"{name}()")
        return handler(self, arguments)

    def text(self, expr: Expr, numbers: bool = False) -> str:
        """An argument that becomes a string: at most one item."""
        found = self.write(expr)
        strange = ("bool", "num", "any") if numbers else ("bool", "num", "any", "int")
        if found.type.card == "*" or found.type.kind in strange:
            raise NotPlain("a string of what may be several, or of a number")
        return found.text

    def nodes(self, expr: Expr) -> Plain:
        found = self.write(expr)
        if not found.type.is_node or (found.variable and found.type.kind != "tree"):
            raise NotPlain("nodes")
        return found

    def count(self, arguments: tuple[Expr, ...]) -> Plain:
        found = self.write(arguments[0])
        if not found.type.is_node and found.type.card == "1":
            return Plain("1", INTEGER)
        return Plain(f"count({self.nodes(arguments[0]).text})", INTEGER)

    def current(self, _: tuple[Expr, ...]) -> Plain:
        if self.inner:
            return self.variable(CURRENT)
        self.need_context("tree")
        return Plain(".", Type("tree", "1"))


def _members(expr: Expr) -> list[Expr]:
    if isinstance(expr, Binary) and expr.operator == "|":
        return _members(expr.left) + _members(expr.right)
    return [expr]


def _from_parent(expr: Expr) -> Expr:
    """The same nodes, told from a child or an attribute of where they were told from."""
    match expr:
        case Path(False, (Step("child" | "attribute"), *_)):
            return Path(False, (Step("parent", NODE), *expr.steps))
    raise NotPlain("except")


def _items(expr: Expr) -> tuple[Expr, ...]:
    return expr.items if isinstance(expr, Sequence) else (expr,)


def _group(type_: Type) -> str:
    return "node" if type_.is_node else "number" if type_.is_number else type_.kind


def _spread(expr: Path) -> list[Expr]:
    """`a/(b | c)/d` as its members; empty when there is nothing to spread."""
    for place, step in enumerate(expr.steps):
        if place and isinstance(step, Binary) and step.operator == "|":
            before, after = expr.steps[:place], expr.steps[place + 1 :]
            branches = _members(step)
            if not all(isinstance(one, Path) and not one.absolute for one in branches):
                raise NotPlain("a union as a step")
            return [
                Path(expr.absolute, before + one.steps + after)
                for one in branches
                if isinstance(one, Path)
            ]
    return []


def _texts(name: str, type_: Type) -> "Callable[[_Writer, tuple[Expr, ...]], Plain]":
    """A function of strings that means the same in both versions."""

    def write(writer: _Writer, arguments: tuple[Expr, ...]) -> Plain:
        texts = ", ".join(writer.text(argument) for argument in arguments)
        return Plain(f"{name}({texts})", type_)

    return write


def _of_context(name: str, type_: Type) -> "Callable[[_Writer, tuple[Expr, ...]], Plain]":
    """A function that without an argument is about the context item."""

    def write(writer: _Writer, _: tuple[Expr, ...]) -> Plain:
        writer.need_context("tree")
        return Plain(f"{name}()", type_)

    return write


def _of_node(name: str) -> "Callable[[_Writer, tuple[Expr, ...]], Plain]":
    def write(writer: _Writer, arguments: tuple[Expr, ...]) -> Plain:
        found = writer.nodes(arguments[0])
        if found.type.card == "*":
            raise NotPlain(f"{name}() of several")
        return Plain(f"{name}({found.text})", STRING)

    return write


def _truth(form: str) -> "Callable[[_Writer, tuple[Expr, ...]], Plain]":
    def write(writer: _Writer, arguments: tuple[Expr, ...]) -> Plain:
        return Plain(form % writer.truth(arguments[0]), BOOLEAN)

    return write


def _existence(form: str) -> "Callable[[_Writer, tuple[Expr, ...]], Plain]":
    def write(writer: _Writer, arguments: tuple[Expr, ...]) -> Plain:
        return Plain(form % writer.nodes(arguments[0]).text, BOOLEAN)

    return write


def _substring(writer: _Writer, arguments: tuple[Expr, ...]) -> Plain:
    numbers = [writer.number(argument).text for argument in arguments[1:]]
    return Plain(f"substring({', '.join([writer.text(arguments[0]), *numbers])})", STRING)


def _ends_with(writer: _Writer, arguments: tuple[Expr, ...]) -> Plain:
    end = arguments[1]
    if not isinstance(end, Literal) or not isinstance(end.value, str):
        raise NotPlain("ends-with()")
    text = writer.text(arguments[0])
    start = f"string-length({text}) - {len(end.value) - 1}"
    return Plain(f"(substring({text}, {start}) = {quoted(end.value)})", BOOLEAN)


def _position(name: str) -> "Callable[[_Writer, tuple[Expr, ...]], Plain]":
    def write(writer: _Writer, _: tuple[Expr, ...]) -> Plain:
        if not writer.inner:
            raise NotPlain(f"{name}()")
        return Plain(f"{name}()", INTEGER)

    return write


_VALUE_COMPARISONS: Final = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_CALLS: Final[Mapping[tuple[str, int], Callable[[_Writer, tuple[Expr, ...]], Plain]]] = {
    ("not", 1): _truth("not(%s)"),
    ("boolean", 1): _truth("boolean(%s)"),
    ("exists", 1): _existence("boolean(%s)"),
    ("empty", 1): _existence("not(%s)"),
    ("true", 0): lambda writer, _: Plain("true()", BOOLEAN),
    ("false", 0): lambda writer, _: Plain("false()", BOOLEAN),
    ("count", 1): _Writer.count,
    ("current", 0): _Writer.current,
    ("position", 0): _position("position"),
    ("last", 0): _position("last"),
    ("string", 0): _of_context("string", STRING),
    ("string", 1): _texts("string", STRING),
    ("contains", 2): _texts("contains", BOOLEAN),
    ("starts-with", 2): _texts("starts-with", BOOLEAN),
    ("ends-with", 2): _ends_with,
    ("substring-before", 2): _texts("substring-before", STRING),
    ("substring-after", 2): _texts("substring-after", STRING),
    ("substring", 2): _substring,
    ("substring", 3): _substring,
    ("normalize-space", 0): _of_context("normalize-space", STRING),
    ("normalize-space", 1): _texts("normalize-space", STRING),
    ("string-length", 0): _of_context("string-length", INTEGER),
    ("string-length", 1): _texts("string-length", INTEGER),
    ("translate", 3): _texts("translate", STRING),
    ("name", 0): _of_context("name", STRING),
    ("local-name", 0): _of_context("local-name", STRING),
    ("namespace-uri", 0): _of_context("namespace-uri", STRING),
    ("name", 1): _of_node("name"),
    ("local-name", 1): _of_node("local-name"),
    ("namespace-uri", 1): _of_node("namespace-uri"),
}
