"""A profile: the rules of one guide at one date, with the packs that it shares with others.

`schemas/profiles/<name>/profile.yaml` names its flows, tables and packs; `elements.yaml` beside it
says where business data stand. `judge` gives the outcomes of everything that a message carries.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness import data, yamlfile
from harness.errors import HarnessError
from harness.rules import concordance, keeping, precedence, profile_file
from harness.rules.concordance import Facts, Row
from harness.rules.contested import Points, Readings
from harness.rules.elements import Elements
from harness.rules.ledger import Ledger
from harness.rules.ledger import note as put
from harness.rules.recognition import Line
from harness.rules.rule import (
    Group,
    Outcome,
    Rule,
    SpecRef,
    Subject,
    Verdict,
    evaluate_all,
    grouped,
)
from harness.rules.transmitted import document_of
from harness.text import Text, say
from harness.wire.cda import Document
from harness.wire.er7 import Message

if TYPE_CHECKING:
    from harness.rules.image import Recorder

_NO_MESSAGE: Final = "HL7-MSH"  # the rule that speaks when there is no header to speak of
DEFAULT: Final = "livre-blanc-2024"


@dataclass(frozen=True, slots=True)
class Flow:
    """One business message. `message` is MSH-9 as the guide names it; `document` the CDA's kind.

    `usage` is "required" or "optional". `sender` is "ris" or "platform", the other one receives.
    `made` names what composes it (`sim/generate`), `then` the flows that its receiver sends next,
    `opens` says that it is the first of a conversation.
    """

    id: str
    title: Text
    sender: str
    message: str
    document: str
    usage: str
    made: str = ""
    then: tuple[str, ...] = ()
    opens: bool = False

    @property
    def receiver(self) -> str:
        """The other role."""
        return "platform" if self.sender == "ris" else "ris"


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of one guide at one date. `hash` changes when any of its tables does.

    `points` are where the guide can be read in several ways, `readings` what was chosen of them;
    `recognise` tells what a message is when nobody says it.
    """

    id: str
    title: Text
    version: str
    source: SpecRef
    flows: Mapping[str, Flow]
    elements: Elements
    rules: tuple[Rule, ...] = field(repr=False)
    hash: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict, repr=False)
    points: Points = field(default_factory=dict, repr=False)
    readings: Readings = ()
    recognise: tuple[Line, ...] = field(default=(), repr=False)
    _groups: dict[str, tuple[Group, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def judge(self, subject: Subject) -> tuple[Outcome, ...]:
        """Judge a message and the document it carries as what they should be (`subject.kind`)."""
        return precedence.give_way(self._outcomes(subject))

    def _outcomes(self, subject: Subject) -> Iterator[Outcome]:
        if subject.message and not subject.message.has_header:
            yield from self._of_no_message(subject)
            return
        yield from self._judged(subject)
        kind = self.document_kind(subject.kind)
        if kind and subject.document and subject.document.root is not None:
            yield from self._judged(replace(subject, kind=kind))

    def _judged(self, subject: Subject) -> Iterator[Outcome]:
        """By the rules about this kind of subject, in their order."""
        kind = subject.kind
        if kind not in self._groups:
            self._groups[kind] = grouped(rule for rule in self.rules if kind in rule.kinds)
        for group in self._groups[kind]:
            yield from group.outcomes(subject)

    def document_kind(self, kind: str) -> str:
        """What the document is that a message of that kind carries; empty when it carries none."""
        flow = self.flows.get(kind)
        return flow.document if flow else "CDA" if kind == "DOC" else ""

    def _of_no_message(self, subject: Subject) -> Iterator[Outcome]:
        """What has no MSH is no message: one finding says so, and no other rule applies."""
        for rule in self.rules:
            if rule.id == _NO_MESSAGE:
                yield from evaluate_all((rule,), subject)
            elif subject.kind in rule.kinds and not rule.untested:
                reason = say("when.no_message")
                yield Outcome(rule, Verdict.NOT_APPLICABLE, reason=reason)

    def subject(
        self,
        kind: str,
        message: Message,
        *,
        earlier: tuple[Subject, ...] = (),
        request: Message | None = None,
        on_wire: bool = False,
        towards: str = "",
    ) -> Subject:
        """The subject of a message, its document taken out. `request`: what an "ACK" answers;
        `towards`: "pfi" when the receiver is an intermediation platform.
        """
        document = document_of(message)
        return Subject(
            kind,
            message,
            document,
            request,
            earlier,
            self.elements,
            on_wire,
            towards=towards,
        )

    def document_subject(self, kind: str, document: Document) -> Subject:
        """The subject of a document on its own."""
        return Subject(kind, None, document, elements=self.elements)

    def note(self, ledger: Ledger, subject: Subject) -> None:
        """Put what a judged message says into the ledger of its session."""
        put(ledger, subject, self.facts, self.document_kind(subject.kind))

    def concordance(self, subjects: Sequence[Subject]) -> tuple[Row, ...]:
        """What the messages of one conversation say of each fact, in the order given."""
        kinds = {flow.id: flow.document for flow in self.flows.values()}
        return concordance.table(self.facts, subjects, kinds)

    def flow(self, name: str) -> Flow:
        """The flow of that name, or of that other name. Raises HarnessError with the known ones."""
        name = self.aliases.get(name, name)
        if name not in self.flows:
            raise HarnessError(
                say("profile.no_flow", flow=name, profile=self.id),
                hint=say("yaml.one_of", values=", ".join(self.flows)),
            )
        return self.flows[name]

    def rule(self, name: str) -> Rule | None:
        """The rule of that id, or None."""
        return next((rule for rule in self.rules if rule.id == name), None)


@cache
def flow_names(name: str) -> tuple[str, ...]:
    """The flows of a profile and their other names, without its rules."""
    content = profile_file.read(name)
    aliases = content.get("aliases")
    return (*content.need("flows").fields, *(aliases.fields if aliases else ()))


@cache
def flow_documents(name: str) -> Mapping[str, str]:
    """The kind of document of each flow ("CR", "DA"), empty for one that carries none."""
    content = profile_file.read(name)
    found = {flow: item.get("document") for flow, item in content.need("flows").fields.items()}
    known = {flow: document.text if document else "" for flow, document in found.items()}
    aliases = content.get("aliases")
    others = aliases.fields.items() if aliases else ()
    return known | {alias: known.get(item.text, "") for alias, item in others}


@cache
def flow_makers(name: str) -> Mapping[str, str]:
    """What composes each flow of a profile, empty for documents."""
    content = profile_file.read(name)
    found = {flow: item.get("made") for flow, item in content.need("flows").fields.items()}
    known = {flow: made.text if made else "" for flow, made in found.items()}
    aliases = content.get("aliases")
    others = aliases.fields.items() if aliases else ()
    return known | {alias: known.get(item.text, "") for alias, item in others}


@cache
def documents() -> Mapping[str, Text]:
    """The guides by key: short title with version, as a finding shows it."""
    content = yamlfile.load(data.path("schemas", "documents.yaml"))
    return {key: item.both() for key, item in content.need("documents").fields.items()}


@dataclass(frozen=True, slots=True)
class Retired:
    """A rule that is gone: since which version of this tool, why, and what stands in its place."""

    since: str
    instead: str
    because: Text


@cache
def retired() -> Mapping[str, Retired]:
    """Ids that no rule may take again."""
    content = yamlfile.load(data.path("schemas", "retired.yaml"))
    found = {}
    for name, item in content.need("retired").fields.items():
        item.only(frozenset({"since", "instead", "because"}))
        instead = item.get("instead")
        found[name] = Retired(
            item.need("since").text, instead.text if instead else "", item.need("because").both()
        )
    return found


@cache
def load(
    name: str = DEFAULT,
    mapping: Path | None = None,
    cda_schema: Path | None = None,
    readings: Readings = (),
) -> Profile:
    """Load a profile by name, with a site's own places for its elements.

    `cda_schema` judges documents in the place of our own XML schema; `readings` are those chosen
    of contested points. What a process compiled is kept for the next one (see `kept.py`).

    Raises HarnessError when there is no such profile, or one of its files does not hold.
    """
    asked = keeping.Asked(name, mapping, cda_schema, readings)
    return keeping.kept_or(asked, _compiled)


def _compiled(asked: "keeping.Asked", recorder: "Recorder | None") -> Profile:
    from harness.rules import compiling  # all that reads tables: not for a profile that was kept

    return compiling.profile(asked, recorder)
