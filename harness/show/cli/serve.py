"""`telerad serve`: a session of many vendors around one live board."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.show.cli import options
from harness.show.words import language, tr
from harness.sim import scenario
from harness.sim.network.tls import Tls
from harness.text import say

_PORTS: Final = re.compile(r"(\d{1,5})-(\d{1,5})")
_EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104  only when asked for


@click.command("serve", help=tr("cli.serve"))
@click.option("--room", "room_name", metavar="NAME", help=tr("cli.opt.serve_room"))
@click.option(
    "--scenario", "wanted", multiple=True, metavar="NAME", help=tr("cli.opt.serve_scenario")
)
@click.option("--host", default="127.0.0.1", show_default=True, help=tr("cli.opt.serve_host"))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help=tr("cli.opt.serve_port"),
)
@click.option("--ports", default="26000-26099", show_default=True, help=tr("cli.opt.serve_ports"))
@click.option("--name", "names", multiple=True, metavar="HOST", help=tr("cli.opt.serve_name"))
@click.option("--public", metavar="URL", help=tr("cli.opt.serve_public"))
@click.option("--db", "url", metavar="URL", help=tr("cli.opt.serve_db"))
@click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("reports", "runs", "board"),
    show_default=True,
    help=tr("cli.opt.serve_data"),
)
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help=tr("cli.opt.serve_parallel"),
)
@click.option(
    "--within", type=click.FloatRange(0.1, 86400), default=None, help=tr("cli.opt.serve_within")
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1440),
    default=60,
    show_default=True,
    help=tr("cli.opt.serve_limit"),
)
@click.option("--ladder/--no-ladder", default=True, help=tr("cli.opt.serve_ladder"))
@options.tls
@options.profile
@options.lang
def command(
    room_name: str | None,
    wanted: Sequence[str],
    host: str,
    port: int,
    ports: str,
    names: Sequence[str],
    public: str | None,
    url: str | None,
    folder: Path,
    parallel: int,
    within: float | None,
    limit: int,
    ladder: bool,
    profile_name: str,
    tls: Tls | None,
) -> int:
    """Serve until SIGINT or SIGTERM; runs that go on are stopped in order."""
    try:
        from harness.show.board import serving
    except ImportError as missing:
        raise HarnessError(say("board.need_extra", name=missing.name or "-")) from None
    options.check_tls(tls, listens=True)
    profile = profiles.load(profile_name).id
    terms: dict[str, Any] = {
        "host": host,
        "ports": _range(ports),
        "names": [*names, *([] if host in _EVERYWHERE else [host])],
        "any_address": host in _EVERYWHERE,
        "public": _public(public),
        "url": url,
        "folder": folder,
        "parallel": parallel,
        "within": within or 0.0,
        "limit": limit * 60.0,
        "tls": tls,
        "lang": language(),
    }
    return serving.serve(
        serving.Terms(**terms),
        port,
        room_name,
        profile,
        _names(wanted, profile),
        click.echo,
        climb=ladder,
    )


def _range(text: str) -> range:
    """`26000-26099`. Raises HarnessError."""
    found = _PORTS.fullmatch(text)
    if not found or not 1 <= int(found[1]) <= int(found[2]) <= 65535:
        raise HarnessError(say("board.bad_ports", text=text))
    return range(int(found[1]), int(found[2]) + 1)


def _public(text: str | None) -> str:
    """An address without a path. Raises HarnessError."""
    if text is None:
        return ""
    found = urlsplit(text)
    if found.scheme not in ("http", "https") or not found.netloc or found.path.strip("/"):
        raise HarnessError(say("board.bad_public", text=text))
    return f"{found.scheme}://{found.netloc}"


def _names(wanted: Sequence[str], profile: str) -> tuple[str, ...]:
    """The scenarios named, none when none is. Raises HarnessError for a name of none."""
    if not wanted:
        return ()
    known = {found.scenario for found, _ in scenario.find((), profile)}
    found = [pair[0].scenario for pair in scenario.find(wanted, profile)]
    return tuple(dict.fromkeys(name for name in found if name in known))
