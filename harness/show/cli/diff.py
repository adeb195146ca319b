"""`telerad diff`: two recorded runs side by side."""

import json
from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show import outputs
from harness.show.cli import options
from harness.show.compare import rundiff
from harness.show.compare.rundiff import Category, Item, RunDiff, by_category, where
from harness.show.outputs import Output
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import say

_STYLES = {0: ("✓", "green"), 1: ("✗", "bold red"), 3: ("?", "magenta"), 4: ("!", "yellow")}
_SHOWN = 20


@click.command("diff", help=tr("cli.diff"), epilog=tr("cli.diff.codes"))
@click.argument("before", type=click.Path(path_type=Path), metavar="RUN_A")
@click.argument("after", type=click.Path(path_type=Path), metavar="RUN_B")
@click.option("--format", "form", default="text", show_default=True, help=tr("cli.opt.diff_format"))
@options.lang
def command(before: Path, after: Path, form: str) -> int:
    """Compare two results; the exit code tells the worst category."""
    wanted = _outputs(form)
    found = rundiff.compare(before, after)
    for output in wanted:
        if output.kind == "json":
            text = json.dumps(rundiff.as_dict(found), ensure_ascii=False, indent=1) + "\n"
            outputs.write(output.file, text)
        else:
            _tell(Terminal(language()), found)
    return found.code


def _outputs(form: str) -> tuple[Output, ...]:
    found = outputs.parse(form)
    for output in found:
        if output.kind not in ("text", "json"):
            hint = say("yaml.one_of", values="text, json")
            raise HarnessError(say("cli.no_format", format=output.kind), hint=hint)
    return found


def _tell(terminal: Terminal, found: RunDiff) -> None:
    sign, style = _STYLES[found.code]
    terminal.line((f"{sign} {rundiff.headline(found).in_(terminal.lang)}", style))
    for side in (found.before, found.after):
        verdict = terminal.tr(f"verdict.{side.verdict}")
        terminal.line((f"  {side.file}  {side.profile}  {verdict}", "dim"))
        if side.rules is None:
            terminal.line((f"    {terminal.tr('rundiff.incomplete')}", "yellow"))
    for category, items in by_category(found.items):
        _tell_category(terminal, category, items)


def _tell_category(terminal: Terminal, category: Category, items: tuple[Item, ...]) -> None:
    terminal.title(f"{terminal.tr(f'rundiff.{category.value}')} ({len(items)})")
    for item in items[:_SHOWN]:
        _tell_item(terminal, item)
    if len(items) > _SHOWN:
        terminal.line((f"  … {terminal.tr('term.more', count=len(items) - _SHOWN)}", "dim"))


def _tell_item(terminal: Terminal, item: Item) -> None:
    finding, lang = item.finding or {}, terminal.lang
    says = (finding.get("message") or {}).get(lang, "")
    verdicts = [terminal.tr(f"verdict.{v.word}") if v else "–" for v in (item.before, item.after)]
    told = f"  {' → '.join(verdicts)}" if item.rule else ""
    terminal.line(
        (f"  {item.rule:<24} " if item.rule else "  ", "bold"),
        where(item.key).in_(lang),
        (told, "dim"),
    )
    if says:
        path = (finding.get("place") or {}).get("path") or ""
        terminal.line((f"{'':<27}{path + '  ' if path else ''}{says}", "dim"))
