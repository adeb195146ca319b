"""`telerad judge`: a recorded run judged again, by the rules of today or by another guide."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show import outputs
from harness.show.baseline import Baseline
from harness.show.cli import options
from harness.show.cli.playing import command_line, finish, warn, write_wanted
from harness.show.packs import extended, xsd_of
from harness.show.redact.sharing import shared, told
from harness.show.report import Report
from harness.show.runs import recorded, session
from harness.show.runs.recorded import Run
from harness.show.runs.rejudging import judge_again
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import say


@click.command("judge", help=tr("cli.judge"))
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--profile", "profile_name", help=tr("cli.opt.judge_profile"))
@click.option("--out", type=click.Path(path_type=Path), help=tr("cli.opt.judge_out"))
@click.option("--format", "formats", default="text", show_default=True, help=tr("cli.opt.format"))
@options.mapping
@options.baseline
@options.redact(default=False)
@options.cda_schema
@options.pack
@options.lang
def command(
    run: Path,
    profile_name: str | None,
    out: Path | None,
    formats: str,
    mapping: Path | None,
    cda_schema: Path | None,
    packs: tuple[str, ...],
    known: Baseline | None,
    redact: bool,
) -> int:
    """Read the run back and judge it; the exit code tells the verdict."""
    wanted = outputs.parse(formats)
    if out and out.resolve() == run.resolve():
        raise HarnessError(say("recorded.same_folder"), file=out)
    was = recorded.read(run)
    schema = cda_schema or xsd_of(packs)
    name = profile_name or profile_of(was)
    profile = extended(options.load_profile(name, mapping, schema), packs)
    terminal = Terminal(language())
    text = any(output.kind == "text" for output in wanted)
    if redact:
        was, report, proof = shared(was, profile, "telerad judge --redact")
        if text:
            terminal.line(told(proof).in_(terminal.lang))
        elif not proof.holds:
            warn(told(proof))
    else:
        report = judge_again(was, profile, command_line(sys.argv))
    report = options.in_the_light_of(known, report)
    if text:
        tell(terminal, was, report)
    if out:
        session.keep_files(report.exchanges, out)
        finish(report, terminal, out, wanted)
    else:
        if text:
            terminal.summary(report)
        write_wanted(report, wanted)
    return outputs.exit_code(replace(report, interrupted=False))


def profile_of(run: Run) -> str:
    """The profile that a run was judged by. Raises HarnessError when nothing tells."""
    if not run.profile:
        raise HarnessError(say("recorded.unknown_profile"), file=run.folder, hint="--profile")
    return run.profile


def tell(terminal: Terminal, was: Run, report: Report) -> None:
    """What is read, and its exchanges."""
    terminal.title(tr("judge.title", folder=str(was.folder), profile=report.profile_title))
    if not was.rules_hash:
        terminal.line((f"  {tr('judge.killed')}", "yellow"))
    else:
        same = was.rules_hash == report.rules_hash
        key = "judge.same_rules" if same else "judge.other_rules"
        terminal.line((f"  {tr(key)}", "dim"))
    for exchange in report.exchanges:
        terminal.step(exchange)
