"""`telerad schema [scenario|mllp]`: the JSON Schema of scenarios or of MLLP cases, for editors."""

import json
from typing import Final

import click

from harness.show.words import tr
from harness.sim import scenario, torture_case

_SCHEMAS: Final = {"scenario": scenario.schema, "mllp": torture_case.schema}


@click.command("schema", help=tr("cli.schema"))
@click.argument("of", type=click.Choice(list(_SCHEMAS)), default="scenario")
def command(of: str) -> int:
    """Print the schema."""
    click.echo(json.dumps(_SCHEMAS[of](), ensure_ascii=False, indent=2))
    return 0
