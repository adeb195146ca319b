"""The asserts of a pack as our rules.

A schema is run once for a document; each rule takes its part of what that gave. An assert that only
SaxonC can judge is judged there, or is not tested when SaxonC is not installed: that reason is
shown. A test that gives no answer for a document (a dynamic error) is `Unanswered`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from lxml import etree

from harness.rules.published import ids, saxon, store, xslt
from harness.rules.published.contexts import Index
from harness.rules.published.model import Assert
from harness.rules.published.native import Native, Result
from harness.rules.published.plan import Failure
from harness.rules.published.saxon import Saxon
from harness.rules.published.store import Compiled, Entry, Manifest
from harness.rules.rule import Check, Level, Problem, Rule, SpecRef, Subject, Unanswered, When
from harness.text import Text, plain, say
from harness.wire.cda import Document
from harness.wire.location import Location

GROUP: Final = "published"
_LEVELS: Final = {"warning": Level.SHOULD, "warn": Level.SHOULD, "info": Level.MAY}
_LONGEST: Final = 300  # characters of a test that a finding shows


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as rules. `hash` changes when the pack does; `xsd`: its XML schema, if it has one."""

    manifest: Manifest
    rules: tuple[Rule, ...]
    hash: str
    xsd: Path | None


def load(name: str) -> Pack:
    """The rules of a pack. Raises HarnessError when there is no such pack."""
    made = store.manifest(name)
    parsed: dict[str, Any] = {}
    rules: list[Rule] = []
    for entry, compiled in store.compiled_schemas(made):
        rules += _Runner(made, entry, compiled, parsed).rules()
    xsd = store.folder(name) / "files" / made.xsd if made.xsd else None
    return Pack(made, tuple(rules), sha256(f"{name} {made.sha256}".encode()).hexdigest(), xsd)


@dataclass(slots=True)
class _Judged:
    """What a schema gave for a document, by the place of the published assert.

    `mistake`: ours, when it could not be run at all.
    """

    fired: set[int] = field(default_factory=set)
    failures: dict[int, list[Failure]] = field(default_factory=dict)
    mistake: Exception | None = None


