"""An XPath 2.0 expression as a function of Python: libxml2 where it is plain, Python around it.

`Translator.value` gives a function from the evaluation (`Evaluation`) to a sequence, `truth` one to
a bool. What is plain (`plain.py`) is one call of libxml2; of the rest only the outermost parts are
Python's. A look-up in a document of the pack that asks for given attributes reads the document
once and becomes a look-up in a dict.

Raises `NotTranslated` for what neither can do: that goes to SaxonC.

Source: W3C XPath 2.0 (Second Edition), chapter 3.
"""

from collections.abc import Callable
from itertools import product
from typing import Any, Final

from lxml import etree

from harness.rules.published import functions, lookup, plain, regex, safety, values
from harness.rules.published.evaluation import (
    Evaluation,
    NotTranslated,
    Run,
    Test,
    context_node,
    passed,
    shaper,
)
from harness.rules.published.nodes import combined, in_order
from harness.rules.published.plain import ANY, BOOLEAN, CURRENT, NotPlain, Scope, Type
from harness.rules.published.syntax import (
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
    depends_on_context,
    variables,
    walk,
)
from harness.rules.published.values import DocNode, DynamicError, Item, Value

_XS: Final = "http://www.w3.org/2001/XMLSchema"
_FN: Final = "http://www.w3.org/2005/xpath-functions"


