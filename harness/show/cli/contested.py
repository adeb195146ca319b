"""`telerad contested list|show|export`: where the texts of a guide can be read in several ways."""

import click

from harness.errors import HarnessError
from harness.rules import contested
from harness.rules.contested import Point
from harness.rules.profile import Profile
from harness.rules.rule import Rule, SpecRef
from harness.show import contestedmd
from harness.show.cli import options
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import say


@click.group("contested", help=tr("cli.contested"))
def command() -> None:
    """The group of things to ask about contested points."""


@command.command("list", help=tr("cli.contested.list"))
@options.profile
@options.lang
def list_command(profile_name: str) -> int:
    """Each point with its readings, the default one marked."""
    profile = options.load_profile(profile_name)
    terminal = Terminal(language())
    for point in profile.points.values():
        terminal.line((f"{point.id:<5}", "bold"), point.says.in_(terminal.lang))
        terminal.line((f"     {_choices(point)}", "dim"))
    if profile.points:
        terminal.line((tr("contested.count", count=len(profile.points)), "dim"))
    else:
        terminal.line(tr("contested.none", profile=profile.id))
        terminal.line((tr("contested.elsewhere", option=contested.elsewhere()), "dim"))
    return 0


def _choices(point: Point) -> str:
    marked = (f"{name}*" if name == point.default else name for name in point.readings)
    return f"{point.level.value}  {', '.join(point.places)}  {' / '.join(marked)}"


@command.command("show", help=tr("cli.contested.show"))
@click.argument("point_id", metavar="POINT")
@options.profile
@options.lang
def show_command(point_id: str, profile_name: str) -> int:
    """The readings with their source, and the rules of each."""
    profile = options.load_profile(profile_name)
    point = profile.points.get(point_id.upper())
    if point is None:
        known = say("yaml.one_of", values=", ".join(profile.points))
        hint = known if profile.points else contested.elsewhere()
        raise HarnessError(say("contested.no_point", point=point_id), hint=hint)
    _tell(Terminal(language()), point, profile)
    return 0


def _tell(terminal: Terminal, point: Point, profile: Profile) -> None:
    terminal.line((point.id, "bold"), f"  {point.says.in_(terminal.lang)}")
    terminal.line((_choices(point), "dim"))
    for name, reading in point.readings.items():
        terminal.line("")
        terminal.line((f"{point.id}={name}", "bold"), f"  {reading.says.in_(terminal.lang)}")
        terminal.line((f"  {_source(reading.source)}", "dim"))
        for rule in _rows(point, name, profile):
            terminal.line(f"  {rule.id}  {rule.says.in_(terminal.lang)}")
    terminal.line("")
    terminal.line(point.question.in_(terminal.lang))


def _rows(point: Point, reading: str, profile: Profile) -> tuple[Rule, ...]:
    chosen = options.load_profile(profile.id, readings=(f"{point.id}={reading}",))
    return tuple(rule for rule in chosen.rules if rule.contested == point.id)


def _source(source: SpecRef) -> str:
    return contestedmd.source_words(source).in_(language())


@command.command("export", help=tr("cli.contested.export"))
@click.option(
    "--format", "form", type=click.Choice(("md",)), default="md", help=tr("cli.opt.export_format")
)
@options.profile
@options.lang
def export_command(form: str, profile_name: str) -> int:
    """A text ready to send to the authors of the guide."""
    profile = options.load_profile(profile_name)
    if not profile.points:
        hint = contested.elsewhere()
        raise HarnessError(say("contested.none", profile=profile.id), hint=hint)
    click.echo(contestedmd.text(profile, language()), nl=False)
    return 0
