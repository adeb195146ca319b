"""Options that several verbs share, and how their values are read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from harness.errors import HarnessError
from harness.rules import contested
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.show import baseline as known_failures
from harness.show.baseline import Baseline
from harness.show.report import Report
from harness.show.runs.surroundings import now
from harness.show.words import tr
from harness.text import LANGUAGES, say

if TYPE_CHECKING:  # what only judges files opens no socket
    from harness.sim.network.net import Address
    from harness.sim.network.tls import Tls

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


def reading(function: F) -> F:
    """`--reading`, repeatable."""
    option = click.option(
        "--reading", "readings", multiple=True, metavar="POINT=NAME", help=tr("cli.opt.reading")
    )
    return option(function)


def profile_of_run(function: F) -> F:
    """`--profile`, by default that of the run."""
    option = click.option("--profile", "profile_name", help=tr("cli.opt.judge_profile"))
    return option(function)


def ack_timeout(function: F) -> F:
    """`--ack-timeout`, in seconds."""
    option = click.option(
        "--ack-timeout",
        type=click.FloatRange(0.1, 3600),
        default=10.0,
        show_default=True,
        help=tr("cli.opt.ack_timeout"),
    )
    return option(function)


def sync(function: F) -> F:
    """`--sync/--no-sync`."""
    option = click.option("--sync/--no-sync", default=True, help=tr("cli.opt.sync"))
    return option(function)


def baseline(function: F) -> F:
    """`--baseline`, handed over as `known`: the entries of the file, or None without it.

    The file is read before anything runs.
    """

    @wraps(function)
    def with_known(*args: Any, baseline_file: Path | None, **kwargs: Any) -> Any:
        known = known_failures.load(baseline_file) if baseline_file else None
        return function(*args, known=known, **kwargs)

    option = click.option(
        "--baseline",
        "baseline_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=tr("cli.opt.baseline"),
    )
    return cast(F, option(with_known))


def in_the_light_of(known: Baseline | None, report: Report) -> Report:
    """The report with its known failures marked as of today; unchanged without a baseline."""
    return known_failures.apply(report, known, now().date()) if known else report


def redact(*, default: bool) -> Callable[[F], F]:
    """`--redact/--no-redact`: pseudonyms for everybody whom the messages name."""
    return click.option(
        "--redact/--no-redact", default=default, show_default=True, help=tr("cli.opt.redact")
    )


def pack(function: F) -> F:
    """`--pack`, repeatable."""
    option = click.option("--pack", "packs", multiple=True, metavar="NAME", help=tr("cli.opt.pack"))
    return option(function)


TLS_CLIENTS: Final = ("required", "optional", "none")  # the keys of `tls.CLIENTS`
_TLS: Final = (
    click.option("--tls", "tls_wanted", is_flag=True, help=tr("cli.opt.tls")),
    *(
        click.option(f"--tls-{name}", type=click.Path(path_type=Path), metavar="FILE", help=text)
        for name, text in (
            ("ca", tr("cli.opt.tls_ca")),
            ("cert", tr("cli.opt.tls_cert")),
            ("key", tr("cli.opt.tls_key")),
        )
    ),
    click.option("--tls-name", metavar="NAME", help=tr("cli.opt.tls_name")),
    click.option("--tls-min", type=click.Choice(["1.2", "1.3"]), help=tr("cli.opt.tls_min")),
    click.option(
        "--tls-client",
        type=click.Choice(["required", "optional", "none"]),
        help=tr("cli.opt.tls_client"),
    ),
)


def tls(function: F) -> F:
    """`--tls` and what goes with it, handed over as one `tls`: a Tls, or None without it."""

    @wraps(function)
    def with_tls(
        *args: Any,
        tls_wanted: bool,
        tls_ca: Path | None,
        tls_cert: Path | None,
        tls_key: Path | None,
        tls_name: str | None,
        tls_min: str | None,
        tls_client: str | None,
        **kwargs: Any,
    ) -> Any:
        given = {"ca": tls_ca, "cert": tls_cert, "key": tls_key, "name": tls_name}
        given |= {"min": tls_min, "client": tls_client}
        named = [f"--tls-{name}" for name, value in given.items() if value is not None]
        if named and not tls_wanted:
            raise HarnessError(say("tls.only_with", name=named[0]))
        if not tls_wanted:
            return function(*args, tls=None, **kwargs)
        from harness.sim.network.tls import Tls

        found = Tls(
            tls_ca, tls_cert, tls_key, tls_name or "", tls_min or "1.2", tls_client or "required"
        )
        return function(*args, tls=found, **kwargs)

    decorated: Any = with_tls
    for option in reversed(_TLS):
        decorated = option(decorated)
    return cast(F, decorated)


def check_tls(tls: "Tls | None", *, listens: bool) -> None:
    """Read the files of TLS before anything runs. Raises HarnessError for one that does not do."""
    if tls is None:
        return
    from harness.sim.network import tls as tls_files

    tls_files.client_context(tls)
    if listens:
        tls_files.server_context(tls)


def load_profile(
    name: str,
    mapping: Path | None = None,
    cda_schema: Path | None = None,
    readings: Sequence[str] = (),
) -> Profile:
    """The profile with the site's own places, its own XML schema for documents, and the readings
    chosen of contested points.
    """
    chosen = contested.parse(readings)
    return profiles.load(name, mapping, cda_schema and cda_schema.absolute(), chosen)


def address(text: str) -> "Address":
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
