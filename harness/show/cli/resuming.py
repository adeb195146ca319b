"""`--resume FOLDER`: a run goes on in its own journal, with the arguments of then."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from harness.errors import HarnessError
from harness.show.runs import keeping, session
from harness.show.runs.keeping import Earlier
from harness.show.words import tr
from harness.text import say

F = TypeVar("F", bound=Callable[..., Any])
_OWN: Final = ("--resume", "--out")  # options that name the folder
_SHOWN: Final = ("--lang", "--format")
_ROLES: Final = ("ris", "platform")
_ARGUMENTS: Final = "telerad.arguments"


def resume(function: F) -> F:
    """`--resume`."""
    option = click.option(
        "--resume", type=click.Path(path_type=Path), metavar="FOLDER", help=tr("cli.opt.resume")
    )
    return option(function)


class Resumable(click.Command):
    """A command that takes the arguments of then when `--resume` stands alone, but for its role and
    how its results are shown.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        rest, folder = _without(args, ("--resume",))
        other, _ = _without(rest, _SHOWN)
        if folder is not None and (not other or other in ([role] for role in _ROLES)):
            shown = [word for word in rest if word not in other]
            args = [*_typed(Path(folder), str(self.name)), *shown, "--resume", folder]
        ctx.meta[_ARGUMENTS] = (str(self.name), *args)
        return super().parse_args(ctx, args)


def arguments() -> tuple[str, ...]:
    """What the command was given, its verb first."""
    found: tuple[str, ...] = click.get_current_context().meta[_ARGUMENTS]
    return found


def begun(resume: Path | None) -> Earlier:
    """The run to be resumed, an empty one for a new run. Raises HarnessError."""
    return keeping.earlier(resume) if resume else Earlier()


def folder_of(resume: Path | None, out: Path | None, name: str) -> Path:
    """Where the run goes on, or is to be kept. Raises HarnessError when both are named."""
    if resume and out:
        raise HarnessError(say("resume.out"))
    return resume or out or session.new_folder(name)


def _typed(folder: Path, verb: str) -> list[str]:
    """What was typed when the run began, without the folder."""
    was, *arguments = keeping.earlier(folder).arguments or (verb,)
    if was != verb:
        raise HarnessError(say("resume.verb", verb=was), file=folder)
    return _without(arguments, _OWN)[0]


def _without(args: Sequence[str], names: Sequence[str]) -> tuple[list[str], str | None]:
    """The arguments without these options, and the last value that one of them had."""
    rest: list[str] = []
    value: str | None = None
    left = iter(args)
    for word in left:
        name, equals, given = word.partition("=")
        if name not in names:
            rest.append(word)
            continue
        value = given if equals else next(left, None)
    return rest, value
