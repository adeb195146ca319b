"""`telerad check`: judges messages and documents in files."""

import gc
import sys
from pathlib import Path

import click

from harness.show import outputs
from harness.show.baseline import Baseline
from harness.show.checking import Asked, check
from harness.show.cli import corpora, options
from harness.show.cli.playing import command_line, write_wanted
from harness.show.packs import extended, xsd_of
from harness.show.saying import SIGNS
from harness.show.terminal import STYLES, Terminal
from harness.show.words import language, tr


@click.command("check", help=tr("cli.check"))
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@click.option("--flow", help=tr("cli.opt.flow"))
@click.option("--towards", type=click.Choice(("pfi",)), default=None, help=tr("cli.opt.towards"))
@click.option("--format", "formats", default="text", show_default=True, help=tr("cli.opt.format"))
@click.option("--all", "every", is_flag=True, help=tr("cli.opt.all"))
@corpora.given
@options.mapping
@options.reading
@options.baseline
@options.cda_schema
@options.pack
@options.profile
@options.lang
def command(
    paths: tuple[Path, ...],
    flow: str | None,
    towards: str | None,
    formats: str,
    every: bool,
    mapping: Path | None,
    readings: tuple[str, ...],
    cda_schema: Path | None,
    packs: tuple[str, ...],
    profile_name: str,
    known: Baseline | None,
    many: corpora.Asked,
) -> int:
    """Judge the files; the exit code tells the verdict."""
    wanted = outputs.parse(formats)
    if many.is_wanted(paths):
        from harness.show.corpus.ruleset import Choice

        many.refuse({"--all": every, "--baseline": known})
        chosen = (profile_name, mapping, cda_schema, readings, packs, flow or "", towards or "")
        return many.check(paths, Choice(*chosen), wanted)
    schema = cda_schema or xsd_of(packs)
    gc.disable()  # what is made here stays
    profile = extended(options.load_profile(profile_name, mapping, schema, readings), packs)
    gc.enable()
    if flow and flow not in ("ACK", "DOC", "HL7", "ZAM"):
        profile.flow(flow)
    gc.freeze()  # rules live as long as we do: no need to look through them again and again
    asked = Asked(profile, flow, command_line(sys.argv), towards or "")
    report = check(paths, asked) if many.message is None else many.one(paths, asked)
    report = options.in_the_light_of(known, report)
    terminal = Terminal(language())
    if any(output.kind == "text" for output in wanted):
        terminal.title(tr("term.files", count=len(report.files)))
        for judged in report.files:
            sign, style = SIGNS[judged.verdict], STYLES[judged.verdict]
            why = judged.guessed.in_(language()) if judged.guessed else ""
            told = tr("term.guessed", kind=judged.kind, why=why) if why else judged.kind
            terminal.line("  ", (sign, style), f" {judged.file}", (f"   {told}", "dim"))
        terminal.summary(report)
    for output in wanted:
        if output.kind == "json" and every:
            text = outputs.render(report, "json", language(), every=True)
            outputs.write(output.file, text)
    write_wanted(report, [o for o in wanted if not (o.kind == "json" and every)])
    return outputs.exit_code(report)
