"""`telerad mllp list|show|run`: the MLLP torture suite."""

import shlex
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
import yaml

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show import outputs, torture
from harness.show.cli import options
from harness.show.cli.playing import command_line
from harness.show.outputs import Output
from harness.show.runs.surroundings import now, tool_version
from harness.show.terminal import Terminal
from harness.show.torture import Report
from harness.show.words import language, tr
from harness.sim.actor import Actor
from harness.sim.generate import cases
from harness.sim.network.net import Address
from harness.sim.network.tls import Tls
from harness.sim.torture import case as torture_case
from harness.sim.torture import net as torture_net
from harness.sim.torture.blocks import control_id, numbered
from harness.sim.torture.case import Attack
from harness.sim.torture.events import Result
from harness.sim.torture.net import Range
from harness.sim.torture.terms import Terms
from harness.text import Text, say

_ROLE: Final = click.option(
    "--as",
    "role",
    type=click.Choice(["receiver", "sender", "both"]),
    default=None,
    help=tr("cli.opt.mllp_as"),
)
_FORMATS: Final = ("text", "json", "junit", "html")
_SECONDS: Final = click.FloatRange(0.05, 3600)


@click.group("mllp", help=tr("cli.mllp"))
def command() -> None:
    """The group of what can be done with the suite."""


@command.command("list", help=tr("cli.mllp.list"))
@click.argument("prefix", nargs=-1)
@_ROLE
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@options.lang
def list_command(prefix: tuple[str, ...], role: str | None, form: str) -> int:
    """Cases by number."""
    found = torture_case.find(prefix, role or "both")
    if form == "json":
        click.echo(torture.listing_json(found), nl=False)
    else:
        torture.listing(Terminal(language()), found)
    return 0


@command.command("show", help=tr("cli.mllp.show"))
@click.argument("case", nargs=-1, required=True)
@options.lang
def show_command(case: tuple[str, ...]) -> int:
    """Cases in full, with their steps as they stand in the file."""
    terminal = Terminal(language())
    for attack in torture_case.find(case):
        _show(terminal, attack)
    return 0


def _show(terminal: Terminal, attack: Attack) -> None:
    lang = terminal.lang
    terminal.title(f"{attack.id}  {attack.title.text.in_(lang)}")
    rows = (
        (f"{tr('mllp.must')} ({attack.level.value})", attack.says.text.in_(lang)),
        (tr("report.source"), torture.source(attack).in_(lang)),
        (tr("mllp.incident"), attack.incident.text.in_(lang)),
        ("", ", ".join(attack.seen)),
    )
    for label, text in rows:
        if text:
            terminal.line((f"  {label:<13} ", "dim"), text)
    written = attack.model_dump(
        include={"blocks", "steps"}, exclude_unset=True, by_alias=True, mode="json"
    )
    for key in ("blocks", "steps"):
        if key in written:
            terminal.line((f"  {tr(f'mllp.{key}')}", "dim"))
            told = yaml.safe_dump(
                written[key], allow_unicode=True, sort_keys=False, default_flow_style=None
            )
            for line in told.splitlines():
                terminal.line(f"    {line}")


@command.command("run", help=tr("cli.mllp.run"))
@click.option("--sut-host", default="127.0.0.1", show_default=True, help=tr("cli.opt.sut_host"))
@click.option("--sut-port", type=click.IntRange(1, 65535), help=tr("cli.opt.sut_port"))
@_ROLE
@click.option(
    "--listen",
    default="127.0.0.1:2575",
    show_default=True,
    metavar="HOST:PORT",
    help=tr("cli.opt.listen"),
)
@click.option("--case", "prefixes", multiple=True, metavar="PREFIX", help=tr("cli.opt.mllp_case"))
@click.option("--trigger", metavar="COMMAND", help=tr("cli.opt.mllp_trigger"))
@click.option(
    "--patience", type=_SECONDS, default=2.0, show_default=True, help=tr("cli.opt.mllp_patience")
)
@click.option(
    "--ack-timeout", type=_SECONDS, default=10.0, show_default=True, help=tr("cli.opt.ack_timeout")
)
@click.option(
    "--sut-timeout",
    type=_SECONDS,
    default=10.0,
    show_default=True,
    help=tr("cli.opt.mllp_sut_timeout"),
)
@click.option(
    "--next-message", type=_SECONDS, default=120.0, show_default=True, help=tr("cli.opt.mllp_next")
)
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help=tr("cli.opt.mllp_parallel"),
)
@click.option("--message", type=click.Path(path_type=Path), help=tr("cli.opt.mllp_message"))
@click.option("--flow", help=tr("cli.opt.mllp_flow"))
@click.option(
    "--format", "formats", default="text", show_default=True, help=tr("cli.opt.mllp_format")
)
@options.tls
@options.profile
@options.lang
def run_command(
    sut_host: str,
    sut_port: int | None,
    role: str | None,
    listen: str,
    prefixes: tuple[str, ...],
    trigger: str | None,
    patience: float,
    ack_timeout: float,
    sut_timeout: float,
    next_message: float,
    parallel: int,
    message: Path | None,
    flow: str | None,
    formats: str,
    profile_name: str,
    tls: Tls | None,
) -> int:
    """Try the cases; the exit code tells the verdict."""
    wanted = _outputs(formats)
    role = role or "receiver"
    if role != "sender" and sut_port is None:
        raise HarnessError(say("mllp.need_sut"))
    attacks = torture_case.find(prefixes, role)
    good = _read(message) if message else _made(options.load_profile(profile_name), flow)
    options.check_tls(tls, listens=role != "receiver")
    started, begin = now(), time.monotonic()
    terms = Terms(
        sample=numbered(good),
        mark=started.strftime("%H%M%S"),
        wall=now,
        patience=patience,
        ack_timeout=ack_timeout,
        sut_timeout=sut_timeout,
        next_message=next_message,
    )
    at = options.address(listen)
    terminal = Terminal(language())
    told = _Told(terminal, any(o.kind == "text" and o.file is None for o in wanted))
    where = Range(
        sut=(sut_host, sut_port) if sut_port else None,
        listen=at,
        command=_words(trigger),
        parallel=parallel,
        tls=tls,
        told=told.result,
        waits=told.waits,
        listening=told.listening,
        signals=True,
    )
    results = torture_net.run(attacks, terms, where)
    report = Report(
        tool=tool_version(),
        command=command_line(sys.argv),
        started=started,
        seconds=time.monotonic() - begin,
        peer=_peer(role, sut_host, sut_port, listen),
        terms={k: v for k, v in asdict(terms).items() if isinstance(v, float)},
        results=results,
        interrupted=where.stopped,
    )
    if told.on:
        torture.summary(terminal, report)
    _write(report, wanted)
    return _exit_code(report)


