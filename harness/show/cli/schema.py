"""`telerad schema`: the JSON Schema of scenario files, for editors."""

import json

import click

from harness.show.words import tr
from harness.sim import scenario


@click.command("schema", help=tr("cli.schema"))
def command() -> int:
    """Print the schema."""
    click.echo(json.dumps(scenario.schema(), ensure_ascii=False, indent=2))
    return 0
