"""The rule book: a guide's statements with their status, and every rule with its examples.

As text for the terminal, as JSON, and as one HTML page with no network and a strict policy.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from harness.rules import coverage
from harness.rules.coverage import Statement, Status
from harness.rules.profile import Profile
from harness.rules.rule import Level, Rule
from harness.show.example import Example, example
from harness.show.pages import page
from harness.show.place import places_of
from harness.show.saying import source
from harness.show.terminal import Terminal
from harness.sim.selfcheck.bases import bases
from harness.text import Text, catalogue, plain, say

SIGNS: Final = {
    Status.COVERED: ("✓", "green"),
    Status.PARTLY: ("~", "yellow"),
    Status.GAP: ("✗", "red"),
    Status.UNTESTABLE: ("∅", "magenta"),
    Status.INFORMATION: ("·", "dim"),
}
LINE: Final = 94  # characters of an example on the page


def score_line(statements: tuple[Statement, ...]) -> Text:
    """How many statements have each status."""
    counts = coverage.score(statements)
    named = {status.value: count for status, count in counts.items()}
    none = len(statements) - sum(counts.values())
    return say("coverage.score", count=len(statements), none=none, **named)


# -- terminal -------------------------------------------------------------------------------


def to_terminal(terminal: Terminal, profile: Profile, statements: tuple[Statement, ...]) -> None:
    """The statements section by section, then the score."""
    terminal.title(terminal.tr("coverage.title", title=profile.title))
    for section, members in coverage.by_section(statements):
        terminal.title(f"{section}  {members[0].title.in_(terminal.lang)}")
        for statement in members:
            _statement(terminal, statement)
    terminal.line("")
    terminal.line((score_line(statements).in_(terminal.lang), "bold"))
    left = coverage.uncited(profile, statements)
    terminal.line((terminal.tr("coverage.uncited", count=len(left)), "dim"))


def _statement(terminal: Terminal, statement: Statement) -> None:
    sign, style = SIGNS[statement.status]
    says = statement.says.in_(terminal.lang)
    terminal.line("  ", (f"{sign} ", style), (f"{statement.id:<14} ", "bold"), says)
    rules = ", ".join(_shortened(statement.rules))
    word = say(f"status.{statement.status.value}")
    why = terminal.tr("coverage.why", status=word, text=statement.why) if statement.why else ""
    note = terminal.tr("coverage.note", text=statement.note) if statement.note else ""
    for text in filter(None, (rules, why, note)):
        terminal.line((f"{'':<19}{text}", "dim"))


def _shortened(rules: tuple[Rule, ...]) -> Iterator[str]:
    """Ids, the first of many with how many more."""
    shown = rules if len(rules) <= 6 else rules[:5]
    yield from (rule.id for rule in shown)
    if len(shown) < len(rules):
        yield f"… (+{len(rules) - len(shown)})"


# -- JSON -----------------------------------------------------------------------------------


def rules_json(rules: tuple[Rule, ...]) -> str:
    """The rules as a JSON list."""
    return json.dumps([_rule_dict(rule) for rule in rules], ensure_ascii=False, indent=1)


def _rule_dict(rule: Rule) -> dict[str, Any]:
    texts = {"mistake": rule.mistake, "note": rule.note, "untested": rule.untested}
    return {
        "id": rule.id,
        "level": rule.level.value,
        "says": rule.says.as_dict(),
        "source": {"document": rule.source.document, "section": rule.source.section},
        "kinds": sorted(rule.kinds),
        "group": rule.group,
        "at": rule.at or None,
        **{key: text.as_dict() if text else None for key, text in texts.items()},
    }


def coverage_json(profile: Profile, statements: tuple[Statement, ...]) -> str:
    """The ledger as JSON."""
    content = {
        "profile": profile.id,
        "version": profile.version,
        "rules_hash": profile.hash,
        "score": {s.value: count for s, count in coverage.score(statements).items()},
        "uncited": [rule.id for rule in coverage.uncited(profile, statements)],
        "statements": [_statement_dict(statement) for statement in statements],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _statement_dict(statement: Statement) -> dict[str, Any]:
    texts = {"why": statement.why, "note": statement.note}
    return {
        "id": statement.id,
        "document": statement.document,
        "section": statement.section,
        "says": statement.says.as_dict(),
        "status": statement.status.value,
        "rules": [rule.id for rule in statement.rules],
        **{key: text.as_dict() if text else None for key, text in texts.items()},
    }


# -- HTML -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule of the index: the places it is about, the statements that cite it, its example."""

    rule: Rule
    places: tuple[str, ...]
    statements: tuple[Statement, ...]
    example: Example | None


def to_html(
    profile: Profile, statements: tuple[Statement, ...], rules: tuple[Rule, ...], lang: str
) -> str:
    """The page as text: the statements, if any, and the index of the rules."""
    style = page.asset("report.css") + page.asset("rulebook.css")
    script = page.asset("rulebook.js")
    template = page.environment().get_template("rulebook.html.j2")
    return template.render(
        profile=profile,
        lang=lang,
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        policy=page.policy(style, script),
        sections=list(coverage.by_section(statements)),
        score=coverage.score(statements),
        score_line=score_line(statements),
        count=len(statements),
        entries=list(_entries(profile, statements, rules)),
        count_of=coverage.score,
        statuses=[(status.value, say(f"status.{status.value}")) for status in Status],
        levels=[(level.value, plain(level.value)) for level in Level],
        source=source,
        line=LINE,
        names=catalogue(),
    )


def _entries(
    profile: Profile, statements: tuple[Statement, ...], rules: tuple[Rule, ...]
) -> Iterator[Entry]:
    cited: Mapping[str, tuple[Statement, ...]] = coverage.by_rule(statements)
    good = bases(profile)
    for rule in rules:
        found = example(rule, profile, good)
        yield Entry(rule, places_of(rule), cited.get(rule.id, ()), found)
