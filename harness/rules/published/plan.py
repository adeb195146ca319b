"""The tests of a context as functions: plain ones together in one call of libxml2.

Variables are evaluated when they are asked for, once for each node.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from harness.rules.published import plain, safety, values
from harness.rules.published.contexts import kind_of
from harness.rules.published.model import Assert, Context, Let, Pattern
from harness.rules.published.parse import NotXPath, parse
from harness.rules.published.plain import CURRENT, NotPlain, Scope, Type
from harness.rules.published.syntax import Expr, renamed, variables
from harness.rules.published.translate import (
    Evaluation,
    NotTranslated,
    Run,
    Test,
    Translator,
    passed,
)
from harness.rules.published.values import DynamicError, Value

_BATCH: Final = 40  # tests in one call of libxml2


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that failed at a node. `code`: of the dynamic error when it gave no answer."""

    number: int
    node: Any
    code: str = ""
    around: Evaluation | None = field(default=None, compare=False, repr=False)


class Variables(dict[str, Value]):
    """Variables evaluated when they are asked for."""

    def __init__(self, outer: Mapping[str, Value], pending: Mapping[str, Run]) -> None:
        super().__init__()
        self.outer = outer
        self.pending = pending
        self.around: Evaluation | None = None

    def __missing__(self, name: str) -> Value:
        run = self.pending.get(name)
        if run is None or self.around is None:
            return self.outer[name]
        value = run(self.around)
        self[name] = value
        return value


@dataclass(slots=True)
class Shared:
    """What all contexts of a schema share. `conditions`: plain tests without variables, written."""

    scope: Scope
    variables: Mapping[str, str]
    conditions: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Plain:
    """A test in XPath 1.0, with the variables that it uses."""

    number: int
    is_report: bool
    text: str
    names: frozenset[str]


class _Batch:
    """Plain tests as one call of libxml2, which gives a digit for each."""

    def __init__(self, tests: tuple[_Plain, ...], prefixes: dict[str, str]) -> None:
        self.tests = tests
        self.prefixes = prefixes
        self.names = tuple(sorted({name for one in tests for name in one.names}))
        self.has_report = any(one.is_report for one in tests)
        self.call = self._compiled(tests)
        self.alone: list[_Batch] = []

    def _compiled(self, tests: tuple[_Plain, ...]) -> etree.XPath:
        texts = ", ".join(f"number(boolean({one.text}))" for one in tests)
        return etree.XPath(f"concat({texts}, '')", namespaces=self.prefixes, smart_strings=False)

    def failures(self, around: Evaluation) -> Iterator[Failure]:
        """The tests that fail; one whose variables give an error gives that error."""
        try:
            digits = self.call(around.item, **passed(around, self.names))
        except DynamicError as wrong:
            if len(self.tests) == 1:
                yield Failure(self.tests[0].number, around.item, wrong.code, around)
                return
            self.alone = self.alone or [_Batch((one,), self.prefixes) for one in self.tests]
            for single in self.alone:
                yield from single.failures(around)
            return
        if "0" in digits or self.has_report:
            for digit, one in zip(digits, self.tests, strict=True):
                if (digit == "1") is one.is_report:
                    yield Failure(one.number, around.item, around=around)


