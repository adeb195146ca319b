"""Options that several verbs share, and how their values are read."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.show.words import tr
from harness.sim.net import Address
from harness.text import LANGUAGES, say

F = TypeVar("F", bound=Callable[..., Any])


def lang(function: F) -> F:
    """`--lang`, already taken into account when texts are looked up."""
    option = click.option(
        "--lang", type=click.Choice(LANGUAGES), expose_value=False, help=tr("cli.opt.lang")
    )
    return option(function)


def profile(function: F) -> F:
    """`--profile`."""
    option = click.option(
        "--profile",
        "profile_name",
        default=profiles.DEFAULT,
        show_default=True,
        help=tr("cli.opt.profile"),
    )
    return option(function)


def mapping(function: F) -> F:
    """`--mapping`."""
    option = click.option("--mapping", type=click.Path(path_type=Path), help=tr("cli.opt.mapping"))
    return option(function)


def cda_schema(function: F) -> F:
    """`--cda-schema`."""
    option = click.option(
        "--cda-schema",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=tr("cli.opt.cda_schema"),
    )
    return option(function)


def pack(function: F) -> F:
    """`--pack`, repeatable."""
    option = click.option("--pack", "packs", multiple=True, metavar="NAME", help=tr("cli.opt.pack"))
    return option(function)


def load_profile(name: str, mapping: Path | None = None, cda_schema: Path | None = None) -> Profile:
    """The profile with the site's own places, and its own XML schema for documents."""
    return profiles.load(name, mapping, cda_schema and cda_schema.absolute())


def address(text: str) -> Address:
    """`HOST:PORT`; `[::1]:2575` for IPv6. Raises HarnessError."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or not host or int(port) > 65535:
        raise HarnessError(say("cli.bad_address", text=text))
    return host.strip("[]"), int(port)


def clock(text: str | None) -> datetime | None:
    """An ISO 8601 time; without a zone the local one is meant. Raises HarnessError."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        hint = "2026-01-05T10:00:00+01:00"
        raise HarnessError(say("cli.bad_clock", text=text), hint=hint) from None
    return found if found.tzinfo else found.astimezone()
