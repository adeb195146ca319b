"""A profile: the rules of one guide at one date, with the packs that it shares with others.

`schemas/profiles/<name>/profile.yaml` names its flows, tables and packs; `elements.yaml` beside it
says where business data stand. `judge` gives the outcomes of everything that a message carries.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from harness import data, yamlfile
from harness.errors import HarnessError
from harness.rules import (
    concordance,
    contested,
    elements,
    precedence,
    profile_file,
    recognition,
    schematron,
    table,
    xsd,
)
from harness.rules.checks import schema
from harness.rules.concordance import Fact, Facts, Row
from harness.rules.contested import Points, Readings
from harness.rules.elements import Element, Elements
from harness.rules.ledger import Ledger
from harness.rules.ledger import note as put
from harness.rules.recognition import Line
from harness.rules.rule import (
    Group,
    Level,
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
from harness.yamlfile import Item

_NO_MESSAGE: Final = "HL7-MSH"  # the rule that speaks when there is no header to speak of
DEFAULT: Final = "livre-blanc-2024"
_FLOW_KEYS: Final = frozenset(
    {"title", "sender", "message", "document", "usage", "made", "then", "opens"}
)


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
    of contested points.

    Raises HarnessError when there is no such profile, or one of its files does not hold.
    """
    content = profile_file.read(name)
    folders = profile_file.folders(name)
    places = _elements(folders)
    if mapping:
        places = elements.mapped(places, mapping)
    facts = _facts(folders, places)
    points = contested.load(folders, content.need("document").text)
    rules = tuple(contested.settled(_rules(content, places, facts), points, readings))
    if cda_schema:
        rules = tuple(schema.against(rules, cda_schema))
    _refuse_twins(rules)
    flows = {key: _flow(key, item) for key, item in content.need("flows").fields.items()}
    return Profile(
        id=content.need("profile").text,
        title=content.need("title").both(),
        version=content.need("version").text,
        source=SpecRef(content.need("document").text, ""),
        flows=flows,
        aliases=_aliases(content, flows),
        elements=places,
        rules=rules,
        facts=facts,
        points=points,
        readings=readings,
        recognise=recognition.load(content, places),
        hash=_hash(folders, content, mapping, cda_schema or xsd.own(), readings),
    )


def _elements(folders: Iterable[Path]) -> Elements:
    files = (folder / "elements.yaml" for folder in folders)
    found: dict[str, Element] = {}
    for file in files:
        if file.is_file():
            found |= elements.load(file)
    return found


def _aliases(content: Item, flows: Mapping[str, Flow]) -> Mapping[str, str]:
    item = content.get("aliases")
    for named in item.fields.values() if item else ():
        if named.text not in (*flows, "ACK"):
            raise named.error("yaml.unknown_value", hint=", ".join(flows), value=named.text)
    return {alias: named.text for alias, named in item.fields.items()} if item else {}


def _flow(name: str, item: Item) -> Flow:
    item.only(_FLOW_KEYS)
    document = item.get("document")
    return Flow(
        id=name,
        title=item.need("title").both(),
        sender=item.need("sender").text,
        message=item.need("message").text,
        document=document.text if document else "",
        usage=item.need("usage").text,
        made=made.text if (made := item.get("made")) else "",
        then=then.texts if (then := item.get("then")) else (),
        opens=(opens := item.get("opens")) is not None and opens.text == "yes",
    )


def _rules(content: Item, places: Elements, facts: Facts) -> Iterator[Rule]:
    """The rules of the tables, packs and Schematron files, as the profile wants them."""
    without, levels = content.get("without"), content.get("levels")
    gone = dict.fromkeys(without.texts if without else ())
    other = {name: _level(item) for name, item in levels.fields.items()} if levels else {}
    known = set()
    for rule in _every_rule(content, places, facts):
        known.add(rule.id)
        if rule.id not in gone:
            yield replace(rule, level=other.get(rule.id, rule.level))
    for item in without.items if without else ():
        if item.text not in known:
            raise item.error("profile.no_rule", id=item.text)
    for name, item in levels.fields.items() if levels else ():
        if name not in known:
            raise item.as_key.error("profile.no_rule", id=name)