class Plan:
    """The tests and variables of a context as functions."""

    def __init__(self, context: Context, pattern: Pattern, first: int, shared: Shared) -> None:
        self.first = first
        self.shared = shared
        scope = shared.scope.with_variable(CURRENT, Type("tree", "1"))
        kind = kind_of(context.context)
        self.scope = Scope(scope.prefixes, scope.variables, scope.constants, kind)
        self.pending: dict[str, Run] = {}
        self.tests: list[tuple[int, Test, bool]] = []
        self.batches: list[_Batch] = []
        self.untranslated: dict[int, str] = {}
        self.names: dict[str, str] = {}
        self._scopes: dict[int, tuple[Scope, dict[str, str]]] = {}
        for let in pattern.lets:  # those that another pattern defines otherwise
            if shared.variables[let.name] != let.value:
                self._let(let)
        plain_tests: list[_Plain] = []
        number = first
        for item in context.items:
            if isinstance(item, Let):
                self._let(item)
            else:
                self._assert(number, item, plain_tests)
                number += 1
        self._batch(plain_tests)

    def told(self, failure: Failure, text: str) -> str:
        """What a `value-of` of a failed assert says; `…` when it cannot be told."""
        scope, names = self._scopes[failure.number]
        try:
            run = Translator(scope).value(renamed(parse(text), names))
            found = run(failure.around) if failure.around else []
            return " ".join(values.string(item) for item in values.atoms(found))
        except (NotXPath, NotTranslated, DynamicError):
            return "…"

    def _let(self, let: Let) -> None:
        """A variable; a second one of the same name gets a name of its own."""
        try:
            expr = renamed(parse(let.value), self.names)
        except NotXPath:
            self._forget(let.name)
            return
        known = let.name in self.scope.variables or let.name in self.scope.constants
        name = f"{let.name}.{len(self.pending)}" if known else let.name
        text, is_whole = safety.constant(expr, self.scope.constants)
        try:
            translator = Translator(self.scope)
            run, type_ = translator.value(expr), translator.type(expr)
        except NotTranslated:
            self._forget(let.name)
            return
        self.pending[name] = run
        if known:
            self.names = {**self.names, let.name: name}
        self.scope = self.scope.with_variable(name, type_)
        if is_whole:
            constants = {**self.scope.constants, name: text}
            self.scope = Scope(
                self.scope.prefixes, self.scope.variables, constants, self.scope.context
            )

    def _forget(self, name: str) -> None:
        """Nobody may take an outer variable for one that could not be translated."""
        self.names = {**self.names, name: f"{name}.untranslated"}

    def _assert(self, number: int, one: Assert, plain_tests: list[_Plain]) -> None:
        self._scopes[number] = (self.scope, self.names)
        in_tree = self.scope.context == "tree"
        known = self.shared.conditions.get(one.test) if in_tree else None
        if known:
            plain_tests.append(_Plain(number, one.is_report, known, frozenset()))
            return
        try:
            expr = renamed(parse(one.test), self.names)
        except NotXPath as wrong:
            self.untranslated[number] = f"XPath 2.0: {wrong}"
            return
        if in_tree and self._plain(number, one, expr, plain_tests):
            return
        try:
            self.tests.append((number, Translator(self.scope).truth(expr), one.is_report))
        except NotTranslated as wrong:
            self.untranslated[number] = str(wrong)

    def _plain(self, number: int, one: Assert, expr: Expr, plain_tests: list[_Plain]) -> bool:
        try:
            text = plain.condition(expr, self.scope)
        except NotPlain:
            return False
        names = variables(expr) & self.scope.variables.keys()
        if f"${CURRENT}" in text:
            names |= {CURRENT}
        plain_tests.append(_Plain(number, one.is_report, text, names))
        if not names and not variables(expr):
            self.shared.conditions[one.test] = text
        return True

    def _batch(self, plain_tests: list[_Plain]) -> None:
        """Tests without variables together, those with variables together."""
        prefixes = {prefix: uri for prefix, uri in self.scope.prefixes.items() if prefix != "xml"}
        free = [one for one in plain_tests if not one.names]
        bound = [one for one in plain_tests if one.names]
        for tests in (free, bound):
            for start in range(0, len(tests), _BATCH):
                self.batches.append(_Batch(tuple(tests[start : start + _BATCH]), prefixes))

    def failures(self, node: Any, top: Evaluation) -> Iterator[Failure]:
        """What fails at a node of the context."""
        given = Variables(top.variables, self.pending)
        given[CURRENT] = [node]
        around = Evaluation(node, top.documents, given)
        given.around = around
        for batch in self.batches:
            yield from batch.failures(around)
        for number, test, report in self.tests:
            try:
                if test(around) is report:
                    yield Failure(number, node, around=around)
            except DynamicError as wrong:
                yield Failure(number, node, wrong.code, around)
