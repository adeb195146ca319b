"""`telerad scenarios list|show`: the conversations that can be played, and what happens in each."""

import click

from harness.rules import guide_steps
from harness.rules.profile import Flow, Profile
from harness.show.cli import options
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim import scenario
from harness.sim.scenario import Scenario, Step
from harness.text import say


@click.group("scenarios", help=tr("cli.scenarios"))
def command() -> None:
    """The group of things to ask about scenarios."""


@command.command("list", help=tr("cli.scenarios.list"))
@click.argument("names", nargs=-1, metavar="[PREFIX]...")
@options.profile
@options.lang
def list_command(names: tuple[str, ...], profile_name: str) -> int:
    """A line each: name, flows in their order, title."""
    terminal = Terminal(language())
    found = [pair[0] for pair in scenario.find(names, profile_name)]
    wide = max(len(one.scenario) for one in found)
    for one in found:
        flows = " ".join(step.send for step in one.steps)
        title = one.title.text.in_(terminal.lang)
        terminal.line((f"{one.scenario:<{wide}}  ", "bold"), f"{title}  ", (flows, "dim"))
    terminal.line((tr("scenarios.count", count=len(found)), "dim"))
    return 0


@command.command("show", help=tr("cli.scenarios.show"))
@click.argument("name", metavar="SCENARIO")
@options.profile
@options.lang
def show_command(name: str, profile_name: str) -> int:
    """Its story, then each message with the steps of the white paper that it stands for."""
    profile = options.load_profile(profile_name)
    terminal = Terminal(language())
    for one, _ in scenario.find([name], profile.id):
        _tell(terminal, one, profile)
    return 0


def _tell(terminal: Terminal, found: Scenario, profile: Profile) -> None:
    terminal.title(f"{found.scenario}  {found.title.text.in_(terminal.lang)}")
    if found.story:
        terminal.line(found.story.text.in_(terminal.lang))
    for number, step in enumerate(found.steps, start=1):
        flow = profile.flow(step.send)
        of = f" {step.of}" if step.of else ""
        terminal.line(
            f"  {number:>2}  {say(f'role.{flow.sender}').in_(terminal.lang)} ─▸ "
            f"{say(f'role.{flow.receiver}').in_(terminal.lang)}  ",
            (flow.id, "bold"),
            f"{of}  {_wanted(step)}  ",
            (_figure(profile, flow), "dim"),
        )


def _wanted(step: Step) -> str:
    """The answers that are accepted, and the rules that must speak."""
    return " ".join(("/".join(step.ack.code), *step.expect.findings))


def _figure(profile: Profile, flow: Flow) -> str:
    return " ".join(step.id for step in guide_steps.of_flow(profile, flow.id))
