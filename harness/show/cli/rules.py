"""`telerad rules list|show|diff|coverage`: the catalogue of rules, and the guide they come from."""

import click

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.rules.rule import Level, Rule
from harness.show import outputs
from harness.show.cli import options
from harness.show.cli.explain import check_kind, find_rule, line_of, tell_rule
from harness.show.outputs import Output
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import say


@click.group("rules", help=tr("cli.rules"))
def command() -> None:
    """The group of things to ask about rules."""


_form = click.option(
    "--format", "form", default="text", show_default=True, help=tr("cli.opt.rules_format")
)


@command.command("list", help=tr("cli.rules.list"))
@click.argument("prefix", default="")
@click.option("--flow", help=tr("cli.opt.kind"))
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level], case_sensitive=False),
    help=tr("cli.opt.level"),
)
@_form
@options.profile
@options.lang
def list_command(
    prefix: str, flow: str | None, level: str | None, form: str, profile_name: str
) -> int:
    """Rules whose id begins with PREFIX, in the order of the guides."""
    wanted = _outputs(form)
    profile = options.load_profile(profile_name)
    check_kind(flow, profile)
    found = tuple(
        rule
        for rule in profile.rules
        if rule.id.startswith(prefix.upper())
        and flow in (None, *rule.kinds)
        and level in (None, rule.level.value)
    )
    for output in wanted:
        _list(output, profile, found)
    return 0


def _list(output: Output, profile: Profile, rules: tuple[Rule, ...]) -> None:
    from harness.show import rulebook

    if output.kind == "json":
        _write(output, rulebook.rules_json(rules))
    elif output.kind == "html":
        _write(output, rulebook.to_html(profile, (), rules, language()))
    else:
        terminal = Terminal(language())
        for rule in rules:
            line_of(terminal, rule)
        terminal.line((tr("rules.count", count=len(rules)), "dim"))


@command.command("show", help=tr("cli.rules.show"))
@click.argument("rule_id", metavar="RULE")
@click.option("--flow", help=tr("cli.opt.kind"))
@options.profile
@options.lang
def show_command(rule_id: str, flow: str | None, profile_name: str) -> int:
    """The same as `telerad explain RULE`."""
    profile = options.load_profile(profile_name)
    check_kind(flow, profile)
    return tell_rule(find_rule(rule_id, profile), profile, flow)


@command.command("diff", help=tr("cli.rules.diff"))
@click.argument("before", metavar="PROFILE")
@click.argument("after", metavar="PROFILE")
@_form
@options.lang
def diff_command(before: str, after: str, form: str) -> int:
    """What a vendor who knows one guide must know of the other."""
    from harness.show.compare import rulesdiff

    wanted = _outputs(form)
    found = rulesdiff.diff(options.load_profile(before), options.load_profile(after))
    for output in wanted:
        if output.kind == "json":
            _write(output, rulesdiff.to_json(found))
        elif output.kind == "html":
            _write(output, rulesdiff.to_html(found, language()))
        else:
            rulesdiff.to_terminal(Terminal(language()), found)
    return 0


@command.command("coverage", help=tr("cli.rules.coverage"))
@_form
@options.profile
@options.lang
def coverage_command(form: str, profile_name: str) -> int:
    """Every statement of the guide with its status."""
    wanted = _outputs(form)
    profile = options.load_profile(profile_name)
    for output in wanted:
        _coverage(output, profile)
    return 0


def _coverage(output: Output, profile: Profile) -> None:
    from harness.rules import coverage
    from harness.show import rulebook

    statements = coverage.load(profile)
    if output.kind == "json":
        _write(output, rulebook.coverage_json(profile, statements))
    elif output.kind == "html":
        _write(output, rulebook.to_html(profile, statements, profile.rules, language()))
    else:
        rulebook.to_terminal(Terminal(language()), profile, statements)


def _outputs(form: str) -> tuple[Output, ...]:
    found = outputs.parse(form)
    for output in found:
        if output.kind not in ("text", "json", "html"):
            hint = say("yaml.one_of", values="text, json, html")
            raise HarnessError(say("cli.no_format", format=output.kind), hint=hint)
    return found


def _write(output: Output, text: str) -> None:
    if output.file:
        outputs.write(output.file, text)
    else:
        click.echo(text, nl=not text.endswith("\n"))
