"""`telerad generate`: messages, documents and identities for tests."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.errors import HarnessError
from harness.show.cli import options
from harness.show.session import now
from harness.show.words import tr
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate import cases, cda_report, cda_request, hard, identity
from harness.text import say


@click.group("generate", help=tr("cli.generate"))
def command() -> None:
    """The group of things that can be generated."""


F = TypeVar("F", bound=Callable[..., Any])


def _shared(function: F) -> F:
    """The options of everything that is made from a case."""
    for option in (
        click.option(
            "--case", "case_name", default=cases.DEFAULT, show_default=True, help=tr("cli.opt.case")
        ),
        click.option(
            "--seed", type=click.IntRange(0), default=1, show_default=True, help=tr("cli.opt.seed")
        ),
        click.option(
            "--count",
            type=click.IntRange(1, 100_000),
            default=1,
            show_default=True,
            help=tr("cli.opt.count"),
        ),
        click.option("--clock", metavar="ISO8601", help=tr("cli.opt.clock")),
        click.option(
            "--out", type=click.Path(path_type=Path), required=True, help=tr("cli.opt.out_folder")
        ),
        options.lang,
    ):
        function = option(function)
    return function


@command.command("flow", help=tr("cli.generate.flow"))
@click.argument("flow")
@options.profile
@_shared
def flow_command(
    flow: str,
    profile_name: str,
    case_name: str,
    seed: int,
    count: int,
    clock: str | None,
    out: Path,
) -> int:
    """Write `.er7` files, CR at the end of each segment."""
    profile = options.load_profile(profile_name)
    found = profile.flow(flow)
    at = options.clock(clock) or now()
    for number in range(count):
        case = cases.make_case(case_name, seed + number, at)
        message = Actor(found.sender, profile, case).compose(flow, case, at)
        _write(out / f"{flow}-{case_name}-{seed + number:05d}.er7", message.raw)
    return 0


def _document(
    kind: str,
    make: Callable[[Case], bytes],
    case_name: str,
    seed: int,
    count: int,
    at: datetime,
    out: Path,
) -> None:
    for number in range(count):
        case = cases.make_case(case_name, seed + number, at)
        _write(out / f"{kind}-{case_name}-{seed + number:05d}.xml", make(case))


@command.command("cr", help=tr("cli.generate.cr"))
@click.option(
    "--level",
    type=click.Choice(["1", "3"]),
    default="3",
    show_default=True,
    help=tr("cli.opt.cda_level"),
)
@_shared
def report_command(
    level: str, case_name: str, seed: int, count: int, clock: str | None, out: Path
) -> int:
    """Write imaging reports."""
    make = partial(cda_report.report, level=int(level))
    _document("cr", make, case_name, seed, count, options.clock(clock) or now(), out)
    return 0


@command.command("da", help=tr("cli.generate.da"))
@_shared
def request_command(case_name: str, seed: int, count: int, clock: str | None, out: Path) -> int:
    """Write imaging requests."""
    _document("da", cda_request.request, case_name, seed, count, options.clock(clock) or now(), out)
    return 0


@command.command("identity", help=tr("cli.generate.identity"))
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help=tr("cli.opt.seed")
)
@click.option(
    "--count",
    type=click.IntRange(1, 1_000_000),
    default=1,
    show_default=True,
    help=tr("cli.opt.count"),
)
@click.option(
    "--format", "form", type=click.Choice(["ndjson"]), default="ndjson", show_default=True
)
@click.option("--hard", "is_hard", is_flag=True, help=tr("cli.opt.hard"))
@options.lang
def identity_command(seed: int, count: int, form: str, is_hard: bool) -> int:
    """Write identities, one JSON object a line; the hard ones tell their kind as well."""
    plain = (("", patient) for patient in identity.identities(count, seed))
    kinds = hard.hard_identities(count, seed, identity.patient)
    for kind, patient in kinds if is_hard else plain:
        line = {
            "ins": patient.ins,
            "ins_oid": patient.ins_oid,
            "birth_name": patient.birth_name,
            "birth_given_names": list(patient.birth_given_names),
            "sex": patient.sex,
            "birth_date": patient.birth_date.isoformat(),
            "birth_cog": patient.birth_cog,
            "birth_city": patient.birth_city,
            "used_name": patient.used_name,
        }
        if kind:
            line |= {"used_given_name": patient.used_given_name, "kind": kind}
        click.echo(json.dumps(line, ensure_ascii=False))
    return 0


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.cannot_write", reason=reason), file=file) from None
    click.echo(str(file))
