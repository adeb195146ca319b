"""`telerad explain RULE|PLACE`: what a rule asks and how it is broken; what a place is for."""

from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING, Final

import click

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.rules.rule import Rule
from harness.show import packs
from harness.show.cli import options
from harness.show.saying import source
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import Text, say

if TYPE_CHECKING:
    from harness.show.example import Example, Marked, Pair
    from harness.show.place import Standard
    from harness.wire.er7path import Path

MARK: Final = {"good": "green", "bad": "bold red"}


@click.command("explain", help=tr("cli.explain"))
@click.argument("what", metavar="RULE|PLACE")
@click.option("--flow", help=tr("cli.opt.kind"))
@options.profile
@options.lang
def command(what: str, flow: str | None, profile_name: str) -> int:
    """Everything that is known of a rule, or of a place in a message."""
    profile = options.load_profile(profile_name)
    check_kind(flow, profile)
    rule = profile.rule(what) or profile.rule(what.upper()) or packs.rule_of(what.upper())
    if rule:
        return tell_rule(rule, profile, flow)
    if not _is_place(what):
        raise _unknown(what, profile)
    return _tell_place(what, profile, flow)


def check_kind(kind: str | None, profile: Profile) -> None:
    """Raise HarnessError when no rule is about such messages."""
    kinds = sorted(set(chain.from_iterable(rule.kinds for rule in profile.rules)))
    if kind is not None and kind not in kinds:
        hint = say("yaml.one_of", values=", ".join(kinds))
        raise HarnessError(say("cli.no_kind", kind=kind, profile=profile.id), hint=hint)


def _is_place(what: str) -> bool:
    from harness.wire import er7path

    return er7path.is_path(what) or er7path.is_path(what.upper())


def _unknown(what: str, profile: Profile) -> HarnessError:
    near = get_close_matches(what.upper(), [rule.id for rule in profile.rules], n=1)
    hint = say("yaml.did_you_mean", word=near[0]) if near else None
    return HarnessError(say("place.nothing", text=what, profile=profile.id), hint=hint)


# -- a rule ---------------------------------------------------------------------------------


def find_rule(name: str, profile: Profile) -> Rule:
    """The rule of that id. Raises HarnessError with the nearest one."""
    rule = profile.rule(name) or profile.rule(name.upper()) or packs.rule_of(name.upper())
    if rule is None:
        near = get_close_matches(name.upper(), [r.id for r in profile.rules], n=1)
        hint = say("yaml.did_you_mean", word=near[0]) if near else None
        raise HarnessError(say("cli.no_rule", id=name, profile=profile.id), hint=hint)
    return rule


def tell_rule(rule: Rule, profile: Profile, kind: str | None) -> int:
    """What is said of a rule, then an example made for it."""
    if kind and kind not in rule.kinds:
        kinds = ", ".join(sorted(rule.kinds))
        raise HarnessError(say("explain.elsewhere", id=rule.id, kind=kind, kinds=kinds))
    terminal = Terminal(language())
    terminal.line((rule.id, "bold"), (f"   {rule.level.value}", "dim"))
    terminal.line(rule.says.in_(terminal.lang))
    terminal.line("")
    _pairs(terminal, _about(rule, profile))
    if rule.group != packs.GROUP:  # examples are made of our own contexts only
        _tell_example(terminal, rule, profile, kind)
    return 0


def _pairs(terminal: Terminal, about: list[tuple[str, Text | str | None]]) -> None:
    for key, value in about:
        if value:
            shown = value.in_(terminal.lang) if isinstance(value, Text) else value
            terminal.line((f"{tr(key):<26}", "dim"), shown)


def _about(rule: Rule, profile: Profile) -> list[tuple[str, Text | str | None]]:
    from harness.show.place import places_of

    return [
        ("report.source", source(rule)),
        ("explain.place", rule.at or ", ".join(places_of(rule))),
        ("explain.kinds", ", ".join(sorted(rule.kinds))),
        ("explain.group", say(f"group.{rule.group}")),
        ("explain.pfi", rule.pfi.value if rule.pfi else None),
        ("explain.mistake", rule.mistake),
        ("explain.note", rule.note),
        ("explain.untested", rule.untested),
        ("explain.statements", _statements(rule, profile)),
        ("explain.origin", rule.origin),
    ]


def _statements(rule: Rule, profile: Profile) -> str:
    """Ids of the guide's statements that the rule checks; none when there is no ledger."""
    from harness.rules import coverage

    try:
        cited = coverage.by_rule(coverage.load(profile))
    except HarnessError:
        return ""
    return ", ".join(statement.id for statement in cited.get(rule.id, ()))


def _tell_example(terminal: Terminal, rule: Rule, profile: Profile, kind: str | None) -> None:
    if rule.untested:
        return
    if rule.check is None:
        terminal.line("")
        terminal.line((tr("explain.observed"), "dim"))
        return
    found = _example(rule, profile, kind)
    shown: tuple[Marked, ...] | None = None
    for pair in found.pairs if found else ():
        if pair.good != shown:
            _tell_lines(terminal, "good", pair.good, found.kind if found else "")
        shown = pair.good
        _tell_lines(terminal, "bad", pair.bad)
        _tell_problem(terminal, pair)
        _tell_fix(terminal, rule, profile, pair)
    if found and found.good:
        _tell_lines(terminal, "good", found.good, found.kind)
    if not found or not found.pairs:
        terminal.line("")
        terminal.line((tr("explain.no_example"), "dim"))


