"""`telerad migrate`: a recorded run under two guides, and what it takes to pass the later one."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show import outputs
from harness.show.cli import options
from harness.show.cli.judge import profile_of
from harness.show.cli.playing import command_line
from harness.show.compare import migrating, migrationreport
from harness.show.compare.migrating import Way
from harness.show.outputs import Output
from harness.show.runs import recorded
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import say


@click.command("migrate", help=tr("cli.migrate"))
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--to", "target", required=True, metavar="PROFILE", help=tr("cli.opt.to"))
@click.option("--format", "form", default="text", show_default=True, help=tr("cli.opt.to_format"))
@options.mapping
@options.lang
def command(run: Path, target: str, form: str, mapping: Path | None) -> int:
    """Judge the run by both guides; the exit code tells the verdict under the later one."""
    wanted = _outputs(form)
    was = recorded.read(run)
    source = options.load_profile(profile_of(was), mapping)
    way = migrating.migrate(was, source, options.load_profile(target), command_line(sys.argv))
    for output in wanted:
        _write(output, way)
    return outputs.exit_code(replace(way.after, interrupted=False))


def _outputs(form: str) -> tuple[Output, ...]:
    found = outputs.parse(form)
    for output in found:
        if output.kind not in ("text", "json", "html"):
            hint = say("yaml.one_of", values="text, json, html")
            raise HarnessError(say("cli.no_format", format=output.kind), hint=hint)
    return found


def _write(output: Output, way: Way) -> None:
    if output.kind == "json":
        outputs.write(output.file, migrationreport.to_json(way))
    elif output.kind == "html":
        outputs.write(output.file, migrationreport.to_html(way, language()))
    else:
        migrationreport.to_terminal(Terminal(language()), way)
