"""`telerad demo`: a simulated RIS against a simulated platform, judged, reported."""

import sys
import webbrowser
from pathlib import Path

import click

from harness import data
from harness.show import outputs
from harness.show.cli import options
from harness.show.cli.playing import command_line, finish
from harness.show.runs import session
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim import scenario
from harness.sim.defects import catalogue as defects
from harness.sim.defects.defect import Defect
from harness.sim.scenario import Scenario


@click.command("demo", help=tr("cli.demo"))
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help=tr("cli.opt.seed")
)
@click.option("--clock", metavar="ISO8601", help=tr("cli.opt.clock"))
@click.option("--out", type=click.Path(path_type=Path), help=tr("cli.opt.out"))
@click.option("--defect", metavar="NAME", help=tr("cli.opt.defect"))
@click.option("--list-defects", is_flag=True, help=tr("cli.opt.list_defects"))
@click.option("--open", "open_report", is_flag=True, help=tr("cli.opt.open"))
@options.cda_schema
@options.profile
@options.lang
def command(
    seed: int,
    clock: str | None,
    out: Path | None,
    defect: str | None,
    list_defects: bool,
    open_report: bool,
    cda_schema: Path | None,
    profile_name: str,
) -> int:
    """Play the nominal exchange; the exit code tells the verdict."""
    terminal = Terminal(language())
    profile = options.load_profile(profile_name, cda_schema=cda_schema)
    if list_defects:
        _list(terminal, profile.id)
        return 0
    at = options.clock(clock)
    chosen = defects.find(defect, profile.id) if defect else None
    folder = out or session.new_folder("demo")
    terminal.title(tr("demo.title"))
    if chosen:
        terminal.line((f"  {tr('demo.defect')} {chosen.says.in_(language())}", "yellow"))
    report = session.run(
        _scenarios(profile.id, chosen),
        session.Options(
            profile=profile,
            folder=folder,
            command=command_line(sys.argv),
            seed=seed,
            clock=at,
            defect=chosen,
            ack_timeout=1.0,
            told=terminal.step,
        ),
    )
    written = finish(report, terminal, folder, outputs.parse("text"))
    if open_report:
        webbrowser.open(written.resolve().as_uri())
    return outputs.exit_code(report)


def _scenarios(profile: str, chosen: Defect | None) -> tuple[Scenario, ...]:
    """The nominal exchange, or the one that shows the defect."""
    if chosen and chosen.scenario:
        return tuple(found for found, _ in scenario.find([chosen.scenario], profile))
    return scenario.load(data.path("scenarios", profile, "nominal.yaml"))[:1]


def _list(terminal: Terminal, profile: str) -> None:
    for defect in defects.of(profile):
        side = tr(f"role.{defect.role}")
        says = defect.says.in_(language())
        terminal.line(
            f"{defect.name:<30} {defect.flow}  {side:<10} ", says, (f"  {defect.rule}", "dim")
        )
