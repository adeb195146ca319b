"""`telerad rules list`: the catalogue of rules."""

import json

import click

from harness.show.cli import options
from harness.show.terminal import Terminal
from harness.show.words import language, source, tr


@click.group("rules", help=tr("cli.rules"))
def command() -> None:
    """The group of things to ask about rules."""


@command.command("list", help=tr("cli.rules.list"))
@click.argument("prefix", default="")
@click.option("--flow", help=tr("cli.opt.flow"))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@options.profile
@options.lang
def list_command(prefix: str, flow: str | None, form: str, profile_name: str) -> int:
    """Rules whose id begins with PREFIX, in the order of the guides."""
    profile = options.load_profile(profile_name)
    found = [
        rule
        for rule in profile.rules
        if rule.id.startswith(prefix.upper()) and (not flow or flow in rule.kinds)
    ]
    if form == "json":
        rows = [
            {
                "id": rule.id,
                "level": rule.level.value,
                "says": rule.says.as_dict(),
                "source": {"document": rule.source.document, "section": rule.source.section},
                "kinds": sorted(rule.kinds),
                "group": rule.group,
                "at": rule.at or None,
                "untested": rule.untested.as_dict() if rule.untested else None,
            }
            for rule in found
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    terminal = Terminal(language())
    for rule in found:
        kinds = ",".join(sorted(rule.kinds))
        terminal.line(
            (f"{rule.id:<24}", "bold"),
            f" {rule.level.value:<6} ",
            rule.says.in_(language()),
            (f"  [{kinds}]  {source(rule).in_(language())}", "dim"),
        )
    terminal.line((tr("rules.count", count=len(found)), "dim"))
    return 0