class _Runner:
    """Runs a schema, natively and where that cannot be under SaxonC."""

    def __init__(
        self, made: Manifest, entry: Entry, compiled: Compiled, parsed: dict[str, Any]
    ) -> None:
        self.made = made
        self.entry = entry
        self.compiled = compiled
        self.groups = ids.groups(compiled.schema, f"{made.prefix}-{entry.label}")
        documents = store.documents(made, entry, parsed)
        self.engine = Native(compiled.schema, documents, compiled.known)
        self.of_number = {
            number: place
            for place, group in enumerate(self.groups.values())
            for number in group.numbers
        }
        self.for_saxon = frozenset(compiled.untranslated)

    def rules(self) -> Iterator[Rule]:
        """One for each published assert."""
        contexts = self._contexts()
        for place, ((_, one), group) in enumerate(self.groups.items()):
            says = plain(one.text)
            file, _, line = one.origin.rpartition(":")
            yield Rule(
                id=group.id,
                level=_LEVELS.get(one.role.lower(), Level.MUST),
                says=says,
                source=SpecRef(self.made.name, file.rpartition("/")[2]),
                kinds=frozenset(self.entry.kinds),
                group=GROUP,
                check=self._check(place, one, says),
                when=self._when(place, contexts[group.numbers[0]]),
                at=contexts[group.numbers[0]],
                untested=self._untested(group.numbers),
                origin=f"{file}:{line}",
            )

    def _contexts(self) -> list[str]:
        """The context of each assert, by number."""
        return [context.context for _, context, _ in self.compiled.schema.asserts]

    def _untested(self, numbers: list[int]) -> Text | None:
        why = next((self.compiled.untranslated[n] for n in numbers if n in self.for_saxon), None)
        if why is None or saxon.is_there():
            return None
        return say("pack.untested", reason=why)

    def _when(self, place: int, context: str) -> When:
        def applies(subject: Subject) -> Text | None:
            reason = self._not_about(subject)
            if reason:
                return reason
            if place in self.judged(subject).fired:
                return None
            return _no_context(context)

        return applies

    def _not_about(self, subject: Subject) -> Text | None:
        document = subject.document
        if document is None or document.root is None:
            return say("when.no_document")
        templates = subject.once("published-templates", _templates)
        if self.entry.template and self.entry.template not in templates:
            return say("pack.other_document", template=self.entry.template)
        if self.entry.structured and not subject.once("published-structured", _is_structured):
            return say("pack.level_1")
        return None

    def _check(self, place: int, one: Assert, says: Text) -> Check:
        def check(subject: Subject) -> Iterator[Problem]:
            document = subject.document
            if document is None:
                return
            failures = self.judged(subject).failures.get(place, [])
            for found in failures:
                if found.mistake:
                    raise found.mistake
            unanswered = [found for found in failures if found.code]
            for found in failures:
                if not found.code:
                    yield self._problem(document, found, one, says)
            if unanswered and len(unanswered) == len(failures):
                actual = say("pack.no_answer", code=unanswered[0].code, test=_short(one.test))
                raise Unanswered(Problem(_place(document, unanswered[0].node), says, actual))

        return check

    def _problem(self, document: Document, found: Failure, one: Assert, says: Text) -> Problem:
        told = plain(self.engine.message(found)) if found.around else says
        key = "pack.reported" if one.is_report else "pack.not_so"
        return Problem(_place(document, found.node), told, say(key, test=_short(one.test)))

    def judged(self, subject: Subject) -> _Judged:
        """What the schema gave for the document, found once."""
        found = subject.once((GROUP, id(self)), self._judge_or_mistake)
        if found.mistake:
            raise found.mistake
        return found

    def _judge_or_mistake(self, subject: Subject) -> _Judged:
        root = subject.document.root if subject.document else None
        if root is None:
            return _Judged()
        try:
            return self._judge(subject, root)
        except Exception as mistake:  # ours, and every rule of the schema says so
            return _Judged(mistake=mistake)

    def _judge(self, subject: Subject, root: Any) -> _Judged:
        found = _Judged()
        natively = self.engine.run(subject.once("published-index", lambda _: Index(root)))
        self._gather(found, natively, by_saxon=False)
        if self.for_saxon and saxon.is_there():
            self._gather(found, self.saxon.run(root), by_saxon=True)
        return found

    def _gather(self, into: _Judged, result: Result, by_saxon: bool) -> None:
        for failure in result.failures:
            if (failure.number in self.for_saxon) is by_saxon:
                into.failures.setdefault(self.of_number[failure.number], []).append(failure)
        for first in result.fired:
            for number in self.counted[first]:
                if (number in self.for_saxon) is by_saxon:
                    into.fired.add(self.of_number[number])

    @cached_property
    def counted(self) -> dict[int, range]:
        """The numbers of the asserts of a context, by the first of them."""
        found: dict[int, range] = {}
        number = 0
        for pattern in self.compiled.schema.patterns:
            for context in pattern.contexts:
                count = sum(1 for _ in context.asserts)
                if count:
                    found[number] = range(number, number + count)
                number += count
        return found

    @cached_property
    def saxon(self) -> Saxon:
        """The stylesheet of what only SaxonC can judge, compiled once in a process."""
        file = store.folder(self.made.name) / "files" / self.entry.file
        text = xslt.stylesheet(self.compiled.schema, file.absolute().as_uri(), self.for_saxon)
        return Saxon(text)


@cache
def _no_context(context: str) -> Text:
    """A reason that thousands of rules give."""
    return say("when.no_context", context=context)


def _short(test: str) -> str:
    text = " ".join(test.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _place(document: Document, node: Any) -> Location:
    if isinstance(node, etree._ElementUnicodeResult):
        owner = node.getparent()
        name = f"/@{etree.QName(node.attrname).localname}" if node.attrname else ""
        return Location(xpath=document.path_of(owner) + name, line=owner.sourceline)
    element: Any = node if isinstance(node, etree._Element) else document.root
    return Location(xpath=document.path_of(element), line=element.sourceline)


def _templates(subject: Subject) -> frozenset[str]:
    root = subject.document.root if subject.document else None
    found = root.iterfind("{urn:hl7-org:v3}templateId") if root is not None else ()
    return frozenset(one.get("root", "") for one in found)


def _is_structured(subject: Subject) -> bool:
    root = subject.document.root if subject.document else None
    body = "{urn:hl7-org:v3}component/{urn:hl7-org:v3}nonXMLBody"
    return root is not None and root.find(body) is None