def _level(item: Item) -> Level:
    if item.text not in Level.__members__:
        raise item.error("yaml.unknown_value", hint="MUST, SHOULD, MAY", value=item.text)
    return Level[item.text]


def _every_rule(content: Item, places: Elements, facts: Facts) -> Iterator[Rule]:
    kinds = {name: item.texts for name, item in content.need("kinds").fields.items()}
    single = {kind: (kind,) for members in kinds.values() for kind in members}
    flows = content.need("flows").fields
    context = table.Context(
        kinds={**single, **kinds},
        elements=places,
        sets=_value_sets(),
        documents=frozenset(documents()),
        facts=facts,
        document_of={
            key: flow["document"].text
            for key, item in flows.items()
            if "document" in (flow := item.fields)
        },
    )
    for file, at_most in _tables(content):
        for rule in table.load(file, context):
            yield (
                replace(rule, level=at_most, pfi=None)
                if at_most and rule.level is Level.MUST
                else rule
            )
    for name, item in content.need("schematron").fields.items():
        yield from schematron.load(data.path("schematron", name), frozenset(item.texts))


def _facts(folders: Iterable[Path], places: Elements) -> Facts:
    files = (folder / "concordance.yaml" for folder in folders)
    found: dict[str, Fact] = {}
    for file in files:
        if file.is_file():
            found |= concordance.load(file, places)
    return found


def _tables(content: Item) -> Iterator[tuple[Path, Level | None]]:
    """The tables, and the level that a pack's rules have at most in this profile.

    A pack is a name, or `{pack: NAME, at_most: SHOULD}` when the guide does not cite it itself.
    """
    for item in content.need("tables").items:
        yield item.file.parent / item.text, None
    packs: dict[str, tuple[Item, Level | None]] = {}
    for pack in content.need("packs").items:
        name, at_most = pack, None
        if isinstance(pack.value, dict):
            pack.only(frozenset({"pack", "at_most"}))
            name, at_most = pack.need("pack"), _level(pack.need("at_most"))
        packs[name.text] = name, at_most
    for name, at_most in packs.values():
        files = sorted(data.path("schemas", "packs", name.text).glob("*.yaml"))
        if not files:
            raise name.error("yaml.unknown_value", value=name.text)
        yield from ((file, at_most) for file in files)


@cache
def _value_sets() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for file in sorted(data.path("schemas", "valuesets").glob("*.yaml")):
        for name, item in yamlfile.load(file).need("sets").fields.items():
            found[name] = frozenset(item.need("codes").fields)
    return found


def _refuse_twins(rules: Iterable[Rule]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in retired():
            raise HarnessError(say("table.retired", id=rule.id, where=rule.origin))
        if rule.id in seen:
            where = f"{seen[rule.id].origin}, {rule.origin}"
            raise HarnessError(say("table.id_twice", id=rule.id, where=where))
        seen[rule.id] = rule


def _hash(
    folders: Iterable[Path],
    content: Item,
    mapping: Path | None,
    cda_schema: Path,
    readings: Readings,
) -> str:
    """SHA-256 over every file that decides a verdict, by name and content, and the readings."""
    own = ("profile.yaml", "elements.yaml", "concordance.yaml", "contested.yaml")
    files = [folder / name for folder in folders for name in own if (folder / name).is_file()]
    files += [file for file, _ in _tables(content)]
    files.append(data.path("schemas", "precedence.yaml"))
    files += [data.path("schematron", name) for name in content.need("schematron").fields]
    for shared in ("valuesets", "standard"):
        files += sorted(data.path("schemas", shared).glob("*.yaml"))
        files += sorted(data.path("schemas", shared).glob("*.tsv"))
    files += xsd.files(cda_schema)
    files += sorted(Path(schematron.__file__).parent.rglob("*.py"))
    total = sha256()
    for file in (*files, *([mapping] if mapping else [])):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    for point, reading in sorted(readings):
        total.update(f"{point}={reading}\0".encode())
    return total.hexdigest()
