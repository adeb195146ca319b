"""`telerad`: the command line. Verbs are imported when they are used, so that `--help` is quick.

Exit codes: 0 conforms, 1 does not, 2 usage or file wrong, 3 not measured, 4 known failures
outdated, 130 interrupted.
"""

import gc
import os
import sys
from importlib import import_module
from typing import Any, Final

import click

from harness.errors import HarnessError
from harness.show.cli import configured, usage
from harness.show.words import language, tr, visible
from harness.text import say
from harness.version import VERSION

VERBS: Final = (
    "demo",
    "init",
    "run",
    "simulate",
    "proxy",
    "serve",
    "mllp",
    "load",
    "check",
    "judge",
    "merge",
    "blame",
    "report",
    "record",
    "replay",
    "diff",
    "migrate",
    "evidence",
    "verify",
    "baseline",
    "generate",
    "scenarios",
    "lint",
    "rules",
    "contested",
    "pack",
    "certificates",
    "doctor",
    "explain",
    "selfcheck",
    "schema",
)


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            from difflib import get_close_matches

            near = get_close_matches(cmd_name, VERBS, n=1)
            hint = say("yaml.did_you_mean", word=near[0]) if near else "telerad --help"
            raise HarnessError(say("cli.no_verb", name=cmd_name), hint=hint)
        command = _imported(cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101  our own modules
        configured.prepare(ctx, cmd_name, command, VERBS)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with one line each, without importing them."""
        with formatter.section(tr("cli.verbs")):
            formatter.write_dl([(verb, tr(f"cli.{verb}")) for verb in VERBS])

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the program is, from the catalogue, which `--version` does without."""
        self.help = tr("cli.help")
        super().format_help_text(ctx, formatter)


def _imported(verb: str) -> Any:
    """A verb's command. What is imported stays: nothing in it is garbage."""
    gc.disable()
    try:
        return import_module(f"harness.show.cli.{verb}").command
    finally:
        gc.freeze()
        gc.enable()


click.Context.formatter_class = usage.Formatter


@click.command(cls=_Verbs, context_settings={"max_content_width": 100})
@click.version_option(VERSION, message="telerad %(version)s")
def main_group() -> None:
    """The group."""


def main() -> None:
    """Entry point: a mistake of the user is one line, never a traceback."""
    try:
        code = main_group(standalone_mode=False)
    except HarnessError as wrong:
        told = visible(wrong.render(language()).replace("\n", " "))
        click.echo(f"telerad: {told}", err=True)
        code = wrong.exit_code
    except click.ClickException as wrong:
        if isinstance(wrong, getattr(click.exceptions, "NoArgsIsHelpError", ())):
            wrong.show()
        else:
            click.echo(f"telerad: {visible(usage.told(wrong))}", err=True)
        code = 2
    except (KeyboardInterrupt, click.Abort):
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception as mistake:  # ours: never to be taken for a failure of what is tested
        _tell(mistake)
        code = 3
    sys.exit(code if isinstance(code, int) else 0)


def _tell(mistake: Exception) -> None:
    """Where in our code it happened. Its message may hold what a patient's record says: it is told
    only to who asks for it, with TELERAD_DEBUG.
    """
    import traceback

    click.echo("".join(traceback.format_tb(mistake.__traceback__)), err=True, nl=False)
    told = type(mistake).__name__
    if os.environ.get("TELERAD_DEBUG"):
        told += f": {visible(str(mistake))}"
    click.echo(f"telerad: {tr('cli.our_mistake', what=told)}", err=True)
