"""`telerad lint`: what is wrong with scenario files, and where, before anybody is tested."""

from pathlib import Path

import click

from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.show.cli import options
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim import lint
from harness.sim.lint import Remark
from harness.text import say


class _Profiles(dict[str, Profile]):
    """Each profile, read when it is first asked for."""

    def __missing__(self, name: str) -> Profile:
        self[name] = profiles.load(name)
        return self[name]


@click.command("lint", help=tr("cli.lint"))
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@options.lang
def command(paths: tuple[Path, ...]) -> int:
    """One line for each remark; 2 when a scenario has a mistake."""
    files = [file for path in paths for file in _files(path)]
    terminal = Terminal(language())
    errors = warnings = 0
    for remark in lint.lint(files, _Profiles()):
        _tell(terminal, remark)
        errors += remark.is_error
        warnings += not remark.is_error
    style = "bold red" if errors else "green"
    told = tr("lint.count", files=len(files), errors=errors, warnings=warnings)
    terminal.line((told, style))
    return 2 if errors else 0


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(path.rglob("*.yaml")) + sorted(path.rglob("*.yml"))
        if not found:
            raise HarnessError(say("lint.empty"), file=path)
        return found
    if not path.is_file():
        raise HarnessError(say("scenario.no_file"), file=path)
    return [path]


def _tell(terminal: Terminal, remark: Remark) -> None:
    place = ":".join(str(part) for part in (remark.file, remark.line, remark.column) if part)
    hint = f" ({remark.hint.in_(terminal.lang)})" if remark.hint else ""
    style = "bold red" if remark.is_error else "yellow"
    terminal.line(f"{place}: ", (remark.id, style), f" {remark.what.in_(terminal.lang)}{hint}")
