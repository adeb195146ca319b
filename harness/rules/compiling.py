"""A profile made of its files: tables, packs, Schematron, elements, facts, contested points."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
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
    profile_file,
    recognition,
    schematron,
    table,
    xsd,
)
from harness.rules.checks import schema
from harness.rules.concordance import Fact, Facts
from harness.rules.elements import Element, Elements
from harness.rules.image import Recorder
from harness.rules.keeping import Asked
from harness.rules.profile import Flow, Profile, documents, retired
from harness.rules.rule import Level, Rule, SpecRef
from harness.text import say
from harness.yamlfile import Item

_FLOW_KEYS: Final = frozenset(
    {"title", "sender", "message", "document", "usage", "made", "then", "opens"}
)


def profile(asked: Asked, recorder: Recorder | None = None) -> Profile:
    """The profile that is asked for. Raises HarnessError when one of its files does not hold."""
    content = profile_file.read(asked.name)
    folders = profile_file.folders(asked.name)
    places = _elements(folders)
    if asked.mapping:
        places = elements.mapped(places, asked.mapping)
    facts = _facts(folders, places)
    points = contested.load(folders, content.need("document").text)
    found = _rules(content, _context(content, places, facts), recorder)
    rules = tuple(contested.settled(found, points, asked.readings))
    if asked.cda_schema:
        rules = tuple(schema.against(rules, asked.cda_schema))
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
        readings=asked.readings,
        recognise=recognition.load(content, places),
        hash=_hash(folders, content, asked),
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


def _rules(content: Item, context: table.Context, recorder: Recorder | None) -> Iterator[Rule]:
    """The rules of the tables, packs and Schematron files, as the profile wants them."""
    without, levels = content.get("without"), content.get("levels")
    gone = dict.fromkeys(without.texts if without else ())
    other = {name: _level(item) for name, item in levels.fields.items()} if levels else {}
    known = set()
    for rule in _every_rule(content, context, recorder):
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


def _context(content: Item, places: Elements, facts: Facts) -> table.Context:
    kinds = {name: item.texts for name, item in content.need("kinds").fields.items()}
    single = {kind: (kind,) for members in kinds.values() for kind in members}
    flows = content.need("flows").fields
    return table.Context(
        kinds={**single, **kinds},
        elements=places,
        sets=value_sets(),
        documents=frozenset(documents()),
        facts=facts,
        document_of={
            key: flow["document"].text
            for key, item in flows.items()
            if "document" in (flow := item.fields)
        },
    )


def _every_rule(content: Item, context: table.Context, recorder: Recorder | None) -> Iterator[Rule]:
    if recorder:
        recorder.begin(context)
    for file, at_most in tables(content):
        for block, row in table.rows(file):
            rule = table.rule(block, row, context)
            if recorder:
                recorder.row(rule, block, row)
            softer = at_most and rule.level is Level.MUST
            yield replace(rule, level=at_most, pfi=None) if at_most and softer else rule
    for name, item in content.need("schematron").fields.items():
        file, kinds = data.path("schematron", name), frozenset(item.texts)
        rules = tuple(schematron.load(file, kinds))
        if recorder:
            recorder.asserts(file, kinds, rules)
        yield from rules


def _facts(folders: Iterable[Path], places: Elements) -> Facts:
    files = (folder / "concordance.yaml" for folder in folders)
    found: dict[str, Fact] = {}
    for file in files:
        if file.is_file():
            found |= concordance.load(file, places)
    return found


def tables(content: Item) -> Iterator[tuple[Path, Level | None]]:
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
def value_sets() -> Mapping[str, frozenset[str]]:
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


def _hash(folders: Iterable[Path], content: Item, asked: Asked) -> str:
    """SHA-256 over every file that decides a verdict, by name and content, and the readings."""
    own = ("profile.yaml", "elements.yaml", "concordance.yaml", "contested.yaml")
    files = [folder / name for folder in folders for name in own if (folder / name).is_file()]
    files += [file for file, _ in tables(content)]
    files.append(data.path("schemas", "precedence.yaml"))
    files += [data.path("schematron", name) for name in content.need("schematron").fields]
    for shared in ("valuesets", "standard"):
        files += sorted(data.path("schemas", shared).glob("*.yaml"))
        files += sorted(data.path("schemas", shared).glob("*.tsv"))
    files += xsd.files(asked.cda_schema or xsd.own())
    files += sorted(Path(schematron.__file__).parent.rglob("*.py"))
    total = sha256()
    for file in (*files, *([asked.mapping] if asked.mapping else [])):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    for point, reading in sorted(asked.readings):
        total.update(f"{point}={reading}\0".encode())
    return total.hexdigest()
