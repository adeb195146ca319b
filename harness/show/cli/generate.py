"""`telerad generate`: messages, documents and identities for tests."""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.errors import HarnessError
from harness.show.cli import options
from harness.show.runs.surroundings import now
from harness.show.words import tr
from harness.sim import form
from harness.sim.actor import Actor
from harness.sim.form import Form
from harness.sim.generate import cases, documents, hard, identity
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


def _choice(name: str, values: Iterable[str], key: str) -> Callable[[F], F]:
    return click.option(f"--{name}", type=click.Choice(tuple(values)), help=tr(f"cli.opt.{key}"))


def _of_documents(*only: str) -> Callable[[F], F]:
    """The options of how a document is sent: all of them, or those named."""
    every = {
        "action": _choice("action", form.ACTIONS, "action"),
        "level": _choice("level", form.LEVELS["CR"], "cda_level"),
        "message": _choice("message", form.MESSAGES, "message"),
        "charset": _choice("charset", form.CHARSETS, "charset"),
        "change": _choice("change", form.CHANGES["CR"], "change"),
        "attachment": click.option("--attachment", metavar="SIZE", help=tr("cli.opt.attachment")),
    }

    def add(function: F) -> F:
        for name in reversed(only or tuple(every)):
            function = every[name](function)
        return function

    return add


def _form(kind: str, flow: str, choices: Mapping[str, str | None]) -> Form:
    """The form that the options ask for. Raises HarnessError for one that the flow has not."""
    given = {name: value for name, value in choices.items() if value is not None}
    attachment = given.pop("attachment", "")
    size = form.size_of(attachment) if attachment else 0
    if size is None:
        raise HarnessError(say("cli.bad_value", name="--attachment", reason=say("form.size")))
    found = Form(**given, size=size)
    wrong = form.wrong(found, kind, flow)
    if wrong:
        raise HarnessError(say("cli.bad_value", name=f"--{wrong[0]}", reason=wrong[1]))
    return found


@command.command("flow", help=tr("cli.generate.flow"))
@click.argument("flow")
@options.profile
@_of_documents()
@_shared
def flow_command(
    flow: str,
    profile_name: str,
    case_name: str,
    seed: int,
    count: int,
    clock: str | None,
    out: Path,
    **choices: str | None,
) -> int:
    """Write `.er7` files, CR at the end of each segment."""
    profile = options.load_profile(profile_name)
    found = profile.flow(flow)
    chosen = _form(found.document, flow, choices)
    at = options.clock(clock) or now()
    for number in range(count):
        case = cases.make_case(case_name, seed + number, at)
        message = Actor(found.sender, profile, case).compose(flow, case, at, chosen)
        _write(out / f"{flow}-{case_name}-{seed + number:05d}.er7", message.raw)
    return 0


def _documents(
    kind: str,
    case_name: str,
    seed: int,
    count: int,
    clock: str | None,
    out: Path,
    choices: Mapping[str, str | None],
) -> int:
    """Write the documents of a kind, "CR" or "DA", one for each seed."""
    at, chosen = options.clock(clock) or now(), _form(kind, kind, choices)
    for number in range(count):
        case = cases.make_case(case_name, seed + number, at)
        _, version = documents.next_version(case, kind, chosen, at, None)
        name = f"{kind.lower()}-{case_name}-{seed + number:05d}"
        for position, document in enumerate(version.documents):
            _write(out / f"{name}{f'-{position}' if position else ''}.xml", document)
    return 0


@command.command("cr", help=tr("cli.generate.cr"))
@_of_documents("action", "level", "change", "attachment")
@_shared
def report_command(
    case_name: str, seed: int, count: int, clock: str | None, out: Path, **choices: str | None
) -> int:
    """Write imaging reports."""
    return _documents("CR", case_name, seed, count, clock, out, choices)


@command.command("da", help=tr("cli.generate.da"))
@_of_documents("action", "change", "attachment")
@_shared
def request_command(
    case_name: str, seed: int, count: int, clock: str | None, out: Path, **choices: str | None
) -> int:
    """Write imaging requests."""
    return _documents("DA", case_name, seed, count, clock, out, choices)


@command.command("corpus", help=tr("cli.generate.corpus"))
@click.option("--count", type=click.IntRange(1), required=True, help=tr("cli.opt.count"))
@click.option(
    "--to", "file", type=click.Path(path_type=Path), required=True, help=tr("cli.opt.corpus_to")
)
@click.option(
    "--defects",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help=tr("cli.opt.defects"),
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help=tr("cli.opt.seed")
)
@click.option("--clock", metavar="ISO8601", help=tr("cli.opt.clock"))
@options.profile
@options.lang
def corpus_command(
    count: int, file: Path, defects: float, seed: int, clock: str | None, profile_name: str
) -> int:
    """Write one file of many messages, as `telerad check` reads it."""
    from harness.show.corpus import writing
    from harness.sim import traffic

    profile = options.load_profile(profile_name)
    sent = traffic.messages(profile, seed, options.clock(clock) or now(), defects)
    writing.write(file, islice(sent, count))
    click.echo(str(file))
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