def _tell_fix(terminal: Terminal, rule: Rule, profile: Profile, pair: "Pair") -> None:
    """A correction of the bad example, judged again; nothing where none is known."""
    from harness.rules.rule import evaluate
    from harness.show.fixing import fix

    findings = evaluate(rule, pair.subject).findings if pair.subject else ()
    found = fix(findings[0], pair.subject, profile) if findings and pair.subject else None
    if found:
        terminal.line("")
        terminal.fix(found)


def _example(rule: Rule, profile: Profile, kind: str | None) -> "Example | None":
    """From the plainest case when it has one, which is quick; else from any."""
    from harness.show.example import example
    from harness.sim.selfcheck.bases import bases, plainest

    found = example(rule, profile, plainest(profile), kind)
    return found if found and found.pairs else example(rule, profile, bases(profile), kind)


def _tell_lines(terminal: Terminal, side: str, lines: "tuple[Marked, ...]", kind: str = "") -> None:
    terminal.line("")
    terminal.line((tr(f"explain.{side}"), MARK[side]), (f"   {kind}", "dim"))
    for line in lines:
        part = line.fit(min(max(terminal.console.width - 6, 56), 140))
        terminal.line("  ", part.before, (part.marked, MARK[side]), part.after)
        terminal.line("  " + " " * len(part.before), ("^" * max(1, len(part.marked)), MARK[side]))
        if part.more:
            terminal.line((f"  {tr('explain.more', count=part.more)}", "dim"))
    if not lines:
        gone = "explain.line_gone" if side == "bad" else "explain.line_none"
        terminal.line((f"  {tr(gone)}", "dim"))


def _tell_problem(terminal: Terminal, pair: "Pair") -> None:
    problem = pair.problem
    if problem is None:
        return
    where = problem.at.path or problem.at.xpath or ""
    terminal.line((f"  {tr('explain.finding')}  ", "dim"), where)
    about = (("report.expected", problem.expected), ("report.actual", problem.actual))
    for key, text in about:
        terminal.line((f"    {tr(key):<10} ", "dim"), text.in_(terminal.lang))


# -- a place --------------------------------------------------------------------------------


def _tell_place(what: str, profile: Profile, kind: str | None) -> int:
    from harness.show import place
    from harness.wire import er7path

    path = er7path.parse(what if er7path.is_path(what) else what.upper())
    known = place.standard(path)
    terminal = Terminal(language())
    terminal.line((known.place, "bold"), f"   {known.name.in_(terminal.lang)}")
    terminal.line((_nature(known), "dim"))
    _tell_parts(terminal, known)
    _tell_data(terminal, profile, path)
    _tell_values(terminal, profile, path, kind)
    _tell_rules(terminal, place.rules_about(profile, path, kind))
    return 0


def _nature(known: "Standard") -> str:
    parts = [tr("place.standard", version=known.version) if known.version else tr("place.ours")]
    parts += [known.type] if known.type else []
    parts += [tr("place.table", table=known.table)] if known.table else []
    parts += [tr("place.repeats")] if known.repeats else []
    return ", ".join(parts)


def _tell_parts(terminal: Terminal, known: "Standard") -> None:
    """The components of a field; of a segment, they would fill the screen."""
    if not known.parts or "-" not in known.place:
        return
    _title(terminal, tr("place.parts"))
    for part in known.parts:
        name = part.name.in_(terminal.lang)
        terminal.line(f"  {part.place:<11} ", name, (f"   {part.type}", "dim"))


def _tell_data(terminal: Terminal, profile: Profile, path: "Path") -> None:
    from harness.show import place

    found = list(place.elements_at(profile, path))
    if found:
        _title(terminal, tr("place.data"))
    for element, places in found:
        ranks = [element.places.index(p) + 1 for p in places]
        rank = tr("place.rank", rank=ranks[0], count=len(element.places))
        said = element.says.in_(terminal.lang)
        terminal.line(f"  {said}", (f"   {element.name}: {', '.join(places)} ({rank})", "dim"))


def _tell_values(terminal: Terminal, profile: Profile, path: "Path", kind: str | None) -> None:
    found = _values(profile, path, kind)
    if found:
        _title(terminal, tr("place.examples"))
    width = max(terminal.console.width - 24, 40)
    for one, where, value in found:
        shown = "".join(c if c.isprintable() else "·" for c in value)
        shown = shown if len(shown) <= width else shown[: width - 1] + "…"
        terminal.line((f"  {one:<4}", "dim"), f"{where:<14} ", shown)


def _values(profile: Profile, path: "Path", kind: str | None) -> list[tuple[str, str, str]]:
    """What good messages hold there: the first kind of message that holds something."""
    from harness.show import place
    from harness.show.example import ORDER
    from harness.sim.selfcheck.bases import plainest

    good = plainest(profile)
    for one in (kind,) if kind else ORDER:
        for base in good.get(one, ()):
            message = base.subject.message
            nodes = place.values(message, path) if message else ()
            if message and nodes:
                return [(one, node.at.path, message.text(node.data)) for node in nodes]
    return []


def _tell_rules(terminal: Terminal, rules: tuple[Rule, ...]) -> None:
    _title(terminal, tr("place.rules", count=len(rules)))
    if not rules:
        terminal.line(f"  {tr('place.no_rule')}")
    for rule in rules:
        line_of(terminal, rule, indent="  ")


def line_of(terminal: Terminal, rule: Rule, indent: str = "") -> None:
    """A rule on one line."""
    kinds = ",".join(sorted(rule.kinds))
    terminal.line(
        (f"{indent}{rule.id:<24}", "bold"),
        f" {rule.level.value:<6} ",
        rule.says.in_(terminal.lang),
        (f"  [{kinds}]  {source(rule).in_(terminal.lang)}", "dim"),
    )


def _title(terminal: Terminal, text: str) -> None:
    terminal.line("")
    terminal.line((text, "bold"))
