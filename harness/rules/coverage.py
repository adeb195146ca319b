"""The ledger of a guide: each of its statements, and what becomes of it.

`schemas/profiles/<name>/statements.yaml` lists them in the guide's order, in blocks by section:

    document: livre-blanc-2024
    section: "3.2.2"
    title: {fr: …, en: …}
    statements:
    - {id: S-3.2.2-8, says: {fr: …, en: …}, rules: [HL7-MSH-7]}

| word | meaning |
|---|---|
| rules | ids of the rules that check it; `CDA-HDR-*` is every id that begins so |
| untestable | why nothing outside can tell; with `rules`, what they leave out |
| gap | what could be checked and is not yet; with `rules`, what they leave out |
| information | why there is no requirement in it |
| contested | the point of `contested.yaml` that it is about; its readings are told as the note |
| note | how we read it where the guide is unclear |

A statement has one of the four at least. Rules that say themselves that they are untested make the
statement untestable, for their reason.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Final

from harness import data, yamlfile
from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Rule
from harness.text import Text, say
from harness.yamlfile import Item

_BLOCK: Final = frozenset({"document", "section", "title", "statements"})
_STATUS: Final = ("rules", "untestable", "gap", "information")
_ROW: Final = frozenset({"id", "says", "note", "contested", *_STATUS})
_ID: Final = re.compile(r"S-\d+(\.\d+)*(-[A-Z0-9]+)?-\d+")


class Status(Enum):
    """What becomes of a statement. `GAP`: it could be checked, and is not yet."""

    COVERED = "covered"
    PARTLY = "partly"
    GAP = "gap"
    UNTESTABLE = "untestable"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a guide. `why` says what is not checked, and why; None when all of it is.

    `rules` are in the profile's order. `title` is the section's. `origin`: file and line.
    """

    id: str
    document: str
    section: str
    title: Text
    says: Text
    status: Status
    rules: tuple[Rule, ...] = ()
    why: Text | None = None
    note: Text | None = None
    origin: str = ""


def load(profile: Profile) -> tuple[Statement, ...]:
    """Every statement of the profile's guide, in its order.

    Raises HarnessError when the profile has no ledger, or with file, line and column when it does
    not hold: a rule that does not exist, a statement without status, or given twice.
    """
    return load_file(ledger(profile), profile)


def ledger(profile: Profile) -> Path:
    """The file of the statements. Raises HarnessError when the profile has none."""
    file = data.path("schemas", "profiles", profile.id, "statements.yaml")
    if not file.is_file():
        hint = say("yaml.one_of", values=", ".join(_with_ledger()))
        raise HarnessError(say("coverage.none", profile=profile.id), hint=hint)
    return file


def _with_ledger() -> Iterator[str]:
    folder = data.path("schemas", "profiles")
    yield from sorted(file.parent.name for file in folder.glob("*/statements.yaml"))


def load_file(file: Path, profile: Profile) -> tuple[Statement, ...]:
    """The statements of a file. Raises as `load` does."""
    found: dict[str, Statement] = {}
    for block in yamlfile.load_all(file):
        block.only(_BLOCK)
        _document(block)
        for row in block.need("statements").items:
            statement = _statement(block, row, profile)
            if statement.id in found:
                where = found[statement.id].origin
                raise row.need("id").error("coverage.twice", id=statement.id, where=where)
            found[statement.id] = statement
    return tuple(found.values())


def _document(block: Item) -> None:
    document = block.need("document")
    if document.text not in profiles.documents():
        raise document.error("yaml.unknown_value", value=document.text)


def _statement(block: Item, row: Item, profile: Profile) -> Statement:
    row.only(_ROW)
    name = row.need("id")
    if not _ID.fullmatch(name.text):
        raise name.error("coverage.bad_id", id=name.text)
    rules = _rules(row, profile)
    status, why = _status(row, rules)
    return Statement(
        id=name.text,
        document=block.need("document").text,
        section=block.need("section").text,
        title=block.need("title").both(),
        says=row.need("says").both(),
        status=status,
        rules=rules,
        why=why,
        note=_note(row, profile),
        origin=f"{row.file.name}:{row.line}",
    )


def _note(row: Item, profile: Profile) -> Text | None:
    """The note, or the readings of the contested point."""
    point, note = row.get("contested"), row.get("note")
    if point is None:
        return note.both() if note else None
    if point.text not in profile.points:
        hint = ", ".join(profile.points)
        raise point.error("contested.no_point", hint=hint, point=point.text)
    return profile.points[point.text].words


def _rules(row: Item, profile: Profile) -> tuple[Rule, ...]:
    wanted: set[str] = set()
    item = row.get("rules")
    for pattern in item.items if item else ():
        wanted.update(_matching(pattern, profile))
    return tuple(rule for rule in profile.rules if rule.id in wanted)


def _matching(pattern: Item, profile: Profile) -> list[str]:
    """Ids of the rules meant. Raises HarnessError at a pattern that means none."""
    text = pattern.text
    begin = text.removesuffix("*")
    ids = [rule.id for rule in profile.rules]
    found = [name for name in ids if name == text or (begin != text and name.startswith(begin))]
    if not found:
        near = get_close_matches(begin, ids, n=1)
        hint = say("yaml.did_you_mean", word=near[0]) if near else None
        raise pattern.error("cli.no_rule", hint=hint, id=text, profile=profile.id)
    return found


def _status(row: Item, rules: tuple[Rule, ...]) -> tuple[Status, Text | None]:
    given = [word for word in _STATUS if row.get(word) and (rules or word != "rules")]
    reasons = [row.need(word).both() for word in given if word != "rules"]
    if not given or len(reasons) > 1 or given == ["rules", "information"]:
        raise row.need("id").error("coverage.no_status", id=row.need("id").text)
    if not rules:
        return Status(given[0]), reasons[0]
    untested = [rule.untested for rule in rules if rule.untested]
    if len(untested) == len(rules) and not reasons:
        return Status.UNTESTABLE, untested[0]
    if untested or reasons:
        return Status.PARTLY, (reasons or untested)[0]
    return Status.COVERED, None


def by_section(statements: Iterable[Statement]) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    """The statements section by section, in the guide's order."""
    for section, members in groupby(statements, key=lambda statement: statement.section):
        yield section, tuple(members)


def by_rule(statements: Iterable[Statement]) -> Mapping[str, tuple[Statement, ...]]:
    """The statements that cite each rule."""
    found: dict[str, list[Statement]] = {}
    for statement in statements:
        for rule in statement.rules:
            found.setdefault(rule.id, []).append(statement)
    return {name: tuple(some) for name, some in found.items()}


def score(statements: Iterable[Statement]) -> Mapping[Status, int]:
    """How many statements have each status, zeros included."""
    counts = Counter(statement.status for statement in statements)
    return {status: counts[status] for status in Status}


def uncited(profile: Profile, statements: Iterable[Statement]) -> tuple[Rule, ...]:
    """Rules that claim to come from the profile's guide, and that no statement cites."""
    cited = by_rule(statements)
    own = (rule for rule in profile.rules if rule.source.document == profile.source.document)
    return tuple(rule for rule in own if rule.id not in cited)
