"""A published schema on a document, without XSLT: contexts and tests straight on the lxml tree.

Everything is compiled when a document first needs it. A test has four results: it holds, it fails,
it gives no answer (a dynamic error, such as a string function of two nodes), or it cannot be
translated at all: `untranslated`, for SaxonC.

Source: ISO/IEC 19757-3:2016, 5.4 and 6.5 (first context of a pattern that matches a node).
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from harness.rules.published import contexts, safety
from harness.rules.published.contexts import Index, Need, Place
from harness.rules.published.evaluation import Documents, Evaluation, NotTranslated, Run
from harness.rules.published.model import Context, Pattern, Schema
from harness.rules.published.nodes import identity
from harness.rules.published.parse import NotXPath, parse
from harness.rules.published.plain import Scope, Type
from harness.rules.published.plan import Failure, Plan, Shared, Variables
from harness.rules.published.translate import Translator
from harness.rules.published.values import DocNode

_XPATH_2: Final = frozenset({"xslt2", "xslt3", "xpath2", "xpath3"})


@dataclass(slots=True)
class Known:
    """What compiling a schema gave that is plain data, for the next start.

    `conditions`: tests in XPath 1.0; `needs`: what each context asks of a document.
    """

    conditions: dict[str, str] = field(default_factory=dict)
    needs: dict[str, tuple[Need, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Result:
    """`fired`: the first number of each context that a node of the document matched."""

    fired: set[int] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)


class Native:
    """The engine of one schema."""

    def __init__(self, schema: Schema, documents: Documents, known: Known | None = None) -> None:
        self.schema = schema
        self.documents = documents
        self.known = known or Known()
        self.patterns: list[list[_Compiled]] = []
        number = 0
        for pattern in schema.patterns:
            compiled = []
            for context in pattern.contexts:
                compiled.append(_Compiled(self, pattern, context, number))
                number += sum(1 for _ in context.asserts)
            self.patterns.append(compiled)
        self.count = number

    @cached_property
    def globals(self) -> tuple[Shared, dict[str, Run]]:
        """What every pattern sees: variables are evaluated at the document node."""
        prefixes = dict(self.schema.prefixes)
        shared = self.schema.variables
        constants = safety.constants_of(shared.items())
        types: dict[str, Type] = {}
        runs: dict[str, Run] = {}
        for name, value in shared.items():
            try:
                translator = Translator(Scope(prefixes, dict(types), constants, "doc"))
                expr = parse(value)
                runs[name], types[name] = translator.value(expr), translator.type(expr)
            except (NotXPath, NotTranslated):
                continue
        return Shared(Scope(prefixes, types, constants), shared, self.known.conditions), runs

    @cached_property
    def untranslated(self) -> dict[int, str]:
        """Numbers of the asserts that only SaxonC can judge, each with what is in the way."""
        if self.schema.binding not in _XPATH_2 or self.schema.foreign:
            return dict.fromkeys(range(self.count), f"queryBinding {self.schema.binding}")
        found: dict[int, str] = {}
        for pattern in self.patterns:
            blocked = ""
            for one in pattern:
                blocked = blocked or one.blocked
                numbers = range(one.first, one.first + one.count)
                found.update(dict.fromkeys(numbers, blocked) if blocked else one.plan.untranslated)
        return found

    def run(self, index: Index) -> Result:
        """Judge a document. What is `untranslated` is left out, or may be wrong."""
        result = Result()
        _, runs = self.globals
        values = Variables({}, runs)
        top = values.around = Evaluation(DocNode(index.root), self.documents, values)
        for pattern in self.patterns:
            taken: set[Any] | None = set() if len(pattern) > 1 else None
            for one in pattern:
                if not one.judge(index, top, taken, result):
                    break  # whose node it is cannot be told from here on: all is `untranslated`
        return result

    def message(self, failure: Failure) -> str:
        """The text of a failed assert with what it found."""
        return next(
            one.message(failure)
            for pattern in self.patterns
            for one in pattern
            if one.first <= failure.number < one.first + one.count
        )


class _Compiled:
    """A context with its tests, compiled on first need. `first`: number of its first assert."""

    def __init__(self, engine: Native, pattern: Pattern, context: Context, first: int) -> None:
        self.engine = engine
        self.pattern = pattern
        self.context = context
        self.first = first
        self.count = sum(1 for _ in context.asserts)

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        known = self.engine.known.needs
        text = self.context.context
        if text not in known:
            known[text] = contexts.needs(text, dict(self.engine.schema.prefixes))
        return known[text]

    @cached_property
    def places(self) -> list[Place]:
        shared, _ = self.engine.globals
        found = contexts.members(parse(self.context.context))
        return [Place(member, shared.scope) for member in found]

    @cached_property
    def plan(self) -> Plan:
        return Plan(self.context, self.pattern, self.first, self.engine.globals[0])

    @property
    def blocked(self) -> str:
        """Why the nodes of the context cannot be found; empty when they can."""
        try:
            _ = self.needs, self.places
        except (NotXPath, NotTranslated) as wrong:
            return str(wrong) or type(wrong).__name__
        return ""

    def judge(self, index: Index, top: Evaluation, taken: set[Any] | None, result: Result) -> bool:
        """Add what fails. `taken`: the nodes that earlier contexts of the pattern had.

        False when the nodes of the context cannot be found.
        """
        try:
            needed = [number for number, need in enumerate(self.needs) if need.is_met(index)]
            places = [self.places[number] for number in needed]
        except (NotXPath, NotTranslated):
            return False
        found: dict[Any, Any] = {}
        for place in places:
            for node in place.nodes(index, top):
                found.setdefault(identity(node), node)
        if taken is not None:
            found = {key: node for key, node in found.items() if key not in taken}
            taken.update(found)
        if found and self.count:
            result.fired.add(self.first)
            for node in found.values():
                result.failures += self.plan.failures(node, top)
        return True

    def message(self, failure: Failure) -> str:
        one = list(self.context.asserts)[failure.number - self.first]
        told = [
            text if kind == "text" else self.plan.told(failure, text) for kind, text in one.message
        ]
        return " ".join("".join(told).split())
