"""`telerad certificates DIR`: an authority and certificates for a lab, marked as such."""

from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show.cli import options
from harness.show.runs.surroundings import now
from harness.show.words import tr
from harness.text import say


@click.command("certificates", help=tr("cli.certificates"))
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help=tr("cli.opt.host"))
@click.option(
    "--days", type=click.IntRange(1, 825), default=90, show_default=True, help=tr("cli.opt.days")
)
@click.option("--wrong", is_flag=True, help=tr("cli.opt.wrong"))
@options.lang
def command(folder: Path, hosts: tuple[str, ...], days: int, wrong: bool) -> int:
    """Write the files and say how to use them."""
    from harness.sim.network import certificates

    try:
        files = certificates.write(folder, now(), hosts=hosts, days=days, wrong=wrong)
    except ValueError as bad:  # a host name that no certificate can hold
        raise HarnessError(say("certificates.bad_host", reason=str(bad))) from None
    click.echo(tr("certificates.mark"))
    for file in files:
        click.echo(f"  {file}")
    click.echo(tr("certificates.use", folder=str(folder)))
    return 0
