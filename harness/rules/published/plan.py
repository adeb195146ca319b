"""The tests of a context as functions: plain ones together in one call of libxml2.

Variables are evaluated when they are asked for, once for each node.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from harness.rules.published import plain, safety, values
from harness.rules.published.contexts import kind_of
from harness.rules.published.evaluation import Evaluation, NotTranslated, Run, Test, passed
from harness.rules.published.model import Assert, Context, Let, Pattern
from harness.rules.published.parse import NotXPath, parse
from harness.rules.published.plain import CURRENT, NotPlain, Scope, Type
from harness.rules.published.syntax import Expr, renamed, variables
from harness.rules.published.translate import Translator
from harness.rules.published.values import DynamicError, Value

_BATCH: Final = 40  # tests in one call of libxml2


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that failed at a node. `code`: of the dynamic error when it gave no answer.

    `mistake`: ours, when evaluating it went wrong.
    """

    number: int
    node: Any
    code: str = ""
    mistake: Exception | None = field(default=None, compare=False)
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


@dataclass(frozen=True, slots=True)
class Written:
    """A test in XPath 1.0, with the variables that it uses."""

    text: str
    names: frozenset[str] = frozenset()


class Stage:
    """What stands before a place of a context: its variables. Contexts that begin alike share it.

    `runs`: the functions of the variables. `names`: those that had to be given another name.
    """

    def __init__(
        self,
        scope: Scope,
        conditions: dict[str, str],
        names: dict[str, str] | None = None,
        runs: dict[str, Run] | None = None,
    ) -> None:
        self.scope = scope
        self.conditions = conditions
        self.names = names or {}
        self.runs = runs or {}
        self._after: dict[Let, Stage] = {}
        self._tests: dict[str, Written | Test | str] = {}

    def after(self, let: Let) -> "Stage":
        """The stage behind one more variable."""
        if let not in self._after:
            self._after[let] = self._with(let)
        return self._after[let]

    def test(self, text: str) -> "Written | Test | str":
        """A test here: in XPath 1.0, as a function, or why it is neither."""
        if text not in self._tests:
            self._tests[text] = self._translated(text)
        return self._tests[text]

    def _with(self, let: Let) -> "Stage":
        """A variable; a second one of the same name gets a name of its own."""
        scope = self.scope
        known = let.name in scope.variables or let.name in scope.constants
        name = f"{let.name}.{len(self.runs)}" if known else let.name
        names = {**self.names, let.name: name} if known else self.names
        try:
            expr = renamed(parse(let.value), self.names)
            translator = Translator(scope)
            run, type_ = translator.value(expr), translator.type(expr)
        except (NotXPath, NotTranslated):  # nobody may take an outer variable for this one
            lost = {**self.names, let.name: f"{let.name}.untranslated"}
            return Stage(scope, self.conditions, lost, self.runs)
        text, is_whole = safety.constant(expr, scope.constants)
        inner = scope.with_variable(name, type_)
        if is_whole:
            constants = {**inner.constants, name: text}
            inner = Scope(inner.prefixes, inner.variables, constants, inner.context)
        return Stage(inner, self.conditions, names, {**self.runs, name: run})

    def _translated(self, text: str) -> "Written | Test | str":
        in_tree = self.scope.context == "tree"
        if in_tree and text in self.conditions:
            return Written(self.conditions[text])
        try:
            expr = renamed(parse(text), self.names)
            written = self._plain(text, expr) if in_tree else None
            return written or Translator(self.scope).truth(expr)
        except NotXPath as wrong:
            return f"XPath 2.0: {wrong}"
        except NotTranslated as wrong:
            return str(wrong) or "?"

    def _plain(self, text: str, expr: Expr) -> Written | None:
        try:
            written = plain.condition(expr, self.scope)
        except NotPlain:
            return None
        names = variables(expr) & self.scope.variables.keys()
        if f"${CURRENT}" in written:
            names |= {CURRENT}
        if not names and not variables(expr):
            self.conditions[text] = written
        return Written(written, names)


@dataclass(slots=True)
class Shared:
    """What all contexts of a schema share.

    `conditions`: tests without variables in XPath 1.0, known from before or written down now.
    """

    scope: Scope
    variables: Mapping[str, str]
    conditions: dict[str, str]
    stages: dict[Any, Stage] = field(default_factory=dict)

    def stage(self, kind: str, pattern: Pattern) -> Stage:
        """The first stage of contexts of that kind, in that pattern."""
        own = tuple(let for let in pattern.lets if self.variables[let.name] != let.value)
        if (kind, own) not in self.stages:
            scope = self.scope.with_variable(CURRENT, Type("tree", "1"))
            scope = Scope(scope.prefixes, scope.variables, scope.constants, kind)
            stage = Stage(scope, self.conditions)
            for let in own:  # those that another pattern defines otherwise
                stage = stage.after(let)
            self.stages[kind, own] = stage
        return self.stages[kind, own]


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
                yield Failure(self.tests[0].number, around.item, wrong.code, around=around)
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
        self.tests: list[tuple[int, Test, bool]] = []
        self.batches: list[_Batch] = []
        self.untranslated: dict[int, str] = {}
        self._stages: dict[int, Stage] = {}
        stage = shared.stage(kind_of(context.context), pattern)
        plain_tests: list[_Plain] = []
        number = first
        for item in context.items:
            if isinstance(item, Let):
                stage = stage.after(item)
                continue
            self._stages[number] = stage
            self._assert(number, item, stage.test(item.test), plain_tests)
            number += 1
        self.pending = stage.runs
        self._batch(plain_tests, shared.scope.prefixes)

    def _assert(
        self, number: int, one: Assert, found: "Written | Test | str", plain_tests: list[_Plain]
    ) -> None:
        if isinstance(found, Written):
            plain_tests.append(_Plain(number, one.is_report, found.text, found.names))
        elif isinstance(found, str):
            self.untranslated[number] = found
        else:
            self.tests.append((number, found, one.is_report))

    def told(self, failure: Failure, text: str) -> str:
        """What a `value-of` of a failed assert says; `…` when it cannot be told."""
        stage = self._stages[failure.number]
        try:
            run = Translator(stage.scope).value(renamed(parse(text), stage.names))
            found = run(failure.around) if failure.around else []
            return " ".join(values.string(item) for item in values.atoms(found))
        except (NotXPath, NotTranslated, DynamicError):
            return "…"

    def _batch(self, plain_tests: list[_Plain], declared: Mapping[str, str]) -> None:
        """Tests without variables together, those with variables together."""
        prefixes = {prefix: uri for prefix, uri in declared.items() if prefix != "xml"}
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
                yield Failure(number, node, wrong.code, around=around)
            except Exception as mistake:  # ours, and of this assert alone
                yield Failure(number, node, mistake=mistake)