class _Told:
    """What the terminal hears while the suite runs; nothing when it is not `on`."""

    def __init__(self, terminal: Terminal, on: bool) -> None:
        self.terminal = terminal
        self.on = on
        self._waited = ""

    def result(self, result: Result) -> None:
        """A case is over."""
        if self.on:
            torture.tell(self.terminal, result)

    def listening(self, at: Address) -> None:
        """We listen: always told, because the sender must know."""
        self.terminal.line((tr("mllp.listens", where=f"{at[0]}:{at[1]}"), "bold"))
        sys.stdout.flush()

    def waits(self, case: str, left: float) -> None:
        """Somebody must make the sender send: a countdown on a terminal, elsewhere once a case."""
        if not self.on:
            return
        console, text = self.terminal.console, tr("mllp.waits", case=case, left=f"{left:.0f}")
        if console.is_terminal:
            console.print(f"     … {text} ", end="\r", style="dim", markup=False)
        elif self._waited != case:
            self._waited = case
            self.terminal.line((f"     … {text}", "dim"))


def _outputs(formats: str) -> tuple[Output, ...]:
    found = outputs.parse(formats)
    for output in found:
        if output.kind not in _FORMATS:
            hint = say("yaml.one_of", values=", ".join(_FORMATS))
            raise HarnessError(say("cli.no_format", format=output.kind), hint=hint)
    return found


def _words(trigger: str | None) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(trigger)) if trigger else ()
    except ValueError as wrong:
        raise HarnessError(say("mllp.bad_command", reason=str(wrong))) from None


def _read(file: Path) -> bytes:
    """A good message from a file. Raises HarnessError."""
    try:
        found = file.read_bytes()
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("yaml.unreadable", reason=reason), file=file) from None
    found = found.strip(b"\x0b\x1c\r\n").replace(b"\r\n", b"\r").replace(b"\n", b"\r") + b"\r"
    if not control_id(found):
        raise HarnessError(say("mllp.no_message"), file=file)
    return found


def _made(profile: Profile, flow: str | None) -> bytes:
    """A good message of a flow. Raises HarnessError for a flow that the profile has not."""
    chosen = profile.flow(flow or next(iter(profile.flows)))
    case = cases.make_case(cases.DEFAULT, 1, now())
    return Actor(chosen.sender, profile, case).compose(chosen.id, case, now()).raw


def _peer(role: str, host: str, port: int | None, listen: str) -> Text:
    receiver = say("mllp.peer.receiver", where=f"{host}:{port}")
    sender = say("mllp.peer.sender", where=listen)
    both = Text(f"{receiver.fr}, {sender.fr}", f"{receiver.en}, {sender.en}")
    return {"receiver": receiver, "sender": sender}.get(role, both)


def _write(report: Report, wanted: tuple[Output, ...]) -> None:
    for output in wanted:
        if output.kind == "json":
            outputs.write(output.file, torture.to_json(report))
        elif output.kind == "junit":
            outputs.write(output.file, torture.to_junit(report, language()))
        elif output.kind == "html":
            from harness.show.pages import torturehtml

            outputs.write(output.file, torturehtml.to_html(report, language()))


def _exit_code(report: Report) -> int:
    """0 holds, 1 does not, 3 not measured, 130 interrupted."""
    if report.interrupted:
        return 130
    if report.verdict is Verdict.FAIL:
        return 1
    return 3 if report.verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR) else 0
