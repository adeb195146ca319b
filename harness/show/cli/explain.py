"""`telerad explain RULE`: what a rule asks, where it comes from, how it is usually broken."""

from difflib import get_close_matches

import click

from harness.errors import HarnessError
from harness.show.cli import options
from harness.show.terminal import Terminal
from harness.show.words import language, source, tr
from harness.text import say


@click.command("explain", help=tr("cli.explain"))
@click.argument("rule_id", metavar="RULE")
@options.profile
@options.lang
def command(rule_id: str, profile_name: str) -> int:
    """Everything that the catalogue says of a rule."""
    profile = options.load_profile(profile_name)
    rule = profile.rule(rule_id.upper())
    if rule is None:
        near = get_close_matches(rule_id.upper(), [r.id for r in profile.rules], n=1)
        hint = say("yaml.did_you_mean", word=near[0]) if near else None
        raise HarnessError(say("cli.no_rule", id=rule_id, profile=profile.id), hint=hint)
    lang, terminal = language(), Terminal(language())
    terminal.line((rule.id, "bold"), (f"   {rule.level.value}", "dim"))
    terminal.line(rule.says.in_(lang))
    terminal.line("")
    about = [
        ("report.source", source(rule).in_(lang)),
        ("explain.place", rule.at),
        ("explain.kinds", ", ".join(sorted(rule.kinds))),
        ("explain.group", tr(f"group.{rule.group}")),
        ("explain.mistake", rule.mistake.in_(lang) if rule.mistake else ""),
        ("explain.note", rule.note.in_(lang) if rule.note else ""),
        ("explain.untested", rule.untested.in_(lang) if rule.untested else ""),
        ("explain.origin", rule.origin),
    ]
    for key, value in about:
        if value:
            terminal.line((f"{tr(key):<20}", "dim"), value)
    return 0
