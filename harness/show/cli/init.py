"""`telerad init`: a commented configuration, a first scenario, a CI file."""

from pathlib import Path

import click

from harness.show import starting
from harness.show.cli import options
from harness.show.terminal import Terminal
from harness.show.words import language, tr


@click.command("init", help=tr("cli.init"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--sut",
    type=click.Choice(["ris", "platform"]),
    prompt=tr("init.ask.sut"),
    help=tr("cli.opt.init_sut"),
)
@click.option(
    "--sut-host", prompt=tr("init.ask.host"), default="127.0.0.1", help=tr("cli.opt.sut_host")
)
@click.option(
    "--sut-port",
    type=click.IntRange(1, 65535),
    prompt=tr("init.ask.port"),
    default=2575,
    help=tr("cli.opt.sut_port"),
)
@click.option("--listen", metavar="HOST:PORT", default="127.0.0.1:2576", help=tr("cli.opt.listen"))
@click.option("--name", default="mine", show_default=True, help=tr("cli.opt.init_name"))
@click.option(
    "--ci",
    type=click.Choice([*starting.CI, "none"]),
    default="none",
    show_default=True,
    help=tr("cli.opt.init_ci"),
)
@options.profile
@options.lang
def command(
    folder: Path,
    sut: str,
    sut_host: str,
    sut_port: int,
    listen: str,
    name: str,
    ci: str,
    profile_name: str,
) -> int:
    """Write the files, and say what to do next. Nothing that is there is overwritten."""
    options.address(listen)
    asked = starting.Beginning(
        name=name,
        sut=sut,
        host=sut_host,
        port=sut_port,
        listen=listen,
        profile=options.load_profile(profile_name),
        ci=ci,
        lang=language(),
    )
    terminal = Terminal(language())
    for path in starting.write(asked, folder):
        terminal.line(f"  {path}")
    terminal.line("")
    terminal.line(tr("init.next"))
    for line in ("telerad lint scenarios", f"telerad run --sut-name {name} scenarios/first.yaml"):
        terminal.line((f"  {line}", "bold"))
    return 0
