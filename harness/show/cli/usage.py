"""What click says by itself, in the language of this process: help headings, wrong options."""

from collections.abc import Iterable
from typing import Final

import click

from harness.show.words import tr

_HEADINGS: Final = {"Options": "cli.help.options", "Commands": "cli.verbs"}
_DEFAULT: Final = "[default: "
_REQUIRED: Final = "[required]"


class Formatter(click.HelpFormatter):
    """Help with its headings, defaults and the line of `--help` translated."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """`Usage:` and what the command takes."""
        super().write_usage(prog, args, prefix or f"{tr('cli.help.usage')} ")

    def write_heading(self, heading: str) -> None:
        """A heading."""
        key = _HEADINGS.get(heading)
        super().write_heading(tr(key) if key else heading)

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Options or commands, each with what it is for."""
        told = [(name, _translated(name, text)) for name, text in rows]
        super().write_dl(told, col_max, col_spacing)


def _translated(name: str, text: str) -> str:
    if name == "--help":
        return tr("cli.help.help")
    if name == "--version":
        return tr("cli.help.version")
    return text.replace(_DEFAULT, f"[{tr('cli.help.default')} ").replace(
        _REQUIRED, f"[{tr('cli.help.required')}]"
    )


def told(wrong: click.ClickException) -> str:
    """A mistake on the command line as one line, with the help to ask for."""
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    path = context.command_path if context else "telerad"
    return f"{_what(wrong)} ({path} --help)"


def _what(wrong: click.ClickException) -> str:
    if isinstance(wrong, click.NoSuchOption):
        near = wrong.possibilities or ()
        hint = ", " + tr("yaml.did_you_mean", word=near[0]) if near else ""
        return tr("cli.no_option", name=wrong.option_name) + hint
    if isinstance(wrong, click.MissingParameter):
        return tr("cli.missing", name=_name(wrong.param))
    if isinstance(wrong, click.BadParameter) and wrong.param is not None:
        return tr("cli.bad_value", name=_name(wrong.param), reason=reason(wrong.param, wrong))
    return wrong.format_message()


def _name(param: click.Parameter | None) -> str:
    if param is None:
        return ""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.metavar or param.name or "").rstrip(".")


def reason(param: click.Parameter, wrong: click.BadParameter) -> str:
    """Why a value does not do."""
    if isinstance(param.type, click.Choice):
        return tr("yaml.one_of", values=", ".join(map(str, param.type.choices)))
    if isinstance(param.type, (click.IntRange, click.FloatRange)):
        return tr("cli.range", low=_bound(param.type.min), high=_bound(param.type.max))
    return wrong.message


def _bound(value: float | None) -> str:
    return "…" if value is None else f"{value:g}"