class Translator:
    """Translates the expressions of one scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def within(self, context: str) -> "Translator":
        """The translator of what is evaluated in another context."""
        kind = context if context in ("tree", "attr") else "atomic"
        return Translator(
            Scope(self.scope.prefixes, self.scope.variables, self.scope.constants, kind)
        )

    def binding(self, name: str, type_: Type) -> "Translator":
        """The translator of what is inside the binding of a variable."""
        return Translator(self.scope.with_variable(name, type_))

    # what is asked for

    def truth(self, expr: Expr) -> Test:
        """The expression for its effective boolean value."""
        try:
            text = plain.condition(expr, self.scope)
        except NotPlain:
            return self._truth(expr)
        return self.native_truth(text, expr)

    def value(self, expr: Expr) -> Run:
        """The expression for its value."""
        try:
            found = plain.plain(expr, self.scope)
        except NotPlain:
            return self._value(expr)
        return self.native(found, expr)

    def type(self, expr: Expr) -> Type:
        """What is known of the value beforehand."""
        try:
            return plain.plain(expr, self.scope).type
        except NotPlain:
            return self._type(expr)

    # by libxml2

    def native(self, found: plain.Plain, expr: Expr) -> Run:
        """One call of libxml2."""
        if isinstance(expr, Literal):
            constant: Value = [expr.value]
            return lambda _: constant
        if found.variable and isinstance(expr, Var) and expr.name in self.scope.variables:
            return _variable(expr.name)
        smart = found.type.kind in ("attr", "nodes")
        call = self._compiled(found.text, smart)
        names = self._names(found.text, expr)
        shaped = shaper(found.type)

        def run(around: Evaluation) -> Value:
            return shaped(call(context_node(around.item), **passed(around, names)))

        return run

    def native_truth(self, text: str, expr: Expr) -> Test:
        """One call of libxml2 that gives true or false."""
        call = self._compiled(f"boolean({text})", smart=False)
        names = self._names(text, expr)
        if not names:
            return lambda around: bool(call(context_node(around.item)))
        return lambda around: bool(call(context_node(around.item), **passed(around, names)))

    def _compiled(self, text: str, smart: bool) -> etree.XPath:
        prefixes = {prefix: uri for prefix, uri in self.scope.prefixes.items() if prefix != "xml"}
        try:
            return etree.XPath(text, namespaces=prefixes, smart_strings=smart)
        except etree.XPathSyntaxError as wrong:
            raise NotTranslated(str(wrong)) from None

    def _names(self, text: str, expr: Expr) -> tuple[str, ...]:
        names = {name for name in variables(expr) if name in self.scope.variables}
        return tuple(names | ({CURRENT} if f"${CURRENT}" in text else set()))

    # truth

    def _truth(self, expr: Expr) -> Test:
        match expr:
            case Binary("and", left, right):
                one, other = self.truth(left), self.truth(right)
                return lambda around: one(around) and other(around)
            case Binary("or", left, right):
                one, other = self.truth(left), self.truth(right)
                return lambda around: one(around) or other(around)
            case Call("not" | "fn:not", (argument,)):
                denied = self.truth(argument)
                return lambda around: not denied(around)
            case Call("boolean" | "fn:boolean", (argument,)):
                return self.truth(argument)
            case Call("empty" | "fn:empty", (argument,)):
                members = self.value(argument)
                return lambda around: not members(around)
            case Call("exists" | "fn:exists", (argument,)):
                members = self.value(argument)
                return lambda around: bool(members(around))
            case If(test, yes, no):
                when, then, otherwise = self.truth(test), self.truth(yes), self.truth(no)
                return lambda around: then(around) if when(around) else otherwise(around)
            case Loop("some" | "every"):
                return self.quantified(expr)
            case Binary("=" | "!=" | "<" | "<=" | ">" | ">=" as operator, left, right):
                return self.comparison(operator, left, right)
        run = self.value(expr)
        return lambda around: values.truth(run(around))

    def quantified(self, expr: Loop) -> Test:
        """`some` and `every`."""
        source = self.value(expr.source)
        type_ = Type(self.type(expr.source).kind, "1")
        test = self.binding(expr.name, type_).truth(expr.body)
        name, wanted = expr.name, expr.kind == "some"

        def run(around: Evaluation) -> bool:
            for item in source(around):
                if test(around.binding(name, [item])) is wanted:
                    return wanted
            return not wanted

        return run

    def comparison(self, operator: str, left: Expr, right: Expr) -> Test:
        """A general comparison; with constant texts on the right, a look-up in a set."""
        one, other = self.value(left), self.value(right)
        if operator == "=" and self.is_constant(right):
            return _in_constant(one, other)
        return lambda around: values.any_compares(operator, one(around), other(around))

    # values

    def _value(self, expr: Expr) -> Run:
        match expr:
            case Literal(value):
                return lambda _: [value]
            case Var(name):
                return self.variable(name)
            case ContextItem():
                return lambda around: [around.item]
            case Sequence(items):
                members = [self.value(item) for item in items]
                return lambda around: [item for member in members for item in member(around)]
            case Path():
                return self.remembered(expr, self.path)
            case Filter(base, predicates):
                filtered = self.filtered(self.type(base), predicates)
                source = self.value(base)
                return lambda around: filtered(source(around), around)
            case Call(name, arguments):
                return self.call(name, arguments)
            case If(test, yes, no):
                when, then, otherwise = self.truth(test), self.value(yes), self.value(no)
                return lambda around: then(around) if when(around) else otherwise(around)
            case Loop("for"):
                return self.iteration(expr)
            case Loop():
                found = self.quantified(expr)
                return lambda around: [found(around)]
            case Negative(operand):
                number = self.value(operand)
                return lambda around: values.arithmetic("-", [0], number(around))
            case Cast():
                return self.cast(expr)
            case Binary(operator, left, right):
                return self.binary(operator, left, right)
        raise NotTranslated(type(expr).__name__.lower())

    def variable(self, name: str) -> Run:
        if name in self.scope.constants:
            constant: Value = [self.scope.constants[name]]
            return lambda _: constant
        if name not in self.scope.variables:
            raise NotTranslated(f"${name} is not declared")
        return _variable(name)

    def iteration(self, expr: Loop) -> Run:
        """`for`."""
        source = self.value(expr.source)
        body = self.binding(expr.name, Type(self.type(expr.source).kind, "1")).value(expr.body)
        name = expr.name
        return lambda around: [
            item for one in source(around) for item in body(around.binding(name, [one]))
        ]

    def cast(self, expr: Cast) -> Run:
        """`castable as` and `cast as`."""
        prefix, _, name = expr.type.rpartition(":")
        if self.scope.prefixes.get(prefix) != _XS or name not in values.CASTS:
            raise NotTranslated(f"type {expr.type}")
        operand, optional = self.value(expr.operand), expr.optional
        if expr.kind == "castable":
            return lambda around: [_castable(operand(around), name, optional)]

        def run(around: Evaluation) -> Value:
            item = values.at_most_one(operand(around))
            if item is None and not optional:
                raise DynamicError("XPTY0004")
            return [] if item is None else [values.cast(item, name)]

        return run

    def binary(self, operator: str, left: Expr, right: Expr) -> Run:
        if operator in ("and", "or") or operator in ("=", "!=", "<", "<=", ">", ">="):
            found = self._truth(Binary(operator, left, right))
            return lambda around: [found(around)]
        one, other = self.value(left), self.value(right)
        if operator in values.SINGLE:
            return lambda around: values.one_compares(operator, one(around), other(around))
        if operator in ("+", "-", "*", "div", "idiv", "mod"):
            return lambda around: values.arithmetic(operator, one(around), other(around))
        if operator in ("|", "intersect", "except"):
            return lambda around: combined(operator, one(around), other(around))
        if operator == "to":
            return lambda around: _range(one(around), other(around))
        raise NotTranslated(operator)

    def call(self, name: str, arguments: tuple[Expr, ...]) -> Run:
        """A function of the library, of ours never one of an extension."""
        prefix, _, local = name.rpartition(":")
        uri = self.scope.prefixes.get(prefix, "") if prefix else _FN
        if prefix == "fn":
            uri = _FN
        if uri == _FN and local == "current" and not arguments:
            return lambda around: around.variables[CURRENT]
        function = self._function(uri, local, len(arguments))
        if function is None:
            raise NotTranslated(f"{name}()")
        if local in ("matches", "tokenize", "replace") and uri == _FN:
            self._check_regex(local, arguments)
        passed = [self.value(argument) for argument in arguments]
        chosen = function
        return lambda around: chosen(around, [argument(around) for argument in passed])

    def _function(self, uri: str, name: str, count: int) -> functions.Function | None:
        if uri == _XS:
            return functions.CASTING.get(name) if count == 1 else None
        if uri != _FN:
            return None
        if name == "concat" and count >= 2:
            return functions.CONCAT
        return functions.FUNCTIONS.get((name, count))

    def _check_regex(self, name: str, arguments: tuple[Expr, ...]) -> None:
        flags_at = 3 if name == "replace" else 2
        texts = []
        for argument in (arguments[1], *arguments[flags_at : flags_at + 1]):
            text, is_whole = safety.constant(argument, self.scope.constants)
            if not is_whole:
                raise NotTranslated("a regular expression that is computed")
            texts.append(text)
        try:
            pattern = regex.compiled(*texts)
            if name == "replace":
                new, is_whole = safety.constant(arguments[2], self.scope.constants)
                regex.replacement(new, pattern.groups)
                if not is_whole:
                    raise NotTranslated("a replacement that is computed")
        except regex.NoRegex as wrong:
            raise NotTranslated(f"regular expression: {wrong}") from None

    # constants

    def is_constant(self, expr: Expr) -> bool:
        """It is the same for every document."""
        inside = any(isinstance(part, Call) and part.name == "current" for part in walk(expr))
        known = variables(expr) <= frozenset(self.scope.constants)
        return known and not inside and not depends_on_context(expr)

    def remembered(self, expr: Path, translate: Callable[[Path], Run]) -> Run:
        """What is the same for every document is evaluated once."""
        run = translate(expr)
        if not self.is_constant(expr):
            return run
        known: list[Value] = []

        def once(around: Evaluation) -> Value:
            if not known:
                known.append(run(around))
            return known[0]

        return once

    # paths

    def path(self, expr: Path) -> Run:
        """A path that has something in it that XPath 1.0 has not."""
        sought = self.lookup(expr)
        if sought:
            return sought
        expr = Path(expr.absolute, plain.shortened(expr.steps))
        if expr.absolute:
            start: Run = _top
            steps, kind = expr.steps, "doc"
        else:
            length = self._native_length(expr)
            head = Path(False, expr.steps[:length]) if length else expr.steps[0]
            if isinstance(head, Step):
                start, steps, kind = _here, expr.steps, self.scope.context
            else:
                start, steps = self.value(head), expr.steps[max(length, 1) :]
                kind = self.type(head).kind
        run = self.steps(steps, kind)
        return lambda around: run(start(around), around)

    def _native_length(self, expr: Path) -> int:
        """How many of the first steps are plain together."""
        for length in range(len(expr.steps) - 1, 0, -1):
            try:
                plain.plain(Path(False, expr.steps[:length]), self.scope)
            except NotPlain:
                continue
            return length
        return 0

    def steps(self, steps: tuple[Expr, ...], kind: str) -> "Callable[[Value, Evaluation], Value]":
        """The steps one after the other, each over all that the one before gave."""
        movers: list[Callable[[Value, Evaluation], Value]] = []
        rest = steps
        while rest:
            length = self._axis_length(rest)
            if length:
                movers.append(self.axes(rest[:length]))
                kind = plain.of_step(rest[length - 1]).kind  # type: ignore[arg-type]  # a Step
            else:
                movers.append(self.single(rest[0], kind))
                kind = self._kind_after(rest[0], kind)
            rest = rest[max(length, 1) :]

        def run(found: Value, around: Evaluation) -> Value:
            for move in movers:
                found = move(found, around)
            return found

        return run

    def _axis_length(self, steps: tuple[Expr, ...]) -> int:
        """How many of the steps libxml2 can take at once."""
        inside = Scope(self.scope.prefixes, self.scope.variables, self.scope.constants)
        for length in range(len(steps), 0, -1):
            if not isinstance(steps[0], Step):
                return 0
            try:
                plain.plain(Path(False, steps[:length]), inside)
            except NotPlain:
                continue
            return length if isinstance(steps[length - 1], Step) else 0
        return 0

    def axes(self, steps: tuple[Expr, ...]) -> "Callable[[Value, Evaluation], Value]":
        """Steps that libxml2 takes, from an element or from a document node."""
        path = Path(False, steps)
        tree = self.within("tree").value(path)
        above = Translator(
            Scope(self.scope.prefixes, self.scope.variables, self.scope.constants, "doc")
        ).value(path)
        leaf = self.from_leaf(steps)

        def move(found: Value, around: Evaluation) -> Value:
            given: Value = []
            for item in found:
                here = around.at(item, 1, 1)
                if isinstance(item, DocNode):
                    given += above(here)
                elif isinstance(item, etree._Element) and isinstance(item.tag, str):
                    given += tree(here)
                else:
                    given += leaf(here)
            return given if len(found) == 1 else in_order(given)

        return move

    def from_leaf(self, steps: tuple[Expr, ...]) -> Run:
        """Steps from what has nothing below it: the same from its parent, where it has one."""
        first, rest = steps[0], steps[1:]
        match first:
            case Step("parent" | "ancestor" as axis, test, predicates):
                above = {"parent": "self", "ancestor": "ancestor-or-self"}[axis]
                run = self.within("tree").value(Path(False, (Step(above, test, predicates), *rest)))
                return lambda around: _from_parent(around, run)
            case Step("self", "node()", ()) if not rest:
                return _leaf_itself
            case Step("child" | "attribute" | "descendant"):
                return _nothing_below
        return _no_such_step

    def single(self, step: Expr, kind: str) -> "Callable[[Value, Evaluation], Value]":
        """A step that is no axis, or an axis with predicates that libxml2 cannot judge."""
        if isinstance(step, Step):
            axis = self.axes((Step(step.axis, step.test),))
            kept = self.filtered(plain.of_step(Step(step.axis, step.test)), step.predicates)
            reverse = step.axis.startswith(("ancestor", "preceding"))

            def move(found: Value, around: Evaluation) -> Value:
                given: Value = []
                for item in found:
                    reached = axis([item], around)
                    given += kept(reached[::-1] if reverse else reached, around)
                return given if len(found) == 1 and not reverse else in_order(given)

            return move
        run = self.within(kind).value(step)

        def apply(found: Value, around: Evaluation) -> Value:
            size = len(found)
            given: Value = []
            for place, item in enumerate(found, 1):
                if not values.is_node(item):
                    raise DynamicError("XPTY0019")
                given += run(around.at(item, place, size))
            nodes = [values.is_node(item) for item in given]
            if any(nodes) and not all(nodes):
                raise DynamicError("XPTY0018")
            return in_order(given) if given and nodes[0] and size > 1 else given

        return apply

    def _kind_after(self, step: Expr, kind: str) -> str:
        return (
            plain.of_step(step).kind
            if isinstance(step, Step)
            else self.within(kind).type(step).kind
        )

    def filtered(
        self, type_: Type, predicates: tuple[Expr, ...]
    ) -> "Callable[[Value, Evaluation], Value]":
        """Predicates, one after the other, over a whole sequence."""
        keepers = [self.within(type_.kind).keeper(predicate) for predicate in predicates]

        def run(found: Value, around: Evaluation) -> Value:
            for keep in keepers:
                size = len(found)
                found = [
                    item
                    for place, item in enumerate(found, 1)
                    if keep(around.at(item, place, size))
                ]
            return found

        return run

    def keeper(self, predicate: Expr) -> Test:
        """A predicate: a number is a position, anything else its truth."""
        type_ = self.type(predicate)
        if type_.kind in ("bool", "tree", "attr", "nodes", "str"):
            return self.truth(predicate)
        run = self.value(predicate)

        def keep(around: Evaluation) -> bool:
            found = run(around)
            only = found[0] if len(found) == 1 else True
            if isinstance(only, (bool, str)) or values.is_node(only):
                return values.truth(found)
            return bool(only == around.position)

        return keep

    # look-ups in documents of the pack

    def lookup(self, expr: Path) -> Run | None:
        """`doc('f')//Concept[@code = $a and @system = $b]` as a look-up in a dict, read once."""
        first, last = expr.steps[0] if expr.steps else None, expr.steps[-1:]
        match first, last:
            case Call("doc" | "document", (_,)), (Step(axis, test, predicates),) if predicates:
                keys = [key for one in predicates for key in lookup.keys(one)]
                bare = (*expr.steps[1:-1], Step(axis, test))
            case _:
                return None
        known = [key for key in keys if key is not None]
        if len(known) < len(keys) or len(expr.steps) < 2 or any(map(variables, bare)):
            return None
        parts_of = [lookup.part(name) for name, _ in known]
        wanted = [self.value(sought) for _, sought in known]
        source = self.value(expr.steps[0])
        nodes = self.steps(bare, "doc")
        indexes: dict[Any, dict[tuple[str, ...], Value]] = {}

        def run(around: Evaluation) -> Value:
            found = source(around)
            if not found:
                return []
            index = indexes.get(found[0])
            if index is None:
                index = indexes[found[0]] = lookup.indexed(nodes(found, around), parts_of)
            asked = [[lookup.key_text(item) for item in sought(around)] for sought in wanted]
            return [node for key in product(*asked) for node in index.get(key, ())]

        return run

    # types of what is not plain

    def _type(self, expr: Expr) -> Type:
        match expr:
            case Call(name, arguments):
                local = name.rpartition(":")[2]
                if local in functions.GIVES and name in (local, f"fn:{local}"):
                    return Type(*functions.GIVES[local])
                if local == "distinct-values" and self.type(arguments[0]).kind == "str":
                    return Type("str", "*")
            case Binary("and" | "or" | "=" | "!=" | "<" | "<=" | ">" | ">="):
                return BOOLEAN
            case Loop("some" | "every") | Cast("castable"):
                return BOOLEAN
            case If(_, some, Sequence(())) | If(_, Sequence(()), some):
                found = self.type(some)
                return Type(found.kind, plain.loosest((found.card, "?")))
            case If(_, yes, no):
                return _joined(self.type(yes), self.type(no))
            case Filter(base):
                found = self.type(base)
                return Type(found.kind, "?" if found.card != "*" else "*")
            case Path(_, steps) if isinstance(steps[-1:][0] if steps else None, Step):
                last = steps[-1]
                return Type(plain.of_step(last).kind, "*") if isinstance(last, Step) else ANY
            case Binary("except" | "intersect" | "|", left, right):
                kinds = {self.type(left).kind, self.type(right).kind}
                return Type(kinds.pop(), "*") if len(kinds) == 1 else ANY
        return ANY


def _joined(one: Type, other: Type) -> Type:
    if one.kind != other.kind:
        return ANY
    return Type(one.kind, plain.loosest((one.card, other.card)))


def _variable(name: str) -> Run:
    return lambda around: around.variables[name]


def _here(around: Evaluation) -> Value:
    return [around.item]


def _top(around: Evaluation) -> Value:
    item = around.item
    if isinstance(item, DocNode):
        return [item]
    if not values.is_node(item):
        raise DynamicError("XPTY0020")
    element = item if isinstance(item, etree._Element) else values.parent_of(item)
    return [DocNode(element.getroottree().getroot())]


def _in_constant(one: Run, other: Run) -> Test:
    """Membership of a constant sequence; a set when all of it is text."""
    known: list[frozenset[str] | None] = []

    def run(around: Evaluation) -> bool:
        right = other(around)
        if not known:
            texts = values.atoms(right)
            all_text = all(isinstance(item, str) for item in texts)
            known.append(frozenset(map(str, texts)) if all_text else None)
        left = values.atoms(one(around))
        if known[0] is None or not all(isinstance(item, str) for item in left):
            return values.any_compares("=", left, right)
        return not known[0].isdisjoint(left)

    return run


def _castable(value: Value, name: str, optional: bool) -> bool:
    if len(value) != 1:
        return optional and not value
    try:
        values.cast(values.atom(value[0]), name)
    except DynamicError:
        return False
    return True


def _range(left: Value, right: Value) -> Value:
    one, other = values.at_most_one(left), values.at_most_one(right)
    if one is None or other is None:
        return []
    first, last = (values.cast(item, "integer") for item in (one, other))
    if last - first > 100_000:
        raise DynamicError("FOAR0002")
    return list(range(first, last + 1))


def _from_parent(around: Evaluation, run: Run) -> Value:
    _need_node(around.item)
    parent = values.parent_of(around.item)
    return [] if parent is None else run(around.at(parent, 1, 1))


def _leaf_itself(around: Evaluation) -> Value:
    _need_node(around.item)
    return [around.item]


def _nothing_below(around: Evaluation) -> Value:
    _need_node(around.item)
    return []


def _no_such_step(around: Evaluation) -> Value:
    """Never silently nothing: this becomes the verdict `error`, which is ours."""
    _need_node(around.item)
    raise NotImplementedError("a step from an attribute or a text")


def _need_node(item: Item) -> None:
    if not values.is_node(item):
        raise DynamicError("XPTY0020")
